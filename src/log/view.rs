//! What readers see of a log: one immutable picture, replaced as a whole.

use crate::bounds::Bounds;
use crate::lookup::TimestampOffset;
use crate::segment::Segment;
use esker_model::{EpochHistory, Offset, TimestampMs};
use std::sync::Arc;

/// A log at one moment.
#[derive(Clone, Debug)]
pub(crate) struct LogView {
    /// All segments, oldest first; the last is the active one. Never empty.
    pub(crate) segments: Arc<Vec<Arc<Segment>>>,
    /// Where each leader epoch began.
    pub(crate) epochs: Arc<EpochHistory>,
    pub(crate) bounds: Bounds,
    /// Where the active segment ends, in step with the log end.
    pub(crate) end_position: u64,
    /// Largest timestamp in the active segment; -1 where none has one.
    pub(crate) active_largest: TimestampOffset,
}

impl LogView {
    /// Index of the segment that `offset` belongs to; `None` below the first.
    pub(crate) fn segment_at(&self, offset: Offset) -> Option<usize> {
        self.segments.partition_point(|segment| segment.base_offset <= offset).checked_sub(1)
    }

    /// First offset behind the segment at `at`.
    pub(crate) fn segment_end(&self, at: usize) -> Offset {
        self.segments.get(at + 1).map_or(self.bounds.log_end, |next| next.base_offset)
    }

    /// Bytes of the segment at `at` that belong to this picture.
    pub(crate) fn segment_size(&self, at: usize) -> u64 {
        if at + 1 == self.segments.len() { self.end_position } else { self.segments[at].size() }
    }

    /// Bytes of the segments that begin at or behind `offset`.
    pub(crate) fn size_from(&self, offset: Offset) -> u64 {
        let first = self.segments.partition_point(|segment| segment.base_offset < offset);
        (first..self.segments.len()).map(|at| self.segment_size(at)).sum()
    }

    /// When the closed segment that holds `offset` was written last; `None` where that is the active one.
    pub(crate) fn closed_since_ms(&self, offset: Offset) -> Option<TimestampMs> {
        let at = self.segment_at(offset).filter(|at| at + 1 < self.segments.len())?;
        Some(self.segments[at].modified_ms())
    }

    /// Bytes of all local segments.
    pub(crate) fn size(&self) -> u64 {
        (0..self.segments.len()).map(|at| self.segment_size(at)).sum()
    }
}
