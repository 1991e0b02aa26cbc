//! A replica's log: batches in segments that each replica cuts where it likes.

use crate::local_log::{LocalBounds, SegmentBytes, TieredUpTo, UploadPolicy, UploadSource};
use crate::manifest::LocalView;
use bytes::Bytes;
use esker_model::{EpochHistory, LeaderEpoch, Offset, TimestampMs};
use std::io;
use std::sync::Arc;

/// Bytes of a batch, as sources encode it.
pub(super) const BATCH_LEN: u64 = 40;
/// A closed segment that is not decided up to its end is cut once it has been so for this long.
const UNDECIDED_MAX_MS: i64 = 60_000;

/// Batches with the same id are the same; no id is ever given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) base: Offset,
    pub(super) next: Offset,
    pub(super) epoch: LeaderEpoch,
    pub(super) id: i64,
    pub(super) timestamp: TimestampMs,
}

impl Batch {
    pub(super) fn decode_all(bytes: &[u8]) -> Vec<Batch> {
        let word = |chunk: &[u8], at: usize| i64::from_le_bytes(chunk[at * 8..at * 8 + 8].try_into().unwrap());
        let decode = |chunk: &[u8]| Batch {
            base: word(chunk, 0),
            next: word(chunk, 1),
            epoch: word(chunk, 2) as i32,
            id: word(chunk, 3),
            timestamp: word(chunk, 4),
        };
        bytes.chunks(BATCH_LEN as usize).map(decode).collect()
    }

    fn encode(&self) -> Vec<u8> {
        [self.base, self.next, i64::from(self.epoch), self.id, self.timestamp].map(i64::to_le_bytes).concat()
    }
}

#[derive(Debug)]
struct Content(Vec<u8>);

