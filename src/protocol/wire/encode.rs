//! Writing: what a value says, and where it goes.

use crate::{Countable, EncodeError};
use bytes::{Bytes, BytesMut};

/// A value that can be written.
pub trait Encode {
    /// Writes the value.
    ///
    /// # Errors
    /// A field that the version cannot carry, or a length beyond what the wire can say.
    fn write<K: Sink>(&self, encoder: &mut Encoder<K>) -> Result<(), EncodeError>;
}

/// A value whose absence has its own form: strings, bytes and arrays.
pub trait EncodeNullable: Encode + Sized {
    /// Writes the value or null.
    ///
    /// # Errors
    /// As [`Encode::write`].
    fn write_nullable<K: Sink>(value: Option<&Self>, encoder: &mut Encoder<K>) -> Result<(), EncodeError>;
}

/// Record batches that a message carries: bytes, or a place where they lie.
pub trait RecordSource {
    /// Length in bytes.
    fn record_bytes(&self) -> usize;

    /// The bytes, where they are in memory.
    fn in_memory(&self) -> Option<&[u8]>;
}

impl RecordSource for Bytes {
    fn record_bytes(&self) -> usize {
        self.len()
    }

    fn in_memory(&self) -> Option<&[u8]> {
        Some(self)
    }
}

/// Where written bytes go.
pub trait Sink {
    /// Takes bytes.
    fn put(&mut self, bytes: &[u8]);

    /// Takes note of records at this place.
    ///
    /// # Errors
    /// A sink that needs the bytes refuses records that are elsewhere.
    fn records<R: RecordSource>(&mut self, records: &R) -> Result<(), EncodeError>;
}

/// Counts bytes and keeps none.
#[derive(Debug, Default)]
pub struct Counter {
    /// All bytes, those of records included.
    pub bytes: usize,
    /// Bytes of records.
    pub record_bytes: usize,
}

impl Sink for Counter {
    fn put(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len();
    }

    fn records<R: RecordSource>(&mut self, records: &R) -> Result<(), EncodeError> {
        self.bytes += records.record_bytes();
        self.record_bytes += records.record_bytes();
        Ok(())
    }
}

/// Appends to a buffer.
#[derive(Debug)]
pub struct Buffer<'a>(pub &'a mut BytesMut);

impl Sink for Buffer<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn records<R: RecordSource>(&mut self, records: &R) -> Result<(), EncodeError> {
        let bytes = records.in_memory().ok_or(EncodeError::NotInMemory { len: records.record_bytes() })?;
        self.put(bytes);
        Ok(())
    }
}

/// Writes values in one version.
#[derive(Debug)]
pub struct Encoder<K> {
    sink: K,
    version: i16,
    flexible: bool,
}

impl<K: Sink> Encoder<K> {
    /// Writes to `sink`.
    pub fn new(sink: K, version: i16, flexible: bool) -> Self {
        Self { sink, version, flexible }
    }

    /// What was written to.
    pub fn into_sink(self) -> K {
        self.sink
    }

    /// The version that is being written.
    pub fn version(&self) -> i16 {
        self.version
    }

