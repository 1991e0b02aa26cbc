//! The 61-byte header of a record batch, format v2, big-endian.
//!
//! ```text
//!  0        8        12            16    17   21         23              27            35           43
//!  | base   | length | leader      |magic|crc | attributes| last offset  | base        | max        |
//!  | offset | (rest) | epoch       | = 2 |    |           | delta        | timestamp   | timestamp  |
//!  43           51              53             57            61
//!  | producer id| producer epoch| base sequence| record count| records ...
//! ```
//! `length` counts what follows it. The checksum covers everything from the attributes on: base offset and leader epoch lie
//! outside of it, so that a leader assigns them without touching the rest.

use crate::attributes::{Attributes, TimestampType};
use crate::crc::crc32c;
use esker_model::{LeaderEpoch, NO_PRODUCER_ID, Offset, ProducerEpoch, ProducerId, TimestampMs};

/// Bytes before the `length` field's coverage: base offset and the length itself.
pub const LOG_OVERHEAD: usize = 12;
/// Length of the header; a batch is never shorter.
pub const HEADER_LEN: usize = 61;
/// The one format that Esker stores.
pub const MAGIC_V2: i8 = 2;

const CRC_AT: usize = 17;
pub(crate) const ATTRIBUTES_AT: usize = 21;
const MAX_TIMESTAMP_AT: usize = 35;

/// The header's fields as they are; nothing is checked but the length of the slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// Offset of the first record as it was when written; survives compaction.
    pub base_offset: Offset,
    /// Bytes behind the length field.
    pub batch_length: i32,
    /// Epoch of the leader that appended it; -1 from a client.
    pub partition_leader_epoch: LeaderEpoch,
    /// Format; 2 for everything that Esker stores.
    pub magic: i8,
    /// CRC-32C of the attributes and all that follows.
    pub crc: u32,
    /// Codec and flags.
    pub attributes: Attributes,
    /// Offset of the last record minus the base offset.
    pub last_offset_delta: i32,
    /// Timestamp that record deltas count from.
    pub base_timestamp: TimestampMs,
    /// Largest timestamp of the records, or the append time.
    pub max_timestamp: TimestampMs,
    /// Producer, or -1.
    pub producer_id: ProducerId,
    /// Producer's epoch, or -1.
    pub producer_epoch: ProducerEpoch,
    /// Sequence of the first record, or -1.
    pub base_sequence: i32,
    /// Number of records.
    pub record_count: i32,
}

impl BatchHeader {
    /// Reads the header at the start of `bytes`; `None` where fewer than [`HEADER_LEN`] bytes are there.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEADER_LEN] = bytes.first_chunk()?;
        Some(Self {
            base_offset: i64::from_be_bytes(field(bytes, 0)),
            batch_length: i32::from_be_bytes(field(bytes, 8)),
            partition_leader_epoch: i32::from_be_bytes(field(bytes, 12)),
            magic: i8::from_be_bytes(field(bytes, 16)),
            crc: u32::from_be_bytes(field(bytes, CRC_AT)),
            attributes: Attributes(i16::from_be_bytes(field(bytes, ATTRIBUTES_AT))),
            last_offset_delta: i32::from_be_bytes(field(bytes, 23)),
            base_timestamp: i64::from_be_bytes(field(bytes, 27)),
            max_timestamp: i64::from_be_bytes(field(bytes, MAX_TIMESTAMP_AT)),
            producer_id: i64::from_be_bytes(field(bytes, 43)),
            producer_epoch: i16::from_be_bytes(field(bytes, 51)),
            base_sequence: i32::from_be_bytes(field(bytes, 53)),
            record_count: i32::from_be_bytes(field(bytes, 57)),
        })
    }

    /// Writes the header as it stands, checksum included.
    pub fn write(&self, into: &mut [u8; HEADER_LEN]) {
        into[0..8].copy_from_slice(&self.base_offset.to_be_bytes());
        into[8..12].copy_from_slice(&self.batch_length.to_be_bytes());
        into[12..16].copy_from_slice(&self.partition_leader_epoch.to_be_bytes());
        into[16] = self.magic as u8;
        into[17..21].copy_from_slice(&self.crc.to_be_bytes());
        into[21..23].copy_from_slice(&self.attributes.0.to_be_bytes());
        into[23..27].copy_from_slice(&self.last_offset_delta.to_be_bytes());
        into[27..35].copy_from_slice(&self.base_timestamp.to_be_bytes());
        into[35..43].copy_from_slice(&self.max_timestamp.to_be_bytes());
        into[43..51].copy_from_slice(&self.producer_id.to_be_bytes());
        into[51..53].copy_from_slice(&self.producer_epoch.to_be_bytes());
        into[53..57].copy_from_slice(&self.base_sequence.to_be_bytes());
        into[57..61].copy_from_slice(&self.record_count.to_be_bytes());
    }

    /// Length of the whole batch in bytes, or `None` where the length field cannot be that of a batch.
    pub fn size(&self) -> Option<usize> {
        let rest = usize::try_from(self.batch_length).ok()?;
        (rest >= HEADER_LEN - LOG_OVERHEAD).then_some(LOG_OVERHEAD + rest)
    }

    /// Offset of the last record. Saturates on a header whose fields overflow.
    pub fn last_offset(&self) -> Offset {
        self.base_offset.saturating_add(i64::from(self.last_offset_delta))
    }

    /// First offset behind the batch.
    pub fn next_offset(&self) -> Offset {
        self.last_offset().saturating_add(1)
    }

    /// Whether an idempotent or transactional producer sent it.
    pub fn has_producer(&self) -> bool {
        self.producer_id > NO_PRODUCER_ID
    }

    /// From when on compaction may drop its tombstones or its marker (KIP-534); `None` where nobody has said yet.
    pub fn delete_horizon(&self) -> Option<TimestampMs> {
        self.attributes.has_delete_horizon().then_some(self.base_timestamp)
    }

    /// Sequence of the last record; sequences wrap from `i32::MAX` to 0.
    pub fn last_sequence(&self) -> i32 {
        if self.base_sequence < 0 {
            return -1;
        }
        ((i64::from(self.base_sequence) + i64::from(self.last_offset_delta)) & i64::from(i32::MAX)) as i32
    }
}

