//! Looking over all compacted logs for the one that most needs it.

use super::error::CleanError;
use super::plan::{CleanableRange, LogFacts, Reset, SegmentFacts, compaction_delay_ms, first_dirty};
use crate::log::PartitionLog;
use crate::segment::{Access, Walk};
use crate::view::LogView;
use esker_model::{Offset, TimestampMs};
use std::ops::Range;
use std::sync::Arc;

/// A log with something to compact, or nothing.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) log: Arc<PartitionLog>,
    pub(crate) range: CleanableRange,
    /// For how long its oldest dirty record has been waiting beyond `max.compaction.lag.ms`.
    pub(crate) delay_ms: i64,
}

impl Candidate {
    /// Whether it is to be compacted now.
    pub(crate) fn is_due(&self) -> bool {
        self.range.is_due(self.log.config().min_cleanable_dirty_ratio, self.delay_ms)
    }
}

/// Whether compaction has to do with a log at all.
pub(crate) fn is_compacted(log: &PartitionLog) -> bool {
    let config = log.config();
    config.cleanup_policy.compact && !config.remote_storage_enable
}

/// What of a log could be compacted now. A checkpoint that cannot be believed is corrected.
pub(crate) fn examine(log: &Arc<PartitionLog>, now_ms: TimestampMs) -> Result<Candidate, CleanError> {
    log.check()?;
    let view = log.view();
    let config = log.config();
    let bounds = view.bounds;
    let checkpoint = log.dir().cleaner_checkpoint(log.partition());
    let first = first_dirty(checkpoint, bounds.log_start, bounds.log_end);
    if let Some(reset) = first.reset {
        report_reset(log, checkpoint, first.offset, reset);
        log.dir().set_cleaner_checkpoint(log.partition(), first.offset)?;
    }
    let describe = |at: usize| SegmentFacts { base_offset: view.segments[at].base_offset, size: view.segment_size(at) };
    let segments: Vec<SegmentFacts> = (0..view.segments.len()).map(describe).collect();
    let facts = LogFacts { log_end: bounds.log_end, last_stable: bounds.last_stable(), segments: &segments };
    let dirty = facts.closed_from(first.offset);
    let too_young = first_too_young(log, &view, dirty.clone(), config.min_compaction_lag_ms, now_ms)?;
    let delay_ms = match config.max_compaction_lag_ms {
        i64::MAX => 0,
        max_lag_ms => delay(log, &view, dirty, max_lag_ms, now_ms)?,
    };
    Ok(Candidate { log: Arc::clone(log), range: facts.cleanable(first.offset, too_young), delay_ms })
}

fn report_reset(log: &PartitionLog, checkpoint: Option<Offset>, offset: Offset, reset: Reset) {
    let partition = log.partition();
    match reset {
        // Retention moves the log start all the time.
        Reset::BelowLogStart if log.config().cleanup_policy.delete => {}
        Reset::BelowLogStart | Reset::BehindLogEnd => {
            tracing::warn!(%partition, checkpoint, offset, ?reset, "first dirty offset is reset to the log start");
        }
    }
}

/// Base of the first dirty segment with a record younger than `min.compaction.lag.ms`.
fn first_too_young(
    log: &PartitionLog,
    view: &LogView,
    dirty: Range<usize>,
    min_lag_ms: i64,
    now_ms: TimestampMs,
) -> Result<Option<Offset>, CleanError> {
    if min_lag_ms <= 0 {
        return Ok(None);
    }
    let protected_from = now_ms.saturating_sub(min_lag_ms);
    for at in dirty {
        let largest = log.largest_in(view, at)?.timestamp;
        let newest = if largest < 0 { view.segments[at].modified_ms() } else { largest };
        if newest > protected_from {
            return Ok(Some(view.segments[at].base_offset));
        }
    }
    Ok(None)
}

fn delay(
    log: &PartitionLog,
    view: &LogView,
    dirty: Range<usize>,
    max_lag_ms: i64,
    now_ms: TimestampMs,
) -> Result<i64, CleanError> {
    let mut first_batches = Vec::with_capacity(dirty.len());
    for at in dirty {
        let segment = &view.segments[at];
        let file = segment.log(log.disk(), &log.dir().shared().open_segments, Access::MayBlock);
        let file = file.map_err(|error| log.segment_failed(error))?;
        let first = Walk::short(&*file, 0, view.segment_size(at), true).next();
        let first = first.map_err(|error| log.segment_failed(segment.walk_failed(error)))?;
        first_batches.extend(first.map(|batch| batch.header.max_timestamp));
    }
    Ok(compaction_delay_ms(first_batches.into_iter(), max_lag_ms, now_ms))
}
