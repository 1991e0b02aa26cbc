//! Why a client's batch is refused, and how severe that is.

use crate::codec::CodecError;
use crate::records::RecordsError;
use esker_model::{Offset, ProducerId, TimestampMs};

/// At most so many rejected records are listed; all are counted.
pub const REJECTIONS_KEPT_MAX: usize = 100;

/// Why a batch may not be appended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InspectError {
    /// No whole batch is there; Kafka answers INVALID_RECORD.
    #[error("{available} bytes do not hold a record batch")]
    NoBatch {
        /// Bytes that are there.
        available: usize,
    },
    /// Format 0 or 1, which ended with Produce version 2; Kafka answers INVALID_RECORD.
    #[error("record batches of format {0} are no longer accepted, only format 2")]
    OldFormat(i8),
    /// A format that does not exist; Kafka answers CORRUPT_MESSAGE.
    #[error("{0} is not the format of a record batch")]
    UnknownFormat(i8),
    /// The length is less than a header's; Kafka answers CORRUPT_MESSAGE.
    #[error("a record batch cannot have the length {0}")]
    BatchLength(i32),
    /// More than one batch, or bytes behind it; Kafka answers INVALID_RECORD.
    #[error("{trailing} bytes follow the one record batch that is allowed")]
    MoreThanOneBatch {
        /// Bytes behind the first batch.
        trailing: usize,
    },
    /// Zstandard in a request that is too old for it; Kafka answers UNSUPPORTED_COMPRESSION_TYPE.
    #[error("zstd is not allowed before version 7 of the request")]
    ZstdNotAllowed,
    /// A codec number from 5 to 7; Kafka answers UNKNOWN_SERVER_ERROR.
    #[error("unknown compression type {0}")]
    UnknownCodec(u8),
    /// Clients count from 0; Kafka answers INVALID_RECORD.
    #[error("the base offset should be 0 but is {0}")]
    BaseOffset(Offset),
    /// Larger than the topic allows; Kafka answers MESSAGE_TOO_LARGE.
    #[error("the batch has {size} bytes, more than the {max} that are allowed")]
    TooLarge {
        /// Size of the batch in bytes.
        size: usize,
        /// What is allowed.
        max: usize,
    },
    /// The checksum does not fit; Kafka answers CORRUPT_MESSAGE.
    #[error("the batch is corrupt (stored crc {stored}, computed crc {computed})")]
    Crc {
        /// As it stands in the header.
        stored: u32,
        /// That of the bytes.
        computed: u32,
    },
    /// Count and last offset delta do not fit together; Kafka answers INVALID_RECORD.
    #[error("{count} records cannot end at offset delta {last_offset_delta}")]
    Count {
        /// The header's last offset delta.
        last_offset_delta: i32,
        /// The header's count.
        count: i32,
    },
    /// Clients do not write control records; Kafka answers INVALID_RECORD.
    #[error("clients are not allowed to write control records")]
    Control,
    /// A producer without a sequence; Kafka answers INVALID_RECORD.
    #[error("invalid sequence {base_sequence} of producer {producer_id}")]
    Sequence {
        /// The producer.
        producer_id: ProducerId,
        /// Its sequence.
        base_sequence: i32,
    },
    /// Clients do not stamp the broker's time; Kafka answers INVALID_TIMESTAMP.
    #[error("a producer should not set the timestamp type to LogAppendTime")]
    TimestampType,
    /// The records do not decompress; Kafka answers UNKNOWN_SERVER_ERROR. [`CodecError::TooLarge`] is ours.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The records are malformed; Kafka answers INVALID_RECORD.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// An offset delta that does not follow the one before it.
    #[error("record {index} has offset delta {offset_delta}")]
    OffsetDelta {
        /// Which record, from 0: also the delta that it should have.
        index: i32,
        /// The delta that it has.
        offset_delta: i32,
    },
    /// A timestamp beyond 64 bits, which Kafka would let wrap.
    #[error("the timestamp of record {index} overflows")]
    TimestampOverflow {
        /// Which record, from 0.
        index: i32,
    },
    /// Well-formed records that the topic does not take; Kafka answers INVALID_TIMESTAMP if any timestamp is among the
    /// reasons and INVALID_RECORD otherwise, and lists the records from version 8 of the request on (KIP-467).
    #[error("{} records were rejected", .0.total)]
    Rejected(Rejections),
}

/// Records that a topic does not take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejections {
    /// How many.
    pub total: usize,
    /// Whether any was rejected for its timestamp.
    pub any_timestamp: bool,
    /// The first [`REJECTIONS_KEPT_MAX`] of them.
    pub first: Vec<Rejection>,
}

impl Rejections {
    pub(super) fn add(&mut self, index: i32, reason: RejectionReason) {
        self.total += 1;
        self.any_timestamp |= matches!(reason, RejectionReason::Timestamp { .. });
        if self.first.len() < REJECTIONS_KEPT_MAX {
            self.first.push(Rejection { index, reason });
        }
    }
}

/// One rejected record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Which record of the batch, from 0.
    pub index: i32,
    /// Why.
    pub reason: RejectionReason,
}

/// Why a topic does not take a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectionReason {
    /// A compacted topic needs a key.
    NoKey,
    /// The timestamp lies outside of the topic's range.
    Timestamp {
        /// The record's timestamp.
        timestamp: TimestampMs,
        /// The smallest that would have been taken.
        earliest: TimestampMs,
        /// The largest that would have been taken.
        latest: TimestampMs,
    },
}

/// What a producer should be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The bytes were damaged on their way: sending them again may help.
    Corrupt,
    /// The producer wrote something that it must not: sending it again is of no use.
    InvalidRecord,
    /// A timestamp that the topic does not take.
    InvalidTimestamp,
    /// A codec that does not exist or that this request may not use.
    UnsupportedCompression,
    /// More bytes than are allowed.
    TooLarge,
}

impl InspectError {
    /// What the producer should be told.
    pub fn severity(&self) -> Severity {
        match self {
            Self::UnknownFormat(_) | Self::BatchLength(_) | Self::Crc { .. } => Severity::Corrupt,
            Self::ZstdNotAllowed | Self::UnknownCodec(_) => Severity::UnsupportedCompression,
            Self::TooLarge { .. } | Self::Codec(CodecError::TooLarge { .. }) => Severity::TooLarge,
            Self::TimestampType => Severity::InvalidTimestamp,
            Self::Rejected(rejections) if rejections.any_timestamp => Severity::InvalidTimestamp,
            Self::NoBatch { .. }
            | Self::OldFormat(_)
            | Self::MoreThanOneBatch { .. }
            | Self::BaseOffset(_)
            | Self::Count { .. }
            | Self::Control
            | Self::Sequence { .. }
            | Self::Codec(_)
            | Self::Records(_)
            | Self::OffsetDelta { .. }
            | Self::TimestampOverflow { .. }
            | Self::Rejected(_) => Severity::InvalidRecord,
        }
    }
}
