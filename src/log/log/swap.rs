//! Putting a compacted segment in the place of those it was made of.
//!
//! | step | a crash afterwards |
//! |---|---|
//! | 1. all new files are durable as `.cleaned` | they are removed: the old segments stay |
//! | 2. the recovery point behind them is checkpointed | |
//! | 3. renamed to `.swap`, names durable | from here on the next start finishes the swap |
//! | 4. the other old segments are retired, logs first | |
//! | 5. the log gets its name, replacing the old one of the same base | |
//! | 6. its indexes get theirs | an index without `.swap` that is missing is built again |
//!
//! Recovery takes a gap between segments behind the recovery point for the end of the log, and compaction makes gaps: therefore step 2. Readers
//! that have taken their picture before go on with the old segments, whose files and entries are pinned before their names go.

use super::PartitionLog;
use crate::cleaner::{CleanError, Cleaned, cleaned_path};
use crate::error::{FileError, StorageError};
use crate::files::{SWAP_SUFFIX, SegmentFile};
use crate::segment::Segment;
use crate::view::LogView;
use esker_model::Offset;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl PartitionLog {
    /// What an error means that compaction met with a file of its own: a full disk is waited out, everything else ends the directory.
    pub(crate) fn clean_failed(&self, path: &Path, error: io::Error) -> CleanError {
        // A log that was deleted meanwhile has no directory any more.
        match self.check() {
            Err(error) => error.into(),
            Ok(()) => self.write_failed(path, error).into(),
        }
    }

    /// Removes what a compaction that was given up has written of the segment at `base_offset`.
    pub(crate) fn remove_cleaned(&self, base_offset: Offset) {
        for kind in SegmentFile::ALL {
            let path = cleaned_path(self, kind, base_offset);
            match self.disk().remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(path = %path.display(), %error, "unfinished compacted file cannot be removed");
                }
                _ => {}
            }
        }
    }

    /// Makes everything below `end` durable and lets the next start know.
    pub(crate) fn settle_below(&self, end: Offset) -> Result<(), StorageError> {
        if self.recovery_point() < end {
            self.flush()?;
        }
        self.dir.checkpoint_recovery_points()
    }

    /// Replaces `old`, neighbours of which none is active, by a segment whose files are durable. The caller has begun a cleaning.
    pub(crate) fn swap_in(&self, new: &Cleaned, old: &[Arc<Segment>]) -> Result<(), CleanError> {
        let _in_order = self.retiring.lock();
        self.check()?;
        let Some(_) = position_of(&self.view.load(), old) else { return Err(CleanError::Aborted) };
        for segment in old {
            let pinned = segment.pin(self.disk(), &self.dir.shared().open_segments);
            pinned.map_err(|error| self.segment_failed(error))?;
        }
        self.commit_swap(new)?;
        self.retire_replaced(new, old)?;
        self.name_swapped(new, |kind| kind == SegmentFile::Log)?;
        self.name_swapped(new, |kind| kind != SegmentFile::Log)?;
        self.publish_swap(new, old)
    }

    fn swap_path(&self, kind: SegmentFile, base_offset: Offset) -> PathBuf {
        self.path.join(kind.name(base_offset) + SWAP_SUFFIX)
    }

    /// Step 3. The names `.cleaned` are made durable first, so that no part of the new segment can be missing unnoticed.
    fn commit_swap(&self, new: &Cleaned) -> Result<(), StorageError> {
        self.sync_swap_names()?;
        for kind in new.kinds() {
            let (from, to) = (cleaned_path(self, kind, new.base_offset), self.swap_path(kind, new.base_offset));
            self.rename_or_fail(&from, &to)?;
        }
        self.sync_swap_names()
    }

    /// Step 4. A log goes before its transaction index: without the index its aborted records would be seen.
    fn retire_replaced(&self, new: &Cleaned, old: &[Arc<Segment>]) -> Result<(), StorageError> {
        let delay_ms = self.config.load().file_delete_delay_ms;
        let replaced = || old.iter().filter(|segment| segment.base_offset != new.base_offset);
        for segment in replaced() {
            self.dir.retire_file(&segment.path(SegmentFile::Log), delay_ms)?;
        }
        if old.len() > 1 {
            self.sync_swap_names()?;
        }
        for segment in replaced() {
            for kind in SegmentFile::ALL {
                self.dir.retire_file(&segment.path(kind), delay_ms)?;
            }
        }
        if !new.has_txn_index {
            self.dir.retire_file(&SegmentFile::TxnIndex.path(&self.path, new.base_offset), delay_ms)?;
        }
        self.sync_swap_names()
    }

    /// Steps 5 and 6.
    fn name_swapped(&self, new: &Cleaned, chosen: impl Fn(SegmentFile) -> bool) -> Result<(), StorageError> {
        for kind in new.kinds().filter(|kind| chosen(*kind)) {
            self.rename_or_fail(&self.swap_path(kind, new.base_offset), &kind.path(&self.path, new.base_offset))?;
        }
        self.sync_swap_names()
    }

    fn publish_swap(&self, new: &Cleaned, old: &[Arc<Segment>]) -> Result<(), CleanError> {
        let segment = Segment::unopened(Arc::clone(&self.path), new.base_offset, new.size, new.modified_ms);
        segment.seal(new.largest);
        if new.has_txn_index {
            segment.note_txn_index();
        }
        let writer = self.writer.lock();
        let Some(at) = position_of(&self.view.load(), old) else {
            // Nobody else takes segments away while their order is held: the picture and the files would part.
            let offline = self.dir.fail("segments vanished while they were replaced by a compacted one");
            return Err(StorageError::from(offline).into());
        };
        self.publish(&writer, |view| {
            let mut segments = view.segments.as_ref().clone();
            segments.splice(at..at + old.len(), [Arc::new(segment)]);
            view.segments = Arc::new(segments);
        });
        Ok(())
    }

    fn rename_or_fail(&self, from: &Path, to: &Path) -> Result<(), StorageError> {
        let renamed = self.disk().rename(from, to);
        renamed.map_err(|error| self.dir.fail_with(FileError::new(from, error)))
    }

    fn sync_swap_names(&self) -> Result<(), StorageError> {
        let synced = self.disk().sync_dir(&self.path);
        synced.map_err(|error| self.dir.fail_with(FileError::new(&self.path, error)))
    }
}

/// Where `old` stands in a picture, whole and in order, with the active segment behind it.
fn position_of(view: &LogView, old: &[Arc<Segment>]) -> Option<usize> {
    let first = old.first()?;
    let at = view.segments.iter().position(|segment| Arc::ptr_eq(segment, first))?;
    let found = view.segments.get(at..at + old.len())?;
    let same = found.iter().zip(old).all(|(found, old)| Arc::ptr_eq(found, old));
    (same && at + old.len() < view.segments.len()).then_some(at)
}
