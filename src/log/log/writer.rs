//! What only the writer of a log needs to know.

use super::{PartitionLog, StorageError};
use crate::config::LogConfig;
use crate::files::SegmentFile;
use crate::producer::ProducerState;
use crate::segment::{IndexCadence, OFFSET_ENTRY_LEN, OffsetEntry, PlacedBatch, Segment, TIME_ENTRY_LEN, TimeEntry};
use esker_env::{Disk, DiskFile, OpenMode};
use esker_model::{Offset, TimestampMs};
use std::io::{self, IoSlice};
use std::path::PathBuf;
use std::sync::Arc;

/// Blocks are reserved ahead of the end of the log by its own length, within these bounds.
const RESERVE_MIN: u64 = 64 << 10;
const RESERVE_MAX: u64 = 16 << 20;

/// The writer's state of a log.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) active: Active,
    pub(crate) producers: ProducerState,
    pub(crate) unsynced: Unsynced,
    /// Counts truncations: a sync that began before one says nothing about what was appended after.
    pub(crate) truncations: u64,
    /// Wall time of the last sync.
    pub(crate) last_sync_ms: TimestampMs,
}

/// What has to be synced before the recovery point may move.
#[derive(Debug, Default)]
pub(crate) struct Unsynced {
    /// Log files of closed segments with unsynced bytes, oldest first.
    pub(crate) closed_logs: Vec<Arc<dyn DiskFile>>,
    /// Whether the active log file was written to.
    pub(crate) active: bool,
    /// Indexes, snapshots and the like, by path.
    pub(crate) others: Vec<PathBuf>,
    /// Whether a segment was closed.
    pub(crate) closed_segment: bool,
    /// Whether the epoch history differs from its checkpoint.
    pub(crate) epochs: bool,
}

/// The segment that is appended to.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) segment: Arc<Segment>,
    /// Open for writing from the first append until the segment is closed or the log has been idle.
    pub(crate) log: Option<Arc<dyn DiskFile>>,
    /// Bytes of whole batches: where the next one goes.
    pub(crate) end: u64,
    /// Up to where blocks are reserved.
    pub(crate) reserved: u64,
    pub(crate) cadence: IndexCadence,
    /// Timestamp of the first batch, at most the time it was written.
    pub(crate) first_timestamp: Option<TimestampMs>,
    pub(crate) created_ms: TimestampMs,
    pub(crate) jitter_ms: i64,
}

impl Active {
    pub(crate) fn base_offset(&self) -> Offset {
        self.segment.base_offset
    }

    /// The log file, open for writing.
    pub(crate) fn open_log(&mut self, disk: &dyn Disk) -> io::Result<Arc<dyn DiskFile>> {
        if let Some(log) = &self.log {
            return Ok(Arc::clone(log));
        }
        let log = disk.open(&self.segment.path(SegmentFile::Log), OpenMode::ReadWrite)?;
        self.segment.share_log(Arc::clone(&log));
        self.log = Some(Arc::clone(&log));
        Ok(log)
    }

    /// Whether an index has no room for another entry. The time index keeps one place for its last entry.
    pub(crate) fn index_is_full(&self, config: &LogConfig) -> bool {
        let (offsets, times) = (self.segment.index.count(), self.segment.time_index.count());
        offsets.unwrap_or(0) >= config.index_entries_max(OFFSET_ENTRY_LEN)
            || times.unwrap_or(0) + 1 >= config.index_entries_max(TIME_ENTRY_LEN)
    }

    /// Writes `slices`, `len` bytes in all, at the end. On an error nothing of it counts.
    pub(crate) fn write(
        &mut self,
        disk: &dyn Disk,
        config: &LogConfig,
        slices: &[IoSlice<'_>],
        len: u64,
    ) -> io::Result<()> {
        let log = self.open_log(disk)?;
        self.reserve(&*log, config, len)?;
        if let Err(error) = log.write_all_at(slices, self.end) {
            // The length is exactly the data, also behind a write that found no room half-way.
            if !config.preallocate {
                log.set_len(self.end)?;
            }
            return Err(error);
        }
        self.end += len;
        Ok(())
    }

    fn reserve(&mut self, log: &dyn DiskFile, config: &LogConfig, len: u64) -> io::Result<()> {
        let needed = self.end + len;
        if needed <= self.reserved || config.preallocate {
            return Ok(());
        }
        let segment_bytes = u64::try_from(config.segment_bytes).unwrap_or(0);
        let ahead = self.end.clamp(RESERVE_MIN, RESERVE_MAX);
        let wanted = (needed + ahead).min(segment_bytes).max(needed);
        let from = self.reserved.max(self.end);
        if log.reserve(from, wanted - from).is_ok() {
            self.reserved = wanted;
            return Ok(());
        }
        // No room for plenty: enough will do.
        log.reserve(from, needed - from)?;
        self.reserved = needed;
        Ok(())
    }

    /// Adds index entries for a batch that was written. Entries that cannot be written now are owed: the log is complete without them.
    pub(crate) fn index(&mut self, disk: &dyn Disk, config: &LogConfig, batch: &PlacedBatch) {
        let before = self.cadence;
        let interval = u64::try_from(config.index_interval_bytes).unwrap_or(0);
        let (offset, time) = self.cadence.take(batch, interval);
        let written = || -> io::Result<bool> {
            let segment = &self.segment;
            if let Some(entry) = offset.map(OffsetEntry::to_bytes) {
                let path = segment.path(SegmentFile::OffsetIndex);
                if !segment.index.append(disk, &path, config.index_entries_max(OFFSET_ENTRY_LEN), entry)? {
                    return Ok(false);
                }
            }
            if let Some(entry) = time.map(TimeEntry::to_bytes) {
                let path = segment.path(SegmentFile::TimeIndex);
                return segment.time_index.append(disk, &path, config.index_entries_max(TIME_ENTRY_LEN), entry);
            }
            Ok(true)
        };
        if !matches!(written(), Ok(true)) {
            self.cadence.owe_entries(before, batch);
        }
    }
}

impl PartitionLog {
    /// The wall time that the log goes by where its caller gives none.
    pub(crate) fn now_ms(&self) -> TimestampMs {
        self.env().clock.wall_ms()
    }

    pub(super) fn active_path(&self, writer: &Writer) -> PathBuf {
        writer.active.segment.path(SegmentFile::Log)
    }

    pub(super) fn append_failed(&self, writer: &Writer, error: io::Error) -> StorageError {
        self.write_failed(&self.active_path(writer), error)
    }
}
