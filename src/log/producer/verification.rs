//! What ties the first write of a transaction to the word of its coordinator (KIP-890).
//!
//! Before a partition takes the first batch of a transaction its leader asks the coordinator whether the transaction is
//! open. Whoever asks takes a guard first and shows it when it appends. Any end of the producer's transaction takes the
//! guard away, so that a batch that was verified before the end cannot slip in behind it and stay open for ever.

use super::check::ProducerError;
use super::entry::ProducerEntry;
use esker_model::{ProducerEpoch, ProducerId, TimestampMs};
use esker_record::BatchHeader;
use std::collections::HashMap;

/// Most verifications that a log remembers; beyond, the oldest are forgotten, and whoever has their guard verifies again.
const VERIFICATIONS_MAX: usize = 1000;

/// Shown by a batch that was verified; worthless once its transaction has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VerificationGuard(u64);

/// Whether a transactional batch that begins a transaction here must have been verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Verification {
    /// No: it is not asked for, or whoever appends is the coordinator itself.
    #[default]
    NotNeeded,
    /// Yes, under this guard, where there is one.
    Needed(Option<VerificationGuard>),
}

/// Who is to be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToVerify {
    /// The producer.
    pub producer_id: ProducerId,
    /// Its epoch.
    pub epoch: ProducerEpoch,
    /// Sequence of the batch that waits.
    pub base_sequence: i32,
    /// Whether each of the producer's transactions has its own epoch: it works by version 2.
    pub bumps_epoch: bool,
}

/// A verification that was begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VerificationEntry {
    guard: VerificationGuard,
    began_ms: TimestampMs,
    epoch: ProducerEpoch,
    /// The smallest sequence that was seen in this epoch: batches behind it wait for it.
    lowest_sequence: i32,
    bumps_epoch: bool,
}

impl VerificationEntry {
    fn see(&mut self, epoch: ProducerEpoch, sequence: i32) {
        if epoch > self.epoch || (epoch == self.epoch && sequence < self.lowest_sequence) {
            (self.epoch, self.lowest_sequence) = (epoch, sequence);
        }
    }

    /// Whether a batch comes too early: one with a smaller sequence has been seen, or a producer of which nothing is known
    /// does not begin at 0 although its epoch is new with every transaction.
    pub(crate) fn comes_too_early(&self, header: &BatchHeader, known: Option<&ProducerEntry>) -> bool {
        let unknown = known.is_none_or(|known| known.batches().is_empty());
        (self.bumps_epoch && unknown && header.base_sequence != 0) || header.base_sequence > self.lowest_sequence
    }
}

/// The verifications of one log.
#[derive(Debug, Default)]
pub(crate) struct Verifications {
    entries: HashMap<ProducerId, VerificationEntry>,
    /// How many guards there have been: each is another.
    guards: u64,
}

impl Verifications {
    pub(crate) fn get(&self, producer_id: ProducerId) -> Option<&VerificationEntry> {
        self.entries.get(&producer_id)
    }

    /// The guard for a producer whose transaction is not open in `known`; `None` where it is.
    pub(crate) fn begin(
        &mut self,
        known: Option<&ProducerEntry>,
        who: &ToVerify,
        now: TimestampMs,
    ) -> Result<Option<VerificationGuard>, ProducerError> {
        let ToVerify { producer_id, epoch, .. } = *who;
        if let Some(known) = known {
            if epoch < known.epoch {
                return Err(ProducerError::InvalidEpoch { producer_id, epoch, current: known.epoch });
            }
            if known.has_open_txn(epoch) {
                return Ok(None);
            }
        }
        if let Some(entry) = self.entries.get_mut(&producer_id) {
            entry.see(epoch, who.base_sequence);
            return Ok(Some(entry.guard));
        }
        self.make_room();
        self.guards += 1;
        let guard = VerificationGuard(self.guards);
        let (lowest_sequence, bumps_epoch) = (who.base_sequence, who.bumps_epoch);
        let entry = VerificationEntry { guard, began_ms: now, epoch, lowest_sequence, bumps_epoch };
        self.entries.insert(producer_id, entry);
        Ok(Some(guard))
    }

    /// Whether `shown` is the guard of the producer's present verification.
    pub(crate) fn admits(&self, producer_id: ProducerId, shown: Option<VerificationGuard>) -> bool {
        shown.is_some() && self.entries.get(&producer_id).map(|entry| entry.guard) == shown
    }

    /// A transactional batch was appended, or a marker: what was verified is used up. The verification of the next
    /// transaction, which may have begun in the epoch that the marker brings, goes on.
    pub(crate) fn used(&mut self, producer_id: ProducerId, epoch: ProducerEpoch, is_marker: bool) {
        let Some(entry) = self.entries.get(&producer_id) else { return };
        let of_next = is_marker && entry.bumps_epoch && entry.epoch == epoch;
        if !of_next {
            self.entries.remove(&producer_id);
        }
    }

    /// Forgets verifications that were begun `expiration_ms` ago.
    pub(crate) fn expire(&mut self, now: TimestampMs, expiration_ms: i64) {
        self.entries.retain(|_, entry| now.saturating_sub(entry.began_ms) < expiration_ms);
    }

    /// Number of verifications under way.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    fn make_room(&mut self) {
        if self.entries.len() < VERIFICATIONS_MAX {
            return;
        }
        let mut guards: Vec<u64> = self.entries.values().map(|entry| entry.guard.0).collect();
        let tenth = guards.len() / 10;
        let (_, &mut border, _) = guards.select_nth_unstable(tenth);
        self.entries.retain(|_, entry| entry.guard.0 > border);
    }
}
