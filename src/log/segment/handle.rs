//! A segment as readers share it: where its files are, how much of them counts, and what of them is open.

use super::budget::OpenSegments;
use super::cadence::IndexCadence;
use super::entry_file::{Entries, EntryFile};
use super::index::{OFFSET_ENTRY_LEN, OffsetEntry, TIME_ENTRY_LEN, TimeEntry};
use super::index::{check_offset_entries, check_time_entries};
use super::pin::Pinned;
use super::walk::{Walk, WalkError};
use crate::error::FileError;
use crate::files::SegmentFile;
use crate::lookup::TimestampOffset;
use arc_swap::ArcSwapOption;
use esker_env::{Disk, DiskFile, OpenMode};
use esker_model::Offset;
use parking_lot::Mutex;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Whether a caller may wait for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only what is open and in the page cache: for the network threads.
    Cached,
    /// Whatever it takes: for the disk pool.
    MayBlock,
}

/// Why a segment cannot be looked into.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SegmentError {
    /// It would take the disk, and the caller may not wait.
    #[error("the disk would have to be read")]
    WouldBlock,
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The log holds something that is not a batch.
    #[error("{} at byte {position}: {reason}", file.display())]
    Bad {
        /// The log file.
        file: PathBuf,
        /// Where.
        position: u64,
        /// What.
        reason: String,
    },
}

/// The open log file of a segment.
#[derive(Debug)]
struct OpenLog(Arc<dyn DiskFile>);

/// One segment.
#[derive(Debug)]
pub(crate) struct Segment {
    /// Offset in its files' names; no batch in it begins below.
    pub(crate) base_offset: Offset,
    dir: Arc<Path>,
    /// Bytes of whole batches that readers may see. Grows with appends and is final once the segment is closed.
    size: AtomicU64,
    /// Wall time of the last write known, milliseconds.
    modified_ms: AtomicI64,
    /// Whether the writer still appends here: then the log file stays open and the index files keep their full length.
    active: AtomicBool,
    log: ArcSwapOption<OpenLog>,
    pub(crate) index: EntryFile<OFFSET_ENTRY_LEN>,
    pub(crate) time_index: EntryFile<TIME_ENTRY_LEN>,
    /// Of a closed segment, once asked for: largest timestamp and the last offset of the batch that set it.
    pub(super) largest: OnceLock<TimestampOffset>,
    /// Whether it has a transaction index.
    has_txn_index: AtomicBool,
    /// Whether it was used since the budget last looked.
    used: AtomicBool,
    /// Held while files are opened or closed by name, and while damaged indexes are built again.
    pub(super) opening: Mutex<()>,
    /// Set before the names of its files go to a compacted segment: what was open by then stays open for as long as the segment is used.
    pub(super) pinned: OnceLock<Pinned>,
}

impl Segment {
    /// A closed segment of which only the listing is known.
    pub(crate) fn unopened(dir: Arc<Path>, base_offset: Offset, size: u64, modified_ms: i64) -> Self {
        Self::with_indexes(dir, base_offset, size, modified_ms, EntryFile::unopened(), EntryFile::unopened(), false)
    }

    /// A segment that is appended to.
    pub(crate) fn active(
        dir: Arc<Path>,
        base_offset: Offset,
        size: u64,
        modified_ms: i64,
        index: EntryFile<OFFSET_ENTRY_LEN>,
        time_index: EntryFile<TIME_ENTRY_LEN>,
    ) -> Self {
        Self::with_indexes(dir, base_offset, size, modified_ms, index, time_index, true)
    }

    fn with_indexes(
        dir: Arc<Path>,
        base_offset: Offset,
        size: u64,
        modified_ms: i64,
        index: EntryFile<OFFSET_ENTRY_LEN>,
        time_index: EntryFile<TIME_ENTRY_LEN>,
        active: bool,
    ) -> Self {
        Self {
            base_offset,
            dir,
            size: AtomicU64::new(size),
            modified_ms: AtomicI64::new(modified_ms),
            active: AtomicBool::new(active),
            log: ArcSwapOption::empty(),
            index,
            time_index,
            largest: OnceLock::new(),
            has_txn_index: AtomicBool::new(false),
            used: AtomicBool::new(false),
            opening: Mutex::new(()),
            pinned: OnceLock::new(),
        }
    }

