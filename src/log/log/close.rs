//! The end of a log's use: clean, so that the next start need not look into it, or for good.

use super::PartitionLog;
use crate::error::StorageError;
use esker_model::TimestampMs;
use std::sync::atomic::Ordering;

impl PartitionLog {
    /// Makes everything durable and leaves the files as a clean stop does: indexes trimmed, producers written as of the log end. The log takes
    /// nothing afterwards.
    pub fn close(&self) -> Result<(), StorageError> {
        self.check()?;
        let _not_compacted = self.cleaning.hold();
        {
            let mut writer = self.writer.lock();
            let config = self.config.load_full();
            let bounds = self.view.peek(|view| view.bounds);
            if bounds.log_end > bounds.local_log_start || writer.producers.len() > 0 {
                self.write_snapshot(&mut writer, bounds.log_end)?;
            }
            self.seal_active(&mut writer, &config)?;
            self.closed.store(true, Ordering::Release);
        }
        // It is closed by itself, and nobody else may be syncing it under another name: it was not retired.
        self.sync(|_| Ok(()))?;
        self.segments().iter().for_each(|segment| segment.close());
        Ok(())
    }

    /// Stops all use of a log that was deleted: appends and flushes fail, reads that are under way finish.
    pub(crate) fn retire(&self) {
        self.closed.store(true, Ordering::Release);
        // A compaction looks up and finds it closed; its files must not come into a directory that is another log's by then.
        let _not_compacted = self.cleaning.hold();
        // A sync under way still finds its files under their names; a later one finds the log closed.
        let _no_sync = self.syncing.lock();
        let _writing = self.writer.lock();
        self.segments().iter().for_each(|segment| segment.close());
        // Whoever waits for a sync learns that there will be none.
        self.waiters.lock().clear();
    }

    /// Closes the files of the active segment where everything in it is durable: for logs that have been idle.
    pub fn release_idle(&self, idle_since_ms: TimestampMs) -> bool {
        let mut writer = self.writer.lock();
        let active = &mut writer.active;
        let durable = self.recovery_point() >= self.view.peek(|view| view.bounds.log_end);
        if active.log.is_none() || !durable || active.segment.modified_ms() > idle_since_ms {
            return false;
        }
        active.log = None;
        active.segment.close();
        true
    }

    /// Forgets producers that have been silent for `producer.id.expiration.ms`; how many.
    pub fn expire_producers(&self, now_ms: TimestampMs) -> usize {
        let expiration_ms = self.dir.shared().producer_expiration_ms.load(Ordering::Relaxed);
        let mut writer = self.writer.lock();
        writer.producers.expire(now_ms, expiration_ms)
    }
}
