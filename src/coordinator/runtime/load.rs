//! Reading a shard's log into a new machine.

use crate::runtime::{Machine, ReplayError};
use crate::{StateLog, StateLogError};
use esker_model::{LeaderEpoch, Offset};
use esker_record::{BatchRef, Batches, Codec, Records, decompress};

/// Records applied before other tasks of the thread get their turn.
const RECORDS_AT_ONCE: i32 = 500;

/// Most bytes that a batch may have once decompressed.
const DECOMPRESSED_MAX: usize = 256 << 20;

/// Why a shard's log could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    /// The log did not give its batches.
    #[error(transparent)]
    Log(#[from] StateLogError),
    /// A batch cannot be understood.
    #[error("batch at offset {offset}: {why}")]
    Batch { offset: Offset, why: String },
    /// The log has more before its end but did not give it.
    #[error("the log ends at {end} and gives nothing at {next}")]
    Stuck { next: Offset, end: Offset },
    /// Leadership was lost meanwhile.
    #[error("leadership was lost while loading")]
    Superseded,
}

/// Applies the whole log of a partition to `machine`; returns the offset behind it.
pub(super) async fn load<M: Machine>(
    log: &dyn StateLog,
    partition: i32,
    epoch: LeaderEpoch,
    machine: &mut M,
) -> Result<Offset, LoadError> {
    let mut next = 0;
    let mut pending = 0;
    loop {
        if log.leadership(partition) != Some(epoch) {
            return Err(LoadError::Superseded);
        }
        let read = log.read(partition, next).await?;
        for run in &read.batches {
            for batch in Batches::new(run) {
                let batch = batch.map_err(|error| LoadError::Batch { offset: next, why: error.to_string() })?;
                replay(machine, &batch)?;
                pending += batch.header.record_count;
                if pending >= RECORDS_AT_ONCE {
                    pending = 0;
                    tokio::task::yield_now().await;
                }
            }
        }
        if read.next >= read.end {
            return Ok(read.next.max(next));
        }
        if read.next <= next && read.batches.is_empty() {
            return Err(LoadError::Stuck { next, end: read.end });
        }
        next = read.next;
    }
}

fn replay<M: Machine>(machine: &mut M, batch: &BatchRef<'_>) -> Result<(), LoadError> {
    let failed = |why: String| LoadError::Batch { offset: batch.header.base_offset, why };
    let codec = batch.header.attributes.codec().ok_or_else(|| failed("unknown codec".to_owned()))?;
    let count = batch.header.record_count;
    let replayed = match codec {
        Codec::None => machine.replay(batch, Records::new(batch.records(), count)),
        codec => {
            let mut plain = Vec::new();
            decompress(codec, batch.records(), DECOMPRESSED_MAX, &mut plain)
                .map_err(|error| failed(error.to_string()))?;
            machine.replay(batch, Records::new(&plain, count))
        }
    };
    replayed.map_err(|ReplayError(why)| failed(why))
}