    /// Writes a value.
    pub fn put<T: Encode>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.write(self)
    }

    /// Writes a value where the version has it, else drops it.
    pub fn put_if<T: Encode>(&mut self, present: bool, value: &T) -> Result<(), EncodeError> {
        if present { value.write(self) } else { Ok(()) }
    }

    /// Writes a value where the version has it, else insists on its default.
    pub fn put_or<T: Encode + PartialEq>(
        &mut self,
        present: bool,
        value: &T,
        default: T,
        field: &'static str,
    ) -> Result<(), EncodeError> {
        if present { value.write(self) } else { self.absent(*value == default, field) }
    }

    /// Insists that a field that the version lacks has its default.
    pub fn absent(&self, is_default: bool, field: &'static str) -> Result<(), EncodeError> {
        if is_default { Ok(()) } else { Err(EncodeError::UnsupportedField { field, version: self.version }) }
    }

    /// Writes a value that may be null in some versions only.
    pub fn put_nullable<T: EncodeNullable>(
        &mut self,
        allowed: bool,
        value: &Option<T>,
        field: &'static str,
    ) -> Result<(), EncodeError> {
        if value.is_none() && !allowed {
            return Err(EncodeError::UnexpectedNull { field, version: self.version });
        }
        T::write_nullable(value.as_ref(), self)
    }

    /// Writes a structure that may be null.
    pub fn nullable_struct<T: Encode>(&mut self, value: &Option<T>) -> Result<(), EncodeError> {
        match value {
            None => self.put(&-1i8),
            Some(value) => {
                self.put(&1i8)?;
                self.put(value)
            }
        }
    }

    /// Writes record batches, wherever they are.
    pub fn records<R: RecordSource>(&mut self, records: Option<&R>) -> Result<(), EncodeError> {
        self.length(records.map(R::record_bytes), Countable::Bytes)?;
        records.map_or(Ok(()), |records| self.sink.records(records))
    }

    /// Writes a nullable string in the classic form, whatever the version.
    pub fn classic_string<T: AsRef<str>>(&mut self, text: &Option<T>) -> Result<(), EncodeError> {
        let flexible = std::mem::replace(&mut self.flexible, false);
        let written = self.string(text.as_ref().map(AsRef::as_ref));
        self.flexible = flexible;
        written
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.sink.put(bytes);
    }

    pub(super) fn string(&mut self, text: Option<&str>) -> Result<(), EncodeError> {
        self.length(text.map(str::len), Countable::String)?;
        self.raw(text.unwrap_or_default().as_bytes());
        Ok(())
    }

    /// Writes a length or count, `None` for null.
    pub(super) fn length(&mut self, length: Option<usize>, what: Countable) -> Result<(), EncodeError> {
        let max = if what == Countable::String { i16::MAX as usize } else { i32::MAX as usize };
        let len = length.unwrap_or(0);
        if len > max {
            return Err(EncodeError::TooLong { what, len });
        }
        if self.flexible {
            self.uvarint(length.map_or(0, |len| len as u32 + 1));
        } else if what == Countable::String {
            self.raw(&length.map_or(-1, |len| len as i16).to_be_bytes());
        } else {
            self.raw(&length.map_or(-1, |len| len as i32).to_be_bytes());
        }
        Ok(())
    }

    fn uvarint(&mut self, mut value: u32) {
        let mut bytes = [0; 5];
        let mut len = 0;
        while value >= 0x80 {
            bytes[len] = value as u8 | 0x80;
            value >>= 7;
            len += 1;
        }
        bytes[len] = value as u8;
        self.raw(&bytes[..=len]);
    }

    /// Whether a tagged field is to be written: it differs from its default, and the version has it.
    pub fn is_tag_set(
        &self,
        present: bool,
        is_default: bool,
        ignorable: bool,
        field: &'static str,
    ) -> Result<bool, EncodeError> {
        if !present && !ignorable {
            self.absent(is_default, field)?;
        }
        Ok(present && !is_default)
    }

    /// Begins the tagged fields at the end of a structure; does nothing in versions that are not flexible.
    pub fn tag_count(&mut self, set: &[bool]) -> Result<(), EncodeError> {
        if self.flexible {
            self.uvarint(set.iter().map(|&set| u32::from(set)).sum());
        }
        Ok(())
    }

    /// Writes a tagged field where it is set.
    pub fn tag<T: Encode>(&mut self, set: bool, tag: u32, value: &T) -> Result<(), EncodeError> {
        if !set {
            return Ok(());
        }
        let mut counter = Encoder::new(Counter::default(), self.version, self.flexible);
        value.write(&mut counter)?;
        let size = counter.sink.bytes;
        let size = u32::try_from(size).map_err(|_| EncodeError::TooLong { what: Countable::Bytes, len: size })?;
        self.uvarint(tag);
        self.uvarint(size);
        value.write(self)
    }
}
