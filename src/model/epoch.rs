//! The history of a partition's leader epochs: where each began.

use crate::{LeaderEpoch, NO_LEADER_EPOCH, Offset};

/// One leadership: its epoch and the offset of the first record that it may have written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EpochEntry {
    /// The leader epoch.
    pub epoch: LeaderEpoch,
    /// The log end offset when it began.
    pub start_offset: Offset,
}

/// Leader epochs in ascending order, epochs and start offsets both strictly growing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EpochHistory {
    entries: Vec<EpochEntry>,
}

impl EpochHistory {
    /// A history from entries as stored; `None` where epochs or offsets do not grow or are negative.
    pub fn from_entries(entries: Vec<EpochEntry>) -> Option<Self> {
        let grows = |pair: &[EpochEntry]| pair[0].epoch < pair[1].epoch && pair[0].start_offset < pair[1].start_offset;
        let natural = |entry: &EpochEntry| entry.epoch >= 0 && entry.start_offset >= 0;
        (entries.iter().all(natural) && entries.windows(2).all(grows)).then_some(Self { entries })
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> &[EpochEntry] {
        &self.entries
    }

    /// Whether no epoch is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The newest entry.
    pub fn latest(&self) -> Option<EpochEntry> {
        self.entries.last().copied()
    }

    /// The oldest entry.
    pub fn earliest(&self) -> Option<EpochEntry> {
        self.entries.first().copied()
    }

    /// Records that `epoch` begins at `start_offset`; says whether the history changed.
    ///
    /// Entries that contradict the new one (an epoch not below it, or a start not below its start) are removed,
    /// as Kafka does: the newest word about an offset wins.
    pub fn assign(&mut self, epoch: LeaderEpoch, start_offset: Offset) -> bool {
        if epoch < 0 || start_offset < 0 {
            return false;
        }
        if self.latest().is_some_and(|last| last.epoch == epoch && last.start_offset <= start_offset) {
            return false;
        }
        self.entries.retain(|entry| entry.epoch < epoch && entry.start_offset < start_offset);
        self.entries.push(EpochEntry { epoch, start_offset });
        true
    }

    /// The epoch that wrote the record at `offset`; `None` below the oldest known start.
    pub fn epoch_for_offset(&self, offset: Offset) -> Option<LeaderEpoch> {
        let behind = self.entries.partition_point(|entry| entry.start_offset <= offset);
        behind.checked_sub(1).map(|at| self.entries[at].epoch)
    }

    /// Where `requested` ended, by the rules of OffsetForLeaderEpoch (KIP-101, KIP-279): the largest known epoch not
    /// above it, and the first offset that is not that epoch's; (-1, -1) where that cannot be said.
    pub fn end_offset_for(&self, requested: LeaderEpoch, log_end_offset: Offset) -> (LeaderEpoch, Offset) {
        const UNDEFINED: (LeaderEpoch, Offset) = (NO_LEADER_EPOCH, -1);
        let (Some(first), Some(last)) = (self.earliest(), self.latest()) else { return UNDEFINED };
        if requested < 0 || requested > last.epoch {
            return UNDEFINED;
        }
        if requested == last.epoch {
            return (requested, log_end_offset);
        }
        if requested < first.epoch {
            // Asked about an epoch from before the log: nothing of it is here, and the log begins where it ended.
            return (requested, first.start_offset);
        }
        let next = self.entries.partition_point(|entry| entry.epoch <= requested);
        (self.entries[next - 1].epoch, self.entries[next].start_offset)
    }

    /// Forgets what begins at or behind `offset`; says whether anything did.
    pub fn truncate_from_end(&mut self, offset: Offset) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.start_offset < offset);
        self.entries.len() != before
    }

    /// Forgets what ended at or before `offset`, letting the epoch that spans it begin there; says whether anything changed.
    pub fn truncate_from_start(&mut self, offset: Offset) -> bool {
        let behind = self.entries.partition_point(|entry| entry.start_offset <= offset);
        let Some(spanning) = behind.checked_sub(1) else { return false };
        let changed = spanning > 0 || self.entries[0].start_offset < offset;
        self.entries.drain(..spanning);
        self.entries[0].start_offset = self.entries[0].start_offset.max(offset);
        changed
    }

    /// The history as a reader of `[0, end)` knows it: entries that begin below `end`.
    pub fn up_to(&self, end: Offset) -> EpochHistory {
        let entries = self.entries.iter().copied().filter(|entry| entry.start_offset < end).collect();
        EpochHistory { entries }
    }
}
