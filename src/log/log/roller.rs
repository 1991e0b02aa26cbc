//! Closing the active segment and beginning the next.

use super::{Active, PartitionLog, Writer};
use crate::config::LogConfig;
use crate::error::StorageError;
use crate::files::SegmentFile;
use crate::metrics::LogMetrics;
use crate::roll::RollReason;
use crate::segment::{EntryFile, IndexCadence, OFFSET_ENTRY_LEN, Segment, TIME_ENTRY_LEN, TimeEntry};
use esker_env::{Disk, OpenMode};
use esker_model::{Offset, TimestampMs};
use std::io::{self, IoSlice};
use std::path::Path;
use std::sync::Arc;

impl PartitionLog {
    /// Closes the active segment if it holds anything that has been local for longer than it should: the topic is tiered and
    /// `local.retention.ms` has passed for all of it, or its first record was written `tier_lag_max_ms` ago.
    pub fn roll_for_tier(
        &self,
        now_ms: TimestampMs,
        tier_lag_max_ms: Option<i64>,
    ) -> Result<Option<RollReason>, StorageError> {
        let config = self.config.load_full();
        if !config.tiers() || self.view.load().end_position == 0 {
            return Ok(None);
        }
        self.check()?;
        let mut writer = self.writer.lock();
        let active = &writer.active;
        if active.end == 0 {
            return Ok(None);
        }
        let newest = crate::retention::newest_ms(active.cadence.largest().timestamp, active.segment.modified_ms());
        let outlived = u64::try_from(now_ms.saturating_sub(newest)).unwrap_or(0);
        let expired = config.local_retention_limit_ms().is_some_and(|limit| outlived > limit);
        let lags = tier_lag_max_ms.is_some_and(|max| now_ms.saturating_sub(active.created_ms) >= max);
        if !expired && !lags {
            return Ok(None);
        }
        self.roll(&mut writer, now_ms)?;
        Ok(Some(RollReason::Asked))
    }

    /// Closes the active segment, if it holds anything, and begins the next at the log end.
    pub fn roll_now(&self) -> Result<(), StorageError> {
        self.check()?;
        let mut writer = self.writer.lock();
        if writer.active.end > 0 { self.roll(&mut writer, self.now_ms()) } else { Ok(()) }
    }

    /// As [`PartitionLog::roll_now`] with the lock held. An empty segment that is replaced by one further on is removed.
    pub(super) fn roll(&self, writer: &mut Writer, now_ms: TimestampMs) -> Result<(), StorageError> {
        let log_end = self.view.peek(|view| view.bounds.log_end);
        self.roll_at(writer, log_end, now_ms)
    }

    /// As [`PartitionLog::roll`] for a log that goes on at `base_offset`, which is not below its end.
    pub(super) fn roll_at(
        &self,
        writer: &mut Writer,
        base_offset: Offset,
        now_ms: TimestampMs,
    ) -> Result<(), StorageError> {
        let config = self.config.load_full();
        // At most one segment's name may be lost in a crash: a gap between segments could not be told from lost records.
        self.sync_names()?;
        let next = create_segment(&self.path, base_offset, &config, now_ms, self)?;
        let cadence = writer.active.cadence;
        if let Err(error) = self.write_snapshot(writer, base_offset).and_then(|()| self.seal_active(writer, &config)) {
            // Without room the old segment goes on; what was begun of the next must not lie there when it is begun elsewhere.
            writer.active.cadence = cadence;
            self.dir.remove_files(&self.path, base_offset)?;
            return Err(error);
        }
        let closed = std::mem::replace(&mut writer.active, next);
        let segment = Arc::clone(&writer.active.segment);
        self.publish(writer, |view| {
            let mut segments = view.segments.as_ref().clone();
            segments.push(segment);
            view.segments = Arc::new(segments);
            view.end_position = 0;
            view.active_largest = writer.active.cadence.largest();
        });
        if closed.end == 0 {
            self.drop_empty_segment(writer, &closed)?;
        }
        LogMetrics::add(&self.dir.shared().metrics.rolls, 1);
        self.queue_sync();
        Ok(())
    }

