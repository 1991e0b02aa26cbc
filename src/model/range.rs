//! Half-open ranges of offsets.

use crate::Offset;
use std::fmt;

/// The offsets from `start` up to, not including, `end`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OffsetRange {
    /// First offset inside.
    pub start: Offset,
    /// First offset behind.
    pub end: Offset,
}

impl OffsetRange {
    /// The range `[start, end)`.
    ///
    /// # Panics
    /// Where `end` lies before `start`.
    pub fn new(start: Offset, end: Offset) -> Self {
        assert!(start <= end, "a range cannot end at {end}, before its start {start}");
        Self { start, end }
    }

    /// How many offsets lie inside.
    pub fn len(self) -> u64 {
        self.end.abs_diff(self.start)
    }

    /// Whether nothing lies inside.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether `offset` lies inside.
    pub fn contains(self, offset: Offset) -> bool {
        self.start <= offset && offset < self.end
    }

    /// Whether the two share an offset.
    pub fn overlaps(self, other: OffsetRange) -> bool {
        self.start < other.end && other.start < self.end
    }
}

impl fmt::Display for OffsetRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.start, self.end)
    }
}

impl fmt::Debug for OffsetRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
