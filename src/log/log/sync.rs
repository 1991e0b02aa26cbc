//! Making a log durable: what a sync does, and in which order.
//!
//! First the bytes: closed logs, the active log, indexes and snapshots. Then the names in the partition's directory, and its own. Then the
//! epoch checkpoint. Only then does the recovery point move, and waiters are told. Whatever fails, the directory is
//! given up: the kernel may have dropped what it could not write, and a second sync would report success over the loss. The exception is
//! a full disk when the epoch checkpoint is written anew: the old one is still there, and the next sync tries again.

use super::{PartitionLog, Unsynced};
use crate::checkpoint;
use crate::error::{FileError, StorageError};
use crate::flush::{FlushTicket, Waiter};
use crate::metrics::LogMetrics;
use esker_env::{DiskFile, OpenMode};
use esker_model::{EpochHistory, Offset, TimestampMs};
use std::fmt::Debug;
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

/// Name of the epoch checkpoint in a partition's directory.
pub(crate) const EPOCH_CHECKPOINT: &str = "leader-epoch-checkpoint";

/// Who acts on what has become durable. Called on the thread that has synced, with no lock of the log held.
pub trait SyncObserver: Send + Sync + Debug + 'static {
    /// The recovery point has moved, or the log's directory has been given up.
    fn synced(&self);
}

/// What one sync has to do.
struct SyncWork {
    end: Offset,
    truncations: u64,
    unsynced: Unsynced,
    active_log: Option<Arc<dyn DiskFile>>,
    epochs: Option<Arc<EpochHistory>>,
}

impl PartitionLog {
    /// Asks that everything below `offset` be made durable, together with what others ask for (group commit). The ticket is
    /// done when it is, or when it can no longer be.
    pub fn flush_to(&self, offset: Offset) -> FlushTicket {
        if let Err(error) = self.check() {
            return FlushTicket::ready(Err(error));
        }
        if offset <= self.recovery_point() {
            return FlushTicket::ready(Ok(()));
        }
        let (waiter, ticket) = Waiter::new(offset);
        self.waiters.lock().push(waiter);
        self.queue_sync();
        ticket
    }

    /// Asks for a sync without a ticket: the observer is told.
    pub fn sync_soon(&self) {
        self.sync_requests.fetch_add(1, Ordering::Relaxed);
        self.queue_sync();
    }

    /// Tells `observer` after every sync from now on, instead of whoever was told before.
    pub fn observe_syncs(&self, observer: Weak<dyn SyncObserver>) {
        *self.sync_observer.write() = Some(observer);
    }

    fn tell_observer(&self) {
        let observer = self.sync_observer.read().as_ref().and_then(Weak::upgrade);
        if let Some(observer) = observer {
            observer.synced();
        }
    }

    /// Makes everything appended so far durable, on the calling thread; where the log ended then.
    pub fn flush(&self) -> Result<Offset, StorageError> {
        self.sync(|log| log.check())?;
        Ok(self.recovery_point())
    }

    /// Whether records have been waiting for longer than `flush.ms`.
    pub fn flush_is_due(&self, now_ms: TimestampMs) -> bool {
        let config = self.config.load();
        if config.flush_ms == i64::MAX || self.recovery_point() >= self.log_end() {
            return false;
        }
        now_ms.saturating_sub(self.writer.lock().last_sync_ms) >= config.flush_ms
    }

    /// Has the directory's threads sync this log soon.
    pub(crate) fn queue_sync(&self) {
        if !self.sync_queued.swap(true, Ordering::AcqRel) {
            self.dir.flush_queue().push(Weak::clone(&self.me));
        }
    }

