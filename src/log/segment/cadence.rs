//! The sparse indexes of a segment, from its batches: the same entries whether the batches are appended or found.

use super::index::{OffsetEntry, TimeEntry, relative};
use super::walk::PlacedBatch;
use crate::lookup::{NO_TIMESTAMP, TimestampOffset};
use esker_model::{Offset, TimestampMs};

/// Decides which batches get entries.
///
/// An entry is due when more than the interval's bytes lie behind the last one, before the batch at hand is counted: the
/// first batch of a segment never gets one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IndexCadence {
    base_offset: Offset,
    bytes_since_entry: u64,
    /// Largest timestamp so far and the last offset of the batch that set it.
    largest: TimestampOffset,
    /// Timestamp of the last time entry.
    last_time_entry: TimestampMs,
}

impl IndexCadence {
    /// The cadence at the start of a segment.
    pub(crate) fn new(base_offset: Offset) -> Self {
        let largest = TimestampOffset { timestamp: NO_TIMESTAMP, offset: base_offset };
        Self { base_offset, bytes_since_entry: 0, largest, last_time_entry: NO_TIMESTAMP }
    }

    /// The cadence behind the last entry of indexes that were kept: `largest` is the last time entry. The batches from the last offset
    /// entry on follow through [`IndexCadence::resume_with`].
    pub(crate) fn resumed(base_offset: Offset, largest: TimestampOffset) -> Self {
        Self { base_offset, bytes_since_entry: 0, largest, last_time_entry: largest.timestamp }
    }

    /// Takes a batch in that the indexes know of.
    pub(crate) fn resume_with(&mut self, batch: &PlacedBatch) {
        if batch.header.max_timestamp > self.largest.timestamp {
            self.largest =
                TimestampOffset { timestamp: batch.header.max_timestamp, offset: batch.header.last_offset() };
        }
        self.bytes_since_entry = self.bytes_since_entry.saturating_add(batch.size);
    }

    /// Largest timestamp so far.
    pub(crate) fn largest(&self) -> TimestampOffset {
        self.largest
    }

    /// Takes the next batch in: what to append to the offset index and to the time index.
    pub(crate) fn take(&mut self, batch: &PlacedBatch, interval: u64) -> (Option<OffsetEntry>, Option<TimeEntry>) {
        let last_offset = batch.header.last_offset();
        if batch.header.max_timestamp > self.largest.timestamp {
            self.largest = TimestampOffset { timestamp: batch.header.max_timestamp, offset: last_offset };
        }
        let mut entries = (None, None);
        if self.bytes_since_entry > interval {
            let position = u32::try_from(batch.position).ok();
            entries.0 = relative(self.base_offset, last_offset)
                .zip(position)
                .map(|(relative_offset, position)| OffsetEntry { relative_offset, position });
            entries.1 = self.time_entry();
            self.bytes_since_entry = 0;
        }
        self.bytes_since_entry = self.bytes_since_entry.saturating_add(batch.size);
        entries
    }

    /// As [`IndexCadence::take`] where the entries that it gave could not be written: the next batch gets them.
    pub(crate) fn owe_entries(&mut self, before: IndexCadence, batch: &PlacedBatch) {
        let largest = self.largest;
        *self = before;
        self.largest = largest;
        self.bytes_since_entry = self.bytes_since_entry.saturating_add(batch.size);
    }

    /// The time entry that is due now: at an offset entry, and when the segment is closed. `None` where the last one says as much.
    pub(crate) fn time_entry(&mut self) -> Option<TimeEntry> {
        if self.largest.timestamp <= self.last_time_entry {
            return None;
        }
        let relative_offset = relative(self.base_offset, self.largest.offset)?;
        self.last_time_entry = self.largest.timestamp;
        Some(TimeEntry { timestamp: self.largest.timestamp, relative_offset })
    }
}
