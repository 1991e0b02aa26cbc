//! Opening after a clean stop: of all segments only the last is looked into, and of that only the end.

use super::{FoundSegment, OpenError, Opened, Opening, producers};
use crate::error::FileError;
use crate::files::SegmentFile;
use crate::log::Active;
use crate::lookup::{NO_TIMESTAMP, TimestampOffset};
use crate::segment::{
    EntryFile, IndexCadence, OFFSET_ENTRY_LEN, OffsetEntry, Segment, TIME_ENTRY_LEN, TimeEntry, Walk, WalkError,
};
use esker_env::{DiskFile, OpenMode};
use esker_model::Offset;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The end of the last segment.
struct Tail {
    cadence: IndexCadence,
    next_offset: Offset,
    first_timestamp: Option<i64>,
    offset_entries: u32,
    time_entries: u32,
}

/// An index's number of entries and the last one.
struct IndexEnd<const N: usize> {
    count: u32,
    last: Option<[u8; N]>,
}

impl Opening<'_> {
    /// Opens a log without scanning; `None` where something is not as a clean stop leaves it: then it is recovered as after a crash.
    pub(super) fn open_quickly(&mut self) -> Result<Option<Opened>, OpenError> {
        let Some((&last, closed)) = self.segments.split_last() else { return Ok(None) };
        let Some(tail) = self.read_tail(&last)? else { return Ok(None) };
        let log_end = tail.next_offset;
        let recovery_point = self.remembered.recovery_point.unwrap_or(0);
        if recovery_point != log_end {
            return Ok(None);
        }
        let mut producers = self.no_producers();
        let snapshot =
            producers::newest_snapshot(self.disk, &self.path, &self.snapshots, log_end).map_err(self.at(&self.path))?;
        let none_needed = log_end == self.segments[0].base_offset;
        let known_upto =
            producers::restore(&mut producers, snapshot, log_end, &self.dir.shared().env, self.expiration_ms());
        if known_upto != log_end || (self.snapshots.is_empty() && !none_needed) {
            return Ok(None);
        }
        let now_ms = self.dir.shared().env.clock.wall_ms();
        let index = EntryFile::with_count(tail.offset_entries);
        let time_index = EntryFile::with_count(tail.time_entries);
        let path = Arc::clone(&self.path);
        let segment = Segment::active(path, last.base_offset, last.len, last.modified_ms, index, time_index);
        if last.has_txn_index {
            segment.note_txn_index();
        }
        let active = Active {
            segment: Arc::new(segment),
            log: None,
            end: last.len,
            reserved: last.len,
            cadence: tail.cadence,
            first_timestamp: tail.first_timestamp,
            created_ms: now_ms,
            jitter_ms: self.draw_jitter(),
        };
        let closed = closed.iter().map(|found| self.unopened(found)).collect();
        let epochs = self.read_epochs()?;
        Ok(Some(Opened { closed, active, producers, epochs, log_end, recovery_point, unsynced_logs: Vec::new() }))
    }

    pub(super) fn unopened(&self, found: &FoundSegment) -> Arc<Segment> {
        let segment = Segment::unopened(Arc::clone(&self.path), found.base_offset, found.len, found.modified_ms);
        if found.has_txn_index {
            segment.note_txn_index();
        }
        Arc::new(segment)
    }

    pub(super) fn draw_jitter(&self) -> i64 {
        let max = u64::try_from(self.config.segment_jitter_ms).unwrap_or(0);
        i64::try_from(self.dir.shared().env.random.below(max)).unwrap_or(0)
    }

    /// Reads the end of the last segment from its last index entry on; `None` where it does not end with a whole batch.
    fn read_tail(&self, last: &FoundSegment) -> Result<Option<Tail>, FileError> {
        let base = last.base_offset;
        let offsets = self.index_end::<OFFSET_ENTRY_LEN>(&SegmentFile::OffsetIndex.path(&self.path, base))?;
        let times = self.index_end::<TIME_ENTRY_LEN>(&SegmentFile::TimeIndex.path(&self.path, base))?;
        let (Some(offsets), Some(times)) = (offsets, times) else { return Ok(None) };
        let last_time = times.last.map(TimeEntry::parse);
        let largest =
            last_time.map_or(TimestampOffset { timestamp: NO_TIMESTAMP, offset: base }, |entry| TimestampOffset {
                timestamp: entry.timestamp,
                offset: base.saturating_add(i64::from(entry.relative_offset)),
            });
        let start = offsets.last.map_or(0, |entry| u64::from(OffsetEntry::parse(entry).position));
        let mut tail = Tail {
            cadence: IndexCadence::resumed(base, largest),
            next_offset: base,
            first_timestamp: None,
            offset_entries: offsets.count,
            time_entries: times.count,
        };
        if last.len == 0 {
            return Ok(Some(tail).filter(|tail| tail.offset_entries == 0));
        }
        let path = SegmentFile::Log.path(&self.path, base);
        let log = self.disk.open(&path, OpenMode::Read).map_err(self.at(&path))?;
        if self.walk_tail(&mut tail, &*log, start, last.len).map_err(self.at(&path))? {
            Ok(Some(tail))
        } else {
            Ok(None)
        }
    }

    /// Follows the batches from `start` to the end of the file; whether they reach it.
    fn walk_tail(&self, tail: &mut Tail, log: &dyn DiskFile, start: u64, len: u64) -> io::Result<bool> {
        if start >= len {
            return Ok(false);
        }
        match Walk::short(log, 0, len, true).next() {
            Ok(Some(first)) => {
                tail.first_timestamp = Some(first.header.max_timestamp).filter(|timestamp| *timestamp >= 0);
            }
            Err(WalkError::Io(error)) => return Err(error),
            _ => return Ok(false),
        }
        let mut walk = Walk::short(log, start, len, true);
        loop {
            match walk.next() {
                Ok(Some(batch)) => {
                    tail.cadence.resume_with(&batch);
                    tail.next_offset = batch.header.next_offset();
                }
                Ok(None) => return Ok(true),
                Err(WalkError::Io(error)) => return Err(error),
                Err(WalkError::Bad { .. }) => return Ok(false),
            }
        }
    }

    /// Number of entries of an index and its last; `None` where it is missing or not a whole number of entries.
    fn index_end<const N: usize>(&self, path: &Path) -> Result<Option<IndexEnd<N>>, FileError> {
        let file = match self.disk.open(path, OpenMode::Read) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::new(path, error)),
        };
        let len = file.len().map_err(self.at(path))?;
        let Ok(count) = u32::try_from(len / N as u64) else { return Ok(None) };
        if !len.is_multiple_of(N as u64) {
            return Ok(None);
        }
        if count == 0 {
            return Ok(Some(IndexEnd { count, last: None }));
        }
        let mut last = [0; N];
        file.read_exact_at(&mut last, len - N as u64).map_err(self.at(path))?;
        // A file that was not cut to its entries ends in zeros.
        Ok((last != [0; N]).then_some(IndexEnd { count, last: Some(last) }))
    }
}