    /// Bytes of whole batches.
    pub(crate) fn size(&self) -> u64 {
        self.size.load(Ordering::Acquire)
    }

    /// Publishes that the log ends at `size`, written at `now_ms`.
    pub(crate) fn set_size(&self, size: u64, now_ms: i64) {
        self.size.store(size, Ordering::Release);
        self.modified_ms.store(now_ms, Ordering::Relaxed);
    }

    /// Whether transactions were aborted in it.
    pub(crate) fn has_txn_index(&self) -> bool {
        self.has_txn_index.load(Ordering::Acquire)
    }

    /// Notes that it has a transaction index.
    pub(crate) fn note_txn_index(&self) {
        self.has_txn_index.store(true, Ordering::Release);
    }

    /// Wall time of the last write known, milliseconds.
    pub(crate) fn modified_ms(&self) -> i64 {
        self.modified_ms.load(Ordering::Relaxed)
    }

    /// The path of one of its files.
    pub(crate) fn path(&self, kind: SegmentFile) -> PathBuf {
        kind.path(&self.dir, self.base_offset)
    }

    /// Shows readers the writer's handle of the log file.
    pub(crate) fn share_log(&self, log: Arc<dyn DiskFile>) {
        self.log.store(Some(Arc::new(OpenLog(log))));
    }

    /// Marks the segment as closed: nothing is appended any more, `largest` is final.
    pub(crate) fn seal(&self, largest: TimestampOffset) {
        // Set once: a segment is closed once, and asking for the value of an active one never fills it.
        let _ = self.largest.set(largest);
        self.active.store(false, Ordering::Release);
    }

    /// Closes files and maps that nobody is using, unless the segment was used since the last call or is appended to; false then.
    pub(super) fn close_unless_used(&self) -> bool {
        if self.active.load(Ordering::Acquire) || self.used.swap(false, Ordering::Relaxed) {
            return false;
        }
        self.close();
        true
    }

    /// Closes files and maps. Readers that hold them keep them.
    pub(crate) fn close(&self) {
        let _one_at_a_time = self.opening.lock();
        if self.pinned.get().is_none() {
            self.log.store(None);
            self.index.unmap();
            self.time_index.unmap();
        }
    }

    /// The log file, opened if that is allowed.
    pub(crate) fn log(
        self: &Arc<Self>,
        disk: &dyn Disk,
        budget: &OpenSegments,
        access: Access,
    ) -> Result<Arc<dyn DiskFile>, SegmentError> {
        self.used.store(true, Ordering::Relaxed);
        if let Some(open) = &*self.log.load() {
            return Ok(Arc::clone(&open.0));
        }
        if access == Access::Cached {
            return Err(SegmentError::WouldBlock);
        }
        let log = {
            let _one_at_a_time = self.opening.lock();
            if let Some(open) = &*self.log.load() {
                return Ok(Arc::clone(&open.0));
            }
            let path = self.path(SegmentFile::Log);
            let log = disk.open(&path, OpenMode::Read).map_err(|error| FileError::new(&path, error))?;
            self.share_log(Arc::clone(&log));
            log
        };
        budget.admit(self);
        Ok(log)
    }

    /// The offset index. Of a closed segment it is checked when first opened, and built again where it is damaged or gone.
    pub(super) fn offset_entries(
        &self,
        disk: &dyn Disk,
        log: &dyn DiskFile,
        access: Access,
    ) -> Result<Entries<OFFSET_ENTRY_LEN>, SegmentError> {
        if let Some(entries) = self.index.entries() {
            return Ok(entries);
        }
        if access == Access::Cached {
            return Err(SegmentError::WouldBlock);
        }
        let _one_at_a_time = self.opening.lock();
        self.open_offset_entries(disk, log)
    }

    /// Called with `opening` held.
    pub(super) fn open_offset_entries(
        &self,
        disk: &dyn Disk,
        log: &dyn DiskFile,
    ) -> Result<Entries<OFFSET_ENTRY_LEN>, SegmentError> {
        let path = self.path(SegmentFile::OffsetIndex);
        let open = || self.index.open(disk, &path, |bytes| check_offset_entries(bytes, self.size()));
        self.open_or_repair(disk, log, &path, open)
    }

