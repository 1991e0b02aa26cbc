//! All producers of one log and their transactions.

use super::check::{
    MarkerRule, ProducerError, Verdict, check_batch, check_coordinator_batch, check_epoch, check_marker,
};
use super::entry::{BatchMark, ProducerEntry};
use super::limit::{GUARANTEED, ProducerLimit};
use super::snapshot::write_snapshot;
use super::verification::{ToVerify, Verification, VerificationGuard, Verifications};
use crate::log::Origin;
use esker_model::{Offset, ProducerId, TimestampMs};
use esker_record::{BatchHeader, EndMarker};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A transaction without an end so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenTxn {
    /// Whose it is.
    pub producer_id: ProducerId,
    /// Where it begins.
    pub first_offset: Offset,
}

/// A transaction whose marker was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompletedTxn {
    /// Whose it was.
    pub producer_id: ProducerId,
    /// Where it began.
    pub first_offset: Offset,
    /// Offset of its marker.
    pub last_offset: Offset,
    /// Whether it was aborted.
    pub aborted: bool,
}

/// The producers of one log, as of `end_offset`.
#[derive(Debug)]
pub(crate) struct ProducerState {
    entries: HashMap<ProducerId, ProducerEntry>,
    /// Open transactions by their first offset.
    open: BTreeMap<Offset, ProducerId>,
    /// Completed ones whose marker lies at or above the high watermark, by first offset; the marker's offset.
    unreplicated: BTreeMap<Offset, Offset>,
    /// Offset up to which this state holds; only grows but for a reload.
    end_offset: Offset,
    /// Whose transactions are being verified.
    verifications: Verifications,
    limit: Arc<ProducerLimit>,
}

