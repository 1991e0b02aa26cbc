//! Record batches, format v2: header view, checksums, inspection, codecs under a cap, building.
//!
//! A batch travels from a client's socket to the segment and the bucket as the bytes it arrived in. This room looks
//! at those bytes; it patches only what lies outside of the checksum, and for LogAppendTime the two fields inside.

mod attributes;
mod batch;
mod builder;
#[cfg(test)]
mod builder_test;
mod codec;
#[cfg(test)]
mod codec_test;
mod compaction;
#[cfg(test)]
mod compaction_test;
mod control;
mod crc;
#[cfg(test)]
mod golden_test;
mod header;
#[cfg(test)]
mod header_test;
#[cfg(test)]
mod hostile_test;
mod inspect;
#[cfg(test)]
mod inspect_test;
mod recompress;
mod record;
mod records;
#[cfg(test)]
mod testing;
mod varint;

pub use attributes::{Attributes, Codec, TimestampType};
pub use batch::{BatchRef, Batches, FrameError};
pub use builder::{BatchBuilder, BuildError, NewHeader, NewRecord};
pub use codec::{CodecError, compress, decompress};
pub use compaction::{Selection, empty_batch, select};
pub use control::{ControlError, ControlRecord, EndMarker, end_marker_batch};
pub use crc::{Crc32c, crc32c};
pub use header::{BatchHeader, HEADER_LEN, LOG_OVERHEAD, MAGIC_V2, PatchError, patch};
pub use inspect::{
    Depth, InspectError, Inspection, Limits, REJECTIONS_KEPT_MAX, Rejection, RejectionReason, Rejections, Severity,
    TimestampLimits, inspect,
};
pub use recompress::{RecompressError, recompress};
pub use record::{Part, RecordError};
pub use records::{HeaderRef, Headers, RecordRef, Records, RecordsError};
