//! Files on their way out: renamed at once, so that no start takes them for part of a log, and removed after
//! `file.delete.delay.ms`, so that whoever still reads them can finish.

use super::LogDir;
use crate::error::{FileError, StorageError};
use crate::files::{DELETED_SUFFIX, SegmentFile};
use esker_model::{Offset, TimestampMs};
use std::io;
use std::path::{Path, PathBuf};

/// Something to be removed.
#[derive(Debug)]
pub(super) struct Trash {
    due_ms: TimestampMs,
    path: PathBuf,
    is_dir: bool,
}

impl LogDir {
    /// Renames the files of the segments of a partition, in the order given, one segment durably gone before the next: a crash in between
    /// leaves a log that is shorter at one end, never one with a hole.
    pub(crate) fn retire_files(
        &self,
        partition_dir: &Path,
        base_offsets: &[Offset],
        delay_ms: i64,
    ) -> Result<(), StorageError> {
        for &base_offset in base_offsets {
            for kind in SegmentFile::ALL {
                self.retire_file(&kind.path(partition_dir, base_offset), delay_ms)?;
            }
            let synced = self.shared.env.disk.sync_dir(partition_dir);
            synced.map_err(|error| self.fail_with(FileError::new(partition_dir, error)))?;
        }
        Ok(())
    }

    /// Renames one file, if it is there.
    pub(crate) fn retire_file(&self, path: &Path, delay_ms: i64) -> Result<(), StorageError> {
        let mut retired = path.as_os_str().to_owned();
        retired.push(DELETED_SUFFIX);
        let retired = PathBuf::from(retired);
        match self.shared.env.disk.rename(path, &retired) {
            Ok(()) => self.throw_away(retired, false, delay_ms),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(self.fail_with(FileError::new(path, error))),
        }
        Ok(())
    }

    /// Removes the files of a segment that never became part of its log.
    pub(crate) fn remove_files(&self, partition_dir: &Path, base_offset: Offset) -> Result<(), StorageError> {
        for kind in SegmentFile::ALL {
            let path = kind.path(partition_dir, base_offset);
            match self.shared.env.disk.remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(self.fail_with(FileError::new(&path, error)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Has a renamed file or directory removed when its time has come.
    pub(crate) fn throw_away(&self, path: PathBuf, is_dir: bool, delay_ms: i64) {
        let due_ms = self.shared.env.clock.wall_ms().saturating_add(delay_ms);
        self.trash.lock().push(Trash { due_ms, path, is_dir });
    }

    /// Removes what is due at `now_ms`; how many files and directories. What cannot be removed is left to the next start.
    pub fn remove_deleted(&self, now_ms: TimestampMs) -> usize {
        let due = {
            let mut trash = self.trash.lock();
            let (due, later): (Vec<_>, Vec<_>) = trash.drain(..).partition(|trash| trash.due_ms <= now_ms);
            *trash = later;
            due
        };
        let mut removed = 0;
        for trash in due {
            let disk = &self.shared.env.disk;
            let result = if trash.is_dir { disk.remove_dir_all(&trash.path) } else { disk.remove_file(&trash.path) };
            match result {
                Ok(()) => removed += 1,
                // Gone with its directory.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => tracing::warn!(path = %trash.path.display(), %error, "deleted file cannot be removed"),
            }
        }
        removed
    }

    /// Files and directories that wait to be removed.
    pub fn deleted_count(&self) -> usize {
        self.trash.lock().len()
    }
}
