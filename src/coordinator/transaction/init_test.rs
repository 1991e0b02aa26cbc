//! InitProducerId, state by state.

use super::decision::Decision;
use super::error::TxnError;
use super::init::{InitProducer, init};
use super::samples::{NOW, THEN, busy, data, partitions, producer, txn, with};
use super::state::{TransactionVersion, TxnState};
use super::txn::{Busy, Producer, Txn, TxnData};

fn request(expected: Option<Producer>) -> InitProducer {
    InitProducer { timeout_ms: 5000, expected }
}

fn ask(txn: &Txn, expected: Option<Producer>) -> Decision<()> {
    init(Some(txn), &request(expected), NOW, None)
}

fn written(decision: Decision<()>) -> TxnData {
    let Decision::Write(data) = decision else { panic!("{decision:?}") };
    data
}

#[test]
fn an_unknown_id_gets_a_new_producer_whatever_it_expects() {
    for expected in [None, Some(producer(5, 9))] {
        assert_eq!(init(None, &request(expected), NOW, None), Decision::NeedsProducerId);
        let data = written(init(None, &request(expected), NOW, Some(40)));
        assert_eq!(data.producer(), producer(40, 0));
        assert_eq!((data.previous_producer_id, data.last_epoch, data.start_ms, data.updated_ms), (40, -1, -1, NOW));
        assert_eq!((data.timeout_ms, data.state, data.client_version), (5000, TxnState::Empty, TransactionVersion::V0));
    }
}

#[test]
fn a_newcomer_fences_by_the_next_epoch() {
    for state in [TxnState::Empty, TxnState::CompleteCommit, TxnState::CompleteAbort] {
        let data = written(ask(&txn(state), None));
        assert_eq!((data.producer(), data.last_epoch), (producer(7, 4), -1), "{state:?}");
        assert_eq!((data.state, data.timeout_ms, data.start_ms), (TxnState::Empty, 5000, -1));
    }
}

#[test]
fn whoever_has_the_epoch_goes_on_and_may_ask_twice() {
    let data = written(ask(&txn(TxnState::Empty), Some(producer(7, 3))));
    assert_eq!((data.producer(), data.last_epoch), (producer(7, 4), 3));
    let again = written(ask(&Txn::new(data), Some(producer(7, 3))));
    assert_eq!((again.producer(), again.last_epoch), (producer(7, 4), 3), "the answer was lost");
    // A newcomer in between makes the same question that of a zombie.
    let newcomer = written(ask(&Txn::new(again), None));
    assert_eq!(ask(&Txn::new(newcomer), Some(producer(7, 4))), Decision::Refuse(TxnError::Fenced));
}

#[test]
fn whoever_has_another_epoch_or_producer_id_is_fenced() {
    for expected in [producer(7, 1), producer(7, 4), producer(8, 3), producer(8, i16::MAX - 1)] {
        assert_eq!(ask(&txn(TxnState::Empty), Some(expected)), Decision::Refuse(TxnError::Fenced), "{expected:?}");
        assert_eq!(ask(&txn(TxnState::Ongoing), Some(producer(8, 3))), Decision::Refuse(TxnError::Fenced));
    }
}

#[test]
fn an_open_transaction_is_fenced_first_and_one_that_ends_is_waited_for() {
    assert_eq!(ask(&txn(TxnState::Ongoing), None), Decision::Fence);
    assert_eq!(ask(&txn(TxnState::Ongoing), Some(producer(7, 3))), Decision::Fence);
    for state in [TxnState::PrepareCommit, TxnState::PrepareAbort] {
        assert_eq!(ask(&txn(state), None), Decision::Refuse(TxnError::Concurrent));
    }
    for what in [Busy::Writing, Busy::Completing, Busy::Forgetting] {
        assert_eq!(ask(&busy(TxnState::Empty, what), None), Decision::Refuse(TxnError::Concurrent));
    }
}

#[test]
fn used_up_epochs_lead_to_another_producer_id() {
    for epoch in [i16::MAX - 1, i16::MAX] {
        let used_up = with(|data| data.epoch = epoch, TxnState::CompleteCommit);
        assert_eq!(ask(&used_up, None), Decision::NeedsProducerId);
        let data = written(init(Some(&used_up), &request(None), NOW, Some(50)));
        assert_eq!((data.producer(), data.previous_producer_id, data.last_epoch), (producer(50, 0), 7, -1));
    }
    let used_up = with(|data| data.epoch = i16::MAX - 1, TxnState::Empty);
    let same = Some(producer(7, i16::MAX - 1));
    let data = written(init(Some(&used_up), &request(same), NOW, Some(50)));
    assert_eq!((data.producer(), data.last_epoch), (producer(50, 0), i16::MAX - 1));
    // Its answer was lost: the old producer id in its last epoch is known.
    let again = written(ask(&Txn::new(data), same));
    assert_eq!(again.producer(), producer(50, 0));
}

#[test]
fn a_fenced_producer_in_the_last_epoch_stays_fenced() {
    let fenced = with(|data| (data.epoch, data.last_epoch) = (i16::MAX, -1), TxnState::CompleteAbort);
    let zombie = Some(producer(7, i16::MAX - 1));
    assert_eq!(init(Some(&fenced), &request(zombie), NOW, Some(50)), Decision::Refuse(TxnError::Fenced));
}

#[test]
fn nothing_of_the_last_transaction_stays() {
    let left = with(|data| data.partitions = partitions(&[]), TxnState::CompleteAbort);
    let next = written(ask(&left, None));
    assert!(next.partitions.is_empty() && next.fault_after(left.data()).is_none());
    assert_eq!((left.data().start_ms, data(TxnState::Empty).updated_ms), (THEN, THEN));
}
