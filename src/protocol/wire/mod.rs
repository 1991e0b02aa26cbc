//! Values on the wire: how they are read from a source and written to a sink.
//!
//! Generated code says once per direction what a structure consists of. It is generic over where values come from
//! ([`decode::Source`]: the bytes of a frame, or random values for tests) and where they go to ([`encode::Sink`]: a count of
//! bytes, a buffer, or pieces that leave records where they are). So the size of a message, its bytes and its pieces cannot
//! disagree.

pub mod decode;
pub mod decoder;
pub mod encode;
mod primitives;
