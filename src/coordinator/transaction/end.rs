//! EndTxn: a transaction is decided, by its producer or because it is fenced. Pure.
//!
//! By the rules of version 2 (KIP-890) the decision makes the epoch grow, so that nothing that belongs to the transaction
//! and arrives late can be taken for a part of the next one. A request that is repeated is known by its epoch: it names
//! the one before.

use super::decision::Decision;
use super::error::TxnError;
use super::state::{Outcome, TransactionVersion, TxnState};
use super::txn::{LAST_EPOCH, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, Producer, Txn, TxnData};
use esker_model::{ProducerEpoch, ProducerId, TimestampMs};

/// What a producer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EndTxn {
    pub producer: Producer,
    pub outcome: Outcome,
    pub version: TransactionVersion,
}

/// What follows from a producer's request. The answer is the producer that goes on.
pub(super) fn end(
    txn: Option<&Txn>,
    request: &EndTxn,
    now: TimestampMs,
    fresh: Option<ProducerId>,
) -> Decision<Producer> {
    let Some(txn) = txn else { return Decision::Refuse(TxnError::WrongProducerId) };
    match request.version.bumps_epoch() {
        true => end_v2(txn, request, now, fresh),
        false => end_v1(txn, request, now),
    }
}

fn end_v1(txn: &Txn, request: &EndTxn, now: TimestampMs) -> Decision<Producer> {
    let (data, EndTxn { producer, outcome, .. }) = (&txn.data, request);
    if data.producer_id != producer.id {
        return Decision::Refuse(TxnError::WrongProducerId);
    }
    if data.epoch != producer.epoch {
        return Decision::Refuse(TxnError::Fenced);
    }
    if txn.busy.is_some() {
        return Decision::Refuse(TxnError::Concurrent);
    }
    match data.state {
        TxnState::Ongoing => Decision::Write(decided_v1(data, *outcome, now)),
        state if state == outcome.complete() => {
            Decision::Answer(Producer { id: NO_PRODUCER_ID, epoch: NO_PRODUCER_EPOCH })
        }
        state if state == outcome.prepared() => Decision::Refuse(TxnError::Concurrent),
        _ => Decision::Refuse(TxnError::InvalidState),
    }
}

fn decided_v1(data: &TxnData, outcome: Outcome, now: TimestampMs) -> TxnData {
    let mut next = data.towards(outcome.prepared(), now);
    next.next_producer_id = NO_PRODUCER_ID;
    next.client_version = TransactionVersion::V0;
    next
}

fn end_v2(txn: &Txn, request: &EndTxn, now: TimestampMs, fresh: Option<ProducerId>) -> Decision<Producer> {
    let (data, EndTxn { producer, outcome, .. }) = (&txn.data, request);
    if txn.busy.is_some() {
        return Decision::Refuse(TxnError::Concurrent);
    }
    let repeats = Repeats::of(data, *producer);
    if data.producer_id != producer.id && !repeats.across_ids {
        return Decision::Refuse(TxnError::WrongProducerId);
    }
    let same = producer.epoch == data.epoch;
    let valid = match data.state {
        TxnState::PrepareCommit | TxnState::PrepareAbort => repeats.in_epoch,
        TxnState::CompleteCommit | TxnState::CompleteAbort => repeats.any() || same,
        _ => same,
    };
    if !valid {
        return Decision::Refuse(TxnError::Fenced);
    }
    match (data.state, outcome) {
        (TxnState::Ongoing, outcome) => decide_v2(data, *outcome, now, fresh),
        (TxnState::PrepareCommit, Outcome::Commit) | (TxnState::PrepareAbort, Outcome::Abort) => {
            Decision::Refuse(TxnError::Concurrent)
        }
        (TxnState::CompleteCommit, Outcome::Commit) | (TxnState::CompleteAbort, Outcome::Abort) if repeats.any() => {
            Decision::Answer(data.producer())
        }
        // A producer that does not know whether anything of its transaction has arrived aborts what may not be there.
        (TxnState::Empty, Outcome::Abort) => decide_v2(data, Outcome::Abort, now, fresh),
        (TxnState::CompleteCommit | TxnState::CompleteAbort, Outcome::Abort) if !repeats.any() => {
            decide_v2(data, Outcome::Abort, now, fresh)
        }
        _ => Decision::Refuse(TxnError::InvalidState),
    }
}

/// Whether a request repeats the one that was decided last.
struct Repeats {
    /// It names the epoch before.
    in_epoch: bool,
    /// It names the last epoch of the producer id before.
    across_ids: bool,
}

impl Repeats {
    fn of(data: &TxnData, producer: Producer) -> Self {
        Self {
            in_epoch: i32::from(data.epoch) == i32::from(producer.epoch) + 1,
            across_ids: data.previous_producer_id == producer.id && producer.epoch == LAST_EPOCH && data.epoch == 0,
        }
    }

    fn any(&self) -> bool {
        self.in_epoch || self.across_ids
    }
}

fn decide_v2(data: &TxnData, outcome: Outcome, now: TimestampMs, fresh: Option<ProducerId>) -> Decision<Producer> {
    let next_producer_id = match (data.is_exhausted(), fresh) {
        (false, _) => NO_PRODUCER_ID,
        (true, Some(fresh)) => fresh,
        (true, None) => return Decision::NeedsProducerId,
    };
    let mut next = data.towards(outcome.prepared(), now);
    // Where a fence has used the last epoch up there is no newer one for the marker.
    next.epoch = data.epoch.saturating_add(1);
    next.last_epoch = data.epoch;
    next.next_producer_id = next_producer_id;
    next.client_version = TransactionVersion::V2;
    if data.state.is_at_rest() {
        next.start_ms = now;
    }
    Decision::Write(next)
}

/// Aborts the open transaction of a producer that is fenced, because a newcomer wants its id or its time is over.
pub(super) fn fence(
    txn: &Txn,
    version: TransactionVersion,
    now: TimestampMs,
    fresh: Option<ProducerId>,
) -> Decision<Producer> {
    if txn.busy.is_some() || txn.data.state != TxnState::Ongoing {
        return Decision::Refuse(TxnError::Concurrent);
    }
    if version.bumps_epoch() {
        return decide_v2(&txn.data, Outcome::Abort, now, fresh);
    }
    let mut next = decided_v1(&txn.data, Outcome::Abort, now);
    next.epoch = next.epoch.saturating_add(1);
    next.last_epoch = NO_PRODUCER_EPOCH;
    Decision::Write(next)
}

/// What is written once every partition has its marker; `None` where nothing is decided.
pub(super) fn completed(data: &TxnData, now: TimestampMs) -> Option<TxnData> {
    let outcome = data.state.decided()?;
    let mut next = data.towards(outcome.complete(), now);
    if data.client_version.bumps_epoch() && data.next_producer_id != NO_PRODUCER_ID {
        next.producer_id = data.next_producer_id;
        next.epoch = 0;
    }
    next.next_producer_id = NO_PRODUCER_ID;
    next.partitions.clear();
    Some(next)
}

/// The producer that goes on behind a decision that was just written: by version 2 the one that it will be once the
/// transaction is complete.
pub(super) fn goes_on(prepared: &TxnData) -> Producer {
    completed(prepared, 0).map_or_else(|| prepared.producer(), |next| next.producer())
}

/// The epoch that markers of a decision carry.
pub(super) fn marker_epoch(prepared: &TxnData) -> ProducerEpoch {
    prepared.epoch
}
