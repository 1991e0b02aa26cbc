//! What a leader checks of a client's batch before it appends it.
//!
//! The checks are those of Kafka's leader (`ProduceRequest.validateRecords`, `UnifiedLog.analyzeAndValidateRecords` and
//! `LogValidator`, 4.3), in its order. Where an answer differs, it is because Kafka's would store something that not every
//! client can read, or is an internal error:
//!
//! | input | Kafka 4.3 | here |
//! |---|---|---|
//! | codec number 5 to 7 | UNKNOWN_SERVER_ERROR | unsupported compression |
//! | compressed bytes that are none | UNKNOWN_SERVER_ERROR | invalid record |
//! | offset deltas not 0, 1, 2 ... | uncompressed: stored; compressed: UNKNOWN_SERVER_ERROR | invalid record |
//! | record lengths that lie in a compressed batch | stored: only field lengths are followed | invalid record |
//! | lengths below -1, varints with too many bits | taken for null; cut off | invalid record |
//! | batch marked LogAppendTime | refused by a LogAppendTime topic only | invalid timestamp |
//! | bytes behind the batch that are no batch | cut off | invalid record |
//! | records that decompress beyond the cap | stored | too large |
//! | more than [`REJECTIONS_KEPT_MAX`] rejected records | all listed | counted, the first listed |

mod error;
mod walk;

pub use error::{InspectError, REJECTIONS_KEPT_MAX, Rejection, RejectionReason, Rejections, Severity};

use crate::attributes::{Codec, TimestampType};
use crate::crc::crc32c;
use crate::header::{ATTRIBUTES_AT, BatchHeader, HEADER_LEN, MAGIC_V2};
use esker_model::TimestampMs;

/// How far a batch is looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Depth {
    /// Header and checksum (`esker.produce.inspect=header`).
    Header,
    /// Every record, decompressed where need be, as Kafka does.
    Records,
}

/// Which timestamps a topic takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampLimits {
    /// The records' own, each in a range (both ends included) or -1 for none.
    CreateTime {
        /// The smallest that is taken.
        earliest: TimestampMs,
        /// The largest that is taken.
        latest: TimestampMs,
    },
    /// The broker's: those of the records do not matter.
    LogAppendTime,
}

impl TimestampLimits {
    /// The range that `message.timestamp.before.max.ms` and `message.timestamp.after.max.ms` leave around `now`.
    pub fn around(now: TimestampMs, before_max_ms: i64, after_max_ms: i64) -> Self {
        // The largest value means no limit, also to times that lie further back than 64 bits of difference.
        let earliest = if before_max_ms == i64::MAX { i64::MIN } else { now.saturating_sub(before_max_ms) };
        TimestampLimits::CreateTime { earliest, latest: now.saturating_add(after_max_ms) }
    }
}

/// What a topic and a request allow.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest batch as it was sent, header included, in bytes (`max.message.bytes`).
    pub batch_bytes_max: usize,
    /// Most bytes that the records may decompress to. They are not kept, but decompressing them costs time.
    pub decompressed_bytes_max: usize,
    /// Whether a record without a key is refused (compacted topics).
    pub keys_required: bool,
    /// Whether Zstandard is allowed: from version 7 of the Produce request on (KIP-110).
    pub zstd_allowed: bool,
    /// Which timestamps are taken.
    pub timestamps: TimestampLimits,
    /// How far to look.
    pub depth: Depth,
}

/// What was found in a batch that may be appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The header, as the client wrote it.
    pub header: BatchHeader,
    /// Its codec.
    pub codec: Codec,
    /// Largest timestamp of the records, or -1 where none has one; the header's word for it at [`Depth::Header`].
    pub max_timestamp: TimestampMs,
    /// Offset delta of the first record with that timestamp; at [`Depth::Header`] that of the last record.
    pub max_timestamp_offset_delta: i32,
    /// Length of the records without compression, in bytes; as sent at [`Depth::Header`].
    pub decompressed_bytes: usize,
}

