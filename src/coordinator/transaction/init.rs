//! InitProducerId: a producer takes a transactional id over. Pure: what is known, what is asked, what is written.

use super::decision::Decision;
use super::error::TxnError;
use super::state::{TransactionVersion, TxnState};
use super::txn::{NO_PRODUCER_EPOCH, NO_PRODUCER_ID, Producer, Txn, TxnData, is_exhausted};
use esker_model::{ProducerId, TimestampMs};
use std::collections::BTreeSet;

/// What a producer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitProducer {
    /// How long its transactions may be open, milliseconds.
    pub timeout_ms: i32,
    /// The producer that it believes to be; only that one, or a retry of its last step, may go on (KIP-360).
    pub expected: Option<Producer>,
}

/// What follows from a producer's wish. `fresh` is an unused producer id, where the caller has got one.
pub(super) fn init(
    txn: Option<&Txn>,
    request: &InitProducer,
    now: TimestampMs,
    fresh: Option<ProducerId>,
) -> Decision<()> {
    let Some(txn) = txn else { return first(request, now, fresh) };
    if txn.busy.is_some() {
        return Decision::Refuse(TxnError::Concurrent);
    }
    let data = &txn.data;
    if request.expected.is_some_and(|expected| !may_be_same(data, expected)) {
        return Decision::Refuse(TxnError::Fenced);
    }
    match data.state {
        TxnState::Ongoing => Decision::Fence,
        state if !state.is_at_rest() => Decision::Refuse(TxnError::Concurrent),
        _ if data.is_exhausted() && request.expected.is_none_or(|expected| expected.epoch == data.epoch) => {
            rotate(data, request, now, fresh)
        }
        _ => next_epoch(data, request, now),
    }
}

/// An id of which nothing is known: whatever producer the request names, it gets a new one.
fn first(request: &InitProducer, now: TimestampMs, fresh: Option<ProducerId>) -> Decision<()> {
    let Some(producer_id) = fresh else { return Decision::NeedsProducerId };
    Decision::Write(TxnData {
        producer_id,
        previous_producer_id: producer_id,
        next_producer_id: NO_PRODUCER_ID,
        epoch: 0,
        last_epoch: NO_PRODUCER_EPOCH,
        timeout_ms: request.timeout_ms,
        state: TxnState::Empty,
        partitions: BTreeSet::new(),
        start_ms: -1,
        updated_ms: now,
        client_version: TransactionVersion::V0,
    })
}

/// Whether `expected` may be the producer that has the id, or may have had it before its epochs were used up.
fn may_be_same(data: &TxnData, expected: Producer) -> bool {
    expected.id == data.producer_id || (expected.id == data.previous_producer_id && is_exhausted(expected.epoch))
}

fn emptied(data: &TxnData, request: &InitProducer, now: TimestampMs) -> TxnData {
    let mut next = data.towards(TxnState::Empty, now);
    next.timeout_ms = request.timeout_ms;
    next.partitions.clear();
    next.start_ms = -1;
    next
}

/// The epochs are used up: the id goes on with another producer id.
fn rotate(data: &TxnData, request: &InitProducer, now: TimestampMs, fresh: Option<ProducerId>) -> Decision<()> {
    let Some(producer_id) = fresh else { return Decision::NeedsProducerId };
    let mut next = emptied(data, request, now);
    next.producer_id = producer_id;
    next.epoch = 0;
    next.last_epoch = if request.expected.is_some() { data.epoch } else { NO_PRODUCER_EPOCH };
    Decision::Write(next)
}

fn next_epoch(data: &TxnData, request: &InitProducer, now: TimestampMs) -> Decision<()> {
    let mut next = emptied(data, request, now);
    match request.expected.map(|expected| expected.epoch) {
        // Somebody new: whoever has the present epoch is fenced.
        None => (next.epoch, next.last_epoch) = (data.epoch + 1, NO_PRODUCER_EPOCH),
        Some(expected) if expected == data.epoch => (next.epoch, next.last_epoch) = (data.epoch + 1, data.epoch),
        // The answer to the last request was lost. A newcomer would have set the last epoch to none.
        Some(expected) if expected == data.last_epoch => {}
        Some(_) => return Decision::Refuse(TxnError::Fenced),
    }
    Decision::Write(next)
}
