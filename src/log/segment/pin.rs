//! Keeping a replaced segment readable: a compacted one gets the names of its files, and readers of an older picture still need them.

use super::budget::OpenSegments;
use super::handle::{Access, Segment, SegmentError};
use crate::error::SmallFileError;
use crate::files::SegmentFile;
use crate::txn_index::{self, AbortedTxn};
use esker_env::Disk;
use std::sync::Arc;

/// What a replaced segment keeps of files that have lost their names.
#[derive(Debug)]
pub(super) struct Pinned {
    aborted: Vec<AbortedTxn>,
}

impl Segment {
    /// Opens everything and keeps it open, because another segment is about to get the names of the files.
    pub(crate) fn pin(self: &Arc<Self>, disk: &dyn Disk, budget: &OpenSegments) -> Result<(), SegmentError> {
        let log = self.log(disk, budget, Access::MayBlock)?;
        let _one_at_a_time = self.opening.lock();
        if self.pinned.get().is_some() {
            return Ok(());
        }
        self.share_log(Arc::clone(&log));
        self.open_offset_entries(disk, &*log)?;
        self.open_time_entries(disk, &*log)?;
        let aborted = self.read_aborted(disk)?;
        // Set once: the lock is held.
        let _ = self.pinned.set(Pinned { aborted });
        Ok(())
    }

    /// The transactions whose abort markers lie in it.
    pub(crate) fn aborted(&self, disk: &dyn Disk) -> Result<Vec<AbortedTxn>, SmallFileError> {
        if !self.has_txn_index() {
            return Ok(Vec::new());
        }
        let _one_at_a_time = self.opening.lock();
        match self.pinned.get() {
            Some(pinned) => Ok(pinned.aborted.clone()),
            None => txn_index::read(disk, &self.path(SegmentFile::TxnIndex)),
        }
    }

    fn read_aborted(&self, disk: &dyn Disk) -> Result<Vec<AbortedTxn>, SegmentError> {
        if !self.has_txn_index() {
            return Ok(Vec::new());
        }
        txn_index::read(disk, &self.path(SegmentFile::TxnIndex)).map_err(|error| match error {
            SmallFileError::File(error) => error.into(),
            SmallFileError::Format(error) => SegmentError::Bad { file: error.file, position: 0, reason: error.reason },
        })
    }
}
