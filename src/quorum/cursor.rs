//! Reading committed records by offset.

use crate::machine::MachineShared;
use crate::quorum::{CommittedBatch, CursorError};
use crate::types::Payload;
use bytes::Bytes;
use esker_model::Offset;
use std::collections::VecDeque;
use std::sync::Arc;

/// Which entry holds which offset, for the entries that were applied since the last snapshot was restored.
#[derive(Debug, Default)]
pub struct OffsetIndex {
    /// The offset at which the index begins.
    start: Offset,
    /// Offset of an entry's first record, and the entry's index; both ascending.
    entries: VecDeque<(Offset, u64)>,
}

impl OffsetIndex {
    /// An index of nothing yet, whose next offset is `start`.
    pub fn starting_at(start: Offset) -> Self {
        Self { start, entries: VecDeque::new() }
    }

    /// Adds the entry with `index`, whose first record is at `offset`.
    pub fn push(&mut self, offset: Offset, index: u64) {
        let grows = self.entries.back().is_none_or(|last| last.0 < offset && last.1 < index);
        assert!(grows && offset >= self.start, "offset {offset} in entry {index} must follow the ones before");
        self.entries.push_back((offset, index));
    }

    /// Forgets entries before the one with `index`.
    pub fn forget_before(&mut self, index: u64) {
        while self.entries.front().is_some_and(|first| first.1 < index) {
            self.entries.pop_front();
            if let Some(first) = self.entries.front() {
                self.start = first.0;
            }
        }
    }

    /// The entry that holds `offset`, which must have been applied: offset of its first record, and its index.
    fn find(&self, offset: Offset) -> Option<(Offset, u64)> {
        let behind = self.entries.partition_point(|entry| entry.0 <= offset);
        behind.checked_sub(1).and_then(|at| self.entries.get(at)).copied()
    }

    /// The lowest offset that can be found.
    fn first(&self) -> Offset {
        self.entries.front().map_or(self.start, |first| first.0)
    }
}

/// A place in the sequence of committed records.
pub struct Cursor {
    next: Offset,
    shared: Arc<MachineShared>,
}

impl Cursor {
    pub(crate) fn new(next: Offset, shared: Arc<MachineShared>) -> Self {
        Self { next, shared }
    }

    /// The offset that comes next.
    pub fn position(&self) -> Offset {
        self.next
    }

    /// The next records that were committed together, waiting until there are some. Cancelling the wait loses nothing.
    ///
    /// # Errors
    /// [`CursorError::InSnapshot`] where the records are gone from the log; the cursor stays where it is.
    pub async fn next(&mut self) -> Result<CommittedBatch, CursorError> {
        let mut end = self.shared.end.subscribe();
        loop {
            let next = self.next;
            tokio::select! {
                moved = end.wait_for(|end| *end > next) => {
                    moved.map_err(|_| CursorError::Unreadable("the quorum is gone".into()))?;
                }
                reason = self.shared.log.failure.happened() => return Err(CursorError::Unreadable(reason)),
            }
            if let Some(batch) = self.read().await? {
                self.next = batch.base_offset + Offset::try_from(batch.records.len()).unwrap_or(Offset::MAX);
                return Ok(batch);
            }
        }
    }

    /// The rest of the entry that holds the next offset; `None` where it was purged just now and another look is needed.
    async fn read(&self) -> Result<Option<CommittedBatch>, CursorError> {
        let (found, first) = {
            let offsets = self.shared.offsets.lock();
            (offsets.find(self.next), offsets.first())
        };
        let Some((base, index)) = found else {
            return Err(CursorError::InSnapshot { wanted: self.next, first });
        };
        let entries = self.shared.log.read(index..index + 1).await;
        let entries = entries.map_err(|error| CursorError::Unreadable(error.to_string().into()))?;
        let Some(entry) = entries.into_iter().next() else {
            self.shared.offsets.lock().forget_before(index + 1);
            return Ok(None);
        };
        let Payload::Normal(batch) = entry.payload else {
            return Err(CursorError::Unreadable(format!("entry {index} holds no records").into()));
        };
        // The same walk as when it was applied: what was refused then is passed over now.
        let mut next = base;
        let mut records: Vec<Bytes> = Vec::new();
        for proposal in batch.proposals {
            if proposal.fits(next) {
                next += proposal.len();
                records.extend(proposal.records);
            }
        }
        let skip = usize::try_from(self.next - base).unwrap_or(usize::MAX).min(records.len());
        records.drain(..skip);
        if records.is_empty() {
            return Err(CursorError::Unreadable(format!("entry {index} does not hold offset {}", self.next).into()));
        }
        Ok(Some(CommittedBatch { base_offset: self.next, records }))
    }
}
