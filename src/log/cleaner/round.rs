//! One round of compaction of one log: the dirty part is indexed, then all segments up to there are written anew.

use super::config::CleanerConfig;
use super::destination::Destination;
use super::error::{CleanError, Unreadable};
use super::filter::{DECOMPRESSED_MAX, Filter, Remains, last_traces, marker_of};
use super::group::{GroupLimits, GroupMember, group};
use super::key_hash::KeyHash;
use super::offset_map::OffsetMap;
use super::plan::CleanableRange;
use super::source::Source;
use super::transactions::Transactions;
use crate::files::SegmentFile;
use crate::log::PartitionLog;
use crate::lookup::NO_TIMESTAMP;
use crate::segment::{Access, Segment};
use crate::view::LogView;
use esker_env::DiskFile;
use esker_model::Offset;
use esker_record::{BatchRef, Records};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// What a round may do and how fast.
pub(crate) trait Pace {
    /// Called after `bytes` were read or written; waits as long as the speed limit asks. False to give up.
    fn pass(&self, bytes: u64) -> bool;
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct RoundStats {
    /// Bytes read for the map.
    pub(crate) indexed_bytes: u64,
    pub(crate) indexed_records: u64,
    /// Bytes of all segments that were written anew.
    pub(crate) read_bytes: u64,
    pub(crate) written_bytes: u64,
    pub(crate) written_records: u64,
    pub(crate) keyless_records: u64,
    /// Share of the map in use.
    pub(crate) map_utilization: f64,
}

/// One round over one log. The log's gate is held by the caller.
pub(crate) struct Round<'a> {
    log: &'a PartitionLog,
    config: &'a CleanerConfig,
    pace: &'a dyn Pace,
    range: CleanableRange,
    view: Arc<LogView>,
    buffer: Vec<u8>,
    stats: RoundStats,
}

impl<'a> Round<'a> {
    pub(crate) fn new(
        log: &'a PartitionLog,
        range: CleanableRange,
        config: &'a CleanerConfig,
        pace: &'a dyn Pace,
    ) -> Self {
        Self { log, config, pace, range, view: log.view(), buffer: Vec::new(), stats: RoundStats::default() }
    }

    /// Compacts the log; up to which offset that went.
    pub(crate) fn run(mut self) -> Result<(Offset, RoundStats), CleanError> {
        let map = self.build_map()?;
        let end = map.latest() + 1;
        if end <= self.range.first_dirty {
            return Err(CleanError::MapTooSmall(end));
        }
        self.stats.map_utilization = map.utilization();
        let count = self.view.segments.partition_point(|segment| segment.base_offset < end);
        let members = self.members(count)?;
        let covered = self.view.segment_end(count - 1);
        let log_config = self.log.config();
        let limits = GroupLimits {
            segment_bytes: u64::try_from(log_config.segment_bytes).unwrap_or(0),
            index_bytes: u64::try_from(log_config.segment_index_bytes).unwrap_or(0),
        };
        let mut filter = Filter {
            map: &map,
            transactions: Transactions::default(),
            producers: last_traces(&self.log.producers()),
            round_end: self.range.first_uncleanable,
            now_ms: self.log.now_ms(),
            delete_retention_ms: log_config.delete_retention_ms,
            keyless: 0,
        };
        self.log.settle_below(covered)?;
        for group in group(&members, &limits, covered) {
            // A newer picture: the segments that were replaced are let go of.
            self.view = self.log.view();
            let base_offset = members[group.start].base_offset;
            let at = self.view.segments.partition_point(|segment| segment.base_offset < base_offset);
            if let Err(error) = self.write_group(at..at + group.len(), &mut filter) {
                self.log.remove_cleaned(base_offset);
                return Err(error);
            }
        }
        self.stats.keyless_records = filter.keyless;
        Ok((end, self.stats))
    }

    fn check(&self, bytes: u64) -> Result<(), CleanError> {
        let log = self.log;
        let goes_on = self.pace.pass(bytes) && !log.cleaning.is_held() && log.config().cleanup_policy.compact;
        if !goes_on {
            return Err(CleanError::Aborted);
        }
        Ok(log.check()?)
    }

