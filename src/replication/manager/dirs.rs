//! The log directories: what is in them, and what their failure means.

use super::ReplicaManager;
use esker_log::PartitionLog;
use esker_model::TopicPartition;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A log in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogView {
    /// The partition.
    pub topic_partition: TopicPartition,
    /// Bytes of its segments there.
    pub size: u64,
    /// Offsets by which it is behind the high watermark.
    pub lag: i64,
    /// Whether it is being moved there.
    pub is_future: bool,
}

/// A log directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogDirView {
    /// Where it is.
    pub path: PathBuf,
    /// Why it is offline, where it is.
    pub error: Option<String>,
    /// Size of its file system; -1 where that is not known.
    pub total_bytes: i64,
    /// Room on its file system; -1 where that is not known.
    pub usable_bytes: i64,
    /// What is in it.
    pub partitions: Vec<LogView>,
}

impl ReplicaManager {
    /// All log directories, offline ones included.
    pub fn log_dirs(&self) -> Vec<LogDirView> {
        let mut by_dir: HashMap<PathBuf, Vec<LogView>> = HashMap::new();
        for log in self.logs.logs() {
            by_dir.entry(log.dir().path().to_owned()).or_default().push(view_of(&log));
        }
        let mut views: Vec<LogDirView> = Vec::new();
        for dir in self.logs.dirs() {
            let error = dir.offline().map(ToString::to_string);
            let space = if error.is_none() { dir.space().ok() } else { None };
            let bytes = |bytes: Option<u64>| bytes.map_or(-1, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
            let mut partitions = by_dir.remove(dir.path()).unwrap_or_default();
            partitions.sort_by(|one, other| one.topic_partition.cmp(&other.topic_partition));
            views.push(LogDirView {
                path: dir.path().to_owned(),
                partitions: if error.is_none() { partitions } else { Vec::new() },
                error,
                total_bytes: bytes(space.map(|space| space.total)),
                usable_bytes: bytes(space.map(|space| space.available)),
            });
        }
        for offline in self.logs.offline_dirs() {
            if !views.iter().any(|view| *view.path == *offline.dir) {
                let (path, error) = (offline.dir.to_path_buf(), Some(offline.to_string()));
                views.push(LogDirView { path, error, total_bytes: -1, usable_bytes: -1, partitions: Vec::new() });
            }
        }
        views
    }

    /// Wakes whoever waits for a partition of a directory that has gone offline.
    pub(super) async fn watch_dirs(self: Arc<Self>) {
        let (mut offline, mut stopping) = (self.logs.watch_offline_dirs(), self.stopping());
        loop {
            tokio::select! {
                changed = offline.changed() => if changed.is_err() { return },
                _ = stopping.wait_for(|stop| *stop) => return,
            }
            let failed: Vec<Arc<Path>> = self.logs.offline_dirs().into_iter().map(|dir| dir.dir).collect();
            let in_failed = |log: &PartitionLog| failed.iter().any(|dir| **dir == *log.dir().path());
            for partition in self.partitions() {
                if in_failed(partition.log()) {
                    partition.changed();
                }
            }
        }
    }
}

fn view_of(log: &PartitionLog) -> LogView {
    let bounds = log.bounds();
    LogView {
        topic_partition: log.partition().clone(),
        size: log.size(),
        lag: bounds.high_watermark.saturating_sub(bounds.log_end).max(0),
        is_future: false,
    }
}
