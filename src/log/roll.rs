//! When the active segment is closed and a new one begins. Pure.

use crate::config::LogConfig;
use esker_model::{Offset, TimestampMs};

/// Why a segment was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollReason {
    /// The next batch would make it larger than `segment.bytes`.
    Size,
    /// It is older than `segment.ms`.
    Age,
    /// An index has no room for another entry.
    IndexFull,
    /// The next offset is too far from its base for an index.
    OffsetTooFar,
    /// Someone asked: what is local must not stay longer, or the tier must not lag.
    Asked,
}

/// The active segment and what comes next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RollFacts {
    pub(crate) base_offset: Offset,
    pub(crate) size: u64,
    /// Timestamp of the first batch, at most the time it was written; `None` in an empty segment or where the batch has none.
    pub(crate) first_timestamp: Option<TimestampMs>,
    /// Wall time at which the segment was begun or opened.
    pub(crate) created_ms: TimestampMs,
    /// Drawn per segment, up to `segment.jitter.ms`.
    pub(crate) jitter_ms: i64,
    pub(crate) index_full: bool,
    pub(crate) incoming_bytes: u64,
    pub(crate) incoming_last_offset: Offset,
    /// Largest timestamp of the next batch; -1 for none.
    pub(crate) incoming_timestamp: TimestampMs,
    pub(crate) now_ms: TimestampMs,
}

/// Whether the active segment is closed before the next batch. An empty one never is, unless the offset does not fit.
pub(crate) fn should_roll(facts: &RollFacts, config: &LogConfig) -> Option<RollReason> {
    let segment_bytes = u64::try_from(config.segment_bytes).unwrap_or(0);
    if facts.size > 0 {
        if facts.size + facts.incoming_bytes > segment_bytes {
            return Some(RollReason::Size);
        }
        if age_ms(facts) > config.segment_ms_max().saturating_sub(facts.jitter_ms) {
            return Some(RollReason::Age);
        }
        if facts.index_full {
            return Some(RollReason::IndexFull);
        }
    }
    let relative = facts.incoming_last_offset.saturating_sub(facts.base_offset);
    (relative > i64::from(i32::MAX)).then_some(RollReason::OffsetTooFar)
}

/// How old the segment is: by its records' time where they have one, else by the wall clock.
fn age_ms(facts: &RollFacts) -> i64 {
    match facts.first_timestamp {
        // A record from the future is taken for one from now: it neither closes a segment early nor keeps it open.
        Some(first) if facts.incoming_timestamp >= 0 => {
            facts.incoming_timestamp.min(facts.now_ms).saturating_sub(first.min(facts.now_ms))
        }
        _ => facts.now_ms.saturating_sub(facts.created_ms),
    }
}