    /// Writes what a closed segment has that an active one lacks: the last time entry, trimmed files.
    pub(super) fn seal_active(&self, writer: &mut Writer, config: &LogConfig) -> Result<(), StorageError> {
        let active = &mut writer.active;
        let (segment, disk) = (&active.segment, self.disk());
        let time_path = segment.path(SegmentFile::TimeIndex);
        let seal = |active: &mut Active| -> io::Result<()> {
            if let Some(entry) = active.cadence.time_entry().map(TimeEntry::to_bytes) {
                active.segment.time_index.append(disk, &time_path, config.index_entries_max(TIME_ENTRY_LEN), entry)?;
            }
            active.segment.index.trim(disk, &active.segment.path(SegmentFile::OffsetIndex))?;
            active.segment.time_index.trim(disk, &time_path)?;
            if active.end > 0 || config.preallocate {
                let log = active.open_log(disk)?;
                log.set_len(active.end)?;
                active.reserved = active.end;
            }
            Ok(())
        };
        seal(active).map_err(|error| self.write_failed(&time_path, error))?;
        active.segment.seal(active.cadence.largest());
        let segment = Arc::clone(&active.segment);
        writer.unsynced.closed_segment = true;
        for kind in [SegmentFile::OffsetIndex, SegmentFile::TimeIndex] {
            writer.unsynced.others.push(segment.path(kind));
        }
        if std::mem::take(&mut writer.unsynced.active)
            && let Some(log) = &writer.active.log
        {
            writer.unsynced.closed_logs.push(Arc::clone(log));
        }
        // From here on it counts as one of the closed segments that are open.
        self.dir.shared().open_segments.admit(&segment);
        Ok(())
    }

    /// Writes the producers as of `offset`, to be synced with the next sync.
    pub(super) fn write_snapshot(&self, writer: &mut Writer, offset: Offset) -> Result<(), StorageError> {
        let path = SegmentFile::Snapshot.path(&self.path, offset);
        let write = || -> io::Result<()> {
            let file = self.disk().open(&path, OpenMode::Truncate)?;
            file.write_all_at(&[IoSlice::new(&writer.producers.snapshot())], 0)
        };
        write().map_err(|error| self.write_failed(&path, error))?;
        self.mark_names_dirty();
        writer.unsynced.others.push(path);
        Ok(())
    }

    /// An empty segment closed because the next offset was too far from its base.
    fn drop_empty_segment(&self, writer: &Writer, closed: &Active) -> Result<(), StorageError> {
        self.publish(writer, |view| {
            let mut segments = view.segments.as_ref().clone();
            segments.retain(|segment| !Arc::ptr_eq(segment, &closed.segment));
            view.segments = Arc::new(segments);
        });
        self.dir.retire_files(&self.path, &[closed.segment.base_offset], self.config.load().file_delete_delay_ms)
    }
}

/// Creates the files of an empty segment.
pub(crate) fn create_segment(
    dir: &Arc<Path>,
    base_offset: Offset,
    config: &LogConfig,
    now_ms: TimestampMs,
    log: &PartitionLog,
) -> Result<Active, StorageError> {
    let path = SegmentFile::Log.path(dir, base_offset);
    let created = create_files(log.disk(), dir, base_offset, config, now_ms);
    log.mark_names_dirty();
    if created.is_err() {
        log.dir.remove_files(dir, base_offset)?;
    }
    let mut active = created.map_err(|error| log.write_failed(&path, error))?;
    let jitter_max = u64::try_from(config.segment_jitter_ms).unwrap_or(0);
    active.jitter_ms = i64::try_from(log.env().random.below(jitter_max)).unwrap_or(0);
    Ok(active)
}

/// Creates the files of an empty segment. Left-overs under the same names are emptied: nobody can have them open.
pub(crate) fn create_files(
    disk: &dyn Disk,
    dir: &Arc<Path>,
    base_offset: Offset,
    config: &LogConfig,
    now_ms: TimestampMs,
) -> io::Result<Active> {
    let log = disk.open(&SegmentFile::Log.path(dir, base_offset), OpenMode::Truncate)?;
    if config.preallocate {
        log.set_len(u64::try_from(config.segment_bytes).unwrap_or(0))?;
    }
    let index_path = SegmentFile::OffsetIndex.path(dir, base_offset);
    let index = EntryFile::create(disk, &index_path, config.index_entries_max(OFFSET_ENTRY_LEN))?;
    let time_path = SegmentFile::TimeIndex.path(dir, base_offset);
    let time_index = EntryFile::create(disk, &time_path, config.index_entries_max(TIME_ENTRY_LEN))?;
    let segment = Arc::new(Segment::active(Arc::clone(dir), base_offset, 0, now_ms, index, time_index));
    Ok(Active {
        segment,
        log: None,
        end: 0,
        reserved: 0,
        cadence: IndexCadence::new(base_offset),
        first_timestamp: None,
        created_ms: now_ms,
        jitter_ms: 0,
    })
}
