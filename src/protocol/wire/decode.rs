//! Reading: what a value needs from wherever it comes.

use crate::{DecodeError, StrBytes};
use bytes::Bytes;

/// A value that can be read.
pub trait Decode: Sized {
    /// Fewest bytes that a value takes in any version.
    const MIN_SIZE: usize;

    /// Reads one value.
    ///
    /// # Errors
    /// Whatever is wrong with the bytes.
    fn read<S: Source>(source: &mut S) -> Result<Self, DecodeError>;
}

/// A value whose absence has its own form: strings, bytes and arrays.
pub trait Nullable: Decode {
    /// Reads a value or, where `allowed`, null. Never answers `None` where null is not allowed.
    ///
    /// # Errors
    /// Whatever is wrong with the bytes.
    fn read_nullable<S: Source>(source: &mut S, allowed: bool) -> Result<Option<Self>, DecodeError>;
}

/// Where values come from.
pub trait Source: Sized {
    /// The version that is being read.
    fn version(&self) -> i16;

    /// Whether lengths are compact and structures end with tagged fields.
    fn is_flexible(&self) -> bool;

    /// The next `N` bytes.
    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError>;

    /// A string, in the classic or compact form.
    fn string(&mut self, nullable: bool, compact: bool) -> Result<Option<StrBytes>, DecodeError>;

    /// Opaque bytes.
    fn bytes(&mut self, nullable: bool) -> Result<Option<Bytes>, DecodeError>;

    /// The number of elements that follow, which is safe to trust: it was compared with what is there.
    fn count<T: Decode>(&mut self, nullable: bool) -> Result<Option<usize>, DecodeError>;

    /// Whether a structure that may be null is there.
    fn is_present(&mut self) -> Result<bool, DecodeError>;

    /// Reads the tagged fields at the end of a structure; does nothing in versions that are not flexible. `known`
    /// answers whether it knows the tag, and has then read the field. Unknown fields are skipped and not kept.
    fn tags(
        &mut self,
        tags: &[u32],
        known: impl FnMut(&mut Self, u32) -> Result<bool, DecodeError>,
    ) -> Result<(), DecodeError>;

    /// Reads one value.
    fn read<T: Decode>(&mut self) -> Result<T, DecodeError> {
        T::read(self)
    }

    /// Reads a value that may be null in some versions only.
    fn nullable_if<T: Nullable>(&mut self, allowed: bool) -> Result<Option<T>, DecodeError> {
        T::read_nullable(self, allowed)
    }

    /// Reads a structure that may be null.
    fn nullable_struct<T: Decode>(&mut self) -> Result<Option<T>, DecodeError> {
        if self.is_present()? { T::read(self).map(Some) } else { Ok(None) }
    }

    /// Reads a nullable string in the classic form, whatever the version.
    fn classic_string(&mut self) -> Result<Option<StrBytes>, DecodeError> {
        self.string(true, false)
    }

    /// Passes the end of a structure that has no tagged fields of its own.
    fn no_tags(&mut self) -> Result<(), DecodeError> {
        self.tags(&[], |_, _| Ok(false))
    }
}
