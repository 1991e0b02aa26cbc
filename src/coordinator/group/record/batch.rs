//! Batches of group records.

use crate::group::record::GroupRecord;
use bytes::Bytes;
use esker_model::{ProducerEpoch, ProducerId, TimestampMs};
use esker_record::{BatchBuilder, BuildError, Codec, NewRecord};

/// What a batch is besides its records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchOptions {
    /// How it is compressed.
    pub codec: Codec,
    /// The time of its records.
    pub now: TimestampMs,
    /// The producer of whose transaction it is a part.
    pub producer: Option<(ProducerId, ProducerEpoch)>,
}

/// One batch of `records`, which take effect together or not at all.
pub(crate) fn build_batch(records: &[GroupRecord], how: BatchOptions) -> Result<Bytes, BuildError> {
    let mut batch = BatchBuilder::new(how.codec);
    if let Some((id, epoch)) = how.producer {
        // A coordinator's batches have no sequence: their order is that of its shard.
        batch = batch.producer(id, epoch, -1).transactional();
    }
    for record in records {
        let (key, value) = record.encode();
        batch.append(&NewRecord { timestamp: how.now, key: Some(&key), value: value.as_deref(), headers: &[] })?;
    }
    batch.build().map(Bytes::from)
}