impl Inspection {
    /// Whether the header states another largest timestamp than the records have. Kafka's leader corrects it, as
    /// [`patch::max_timestamp`](crate::patch::max_timestamp) does.
    pub fn misstates_max_timestamp(&self) -> bool {
        self.header.max_timestamp != self.max_timestamp
    }
}

/// Checks that `bytes`, what a Produce request holds for one partition, are one batch that may be appended.
///
/// Allocates nothing for a batch that passes. The error's [`severity`](InspectError::severity) says what to answer.
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<Inspection, InspectError> {
    let (header, batch) = cut_batch(bytes)?;
    check_append(&header, batch, limits)?;
    // Only now, because damage to the length or the attributes looks like a second batch or another codec.
    if batch.len() < bytes.len() {
        return Err(InspectError::MoreThanOneBatch { trailing: bytes.len() - batch.len() });
    }
    let codec = header.attributes.codec().ok_or(InspectError::UnknownCodec(header.attributes.codec_id()))?;
    if codec == Codec::Zstd && !limits.zstd_allowed {
        return Err(InspectError::ZstdNotAllowed);
    }
    check_header(&header)?;
    let walked = match limits.depth {
        Depth::Header => walk::Walked::of_header(&header, batch.len() - HEADER_LEN),
        Depth::Records => walk::walk(&header, codec, &batch[HEADER_LEN..], limits)?,
    };
    Ok(Inspection {
        header,
        codec,
        max_timestamp: walked.max_timestamp,
        max_timestamp_offset_delta: walked.max_timestamp_offset_delta,
        decompressed_bytes: walked.bytes,
    })
}

/// The first batch of `bytes`, of format v2 and as long as it says.
fn cut_batch(bytes: &[u8]) -> Result<(BatchHeader, &[u8]), InspectError> {
    let no_batch = InspectError::NoBatch { available: bytes.len() };
    let Some(header) = BatchHeader::parse(bytes) else { return Err(no_batch) };
    // The format comes first: the fields of an older batch lie elsewhere.
    match header.magic {
        MAGIC_V2 => {}
        0 | 1 => return Err(InspectError::OldFormat(header.magic)),
        magic => return Err(InspectError::UnknownFormat(magic)),
    }
    let size = header.size().ok_or(InspectError::BatchLength(header.batch_length))?;
    Ok((header, bytes.get(..size).ok_or(no_batch)?))
}

/// What Kafka checks before it looks at the producer: origin, size, checksum.
fn check_append(header: &BatchHeader, batch: &[u8], limits: &Limits) -> Result<(), InspectError> {
    if header.base_offset != 0 {
        return Err(InspectError::BaseOffset(header.base_offset));
    }
    if batch.len() > limits.batch_bytes_max {
        return Err(InspectError::TooLarge { size: batch.len(), max: limits.batch_bytes_max });
    }
    let computed = crc32c(&batch[ATTRIBUTES_AT..]);
    if computed != header.crc {
        return Err(InspectError::Crc { stored: header.crc, computed });
    }
    Ok(())
}

fn check_header(header: &BatchHeader) -> Result<(), InspectError> {
    let (last_offset_delta, count) = (header.last_offset_delta, header.record_count);
    if last_offset_delta < 0 || count <= 0 || i64::from(count) != i64::from(last_offset_delta) + 1 {
        return Err(InspectError::Count { last_offset_delta, count });
    }
    if header.attributes.is_control() {
        return Err(InspectError::Control);
    }
    if header.has_producer() && header.base_sequence < 0 {
        return Err(InspectError::Sequence { producer_id: header.producer_id, base_sequence: header.base_sequence });
    }
    if header.attributes.timestamp_type() == TimestampType::LogAppendTime {
        return Err(InspectError::TimestampType);
    }
    Ok(())
}
