//! Pre-encoded Produce frames: made once, sent again and again, the same bytes to every broker.

use crate::LoadError;
use crate::messages::produce_request;
use esker_record::{BatchBuilder, Codec, HEADER_LEN, NewRecord};
use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes that a record takes beside its value, at most: lengths, deltas, null key, no headers.
const RECORD_OVERHEAD: usize = 24;

/// How batches look.
#[derive(Clone, Copy, Debug)]
pub struct BatchShape {
    /// Size of a batch in bytes, not exceeded unless one record needs more.
    pub batch_bytes: usize,
    /// Size of each record's value in bytes.
    pub record_bytes: usize,
}

impl BatchShape {
    /// Records in a batch.
    pub fn records(self) -> usize {
        (self.batch_bytes.saturating_sub(HEADER_LEN) / (self.record_bytes + RECORD_OVERHEAD)).max(1)
    }

    /// A batch of this shape, stamped with the present time; `seed` varies the bytes.
    pub fn batch(self, seed: u32) -> Result<Vec<u8>, LoadError> {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let timestamp = wall.as_millis() as i64;
        let mut builder = BatchBuilder::new(Codec::None);
        let mut state = seed;
        for _ in 0..self.records() {
            let value: Vec<u8> = (0..self.record_bytes).map(|_| next_byte(&mut state)).collect();
            let record = NewRecord { timestamp, value: Some(&value), ..NewRecord::default() };
            builder.append(&record).map_err(|error| LoadError::Settings(error.to_string()))?;
        }
        builder.build().map_err(|error| LoadError::Settings(error.to_string()))
    }
}

fn next_byte(state: &mut u32) -> u8 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    (*state >> 24) as u8
}

/// One Produce request, ready to be sent.
pub struct ProduceFrame {
    /// All its bytes, length included.
    pub bytes: Vec<u8>,
    /// What its answer will repeat.
    pub correlation: i32,
    /// Bytes of the batch.
    pub batch_bytes: u64,
}

impl ProduceFrame {
    /// A request for `partition`, which is its correlation id too.
    pub fn new(version: i16, acks: i16, topic: &str, partition: i32, shape: BatchShape) -> Result<Self, LoadError> {
        let batch = shape.batch(partition as u32 + 1)?;
        let (bytes, _) = produce_request(version, partition, acks, topic, partition, &batch);
        Ok(Self { bytes, correlation: partition, batch_bytes: batch.len() as u64 })
    }
}
