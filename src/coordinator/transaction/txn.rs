//! One transactional id: what is stored of it, and what is going on with it.

use super::state::{TransactionVersion, TxnState};
use esker_model::{ProducerEpoch, ProducerId, TimestampMs, TopicPartition};
use std::collections::BTreeSet;
use tokio::sync::oneshot;

/// No producer id.
pub const NO_PRODUCER_ID: ProducerId = -1;
/// No epoch.
pub const NO_PRODUCER_EPOCH: ProducerEpoch = -1;
/// The last epoch that a producer is given. The one behind it is kept, so that its producer can be fenced.
pub const LAST_EPOCH: ProducerEpoch = ProducerEpoch::MAX - 1;

/// A producer in one of its epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Producer {
    /// Its id.
    pub id: ProducerId,
    /// Its epoch.
    pub epoch: ProducerEpoch,
}

/// Whether no epoch is left behind this one that a producer could be given.
pub const fn is_exhausted(epoch: ProducerEpoch) -> bool {
    epoch >= LAST_EPOCH
}

/// What `__transaction_state` holds of a transactional id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxnData {
    /// The producer that has the id now.
    pub producer_id: ProducerId,
    /// The producer id before the last record; -1 for none.
    pub previous_producer_id: ProducerId,
    /// The producer id that follows once the transaction is complete, where the epochs are used up; -1 for none.
    pub next_producer_id: ProducerId,
    /// The producer's epoch. Only grows as long as the producer id stays.
    pub epoch: ProducerEpoch,
    /// The epoch before, where the producer that asks again may have had it; -1 for none. Not stored: a retry that
    /// spans a change of coordinator fails.
    pub last_epoch: ProducerEpoch,
    /// How long a transaction may be open, milliseconds.
    pub timeout_ms: i32,
    /// Where it stands.
    pub state: TxnState,
    /// The partitions of the transaction that still lack a marker.
    pub partitions: BTreeSet<TopicPartition>,
    /// When the transaction began; -1 before the first.
    pub start_ms: TimestampMs,
    /// When this was last written.
    pub updated_ms: TimestampMs,
    /// By which rules the producer works.
    pub client_version: TransactionVersion,
}

impl TxnData {
    /// The producer that has the id now.
    pub fn producer(&self) -> Producer {
        Producer { id: self.producer_id, epoch: self.epoch }
    }

    /// A copy in `state` as the next record starts from; the present producer becomes the previous one.
    pub(super) fn towards(&self, state: TxnState, now: TimestampMs) -> TxnData {
        TxnData { state, previous_producer_id: self.producer_id, updated_ms: now, ..self.clone() }
    }

    /// Whether the epoch cannot be given to a producer once more.
    pub fn is_exhausted(&self) -> bool {
        is_exhausted(self.epoch)
    }

    /// What contradicts that this is written right after `before`; the invariants that hold for every id at every time.
    pub(super) fn fault_after(&self, before: &TxnData) -> Option<&'static str> {
        let same_producer = self.producer_id == before.producer_id;
        let faults = [
            (!self.state.may_follow(before.state), "the state may not follow"),
            (self.producer_id < 0 || self.epoch < 0, "there is no producer"),
            (same_producer && self.epoch < before.epoch, "the epoch goes back"),
            (!same_producer && self.epoch != 0, "a new producer id begins above epoch 0"),
            (
                self.state == TxnState::Ongoing && !self.partitions.is_superset(&before.partitions),
                "a partition is lost",
            ),
            (
                self.state.decided().is_some() && self.partitions != before.partitions,
                "the decision is for other partitions",
            ),
            (self.state.is_at_rest() && !self.partitions.is_empty(), "partitions without a transaction"),
        ];
        faults.into_iter().find(|(broken, _)| *broken).map(|(_, fault)| fault)
    }
}

/// What is under way with an id. As long as something is, everybody else is asked to come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// A record was appended and is not committed yet.
    Writing,
    /// The decision is committed; markers are being written, and then the record that says so.
    Completing,
    /// Its removal was appended and is not committed yet.
    Forgetting,
}

/// A transactional id in memory.
#[derive(Debug)]
pub struct Txn {
    /// The newest record, whether committed or not.
    pub(super) data: TxnData,
    /// What is under way.
    pub(super) busy: Option<Busy>,
    /// Who waits for nothing to be under way any more.
    pub(super) waiters: Vec<oneshot::Sender<()>>,
}

impl Txn {
    /// An id with nothing under way.
    pub(super) fn new(data: TxnData) -> Self {
        Self { data, busy: None, waiters: Vec::new() }
    }

    /// The newest record.
    pub fn data(&self) -> &TxnData {
        &self.data
    }

    /// What is under way.
    pub fn busy(&self) -> Option<Busy> {
        self.busy
    }
}
