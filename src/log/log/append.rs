//! Appending as the leader: offsets and epoch are assigned, everything else stays as the client sent it.

use super::{PartitionLog, Writer};
use crate::config::LogConfig;
use crate::error::StorageError;
use crate::files::SegmentFile;
use crate::lookup::NO_TIMESTAMP;
use crate::metrics::LogMetrics;
use crate::producer::{CompletedTxn, MarkerRule, ProducerError, Verdict, Verification};
use crate::roll::{RollFacts, RollReason, should_roll};
use crate::segment::PlacedBatch;
use crate::txn_index::{self, AbortedTxn};
use crate::validate::{ReadyBatch, ready_batch};
use esker_model::{LeaderEpoch, Offset, TimestampMs};
use esker_record::{BatchHeader, ControlRecord, Depth, HEADER_LEN, InspectError, RecompressError};
use std::io::IoSlice;

/// Who appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A client: everything is checked.
    Client,
    /// One of the broker's coordinators: its batches are trusted, transaction markers are theirs.
    Coordinator,
}

/// What goes with a batch that is appended.
#[derive(Clone, Copy, Debug)]
pub struct AppendContext {
    /// The leader epoch in which the caller leads the partition.
    pub leader_epoch: LeaderEpoch,
    /// Who appends.
    pub origin: Origin,
    /// The broker's wall time, milliseconds.
    pub now_ms: TimestampMs,
    /// Whether the request may use Zstandard: from Produce version 7 on (KIP-110).
    pub zstd_allowed: bool,
    /// How far the batch is looked into.
    pub depth: Depth,
    /// Whether transactions are served; without them a transactional batch is refused.
    pub transactions: bool,
    /// By which rule a transaction marker is judged.
    pub marker_rule: MarkerRule,
    /// Whether a batch that begins a transaction here must have been verified.
    pub verification: Verification,
}

