//! The two ways in which Kafka's record schemas write their fields: plain, and flexible with varint lengths and tags.

use bytes::Bytes;
use esker_model::TopicId;

/// Why bytes are not a record of this topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes end inside of a field.
    #[error("the record ends inside of a field")]
    Truncated,
    /// A length or count is negative where it must not be, or larger than what follows.
    #[error("the record states the impossible length {0}")]
    Length(i64),
    /// Text is not UTF-8.
    #[error("the record holds text that is not UTF-8")]
    Text,
    /// The key has no type, or the value no version.
    #[error("the record is of version {0}, which is not known")]
    Version(i16),
    /// The value of a field is none that it can have.
    #[error("the record holds the impossible {0}")]
    Value(&'static str),
}

/// Writes fields, big-endian.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    pub out: Vec<u8>,
    flexible: bool,
}

impl Writer {
    /// Begins with the version or type, and says how what follows is written.
    pub fn new(version: i16, flexible: bool) -> Self {
        Self { out: version.to_be_bytes().to_vec(), flexible }
    }

    pub fn i8(&mut self, value: i8) {
        self.out.extend(value.to_be_bytes());
    }

    pub fn i32(&mut self, value: i32) {
        self.out.extend(value.to_be_bytes());
    }

    pub fn i64(&mut self, value: i64) {
        self.out.extend(value.to_be_bytes());
    }

    pub fn id(&mut self, id: TopicId) {
        self.out.extend(id.0.as_bytes());
    }

    /// Lengths here were bounded when they came over the wire or were read from a record.
    fn length(&mut self, length: usize, wide: bool) {
        match (self.flexible, wide) {
            (true, _) => self.varint(length as u64 + 1),
            (false, true) => self.i32(length as i32),
            (false, false) => self.out.extend((length as i16).to_be_bytes()),
        }
    }

    fn null(&mut self, wide: bool) {
        match (self.flexible, wide) {
            (true, _) => self.varint(0),
            (false, true) => self.i32(-1),
            (false, false) => self.out.extend((-1_i16).to_be_bytes()),
        }
    }

    pub fn text(&mut self, text: &str) {
        self.length(text.len(), false);
        self.out.extend(text.as_bytes());
    }

    pub fn nullable_text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.null(false),
        }
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.length(bytes.len(), true);
        self.out.extend(bytes);
    }

    pub fn count(&mut self, count: usize) {
        self.length(count, true);
    }

    pub fn numbers(&mut self, numbers: impl ExactSizeIterator<Item = i32>) {
        self.count(numbers.len());
        numbers.for_each(|number| self.i32(number));
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.out.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }

    /// Ends a structure of a flexible version that has one tagged field or none.
    pub fn tags(&mut self, tag_0: Option<&[u8]>) {
        let Some(value) = tag_0 else { return self.varint(0) };
        self.varint(1);
        self.varint(0);
        self.varint(value.len() as u64);
        self.out.extend(value);
    }

    /// What a tagged field holds, written on its own.
    pub fn tagged(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut inner = Writer { out: Vec::new(), flexible: true };
        write(&mut inner);
        inner.out
    }
}

/// Reads fields from the front.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    flexible: bool,
}

impl<'a> Reader<'a> {
    /// Reads the version or type, which decides how what follows is written.
    pub fn begin(bytes: &'a [u8]) -> Result<(i16, Self), CodecError> {
        let (version, rest) = bytes.split_first_chunk().ok_or(CodecError::Truncated)?;
        Ok((i16::from_be_bytes(*version), Self { rest, flexible: false }))
    }

    pub fn flexible(mut self, flexible: bool) -> Self {
        self.flexible = flexible;
        self
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], CodecError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(CodecError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(CodecError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub fn i8(&mut self) -> Result<i8, CodecError> {
        Ok(i8::from_be_bytes(self.array()?))
    }

    pub fn i16(&mut self) -> Result<i16, CodecError> {
        Ok(i16::from_be_bytes(self.array()?))
    }

    pub fn i32(&mut self) -> Result<i32, CodecError> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    pub fn i64(&mut self) -> Result<i64, CodecError> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    pub fn id(&mut self) -> Result<TopicId, CodecError> {
        Ok(TopicId(uuid::Uuid::from_bytes(self.array()?)))
    }

    /// A length; `None` for null.
    fn length(&mut self, wide: bool) -> Result<Option<usize>, CodecError> {
        let length = match (self.flexible, wide) {
            (true, _) => i64::try_from(self.varint()?).map_err(|_| CodecError::Length(i64::MAX))? - 1,
            (false, true) => i64::from(self.i32()?),
            (false, false) => i64::from(self.i16()?),
        };
        match length {
            -1 => Ok(None),
            // An element has a byte at least, so a count above what remains cannot be.
            length => match usize::try_from(length) {
                Ok(length) if length <= self.rest.len() => Ok(Some(length)),
                _ => Err(CodecError::Length(length)),
            },
        }
    }

    pub fn nullable_text(&mut self) -> Result<Option<&'a str>, CodecError> {
        let Some(length) = self.length(false)? else { return Ok(None) };
        std::str::from_utf8(self.take(length)?).map(Some).map_err(|_| CodecError::Text)
    }

    pub fn text(&mut self) -> Result<&'a str, CodecError> {
        self.nullable_text()?.ok_or(CodecError::Length(-1))
    }

    pub fn nullable_bytes(&mut self) -> Result<Option<&'a [u8]>, CodecError> {
        let Some(length) = self.length(true)? else { return Ok(None) };
        self.take(length).map(Some)
    }

    pub fn bytes(&mut self) -> Result<Bytes, CodecError> {
        self.nullable_bytes()?.map(Bytes::copy_from_slice).ok_or(CodecError::Length(-1))
    }

    pub fn nullable_count(&mut self) -> Result<Option<usize>, CodecError> {
        self.length(true)
    }

    pub fn count(&mut self) -> Result<usize, CodecError> {
        self.nullable_count()?.ok_or(CodecError::Length(-1))
    }

    pub fn list<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, CodecError>) -> Result<Vec<T>, CodecError> {
        let count = self.count()?;
        // Elements may be wider than their shortest encoding: let the vector grow with what is really there.
        let mut list = Vec::with_capacity(count.min(1024));
        for _ in 0..count {
            list.push(read(self)?);
        }
        Ok(list)
    }

    fn varint(&mut self) -> Result<u64, CodecError> {
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let [byte] = self.array()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(CodecError::Length(i64::MAX))
    }

    /// Ends a structure of a flexible version; gives the value of its tag 0.
    pub fn tags(&mut self) -> Result<Option<Reader<'a>>, CodecError> {
        let mut found = None;
        for _ in 0..self.varint()? {
            let tag = self.varint()?;
            let length = usize::try_from(self.varint()?).map_err(|_| CodecError::Truncated)?;
            let value = self.take(length)?;
            if tag == 0 {
                found = Some(Reader { rest: value, flexible: true });
            }
        }
        Ok(found)
    }
}
