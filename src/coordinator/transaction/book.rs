//! The transactional ids of one partition of `__transaction_state`: what its log says, and what is under way.

use super::codec::{CodecError, decode_key, decode_value};
use super::state::{Outcome, TransactionVersion};
use super::txn::{Busy, Producer, Txn, TxnData};
use super::{add, end, init};
use esker_model::{TimestampMs, TopicPartition};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::oneshot;

/// The transactional ids of one partition.
#[derive(Debug, Default)]
pub struct Book {
    txns: HashMap<Arc<str>, Txn>,
}

/// A decision whose markers have to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decided {
    /// How the transaction ends.
    pub outcome: Outcome,
    /// The producer, in the epoch that the markers carry.
    pub producer: Producer,
    /// By which rules the decision was made.
    pub version: TransactionVersion,
    /// Where a marker is missing.
    pub partitions: BTreeSet<TopicPartition>,
}

impl Book {
    /// What is known of an id.
    pub fn get(&self, id: &str) -> Option<&Txn> {
        self.txns.get(id)
    }

    /// All ids.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Txn)> {
        self.txns.iter()
    }

    /// How many ids are known.
    pub fn len(&self) -> usize {
        self.txns.len()
    }

    /// Whether no id is known.
    pub fn is_empty(&self) -> bool {
        self.txns.is_empty()
    }

    /// Takes in a record of the log. Keys of a kind that is not known say nothing about transactions.
    pub fn replay(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), CodecError> {
        let id = match decode_key(key) {
            Ok(id) => id,
            Err(CodecError::KeyVersion(version)) => {
                tracing::warn!(version, "record of an unknown kind in __transaction_state is skipped");
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        match value {
            None => drop(self.txns.remove(id)),
            Some(value) => {
                let data = decode_value(value)?;
                self.txns.insert(id.into(), Txn::new(data));
            }
        }
        Ok(())
    }

    /// What a producer's wish for `id` leads to.
    pub(super) fn init(
        &self,
        id: &str,
        request: &init::InitProducer,
        now: TimestampMs,
        fresh: Option<i64>,
    ) -> super::decision::Decision<()> {
        init::init(self.get(id), request, now, fresh)
    }

    /// What adding partitions leads to.
    pub(super) fn add(
        &self,
        id: &str,
        producer: Producer,
        partitions: &BTreeSet<TopicPartition>,
        version: TransactionVersion,
        now: TimestampMs,
    ) -> super::decision::Decision<()> {
        add::add(self.get(id), producer, partitions, version, now)
    }

    /// What a producer's request to end its transaction leads to.
    pub(super) fn end(
        &self,
        id: &str,
        request: &end::EndTxn,
        now: TimestampMs,
        fresh: Option<i64>,
    ) -> super::decision::Decision<Producer> {
        end::end(self.get(id), request, now, fresh)
    }

    /// Takes in a record that was just appended. It holds from now on, and is answered and acted upon once it is committed.
    ///
    /// # Panics
    /// Where the record may not follow the one before: whoever decided that was wrong.
    pub(super) fn written(&mut self, id: &Arc<str>, data: TxnData) {
        match self.txns.get_mut(id) {
            None => {
                let mut txn = Txn::new(data);
                txn.busy = Some(Busy::Writing);
                self.txns.insert(Arc::clone(id), txn);
            }
            Some(txn) => {
                let fault = data.fault_after(&txn.data);
                assert!(fault.is_none(), "{fault:?}: {data:?} after {:?}", txn.data);
                txn.data = data;
                txn.busy = Some(Busy::Writing);
            }
        }
    }

    /// Notes that the newest record of an id is committed. Says whether markers have to be written now.
    pub(super) fn committed(&mut self, id: &str) -> bool {
        let Some(txn) = self.txns.get_mut(id) else { return false };
        if txn.busy != Some(Busy::Writing) {
            return false;
        }
        let decided = txn.data.state.decided().is_some();
        txn.busy = decided.then_some(Busy::Completing);
        if !decided {
            txn.wake();
        }
        decided
    }

    /// The decisions that a coordinator before this one left without all their markers. They are under way from now on.
    pub(super) fn resume(&mut self) -> Vec<Arc<str>> {
        let decided = self.txns.iter_mut().filter(|(_, txn)| txn.data.state.decided().is_some());
        decided
            .map(|(id, txn)| {
                txn.busy = Some(Busy::Completing);
                Arc::clone(id)
            })
            .collect()
    }

    /// The decision about an id whose markers are being written.
    pub(super) fn decided(&self, id: &str) -> Option<Decided> {
        let txn = self.txns.get(id).filter(|txn| txn.busy == Some(Busy::Completing))?;
        let outcome = txn.data.state.decided()?;
        let producer = Producer { id: txn.data.producer_id, epoch: end::marker_epoch(&txn.data) };
        let version = txn.data.client_version;
        Some(Decided { outcome, producer, version, partitions: txn.data.partitions.clone() })
    }

    /// Notes that a partition needs no marker any more.
    pub(super) fn marked(&mut self, id: &str, partition: &TopicPartition) {
        let completing = self.txns.get_mut(id).filter(|txn| txn.busy == Some(Busy::Completing));
        if let Some(txn) = completing {
            txn.data.partitions.remove(partition);
        }
    }

    /// What is written once every partition has its marker; `None` where one is missing or nothing is decided.
    pub(super) fn completed(&self, id: &str, now: TimestampMs) -> Option<TxnData> {
        let txn = self.txns.get(id).filter(|txn| txn.busy == Some(Busy::Completing))?;
        txn.data.partitions.is_empty().then(|| end::completed(&txn.data, now))?
    }

    /// Ids whose transaction has been open for longer than its producer asked for.
    pub(super) fn timed_out(&self, now: TimestampMs) -> Vec<(Arc<str>, Producer)> {
        let late = |txn: &Txn| {
            let data = &txn.data;
            let open = data.state == super::state::TxnState::Ongoing && txn.busy.is_none();
            open && data.start_ms.saturating_add(i64::from(data.timeout_ms)) < now
        };
        self.txns.iter().filter(|(_, txn)| late(txn)).map(|(id, txn)| (Arc::clone(id), txn.data.producer())).collect()
    }

    /// Ids, at most `max`, that were silent since `before` and have nothing under way.
    pub(super) fn expired(&self, before: TimestampMs, max: usize) -> Vec<Arc<str>> {
        let silent = |txn: &Txn| txn.busy.is_none() && txn.data.state.is_at_rest() && txn.data.updated_ms <= before;
        self.txns.iter().filter(|(_, txn)| silent(txn)).map(|(id, _)| Arc::clone(id)).take(max).collect()
    }

    /// Notes that the removal of these ids was appended.
    pub(super) fn forgetting(&mut self, ids: &[Arc<str>]) {
        for id in ids {
            if let Some(txn) = self.txns.get_mut(id) {
                txn.busy = Some(Busy::Forgetting);
            }
        }
    }

    /// Notes that the removal of these ids is committed.
    pub(super) fn forgotten(&mut self, ids: &[Arc<str>]) {
        for id in ids {
            if self.txns.get(id).is_some_and(|txn| txn.busy == Some(Busy::Forgetting)) {
                // Dropping it wakes those who wait: they find that the id is not known any more.
                self.txns.remove(id);
            }
        }
        if self.txns.capacity() > 4 * self.txns.len() {
            self.txns.shrink_to_fit();
        }
    }

    /// What completes once nothing is under way with the id, or its shard is gone; `None` where nothing is.
    pub(super) fn wait(&mut self, id: &str) -> Option<oneshot::Receiver<()>> {
        let txn = self.txns.get_mut(id).filter(|txn| txn.busy.is_some())?;
        let (waker, woken) = oneshot::channel();
        txn.waiters.retain(|waiter| !waiter.is_closed());
        txn.waiters.push(waker);
        Some(woken)
    }
}

impl Txn {
    fn wake(&mut self) {
        for waiter in self.waiters.drain(..) {
            // Who has gone away needs no word.
            let _ = waiter.send(());
        }
    }
}
