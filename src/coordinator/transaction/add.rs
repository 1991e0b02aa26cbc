//! AddPartitionsToTxn: partitions join a transaction, or are looked up in it. Pure.

use super::decision::Decision;
use super::error::TxnError;
use super::state::{TransactionVersion, TxnState};
use super::txn::{Busy, Producer, Txn};
use esker_model::{TimestampMs, TopicPartition};
use std::collections::BTreeSet;

/// Adds partitions; the first ones begin a transaction.
pub(super) fn add(
    txn: Option<&Txn>,
    producer: Producer,
    partitions: &BTreeSet<TopicPartition>,
    version: TransactionVersion,
    now: TimestampMs,
) -> Decision<()> {
    let Some(txn) = txn else { return Decision::Refuse(TxnError::WrongProducerId) };
    let data = &txn.data;
    if txn.busy.is_some() {
        return Decision::Refuse(TxnError::Concurrent);
    }
    if data.producer_id != producer.id {
        return Decision::Refuse(TxnError::WrongProducerId);
    }
    if data.epoch != producer.epoch {
        return Decision::Refuse(TxnError::Fenced);
    }
    match data.state {
        TxnState::Ongoing if partitions.is_subset(&data.partitions) => return Decision::Answer(()),
        TxnState::Ongoing => {}
        state if state.is_at_rest() => {}
        _ => return Decision::Refuse(TxnError::Concurrent),
    }
    let mut next = data.towards(TxnState::Ongoing, now);
    if data.state.is_at_rest() {
        next.start_ms = now;
    }
    next.partitions.extend(partitions.iter().cloned());
    next.client_version = version;
    Decision::Write(next)
}

/// Which of `partitions` are in the producer's transaction, in their order.
pub(super) fn verify<'a>(
    txn: Option<&Txn>,
    producer: Producer,
    partitions: impl IntoIterator<Item = &'a TopicPartition>,
) -> Result<Vec<bool>, TxnError> {
    let Some(txn) = txn else { return Err(TxnError::WrongProducerId) };
    let data = &txn.data;
    // What is not committed may still go away, and what is decided takes no more records.
    let settled = !matches!(txn.busy, Some(Busy::Writing)) && data.state.decided().is_none();
    if data.producer_id != producer.id {
        Err(TxnError::WrongProducerId)
    } else if data.epoch != producer.epoch {
        Err(TxnError::Fenced)
    } else if !settled {
        Err(TxnError::Concurrent)
    } else {
        Ok(partitions.into_iter().map(|partition| data.partitions.contains(partition)).collect())
    }
}
