//! Numbers, strings, bytes and arrays, in both directions.

use super::decode::{Decode, Nullable, Source};
use super::encode::{Encode, EncodeNullable, Encoder, Sink};
use crate::{Countable, DecodeError, EncodeError, StrBytes};
use bytes::Bytes;
use uuid::Uuid;

/// Elements for which room is reserved before the first of them was read.
const RESERVED_MAX: usize = 1024;

macro_rules! number {
    ($($number:ty),*) => { $(
        impl Decode for $number {
            const MIN_SIZE: usize = size_of::<$number>();
            fn read<S: Source>(source: &mut S) -> Result<Self, DecodeError> {
                source.fixed().map(<$number>::from_be_bytes)
            }
        }

        impl Encode for $number {
            fn write<K: Sink>(&self, encoder: &mut Encoder<K>) -> Result<(), EncodeError> {
                encoder.raw(&self.to_be_bytes());
                Ok(())
            }
        }
    )* };
}
number!(i8, i16, i32, i64, u16, u32, f64);

impl Decode for bool {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(source: &mut S) -> Result<Self, DecodeError> {
        i8::read(source).map(|byte| byte != 0)
    }
}

impl Encode for bool {
    fn write<K: Sink>(&self, encoder: &mut Encoder<K>) -> Result<(), EncodeError> {
        i8::from(*self).write(encoder)
    }
}

impl Decode for Uuid {
    const MIN_SIZE: usize = 16;
    fn read<S: Source>(source: &mut S) -> Result<Self, DecodeError> {
        source.fixed().map(Uuid::from_bytes)
    }
}

impl Encode for Uuid {
    fn write<K: Sink>(&self, encoder: &mut Encoder<K>) -> Result<(), EncodeError> {
        encoder.raw(self.as_bytes());
        Ok(())
    }
}

/// `Decode` by way of `Nullable`, and `Encode` by way of `EncodeNullable`.
macro_rules! never_null {
    ($type:ty $(, $element:ident)?) => {
        impl$(<$element: Decode>)? Decode for $type {
            const MIN_SIZE: usize = 1;
            fn read<S: Source>(source: &mut S) -> Result<Self, DecodeError> {
                // Null is an error where it is not allowed, so there is always a value.
                Self::read_nullable(source, false).map(Option::unwrap_or_default)
            }
        }

        impl$(<$element: Encode>)? Encode for $type {
            fn write<K: Sink>(&self, encoder: &mut Encoder<K>) -> Result<(), EncodeError> {
                Self::write_nullable(Some(self), encoder)
            }
        }
    };
}
never_null!(StrBytes);
never_null!(Bytes);
never_null!(Vec<T>, T);

impl<T: Nullable> Decode for Option<T> {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(source: &mut S) -> Result<Self, DecodeError> {
        T::read_nullable(source, true)
    }
}

impl<T: EncodeNullable> Encode for Option<T> {
    fn write<K: Sink>(&self, encoder: &mut Encoder<K>) -> Result<(), EncodeError> {
        T::write_nullable(self.as_ref(), encoder)
    }
}

impl Nullable for StrBytes {
    fn read_nullable<S: Source>(source: &mut S, allowed: bool) -> Result<Option<Self>, DecodeError> {
        let compact = source.is_flexible();
        source.string(allowed, compact)
    }
}

impl EncodeNullable for StrBytes {
    fn write_nullable<K: Sink>(value: Option<&Self>, encoder: &mut Encoder<K>) -> Result<(), EncodeError> {
        encoder.string(value.map(StrBytes::as_str))
    }
}

impl Nullable for Bytes {
    fn read_nullable<S: Source>(source: &mut S, allowed: bool) -> Result<Option<Self>, DecodeError> {
        source.bytes(allowed)
    }
}

impl EncodeNullable for Bytes {
    fn write_nullable<K: Sink>(value: Option<&Self>, encoder: &mut Encoder<K>) -> Result<(), EncodeError> {
        encoder.length(value.map(Bytes::len), Countable::Bytes)?;
        encoder.raw(value.map_or(&[], |bytes| bytes));
        Ok(())
    }
}

impl<T: Decode> Nullable for Vec<T> {
    fn read_nullable<S: Source>(source: &mut S, allowed: bool) -> Result<Option<Self>, DecodeError> {
        let Some(count) = source.count::<T>(allowed)? else { return Ok(None) };
        let mut elements = Vec::with_capacity(count.min(RESERVED_MAX));
        for _ in 0..count {
            if elements.len() == elements.capacity() {
                // So many were real that the rest may be: all of the room that was charged for, in one step, so that no
                // copy of a growing array exceeds the budget.
                elements.reserve_exact(count - elements.len());
            }
            elements.push(T::read(source)?);
        }
        Ok(Some(elements))
    }
}

impl<T: Encode> EncodeNullable for Vec<T> {
    fn write_nullable<K: Sink>(value: Option<&Self>, encoder: &mut Encoder<K>) -> Result<(), EncodeError> {
        encoder.length(value.map(Vec::len), Countable::Array)?;
        value.into_iter().flatten().try_for_each(|element| element.write(encoder))
    }
}
