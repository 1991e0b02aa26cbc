//! For tests: transactional ids in every state.

use super::state::{TransactionVersion, TxnState};
use super::txn::{Busy, Producer, Txn, TxnData};
use esker_model::TopicPartition;
use std::collections::BTreeSet;

/// The time at which samples were written.
pub(super) const THEN: i64 = 1_000_000;
/// The time of requests.
pub(super) const NOW: i64 = 2_000_000;

pub(super) fn producer(id: i64, epoch: i16) -> Producer {
    Producer { id, epoch }
}

pub(super) fn partitions(numbers: &[i32]) -> BTreeSet<TopicPartition> {
    numbers.iter().map(|number| TopicPartition::new("t", *number)).collect()
}

/// Producer 7 in epoch 3 by the rules of version 2, in `state`; with partitions 0 and 1 where it has a transaction.
pub(super) fn data(state: TxnState) -> TxnData {
    TxnData {
        producer_id: 7,
        previous_producer_id: 7,
        next_producer_id: -1,
        epoch: 3,
        last_epoch: 2,
        timeout_ms: 60_000,
        state,
        partitions: if state.is_at_rest() { BTreeSet::new() } else { partitions(&[0, 1]) },
        start_ms: THEN,
        updated_ms: THEN,
        client_version: TransactionVersion::V2,
    }
}

pub(super) fn txn(state: TxnState) -> Txn {
    Txn::new(data(state))
}

pub(super) fn with(change: impl FnOnce(&mut TxnData), state: TxnState) -> Txn {
    let mut data = data(state);
    change(&mut data);
    Txn::new(data)
}

pub(super) fn busy(state: TxnState, busy: Busy) -> Txn {
    let mut txn = txn(state);
    txn.busy = Some(busy);
    txn
}