impl SegmentBytes for Content {
    fn read_exact_at(&self, into: &mut [u8], position: u64) -> io::Result<()> {
        let at = position as usize;
        into.copy_from_slice(self.0.get(at..at + into.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Clone, Debug)]
pub(super) struct Log {
    batches: Vec<Batch>,
    /// Where segments begin; the last is the active one.
    bases: Vec<Offset>,
    pub(super) epochs: EpochHistory,
    pub(super) log_start: Offset,
    pub(super) end: Offset,
    pub(super) high_watermark: Offset,
}

impl Log {
    /// An empty log that begins at `start`.
    pub(super) fn at(start: Offset) -> Self {
        let (batches, epochs) = (Vec::new(), EpochHistory::default());
        Self { batches, bases: vec![start], epochs, log_start: start, end: start, high_watermark: start }
    }

    /// First offset of the first segment.
    pub(super) fn start(&self) -> Offset {
        self.bases[0]
    }

    pub(super) fn bounds(&self) -> LocalBounds {
        LocalBounds {
            log_start: self.log_start,
            local_log_start: self.start().max(self.log_start),
            last_stable_offset: self.high_watermark,
            log_end: self.end,
        }
    }

    pub(super) fn view(&self) -> LocalView {
        LocalView { epochs: self.epochs.clone(), log_end: self.end }
    }

    /// Bytes of the segments that begin at or behind `offset`.
    pub(super) fn bytes_from(&self, offset: Offset) -> u64 {
        let base = self.bases[self.bases.partition_point(|base| *base < offset).min(self.bases.len() - 1)];
        let from = self.batches.partition_point(|batch| batch.base < base.max(offset));
        (self.batches.len() - from) as u64 * BATCH_LEN
    }

    pub(super) fn append(&mut self, batch: Batch) {
        assert_eq!(batch.base, self.end);
        self.epochs.assign(batch.epoch, batch.base);
        self.end = batch.next;
        self.batches.push(batch);
    }

    /// Closes the active segment.
    pub(super) fn roll(&mut self) -> bool {
        let rolls = self.bases.last().is_some_and(|base| *base < self.end);
        if rolls {
            self.bases.push(self.end);
        }
        rolls
    }

    /// The id of the record at `offset`, where it is local.
    pub(super) fn id_at(&self, offset: Offset) -> Option<i64> {
        let at = self.batches.partition_point(|batch| batch.next <= offset);
        self.batches.get(at).filter(|batch| batch.base <= offset).map(|batch| batch.id)
    }

    fn first_in_active(&self) -> Option<&Batch> {
        let active = self.bases.last().copied().unwrap_or(0);
        self.batches.get(self.batches.partition_point(|batch| batch.base < active))
    }

    /// As the log of a broker: from `from` to the end of the closed segment that holds it, at or below the last stable offset.
    pub(super) fn next_upload(&mut self, from: Offset, policy: UploadPolicy) -> Result<Option<UploadSource>, String> {
        let is_old = |batch: &Batch| policy.roll_after_ms.is_some_and(|after| policy.now_ms - batch.timestamp > after);
        if self.first_in_active().is_some_and(is_old) {
            self.roll();
        }
        if from < self.start() {
            return Err("below the local log".to_owned());
        }
        let following = self.bases.partition_point(|base| *base <= from);
        let Some(segment_end) = self.bases.get(following).copied() else { return Ok(None) };
        let first = self.batches.partition_point(|batch| batch.next <= from);
        let last = self.batches.partition_point(|batch| batch.next <= segment_end);
        let mut batches = self.batches[first..last].to_vec();
        if segment_end > self.high_watermark {
            if batches.last().is_some_and(|last| policy.now_ms - last.timestamp < UNDECIDED_MAX_MS) {
                return Ok(None);
            }
            batches.retain(|batch| batch.next <= self.high_watermark);
        }
        let Some(end) = batches.last().map(|batch| batch.next) else { return Ok(None) };
        let bytes: Vec<u8> = batches.iter().flat_map(Batch::encode).collect();
        Ok(Some(UploadSource {
            base: from,
            end,
            len: bytes.len() as u64,
            bytes: Arc::new(Content(bytes)),
            epochs: self.epochs.up_to(end),
            producer_snapshot: Bytes::new(),
            aborted: Vec::new(),
            open: Vec::new(),
            max_timestamp: batches.iter().map(|batch| batch.timestamp).max().unwrap_or(-1),
        }))
    }

    /// The tier confirmed a version: closed segments that end at or below its tiered end go. They come back.
    pub(super) fn confirmed(&mut self, version: TieredUpTo) -> Vec<Batch> {
        self.log_start = self.log_start.max(version.log_start.min(self.high_watermark));
        let kept = self.bases.partition_point(|base| *base <= version.tiered_end).saturating_sub(1);
        self.bases.drain(..kept);
        let start = self.start();
        let gone = self.batches.partition_point(|batch| batch.base < start);
        self.batches.drain(..gone).collect()
    }

    /// Everything goes; the log continues at the tiered end.
    pub(super) fn reset(&mut self, tiered_end: Offset, log_start: Offset, epochs: EpochHistory) {
        *self = Self { epochs, log_start, ..Self::at(tiered_end) };
    }

    /// One fetch of a follower: what is not the leader's goes, then up to `count` batches are copied.
    pub(super) fn follow(&mut self, leader: &Log, count: usize) {
        while self.end > leader.end
            || (self.end > leader.start() && self.id_at(self.end - 1) != leader.id_at(self.end - 1))
        {
            let Some(last) = self.batches.pop() else { break };
            self.end = last.base;
        }
        if self.end <= leader.start() || self.end > leader.end {
            // Nothing to compare with, or beyond the leader without a batch left: it begins where the leader's local log does.
            *self = Self { epochs: leader.epochs.up_to(leader.start()), ..Self::at(leader.start()) };
        }
        self.epochs.truncate_from_end(self.end);
        let end = self.end;
        self.bases.retain(|base| *base <= end);
        let from = leader.batches.partition_point(|batch| batch.next <= end);
        // A log that was cut may begin inside of a batch.
        let new = leader.batches[from..].iter().take(count);
        new.for_each(|batch| self.append(Batch { base: batch.base.max(self.end), ..*batch }));
        self.log_start = self.log_start.max(leader.log_start);
        self.high_watermark = leader.high_watermark.min(self.end);
    }
}
