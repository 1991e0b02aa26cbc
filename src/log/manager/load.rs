//! The start: directories are locked, identified, and their logs opened.

use super::{LogManager, ManagerConfig, Place};
use crate::checkpoint::{OffsetsByPartition, read_offsets};
use crate::clock_guard::ClockGuard;
use crate::config::LogConfig;
use crate::dir::{
    CLEANER_CHECKPOINT, Checkpoints, HIGH_WATERMARK_CHECKPOINT, LOG_START_CHECKPOINT, LogDir, RECOVERY_CHECKPOINT,
    Shared,
};
use crate::error::{DirectoryOffline, FileError, SmallFileError};
use crate::files::DirKind;
use crate::metrics::LogMetrics;
use crate::open::{OpenError, Remembered, open_log};
use crate::producer::ProducerLimit;
use crate::properties::{MetaProperties, read_meta, take_clean_shutdown, write_meta};
use crate::segment::OpenSegments;
use esker_env::{Disk, Env, PathLock};
use esker_model::{BrokerEpoch, TopicPartition};
use parking_lot::{Condvar, Mutex, RwLock};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// Name of the lock file in a log directory.
const LOCK_FILE: &str = ".lock";
/// The partition of Kafka's own metadata log, which is not ours to open.
const METADATA_TOPIC: &str = "__cluster_metadata";

