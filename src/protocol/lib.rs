//! Kafka's wire: messages of every key and version, decoded within bounds, encoded into
//! one allocation, and the frames around them.
//!
//! The messages are described in `schema/`, one small text per API key, and generated from there into `generated/` by
//! `cargo run -p esker-protocol-generator -- generate`; the grammar stands in `generator/parse.rs`. What they share is written
//! by hand: [`wire`] reads and writes values, [`frame`] puts lengths and headers around them, [`pieces`] encodes responses
//! without touching their records.
//!
//! Whatever arrives is hostile until decoded. No input panics, no length reserves memory before it was compared with the
//! bytes that are there, and what a request may grow to is bounded by a budget ([`DECODED_BYTES_MAX`]). Tagged fields that
//! nobody knows are skipped, up to 64 in a structure, and not kept. Where Kafka is lenient without danger, so are we: tagged
//! fields may come in any order, and any byte but zero is true.
//!
//! `integration/kafka-schema/check` compares the schema with Kafka's own definitions; `cargo run -p esker-protocol-fuzz --
//! --seconds 10` feeds spoiled messages to every decoder.

mod api_key;
#[cfg(any(test, feature = "arbitrary"))]
pub mod arbitrary;
mod error;
pub mod frame;
mod message;
#[allow(missing_docs)] // what a field means is for Kafka's documentation to say
#[path = "generated/mod.rs"]
pub mod messages;
pub mod pieces;
mod str_bytes;
pub mod wire;

#[cfg(test)]
mod allocation;
#[cfg(test)]
mod api_key_test;
#[cfg(test)]
mod frame_test;
#[cfg(test)]
mod golden_test;
#[cfg(test)]
mod hostile_test;
#[cfg(test)]
mod oracle_test;
#[cfg(test)]
mod pieces_test;
#[cfg(test)]
mod round_trip_test;
#[cfg(test)]
mod str_bytes_test;

pub use api_key::{ApiKey, Listener, VersionRange, advertised_range};
pub use error::{Countable, DecodeError, DecodeReason, EncodeError};
pub use message::{Message, Request, Response};
pub use str_bytes::StrBytes;
pub use wire::decoder::{DECODED_BYTES_MAX, Decoder};
