//! The records of one batch, from its uncompressed bytes.

use crate::record::{Fields, Part, RecordError, SliceBody, finish, read_fields, read_header, read_varint};

/// One record; keys, values and headers are slices of the batch.
#[derive(Clone, Copy, Debug)]
pub struct RecordRef<'a> {
    /// Its offset minus the batch's base offset.
    pub offset_delta: i32,
    /// Its timestamp minus the batch's base timestamp, in milliseconds.
    pub timestamp_delta: i64,
    /// Its key, or `None` for null.
    pub key: Option<&'a [u8]>,
    /// Its value, or `None` for null.
    pub value: Option<&'a [u8]>,
    header_count: usize,
    /// Checked when the record was read: exactly `header_count` headers.
    headers: &'a [u8],
}

impl<'a> RecordRef<'a> {
    /// Its headers in their order.
    pub fn headers(&self) -> Headers<'a> {
        Headers { rest: SliceBody(self.headers), left: self.header_count }
    }

    fn read(body: &'a [u8]) -> Result<Self, RecordError> {
        let mut body = SliceBody(body);
        let Fields { timestamp_delta, offset_delta, key, value, header_count } = read_fields(&mut body)?;
        let headers = body.0;
        finish(&mut body, header_count)?;
        Ok(Self { offset_delta, timestamp_delta, key, value, header_count, headers })
    }
}

/// One header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderRef<'a> {
    /// Its name. UTF-8 by convention; like Kafka, nothing here checks that.
    pub key: &'a [u8],
    /// Its value, or `None` for null.
    pub value: Option<&'a [u8]>,
}

/// Iterates over the headers of a record.
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    rest: SliceBody<'a>,
    left: usize,
}

impl<'a> Iterator for Headers<'a> {
    type Item = HeaderRef<'a>;

    fn next(&mut self) -> Option<HeaderRef<'a>> {
        self.left = self.left.checked_sub(1)?;
        // The headers were read once before: an error here cannot be.
        let (key, value) = read_header(&mut self.rest).ok()?;
        Some(HeaderRef { key, value })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Headers<'_> {}

/// Why the records section of a batch does not hold its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordsError {
    /// The batch states a negative number of records.
    #[error("the batch states {0} records")]
    Count(i32),
    /// One record is malformed, or the bytes end before it.
    #[error("record {index}: {error}")]
    Record {
        /// Which one, from 0.
        index: i32,
        /// What is wrong with it.
        error: RecordError,
    },
    /// More bytes than records.
    #[error("{0} bytes follow the last record")]
    Trailing(usize),
}

/// Iterates over the records of one batch; ends after the first error.
///
/// Yields exactly as many records as the header states, and an error where the bytes hold fewer or more.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: SliceBody<'a>,
    index: i32,
    count: i32,
    ended: bool,
}

impl<'a> Records<'a> {
    /// The `count` records of `bytes`, which are what follows a batch's header, uncompressed.
    pub fn new(bytes: &'a [u8], count: i32) -> Self {
        Self { rest: SliceBody(bytes), index: 0, count, ended: false }
    }

    /// Bytes behind the last record returned.
    pub(crate) fn bytes_left(&self) -> usize {
        self.rest.0.len()
    }

    fn take(&mut self) -> Result<RecordRef<'a>, RecordsError> {
        let index = self.index;
        let at = |error| RecordsError::Record { index, error };
        let body = take_body(&mut self.rest).map_err(at)?;
        let record = RecordRef::read(body).map_err(at)?;
        self.index += 1;
        Ok(record)
    }

    fn end(&self) -> Option<RecordsError> {
        if self.count < 0 {
            return Some(RecordsError::Count(self.count));
        }
        let left = self.rest.0.len();
        (left > 0).then_some(RecordsError::Trailing(left))
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<RecordRef<'a>, RecordsError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        if self.index < self.count {
            let taken = self.take();
            self.ended = taken.is_err();
            return Some(taken);
        }
        self.ended = true;
        self.end().map(Err)
    }
}

/// Cuts the next record's body out of `rest`.
#[inline]
pub(crate) fn take_body<'a>(rest: &mut SliceBody<'a>) -> Result<&'a [u8], RecordError> {
    use crate::record::Body;
    let length = read_varint(rest)?;
    let len = usize::try_from(length).map_err(|_| RecordError::Length { part: Part::Record, length })?;
    rest.take(len, Part::Record)
}