    /// The time index, as [`Segment::offset_entries`].
    pub(crate) fn time_entries(
        &self,
        disk: &dyn Disk,
        log: &dyn DiskFile,
        access: Access,
    ) -> Result<Entries<TIME_ENTRY_LEN>, SegmentError> {
        if let Some(entries) = self.time_index.entries() {
            return Ok(entries);
        }
        if access == Access::Cached {
            return Err(SegmentError::WouldBlock);
        }
        let _one_at_a_time = self.opening.lock();
        self.open_time_entries(disk, log)
    }

    /// Called with `opening` held.
    pub(super) fn open_time_entries(
        &self,
        disk: &dyn Disk,
        log: &dyn DiskFile,
    ) -> Result<Entries<TIME_ENTRY_LEN>, SegmentError> {
        let path = self.path(SegmentFile::TimeIndex);
        self.open_or_repair(disk, log, &path, || self.time_index.open(disk, &path, check_time_entries))
    }

    fn open_or_repair<const N: usize>(
        &self,
        disk: &dyn Disk,
        log: &dyn DiskFile,
        path: &Path,
        open: impl Fn() -> io::Result<Option<Entries<N>>>,
    ) -> Result<Entries<N>, SegmentError> {
        let failed = |error| SegmentError::File(FileError::new(path, error));
        if let Some(entries) = open().map_err(failed)? {
            return Ok(entries);
        }
        if self.active.load(Ordering::Acquire) {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidData, "an index is shorter than its entries")));
        }
        tracing::warn!(index = %path.display(), "damaged or missing index is built again");
        self.rebuild_indexes(disk, log)?;
        let gone = || failed(io::Error::other("an index that was just built is gone"));
        open().map_err(failed)?.ok_or_else(gone)
    }

    /// The index has led astray: it is built again. That of a segment which is appended to stays as it is until the segment is closed.
    pub(super) fn mistrust_index(&self, disk: &dyn Disk, log: &dyn DiskFile) -> Result<(), SegmentError> {
        let path = self.path(SegmentFile::OffsetIndex);
        tracing::warn!(index = %path.display(), "an index does not fit its log");
        let _one_at_a_time = self.opening.lock();
        if self.active.load(Ordering::Acquire) || self.pinned.get().is_some() {
            return Ok(());
        }
        self.index.forget();
        self.time_index.forget();
        self.rebuild_indexes(disk, log)
    }

    /// Writes both indexes again from the log's headers. For closed segments.
    fn rebuild_indexes(&self, disk: &dyn Disk, log: &dyn DiskFile) -> Result<(), SegmentError> {
        const INTERVAL: u64 = 4096;
        let mut cadence = IndexCadence::new(self.base_offset);
        let (mut offsets, mut times) = (Vec::new(), Vec::new());
        let mut walk = Walk::long(log, 0, self.size());
        while let Some(batch) = walk.next().map_err(|error| self.walk_failed(error))? {
            let (offset, time) = cadence.take(&batch, INTERVAL);
            offsets.extend(offset.into_iter().flat_map(OffsetEntry::to_bytes));
            times.extend(time.into_iter().flat_map(TimeEntry::to_bytes));
        }
        times.extend(cadence.time_entry().into_iter().flat_map(TimeEntry::to_bytes));
        for (kind, bytes) in [(SegmentFile::OffsetIndex, offsets), (SegmentFile::TimeIndex, times)] {
            let path = self.path(kind);
            disk.replace_small(&path, &bytes).map_err(|error| FileError::new(&path, error))?;
        }
        Ok(())
    }

    /// Bytes of the entries of both indexes of a closed segment.
    pub(crate) fn index_bytes(&self, disk: &dyn Disk, log: &dyn DiskFile) -> Result<[u64; 2], SegmentError> {
        let offsets = self.offset_entries(disk, log, Access::MayBlock)?.len() * OFFSET_ENTRY_LEN;
        let times = self.time_entries(disk, log, Access::MayBlock)?.len() * TIME_ENTRY_LEN;
        Ok([offsets as u64, times as u64])
    }

    pub(crate) fn walk_failed(&self, error: WalkError) -> SegmentError {
        let file = self.path(SegmentFile::Log);
        match error {
            WalkError::Io(error) if error.kind() == io::ErrorKind::WouldBlock => SegmentError::WouldBlock,
            WalkError::Io(error) => SegmentError::File(FileError::new(&file, error)),
            WalkError::Bad { position, reason } => SegmentError::Bad { file, position, reason },
        }
    }
}
