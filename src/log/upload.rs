//! What the tier needs of a log: the next closed segment with everything that makes it readable without the log.

use crate::error::FileError;
use crate::log::{LogRead, PartitionLog, ReadError, SegmentLook};
use crate::lookup::TimestampOffset;
use crate::open::producers;
use crate::open::scan::{ScanPlan, replay_batch, scan_segment};
use crate::producer::{ProducerLimit, ProducerState};
use crate::segment::{Access, FileSlice};
use crate::txn_index::AbortedTxn;
use crate::view::LogView;
use esker_model::{EpochHistory, Offset, OffsetRange, TimestampMs};
use std::io;
use std::sync::Arc;

/// A run of whole batches up to the end of a closed segment, ready to be uploaded.
#[derive(Clone, Debug)]
pub struct UploadSegment {
    /// Offsets covered: from the one asked for to the segment's end. Begins below what was asked for where that lies inside of a batch.
    pub range: OffsetRange,
    /// Base offset of the local segment.
    pub base_offset: Offset,
    /// Its bytes.
    pub slice: FileSlice,
    /// Largest timestamp of the whole local segment, and the last offset of the batch that set it.
    pub largest_timestamp: TimestampOffset,
    /// Leader epochs up to the end.
    pub epochs: EpochHistory,
    /// The producers as of the end, in the bytes of a snapshot file.
    pub producer_snapshot: Vec<u8>,
    /// Aborted transactions that overlap it, wherever their markers are.
    pub aborted: Vec<AbortedTxn>,
}

impl PartitionLog {
    /// The part from `from` on of the closed segment that holds it; `None` where that is the active one, or where it ends above the last stable
    /// offset. Sync it ([`PartitionLog::flush_to`] its end) before its upload starts. For the disk pool.
    pub fn next_upload(&self, from: Offset) -> Result<Option<UploadSegment>, ReadError> {
        self.next_upload_part(from, i64::MIN)
    }

    /// As [`PartitionLog::next_upload`], but a segment that was closed before `closed_before_ms` and is not decided up to its end is cut at
    /// the last batch border that is: one transaction that hangs does not keep what lies before it.
    pub fn next_upload_part(
        &self,
        from: Offset,
        closed_before_ms: TimestampMs,
    ) -> Result<Option<UploadSegment>, ReadError> {
        self.part_of_segment(from, Offset::MAX, closed_before_ms)
    }

