//! Taking records away from the end: for a follower whose log parted from its leader's, and for a log that begins anew.
//!
//! Order across a crash: the recovery point goes back durably before anything else, so that nothing appended afterwards can be taken for
//! durable, and so does the offset up to which the log is compacted; segments go newest first; the cut is durable before the call returns, so that later appends never meet what was cut.

use super::{PartitionLog, StorageError, Writer};
use crate::error::FileError;
use crate::files::SegmentFile;
use crate::log::roller::create_segment;
use crate::log::writer::Active;
use crate::open::producers;
use crate::open::scan::{ScanPlan, Scanned, scan_segment};
use crate::producer::{ProducerEntry, parse_snapshot};
use crate::segment::{EntryFile, Segment};
use crate::txn_index;
use crate::view::LogView;
use esker_env::OpenMode;
use esker_model::{EpochHistory, Offset};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A log that begins anew at an offset, with what is known of the history before it.
#[derive(Clone, Debug)]
pub struct NewStart {
    /// The next offset to be appended.
    pub offset: Offset,
    /// First offset that anyone may see, in any tier; at most `offset`.
    pub log_start: Offset,
    /// The leader epochs up to `offset`.
    pub epochs: EpochHistory,
    /// The producers as of `offset`, in the bytes of a snapshot file.
    pub producer_snapshot: Option<Vec<u8>>,
}

impl PartitionLog {
    /// Cuts the log so that it ends at `offset`, or at the start of the batch that holds it. An offset at or behind the log end changes
    /// nothing; one below the local log start begins the log anew there.
    pub fn truncate_to(&self, offset: Offset) -> Result<(), StorageError> {
        self.check()?;
        let bounds = self.bounds();
        if offset >= bounds.log_end {
            return Ok(());
        }
        let first_base = self.segments().first().map_or(0, |segment| segment.base_offset);
        if offset < bounds.local_log_start.max(first_base) {
            let log_start = bounds.log_start.min(offset);
            return self.truncate_fully_and_start_at(offset, log_start);
        }
        let _not_compacted = self.cleaning.hold();
        let _in_order = self.retiring.lock();
        let mut writer = self.writer.lock();
        writer.truncations += 1;
        let view = self.view.load();
        let keep = view.segment_at(offset).unwrap_or(0);
        // Where the batch begins that is cut is not known yet, but not before its segment.
        let cut_from = view.segments[keep].base_offset;
        self.dir.lower_cleaner_checkpoint(&self.partition, cut_from)?;
        self.lower_recovery_point(cut_from)?;
        self.drop_segments_behind(&view, keep, offset)?;
        let scanned = self.cut_segment(&mut writer, &view.segments[keep], offset)?;
        self.publish_cut(&writer, &view, keep, scanned.next_offset);
        self.reload_producers(&mut writer)?;
        self.publish(&writer, |_| {});
        Ok(())
    }

    /// Empties the log; it goes on at `offset`. What lies between `log_start` and there is in the tier.
    pub fn truncate_fully_and_start_at(&self, offset: Offset, log_start: Offset) -> Result<(), StorageError> {
        let epochs = EpochHistory::default();
        self.start_over(NewStart { offset, log_start, epochs, producer_snapshot: None })
    }

    /// Empties the log; it goes on as `start` says. A producer snapshot that makes no sense counts as none.
    pub fn start_over(&self, start: NewStart) -> Result<(), StorageError> {
        self.check()?;
        let _not_compacted = self.cleaning.hold();
        let _in_order = self.retiring.lock();
        let mut writer = self.writer.lock();
        writer.truncations += 1;
        self.dir.lower_cleaner_checkpoint(&self.partition, start.offset)?;
        self.lower_recovery_point(0)?;
        writer.unsynced = Default::default();
        let config = self.config.load_full();
        let mut bases: Vec<Offset> = self.segments().iter().map(|segment| segment.base_offset).collect();
        bases.reverse();
        self.dir.retire_files(&self.path, &bases, config.file_delete_delay_ms)?;
        self.forget_snapshots(|_| true)?;
        let now_ms = self.now_ms();
        writer.active = create_segment(&self.path, start.offset, &config, now_ms, self)?;
        self.install_producers(&mut writer, &start);
        self.write_snapshot(&mut writer, start.offset)?;
        let segment = Arc::clone(&writer.active.segment);
        let active_largest = writer.active.cadence.largest();
        self.publish(&writer, |view| {
            view.segments = Arc::new(vec![segment]);
            view.end_position = 0;
            view.active_largest = active_largest;
            let bounds = &mut view.bounds;
            bounds.log_start = start.log_start.min(start.offset);
            (bounds.local_log_start, bounds.high_watermark, bounds.log_end) =
                (start.offset, start.offset, start.offset);
        });
        self.set_epochs(&mut writer, start.epochs.up_to(start.offset));
        self.sync_names()?;
        self.recovery_point.store(start.offset, Ordering::Release);
        Ok(())
    }

    /// Moves the recovery point back to `offset`, durably, before anything behind it changes. The truncation is counted already, so that no sync
    /// under way moves it forward again.
    fn lower_recovery_point(&self, offset: Offset) -> Result<(), StorageError> {
        if self.recovery_point.fetch_min(offset, Ordering::AcqRel) > offset {
            self.dir.checkpoint_recovery_points()?;
        }
        Ok(())
    }

