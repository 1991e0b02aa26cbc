//! What can go wrong with storage, one struct per fact.

use esker_model::TopicPartition;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A log directory that was given up: a sync or a write in it failed. Nothing is appended there until a restart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("log directory {} is offline: {reason}", dir.display())]
pub struct DirectoryOffline {
    /// The directory.
    pub dir: Arc<Path>,
    /// The error that ended it.
    pub reason: Arc<str>,
}

/// Bytes that were durable once and are not what they were. The partition is offline; nothing of it is deleted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{partition} is damaged: {} at byte {position}: {reason}", file.display())]
pub struct Damage {
    /// The partition.
    pub partition: TopicPartition,
    /// The damaged file.
    pub file: PathBuf,
    /// Where the first bad batch begins.
    pub position: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// An I/O error with the file it happened to.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct FileError {
    /// The file or directory.
    pub path: Arc<Path>,
    /// The system's answer.
    #[source]
    pub source: Arc<io::Error>,
}

impl FileError {
    /// The error `source` at `path`.
    pub fn new(path: &Path, source: io::Error) -> Self {
        Self { path: path.into(), source: Arc::new(source) }
    }

    /// Whether the disk has no room left.
    pub fn is_full(&self) -> bool {
        matches!(self.source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}

/// Why a log cannot be changed or read now.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StorageError {
    /// The log's directory is offline.
    #[error(transparent)]
    Offline(#[from] DirectoryOffline),
    /// The log is damaged.
    #[error(transparent)]
    Damaged(#[from] Arc<Damage>),
    /// The disk is full. Nothing was appended; the log goes on when there is room.
    #[error("no room left: {0}")]
    Full(FileError),
    /// So little room is left that clients' records are refused. Nothing was appended; the log goes on when there is room.
    #[error("log directory {} has too little room left for more records", dir.display())]
    NearlyFull {
        /// The directory.
        dir: Arc<Path>,
    },
    /// A file could not be read or opened.
    #[error(transparent)]
    File(#[from] FileError),
    /// The log was closed or its topic deleted.
    #[error("the log is closed")]
    Closed,
}

/// A file of ours whose content cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", file.display())]
pub struct FormatError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

impl FormatError {
    pub(crate) fn new(file: &Path, reason: impl fmt::Display) -> Self {
        Self { file: file.to_owned(), reason: reason.to_string() }
    }
}

/// Why a small file could not be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SmallFileError {
    /// It could not be read at all.
    #[error(transparent)]
    File(#[from] FileError),
    /// Its content makes no sense.
    #[error(transparent)]
    Format(#[from] FormatError),
}
