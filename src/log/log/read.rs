//! Reading: which bytes of which file hold the records from an offset on. Nothing is copied and no lock is taken.

use super::PartitionLog;
use crate::bounds::Bounds;
use crate::error::{FileError, SmallFileError, StorageError};
use crate::files::SegmentFile;
use crate::lookup::TimestampOffset;
use crate::segment::{Access, Entries, FileSlice, PlacedBatch, Segment, SegmentError, TIME_ENTRY_LEN};
use crate::view::LogView;
use esker_env::DiskFile;
use esker_model::Offset;
use esker_record::BatchHeader;
use std::io;
use std::sync::Arc;

/// Up to where a reader may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpTo {
    /// Everything: followers.
    LogEnd,
    /// What is replicated: consumers.
    HighWatermark,
    /// What is replicated and decided: read-committed consumers.
    LastStable,
    /// Everything below an offset, which is at most the log end.
    Offset(Offset),
}

/// What to read.
#[derive(Clone, Copy, Debug)]
pub struct ReadRequest {
    /// First offset wanted.
    pub offset: Offset,
    /// Most bytes to return.
    pub max_bytes: usize,
    /// Up to where.
    pub up_to: UpTo,
    /// Whether the first batch is returned even where it alone exceeds `max_bytes` (KIP-74).
    pub min_one_batch: bool,
    /// Whether the caller may wait for the disk.
    pub access: Access,
}

/// What there is to read.
#[derive(Clone, Debug)]
pub struct LogRead {
    /// Whole batches, the first of which holds the offset or is the next behind it; `None` where nothing is there yet, or nothing
    /// fits.
    pub slice: Option<FileSlice>,
    /// Header of the first batch.
    pub first: Option<BatchHeader>,
    /// The offset that the reader was limited to.
    pub upper: Offset,
    /// The log's offsets at the moment of reading.
    pub bounds: Bounds,
    /// The picture that was read.
    pub(crate) view: Arc<LogView>,
}

impl LogRead {
    /// Whether [`PartitionLog::aborted_of`] this read from `from` on may have to look into a file: false spares the disk pool.
    pub fn may_have_aborted(&self, from: Offset) -> bool {
        let first = self.view.segment_at(from).unwrap_or(0);
        self.view.segments[first..].iter().any(|segment| segment.has_txn_index())
    }
}

/// Why nothing can be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The disk would have to be read: ask again from the disk pool with [`Access::MayBlock`].
    #[error("the disk would have to be read")]
    WouldBlock,
    /// The records are not local but in the tier.
    #[error("offset is below the local log start {}", .0.local_log_start)]
    BelowLocal(Bounds),
    /// No record has or will get that offset here.
    #[error("offset is outside of {} to {}", .0.log_start, .0.log_end)]
    OutOfRange(Bounds),
    /// The log cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl PartitionLog {
    /// Finds the batches from an offset on: never more than one segment's, never beyond the upper bound, whole batches only.
    pub fn read(&self, request: &ReadRequest) -> Result<LogRead, ReadError> {
        self.check()?;
        let view = self.view.load();
        match self.read_in(&view, request) {
            // Its segment was deleted or cut since the picture was taken: a newer one tells.
            Err(ReadError::Storage(StorageError::File(error)))
                if error.source.kind() == io::ErrorKind::NotFound && !Arc::ptr_eq(&view, &self.view.load()) =>
            {
                self.read_in(&self.view.load(), request)
            }
            other => other,
        }
    }

    fn read_in(&self, view: &Arc<LogView>, request: &ReadRequest) -> Result<LogRead, ReadError> {
        let bounds = view.bounds;
        if request.offset < bounds.log_start || request.offset > bounds.log_end {
            return Err(ReadError::OutOfRange(bounds));
        }
        if request.offset < bounds.local_log_start {
            return Err(ReadError::BelowLocal(bounds));
        }
        let upper = match request.up_to {
            UpTo::LogEnd => bounds.log_end,
            UpTo::HighWatermark => bounds.high_watermark,
            UpTo::LastStable => bounds.last_stable(),
            UpTo::Offset(offset) => offset.min(bounds.log_end),
        };
        let mut found = LogRead { slice: None, first: None, upper, bounds, view: Arc::clone(view) };
        // A follower of a compacted log may begin behind its log start.
        let first_segment = view.segment_at(request.offset).unwrap_or(0);
        for at in first_segment..view.segments.len() {
            if request.offset >= upper || view.segments[at].base_offset >= upper {
                break;
            }
            let look = SegmentLook::new(self, view, at, request.access)?;
            let Some(first) = look.locate(request.offset, look.size)? else {
                // Compaction, or a compacted leader, may leave nothing at the end of a segment: the next one goes on.
                continue;
            };
            if let Some(len) = look.run(&first, upper, request)? {
                found.slice = Some(FileSlice { file: look.log, position: first.position, len });
                found.first = Some(first.header);
            }
            break;
        }
        Ok(found)
    }

    /// What trouble with a small file of the log means for whoever asked the log.
    pub(crate) fn small_file_failed(&self, error: SmallFileError) -> ReadError {
        match error {
            SmallFileError::File(error) => ReadError::Storage(error.into()),
            SmallFileError::Format(error) => {
                self.mark_damaged(&error.file, 0, error.reason);
                ReadError::Storage(self.check().err().unwrap_or(StorageError::Closed))
            }
        }
    }

    /// What trouble in a segment means for whoever asked the log.
    pub(crate) fn segment_failed(&self, error: SegmentError) -> StorageError {
        match error {
            SegmentError::WouldBlock => FileError::new(&self.path, io::Error::from(io::ErrorKind::WouldBlock)).into(),
            SegmentError::File(error) => error.into(),
            SegmentError::Bad { file, position, reason } => {
                self.mark_damaged(&file, position, reason);
                self.check().err().unwrap_or(StorageError::Closed)
            }
        }
    }
}

