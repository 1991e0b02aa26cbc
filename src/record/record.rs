//! The fields of one record, from bytes at hand or from bytes that are still being decompressed.
//!
//! ```text
//! length varint | attributes i8 | timestamp delta varlong | offset delta varint
//!  | key length varint, key | value length varint, value | header count varint
//!  | each header: key length varint, key, value length varint, value
//! ```
//! `length` counts what follows it. Length -1 means null, which a header's key cannot be. Kafka takes any negative length
//! for null and ignores the bits that a varint has too many; nobody writes either, and both are refused here.

use crate::varint::{unzigzag_32, unzigzag_64};

/// A part of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The record as a whole.
    Record,
    /// Its fixed fields and lengths.
    Fields,
    /// Its key.
    Key,
    /// Its value.
    Value,
    /// The list of its headers.
    Headers,
    /// The key of a header.
    HeaderKey,
    /// The value of a header.
    HeaderValue,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Part::Record => "record",
            Part::Fields => "fields",
            Part::Key => "key",
            Part::Value => "value",
            Part::Headers => "headers",
            Part::HeaderKey => "header key",
            Part::HeaderValue => "header value",
        })
    }
}

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A varint goes on beyond the bits of its type.
    #[error("a varint is longer than its type")]
    Varint,
    /// A length or count cannot be.
    #[error("the {part} cannot have the length {length}")]
    Length {
        /// What has the length.
        part: Part,
        /// The length as it stands.
        length: i32,
    },
    /// The bytes end inside of a part.
    #[error("the bytes end inside of the {0}")]
    Truncated(Part),
    /// The record's length counts more than its parts.
    #[error("the record is {0} bytes longer than its parts")]
    Trailing(usize),
}

/// The body of one record, read from front to back.
pub(crate) trait Body {
    /// What is kept of a key or value.
    type Bytes;
    /// Why reading may fail.
    type Error: From<RecordError>;

    /// Bytes of the body that were not read yet.
    fn remaining(&self) -> usize;

    /// Reads one byte.
    fn byte(&mut self) -> Result<u8, Self::Error>;

    /// Reads `len` bytes that belong to `part`.
    fn take(&mut self, len: usize, part: Part) -> Result<Self::Bytes, Self::Error>;
}

/// A body whose bytes are at hand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SliceBody<'a>(pub &'a [u8]);

impl<'a> Body for SliceBody<'a> {
    type Bytes = &'a [u8];
    type Error = RecordError;

    #[inline]
    fn remaining(&self) -> usize {
        self.0.len()
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, RecordError> {
        let (first, rest) = self.0.split_first().ok_or(RecordError::Truncated(Part::Fields))?;
        self.0 = rest;
        Ok(*first)
    }

    #[inline]
    fn take(&mut self, len: usize, part: Part) -> Result<&'a [u8], RecordError> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(RecordError::Truncated(part))?;
        self.0 = rest;
        Ok(taken)
    }
}

/// Everything of a record that lies before its headers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<B> {
    pub timestamp_delta: i64,
    pub offset_delta: i32,
    pub key: Option<B>,
    pub value: Option<B>,
    /// Never more than the bytes that were left when it was read.
    pub header_count: usize,
}

/// Reads a record up to its headers.
#[inline]
pub(crate) fn read_fields<B: Body>(body: &mut B) -> Result<Fields<B::Bytes>, B::Error> {
    let _unused_attributes = body.byte()?;
    let timestamp_delta = read_varlong(body)?;
    let offset_delta = read_varint(body)?;
    let key = read_nullable(body, Part::Key)?;
    let value = read_nullable(body, Part::Value)?;
    let count = read_varint(body)?;
    let bad_count = RecordError::Length { part: Part::Headers, length: count };
    let header_count = usize::try_from(count).map_err(|_| bad_count)?;
    if header_count > body.remaining() {
        return Err(bad_count.into());
    }
    Ok(Fields { timestamp_delta, offset_delta, key, value, header_count })
}

/// Key and value of one header.
type Header<B> = (<B as Body>::Bytes, Option<<B as Body>::Bytes>);

/// Reads one header.
#[inline]
pub(crate) fn read_header<B: Body>(body: &mut B) -> Result<Header<B>, B::Error> {
    let key_len = read_varint(body)?;
    let bad_key = RecordError::Length { part: Part::HeaderKey, length: key_len };
    let key = body.take(usize::try_from(key_len).map_err(|_| bad_key)?, Part::HeaderKey)?;
    let value = read_nullable(body, Part::HeaderValue)?;
    Ok((key, value))
}

/// Reads `count` headers and checks that the body ends behind them.
#[inline]
pub(crate) fn finish<B: Body>(body: &mut B, count: usize) -> Result<(), B::Error> {
    for _ in 0..count {
        read_header(body)?;
    }
    match body.remaining() {
        0 => Ok(()),
        left => Err(RecordError::Trailing(left).into()),
    }
}

#[inline]
fn read_nullable<B: Body>(body: &mut B, part: Part) -> Result<Option<B::Bytes>, B::Error> {
    match read_varint(body)? {
        -1 => Ok(None),
        length => {
            let len = usize::try_from(length).map_err(|_| RecordError::Length { part, length })?;
            body.take(len, part).map(Some)
        }
    }
}

#[inline]
pub(crate) fn read_varint<B: Body>(body: &mut B) -> Result<i32, B::Error> {
    let first = body.byte()?;
    if first < 0x80 {
        return Ok(unzigzag_32(u32::from(first)));
    }
    let value = read_long_form(body, first, 35)?;
    Ok(unzigzag_32(u32::try_from(value).map_err(|_| RecordError::Varint)?))
}

#[inline]
pub(crate) fn read_varlong<B: Body>(body: &mut B) -> Result<i64, B::Error> {
    let first = body.byte()?;
    if first < 0x80 {
        return Ok(unzigzag_64(u64::from(first)));
    }
    Ok(unzigzag_64(read_long_form(body, first, 70)?))
}

/// The rest of a varint of two bytes and more; `bits` is seven for each byte that it may have.
#[inline]
fn read_long_form<B: Body>(body: &mut B, first: u8, bits: u32) -> Result<u64, B::Error> {
    let mut value = u64::from(first & 0x7f);
    let mut shift = 7;
    while shift < bits {
        let byte = body.byte()?;
        let low = u64::from(byte & 0x7f);
        if shift == 63 && low > 1 {
            break;
        }
        value |= low << shift;
        if byte < 0x80 {
            return Ok(value);
        }
        shift += 7;
    }
    Err(RecordError::Varint.into())
}
