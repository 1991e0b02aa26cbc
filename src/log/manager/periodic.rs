//! What has to happen from time to time. The composition calls these with the present time; nothing here waits or owns a timer.

use super::LogManager;
use crate::dir::LogDir;
use crate::error::StorageError;
use esker_model::TimestampMs;
use std::sync::Arc;

impl LogManager {
    /// Has every log synced whose `flush.ms` has passed; how many (`log.flush.scheduler.interval.ms`).
    pub fn flush_due(&self, now_ms: TimestampMs) -> usize {
        let due: Vec<_> = self.logs().into_iter().filter(|log| log.flush_is_due(now_ms)).collect();
        due.iter().for_each(|log| log.queue_sync());
        due.len()
    }

    /// Writes all checkpoints that have changed (`log.flush.offset.checkpoint.interval.ms`, `log.flush.start.offset.checkpoint.interval.ms`,
    /// `replica.high.watermark.checkpoint.interval.ms`).
    pub fn checkpoint(&self) {
        self.in_each_dir("checkpoints cannot be written", |dir| {
            dir.checkpoint_recovery_points()?;
            dir.checkpoint_log_starts()?;
            dir.checkpoint_high_watermarks()
        });
    }

    /// Writes the recovery points of directories in which a closed segment was synced since the last time: call it every second or so, and a
    /// crash scans little more than the active segments.
    pub fn checkpoint_closed_segments(&self) {
        self.in_each_dir("recovery points cannot be written", |dir| {
            if dir.take_closed_segment_synced() { dir.checkpoint_recovery_points() } else { Ok(()) }
        });
    }

    fn in_each_dir(&self, trouble: &str, work: impl Fn(&LogDir) -> Result<(), StorageError>) {
        for dir in self.dirs.iter().filter(|dir| dir.offline().is_none()) {
            if let Err(error) = work(dir) {
                tracing::error!(dir = %dir.path().display(), %error, trouble);
            }
        }
    }

    /// Deletes what retention lets go in every log; how many segments and bytes (`log.retention.check.interval.ms`). While the wall
    /// clock is in doubt nothing goes by age.
    pub fn enforce_retention(&self, now_ms: TimestampMs) -> (usize, u64) {
        let trusted = self.trusts_clock(now_ms);
        if !trusted {
            tracing::warn!("the wall clock has jumped: nothing is deleted by age until it has proved itself");
        }
        let mut total = (0, 0);
        for log in self.logs() {
            match log.delete_old_segments(now_ms, trusted) {
                Ok(deleted) => total = (total.0 + deleted.segments.len(), total.1 + deleted.bytes),
                Err(error) => tracing::error!(partition = %log.partition(), %error, "retention failed"),
            }
        }
        total
    }

    /// Whether age may delete now.
    pub(crate) fn trusts_clock(&self, now_ms: TimestampMs) -> bool {
        self.clock_guard.lock().observe(now_ms, self.shared.env.clock.now())
    }

    /// An operator confirms that the wall clock is right after a jump.
    pub fn trust_clock(&self) {
        self.clock_guard.lock().confirm();
    }

    /// Removes files and directories whose delay has passed; how many.
    pub fn remove_deleted(&self, now_ms: TimestampMs) -> usize {
        self.dirs.iter().map(|dir| dir.remove_deleted(now_ms)).sum()
    }

    /// Forgets producers that were silent for too long; how many (`producer.id.expiration.check.interval.ms`).
    pub fn expire_producers(&self, now_ms: TimestampMs) -> usize {
        self.logs().iter().map(|log| log.expire_producers(now_ms)).sum()
    }

    /// Closes the files of logs that are durable and were not written to since `idle_since_ms`; how many.
    pub fn release_idle(&self, idle_since_ms: TimestampMs) -> usize {
        self.logs().iter().filter(|log| log.release_idle(idle_since_ms)).count()
    }

    /// Syncs, on the calling thread, all logs that are queued: for a manager without threads of its own. How many.
    pub fn run_pending_syncs(&self) -> usize {
        self.dirs.iter().map(|dir: &Arc<LogDir>| dir.flush_queue().run_pending()).sum()
    }
}