    fn open(&self, at: usize) -> Result<(Arc<dyn DiskFile>, PathBuf), CleanError> {
        let segment = &self.view.segments[at];
        let log = segment.log(self.log.disk(), &self.log.dir().shared().open_segments, Access::MayBlock);
        let log = log.map_err(|error| self.log.segment_failed(error))?;
        Ok((log, segment.path(SegmentFile::Log)))
    }

    /// The newest offset of each key from the first dirty offset on, as far as the map has room.
    fn build_map(&mut self) -> Result<OffsetMap, CleanError> {
        let CleanableRange { first_dirty, first_uncleanable, .. } = self.range;
        let records = u64::try_from(first_uncleanable - first_dirty).unwrap_or(0);
        let random = &self.log.env().random;
        let hash = KeyHash::new(random.next_u64(), random.next_u64());
        let mut map = OffsetMap::new(self.config.map_bytes(), records, self.config.load_factor, first_dirty, hash);
        let mut transactions = Transactions::default();
        transactions.expect(self.log.aborted_in(&self.view, first_dirty, first_uncleanable)?);
        let first = self.view.segment_at(first_dirty).unwrap_or(0);
        let end = self.view.segments.partition_point(|segment| segment.base_offset < first_uncleanable);
        for at in first..end {
            if !self.index_segment(at, &mut map, &mut transactions)? {
                break;
            }
            // Offsets that no batch has are covered too.
            map.advance(self.view.segment_end(at) - 1);
        }
        Ok(map)
    }

    /// Enters a segment's keys; false where the map is full.
    fn index_segment(
        &mut self,
        at: usize,
        map: &mut OffsetMap,
        transactions: &mut Transactions,
    ) -> Result<bool, CleanError> {
        let (file, path) = self.open(at)?;
        let first_dirty = self.range.first_dirty;
        let size = self.view.segment_size(at);
        let segment = &self.view.segments[at];
        let start = segment.locate(self.log.disk(), &*file, first_dirty, size, Access::MayBlock);
        let Some(start) = start.map_err(|error| self.log.segment_failed(error))? else { return Ok(true) };
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut source = Source::new(&*file, &path, (start.position, size), &mut buffer, self.config.buffer_bytes());
        let mut passed = 0;
        loop {
            if source.needs_read() {
                self.check(std::mem::take(&mut passed))?;
            }
            let position = source.position();
            let Some(batch) = source.next()? else { break };
            passed += batch.bytes.len() as u64;
            self.stats.indexed_bytes += batch.bytes.len() as u64;
            self.stats.indexed_records += u64::try_from(batch.header.record_count).unwrap_or(0);
            let entered = index_batch(&batch, first_dirty, map, transactions);
            if !entered.map_err(|reason| Unreadable { file: path.clone(), position, reason })? {
                self.buffer = buffer;
                return Ok(false);
            }
        }
        self.buffer = buffer;
        self.check(passed)?;
        Ok(true)
    }

    fn members(&self, count: usize) -> Result<Vec<GroupMember>, CleanError> {
        let describe = |segment: &Arc<Segment>| -> Result<GroupMember, CleanError> {
            let log = segment.log(self.log.disk(), &self.log.dir().shared().open_segments, Access::MayBlock);
            let bytes = log.and_then(|log| segment.index_bytes(self.log.disk(), &*log));
            let index_bytes = bytes.map_err(|error| self.log.segment_failed(error))?;
            Ok(GroupMember { base_offset: segment.base_offset, size: segment.size(), index_bytes })
        };
        self.view.segments[..count].iter().map(describe).collect()
    }

