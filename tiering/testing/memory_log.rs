//! A partition's local log in memory: segments of whole batches, rolled by hand, deleted as the tier allows.

use crate::local_log::{
    LocalBounds, LocalLog, LocalLogError, SegmentBytes, TieredEndState, TieredUpTo, UploadPolicy, UploadSource,
};
use crate::object::{AbortedTransaction, OpenTransaction};
use crate::testing::batch;
use bytes::{Bytes, BytesMut};
use esker_model::{EpochHistory, LeaderEpoch, Offset, TimestampMs};
use esker_record::Batches;
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Clone, Debug)]
struct Segment {
    base: Offset,
    end: Offset,
    bytes: BytesMut,
    max_timestamp: TimestampMs,
    closed: bool,
}

#[derive(Debug, Default)]
struct State {
    segments: Vec<Segment>,
    log_start: Offset,
    end: Offset,
    /// Records at and behind it are not decided.
    unstable_from: Option<Offset>,
    epochs: EpochHistory,
    aborted: Vec<AbortedTransaction>,
    open: Vec<OpenTransaction>,
    confirmed: Vec<TieredUpTo>,
    resets: Vec<TieredEndState>,
    damage: Option<String>,
    high_watermark_at_least: Offset,
}

/// See the module. All that the tier did to it can be asked for.
#[derive(Debug, Default)]
pub struct MemoryLog {
    state: Mutex<State>,
    /// Whether confirmed versions delete local segments.
    keeps_local: AtomicBool,
}

#[derive(Debug)]
struct Source(Bytes);

