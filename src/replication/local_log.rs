//! A partition's local log as the tier sees it.

use crate::partition::Partition;
use bytes::Bytes;
use esker_log::{DeleteError, FileSlice, NewStart, PartitionLog, UploadSegment, parse_snapshot};
use esker_model::{EpochHistory, LeaderEpoch, Offset, TimestampMs};
use esker_tiering::{
    AbortedTransaction, LocalBounds, LocalLog, LocalLogError, OpenTransaction, Outcome, SegmentBytes, TieredEndState,
    TieredUpTo, UploadPolicy, UploadSource,
};
use std::io;
use std::sync::{Arc, Weak};

/// A closed segment that is not decided up to its end is cut once it has been so for this long.
const UNDECIDED_MAX_MS: i64 = 60_000;

/// See the module.
#[derive(Debug)]
pub(crate) struct TieredLog {
    log: Arc<PartitionLog>,
    /// The partition holds the tier's handle, and that holds this.
    partition: Weak<Partition>,
}

impl TieredLog {
    pub(crate) fn new(partition: &Partition) -> Self {
        Self { log: Arc::clone(partition.log()), partition: partition.handle() }
    }

    fn partition(&self) -> Result<Arc<Partition>, LocalLogError> {
        self.partition.upgrade().ok_or_else(|| LocalLogError("the partition is gone".into()))
    }
}

fn failed(error: impl std::fmt::Display) -> LocalLogError {
    LocalLogError(error.to_string())
}

impl LocalLog for TieredLog {
    fn bounds(&self) -> LocalBounds {
        let bounds = self.log.bounds();
        LocalBounds {
            log_start: bounds.log_start,
            local_log_start: bounds.local_log_start,
            last_stable_offset: bounds.last_stable(),
            log_end: bounds.log_end,
        }
    }

    fn epoch_history(&self) -> EpochHistory {
        EpochHistory::clone(&self.log.epochs())
    }

    fn bytes_from(&self, offset: Offset) -> u64 {
        self.log.size_from(offset)
    }

    fn closed_since_ms(&self, offset: Offset) -> Option<TimestampMs> {
        self.log.closed_since_ms(offset)
    }

    fn next_upload(&self, from: Offset, policy: UploadPolicy) -> Result<Option<UploadSource>, LocalLogError> {
        // The log knows `local.retention.ms` itself; what it does not know is how old may be what is not in the bucket.
        let lag_max_ms = self.partition()?.tier_lag_max_ms();
        self.log.roll_for_tier(policy.now_ms, lag_max_ms).map_err(failed)?;
        let closed_before_ms = policy.now_ms.saturating_sub(UNDECIDED_MAX_MS);
        let found = self.log.next_upload_part(from, closed_before_ms).map_err(failed)?;
        found.map(|segment| source(&self.log, from, segment)).transpose()
    }

    fn copy_of(&self, base: Offset, end: Offset) -> Result<Option<UploadSource>, LocalLogError> {
        let found = self.log.upload_again(base, end).map_err(failed)?;
        found.map(|segment| source(&self.log, base, segment)).transpose()
    }

    fn adopted(&self, tiered_end: Offset) {
        if let Some(partition) = self.partition.upgrade() {
            partition.adopted(tiered_end);
        }
    }

    fn confirmed(&self, version: TieredUpTo) -> Result<(), LocalLogError> {
        let partition = self.partition()?;
        self.log.set_tiered_end(version.tiered_end);
        match self.log.advance_log_start(version.log_start) {
            // A replica that lags: its log start follows with what it fetches.
            Ok(_) | Err(DeleteError::AboveHighWatermark { .. }) => {}
            Err(error) => return Err(failed(error)),
        }
        self.log.delete_old_segments(partition.wall_ms(), partition.clock_is_trusted()).map_err(failed)?;
        Ok(())
    }

    fn reset_to(&self, leader_epoch: LeaderEpoch, state: TieredEndState) -> Result<(), LocalLogError> {
        let TieredEndState { tiered_end, log_start, epochs, producer_snapshot, open } = state;
        let producer_snapshot = (!producer_snapshot.is_empty()).then(|| producer_snapshot.to_vec());
        let start = NewStart { offset: tiered_end, log_start, epochs, producer_snapshot };
        self.partition()?.start_over(leader_epoch, start, &open).map_err(failed)
    }

    fn damaged(&self, reason: &str) {
        self.log.mark_damaged(self.log.path(), 0, reason);
        if let Some(partition) = self.partition.upgrade() {
            partition.changed();
        }
    }
}

/// What the log hands out, in the tier's words.
fn source(log: &Arc<PartitionLog>, from: Offset, segment: UploadSegment) -> Result<UploadSource, LocalLogError> {
    let UploadSegment { range, slice, largest_timestamp, epochs, producer_snapshot, aborted, .. } = segment;
    let end = range.end;
    let producers = parse_snapshot(&producer_snapshot).map_err(failed)?;
    let open = producers.into_iter().filter_map(|producer| {
        let first_offset = producer.txn_first_offset?;
        let is_aborted =
            aborted.iter().any(|txn| txn.producer_id == producer.producer_id && txn.first_offset == first_offset);
        let outcome = if is_aborted { Outcome::Aborted } else { Outcome::Committed };
        let (producer_id, producer_epoch) = (producer.producer_id, producer.epoch);
        Some(OpenTransaction { producer_id, producer_epoch, first_offset, outcome })
    });
    let open = open.collect();
    let aborted = aborted.iter().map(|txn| AbortedTransaction {
        producer_id: txn.producer_id,
        first_offset: txn.first_offset,
        last_offset: txn.last_offset,
    });
    Ok(UploadSource {
        base: from,
        end,
        len: slice.len as u64,
        epochs,
        producer_snapshot: Bytes::from(producer_snapshot),
        aborted: aborted.collect(),
        open,
        max_timestamp: largest_timestamp.timestamp,
        bytes: Arc::new(Closed { log: Arc::clone(log), slice, end }),
    })
}

/// The bytes of a closed segment's part.
#[derive(Debug)]
struct Closed {
    log: Arc<PartitionLog>,
    slice: FileSlice,
    end: Offset,
}

impl SegmentBytes for Closed {
    fn read_exact_at(&self, into: &mut [u8], position: u64) -> io::Result<()> {
        let fits = position.checked_add(into.len() as u64).is_some_and(|end| end <= self.slice.len as u64);
        if !fits {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.slice.file.read_exact_at(into, self.slice.position + position)
    }

    fn sync(&self) -> io::Result<()> {
        if self.end <= self.log.recovery_point() {
            return Ok(());
        }
        self.log.flush().map(drop).map_err(io::Error::other)
    }
}
