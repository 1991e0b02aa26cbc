//! Record batches, format v2: header view, checksums, whole-batch iteration.
//!
//! A batch travels from a client's socket to the segment and the bucket as the bytes it arrived in. This room looks
//! at those bytes; it patches only what lies outside of the checksum, and for LogAppendTime the two fields inside.

mod attributes;
mod batch;
mod crc;
mod header;
#[cfg(test)]
mod header_test;

pub use attributes::{Attributes, Codec, TimestampType};
pub use batch::{BatchRef, Batches, FrameError};
pub use crc::{Crc32c, crc32c};
pub use header::{BatchHeader, HEADER_LEN, LOG_OVERHEAD, MAGIC_V2, PatchError, patch};
