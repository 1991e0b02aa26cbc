//! Which local segments may go, and why. Pure: facts in, a verdict out.

use crate::config::LogConfig;
use esker_model::{Offset, TimestampMs};

/// Why a segment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteReason {
    /// It lies below the log start.
    LogStart,
    /// The log is larger than `retention.bytes` (`local.retention.bytes` of a tiered topic).
    Size,
    /// Its newest record is older than `retention.ms` (`local.retention.ms` of a tiered topic).
    Age,
}

/// What is asked of the log as a whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetentionLimits {
    pub(crate) log_start: Offset,
    pub(crate) local_log_start: Offset,
    pub(crate) high_watermark: Offset,
    /// End of what is confirmed to be in the tier.
    pub(crate) tiered_end: Option<Offset>,
    /// Whether closed segments go to the tier.
    pub(crate) tiers: bool,
    /// Whether the policy deletes by age and size at all.
    pub(crate) deletes: bool,
    pub(crate) retention_ms: Option<u64>,
    pub(crate) retention_bytes: Option<u64>,
    pub(crate) now_ms: TimestampMs,
    /// Whether the wall clock may be believed.
    pub(crate) clock_trusted: bool,
}

impl RetentionLimits {
    /// Whether `cleanup.policy` lets age and size decide: a tiered topic's local part obeys them whatever the policy.
    pub(crate) fn deletes_by(config: &LogConfig) -> bool {
        config.cleanup_policy.delete || (!config.cleanup_policy.compact && config.tiers())
    }
}

/// One local segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SegmentFacts {
    /// First offset behind it: the next segment's base, or the log end.
    pub(crate) end: Offset,
    pub(crate) size: u64,
    pub(crate) is_active: bool,
}

/// Judges the segments of a log one by one, oldest first, until one stays.
#[derive(Debug)]
pub(crate) struct Retention {
    limits: RetentionLimits,
    /// Bytes that the log has beyond what it may have.
    excess: u64,
}

impl Retention {
    pub(crate) fn new(limits: RetentionLimits, total_bytes: u64) -> Self {
        let excess = limits.retention_bytes.map_or(0, |max| total_bytes.saturating_sub(max));
        Self { limits, excess }
    }

    /// Whether the next segment goes. `newest_ms` says how old it is and is asked only where that matters: it may have to read.
    pub(crate) fn judge<E>(
        &mut self,
        segment: &SegmentFacts,
        newest_ms: impl FnOnce() -> Result<TimestampMs, E>,
    ) -> Result<Option<DeleteReason>, E> {
        let limits = &self.limits;
        // Nothing that is not replicated goes, and an empty active segment is what the log consists of.
        if segment.end > limits.high_watermark || (segment.is_active && segment.size == 0) {
            return Ok(None);
        }
        let unseen = segment.end <= limits.log_start;
        let below_start = segment.end <= if limits.tiers { limits.local_log_start } else { limits.log_start };
        let in_tier = limits.tiered_end.is_some_and(|end| segment.end <= end);
        if limits.tiers && !unseen && !in_tier {
            return Ok(None);
        }
        if below_start {
            self.excess = self.excess.saturating_sub(segment.size);
            return Ok(Some(DeleteReason::LogStart));
        }
        if !limits.deletes {
            return Ok(None);
        }
        if self.excess >= segment.size && self.excess > 0 {
            self.excess -= segment.size;
            return Ok(Some(DeleteReason::Size));
        }
        let Some(retention_ms) = limits.retention_ms.filter(|_| limits.clock_trusted) else { return Ok(None) };
        let age_ms = limits.now_ms.saturating_sub(newest_ms()?);
        Ok(u64::try_from(age_ms).is_ok_and(|age| age > retention_ms).then_some(DeleteReason::Age))
    }
}

/// The time that counts as a segment's newest: its largest timestamp, at most the time of its last write, so that a record from
/// the future does not keep it for ever; the time of its last write where it has no timestamp.
pub(crate) fn newest_ms(largest_timestamp: TimestampMs, modified_ms: TimestampMs) -> TimestampMs {
    if largest_timestamp < 0 { modified_ms } else { largest_timestamp.min(modified_ms) }
}
