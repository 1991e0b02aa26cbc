//! Taking records away from the front: retention, DeleteRecords, and what the tier has taken over.

use super::PartitionLog;
use crate::bounds::Bounds;
use crate::error::StorageError;
use crate::metrics::LogMetrics;
use crate::retention::{DeleteReason, Retention, RetentionLimits, SegmentFacts, newest_ms};
use crate::segment::Access;
use crate::view::LogView;
use esker_model::{EpochHistory, Offset, TimestampMs};

/// What retention took away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// For each segment, oldest first: its base offset and why it went.
    pub segments: Vec<(Offset, DeleteReason)>,
    /// Their bytes.
    pub bytes: u64,
}

/// Why the log start does not move.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DeleteError {
    /// Only what is replicated may be deleted.
    #[error("offset {offset} is behind the high watermark {high_watermark}")]
    AboveHighWatermark {
        /// What was asked for.
        offset: Offset,
        /// The high watermark.
        high_watermark: Offset,
    },
    /// The log cannot be changed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl PartitionLog {
    /// Moves the log start to `offset`: nobody sees what lies below any more (DeleteRecords, remote retention). A start already further on
    /// stays. Files go with the next [`PartitionLog::delete_old_segments`]; durable once the directory's log starts are checkpointed.
    pub fn advance_log_start(&self, offset: Offset) -> Result<Bounds, DeleteError> {
        self.check()?;
        let mut writer = self.writer.lock();
        let bounds = self.view.peek(|view| view.bounds);
        if offset > bounds.high_watermark {
            let high_watermark = bounds.high_watermark;
            return Err(DeleteError::AboveHighWatermark { offset, high_watermark });
        }
        if offset > bounds.log_start {
            let mut epochs = EpochHistory::clone(&self.view.load().epochs);
            if epochs.truncate_from_start(offset) {
                self.set_epochs(&mut writer, epochs);
            }
            self.publish(&writer, |view| {
                view.bounds.log_start = offset;
                view.bounds.local_log_start = view.bounds.local_log_start.max(offset);
            });
        }
        Ok(self.bounds())
    }

    /// Deletes the segments that retention, the log start and, for a tiered topic, the confirmed tiered end let go. Where all go, the log
    /// continues in a new segment. `clock_trusted` is false while the wall clock is in doubt: then nothing goes by age.
    pub fn delete_old_segments(&self, now_ms: TimestampMs, clock_trusted: bool) -> Result<Deleted, StorageError> {
        self.check()?;
        if self.choose(&self.view.load(), now_ms, clock_trusted)?.segments.is_empty() {
            return Ok(Deleted::default());
        }
        let _not_compacted = self.cleaning.hold();
        let _in_order = self.retiring.lock();
        let view = self.view.load();
        let deleted = self.choose(&view, now_ms, clock_trusted)?;
        let count = deleted.segments.len();
        if count == 0 || !self.unlink(&view, count, now_ms)? {
            return Ok(Deleted::default());
        }
        let bases: Vec<Offset> = deleted.segments.iter().map(|(base, _)| *base).collect();
        self.dir.retire_files(&self.path, &bases, self.config.load().file_delete_delay_ms)?;
        LogMetrics::add(&self.dir.shared().metrics.segments_deleted, count as u64);
        tracing::info!(partition = %self.partition, ?deleted, "segments deleted");
        Ok(deleted)
    }

    /// When the oldest local segment was last written, where it is closed and in the tier.
    pub(crate) fn oldest_tiered_ms(&self) -> Option<TimestampMs> {
        let view = self.view.load();
        self.is_tiered(&view).then(|| view.segments.first().map(|segment| segment.modified_ms()))?
    }

    /// Lets the oldest local segment go where it is closed and in the tier, whatever the topic may keep; its bytes, 0 where none goes.
    pub(crate) fn drop_oldest_tiered(&self, now_ms: TimestampMs) -> Result<u64, StorageError> {
        self.check()?;
        let _not_compacted = self.cleaning.hold();
        let _in_order = self.retiring.lock();
        let view = self.view.load();
        if !self.is_tiered(&view) || !self.unlink(&view, 1, now_ms)? {
            return Ok(0);
        }
        self.dir.retire_files(&self.path, &[view.segments[0].base_offset], 0)?;
        LogMetrics::add(&self.dir.shared().metrics.segments_deleted, 1);
        Ok(view.segment_size(0))
    }

    /// Whether the first segment may go: it is closed, replicated, and the tier is known to hold it.
    fn is_tiered(&self, view: &LogView) -> bool {
        let end = view.segment_end(0);
        self.config.load().tiers()
            && view.segments.len() > 1
            && end <= view.bounds.high_watermark
            && view.bounds.tiered_end.is_some_and(|tiered_end| end <= tiered_end)
    }

    /// Which segments go. Reads at most the time indexes of those that go and of one more.
    fn choose(&self, view: &LogView, now_ms: TimestampMs, clock_trusted: bool) -> Result<Deleted, StorageError> {
        let config = self.config.load_full();
        let limits = RetentionLimits {
            log_start: view.bounds.log_start,
            local_log_start: view.bounds.local_log_start,
            high_watermark: view.bounds.high_watermark,
            tiered_end: view.bounds.tiered_end,
            tiers: config.tiers(),
            deletes: RetentionLimits::deletes_by(&config),
            retention_ms: config.local_retention_limit_ms(),
            retention_bytes: config.local_retention_limit_bytes(),
            now_ms,
            clock_trusted,
        };
        let mut retention = Retention::new(limits, view.size());
        let mut deleted = Deleted::default();
        for (at, segment) in view.segments.iter().enumerate() {
            let is_active = at + 1 == view.segments.len();
            let facts = SegmentFacts { end: view.segment_end(at), size: view.segment_size(at), is_active };
            let Some(reason) = retention.judge(&facts, || self.newest_ms(view, at))? else { break };
            deleted.segments.push((segment.base_offset, reason));
            deleted.bytes += facts.size;
        }
        Ok(deleted)
    }

    /// When the newest record of a segment was written, as far as retention is concerned.
    fn newest_ms(&self, view: &LogView, at: usize) -> Result<TimestampMs, StorageError> {
        let segment = &view.segments[at];
        if at + 1 == view.segments.len() {
            return Ok(newest_ms(view.active_largest.timestamp, segment.modified_ms()));
        }
        let shared = self.dir.shared();
        let log = segment.log(self.disk(), &shared.open_segments, Access::MayBlock);
        let largest = log.and_then(|log| segment.largest_timestamp(self.disk(), &*log));
        let largest = largest.map_err(|error| self.segment_failed(error))?;
        Ok(newest_ms(largest.timestamp, segment.modified_ms()))
    }

    /// Takes the first `count` segments out of the log, whose state when they were chosen was `chosen`; false where the active one was
    /// among them and has been appended to since.
    fn unlink(&self, chosen: &LogView, count: usize, now_ms: TimestampMs) -> Result<bool, StorageError> {
        let mut writer = self.writer.lock();
        self.check()?;
        if count == chosen.segments.len() {
            if self.log_end() != chosen.bounds.log_end {
                return Ok(false);
            }
            self.roll(&mut writer, now_ms)?;
            // The old names must not go before the new one is there for good.
            self.sync_names()?;
        }
        let tiers = self.config.load().tiers();
        let first = self.view.load().segments.get(count).map(|segment| segment.base_offset);
        let Some(first) = first else { return Ok(false) };
        self.publish(&writer, |view| {
            view.segments = std::sync::Arc::new(view.segments[count..].to_vec());
            view.bounds.local_log_start = view.bounds.local_log_start.max(first);
            if !tiers {
                view.bounds.log_start = view.bounds.local_log_start;
            }
        });
        if !tiers {
            let mut epochs = EpochHistory::clone(&self.view.load().epochs);
            if epochs.truncate_from_start(self.log_start()) {
                self.set_epochs(&mut writer, epochs);
            }
        }
        Ok(true)
    }
}