    /// Writes neighbouring segments as one and puts it in their place.
    fn write_group(&mut self, group: Range<usize>, filter: &mut Filter<'_>) -> Result<(), CleanError> {
        self.check(0)?;
        let old = self.view.segments[group.clone()].to_vec();
        let mut into = Destination::create(self.log, old[0].base_offset, self.config.buffer_bytes())?;
        filter.producers = last_traces(&self.log.producers());
        for number in group {
            let (from, to) = (self.view.segments[number].base_offset, self.view.segment_end(number));
            filter.transactions.expect(self.log.aborted_in(&self.view, from, to)?);
            self.copy_segment(number, &mut into, filter)?;
        }
        let modified_ms = old.last().map_or(NO_TIMESTAMP, |last| last.modified_ms());
        let cleaned = into.finish(modified_ms, &filter.transactions.take_kept())?;
        self.check(0)?;
        self.log.swap_in(&cleaned, &old)
    }

    /// Copies what stays of a segment.
    fn copy_segment(
        &mut self,
        at: usize,
        into: &mut Destination<'_>,
        filter: &mut Filter<'_>,
    ) -> Result<(), CleanError> {
        let (file, path) = self.open(at)?;
        let mut buffer = std::mem::take(&mut self.buffer);
        let range = (0, self.view.segment_size(at));
        let mut source = Source::new(&*file, &path, range, &mut buffer, self.config.buffer_bytes());
        let mut passed = 0;
        loop {
            if source.needs_read() {
                self.check(std::mem::take(&mut passed))?;
            }
            let position = source.position();
            let Some(batch) = source.next()? else { break };
            passed += batch.bytes.len() as u64;
            self.stats.read_bytes += batch.bytes.len() as u64;
            let remains = filter.apply(&batch).map_err(|error| {
                let reason = format!("the batch at offset {}: {error}", batch.header.base_offset);
                Unreadable { file: path.clone(), position, reason }
            })?;
            passed += self.copy_batch(&batch, remains, into)?;
        }
        self.buffer = buffer;
        self.check(passed)
    }

    /// Writes what stays of a batch; how many bytes went to the file.
    fn copy_batch(
        &mut self,
        batch: &BatchRef<'_>,
        remains: Remains,
        into: &mut Destination<'_>,
    ) -> Result<u64, CleanError> {
        let (bytes, records) = match &remains {
            Remains::Nothing => return Ok(0),
            Remains::Whole(records) => (batch.bytes, *records),
            Remains::Written(bytes, records) => (bytes.as_slice(), *records),
        };
        self.stats.written_bytes += bytes.len() as u64;
        self.stats.written_records += u64::try_from(records).unwrap_or(0);
        let max = usize::try_from(self.log.config().max_message_bytes).unwrap_or(0);
        if bytes.len() > batch.bytes.len() && bytes.len() > max {
            let (partition, last_offset, size) = (self.log.partition(), batch.header.last_offset(), bytes.len());
            tracing::warn!(%partition, last_offset, size, max, "compacted batch is larger than max.message.bytes");
        }
        let header = esker_record::BatchHeader::parse(bytes).unwrap_or(batch.header);
        into.add(bytes, &header)
    }
}

/// Enters the keys of a batch; false where the map is full.
fn index_batch(
    batch: &BatchRef<'_>,
    first_dirty: Offset,
    map: &mut OffsetMap,
    transactions: &mut Transactions,
) -> Result<bool, String> {
    let header = &batch.header;
    let at = |error: String| format!("the batch at offset {}: {error}", header.base_offset);
    if header.attributes.is_control() {
        let marker = marker_of(batch).map_err(|error| at(error.to_string()))?;
        transactions.pass_marker(header, marker);
    } else if !transactions.pass_batch(header) {
        let plain = batch.decompressed(DECOMPRESSED_MAX).map_err(|error| at(error.to_string()))?;
        for record in Records::new(&plain, header.record_count) {
            let record = record.map_err(|error| at(error.to_string()))?;
            let offset = header.base_offset.saturating_add(i64::from(record.offset_delta));
            if let Some(key) = record.key.filter(|_| offset >= first_dirty)
                && !map.put(key, offset)
            {
                return Ok(false);
            }
        }
    }
    if header.last_offset() >= first_dirty {
        map.advance(header.last_offset());
    }
    Ok(true)
}