impl ProducerState {
    pub(crate) fn new(limit: Arc<ProducerLimit>) -> Self {
        let (entries, open, unreplicated) = (HashMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { entries, open, unreplicated, end_offset: 0, verifications: Verifications::default(), limit }
    }

    /// Forgets everything and starts from `snapshot`, the producers as of `offset`; those that have expired are left out.
    pub(crate) fn reload(
        &mut self,
        offset: Offset,
        snapshot: Vec<ProducerEntry>,
        now: TimestampMs,
        expiration_ms: i64,
    ) {
        self.limit.remove(self.entries.len());
        self.entries.clear();
        self.open.clear();
        self.unreplicated.clear();
        self.verifications.clear();
        self.end_offset = offset;
        for entry in snapshot {
            if has_expired(&entry, now, expiration_ms) {
                continue;
            }
            if let Some(first_offset) = entry.txn_first_offset {
                self.open.insert(first_offset, entry.producer_id);
            }
            self.insert(entry);
        }
    }

    /// Up to where the state holds.
    pub(crate) fn end_offset(&self) -> Offset {
        self.end_offset
    }

    /// States that nothing in the log up to `offset` is unknown.
    pub(crate) fn advance_end(&mut self, offset: Offset) {
        assert!(offset >= self.end_offset, "producer state goes back from {} to {offset}", self.end_offset);
        self.end_offset = offset;
    }

    /// Number of producers.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// What is known of one producer.
    #[cfg(test)]
    pub(crate) fn get(&self, producer_id: ProducerId) -> Option<&ProducerEntry> {
        self.entries.get(&producer_id)
    }

    /// All producers in ascending order of their ids.
    pub(crate) fn producers(&self) -> Vec<&ProducerEntry> {
        let mut producers: Vec<_> = self.entries.values().collect();
        producers.sort_unstable_by_key(|producer| producer.producer_id);
        producers
    }

    /// Open transactions, oldest first.
    pub(crate) fn open_txns(&self) -> Vec<OpenTxn> {
        let open = self.open.iter();
        open.map(|(&first_offset, &producer_id)| OpenTxn { producer_id, first_offset }).collect()
    }

    /// The bytes of a snapshot as of now.
    pub(crate) fn snapshot(&self) -> Vec<u8> {
        write_snapshot(self.producers().into_iter())
    }

    /// Begins to verify the transaction that a batch belongs to; `None` where it is open here and needs no verification.
    pub(crate) fn begin_verification(
        &mut self,
        who: &ToVerify,
        now: TimestampMs,
    ) -> Result<Option<VerificationGuard>, ProducerError> {
        self.verifications.begin(self.entries.get(&who.producer_id), who, now)
    }

    /// Judges a batch. `header` needs no offsets yet.
    pub(crate) fn check(
        &self,
        header: &BatchHeader,
        origin: Origin,
        verification: Verification,
    ) -> Result<Verdict, ProducerError> {
        let known = self.entries.get(&header.producer_id);
        let duplicate = known.filter(|_| origin == Origin::Client).and_then(|known| known.duplicate_of(header));
        if let Some(mark) = duplicate {
            return Ok(Verdict::Duplicate(mark));
        }
        if header.attributes.is_transactional() {
            self.check_verified(known, header, verification)?;
        }
        if origin == Origin::Coordinator {
            return check_coordinator_batch(known, header);
        }
        let verified = self.verifications.get(header.producer_id);
        if verified.is_some_and(|verified| verified.comes_too_early(header, known)) {
            known.map_or(Ok(()), |known| check_epoch(known, header))?;
            return Err(ProducerError::OutOfOrderSequence {
                producer_id: header.producer_id,
                epoch: header.producer_epoch,
                current: known.map_or(-1, |known| known.epoch),
                sequence: header.base_sequence,
                last_sequence: known.map_or(-1, ProducerEntry::last_sequence),
            });
        }
        check_batch(known, header)
    }

    /// Whether a transactional batch goes on with a transaction that is open here, or may begin it.
    fn check_verified(
        &self,
        known: Option<&ProducerEntry>,
        header: &BatchHeader,
        verification: Verification,
    ) -> Result<(), ProducerError> {
        if known.is_some_and(|known| known.has_open_txn(header.producer_epoch)) {
            return Ok(());
        }
        if let Some(known) = known {
            check_epoch(known, header)?;
        }
        match verification {
            Verification::Needed(guard) if !self.verifications.admits(header.producer_id, guard) => {
                Err(ProducerError::NotVerified { producer_id: header.producer_id })
            }
            _ => Ok(()),
        }
    }

    /// Number of verifications under way.
    #[cfg(test)]
    pub(crate) fn verification_count(&self) -> usize {
        self.verifications.len()
    }

    /// Judges a coordinator's marker.
    pub(crate) fn check_marker(
        &self,
        header: &BatchHeader,
        coordinator_epoch: i32,
        rule: MarkerRule,
    ) -> Result<(), ProducerError> {
        check_marker(self.entries.get(&header.producer_id), header, coordinator_epoch, rule)
    }

    /// Takes a batch in that was appended, or is found in the log. `header` has its offsets.
    pub(crate) fn take_batch(&mut self, header: &BatchHeader) {
        if header.attributes.is_transactional() {
            self.verifications.used(header.producer_id, header.producer_epoch, false);
        }
        let entry = self.entry(header.producer_id);
        entry.enter_epoch(header.producer_epoch);
        entry.remember(BatchMark::of(header));
        if header.attributes.is_transactional() && entry.txn_first_offset.is_none() {
            entry.txn_first_offset = Some(header.base_offset);
            self.open.insert(header.base_offset, header.producer_id);
        }
    }

    /// Takes a transaction marker in; the transaction that it ends, if one was open.
    pub(crate) fn take_marker(
        &mut self,
        header: &BatchHeader,
        marker: EndMarker,
        coordinator_epoch: i32,
    ) -> Option<CompletedTxn> {
        self.verifications.used(header.producer_id, header.producer_epoch, true);
        let entry = self.entry(header.producer_id);
        entry.enter_epoch(header.producer_epoch);
        entry.coordinator_epoch = coordinator_epoch;
        entry.last_timestamp = header.max_timestamp;
        let first_offset = entry.txn_first_offset.take()?;
        self.open.remove(&first_offset);
        let last_offset = header.last_offset();
        self.unreplicated.insert(first_offset, last_offset);
        Some(CompletedTxn {
            producer_id: header.producer_id,
            first_offset,
            last_offset,
            aborted: marker == EndMarker::Abort,
        })
    }

    /// What the last stable offset is once `completed` counts as decided.
    pub(crate) fn last_stable_offset_after(&self, completed: &CompletedTxn) -> Offset {
        self.open.keys().next().copied().unwrap_or(completed.last_offset + 1)
    }

    /// The first offset that is not decided and replicated; `None` where all is.
    pub(crate) fn first_unstable_offset(&self) -> Option<Offset> {
        [self.open.keys().next(), self.unreplicated.keys().next()].into_iter().flatten().min().copied()
    }

    /// Lets go of completed transactions whose marker lies below the high watermark.
    pub(crate) fn high_watermark_moved(&mut self, high_watermark: Offset) {
        if !self.unreplicated.is_empty() {
            self.unreplicated.retain(|_, marker| *marker >= high_watermark);
        }
    }

    /// Forgets producers that were silent for `expiration_ms`; how many.
    pub(crate) fn expire(&mut self, now: TimestampMs, expiration_ms: i64) -> usize {
        self.verifications.expire(now, expiration_ms);
        let before = self.entries.len();
        self.entries.retain(|_, entry| !has_expired(entry, now, expiration_ms));
        let gone = before - self.entries.len();
        self.limit.remove(gone);
        if self.entries.capacity() > 4 * self.entries.len() {
            self.entries.shrink_to_fit();
        }
        gone
    }

    fn entry(&mut self, producer_id: ProducerId) -> &mut ProducerEntry {
        if !self.entries.contains_key(&producer_id) {
            if self.limit.is_exhausted() {
                self.forget_oldest();
            }
            self.limit.add(1);
        }
        self.entries.entry(producer_id).or_insert_with(|| ProducerEntry::new(producer_id))
    }

    fn insert(&mut self, entry: ProducerEntry) {
        if self.entries.insert(entry.producer_id, entry).is_none() {
            self.limit.add(1);
        }
    }

    /// Makes room by forgetting the tenth of the producers that wrote longest ago. Open transactions are kept.
    fn forget_oldest(&mut self) {
        if self.entries.len() < GUARANTEED {
            return;
        }
        let idle = self.entries.values().filter(|entry| entry.txn_first_offset.is_none());
        let mut offsets: Vec<Offset> = idle.map(ProducerEntry::last_offset).collect();
        let Some(last) = offsets.len().checked_sub(1) else { return };
        let (_, &mut border, _) = offsets.select_nth_unstable((self.entries.len() / 10).min(last));
        let before = self.entries.len();
        self.entries.retain(|_, entry| entry.txn_first_offset.is_some() || entry.last_offset() > border);
        self.limit.remove(before - self.entries.len());
    }
}

impl Drop for ProducerState {
    fn drop(&mut self) {
        self.limit.remove(self.entries.len());
    }
}

fn has_expired(entry: &ProducerEntry, now: TimestampMs, expiration_ms: i64) -> bool {
    entry.txn_first_offset.is_none() && now.saturating_sub(entry.last_timestamp) >= expiration_ms
}
