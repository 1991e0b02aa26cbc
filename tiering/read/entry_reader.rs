//! Reads one object: its chunk table, then chunks as far as the answer needs them, then whole batches.

use crate::object::{CHUNK_LEN, TrailerHead};
use crate::read::cold::{ColdReads, Failure, Part, TierReadError, lost};
use crate::read::cursor::Step;
use crate::read::fetcher::Coming;
use crate::read::{BatchCursor, ColdObject, Urgency, Window};
use bytes::Bytes;
use esker_env::Instant;
use esker_model::{Offset, TimestampMs};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// Reads batches of one object.
pub(super) struct EntryReader<'a> {
    reads: &'a ColdReads,
    object: ColdObject,
    deadline: Instant,
    bytes_max: u64,
    urgency: Urgency,
    window: Window,
    /// The chunks behind the window that are here or on their way.
    coming: VecDeque<Coming>,
    /// First chunk behind those.
    asked_to: u32,
    /// Chunks that are wanted in all end here.
    far: u64,
}

/// For whom chunks are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    /// There is nothing to answer yet.
    UntilDeadline,
    /// There is an answer: only what does not have to come from the store is added.
    ForTheNear,
}

/// What an answer takes of an object.
struct Batches {
    /// The one that holds this offset is the first.
    from: Offset,
    /// None begins here or behind.
    end: Offset,
    enough: u64,
    /// The answer has batches of other objects.
    has_some: bool,
    cursor: BatchCursor,
    taken: Option<Range<u64>>,
    /// Offset behind those that were taken.
    next: Offset,
}

impl Batches {
    fn start(&self) -> u64 {
        self.taken.as_ref().map_or(self.cursor.position, |taken| taken.start)
    }

    fn len(&self) -> u64 {
        self.taken.as_ref().map_or(0, |taken| taken.end - taken.start)
    }
}

/// Why no more batches were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    /// The object has no more for this reader.
    AtTheEnd,
    /// The answer has no room.
    Full,
    /// More is not here.
    ForWant,
}

impl<'a> EntryReader<'a> {
    pub(super) fn new(
        reads: &'a ColdReads,
        object: ColdObject,
        deadline: Instant,
        bytes_max: u64,
        urgency: Urgency,
    ) -> Self {
        let bytes_max = bytes_max.min(reads.answer_bytes_max);
        Self {
            reads,
            object,
            deadline,
            bytes_max,
            urgency,
            window: Window::at(0),
            coming: VecDeque::new(),
            asked_to: 0,
            far: 0,
        }
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
        let guess = if from <= entry.base { 0 } else { u32::try_from(share as u64 / CHUNK_LEN).unwrap_or(0) };
        let guess = guess.min(self.object.chunk_count() - 1);
        // One more: the last batch may end in it.
        let end = (guess + self.chunks_for(self.bytes_max) + 1).min(self.object.chunk_count());
        drop(self.reads.fetcher.request(&self.object, guess.saturating_sub(1)..end, self.urgency));
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
        // The batches that begin in the chunk end where the next one in the table begins; the reader wants one of them, whole.
        let behind = head.chunks.iter().skip(chunk).map(|chunk| chunk.first_position).find(|next| *next > position);
        let log_len = self.object.entry.log_len;
        self.far = position.saturating_add(self.bytes_max).max(behind.unwrap_or(log_len)).min(log_len);
        BatchCursor { position, log_len }
    }

    /// Lets the window grow up to `position`; `false` where it is not worth the wait, or at the deadline.
    async fn extend_to(&mut self, head: &TrailerHead, position: u64, patience: Patience) -> Result<bool, Failure> {
        self.far = self.far.max(position);
        while self.window.end() < position {
            if self.coming.is_empty() && !self.ask(head, patience) {
                return Ok(false);
            }
            let flight = match self.coming.pop_front() {
                None => return Ok(false),
                Some(Coming::Here(bytes)) => {
                    self.window.push(bytes);
                    continue;
                }
                Some(Coming::Near(flight)) => flight,
                Some(Coming::Far(flight)) if patience == Patience::UntilDeadline || flight.peek().is_some() => flight,
                Some(far) => {
                    self.coming.push_front(far);
                    return Ok(false);
                }
            };
            let Some(chunk) = self.reads.by(self.deadline, flight).await else { return Ok(false) };
            let read = (self.window.end() / CHUNK_LEN) as u32;
            self.window.push(chunk.unwrap_or_else(|_| Err(lost()))?);
            if self.urgency == Urgency::Following {
                self.reads.fetcher.was_read(&self.object, read);
            }
        }
        Ok(true)
    }

