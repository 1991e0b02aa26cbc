//! Reads one object: its chunk table, then chunks as far as the answer needs them, then whole batches.

use crate::object::{CHUNK_LEN, TrailerHead};
use crate::read::cold::{ColdReads, Failure, Part, TierReadError, lost};
use crate::read::cursor::Step;
use crate::read::fetcher::ChunkFlight;
use crate::read::{BatchCursor, ColdObject, Urgency, Window};
use bytes::Bytes;
use esker_env::Instant;
use esker_model::{Offset, TimestampMs};
use std::collections::VecDeque;
use std::sync::Arc;

/// Reads batches of one object.
pub(super) struct EntryReader<'a> {
    reads: &'a ColdReads,
    object: ColdObject,
    deadline: Instant,
    bytes_max: u64,
    window: Window,
    coming: VecDeque<ChunkFlight>,
    /// First chunk that was not asked for.
    asked_to: u32,
}

impl<'a> EntryReader<'a> {
    pub(super) fn new(reads: &'a ColdReads, object: ColdObject, deadline: Instant, bytes_max: u64) -> Self {
        let bytes_max = bytes_max.min(reads.answer_bytes_max);
        Self { reads, object, deadline, bytes_max, window: Window::at(0), coming: VecDeque::new(), asked_to: 0 }
    }

    /// The chunk table; while it is not known the chunks where `from` probably is come along.
    async fn head(&self, from: Offset) -> Result<Arc<TrailerHead>, Failure> {
        let entry = &self.object.entry;
        if let Some(head) = self.object.chain.meta.head(entry.uuid) {
            return Ok(head);
        }
        // Records are taken to be of one length; where they are not, the guess costs a request.
        let share = u128::from(from.abs_diff(entry.base)) * u128::from(entry.log_len)
            / u128::from(entry.next.abs_diff(entry.base));
        let guess = u32::try_from(share as u64 / CHUNK_LEN).unwrap_or(0).min(self.object.chunk_count() - 1);
        let guess = if from <= entry.base { 0 } else { guess };
        let end = (guess + self.chunks_for(self.bytes_max)).min(self.object.chunk_count());
        drop(self.reads.fetcher.request(&self.object, guess..end, Urgency::Now));
        let flight = self.reads.fetcher.head(&self.object);
        Ok(self.reads.in_time(self.deadline, flight).await?.unwrap_or_else(|_| Err(lost()))?)
    }

    fn chunks_for(&self, bytes: u64) -> u32 {
        u32::try_from(bytes.div_ceil(CHUNK_LEN)).unwrap_or(u32::MAX).clamp(1, 1 << 16)
    }

    /// Begins at the first batch of a chunk of the table.
    fn begin(&mut self, head: &TrailerHead, chunk: usize) -> BatchCursor {
        let position = head.chunks.get(chunk).map_or(0, |chunk| chunk.first_position);
        self.asked_to = (position / CHUNK_LEN) as u32;
        self.window = Window::at(u64::from(self.asked_to) * CHUNK_LEN);
        BatchCursor { position, log_len: self.object.entry.log_len }
    }

    /// Lets the window grow up to `position`; `false` at the deadline.
    async fn extend_to(&mut self, position: u64) -> Result<bool, Failure> {
        let wanted = position.max(self.window.end() + 1).div_ceil(CHUNK_LEN) as u32;
        let wanted = wanted.min(self.object.chunk_count());
        if wanted > self.asked_to {
            let asked = self.reads.fetcher.request(&self.object, self.asked_to..wanted, Urgency::Now);
            self.coming.extend(asked);
            self.asked_to = wanted;
        }
        while self.window.end() < position {
            let Some(flight) = self.coming.pop_front() else { break };
            let Some(chunk) = self.reads.by(self.deadline, flight).await else { return Ok(false) };
            self.window.push(chunk.unwrap_or_else(|_| Err(lost()))?);
        }
        Ok(true)
    }

    fn damaged(&self, what: &str) -> Failure {
        let key = self.object.chain.segment_key(&self.object.entry);
        Failure::Final(TierReadError::Storage(format!("{key:?}: {what}")))
    }

    /// Whole batches from the one that holds `from` on, all that begin below `end`.
    pub(super) async fn read(&mut self, from: Offset, end: Offset, at_least_one: bool) -> Result<Part, Failure> {
        let head = self.head(from).await?;
        let mut cursor = self.begin(&head, head.chunk_for_offset(from));
        let mut taken: Option<(u64, u64)> = None;
        let (mut next, mut is_whole) = (from, true);
        // As much at once as the answer may hold, so that it comes in few requests.
        let far = cursor.position.saturating_add(self.bytes_max).min(cursor.log_len);
        let mut in_time = self.extend_to(far.max(cursor.position + 1)).await?;
        loop {
            let (header, batch_end) = match cursor.peek(&self.window) {
                Step::Batch(header, batch_end) => (header, batch_end),
                Step::End => break,
                Step::Damaged(what) => return Err(self.damaged(what)),
                Step::NeedsUpTo(position) => {
                    if !in_time {
                        is_whole = false;
                        break;
                    }
                    in_time = self.extend_to(position).await?;
                    continue;
                }
            };
            if header.base_offset >= end {
                is_whole = end >= self.object.entry.next;
                break;
            }
            if header.next_offset() > from {
                let len = batch_end - taken.map_or(cursor.position, |(start, _)| start);
                if len > self.bytes_max && (taken.is_some() || !at_least_one) {
                    is_whole = false;
                    break;
                }
                if batch_end > self.window.end() {
                    if !in_time {
                        is_whole = false;
                        break;
                    }
                    in_time = self.extend_to(batch_end).await?;
                    continue;
                }
                taken = Some((taken.map_or(cursor.position, |(start, _)| start), batch_end));
                next = header.next_offset();
            }
            cursor.position = batch_end;
        }
        if taken.is_none() && !in_time {
            return Err(Failure::Final(TierReadError::Deadline));
        }
        let (start, stop) = taken.unwrap_or((cursor.position, cursor.position));
        let batches = if taken.is_some() { self.window.slices(start, stop) } else { Vec::new() };
        let next = if is_whole { next.max(end) } else { next };
        Ok(Part { batches, len: stop - start, next, aborted: head.aborted.clone(), is_whole })
    }

    /// The first batch at or behind `log_start` that has a timestamp of at least `timestamp`.
    pub(super) async fn find_timestamp(
        &mut self,
        timestamp: TimestampMs,
        log_start: Offset,
    ) -> Result<Option<Bytes>, Failure> {
        let head = self.head(self.object.entry.base).await?;
        let Some(chunk) = head.chunk_for_timestamp(timestamp) else { return Ok(None) };
        let mut cursor = self.begin(&head, chunk);
        loop {
            let needed = match cursor.peek(&self.window) {
                Step::End => return Ok(None),
                Step::Damaged(what) => return Err(self.damaged(what)),
                Step::NeedsUpTo(position) => position,
                Step::Batch(header, end) => {
                    let is_it = header.max_timestamp >= timestamp && header.next_offset() > log_start;
                    if !is_it {
                        cursor.position = end;
                        continue;
                    }
                    if end <= self.window.end() {
                        return Ok(Some(self.window.joined(cursor.position, end)));
                    }
                    end
                }
            };
            if !self.extend_to(needed).await? {
                return Err(Failure::Final(TierReadError::Deadline));
            }
        }
    }
}