    /// Runs on a thread of the directory: one sync for all that are waiting.
    pub(crate) fn sync_for_waiters(&self) {
        // Taken before the waiters are: whoever comes later queues the log again.
        self.sync_queued.store(false, Ordering::Release);
        let syncing = self.syncing.lock();
        let waiters = std::mem::take(&mut *self.waiters.lock());
        let requests = self.sync_requests.swap(0, Ordering::Relaxed);
        let result = self.check().and_then(|()| self.sync_locked());
        drop(syncing);
        // Before the waiters: what follows from the sync is in effect when they look.
        self.tell_observer();
        LogMetrics::add(&self.dir.shared().metrics.sync_waiters, requests + waiters.len() as u64);
        for waiter in waiters {
            // What was cut off since can never become durable: the log counts as closed for whoever waits for it.
            let cut = if waiter.offset() <= self.recovery_point() { Ok(()) } else { Err(StorageError::Closed) };
            waiter.tell(result.clone().and(cut));
        }
    }

    /// Syncs on the calling thread, if `may` says so once no other sync is under way: a log that was retired meanwhile has lost the
    /// names of its files.
    pub(super) fn sync(&self, may: impl FnOnce(&Self) -> Result<(), StorageError>) -> Result<(), StorageError> {
        let one_at_a_time = self.syncing.lock();
        let result = may(self).and_then(|()| self.sync_locked());
        drop(one_at_a_time);
        self.tell_observer();
        result
    }

    fn sync_locked(&self) -> Result<(), StorageError> {
        let started = self.env().clock.now();
        let work = self.take_sync_work();
        self.do_sync(&work).map_err(|error| self.dir.fail(&error.to_string()))?;
        self.write_epochs(&work)?;
        let mut writer = self.writer.lock();
        writer.last_sync_ms = self.now_ms();
        // A truncation in between has moved the recovery point back, and what lies above is not what was synced.
        if writer.truncations == work.truncations && work.end > self.recovery_point() {
            self.recovery_point.store(work.end, Ordering::Release);
        }
        drop(writer);
        if work.unsynced.closed_segment {
            self.dir.note_closed_segment_synced();
        }
        self.dir.shared().metrics.synced(self.env().clock.now().since(started));
        Ok(())
    }

    fn take_sync_work(&self) -> SyncWork {
        let mut writer = self.writer.lock();
        let unsynced = std::mem::take(&mut writer.unsynced);
        let view = self.view.load();
        SyncWork {
            end: view.bounds.log_end,
            truncations: writer.truncations,
            active_log: writer.active.log.clone().filter(|_| unsynced.active),
            epochs: unsynced.epochs.then(|| Arc::clone(&view.epochs)),
            unsynced,
        }
    }

    fn do_sync(&self, work: &SyncWork) -> Result<(), FileError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |error| FileError::new(&path, error)
        };
        for log in work.unsynced.closed_logs.iter().chain(&work.active_log) {
            log.sync_data().map_err(at(&self.path))?;
        }
        for path in &work.unsynced.others {
            self.sync_path(path).map_err(at(path))?;
        }
        self.sync_names_here().map_err(at(&self.path))?;
        self.dir.sync_names()
    }

    fn write_epochs(&self, work: &SyncWork) -> Result<(), StorageError> {
        let Some(epochs) = &work.epochs else { return Ok(()) };
        let written = checkpoint::write_epochs(self.disk(), &self.path.join(EPOCH_CHECKPOINT), epochs);
        written.map_err(|error| {
            if error.is_full() {
                self.writer.lock().unsynced.epochs = true;
                return StorageError::Full(error);
            }
            self.dir.fail(&error.to_string()).into()
        })
    }

    /// Syncs a file that may have been deleted meanwhile.
    fn sync_path(&self, path: &Path) -> io::Result<()> {
        match self.disk().open(path, OpenMode::Read) {
            Ok(file) => file.sync_data(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Notes that a name in the partition's directory is about to change.
    pub(crate) fn mark_names_dirty(&self) {
        self.names_dirty.store(true, Ordering::Release);
    }

    fn sync_names_here(&self) -> io::Result<()> {
        if self.names_dirty.swap(false, Ordering::AcqRel) {
            self.disk().sync_dir(&self.path)?;
        }
        Ok(())
    }

    /// Makes the names in the partition's directory durable.
    pub(super) fn sync_names(&self) -> Result<(), StorageError> {
        Ok(self.sync_names_here().map_err(|error| self.dir.fail(&FileError::new(&self.path, error).to_string()))?)
    }
}