/// One segment as one reader looks at it.
pub(crate) struct SegmentLook<'a> {
    owner: &'a PartitionLog,
    segment: &'a Arc<Segment>,
    pub(crate) log: Arc<dyn DiskFile>,
    /// Bytes that belong to the reader's picture.
    pub(crate) size: u64,
    /// First offset behind the segment.
    end: Offset,
    access: Access,
}

impl<'a> SegmentLook<'a> {
    pub(crate) fn new(
        owner: &'a PartitionLog,
        view: &'a LogView,
        at: usize,
        access: Access,
    ) -> Result<Self, ReadError> {
        let segment = &view.segments[at];
        let log = segment.log(owner.disk(), &owner.dir.shared().open_segments, access);
        let log = log.map_err(|error| read_failed(owner, error))?;
        Ok(Self { owner, segment, log, size: view.segment_size(at), end: view.segment_end(at), access })
    }

    /// The first batch that ends at or behind `offset` and begins below `end`.
    pub(crate) fn locate(&self, offset: Offset, end: u64) -> Result<Option<PlacedBatch>, ReadError> {
        let found = self.segment.locate(self.owner.disk(), &*self.log, offset, end, self.access);
        match found.map_err(|error| self.failed(error))? {
            Some(PlacedBatch { header, position, .. }) if header.next_offset() > self.end => {
                let reason = format!("last offset {} in a segment that ends at {}", header.last_offset(), self.end);
                Err(self.failed(self.bad(position, reason)))
            }
            found => Ok(found),
        }
    }

    /// Largest timestamp of the segment, which is closed.
    pub(crate) fn largest_timestamp(&self) -> Result<TimestampOffset, ReadError> {
        self.segment.largest_timestamp(self.owner.disk(), &*self.log).map_err(|error| self.failed(error))
    }

    /// Its time index.
    pub(crate) fn time_entries(&self) -> Result<Entries<TIME_ENTRY_LEN>, ReadError> {
        self.segment.time_entries(self.owner.disk(), &*self.log, self.access).map_err(|error| self.failed(error))
    }

    pub(crate) fn failed(&self, error: SegmentError) -> ReadError {
        read_failed(self.owner, error)
    }

    /// A batch of this segment that makes no sense.
    pub(crate) fn bad(&self, position: u64, reason: String) -> SegmentError {
        SegmentError::Bad { file: self.segment.path(SegmentFile::Log), position, reason }
    }

    pub(crate) fn file_error(&self, error: io::Error) -> SegmentError {
        SegmentError::File(FileError::new(&self.segment.path(SegmentFile::Log), error))
    }

    /// Length of the run that begins with `first` and ends below `upper` and within the requested bytes.
    fn run(&self, first: &PlacedBatch, upper: Offset, request: &ReadRequest) -> Result<Option<usize>, ReadError> {
        let end = if upper >= self.end {
            self.size
        } else {
            self.locate(upper, self.size)?.map_or(self.size, |at| at.position)
        };
        if first.end() > end {
            return Ok(None);
        }
        let limit = first.position.saturating_add(request.max_bytes as u64);
        let border = if limit >= end {
            end
        } else {
            let border = self.segment.last_border(self.owner.disk(), &*self.log, first.position, limit, self.access);
            border.map_err(|error| self.failed(error))?
        };
        let len = if border > first.position { border - first.position } else { first.size };
        if border <= first.position && !request.min_one_batch {
            return Ok(None);
        }
        Ok(usize::try_from(len).ok())
    }
}

pub(crate) fn read_failed(owner: &PartitionLog, error: SegmentError) -> ReadError {
    match error {
        SegmentError::WouldBlock => ReadError::WouldBlock,
        other => ReadError::Storage(owner.segment_failed(other)),
    }
}
