//! Finding offsets: by timestamp, by largest timestamp, by leader epoch.

use crate::log::{PartitionLog, ReadError, SegmentLook};
use crate::segment::{Access, PlacedBatch, TimeEntry, Walk};
use crate::view::LogView;
use esker_model::{LeaderEpoch, Offset, TimestampMs};
use esker_record::{BatchRef, CodecError, RecompressError, Records, TimestampType};
use std::sync::Arc;

/// The timestamp of a record or batch that carries none.
pub const NO_TIMESTAMP: TimestampMs = -1;
/// What the records of a batch may decompress to while a timestamp is looked up in it.
const DECOMPRESSED_MAX: usize = 32 << 20;

/// A timestamp and where it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampOffset {
    /// Milliseconds since the epoch; -1 for none.
    pub timestamp: TimestampMs,
    /// The offset that goes with it.
    pub offset: Offset,
}

/// The answer to a look-up by timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundRecord {
    /// The record's timestamp.
    pub timestamp: TimestampMs,
    /// Its offset.
    pub offset: Offset,
    /// The epoch in which it was written; `None` where it carries none.
    pub leader_epoch: Option<LeaderEpoch>,
}

impl PartitionLog {
    /// The first local record at or behind `from` whose timestamp is `timestamp` or later. For the disk pool.
    pub fn offset_for_timestamp(&self, timestamp: TimestampMs, from: Offset) -> Result<Option<FoundRecord>, ReadError> {
        self.check()?;
        let view = self.view();
        let from = from.max(view.bounds.local_log_start);
        for at in view.segment_at(from).unwrap_or(0)..view.segments.len() {
            if self.largest_in(&view, at)?.timestamp < timestamp {
                continue;
            }
            let found =
                self.search(&view, at, timestamp, |record| record.timestamp >= timestamp && record.offset >= from)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The first local record with the largest timestamp of all (ListOffsets -3, KIP-734). For the disk pool.
    pub fn offset_of_max_timestamp(&self) -> Result<Option<FoundRecord>, ReadError> {
        self.check()?;
        let view = self.view();
        let mut best: Option<(usize, TimestampMs)> = None;
        for at in 0..view.segments.len() {
            let largest = self.largest_in(&view, at)?.timestamp;
            if largest > NO_TIMESTAMP && best.is_none_or(|(_, known)| largest > known) {
                best = Some((at, largest));
            }
        }
        let Some((at, largest)) = best else { return Ok(None) };
        let from = view.bounds.local_log_start;
        self.search(&view, at, largest, |record| record.timestamp == largest && record.offset >= from)
    }

    /// The epoch in which the record at `offset` was written; `None` where the history does not reach so far back.
    pub fn epoch_for_offset(&self, offset: Offset) -> Option<LeaderEpoch> {
        self.view().epochs.epoch_for_offset(offset)
    }

    /// Where epoch `requested` ended, by the rules of OffsetForLeaderEpoch (KIP-101, KIP-279).
    pub fn end_offset_for_epoch(&self, requested: LeaderEpoch) -> (LeaderEpoch, Offset) {
        let view = self.view();
        view.epochs.end_offset_for(requested, view.bounds.log_end)
    }

    /// Largest timestamp in the segment at `at`.
    pub(crate) fn largest_in(&self, view: &LogView, at: usize) -> Result<TimestampOffset, ReadError> {
        if at + 1 == view.segments.len() {
            return Ok(view.active_largest);
        }
        let look = SegmentLook::new(self, view, at, Access::MayBlock)?;
        look.largest_timestamp()
    }

    /// The first record of a segment that `wanted` takes, walking from where the time index says that `timestamp` may begin.
    fn search(
        &self,
        view: &LogView,
        at: usize,
        timestamp: TimestampMs,
        wanted: impl Fn(&FoundRecord) -> bool,
    ) -> Result<Option<FoundRecord>, ReadError> {
        let look = SegmentLook::new(self, view, at, Access::MayBlock)?;
        let segment = &view.segments[at];
        // All batches up to that entry have smaller timestamps.
        let below = |bytes| TimeEntry::parse(bytes).timestamp < timestamp;
        let entry = look.time_entries()?.last_where(below).map(TimeEntry::parse);
        let start_offset =
            entry.map_or(segment.base_offset, |entry| segment.base_offset + i64::from(entry.relative_offset));
        let Some(start) = look.locate(start_offset, look.size)? else { return Ok(None) };
        let log = Arc::clone(&look.log);
        let mut walk = Walk::short(&*log, start.position, look.size, true);
        while let Some(batch) = walk.next().map_err(|error| look.failed(segment.walk_failed(error)))? {
            if batch.header.max_timestamp < timestamp {
                continue;
            }
            if let Some(found) = self.search_batch(&look, &mut walk, &batch, &wanted)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn search_batch(
        &self,
        look: &SegmentLook<'_>,
        walk: &mut Walk<'_>,
        batch: &PlacedBatch,
        wanted: impl Fn(&FoundRecord) -> bool,
    ) -> Result<Option<FoundRecord>, ReadError> {
        let header = batch.header;
        let leader_epoch = Some(header.partition_leader_epoch).filter(|epoch| *epoch >= 0);
        let damaged = |reason: String| look.failed(look.bad(batch.position, reason));
        let bytes = walk.read_batch(batch, usize::MAX).map_err(|error| look.failed(look.file_error(error)))?;
        let bytes = bytes.unwrap_or_default();
        let whole = BatchRef { header, bytes: &bytes, position: 0 };
        let records = match whole.decompressed(DECOMPRESSED_MAX) {
            Ok(records) => records,
            // Larger than anything that is accepted today: the batch as a whole has to do.
            Err(RecompressError::Decompress(CodecError::TooLarge { .. })) => {
                let found = FoundRecord { timestamp: header.max_timestamp, offset: header.base_offset, leader_epoch };
                return Ok(Some(found));
            }
            Err(error) => return Err(damaged(error.to_string())),
        };
        for record in Records::new(&records, header.record_count) {
            let record = record.map_err(|error| damaged(error.to_string()))?;
            let timestamp = match header.attributes.timestamp_type() {
                TimestampType::LogAppendTime => header.max_timestamp,
                TimestampType::CreateTime => header.base_timestamp.saturating_add(record.timestamp_delta),
            };
            let offset = header.base_offset.saturating_add(i64::from(record.offset_delta));
            let found = FoundRecord { timestamp, offset, leader_epoch };
            if wanted(&found) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
