//! Opening after a crash.
//!
//! What lies below the recovery point was durable: its frames must be whole, and a flaw there is damage, which is reported and never
//! cut away. What lies past it may be torn: the log ends at the first flaw, and everything behind goes. Where no recovery
//! point is known, only the last segment may be torn.

use super::scan::{ScanPlan, Scanned, replay_batch, scan_segment};
use super::{FoundSegment, OpenError, Opened, Opening, producers};
use crate::error::{Damage, FileError};
use crate::files::SegmentFile;
use crate::log::Active;
use crate::metrics::LogMetrics;
use crate::producer::ProducerState;
use crate::segment::{EntryFile, PlacedBatch, Segment, TimeEntry, Walk};
use crate::txn_index::{self, AbortedTxn};
use esker_env::{DiskFile, OpenMode};
use esker_model::{EpochHistory, Offset};
use std::io;
use std::sync::Arc;

/// What recovery has gathered so far.
struct Progress {
    producers: ProducerState,
    epochs: EpochHistory,
    /// Offset from which on producers are still to be replayed.
    replay_from: Offset,
    /// Offset from which on the log is to be believed only as far as it proves sound; 0 where no recovery point is known.
    durable_upto: Offset,
    aborted: Vec<AbortedTxn>,
}

impl Opening<'_> {
    pub(super) fn recover(&mut self) -> Result<Opened, OpenError> {
        let first_base = self.segments[0].base_offset;
        let durable_upto = self.remembered.recovery_point.unwrap_or(0);
        let first = self.segments.partition_point(|segment| segment.base_offset <= durable_upto).saturating_sub(1);
        let mut progress = self.start_progress(first_base, durable_upto)?;
        self.replay_older(&mut progress, first)?;
        let (mut scanned, mut log_end) = (Vec::new(), self.segments[first].base_offset);
        let mut at = first;
        while at < self.segments.len() {
            let found = self.segments[at];
            if at > first && !self.continues(self.segments[at - 1].base_offset, &found, log_end) {
                self.drop_from(at)?;
                break;
            }
            let (log, result) = self.scan(&mut progress, &found)?;
            log_end = result.next_offset;
            let flaw = result.bad.clone();
            scanned.push((log, result));
            at += 1;
            if let Some(reason) = flaw {
                self.cut(at - 1, &scanned[at - 1 - first], reason)?;
                self.drop_from(at)?;
                break;
            }
        }
        self.check_reaches(durable_upto, log_end)?;
        let recovery_point = if self.remembered.recovery_point.is_some() {
            durable_upto.max(first_base).min(log_end)
        } else {
            first_base
        };
        let (closed, active, unsynced_logs) = self.keep(first, scanned, recovery_point)?;
        let Progress { producers, epochs, .. } = progress;
        Ok(Opened { closed, active, producers, epochs, log_end, recovery_point, unsynced_logs })
    }

    fn start_progress(&mut self, first_base: Offset, durable_upto: Offset) -> Result<Progress, OpenError> {
        // A snapshot past the recovery point may stand for records that are gone.
        let at_path = self.at(&self.path);
        producers::remove_snapshots(self.disk, &self.path, &self.snapshots, |offset| offset > durable_upto)
            .map_err(&at_path)?;
        self.snapshots.retain(|offset| *offset <= durable_upto);
        let snapshot =
            producers::newest_snapshot(self.disk, &self.path, &self.snapshots, durable_upto).map_err(&at_path)?;
        let mut state = self.no_producers();
        let env = &self.dir.shared().env;
        let replay_from = producers::restore(&mut state, snapshot, first_base, env, self.expiration_ms());
        let mut epochs = self.read_epochs()?;
        epochs.truncate_from_end(durable_upto.max(first_base));
        Ok(Progress { producers: state, epochs, replay_from, durable_upto, aborted: Vec::new() })
    }

    /// Replays producers from segments below the first that is scanned, where the snapshots do not reach so far.
    fn replay_older(&self, progress: &mut Progress, first: usize) -> Result<(), OpenError> {
        let from =
            self.segments.partition_point(|segment| segment.base_offset <= progress.replay_from).saturating_sub(1);
        for found in &self.segments[from.min(first)..first] {
            if progress.replay_from < self.segments[first].base_offset {
                self.scan(progress, found)?;
            }
        }
        let base = self.segments[first].base_offset;
        if progress.producers.end_offset() < base {
            progress.producers.advance_end(base);
        }
        progress.replay_from = progress.replay_from.max(progress.producers.end_offset());
        Ok(())
    }

    /// Whether a segment may follow a log that ends at `log_end`. Segments past the recovery point follow each other without a gap: compaction, which
    /// makes gaps, keeps below it. Only a gap of more offsets than a segment has is a follower's, whose leader's log is compacted.
    fn continues(&self, previous_base: Offset, next: &FoundSegment, log_end: Offset) -> bool {
        let is_wide = next.base_offset > log_end && next.base_offset - previous_base > i64::from(i32::MAX);
        self.remembered.recovery_point.is_none() || next.base_offset == log_end || is_wide
    }

    fn scan(&self, progress: &mut Progress, found: &FoundSegment) -> Result<(Arc<dyn DiskFile>, Scanned), OpenError> {
        let path = SegmentFile::Log.path(&self.path, found.base_offset);
        let log = self.disk.open(&path, OpenMode::ReadWrite).map_err(self.at(&path))?;
        let plan = ScanPlan {
            base_offset: found.base_offset,
            len: found.len,
            index_interval: u64::try_from(self.config.index_interval_bytes).unwrap_or(0),
            verify_from: progress.durable_upto,
            end_offset: Offset::MAX,
        };
        let txn_path = SegmentFile::TxnIndex.path(&self.path, found.base_offset);
        txn_index::truncate(self.disk, &txn_path, progress.durable_upto)?;
        progress.aborted.clear();
        let mut scanned =
            scan_segment(&*log, &plan, |batch, walk| progress.visit(batch, walk)).map_err(self.at(&path))?;
        scanned.aborts = !progress.aborted.is_empty();
        for entry in progress.aborted.iter().filter(|entry| entry.last_offset >= progress.durable_upto) {
            txn_index::append(self.disk, &txn_path, *entry)?;
        }
        if let Some(reason) = &scanned.bad {
            self.judge_flaw(found, &scanned, reason)?;
        }
        Ok((log, scanned))
    }

    /// A flaw where the bytes were durable is damage.
    fn judge_flaw(&self, found: &FoundSegment, scanned: &Scanned, reason: &str) -> Result<(), Damage> {
        let may_be_torn = match self.remembered.recovery_point {
            Some(durable_upto) => scanned.next_offset >= durable_upto,
            None => self.segments.last().is_some_and(|last| last.base_offset == found.base_offset),
        };
        if may_be_torn { Ok(()) } else { Err(self.damage(found.base_offset, scanned.size, reason)) }
    }

    fn damage(&self, base_offset: Offset, position: u64, reason: &str) -> Damage {
        let file = SegmentFile::Log.path(&self.path, base_offset);
        Damage { partition: self.partition.clone(), file, position, reason: reason.to_owned() }
    }

    /// A log that ends below its recovery point has lost what was durable.
    fn check_reaches(&self, durable_upto: Offset, log_end: Offset) -> Result<(), Damage> {
        let last = self.segments.iter().rev().find(|segment| segment.base_offset <= log_end);
        match last {
            Some(last) if log_end < durable_upto => {
                let reason = format!("the log ends at offset {log_end}, and up to {durable_upto} it was durable");
                Err(self.damage(last.base_offset, last.len, &reason))
            }
            _ => Ok(()),
        }
    }

    /// Cuts a torn segment behind its last whole batch, durably: later appends must not meet what lies there.
    fn cut(&self, at: usize, torn: &(Arc<dyn DiskFile>, Scanned), reason: String) -> Result<(), FileError> {
        let (log, scanned) = torn;
        let found = self.segments[at];
        let path = SegmentFile::Log.path(&self.path, found.base_offset);
        let lost = found.len - scanned.size;
        tracing::warn!(file = %path.display(), position = scanned.size, lost, %reason, "torn tail is cut off");
        LogMetrics::add(&self.dir.shared().metrics.recovery_cut_bytes, lost);
        log.set_len(scanned.size).and_then(|()| log.sync_data()).map_err(self.at(&path))
    }

    /// Removes the segments from `at` on, newest first, durably.
    fn drop_from(&mut self, at: usize) -> Result<(), FileError> {
        for found in self.segments[at..].iter().rev() {
            tracing::warn!(partition = %self.partition, base_offset = found.base_offset, "segment behind the end of the log is removed");
            LogMetrics::add(&self.dir.shared().metrics.recovery_cut_bytes, found.len);
            for kind in SegmentFile::ALL {
                self.remove(&kind.path(&self.path, found.base_offset))?;
            }
        }
        if at < self.segments.len() {
            self.disk.sync_dir(&self.path).map_err(self.at(&self.path))?;
            self.segments.truncate(at);
        }
        Ok(())
    }

    /// Makes segments of what was scanned: indexes written anew, the last one active.
    #[allow(clippy::type_complexity)] // closed segments, the active one, and the log files to sync
    fn keep(
        &self,
        first: usize,
        scanned: Vec<(Arc<dyn DiskFile>, Scanned)>,
        recovery_point: Offset,
    ) -> Result<(Vec<Arc<Segment>>, Active, Vec<Arc<dyn DiskFile>>), FileError> {
        let mut closed: Vec<Arc<Segment>> = self.segments[..first].iter().map(|found| self.unopened(found)).collect();
        let mut unsynced = Vec::new();
        let last = scanned.len() - 1;
        let mut active = None;
        for (at, (log, mut scanned)) in scanned.into_iter().enumerate() {
            let found = self.segments[first + at];
            let is_closed = at < last;
            if is_closed {
                scanned.times.extend(scanned.cadence.time_entry().into_iter().flat_map(TimeEntry::to_bytes));
            }
            let segment = self.write_indexes(&found, &scanned).map_err(self.at(&self.path))?;
            if !is_closed {
                active = Some(self.active(segment, log, &scanned).map_err(self.at(&self.path))?);
                continue;
            }
            segment.seal(scanned.cadence.largest());
            if scanned.next_offset > recovery_point {
                unsynced.push(log);
            }
            closed.push(segment);
        }
        let nothing = || FileError::new(&self.path, io::ErrorKind::NotFound.into());
        Ok((closed, active.ok_or_else(nothing)?, unsynced))
    }

    fn write_indexes(&self, found: &FoundSegment, scanned: &Scanned) -> io::Result<Arc<Segment>> {
        let base = found.base_offset;
        let index = EntryFile::replace(self.disk, &SegmentFile::OffsetIndex.path(&self.path, base), &scanned.offsets)?;
        let time_index = EntryFile::replace(self.disk, &SegmentFile::TimeIndex.path(&self.path, base), &scanned.times)?;
        let path = Arc::clone(&self.path);
        let segment = Segment::active(path, base, scanned.size, found.modified_ms, index, time_index);
        if found.has_txn_index || scanned.aborts {
            segment.note_txn_index();
        }
        Ok(Arc::new(segment))
    }

    fn active(&self, segment: Arc<Segment>, log: Arc<dyn DiskFile>, scanned: &Scanned) -> io::Result<Active> {
        // Blocks that were reserved before the crash are given back: what is reserved is known to one process only.
        log.release_reserved()?;
        segment.share_log(Arc::clone(&log));
        Ok(Active {
            segment,
            log: Some(log),
            end: scanned.size,
            reserved: scanned.size,
            cadence: scanned.cadence,
            first_timestamp: scanned.first_timestamp,
            created_ms: self.dir.shared().env.clock.wall_ms(),
            jitter_ms: self.draw_jitter(),
        })
    }
}

impl Progress {
    fn visit(&mut self, batch: &PlacedBatch, walk: &mut Walk<'_>) -> io::Result<()> {
        if batch.header.base_offset >= self.durable_upto {
            self.epochs.assign(batch.header.partition_leader_epoch, batch.header.base_offset);
        }
        if batch.header.base_offset >= self.replay_from {
            self.aborted.extend(replay_batch(&mut self.producers, batch, walk)?);
        }
        Ok(())
    }
}