impl SegmentBytes for Source {
    fn read_exact_at(&self, into: &mut [u8], position: u64) -> io::Result<()> {
        let at = position as usize;
        let from = self.0.get(at..at + into.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        into.copy_from_slice(from);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

impl MemoryLog {
    /// An empty log.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Appends a batch of `records` offsets and `body_len` bytes of filler; its base offset comes back.
    pub fn append(&self, records: i32, epoch: LeaderEpoch, timestamp: TimestampMs, body_len: usize) -> Offset {
        let mut state = self.state.lock();
        let base = state.end;
        state.epochs.assign(epoch, base);
        if state.segments.last().is_none_or(|segment| segment.closed) {
            let segment = Segment { base, end: base, bytes: BytesMut::new(), max_timestamp: -1, closed: false };
            state.segments.push(segment);
        }
        state.end = base + i64::from(records);
        let end = state.end;
        let segment = state.segments.last_mut().expect("there is one");
        segment.bytes.extend_from_slice(&batch(base, records, epoch, timestamp, body_len));
        segment.end = end;
        segment.max_timestamp = segment.max_timestamp.max(timestamp);
        base
    }

    /// Closes the active segment.
    pub fn roll(&self) {
        self.state.lock().segments.iter_mut().for_each(|segment| segment.closed = true);
    }

    /// Appends `batches` batches of one record each of `body_len` bytes and rolls.
    pub fn append_segment(&self, batches: usize, epoch: LeaderEpoch, body_len: usize) {
        for _ in 0..batches {
            let timestamp = self.state.lock().end * 10;
            self.append(1, epoch, timestamp, body_len);
        }
        self.roll();
    }

    /// Whether confirmed versions leave local segments alone.
    pub fn keep_local(&self, keeps: bool) {
        self.keeps_local.store(keeps, Ordering::SeqCst);
    }

    /// Records at and behind `offset` are not decided; `None`: all are.
    pub fn set_unstable(&self, offset: Option<Offset>) {
        self.state.lock().unstable_from = offset;
    }

    /// Adds transactions that the sources will tell of.
    pub fn add_transactions(&self, aborted: &[AbortedTransaction], open: &[OpenTransaction]) {
        let mut state = self.state.lock();
        state.aborted.extend(aborted);
        state.open.extend(open);
    }

    /// Flips a bit of the local bytes at `offset`.
    pub fn rot(&self, offset: Offset) {
        let mut state = self.state.lock();
        let segment = state.segments.iter_mut().find(|segment| segment.end > offset).expect("a segment");
        let at = segment.bytes.len() - 1; // of the last batch's records
        segment.bytes[at] ^= 1;
    }

    /// All local bytes from `offset`'s segment on.
    pub fn bytes(&self) -> Bytes {
        let state = self.state.lock();
        let mut all = BytesMut::new();
        state.segments.iter().for_each(|segment| all.extend_from_slice(&segment.bytes));
        all.freeze()
    }

    /// The versions that were confirmed, in order.
    pub fn confirmed_versions(&self) -> Vec<TieredUpTo> {
        self.state.lock().confirmed.clone()
    }

    /// The states that the log was reset to, in order.
    pub fn resets(&self) -> Vec<TieredEndState> {
        self.state.lock().resets.clone()
    }

    /// What damage was reported.
    pub fn damage(&self) -> Option<String> {
        self.state.lock().damage.clone()
    }

    /// What the high watermark is at least, by the tier's word.
    pub fn high_watermark_at_least(&self) -> Offset {
        self.state.lock().high_watermark_at_least
    }

    /// Drops everything local, as a lost disk does.
    pub fn lose_everything(&self) {
        *self.state.lock() = State::default();
    }

    /// The batches from `from` on of the closed segment that holds it, up to `upper` and what is decided.
    fn part(&self, from: Offset, upper: Offset, policy: UploadPolicy) -> Result<Option<UploadSource>, LocalLogError> {
        let mut state = self.state.lock();
        let stable = state.unstable_from.unwrap_or(state.end).min(upper);
        let Some(segment) = state.segments.iter_mut().find(|segment| segment.end > from) else { return Ok(None) };
        let is_old = policy.roll_after_ms.is_some_and(|after| policy.now_ms - segment.max_timestamp > after);
        segment.closed |= is_old;
        if !segment.closed || segment.base > from {
            return Ok(None);
        }
        let segment = segment.clone();
        let (mut start, mut end, mut end_offset) = (None, 0, from);
        for batch in Batches::new(&segment.bytes) {
            let batch = batch.map_err(|error| LocalLogError(error.to_string()))?;
            if batch.header.next_offset() <= from {
                continue;
            }
            if batch.header.next_offset() > stable {
                break;
            }
            start.get_or_insert(batch.position);
            end = batch.position + batch.bytes.len();
            end_offset = batch.header.next_offset();
        }
        let Some(start) = start else { return Ok(None) };
        let bytes = segment.bytes.freeze().slice(start..end);
        let overlaps = |first: Offset, last: Offset| first < end_offset && last >= from;
        Ok(Some(UploadSource {
            base: from,
            end: end_offset,
            len: bytes.len() as u64,
            bytes: Arc::new(Source(bytes)),
            epochs: state.epochs.up_to(end_offset),
            producer_snapshot: Bytes::from(format!("producers at {end_offset}")),
            aborted: state.aborted.iter().filter(|txn| overlaps(txn.first_offset, txn.last_offset)).copied().collect(),
            open: state.open.iter().filter(|txn| txn.first_offset < end_offset).copied().collect(),
            max_timestamp: segment.max_timestamp,
        }))
    }
}

impl LocalLog for MemoryLog {
    fn bounds(&self) -> LocalBounds {
        let state = self.state.lock();
        LocalBounds {
            log_start: state.log_start,
            local_log_start: state.segments.first().map_or(state.end, |segment| segment.base).max(state.log_start),
            last_stable_offset: state.unstable_from.unwrap_or(state.end),
            log_end: state.end,
        }
    }

    fn epoch_history(&self) -> EpochHistory {
        self.state.lock().epochs.clone()
    }

    fn bytes_from(&self, offset: Offset) -> u64 {
        let state = self.state.lock();
        state.segments.iter().filter(|segment| segment.base >= offset).map(|segment| segment.bytes.len() as u64).sum()
    }

    fn closed_since_ms(&self, offset: Offset) -> Option<TimestampMs> {
        let state = self.state.lock();
        let segment = state.segments.iter().find(|segment| segment.end > offset)?;
        segment.closed.then_some(segment.max_timestamp)
    }

    fn next_upload(&self, from: Offset, policy: UploadPolicy) -> Result<Option<UploadSource>, LocalLogError> {
        self.part(from, Offset::MAX, policy)
    }

    fn copy_of(&self, base: Offset, end: Offset) -> Result<Option<UploadSource>, LocalLogError> {
        let part = self.part(base, end, UploadPolicy::default())?;
        Ok(part.filter(|part| part.end == end))
    }

    fn adopted(&self, tiered_end: Offset) {
        let mut state = self.state.lock();
        state.high_watermark_at_least = state.high_watermark_at_least.max(tiered_end);
    }

    fn confirmed(&self, version: TieredUpTo) -> Result<(), LocalLogError> {
        let mut state = self.state.lock();
        state.confirmed.push(version);
        state.log_start = state.log_start.max(version.log_start);
        if !self.keeps_local.load(Ordering::SeqCst) {
            state.segments.retain(|segment| !segment.closed || segment.end > version.tiered_end);
        }
        Ok(())
    }

    fn reset_to(&self, _leader_epoch: LeaderEpoch, reset: TieredEndState) -> Result<(), LocalLogError> {
        let mut state = self.state.lock();
        let (confirmed, mut resets) = (std::mem::take(&mut state.confirmed), std::mem::take(&mut state.resets));
        resets.push(reset.clone());
        *state = State {
            log_start: reset.log_start,
            end: reset.tiered_end,
            epochs: reset.epochs,
            confirmed,
            resets,
            high_watermark_at_least: reset.tiered_end,
            ..State::default()
        };
        Ok(())
    }

    fn damaged(&self, reason: &str) {
        self.state.lock().damage = Some(reason.to_owned());
    }
}