fn field<const N: usize>(bytes: &[u8; HEADER_LEN], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[at..at + N]);
    out
}

/// A slice too short to hold the header that a patch would change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a batch of {len} bytes is shorter than its header")]
pub struct PatchError {
    /// Length of the slice.
    pub len: usize,
}

/// Changes to a batch in place: the only ones made between socket, segment and bucket.
pub mod patch {
    use super::*;

    fn header_of(batch: &mut [u8]) -> Result<&mut [u8], PatchError> {
        let len = batch.len();
        if len < HEADER_LEN { Err(PatchError { len }) } else { Ok(batch) }
    }

    /// Assigns base offset and leader epoch, both outside of the checksum.
    pub fn assign(batch: &mut [u8], base_offset: Offset, leader_epoch: LeaderEpoch) -> Result<(), PatchError> {
        let batch = header_of(batch)?;
        batch[0..8].copy_from_slice(&base_offset.to_be_bytes());
        batch[12..16].copy_from_slice(&leader_epoch.to_be_bytes());
        Ok(())
    }

    /// Stamps the broker's time (`message.timestamp.type=LogAppendTime`) and computes the checksum again.
    pub fn log_append_time(batch: &mut [u8], now: TimestampMs) -> Result<(), PatchError> {
        let batch = header_of(batch)?;
        let attributes = Attributes(i16::from_be_bytes([batch[ATTRIBUTES_AT], batch[ATTRIBUTES_AT + 1]]));
        let attributes = attributes.with_timestamp_type(TimestampType::LogAppendTime);
        batch[ATTRIBUTES_AT..ATTRIBUTES_AT + 2].copy_from_slice(&attributes.0.to_be_bytes());
        batch[MAX_TIMESTAMP_AT..MAX_TIMESTAMP_AT + 8].copy_from_slice(&now.to_be_bytes());
        seal(batch)
    }

    /// Corrects the largest timestamp of a client that stated another than its records have, and computes the checksum
    /// again.
    pub fn max_timestamp(batch: &mut [u8], max_timestamp: TimestampMs) -> Result<(), PatchError> {
        let batch = header_of(batch)?;
        batch[MAX_TIMESTAMP_AT..MAX_TIMESTAMP_AT + 8].copy_from_slice(&max_timestamp.to_be_bytes());
        seal(batch)
    }

    /// Writes the checksum of what the batch holds now.
    pub fn seal(batch: &mut [u8]) -> Result<(), PatchError> {
        let batch = header_of(batch)?;
        let crc = crc32c(&batch[ATTRIBUTES_AT..]);
        batch[CRC_AT..CRC_AT + 4].copy_from_slice(&crc.to_be_bytes());
        Ok(())
    }
}

/// Whether the checksum in the header is that of the bytes behind it. `batch` is one whole batch.
pub(crate) fn crc_matches(header: &BatchHeader, batch: &[u8]) -> bool {
    batch.len() >= HEADER_LEN && crc32c(&batch[ATTRIBUTES_AT..]) == header.crc
}
