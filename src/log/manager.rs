//! All logs of a broker over its log directories.

mod create;
mod load;
#[cfg(test)]
mod manager_test;
mod periodic;
mod relieve;
#[cfg(test)]
mod relieve_test;

pub use create::CreateError;
pub use load::{LoadReport, ManagerError};

use crate::clock_guard::ClockGuard;
use crate::dir::{LogDir, Shared};
use crate::error::{Damage, DirectoryOffline};
use crate::log::PartitionLog;
use crate::metrics::LogMetrics;
use crate::open::OpenError;
use crate::pressure::DiskMarks;
use esker_model::{BrokerEpoch, BrokerId, ClusterId, TopicPartition};
use parking_lot::{Condvar, Mutex, RwLock};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::watch;

/// Settings of the whole; names in backquotes are the broker's keys.
#[derive(Clone, Debug)]
pub struct ManagerConfig {
    /// `log.dirs`.
    pub dirs: Vec<PathBuf>,
    /// The cluster that the directories belong to.
    pub cluster_id: ClusterId,
    /// `node.id`.
    pub node_id: BrokerId,
    /// `num.recovery.threads.per.data.dir`.
    pub recovery_threads_per_dir: usize,
    /// Threads per directory that sync logs; with 0 [`LogManager::run_pending_syncs`] does it.
    pub sync_threads_per_dir: usize,
    /// Closed segments that may be open at once: each holds one file and up to two maps.
    pub open_segments_max: usize,
    /// Producers remembered over all partitions.
    pub producer_ids_max: usize,
    /// `producer.id.expiration.ms`.
    pub producer_expiration_ms: i64,
    /// How full the directories' file systems may become.
    pub marks: DiskMarks,
}

impl ManagerConfig {
    /// The defaults for directories of a cluster's node.
    pub fn new(dirs: Vec<PathBuf>, cluster_id: ClusterId, node_id: BrokerId) -> Self {
        Self {
            dirs,
            cluster_id,
            node_id,
            recovery_threads_per_dir: 2,
            sync_threads_per_dir: 4,
            open_segments_max: 10_000,
            producer_ids_max: 200_000,
            producer_expiration_ms: 86_400_000,
            marks: DiskMarks::NONE,
        }
    }
}

/// A partition that is in one of the directories.
#[derive(Clone, Debug)]
enum Place {
    /// Its log is open.
    Live(Arc<PartitionLog>),
    /// Its log could not be opened. The files stay as they are.
    Broken { dir: Arc<LogDir>, path: PathBuf, error: Arc<OpenError> },
}

/// Why there is no log to work with.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NoLog {
    /// No directory has the partition.
    #[error("no log directory has the partition")]
    Unknown,
    /// Its log could not be opened at the start.
    #[error("{0}")]
    Broken(Arc<OpenError>),
}

/// Logs of a directory that are closed at the same time, at least.
const CLOSED_AT_ONCE: usize = 16;

/// All logs of a broker.
#[derive(Debug)]
pub struct LogManager {
    shared: Arc<Shared>,
    dirs: Vec<Arc<LogDir>>,
    /// Directories that could not be used at the start, and why.
    unusable: Vec<DirectoryOffline>,
    places: RwLock<HashMap<TopicPartition, Place>>,
    /// Shared while partitions are created, exclusive while some are deleted.
    changing: RwLock<()>,
    /// Partitions that are being created, and where.
    creating: Mutex<HashMap<TopicPartition, PathBuf>>,
    created: Condvar,
    clock_guard: Mutex<ClockGuard>,
    recovery_threads_per_dir: usize,
    marks: DiskMarks,
}

impl LogManager {
    /// The log of a partition.
    pub fn get(&self, partition: &TopicPartition) -> Result<Arc<PartitionLog>, NoLog> {
        match self.places.read().get(partition) {
            Some(Place::Live(log)) => Ok(Arc::clone(log)),
            Some(Place::Broken { error, .. }) => Err(NoLog::Broken(Arc::clone(error))),
            None => Err(NoLog::Unknown),
        }
    }

    /// All open logs, in no particular order.
    pub fn logs(&self) -> Vec<Arc<PartitionLog>> {
        let live = |place: &Place| match place {
            Place::Live(log) => Some(Arc::clone(log)),
            Place::Broken { .. } => None,
        };
        self.places.read().values().filter_map(live).collect()
    }

