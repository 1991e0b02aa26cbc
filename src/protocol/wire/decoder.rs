//! The bytes of one frame as a source of values: bounded, and without copies.

use super::decode::{Decode, Source};
use crate::{DecodeError, DecodeReason, StrBytes};
use bytes::Bytes;

/// How many bytes of structures one frame may decode to. Strings, bytes and records are slices of the frame and cost nothing.
pub const DECODED_BYTES_MAX: usize = 64 << 20;

/// Tagged fields that one structure may have: Kafka's own never have more than four.
pub const TAGS_MAX: u32 = 64;

/// Longest string, in bytes, that Kafka reads or writes.
pub const STRING_LEN_MAX: usize = i16::MAX as usize;

/// Reads values from a frame. Strings, bytes and records that it hands out share the frame's memory.
#[derive(Clone, Debug)]
pub struct Decoder {
    frame: Bytes,
    /// Next byte to read; never beyond `end`.
    at: usize,
    /// Where the value at hand ends: the frame's end, or a tagged field's. Never beyond `frame.len()`.
    end: usize,
    version: i16,
    flexible: bool,
    /// Bytes of structures that may still be decoded.
    budget: usize,
}

impl Decoder {
    /// Reads `frame` from its start, with a budget of [`DECODED_BYTES_MAX`]. Versions are set by what is read.
    pub fn new(frame: Bytes) -> Self {
        let end = frame.len();
        Self { frame, at: 0, end, version: 0, flexible: false, budget: DECODED_BYTES_MAX }
    }

    /// The same with another budget, in bytes.
    pub fn with_budget(self, budget: usize) -> Self {
        Self { budget, ..self }
    }

    /// Says which version is read next.
    pub fn set_version(&mut self, version: i16, flexible: bool) {
        (self.version, self.flexible) = (version, flexible);
    }

    /// Bytes not yet read.
    pub fn remaining(&self) -> usize {
        self.end - self.at
    }

    /// Fails where bytes remain.
    ///
    /// # Errors
    /// [`DecodeReason::TrailingBytes`].
    pub fn finish(&self) -> Result<(), DecodeError> {
        match self.remaining() {
            0 => Ok(()),
            more => Err(self.error(DecodeReason::TrailingBytes(more))),
        }
    }

    /// This reason, at the current position.
    #[cold]
    pub fn error(&self, reason: DecodeReason) -> DecodeError {
        DecodeError { at: self.at, reason }
    }

    /// Moves past `len` bytes and answers where they start.
    fn skip(&mut self, len: usize) -> Result<usize, DecodeError> {
        let remaining = self.remaining();
        if len > remaining {
            return Err(self.error(DecodeReason::Truncated { needed: len, remaining }));
        }
        let start = self.at;
        self.at += len;
        Ok(start)
    }

    fn slice(&mut self, len: usize) -> Result<Bytes, DecodeError> {
        let start = self.skip(len)?;
        Ok(self.frame.slice(start..start + len))
    }

    /// An unsigned variable-length integer of up to 32 bits, in its shortest form.
    pub fn uvarint(&mut self) -> Result<u32, DecodeError> {
        let mut value = 0;
        for shift in (0..35).step_by(7) {
            let [byte] = self.fixed()?;
            let bits = u32::from(byte & 0x7f);
            // The fifth byte has room for the upper four bits; a zero behind other bytes says nothing.
            if (shift == 28 && byte > 0x0f) || (shift > 0 && byte == 0) {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.error(DecodeReason::OverlongVarint))
    }

    /// A length or count in the compact form, one more than itself, or in the classic form, where -1 is null.
    fn length(&mut self, nullable: bool, compact: bool, classic_bytes: usize) -> Result<Option<usize>, DecodeError> {
        let length = if compact {
            self.uvarint()?.checked_sub(1)
        } else {
            let length = if classic_bytes == 2 { i32::from(i16::read(self)?) } else { i32::read(self)? };
            match u32::try_from(length) {
                Ok(length) => Some(length),
                Err(_) if length == -1 => None,
                Err(_) => return Err(self.error(DecodeReason::NegativeLength(length))),
            }
        };
        match length {
            None if !nullable => Err(self.error(DecodeReason::UnexpectedNull)),
            length => Ok(length.map(|length| length as usize)),
        }
    }

    /// Reads one tagged field, which must fill its size.
    fn tag(&mut self, known: &mut impl FnMut(&mut Self, u32) -> Result<bool, DecodeError>) -> Result<(), DecodeError> {
        let tag = self.uvarint()?;
        let size = self.uvarint()? as usize;
        let start = self.skip(size)?;
        let (behind, outer_end) = (self.at, self.end);
        (self.at, self.end) = (start, behind);
        if !known(self, tag)? {
            self.at = behind;
        } else if self.at != behind {
            return Err(self.error(DecodeReason::TagSize(tag)));
        }
        self.end = outer_end;
        Ok(())
    }
}

impl Source for Decoder {
    fn version(&self) -> i16 {
        self.version
    }

    fn is_flexible(&self) -> bool {
        self.flexible
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let start = self.skip(N)?;
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.frame[start..start + N]);
        Ok(bytes)
    }

    fn string(&mut self, nullable: bool, compact: bool) -> Result<Option<StrBytes>, DecodeError> {
        let Some(length) = self.length(nullable, compact, 2)? else { return Ok(None) };
        if length > STRING_LEN_MAX {
            return Err(self.error(DecodeReason::StringTooLong(length)));
        }
        let bytes = self.slice(length)?;
        match StrBytes::from_utf8(bytes) {
            None => Err(self.error(DecodeReason::InvalidUtf8)),
            text => Ok(text),
        }
    }

    fn bytes(&mut self, nullable: bool) -> Result<Option<Bytes>, DecodeError> {
        let Some(length) = self.length(nullable, self.flexible, 4)? else { return Ok(None) };
        self.slice(length).map(Some)
    }

    fn count<T: Decode>(&mut self, nullable: bool) -> Result<Option<usize>, DecodeError> {
        let Some(count) = self.length(nullable, self.flexible, 4)? else { return Ok(None) };
        let remaining = self.remaining();
        if count > remaining / T::MIN_SIZE.max(1) {
            return Err(self.error(DecodeReason::CountTooLarge { count, remaining }));
        }
        let needed = count.saturating_mul(size_of::<T>());
        match self.budget.checked_sub(needed) {
            None => Err(self.error(DecodeReason::BudgetExceeded { needed, left: self.budget })),
            Some(left) => {
                self.budget = left;
                Ok(Some(count))
            }
        }
    }

    fn is_present(&mut self) -> Result<bool, DecodeError> {
        Ok(i8::read(self)? >= 0)
    }

    fn tags(
        &mut self,
        _tags: &[u32],
        mut known: impl FnMut(&mut Self, u32) -> Result<bool, DecodeError>,
    ) -> Result<(), DecodeError> {
        if !self.flexible {
            return Ok(());
        }
        let count = self.uvarint()?;
        if count > TAGS_MAX {
            return Err(self.error(DecodeReason::TooManyTags(count)));
        }
        (0..count).try_for_each(|_| self.tag(&mut known))
    }
}
