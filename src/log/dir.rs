//! One log directory: whose it is, who holds it, whether it still works.

mod checkpoints;
#[cfg(test)]
mod dir_test;
mod trash;
#[cfg(test)]
mod trouble_test;

pub(crate) use checkpoints::Checkpoints;
pub use checkpoints::{CLEANER_CHECKPOINT, HIGH_WATERMARK_CHECKPOINT, LOG_START_CHECKPOINT, RECOVERY_CHECKPOINT};

use crate::error::{DirectoryOffline, FileError, StorageError};
use crate::flush::FlushQueue;
use crate::log::PartitionLog;
use crate::metrics::LogMetrics;
use crate::producer::ProducerLimit;
use crate::segment::OpenSegments;
use esker_env::{DiskSpace, Env, PathLock};
use esker_model::TopicPartition;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use tokio::sync::watch;
use trash::Trash;
use uuid::Uuid;

/// What all logs of a process share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) env: Env,
    pub(crate) open_segments: OpenSegments,
    pub(crate) producers: Arc<ProducerLimit>,
    /// `producer.id.expiration.ms`.
    pub(crate) producer_expiration_ms: AtomicI64,
    pub(crate) metrics: LogMetrics,
    /// Number of directories that went offline, for whoever has to act on it.
    pub(crate) offline_count: watch::Sender<usize>,
}

/// A directory that holds logs.
#[derive(Debug)]
pub struct LogDir {
    path: Arc<Path>,
    id: Uuid,
    shared: Arc<Shared>,
    offline: OnceLock<DirectoryOffline>,
    /// Whether its file system has so little room that clients' records are refused.
    refuses: AtomicBool,
    queue: Arc<FlushQueue>,
    logs: Mutex<BTreeMap<TopicPartition, Weak<PartitionLog>>>,
    checkpoints: Mutex<Checkpoints>,
    trash: Mutex<Vec<Trash>>,
    /// Whether names of partition directories were changed since this directory was last synced.
    names_dirty: AtomicBool,
    /// Whether a closed segment was synced since somebody last asked.
    closed_segment_synced: AtomicBool,
    /// Held for as long as the process lives.
    _lock: Option<Box<dyn PathLock>>,
}

impl LogDir {
    pub(crate) fn new(
        path: &Path,
        id: Uuid,
        shared: Arc<Shared>,
        checkpoints: Checkpoints,
        lock: Option<Box<dyn PathLock>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            path: path.into(),
            id,
            shared,
            offline: OnceLock::new(),
            refuses: AtomicBool::new(false),
            queue: Arc::default(),
            logs: Mutex::default(),
            checkpoints: Mutex::new(checkpoints),
            trash: Mutex::default(),
            names_dirty: AtomicBool::new(false),
            closed_segment_synced: AtomicBool::new(false),
            _lock: lock,
        })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its identity (KIP-858).
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Room on its file system.
    pub fn space(&self) -> Result<DiskSpace, FileError> {
        self.shared.env.disk.space(&self.path).map_err(|error| FileError::new(&self.path, error))
    }

    /// Whether clients' records are refused, for want of room.
    pub fn refuses(&self) -> bool {
        self.refuses.load(Ordering::Relaxed)
    }

    /// Has clients' records refused or taken again.
    pub(crate) fn set_refuses(&self, refuses: bool) {
        if self.refuses.swap(refuses, Ordering::Relaxed) != refuses {
            if refuses {
                tracing::error!(dir = %self.path.display(), "the disk is nearly full: records of clients are refused until there is room");
            } else {
                tracing::info!(dir = %self.path.display(), "there is room again: records of clients are taken");
            }
        }
    }

    /// Whether it can be written to.
    pub fn check(&self) -> Result<(), DirectoryOffline> {
        self.offline.get().map_or(Ok(()), |offline| Err(offline.clone()))
    }

    /// Why it is offline, where it is.
    pub fn offline(&self) -> Option<&DirectoryOffline> {
        self.offline.get()
    }

    /// Gives the directory up: every append and flush in it fails from now on. The first reason stays.
    pub fn fail(&self, reason: &str) -> DirectoryOffline {
        let mut first = false;
        let offline = self.offline.get_or_init(|| {
            first = true;
            DirectoryOffline { dir: Arc::clone(&self.path), reason: reason.into() }
        });
        if first {
            tracing::error!(dir = %self.path.display(), reason, "log directory is taken offline");
            LogMetrics::add(&self.shared.metrics.directories_offline, 1);
            self.shared.offline_count.send_modify(|count| *count += 1);
        }
        offline.clone()
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn flush_queue(&self) -> &Arc<FlushQueue> {
        &self.queue
    }

    /// Adds a log to those whose offsets are checkpointed.
    pub(crate) fn register(&self, log: &Arc<PartitionLog>) {
        self.logs.lock().insert(log.partition().clone(), Arc::downgrade(log));
    }

    /// The logs in this directory that are alive.
    pub(crate) fn logs(&self) -> Vec<Arc<PartitionLog>> {
        self.logs.lock().values().filter_map(Weak::upgrade).collect()
    }

    /// Notes that a partition's directory was created or renamed.
    pub(crate) fn mark_names_dirty(&self) {
        self.names_dirty.store(true, Ordering::Release);
    }

    /// Makes the names of partition directories durable.
    pub(crate) fn sync_names(&self) -> Result<(), FileError> {
        if self.names_dirty.swap(false, Ordering::AcqRel) {
            let synced = self.shared.env.disk.sync_dir(&self.path);
            synced.map_err(|error| FileError::new(&self.path, error))?;
        }
        Ok(())
    }

    pub(crate) fn note_closed_segment_synced(&self) {
        self.closed_segment_synced.store(true, Ordering::Release);
    }

    pub(crate) fn take_closed_segment_synced(&self) -> bool {
        self.closed_segment_synced.swap(false, Ordering::AcqRel)
    }

    /// Takes the directory offline because of `error`.
    pub(crate) fn fail_with(&self, error: FileError) -> StorageError {
        self.fail(&error.to_string()).into()
    }
}
