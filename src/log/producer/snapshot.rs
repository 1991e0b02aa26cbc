//! Producer snapshots: `<offset>.snapshot` holds the producers as of that offset.
//!
//! ```text
//!  0             2               6          10
//!  | version = 1 | CRC-32C of    | number   | entries of 46 bytes, big-endian:
//!  |             | what follows  |          | producer id i64, epoch i16, last sequence i32, last offset i64, offset delta i32,
//!                                             timestamp i64, coordinator epoch i32, first offset of the open transaction i64 (-1)
//! ```
//! Only a producer's last batch is kept: after a restart one batch can be recognised as repeated, not five.

use super::entry::{BatchMark, NO_SEQUENCE, ProducerEntry};
use esker_record::crc32c;

const VERSION: i16 = 1;
const HEADER_LEN: usize = 10;
const CRC_END: usize = 6;
const ENTRY_LEN: usize = 46;

/// Why bytes are not a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The file is shorter than its header or longer or shorter than its entries.
    #[error("holds {len} bytes, which no snapshot has")]
    Length {
        /// The length.
        len: usize,
    },
    /// The format is another.
    #[error("states version {0}, not 1")]
    Version(i16),
    /// The checksum does not fit.
    #[error("has a checksum that does not fit")]
    Checksum,
}

/// The snapshot of `producers`, which come in ascending order of their ids.
pub fn write_snapshot<'a>(producers: impl ExactSizeIterator<Item = &'a ProducerEntry>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_LEN + producers.len() * ENTRY_LEN);
    bytes.extend(VERSION.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend((producers.len() as u32).to_be_bytes());
    for producer in producers {
        write_entry(&mut bytes, producer);
    }
    let crc = crc32c(&bytes[CRC_END..]);
    bytes[2..CRC_END].copy_from_slice(&crc.to_be_bytes());
    bytes
}

fn write_entry(bytes: &mut Vec<u8>, producer: &ProducerEntry) {
    let none = BatchMark { last_sequence: NO_SEQUENCE, last_offset: -1, offset_delta: 0, timestamp: -1 };
    let last = producer.last_batch().copied().unwrap_or(none);
    bytes.extend(producer.producer_id.to_be_bytes());
    bytes.extend(producer.epoch.to_be_bytes());
    bytes.extend(last.last_sequence.to_be_bytes());
    bytes.extend(last.last_offset.to_be_bytes());
    bytes.extend(last.offset_delta.to_be_bytes());
    bytes.extend(producer.last_timestamp.to_be_bytes());
    bytes.extend(producer.coordinator_epoch.to_be_bytes());
    bytes.extend(producer.txn_first_offset.unwrap_or(-1).to_be_bytes());
}

/// The producers that a snapshot holds.
pub fn parse_snapshot(bytes: &[u8]) -> Result<Vec<ProducerEntry>, SnapshotError> {
    let length = SnapshotError::Length { len: bytes.len() };
    let header: &[u8; HEADER_LEN] = bytes.first_chunk().ok_or(length.clone())?;
    let version = i16::from_be_bytes([header[0], header[1]]);
    if version != VERSION {
        return Err(SnapshotError::Version(version));
    }
    let count = u32::from_be_bytes([header[6], header[7], header[8], header[9]]) as usize;
    let (entries, rest) = bytes[HEADER_LEN..].as_chunks::<ENTRY_LEN>();
    if entries.len() != count || !rest.is_empty() {
        return Err(length);
    }
    if crc32c(&bytes[CRC_END..]).to_be_bytes() != header[2..CRC_END] {
        return Err(SnapshotError::Checksum);
    }
    Ok(entries.iter().map(parse_entry).collect())
}

fn parse_entry(bytes: &[u8; ENTRY_LEN]) -> ProducerEntry {
    let i64_at = |at: usize| i64::from_be_bytes(array(bytes, at));
    let i32_at = |at: usize| i32::from_be_bytes(array(bytes, at));
    let mut producer = ProducerEntry::new(i64_at(0));
    producer.epoch = i16::from_be_bytes(array(bytes, 8));
    let (last_sequence, last_offset, offset_delta) = (i32_at(10), i64_at(14), i32_at(22));
    let timestamp = i64_at(26);
    // A producer known only from a marker has an offset of -1 and no batch.
    if last_offset >= 0 && offset_delta >= 0 {
        producer.remember(BatchMark { last_sequence, last_offset, offset_delta, timestamp });
    }
    producer.last_timestamp = timestamp;
    producer.coordinator_epoch = i32_at(34);
    let txn_first_offset = i64_at(38);
    producer.txn_first_offset = (txn_first_offset >= 0).then_some(txn_first_offset);
    producer
}

fn array<const N: usize>(bytes: &[u8; ENTRY_LEN], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[at..at + N]);
    out
}