    /// What was uploaded before as `[base, end)`, where one closed segment still holds all of it; `None` where none does. For the disk pool.
    pub fn upload_again(&self, base: Offset, end: Offset) -> Result<Option<UploadSegment>, ReadError> {
        match self.part_of_segment(base, end, TimestampMs::MAX) {
            Ok(part) => Ok(part.filter(|part| part.range.end == end)),
            Err(ReadError::BelowLocal(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The batches from the one that holds `from` on, of the closed segment that holds it, up to `upper` and what is decided.
    fn part_of_segment(
        &self,
        from: Offset,
        upper: Offset,
        closed_before_ms: TimestampMs,
    ) -> Result<Option<UploadSegment>, ReadError> {
        self.check()?;
        let view = self.view();
        if from < view.bounds.local_log_start {
            return Err(ReadError::BelowLocal(view.bounds));
        }
        let Some(at) = view.segment_at(from).filter(|at| at + 1 < view.segments.len()) else { return Ok(None) };
        let (segment_end, stable) = (view.segment_end(at), view.bounds.last_stable().min(upper));
        if segment_end > stable && view.segments[at].modified_ms() >= closed_before_ms {
            return Ok(None);
        }
        let look = SegmentLook::new(self, &view, at, Access::MayBlock)?;
        let (start, position) = match look.locate(from, look.size)? {
            Some(first) => (first.header.base_offset.min(from), first.position),
            None => (from, look.size),
        };
        let (end, end_position) = match look.locate(stable, look.size)? {
            Some(undecided) if segment_end > stable => (undecided.header.base_offset, undecided.position),
            _ => (segment_end, look.size),
        };
        if end <= from {
            return Ok(None);
        }
        let len = usize::try_from(end_position.saturating_sub(position))
            .map_err(|error| look.failed(look.file_error(io::Error::other(error))))?;
        let largest_timestamp = look.largest_timestamp()?;
        let slice = FileSlice { file: Arc::clone(&look.log), position, len };
        Ok(Some(UploadSegment {
            range: OffsetRange::new(start, end),
            base_offset: view.segments[at].base_offset,
            slice,
            largest_timestamp,
            epochs: view.epochs.up_to(end),
            producer_snapshot: self.producers_as_of(&view, end)?,
            aborted: self.aborted_in(&view, start, end)?,
        }))
    }

    /// Aborted transactions of which a reader of `[from, upper)` must leave records out, by their markers' offsets. They are what the local log
    /// knows: from the segment that holds `from` on.
    pub fn aborted_transactions(&self, from: Offset, upper: Offset) -> Result<Vec<AbortedTxn>, ReadError> {
        self.check()?;
        self.aborted_in(&self.view(), from, upper)
    }

    /// As [`PartitionLog::aborted_transactions`], as of the moment of `read`. Compaction may have taken aborted records away since, and their
    /// transactions with them; the reader still has the records.
    pub fn aborted_of(&self, read: &LogRead, from: Offset, upper: Offset) -> Result<Vec<AbortedTxn>, ReadError> {
        self.aborted_in(&read.view, from, upper)
    }

    pub(crate) fn aborted_in(&self, view: &LogView, from: Offset, upper: Offset) -> Result<Vec<AbortedTxn>, ReadError> {
        let mut found = Vec::new();
        for segment in &view.segments[view.segment_at(from).unwrap_or(0)..] {
            let entries = segment.aborted(self.disk());
            for entry in entries.map_err(|error| self.small_file_failed(error))? {
                if entry.overlaps(from, upper) {
                    found.push(entry);
                }
                // Everything below was decided when this marker was written: no later one concerns the reader.
                if entry.last_stable_offset >= upper {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    /// The producers as of `end`, a segment's end: its snapshot, or one made from an older one and the log.
    fn producers_as_of(&self, view: &LogView, end: Offset) -> Result<Vec<u8>, ReadError> {
        let build = || -> io::Result<Vec<u8>> {
            // A segment's end has its own: the directory is listed only where it is not there.
            let snapshot = match producers::newest_snapshot(self.disk(), self.path(), &[end], end)? {
                Some(of_the_end) => Some(of_the_end),
                None => {
                    let offsets = producers::snapshot_offsets(self.disk(), self.path())?;
                    producers::newest_snapshot(self.disk(), self.path(), &offsets, end)?
                }
            };
            let mut state = ProducerState::new(Arc::new(ProducerLimit::new(usize::MAX)));
            let first_base = view.segments[0].base_offset;
            // Nobody expires here: the snapshot tells what the log knew.
            let from = producers::restore(&mut state, snapshot, first_base, self.env(), i64::MAX).max(first_base);
            let mut at = view.segment_at(from).unwrap_or(0);
            while from < end && at < view.segments.len() && view.segments[at].base_offset < end {
                self.replay_segment(view, at, from, end, &mut state)?;
                at += 1;
            }
            Ok(state.snapshot())
        };
        build().map_err(|error| ReadError::Storage(FileError::new(self.path(), error).into()))
    }

    /// Replays the producers of one segment's batches in `[from, end)` into `state`.
    pub(crate) fn replay_segment(
        &self,
        view: &LogView,
        at: usize,
        from: Offset,
        end: Offset,
        state: &mut ProducerState,
    ) -> io::Result<()> {
        let segment = &view.segments[at];
        let log = segment.log(self.disk(), &self.dir().shared().open_segments, Access::MayBlock);
        let log = log.map_err(io::Error::other)?;
        let plan = ScanPlan {
            base_offset: segment.base_offset,
            len: view.segment_size(at),
            index_interval: u64::MAX,
            verify_from: Offset::MAX,
            end_offset: end,
        };
        let scanned = scan_segment(&*log, &plan, |batch, walk| {
            if batch.header.base_offset >= from {
                replay_batch(state, batch, walk)?;
            }
            Ok(())
        })?;
        match scanned.bad {
            Some(reason) => Err(io::Error::new(io::ErrorKind::InvalidData, reason)),
            None => Ok(()),
        }
    }
}