    /// Gets hold of the next chunks: of those that need no request, and only where there are none of the rest, all in one.
    fn ask(&mut self, head: &TrailerHead, patience: Patience) -> bool {
        let wanted = self.asked_to..(self.far.div_ceil(CHUNK_LEN) as u32).min(self.object.chunk_count());
        let fetcher = &self.reads.fetcher;
        let mut coming = fetcher.at_hand(&self.object, head, wanted.clone(), self.urgency);
        if coming.is_empty() && patience == Patience::UntilDeadline {
            coming = fetcher.request(&self.object, wanted.start..self.request_end(wanted.end), self.urgency);
        }
        self.asked_to += coming.len() as u32;
        self.coming.extend(coming);
        !self.coming.is_empty()
    }

    /// Whoever reads on and finds nothing read ahead, because others have the room, takes more at once than this answer needs: single
    /// chunks would cost a request each.
    fn request_end(&self, wanted_end: u32) -> u32 {
        if self.urgency != Urgency::Following {
            return wanted_end;
        }
        let more = self.reads.fetcher.room_for_following().min(self.reads.read_ahead_bytes_max) / CHUNK_LEN;
        let end = self.asked_to.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
        end.min(self.object.chunk_count()).max(wanted_end)
    }

    fn damaged(&self, what: &str) -> Failure {
        let key = self.object.chain.segment_key(&self.object.entry);
        Failure::Final(TierReadError::Storage(format!("{key:?}: {what}")))
    }

    /// Whole batches from the one that holds `from` on, all that begin below `end`. Once there are `enough` bytes of them nothing is
    /// waited for that must come from the store; where none are needed, not even the chunk table.
    pub(super) async fn read(
        &mut self,
        from: Offset,
        end: Offset,
        enough: u64,
        has_some: bool,
    ) -> Result<Part, Failure> {
        if enough == 0 && self.object.chain.meta.head(self.object.entry.uuid).is_none() {
            return Ok(Part::nothing(from));
        }
        let head = self.head(from).await?;
        let cursor = self.begin(&head, head.chunk_for_offset(from));
        let mut batches = Batches { from, end, enough, has_some, cursor, taken: None, next: from };
        let stopped = self.collect(&head, &mut batches).await?;
        let is_whole = stopped == Stopped::AtTheEnd;
        let next = if is_whole { batches.next.max(end) } else { batches.next };
        let Some(taken) = batches.taken else {
            let nothing = Part { is_whole, next, ..Part::nothing(from) };
            let is_late = stopped == Stopped::ForWant && enough > 0;
            return if is_late { Err(Failure::Final(TierReadError::Deadline)) } else { Ok(nothing) };
        };
        let len = taken.end - taken.start;
        Ok(Part { batches: self.window.slices(taken), len, next, aborted: head.aborted.clone(), is_whole })
    }

    /// Takes batches for as long as there are and the answer has room.
    async fn collect(&mut self, head: &TrailerHead, batches: &mut Batches) -> Result<Stopped, Failure> {
        loop {
            let (header, batch_end) = match batches.cursor.peek(&self.window) {
                Step::Batch(header, batch_end) => (header, batch_end),
                Step::End => return Ok(Stopped::AtTheEnd),
                Step::Damaged(what) => return Err(self.damaged(what)),
                Step::NeedsUpTo(position) if self.reach(head, position, batches).await? => continue,
                Step::NeedsUpTo(_) => return Ok(Stopped::ForWant),
            };
            if header.base_offset >= batches.end {
                let is_end = batches.end >= self.object.entry.next;
                return Ok(if is_end { Stopped::AtTheEnd } else { Stopped::Full });
            }
            if header.next_offset() > batches.from {
                let start = batches.start();
                if batch_end - start > self.bytes_max && (batches.taken.is_some() || batches.has_some) {
                    return Ok(Stopped::Full);
                }
                if !self.reach(head, batch_end, batches).await? {
                    return Ok(Stopped::ForWant);
                }
                batches.taken = Some(start..batch_end);
                batches.next = header.next_offset();
            }
            batches.cursor.position = batch_end;
        }
    }

    /// Lets the window grow as far as that serves the answer. What has come is not lost with what fails behind it.
    async fn reach(&mut self, head: &TrailerHead, position: u64, batches: &Batches) -> Result<bool, Failure> {
        let patience = if batches.len() < batches.enough { Patience::UntilDeadline } else { Patience::ForTheNear };
        match self.extend_to(head, position, patience).await {
            Err(_) if batches.taken.is_some() => Ok(false),
            reached => reached,
        }
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
            if !self.extend_to(&head, needed, Patience::UntilDeadline).await? {
                return Err(Failure::Final(TierReadError::Deadline));
            }
        }
    }
}
