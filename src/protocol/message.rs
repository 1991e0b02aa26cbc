//! What every message can do, and which request belongs to which response.

use crate::wire::decode::Decode;
use crate::wire::decoder::Decoder;
use crate::wire::encode::{Buffer, Counter, Encode, Encoder};
use crate::{ApiKey, DecodeError, DecodeReason, EncodeError, VersionRange};
use bytes::{Bytes, BytesMut};

/// A whole message: what a schema file declares.
pub trait Message: Encode {
    /// Kafka's name.
    const NAME: &'static str;
    /// The versions that exist.
    const VERSIONS: VersionRange;
    /// First version with compact lengths and tagged fields; `i16::MAX` where none has them.
    const FLEXIBLE_SINCE: i16;

    /// Whether `version` has compact lengths and tagged fields.
    fn is_flexible(version: i16) -> bool {
        version >= Self::FLEXIBLE_SINCE
    }

    /// Reads a message that fills `bytes` exactly.
    ///
    /// # Errors
    /// Whatever is wrong with the bytes, bytes behind the message included.
    fn decode(bytes: Bytes, version: i16) -> Result<Self, DecodeError>
    where
        Self: Decode,
    {
        let mut decoder = Decoder::new(bytes);
        let message = Self::decode_from(&mut decoder, version)?;
        decoder.finish()?;
        Ok(message)
    }

    /// Reads a message and leaves what lies behind it.
    ///
    /// # Errors
    /// Whatever is wrong with the bytes.
    fn decode_from(decoder: &mut Decoder, version: i16) -> Result<Self, DecodeError>
    where
        Self: Decode,
    {
        if !Self::VERSIONS.contains(version) {
            return Err(decoder.error(DecodeReason::UnsupportedVersion(version)));
        }
        decoder.set_version(version, Self::is_flexible(version));
        Self::read(decoder)
    }

    /// The exact number of bytes that [`encode`](Self::encode) appends.
    ///
    /// # Errors
    /// What [`encode`](Self::encode) would answer.
    fn encoded_size(&self, version: i16) -> Result<usize, EncodeError> {
        self.check_version(version)?;
        let mut encoder = Encoder::new(Counter::default(), version, Self::is_flexible(version));
        self.write(&mut encoder)?;
        Ok(encoder.into_sink().bytes)
    }

    /// Appends the message to `out`, which grows as it must; reserve [`encoded_size`](Self::encoded_size) to allocate once.
    ///
    /// # Errors
    /// A field that the version cannot carry, or a length beyond what the wire can say. `out` then holds a part.
    fn encode(&self, version: i16, out: &mut BytesMut) -> Result<(), EncodeError> {
        self.check_version(version)?;
        self.write(&mut Encoder::new(Buffer(out), version, Self::is_flexible(version)))
    }

    /// Fails where the message has no such version.
    fn check_version(&self, version: i16) -> Result<(), EncodeError> {
        if Self::VERSIONS.contains(version) {
            Ok(())
        } else {
            Err(EncodeError::UnsupportedVersion { message: Self::NAME, version })
        }
    }
}

/// A message that asks.
pub trait Request: Message {
    /// Its key.
    const KEY: ApiKey;
    /// The message that answers.
    type Response: Response;
}

/// A message that answers.
pub trait Response: Message {
    /// The key of the request that it answers.
    const KEY: ApiKey;

    /// How long the client is told to pause, in milliseconds; zero in a message that cannot say so.
    fn throttle_time_ms(&self) -> i32 {
        0
    }

    /// Says how long the client is to pause (KIP-219), in a message that can say so.
    fn set_throttle_time_ms(&mut self, millis: i32) {
        let _ = millis;
    }
}

/// Declares an enumeration over all requests or all responses.
macro_rules! any_message {
    ($(#[$doc:meta])* $name:ident { $($key:ident($message:ident),)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[allow(clippy::large_enum_variant, missing_docs)] // short-lived values, named as their keys
        pub enum $name {
            $($key($message),)*
        }

        impl $name {
            /// The key that the message belongs to.
            pub fn key(&self) -> crate::ApiKey {
                match self {
                    $(Self::$key(_) => crate::ApiKey::$key,)*
                }
            }

            /// The message of `key` with every field at its default.
            pub fn default_of(key: crate::ApiKey) -> Self {
                match key {
                    $(crate::ApiKey::$key => Self::$key(Default::default()),)*
                }
            }

            /// Reads the message of `key` in the source's version, and leaves what lies behind it.
            pub fn read<S: crate::wire::decode::Source>(
                key: crate::ApiKey,
                source: &mut S,
            ) -> Result<Self, crate::DecodeError> {
                Ok(match key {
                    $(crate::ApiKey::$key => Self::$key(source.read()?),)*
                })
            }

            /// Reads a message that fills `bytes` exactly.
            ///
            /// # Errors
            /// Whatever is wrong with the bytes, bytes behind the message included.
            pub fn decode(key: crate::ApiKey, version: i16, bytes: bytes::Bytes) -> Result<Self, crate::DecodeError> {
                let mut decoder = crate::Decoder::new(bytes);
                let message = Self::decode_from(key, version, &mut decoder)?;
                decoder.finish()?;
                Ok(message)
            }

            /// Reads a message and leaves what lies behind it.
            ///
            /// # Errors
            /// Whatever is wrong with the bytes.
            pub fn decode_from(
                key: crate::ApiKey,
                version: i16,
                decoder: &mut crate::Decoder,
            ) -> Result<Self, crate::DecodeError> {
                if !key.versions().contains(version) {
                    return Err(decoder.error(crate::DecodeReason::UnsupportedVersion(version)));
                }
                decoder.set_version(version, key.flexible_since().is_some_and(|since| version >= since));
                Self::read(key, decoder)
            }

            /// As [`Message::encode`](crate::Message::encode).
            pub fn encode(&self, version: i16, out: &mut bytes::BytesMut) -> Result<(), crate::EncodeError> {
                match self {
                    $(Self::$key(message) => crate::Message::encode(message, version, out),)*
                }
            }

            /// As [`Message::encoded_size`](crate::Message::encoded_size).
            pub fn encoded_size(&self, version: i16) -> Result<usize, crate::EncodeError> {
                match self {
                    $(Self::$key(message) => crate::Message::encoded_size(message, version),)*
                }
            }
        }

        $(impl From<$message> for $name {
            fn from(message: $message) -> Self {
                Self::$key(message)
            }
        })*
    };
}
pub(crate) use any_message;
