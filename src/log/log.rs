//! One partition's local log.
//!
//! One writer at a time (the mutex around [`Writer`]); readers take the newest [`LogView`] and no lock. What a call may do:
//!
//! | call | waits for the disk | lock |
//! |---|---|---|
//! | append, advance the high watermark | writes to the page cache | writer |
//! | read | never with [`Access::Cached`] | none |
//! | flush_to | the returned ticket does | none |
//! | delete, truncate | renames, syncs; the end of a compaction | retiring, then writer |

mod append;
#[cfg(test)]
mod append_test;
mod close;
#[cfg(test)]
mod close_test;
mod delete;
#[cfg(test)]
mod delete_test;
mod follower;
#[cfg(test)]
mod follower_test;
mod gate;
mod read;
#[cfg(test)]
mod read_test;
mod roller;
#[cfg(test)]
mod roller_test;
mod swap;
mod sync;
#[cfg(test)]
mod sync_test;
mod truncate;
#[cfg(test)]
mod truncate_test;
mod writer;

pub use append::{AppendContext, AppendError, AppendInfo, Origin};
pub use delete::{DeleteError, Deleted};
pub use follower::FollowerAppend;
use gate::CleaningGate;
pub(crate) use read::SegmentLook;
pub use read::{LogRead, ReadError, ReadRequest, UpTo};
pub(crate) use roller::create_files;
pub(crate) use sync::EPOCH_CHECKPOINT;
pub use sync::SyncObserver;
pub use truncate::NewStart;
pub(crate) use writer::{Active, Unsynced, Writer};

use crate::bounds::Bounds;
use crate::config::LogConfig;
use crate::dir::LogDir;
use crate::error::{Damage, FileError, StorageError};
use crate::flush::Waiter;
use crate::producer::{OpenTxn, ProducerEntry, ProducerError, ToVerify, VerificationGuard};
use crate::published::Published;
use crate::segment::Segment;
use crate::view::LogView;
use arc_swap::ArcSwap;
use esker_env::{Disk, Env};
use esker_model::{EpochHistory, LeaderEpoch, Offset, TimestampMs, TopicId, TopicPartition};
use parking_lot::{Mutex, RwLock};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};

/// One partition's local log.
#[derive(Debug)]
pub struct PartitionLog {
    me: Weak<PartitionLog>,
    partition: TopicPartition,
    topic_id: Option<TopicId>,
    path: Arc<Path>,
    dir: Arc<LogDir>,
    config: ArcSwap<LogConfig>,
    view: Published<LogView>,
    writer: Mutex<Writer>,
    /// Held while segments leave the log and their files are renamed, so that they go strictly from one end. Taken before `writer`.
    retiring: Mutex<()>,
    /// Whether compaction is under way, and whether it may be. Asked before `retiring`.
    pub(crate) cleaning: CleaningGate,
    /// Held during a sync: what was unsynced at its start is the business of one thread.
    syncing: Mutex<()>,
    waiters: Mutex<Vec<Waiter>>,
    /// Whether the log is in its directory's queue of logs to sync.
    sync_queued: AtomicBool,
    /// Syncs asked for without a ticket since the last one.
    sync_requests: AtomicU64,
    sync_observer: RwLock<Option<Weak<dyn SyncObserver>>>,
    /// Everything below is durable. Moved by syncs, back by truncation; what a crash need not scan once it is checkpointed.
    recovery_point: AtomicI64,
    /// Whether names in the partition's directory were changed since it was last synced.
    names_dirty: AtomicBool,
    damage: OnceLock<Arc<Damage>>,
    closed: AtomicBool,
}

/// What it takes to bring a log to life; see [`PartitionLog::assemble`].
pub(crate) struct Parts {
    pub(crate) partition: TopicPartition,
    pub(crate) topic_id: Option<TopicId>,
    pub(crate) path: Arc<Path>,
    pub(crate) dir: Arc<LogDir>,
    pub(crate) config: Arc<LogConfig>,
    pub(crate) view: LogView,
    pub(crate) writer: Writer,
    pub(crate) recovery_point: Offset,
    pub(crate) names_dirty: bool,
}

