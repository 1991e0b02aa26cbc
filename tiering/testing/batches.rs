//! Record batches for tests: valid headers and checksums around filler bytes.

use esker_model::{LeaderEpoch, Offset, TimestampMs};
use esker_record::{Attributes, BatchHeader, HEADER_LEN, LOG_OVERHEAD, MAGIC_V2, patch};

/// A batch of `records` offsets whose records section is `body_len` bytes of filler.
pub fn batch(base: Offset, records: i32, epoch: LeaderEpoch, timestamp: TimestampMs, body_len: usize) -> Vec<u8> {
    let header = BatchHeader {
        base_offset: base,
        batch_length: (HEADER_LEN - LOG_OVERHEAD + body_len) as i32,
        partition_leader_epoch: epoch,
        magic: MAGIC_V2,
        crc: 0,
        attributes: Attributes::default(),
        last_offset_delta: records - 1,
        base_timestamp: timestamp,
        max_timestamp: timestamp,
        producer_id: -1,
        producer_epoch: -1,
        base_sequence: -1,
        record_count: records,
    };
    let mut bytes = vec![0; HEADER_LEN + body_len];
    header.write(bytes.first_chunk_mut().expect("a header fits"));
    for (at, byte) in bytes[HEADER_LEN..].iter_mut().enumerate() {
        *byte = (base as usize).wrapping_mul(31).wrapping_add(at / 7) as u8;
    }
    patch::seal(&mut bytes).expect("a header fits");
    bytes
}

/// Consecutive batches of `records` offsets each from `base` on, `count` of them; timestamps are the base offsets.
pub fn run(base: Offset, count: usize, records: i32, epoch: LeaderEpoch, body_len: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for at in 0..count as i64 {
        let offset = base + at * i64::from(records);
        bytes.extend(batch(offset, records, epoch, offset, body_len));
    }
    bytes
}
