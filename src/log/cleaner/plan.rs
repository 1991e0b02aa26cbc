//! What of a log may be compacted, how much it is worth, and which log comes first. Pure.
//!
//! ```text
//! log start           first dirty             first uncleanable        log end
//!    |  compacted before  |  cleanable               |  too young, undecided or active  |
//! ```

use esker_model::{Offset, TimestampMs};

/// A segment as the plan sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SegmentFacts {
    pub(crate) base_offset: Offset,
    pub(crate) size: u64,
}

/// A log as the plan sees it. The segments are all of it, oldest first; the last is the active one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogFacts<'a> {
    pub(crate) log_end: Offset,
    pub(crate) last_stable: Offset,
    pub(crate) segments: &'a [SegmentFacts],
}

/// Where compaction goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirstDirty {
    pub(crate) offset: Offset,
    /// Why the checkpointed offset is not believed, where it is not: the checkpoint is corrected.
    pub(crate) reset: Option<Reset>,
}

/// Why a checkpointed offset is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reset {
    /// It lies below the log start: the records there are gone.
    BelowLogStart,
    /// It lies behind the log end: what was compacted there was cut off.
    BehindLogEnd,
}

/// The part of a log that may be compacted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CleanableRange {
    pub(crate) first_dirty: Offset,
    /// Where a segment begins; not below `first_dirty`, unless nothing is cleanable.
    pub(crate) first_uncleanable: Offset,
    /// Bytes of segments that begin below the first dirty offset.
    pub(crate) clean_bytes: u64,
    /// Bytes between both.
    pub(crate) cleanable_bytes: u64,
}

/// Where to begin, after what the checkpoint says: at the log start where it says nothing or what cannot be.
pub(crate) fn first_dirty(checkpoint: Option<Offset>, log_start: Offset, log_end: Offset) -> FirstDirty {
    let (offset, reset) = match checkpoint {
        None => (log_start, None),
        Some(offset) if offset < log_start => (log_start, Some(Reset::BelowLogStart)),
        Some(offset) if offset > log_end => (log_start, Some(Reset::BehindLogEnd)),
        Some(offset) => (offset, None),
    };
    FirstDirty { offset, reset }
}

impl LogFacts<'_> {
    /// Indexes of the closed segments that hold dirty offsets.
    pub(crate) fn closed_from(&self, offset: Offset) -> std::ops::Range<usize> {
        let closed = self.segments.len().saturating_sub(1);
        let first = self.segments.partition_point(|segment| segment.base_offset <= offset).saturating_sub(1);
        first.min(closed)..closed
    }

    /// The cleanable part behind `first_dirty`. `too_young` is the base of the first dirty segment that `min.compaction.lag.ms` protects.
    pub(crate) fn cleanable(&self, first_dirty: Offset, too_young: Option<Offset>) -> CleanableRange {
        let active = self.segments.last().map_or(self.log_end, |segment| segment.base_offset);
        let limit = self.last_stable.min(active).min(too_young.unwrap_or(Offset::MAX)).max(first_dirty);
        // Only whole segments: the first that begins at or behind the limit stays, and so does one that the limit cuts.
        let closed = self.segments.len().saturating_sub(1);
        let end = self.segments.partition_point(|segment| segment.base_offset <= limit).saturating_sub(1).min(closed);
        let first_uncleanable = self.segments.get(end).map_or(active, |segment| segment.base_offset);
        let bytes = |segments: &[SegmentFacts]| segments.iter().map(|segment| segment.size).sum();
        // As Kafka counts: a segment that the first dirty offset cuts is part of both.
        let clean = self.segments.partition_point(|segment| segment.base_offset < first_dirty);
        let dirty = self.closed_from(first_dirty).start.min(end);
        CleanableRange {
            first_dirty,
            first_uncleanable,
            clean_bytes: bytes(&self.segments[..clean]),
            cleanable_bytes: if first_dirty < first_uncleanable { bytes(&self.segments[dirty..end]) } else { 0 },
        }
    }
}

impl CleanableRange {
    /// Share of dirty bytes in what would be read, of 1.
    pub(crate) fn ratio(&self) -> f64 {
        match self.clean_bytes + self.cleanable_bytes {
            0 => 0.0,
            total => self.cleanable_bytes as f64 / total as f64,
        }
    }

    /// Whether it is worth the work (`min.cleanable.dirty.ratio`) or overdue (`max.compaction.lag.ms`).
    pub(crate) fn is_due(&self, min_ratio: f64, delay_ms: i64) -> bool {
        (delay_ms > 0 && self.cleanable_bytes > 0) || self.ratio() > min_ratio
    }
}

/// For how long dirty records have been waiting beyond `max.compaction.lag.ms`, given the time of the first batch of each dirty
/// segment; 0 where none has.
pub(crate) fn compaction_delay_ms(
    first_batches: impl Iterator<Item = TimestampMs>,
    max_lag_ms: i64,
    now_ms: TimestampMs,
) -> i64 {
    let clean_until = now_ms.saturating_sub(max_lag_ms.max(0));
    let oldest = first_batches.filter(|timestamp| *timestamp > 0).min();
    oldest.map_or(0, |oldest| clean_until.saturating_sub(oldest).max(0))
}