/// Why the broker cannot start with these directories.
#[derive(Debug, thiserror::Error)]
pub enum ManagerError {
    /// None is configured.
    #[error("log.dirs names no directory")]
    NoDirectories,
    /// Every one is unusable.
    #[error("none of the log directories can be used; the first: {0}")]
    AllOffline(DirectoryOffline),
    /// Another process works there.
    #[error("log directory {} is in use by another process: {LOCK_FILE} in it is locked", .0.display())]
    InUse(PathBuf),
    /// The directory belongs to someone else.
    #[error("log directory {} belongs to {found}, not to {expected}", dir.display())]
    Foreign {
        /// The directory.
        dir: PathBuf,
        /// What its `meta.properties` says.
        found: String,
        /// What this broker is.
        expected: String,
    },
    /// Two directories have one identity: one is a copy of the other.
    #[error("log directories {} and {} have the same directory.id", .0.display(), .1.display())]
    SameId(PathBuf, PathBuf),
    /// `meta.properties` makes no sense.
    #[error(transparent)]
    Meta(SmallFileError),
    /// A partition is in two directories.
    #[error("{partition} is in {} and in {}", first.display(), second.display())]
    Twice {
        /// The partition.
        partition: TopicPartition,
        /// One directory.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A thread could not be started.
    #[error("the threads that sync cannot be started: {0}")]
    Threads(io::Error),
}

/// What a start found.
#[derive(Debug, Default)]
pub struct LoadReport {
    /// Logs that were opened.
    pub opened: usize,
    /// Logs that were not, and why. They are offline; nothing of them is touched.
    pub broken: Vec<(TopicPartition, Arc<OpenError>)>,
    /// Directories that were stopped cleanly, with the broker epoch of that stop.
    pub clean: Vec<(PathBuf, BrokerEpoch)>,
    /// How long it took.
    pub took: Duration,
}

/// A directory that is ours and may be loaded.
struct ReadyDir {
    dir: Arc<LogDir>,
    clean: bool,
    partitions: Vec<(TopicPartition, PathBuf, Remembered)>,
}

impl LogManager {
    /// Opens all logs. `config_of` gives the settings of a topic's logs.
    pub fn open(
        env: &Env,
        config: &ManagerConfig,
        config_of: &(dyn Fn(&str) -> Arc<LogConfig> + Sync),
    ) -> Result<(Self, LoadReport), ManagerError> {
        let started = env.clock.now();
        let shared = Arc::new(Shared {
            env: env.clone(),
            open_segments: OpenSegments::new(config.open_segments_max),
            producers: Arc::new(ProducerLimit::new(config.producer_ids_max)),
            producer_expiration_ms: AtomicI64::new(config.producer_expiration_ms),
            metrics: LogMetrics::default(),
            offline_count: watch::Sender::new(0),
        });
        let mut report = LoadReport::default();
        let (ready, unusable) = prepare_dirs(&shared, config, &mut report)?;
        let places = load_all(&ready, config, config_of, &mut report)?;
        for (number, ready) in ready.iter().enumerate() {
            let started = ready.dir.flush_queue().start(config.sync_threads_per_dir, number);
            started.map_err(ManagerError::Threads)?;
        }
        let dirs: Vec<Arc<LogDir>> = ready.into_iter().map(|ready| ready.dir).collect();
        let manager = Self {
            shared,
            dirs,
            unusable,
            places: RwLock::new(places),
            changing: RwLock::new(()),
            creating: Mutex::default(),
            created: Condvar::new(),
            clock_guard: Mutex::new(ClockGuard::default()),
            recovery_threads_per_dir: config.recovery_threads_per_dir,
            marks: config.marks,
        };
        // What was unknown is known now; a crash before the first regular checkpoint need not scan everything again.
        for dir in &manager.dirs {
            if let Err(error) = dir.checkpoint_recovery_points() {
                tracing::error!(dir = %dir.path().display(), %error, "recovery points cannot be written");
            }
        }
        report.took = env.clock.now().since(started);
        Ok((manager, report))
    }
}

fn prepare_dirs(
    shared: &Arc<Shared>,
    config: &ManagerConfig,
    report: &mut LoadReport,
) -> Result<(Vec<ReadyDir>, Vec<DirectoryOffline>), ManagerError> {
    let (mut ready, mut unusable): (Vec<ReadyDir>, Vec<DirectoryOffline>) = (Vec::new(), Vec::new());
    for path in &config.dirs {
        let prepared = match lock_and_identify(shared, path, config)? {
            Ok((id, lock)) => list_dir(shared, path, id, lock, report),
            Err(error) => Err(error),
        };
        match prepared {
            Ok(dir) => ready.push(dir),
            Err(error) => {
                tracing::error!(dir = %path.display(), %error, "log directory cannot be used");
                unusable.push(DirectoryOffline { dir: path.as_path().into(), reason: error.to_string().into() });
            }
        }
    }
    for (at, one) in ready.iter().enumerate() {
        if let Some(other) = ready[..at].iter().find(|other| other.dir.id() == one.dir.id()) {
            return Err(ManagerError::SameId(other.dir.path().to_owned(), one.dir.path().to_owned()));
        }
    }
    match (ready.is_empty(), unusable.first()) {
        (true, Some(first)) => Err(ManagerError::AllOffline(first.clone())),
        (true, None) => Err(ManagerError::NoDirectories),
        _ => Ok((ready, unusable)),
    }
}

type Identified = (Uuid, Box<dyn PathLock>);

/// Locks a directory and sees that it is ours. The outer error stops the broker, the inner one only this directory.
fn lock_and_identify(
    shared: &Shared,
    path: &Path,
    config: &ManagerConfig,
) -> Result<Result<Identified, FileError>, ManagerError> {
    let disk = &*shared.env.disk;
    let lock = match disk.create_dir_all(path).and_then(|()| disk.lock(&path.join(LOCK_FILE))) {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(ManagerError::InUse(path.to_owned())),
        Err(error) => return Ok(Err(FileError::new(path, error))),
    };
    let found = match read_meta(disk, path) {
        Ok(found) => found,
        Err(SmallFileError::File(error)) => return Ok(Err(error)),
        Err(error) => return Err(ManagerError::Meta(error)),
    };
    if let Some(meta) = &found
        && (meta.cluster_id != config.cluster_id || meta.node_id != config.node_id)
    {
        return Err(ManagerError::Foreign {
            dir: path.to_owned(),
            found: format!("node {} of cluster {}", meta.node_id, meta.cluster_id),
            expected: format!("node {} of cluster {}", config.node_id, config.cluster_id),
        });
    }
    if let Some(id) = found.and_then(|meta| meta.directory_id) {
        return Ok(Ok((id, lock)));
    }
    let id = new_directory_id(shared);
    let meta =
        MetaProperties { cluster_id: config.cluster_id.clone(), node_id: config.node_id, directory_id: Some(id) };
    Ok(write_meta(disk, path, &meta).map(|()| (id, lock)))
}

/// A random identity. The first hundred are reserved, and one that begins with a dash looks like an option in scripts.
fn new_directory_id(shared: &Shared) -> Uuid {
    loop {
        let id = shared.env.random.uuid();
        if id.as_u128() >= 100 && !esker_model::TopicId(id).to_string().starts_with('-') {
            return id;
        }
    }
}

fn list_dir(
    shared: &Arc<Shared>,
    path: &Path,
    id: Uuid,
    lock: Box<dyn PathLock>,
    report: &mut LoadReport,
) -> Result<ReadyDir, FileError> {
    let disk = &*shared.env.disk;
    let broker_epoch = take_clean_shutdown(disk, path)?;
    report.clean.extend(broker_epoch.map(|epoch| (path.to_owned(), epoch)));
    let entries = disk.list_described(path, &|_| false).map_err(|error| FileError::new(path, error))?;
    let (mut partitions, mut deleted) = (Vec::new(), Vec::new());
    for entry in entries.into_iter().filter(|entry| entry.is_dir) {
        match DirKind::of(&entry.name) {
            DirKind::Partition(partition) if &*partition.topic != METADATA_TOPIC => partitions.push(partition),
            DirKind::Deleted => deleted.push(path.join(entry.name)),
            DirKind::Stray => tracing::warn!(dir = %path.display(), name = entry.name, "stray partition is left alone"),
            DirKind::Future => {
                tracing::warn!(dir = %path.display(), name = entry.name, "unfinished move is left alone")
            }
            DirKind::Partition(_) | DirKind::Other => {}
        }
    }
    let checkpoints = read_checkpoints(disk, path, partitions.is_empty())?;
    let clean = broker_epoch.is_some();
    let remember = |partition: TopicPartition| {
        let recovery_point = checkpoints.recovery.as_ref().map(|points| points.get(&partition).copied().unwrap_or(0));
        let remembered = Remembered {
            clean,
            recovery_point,
            log_start: checkpoints.log_start.get(&partition).copied(),
            high_watermark: checkpoints.high_watermark.get(&partition).copied(),
        };
        let path = path.join(partition.to_string());
        (partition, path, remembered)
    };
    let partitions = partitions.into_iter().map(remember).collect();
    let dir = LogDir::new(path, id, Arc::clone(shared), checkpoints, Some(lock));
    deleted.into_iter().for_each(|path| dir.throw_away(path, true, 0));
    Ok(ReadyDir { dir, clean, partitions })
}

/// Reads the checkpoints. A directory without partitions begins with an empty one of recovery points, so that from then on its absence
/// means that it was lost.
fn read_checkpoints(disk: &dyn Disk, path: &Path, is_new: bool) -> Result<Checkpoints, FileError> {
    let read = |name: &str| -> Result<Option<OffsetsByPartition>, FileError> {
        match read_offsets(disk, &path.join(name)) {
            Ok(offsets) => Ok(offsets),
            Err(SmallFileError::File(error)) => Err(error),
            Err(SmallFileError::Format(error)) => {
                tracing::error!(%error, "checkpoint is ignored");
                Ok(None)
            }
        }
    };
    let mut recovery = read(RECOVERY_CHECKPOINT)?;
    if recovery.is_none() && is_new {
        let empty = OffsetsByPartition::new();
        crate::checkpoint::write_offsets(disk, &path.join(RECOVERY_CHECKPOINT), &empty)?;
        recovery = Some(empty);
    }
    Ok(Checkpoints {
        recovery,
        log_start: read(LOG_START_CHECKPOINT)?.unwrap_or_default(),
        high_watermark: read(HIGH_WATERMARK_CHECKPOINT)?.unwrap_or_default(),
        cleaner: read(CLEANER_CHECKPOINT)?.unwrap_or_default(),
    })
}

fn load_all(
    ready: &[ReadyDir],
    config: &ManagerConfig,
    config_of: &(dyn Fn(&str) -> Arc<LogConfig> + Sync),
    report: &mut LoadReport,
) -> Result<HashMap<TopicPartition, Place>, ManagerError> {
    let jobs: Vec<_> =
        ready.iter().flat_map(|ready| ready.partitions.iter().map(move |found| (ready, found))).collect();
    let threads = config.recovery_threads_per_dir.saturating_mul(ready.len());
    let opened = esker_env::parallel(threads, jobs, |(ready, (partition, path, remembered))| {
        let log = open_log(&ready.dir, partition, path, config_of(&partition.topic), *remembered);
        (partition.clone(), Arc::clone(&ready.dir), path.clone(), log)
    });
    let mut places: HashMap<TopicPartition, Place> = HashMap::with_capacity(opened.len());
    for (partition, dir, path, log) in opened {
        let place = match log {
            Ok(log) => Place::Live(log),
            Err(error) => {
                tracing::error!(%partition, %error, "partition is offline");
                let error = Arc::new(error);
                report.broken.push((partition.clone(), Arc::clone(&error)));
                LogMetrics::add(&dir.shared().metrics.damaged, 1);
                Place::Broken { dir, path, error }
            }
        };
        report.opened += usize::from(matches!(place, Place::Live(_)));
        let path = LogManager::disk_path_of(&place).1.to_owned();
        if let Some(other) = places.insert(partition.clone(), place) {
            let first = LogManager::disk_path_of(&other).1.to_owned();
            return Err(ManagerError::Twice { partition, first, second: path });
        }
    }
    let unclean = ready.iter().filter(|ready| !ready.clean && !ready.partitions.is_empty()).count();
    tracing::info!(opened = report.opened, broken = report.broken.len(), unclean_dirs = unclean, "logs opened");
    Ok(places)
}
