//! The largest timestamp of a closed segment. Retention judges by it, so what the time index says is believed only where a batch says the same.

use super::handle::{Access, Segment, SegmentError};
use super::index::TimeEntry;
use crate::lookup::{NO_TIMESTAMP, TimestampOffset};
use esker_env::{Disk, DiskFile};

impl Segment {
    /// Largest timestamp of a closed segment; the batch that set it ends at the offset. No timestamp at all is -1 at the base.
    pub(crate) fn largest_timestamp(
        &self,
        disk: &dyn Disk,
        log: &dyn DiskFile,
    ) -> Result<TimestampOffset, SegmentError> {
        if let Some(&known) = self.largest.get() {
            return Ok(known);
        }
        let mut largest = self.last_time_entry(disk, log)?;
        if !self.is_in_log(disk, log, largest)? {
            self.mistrust_index(disk, log)?;
            largest = self.last_time_entry(disk, log)?;
        }
        Ok(*self.largest.get_or_init(|| largest))
    }

    fn last_time_entry(&self, disk: &dyn Disk, log: &dyn DiskFile) -> Result<TimestampOffset, SegmentError> {
        let entries = self.time_entries(disk, log, Access::MayBlock)?;
        Ok(match entries.last().map(TimeEntry::parse) {
            Some(entry) => {
                let offset = self.base_offset + i64::from(entry.relative_offset);
                TimestampOffset { timestamp: entry.timestamp, offset }
            }
            None => TimestampOffset { timestamp: NO_TIMESTAMP, offset: self.base_offset },
        })
    }

    /// Whether the batch that holds the offset has that timestamp. Of no timestamp at all nothing is known.
    fn is_in_log(&self, disk: &dyn Disk, log: &dyn DiskFile, entry: TimestampOffset) -> Result<bool, SegmentError> {
        if entry.timestamp == NO_TIMESTAMP {
            return Ok(true);
        }
        let batch = self.locate(disk, log, entry.offset, self.size(), Access::MayBlock)?;
        Ok(batch.is_some_and(|batch| batch.header.max_timestamp == entry.timestamp))
    }
}