impl AppendContext {
    /// A client's batch, looked into as Kafka does, without transactions.
    pub fn client(leader_epoch: LeaderEpoch, now_ms: TimestampMs) -> Self {
        Self {
            leader_epoch,
            origin: Origin::Client,
            now_ms,
            zstd_allowed: true,
            depth: Depth::Records,
            transactions: false,
            marker_rule: MarkerRule::NotOlder,
            verification: Verification::NotNeeded,
        }
    }
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppendInfo {
    /// Offset of its first record.
    pub base_offset: Offset,
    /// Offset of its last record.
    pub last_offset: Offset,
    /// The time that the broker stamped on it; -1 where the records keep their own.
    pub log_append_time_ms: TimestampMs,
    /// First offset that anyone may see.
    pub log_start_offset: Offset,
    /// Whether it is a repetition: then nothing was appended, and the offsets are those of the first time.
    pub duplicate: bool,
    /// Whether `flush.messages` asks for a sync before this is acknowledged.
    pub flush_due: bool,
    /// Whether the active segment was closed before, and why: the tier may have something to upload.
    pub rolled: Option<RollReason>,
}

/// Why a batch was not appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// It is not a batch that may be appended.
    #[error(transparent)]
    Rejected(#[from] InspectError),
    /// Its records do not go into the codec that the topic forces.
    #[error(transparent)]
    Recompress(RecompressError),
    /// What a coordinator or a leader sent makes no sense.
    #[error("{0}")]
    Malformed(String),
    /// It does not fit a segment.
    #[error("the batch has {size} bytes and a segment {max}")]
    LargerThanSegment {
        /// Size of the batch in bytes.
        size: usize,
        /// `segment.bytes`.
        max: usize,
    },
    /// Transactions are not served.
    #[error("transactional batches are not accepted: transactions are not available")]
    TransactionsOff,
    /// Its producer may not append it now.
    #[error(transparent)]
    Producer(#[from] ProducerError),
    /// Another leader has begun since the caller's epoch.
    #[error("leader epoch {epoch} is over, {current} has begun")]
    StaleEpoch {
        /// The caller's epoch.
        epoch: LeaderEpoch,
        /// The newest epoch known.
        current: LeaderEpoch,
    },
    /// The log has used up its offsets.
    #[error("no offset is left behind {0}")]
    OffsetsExhausted(Offset),
    /// A follower was sent records that do not continue its log.
    #[error("the records begin at offset {base_offset} and the log ends at {log_end}")]
    UnexpectedOffset {
        /// Where the records begin.
        base_offset: Offset,
        /// Where the log ends.
        log_end: Offset,
    },
    /// The log cannot be written to.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl PartitionLog {
    /// Appends one batch, a slice of the request as it arrived. Nothing is copied: a patched header and the rest are written
    /// together. Durable only once [`PartitionLog::flush_to`] its end has returned.
    pub fn append_as_leader(&self, bytes: &[u8], context: &AppendContext) -> Result<AppendInfo, AppendError> {
        self.check()?;
        let config = self.config.load_full();
        let batch = ready_batch(bytes, &config, context)?;
        let mut writer = self.writer.lock();
        self.check()?;
        let header = self.assign_offsets(&batch, context)?;
        if let Some(duplicate) = self.judge_producer(&writer, &batch, &header, context)? {
            return Ok(duplicate);
        }
        if context.origin == Origin::Client && self.dir.refuses() {
            return Err(StorageError::NearlyFull { dir: self.dir.path().into() }.into());
        }
        let incoming_bytes = batch.len() as u64;
        let rolled =
            self.roll_if_needed(&mut writer, &config, (header.base_offset, &header), incoming_bytes, context.now_ms)?;
        let position = writer.active.end;
        let mut head = [0; HEADER_LEN];
        header.write(&mut head);
        let slices = [IoSlice::new(&head), IoSlice::new(&batch.records)];
        let len = batch.len() as u64;
        let written = writer.active.write(self.disk(), &config, &slices, len);
        written.map_err(|error| self.append_failed(&writer, error))?;
        self.assign_epoch(&mut writer, context.leader_epoch, header.base_offset);
        let placed = PlacedBatch { position, size: len, header };
        self.take_in(&mut writer, &config, &placed, batch.control, context.now_ms)?;
        self.finish_append(&mut writer, &header, context.now_ms);
        Ok(AppendInfo {
            base_offset: header.base_offset,
            last_offset: header.last_offset(),
            log_append_time_ms: batch.log_append_time_ms,
            log_start_offset: self.view.peek(|view| view.bounds.log_start),
            duplicate: false,
            flush_due: self.flush_due(&config, header.last_offset()),
            rolled,
        })
    }

    /// Whether `flush.messages` asks for a sync before the record at `last_offset` is acknowledged.
    fn flush_due(&self, config: &LogConfig, last_offset: Offset) -> bool {
        let recovery_point = self.recovery_point();
        last_offset >= recovery_point && self.log_end() - recovery_point >= config.flush_messages
    }

    /// The header with the next offsets and the leader's epoch.
    fn assign_offsets(&self, batch: &ReadyBatch<'_>, context: &AppendContext) -> Result<BatchHeader, AppendError> {
        let view = self.view.load();
        let log_end = view.bounds.log_end;
        let current = view.epochs.latest().map_or(-1, |entry| entry.epoch);
        if context.leader_epoch < current {
            return Err(AppendError::StaleEpoch { epoch: context.leader_epoch, current });
        }
        let mut header = batch.header;
        header.base_offset = log_end;
        header.partition_leader_epoch = context.leader_epoch;
        let next = log_end.checked_add(i64::from(header.last_offset_delta)).and_then(|last| last.checked_add(1));
        if next.is_none_or(|next| next == Offset::MAX) {
            return Err(AppendError::OffsetsExhausted(log_end));
        }
        Ok(header)
    }

    /// Refuses what a producer may not append; the answer to a batch that is here already.
    fn judge_producer(
        &self,
        writer: &Writer,
        batch: &ReadyBatch<'_>,
        header: &BatchHeader,
        context: &AppendContext,
    ) -> Result<Option<AppendInfo>, AppendError> {
        if !header.has_producer() {
            return Ok(None);
        }
        if let Some(ControlRecord::EndTransaction { coordinator_epoch, .. }) = batch.control {
            writer.producers.check_marker(header, coordinator_epoch, context.marker_rule)?;
            return Ok(None);
        }
        let verdict = writer.producers.check(header, context.origin, context.verification)?;
        let Verdict::Duplicate(mark) = verdict else { return Ok(None) };
        LogMetrics::add(&self.dir.shared().metrics.duplicate_batches, 1);
        let config = self.config.load();
        Ok(Some(AppendInfo {
            base_offset: mark.base_offset(),
            last_offset: mark.last_offset,
            log_append_time_ms: mark.timestamp,
            log_start_offset: self.view.peek(|view| view.bounds.log_start),
            duplicate: true,
            // The first answer may have been lost before its sync: this one must not come before it either.
            flush_due: self.flush_due(&config, mark.last_offset),
            rolled: None,
        }))
    }

    /// Closes the active segment where what comes next, from an offset on up to the batch `last`, does not belong there.
    pub(super) fn roll_if_needed(
        &self,
        writer: &mut Writer,
        config: &LogConfig,
        (first_offset, last): (Offset, &BatchHeader),
        incoming_bytes: u64,
        now_ms: TimestampMs,
    ) -> Result<Option<RollReason>, StorageError> {
        let active = &writer.active;
        let facts = RollFacts {
            base_offset: active.base_offset(),
            size: active.end,
            first_timestamp: active.first_timestamp,
            created_ms: active.created_ms,
            jitter_ms: active.jitter_ms,
            index_full: active.index_is_full(config),
            incoming_bytes,
            incoming_last_offset: last.last_offset(),
            incoming_timestamp: last.max_timestamp,
            now_ms,
        };
        let reason = should_roll(&facts, config);
        match reason {
            // A follower of a compacted log may have to leave more than a segment's offsets out.
            Some(RollReason::OffsetTooFar) => self.roll_at(writer, first_offset, now_ms)?,
            Some(_) => self.roll(writer, now_ms)?,
            None => {}
        }
        Ok(reason)
    }

    /// Enters a written batch into indexes and producer state.
    pub(super) fn take_in(
        &self,
        writer: &mut Writer,
        config: &LogConfig,
        batch: &PlacedBatch,
        control: Option<ControlRecord>,
        now_ms: TimestampMs,
    ) -> Result<(), StorageError> {
        let header = &batch.header;
        if batch.position == 0 {
            writer.active.created_ms = now_ms;
            let stamped = header.max_timestamp > NO_TIMESTAMP;
            writer.active.first_timestamp = stamped.then(|| header.max_timestamp.min(now_ms));
        }
        writer.active.index(self.disk(), config, batch);
        if header.has_producer() {
            match control {
                // A header that compaction has left of a marker says nothing any more.
                None if header.attributes.is_control() => {}
                None => writer.producers.take_batch(header),
                Some(ControlRecord::EndTransaction { marker, coordinator_epoch }) => {
                    if let Some(txn) = writer.producers.take_marker(header, marker, coordinator_epoch) {
                        self.complete_txn(writer, &txn)?;
                    }
                }
                Some(ControlRecord::Other(_)) => {}
            }
        }
        writer.producers.advance_end(header.next_offset());
        Ok(())
    }

    /// Enters an aborted transaction into the index of the segment that holds its marker.
    fn complete_txn(&self, writer: &mut Writer, txn: &CompletedTxn) -> Result<(), StorageError> {
        if !txn.aborted {
            return Ok(());
        }
        let entry = AbortedTxn {
            producer_id: txn.producer_id,
            first_offset: txn.first_offset,
            last_offset: txn.last_offset,
            last_stable_offset: writer.producers.last_stable_offset_after(txn),
        };
        let path = writer.active.segment.path(SegmentFile::TxnIndex);
        // Without the entry a read-committed reader would see aborted records: no way round a failure.
        txn_index::append(self.disk(), &path, entry).map_err(|error| self.dir.fail(&error.to_string()))?;
        self.mark_names_dirty();
        writer.active.segment.note_txn_index();
        if !writer.unsynced.others.contains(&path) {
            writer.unsynced.others.push(path);
        }
        Ok(())
    }

    /// Shows readers what was written.
    pub(super) fn finish_append(&self, writer: &mut Writer, last: &BatchHeader, now_ms: TimestampMs) {
        writer.unsynced.active = true;
        let active = &writer.active;
        active.segment.set_size(active.end, now_ms);
        let (end_position, active_largest) = (active.end, active.cadence.largest());
        self.publish(writer, |view| {
            view.bounds.log_end = last.next_offset();
            view.end_position = end_position;
            view.active_largest = active_largest;
        });
    }
}