impl PartitionLog {
    pub(crate) fn assemble(parts: Parts) -> Arc<Self> {
        parts.view.bounds.assert_ordered();
        Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            partition: parts.partition,
            topic_id: parts.topic_id,
            path: parts.path,
            dir: parts.dir,
            config: ArcSwap::new(parts.config),
            view: Published::new(parts.view),
            writer: Mutex::new(parts.writer),
            retiring: Mutex::new(()),
            cleaning: CleaningGate::default(),
            syncing: Mutex::new(()),
            waiters: Mutex::new(Vec::new()),
            sync_queued: AtomicBool::new(false),
            sync_requests: AtomicU64::new(0),
            sync_observer: RwLock::new(None),
            recovery_point: AtomicI64::new(parts.recovery_point),
            names_dirty: AtomicBool::new(parts.names_dirty),
            damage: OnceLock::new(),
            closed: AtomicBool::new(false),
        })
    }

    /// The partition.
    pub fn partition(&self) -> &TopicPartition {
        &self.partition
    }

    /// Its topic's identity, where `partition.metadata` tells it.
    pub fn topic_id(&self) -> Option<TopicId> {
        self.topic_id
    }

    /// The directory of its files.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The log directory that it lies in.
    pub fn dir(&self) -> &Arc<LogDir> {
        &self.dir
    }

    /// The present settings.
    pub fn config(&self) -> Arc<LogConfig> {
        self.config.load_full()
    }

    /// Changes the settings; they apply from the next operation on.
    pub fn set_config(&self, config: Arc<LogConfig>) {
        self.config.store(config);
    }

    /// Its offsets.
    pub fn bounds(&self) -> Bounds {
        self.view.peek(|view| view.bounds)
    }

    /// First offset behind the last record.
    pub fn log_end(&self) -> Offset {
        self.bounds().log_end
    }

    /// First offset that anyone may see, in any tier.
    pub fn log_start(&self) -> Offset {
        self.bounds().log_start
    }

    /// First offset that is not replicated.
    pub fn high_watermark(&self) -> Offset {
        self.bounds().high_watermark
    }

    /// Everything below is durable here.
    pub fn recovery_point(&self) -> Offset {
        self.recovery_point.load(Ordering::Acquire)
    }

    /// Bytes of its local segments.
    pub fn size(&self) -> u64 {
        self.view.load().size()
    }

    /// Bytes of its local segments that begin at or behind `offset`.
    pub fn size_from(&self, offset: Offset) -> u64 {
        self.view.load().size_from(offset)
    }

    /// When the closed segment that holds `offset` was written last, milliseconds since the Unix epoch; `None` where that is the active one.
    pub fn closed_since_ms(&self, offset: Offset) -> Option<TimestampMs> {
        self.view.load().closed_since_ms(offset)
    }

    /// Number of its local segments.
    pub fn segment_count(&self) -> usize {
        self.view.load().segments.len()
    }

    /// Where each leader epoch began.
    pub fn epochs(&self) -> Arc<EpochHistory> {
        Arc::clone(&self.view.load().epochs)
    }

    /// The newest leader epoch known; `None` in a log that never had a leader.
    pub fn latest_epoch(&self) -> Option<LeaderEpoch> {
        self.view.load().epochs.latest().map(|entry| entry.epoch)
    }

    /// Number of producers remembered.
    pub fn producer_count(&self) -> usize {
        self.writer.lock().producers.len()
    }

    /// What is known of the producers that write here (KIP-664), in ascending order of their ids.
    pub fn producers(&self) -> Vec<ProducerEntry> {
        self.writer.lock().producers.producers().into_iter().cloned().collect()
    }

    /// Transactions that are open here, oldest first.
    pub fn open_transactions(&self) -> Vec<OpenTxn> {
        self.writer.lock().producers.open_txns()
    }

    /// Begins to verify the transaction that a client's batch belongs to, before its coordinator is asked. The guard is shown
    /// with the batch; `None` where the transaction is open here, so that nothing has to be asked.
    pub fn begin_verification(&self, who: &ToVerify) -> Result<Option<VerificationGuard>, ProducerError> {
        let now = self.now_ms();
        self.writer.lock().producers.begin_verification(who, now)
    }

    /// Records that `epoch` begins at the log end, as a new leader does before its first append (KIP-101).
    pub fn begin_epoch(&self, epoch: LeaderEpoch) -> Result<(), StorageError> {
        self.check()?;
        let mut writer = self.writer.lock();
        let log_end = self.view.peek(|view| view.bounds.log_end);
        self.assign_epoch(&mut writer, epoch, log_end);
        self.publish(&writer, |_| {});
        Ok(())
    }

    /// Moves the high watermark forward to `offset`, or to the log end where that is less; where it is now.
    pub fn advance_high_watermark(&self, offset: Offset) -> Offset {
        let mut writer = self.writer.lock();
        let bounds = self.view.peek(|view| view.bounds);
        let high_watermark = offset.min(bounds.log_end).max(bounds.high_watermark);
        if high_watermark > bounds.high_watermark {
            writer.producers.high_watermark_moved(high_watermark);
            self.publish(&writer, |view| view.bounds.high_watermark = high_watermark);
        }
        high_watermark
    }

    /// Learns that everything below `end` is confirmed to be in the tier. Older knowledge than is there already is ignored.
    pub fn set_tiered_end(&self, end: Offset) {
        let writer = self.writer.lock();
        if self.view.peek(|view| view.bounds.tiered_end).is_none_or(|known| known < end) {
            self.publish(&writer, |view| view.bounds.tiered_end = Some(end));
        }
    }

    /// Whether the log can be used.
    pub fn check(&self) -> Result<(), StorageError> {
        if let Some(damage) = self.damage.get() {
            return Err(StorageError::Damaged(Arc::clone(damage)));
        }
        if self.closed.load(Ordering::Acquire) {
            return Err(StorageError::Closed);
        }
        Ok(self.dir.check()?)
    }

    /// Takes the log out of service because `file` is damaged at `position`. Nothing is deleted; other logs go on.
    pub fn mark_damaged(&self, file: &Path, position: u64, reason: impl Into<String>) {
        let reason = reason.into();
        let damage = Damage { partition: self.partition.clone(), file: file.to_owned(), position, reason };
        if self.damage.set(Arc::new(damage.clone())).is_ok() {
            tracing::error!(%damage, "partition is taken offline");
            crate::metrics::LogMetrics::add(&self.dir.shared().metrics.damaged, 1);
        }
    }

    /// What is damaged, where something is.
    pub fn damage(&self) -> Option<Arc<Damage>> {
        self.damage.get().cloned()
    }

    pub(crate) fn env(&self) -> &Env {
        &self.dir.shared().env
    }

    pub(crate) fn disk(&self) -> &dyn Disk {
        &*self.dir.shared().env.disk
    }

    /// Replaces the readers' picture. Called with the writer's lock held.
    fn publish(&self, writer: &Writer, change: impl FnOnce(&mut LogView)) {
        let mut view = LogView::clone(&self.view.load());
        change(&mut view);
        view.bounds.first_unstable = writer.producers.first_unstable_offset();
        view.bounds.assert_ordered();
        self.view.store(view);
    }

    /// Notes where `epoch` begins and sees that the checkpoint file follows soon. The caller publishes.
    fn assign_epoch(&self, writer: &mut Writer, epoch: LeaderEpoch, start: Offset) {
        let mut epochs = EpochHistory::clone(&self.view.load().epochs);
        if epochs.assign(epoch, start) {
            self.set_epochs(writer, epochs);
        }
    }

    /// Replaces the epoch history and has it checkpointed soon.
    fn set_epochs(&self, writer: &mut Writer, epochs: EpochHistory) {
        let epochs = Arc::new(epochs);
        self.publish(writer, |view| view.epochs = epochs);
        writer.unsynced.epochs = true;
        self.queue_sync();
    }

    /// What an I/O error of the writer means: a full disk is waited out, everything else ends the directory.
    fn write_failed(&self, path: &Path, error: std::io::Error) -> StorageError {
        let error = FileError::new(path, error);
        if error.is_full() { StorageError::Full(error) } else { self.dir.fail(&error.to_string()).into() }
    }

    /// The readers' picture of now.
    pub(crate) fn view(&self) -> Arc<LogView> {
        self.view.load()
    }

    pub(crate) fn segments(&self) -> Arc<Vec<Arc<Segment>>> {
        Arc::clone(&self.view.load().segments)
    }
}