    fn drop_segments_behind(&self, view: &LogView, keep: usize, offset: Offset) -> Result<(), StorageError> {
        let behind = view.segments[keep + 1..].iter().rev();
        let bases: Vec<Offset> = behind.map(|segment| segment.base_offset).collect();
        self.dir.retire_files(&self.path, &bases, self.config.load().file_delete_delay_ms)?;
        self.forget_snapshots(|snapshot| snapshot > offset)
    }

    fn forget_snapshots(&self, stray: impl Fn(Offset) -> bool) -> Result<(), StorageError> {
        let forget = || {
            let offsets = producers::snapshot_offsets(self.disk(), &self.path)?;
            producers::remove_snapshots(self.disk(), &self.path, &offsets, stray)
        };
        forget().map_err(|error| self.write_failed(&self.path, error))
    }

    /// Cuts a segment before the batch that holds `offset` and makes it the active one. Its indexes are new files: readers may have the old ones
    /// mapped.
    fn cut_segment(
        &self,
        writer: &mut Writer,
        segment: &Arc<Segment>,
        offset: Offset,
    ) -> Result<Scanned, StorageError> {
        let path = segment.path(SegmentFile::Log);
        let config = self.config.load_full();
        let mut cut = || {
            let log = self.disk().open(&path, OpenMode::ReadWrite)?;
            let plan = ScanPlan {
                base_offset: segment.base_offset,
                len: segment.size(),
                index_interval: u64::try_from(config.index_interval_bytes).unwrap_or(0),
                verify_from: Offset::MAX,
                end_offset: offset,
            };
            let scanned = scan_segment(&*log, &plan, |_, _| Ok(()))?;
            log.set_len(scanned.size)?;
            log.sync_data()?;
            let index = EntryFile::replace(self.disk(), &segment.path(SegmentFile::OffsetIndex), &scanned.offsets)?;
            let times = EntryFile::replace(self.disk(), &segment.path(SegmentFile::TimeIndex), &scanned.times)?;
            self.mark_names_dirty();
            let now_ms = self.now_ms();
            let base = segment.base_offset;
            let segment = Segment::active(Arc::clone(&self.path), base, scanned.size, now_ms, index, times);
            let segment = Arc::new(segment);
            segment.share_log(Arc::clone(&log));
            writer.active = Active {
                segment,
                log: Some(log),
                end: scanned.size,
                reserved: scanned.size,
                cadence: scanned.cadence,
                first_timestamp: scanned.first_timestamp,
                created_ms: now_ms,
                jitter_ms: writer.active.jitter_ms,
            };
            Ok(scanned)
        };
        let scanned = cut().map_err(|error| self.write_failed(&path, error))?;
        let cut = txn_index::truncate(self.disk(), &segment.path(SegmentFile::TxnIndex), offset);
        cut.map_err(|error| self.dir.fail(&error.to_string()))?;
        Ok(scanned)
    }

    fn publish_cut(&self, writer: &Writer, view: &LogView, keep: usize, log_end: Offset) {
        let mut segments = view.segments[..keep].to_vec();
        segments.push(Arc::clone(&writer.active.segment));
        let mut epochs = EpochHistory::clone(&view.epochs);
        epochs.truncate_from_end(log_end);
        let mut cut = LogView {
            segments: Arc::new(segments),
            epochs: Arc::new(epochs),
            end_position: writer.active.end,
            active_largest: writer.active.cadence.largest(),
            ..view.clone()
        };
        cut.bounds.log_end = log_end;
        cut.bounds.high_watermark = cut.bounds.high_watermark.min(log_end);
        cut.bounds.first_unstable = None;
        cut.bounds.assert_ordered();
        self.view.store(cut);
    }

    /// Builds the producers again from the newest snapshot and what follows it in the log.
    fn reload_producers(&self, writer: &mut Writer) -> Result<(), StorageError> {
        let view = self.view.load();
        let shared = self.dir.shared();
        let load = || {
            let offsets = producers::snapshot_offsets(self.disk(), &self.path)?;
            producers::newest_snapshot(self.disk(), &self.path, &offsets, view.bounds.log_end)
        };
        let snapshot: Option<(Offset, Vec<ProducerEntry>)> =
            load().map_err(|error| self.write_failed(&self.path, error))?;
        let first_base = view.segments[0].base_offset;
        let expiration_ms = shared.producer_expiration_ms.load(Ordering::Relaxed);
        let state = &mut writer.producers;
        let from = producers::restore(state, snapshot, first_base, self.env(), expiration_ms).max(first_base);
        for at in view.segment_at(from).unwrap_or(0)..view.segments.len() {
            let replayed = self.replay_segment(&view, at, from, Offset::MAX, state);
            replayed.map_err(|error| FileError::new(&view.segments[at].path(SegmentFile::Log), error))?;
        }
        if state.end_offset() < view.bounds.log_end {
            state.advance_end(view.bounds.log_end);
        }
        state.high_watermark_moved(view.bounds.high_watermark);
        Ok(())
    }

    fn install_producers(&self, writer: &mut Writer, start: &NewStart) {
        let expiration_ms = self.dir.shared().producer_expiration_ms.load(Ordering::Relaxed);
        let entries = start.producer_snapshot.as_deref().map(parse_snapshot).transpose().unwrap_or_else(|error| {
            tracing::warn!(partition = %self.partition, %error, "producer snapshot of the tier is ignored");
            None
        });
        let snapshot = entries.map(|entries| (start.offset, entries));
        producers::restore(&mut writer.producers, snapshot, start.offset, self.env(), expiration_ms);
    }
}
