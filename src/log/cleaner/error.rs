//! Why a log is not compacted.

use crate::error::{FileError, StorageError};
use crate::log::ReadError;
use std::io;
use std::path::{Path, PathBuf};

/// Something in a log that compaction cannot get past. The partition is left alone from then on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} at byte {position}: {reason}", file.display())]
pub(crate) struct Unreadable {
    /// The file.
    pub(crate) file: PathBuf,
    /// Where the batch begins.
    pub(crate) position: u64,
    /// What is wrong with it.
    pub(crate) reason: String,
}

/// Why a cleaning ended without a result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CleanError {
    /// The log was cut, deleted, closed or is no longer compacted, or compaction stops.
    #[error("aborted")]
    Aborted,
    /// The log cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// It holds what cannot be compacted.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The map has no room for the keys of a single batch.
    #[error("log.cleaner.dedupe.buffer.size has no room for the keys of the batch behind offset {0}")]
    MapTooSmall(i64),
}

impl CleanError {
    /// A file that cannot be read, or has been renamed by whoever has aborted the cleaning.
    pub(crate) fn read(path: &Path, error: io::Error) -> Self {
        StorageError::File(FileError::new(path, error)).into()
    }
}

impl From<ReadError> for CleanError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Storage(error) => Self::Storage(error),
            // The log start has moved on.
            ReadError::BelowLocal(_) | ReadError::OutOfRange(_) => Self::Aborted,
            ReadError::WouldBlock => Self::read(Path::new(""), io::ErrorKind::WouldBlock.into()),
        }
    }
}
