//! One segment: a run of batches in a `.log` file with its sparse indexes.

mod budget;
mod cadence;
#[cfg(test)]
mod cadence_test;
mod entry_file;
#[cfg(test)]
mod entry_file_test;
mod handle;
mod index;
mod largest;
mod locate;
mod pin;
mod slice;
mod walk;
#[cfg(test)]
mod walk_test;

pub(crate) use budget::OpenSegments;
pub(crate) use cadence::IndexCadence;
pub(crate) use entry_file::{Entries, EntryFile};
pub use handle::Access;
pub(crate) use handle::{Segment, SegmentError};
pub(crate) use index::{OFFSET_ENTRY_LEN, OffsetEntry, TIME_ENTRY_LEN, TimeEntry};
pub use slice::{FileSlice, SliceError};
pub(crate) use walk::{PlacedBatch, Walk, WalkError};