    /// Partitions whose logs could not be opened, with the reason.
    pub fn broken(&self) -> Vec<(TopicPartition, Arc<OpenError>)> {
        let broken = |(partition, place): (&TopicPartition, &Place)| match place {
            Place::Live(_) => None,
            Place::Broken { error, .. } => Some((partition.clone(), Arc::clone(error))),
        };
        self.places.read().iter().filter_map(broken).collect()
    }

    /// Partitions whose logs are damaged, found at the start or since.
    pub fn damages(&self) -> Vec<Arc<Damage>> {
        let damage = |place: &Place| match place {
            Place::Live(log) => log.damage(),
            Place::Broken { error, .. } => match &**error {
                OpenError::Damaged(damage) => Some(Arc::new(damage.clone())),
                OpenError::File(_) | OpenError::Format(_) => None,
            },
        };
        self.places.read().values().filter_map(damage).collect()
    }

    /// The directories in use, offline ones included.
    pub fn dirs(&self) -> &[Arc<LogDir>] {
        &self.dirs
    }

    /// Directories that are offline, since the start or since they failed.
    pub fn offline_dirs(&self) -> Vec<DirectoryOffline> {
        let failed = self.dirs.iter().filter_map(|dir| dir.offline().cloned());
        self.unusable.iter().cloned().chain(failed).collect()
    }

    /// Changes whenever a directory goes offline.
    pub fn watch_offline_dirs(&self) -> watch::Receiver<usize> {
        self.shared.offline_count.subscribe()
    }

    /// Counters of all logs.
    pub fn metrics(&self) -> &LogMetrics {
        &self.shared.metrics
    }

    /// Closed segments that are open now.
    pub fn open_segments(&self) -> usize {
        self.shared.open_segments.len()
    }

    /// Producers remembered now, over all partitions.
    pub fn producer_ids(&self) -> usize {
        self.shared.producers.used()
    }

    pub(crate) fn env(&self) -> &esker_env::Env {
        &self.shared.env
    }

    /// Changes `producer.id.expiration.ms`.
    pub fn set_producer_expiration_ms(&self, expiration_ms: i64) {
        self.shared.producer_expiration_ms.store(expiration_ms, Ordering::Relaxed);
    }

    /// Stops cleanly: every log is made durable and closed, the checkpoints are written, and each directory in which all of that succeeded is
    /// marked, so that the next start need not scan. A directory with a damaged partition is not marked: the damage would not be seen again.
    pub fn shut_down(&self, broker_epoch: BrokerEpoch) {
        for dir in &self.dirs {
            if let Err(reason) = self.shut_dir_down(dir, broker_epoch) {
                tracing::error!(dir = %dir.path().display(), reason, "log directory is not stopped cleanly");
            }
        }
    }

    fn shut_dir_down(&self, dir: &Arc<LogDir>, broker_epoch: BrokerEpoch) -> Result<(), String> {
        let logs = dir.logs();
        let close = |log: Arc<PartitionLog>| log.close().map_err(|error| format!("{}: {error}", log.partition()));
        // Closing waits for syncs and computes nothing: more threads than for recovery share the disk's journal.
        let closed = esker_env::parallel(self.recovery_threads_per_dir.max(CLOSED_AT_ONCE), logs, close);
        dir.flush_queue().stop();
        let checkpointed = dir
            .checkpoint_recovery_points()
            .and_then(|()| dir.checkpoint_log_starts())
            .and_then(|()| dir.checkpoint_high_watermarks());
        checkpointed.map_err(|error| error.to_string())?;
        closed.into_iter().collect::<Result<Vec<()>, String>>()?;
        if let Some(broken) = self.broken_in(dir) {
            return Err(format!("{broken} could not be opened"));
        }
        let disk = &*self.shared.env.disk;
        crate::properties::mark_clean_shutdown(disk, dir.path(), broker_epoch).map_err(|error| error.to_string())
    }

    fn broken_in(&self, wanted: &Arc<LogDir>) -> Option<TopicPartition> {
        let places = self.places.read();
        let mut broken =
            places.iter().filter(|(_, place)| matches!(place, Place::Broken { dir, .. } if Arc::ptr_eq(dir, wanted)));
        broken.next().map(|(partition, _)| partition.clone())
    }

    fn disk_path_of(place: &Place) -> (&Arc<LogDir>, &Path) {
        match place {
            Place::Live(log) => (log.dir(), log.path()),
            Place::Broken { dir, path, .. } => (dir, path),
        }
    }
}

impl Drop for LogManager {
    fn drop(&mut self) {
        // The threads would wait for ever.
        self.dirs.iter().for_each(|dir| dir.flush_queue().stop());
    }
}
