//! EndTxn by both sets of rules, state by state, with every retry.

use super::decision::Decision;
use super::end::{EndTxn, completed, end, fence, goes_on};
use super::error::TxnError;
use super::samples::{NOW, THEN, busy, data, partitions, producer, txn, with};
use super::state::{Outcome, TransactionVersion, TxnState};
use super::txn::{Busy, Producer, Txn, TxnData};
use Outcome::{Abort, Commit};
use TransactionVersion::{V0, V2};
use TxnState::{CompleteAbort, CompleteCommit, Empty, Ongoing, PrepareAbort, PrepareCommit};

fn ask(txn: &Txn, producer: Producer, outcome: Outcome, version: TransactionVersion) -> Decision<Producer> {
    end(Some(txn), &EndTxn { producer, outcome, version }, NOW, None)
}

fn written(decision: Decision<Producer>) -> TxnData {
    let Decision::Write(data) = decision else { panic!("{decision:?}") };
    data
}

const fn refused(error: TxnError) -> Decision<Producer> {
    Decision::Refuse(error)
}

#[test]
fn by_the_old_rules_the_epoch_stays() {
    for (outcome, state) in [(Commit, PrepareCommit), (Abort, PrepareAbort)] {
        let data = written(ask(&txn(Ongoing), producer(7, 3), outcome, V0));
        assert_eq!((data.state, data.epoch, data.last_epoch, data.start_ms), (state, 3, 2, THEN));
        assert_eq!((data.partitions.clone(), data.client_version), (partitions(&[0, 1]), V0));
        let complete = completed(&data, NOW + 1).unwrap();
        assert_eq!((complete.state, complete.producer()), (outcome.complete(), producer(7, 3)));
        assert!(
            complete.partitions.is_empty()
                && complete.fault_after(&TxnData { partitions: partitions(&[]), ..data }).is_none()
        );
    }
}

#[test]
fn by_the_old_rules_only_the_same_outcome_may_be_asked_for_again() {
    let none = Decision::Answer(producer(-1, -1));
    let cases = [
        (CompleteCommit, Commit, none.clone()),
        (CompleteAbort, Abort, none),
        (CompleteCommit, Abort, refused(TxnError::InvalidState)),
        (CompleteAbort, Commit, refused(TxnError::InvalidState)),
        (PrepareCommit, Commit, refused(TxnError::Concurrent)),
        (PrepareAbort, Abort, refused(TxnError::Concurrent)),
        (PrepareCommit, Abort, refused(TxnError::InvalidState)),
        (PrepareAbort, Commit, refused(TxnError::InvalidState)),
        (Empty, Commit, refused(TxnError::InvalidState)),
        (Empty, Abort, refused(TxnError::InvalidState)),
    ];
    for (state, outcome, expected) in cases {
        assert_eq!(ask(&txn(state), producer(7, 3), outcome, V0), expected, "{outcome:?} in {state:?}");
    }
}

#[test]
fn strangers_and_zombies_end_nothing() {
    for version in [V0, V2] {
        for outcome in [Commit, Abort] {
            assert_eq!(ask(&txn(Ongoing), producer(8, 3), outcome, version), refused(TxnError::WrongProducerId));
            assert_eq!(ask(&txn(Ongoing), producer(7, 2), outcome, version), refused(TxnError::Fenced));
            assert_eq!(ask(&txn(Ongoing), producer(7, 4), outcome, version), refused(TxnError::Fenced));
            let request = EndTxn { producer: producer(7, 3), outcome, version };
            assert_eq!(end(None, &request, NOW, None), refused(TxnError::WrongProducerId));
        }
    }
}

#[test]
fn what_is_under_way_is_waited_for() {
    let writing = busy(Ongoing, Busy::Writing);
    // By the old rules a zombie is told first.
    assert_eq!(ask(&writing, producer(7, 2), Commit, V0), refused(TxnError::Fenced));
    assert_eq!(ask(&writing, producer(7, 3), Commit, V0), refused(TxnError::Concurrent));
    assert_eq!(ask(&writing, producer(7, 2), Commit, V2), refused(TxnError::Concurrent));
    assert_eq!(ask(&writing, producer(8, 3), Commit, V2), refused(TxnError::Concurrent));
}

#[test]
fn by_the_new_rules_every_decision_has_its_own_epoch() {
    for outcome in [Commit, Abort] {
        let data = written(ask(&txn(Ongoing), producer(7, 3), outcome, V2));
        assert_eq!((data.state, data.epoch, data.last_epoch), (outcome.prepared(), 4, 3));
        assert_eq!((data.start_ms, data.client_version, goes_on(&data)), (THEN, V2, producer(7, 4)));
        assert_eq!(completed(&data, NOW).unwrap().producer(), producer(7, 4));
    }
}

#[test]
fn by_the_new_rules_a_retry_names_the_epoch_before() {
    let gone_on = Decision::Answer(producer(7, 3));
    let cases = [
        (PrepareCommit, Commit, refused(TxnError::Concurrent)),
        (PrepareAbort, Abort, refused(TxnError::Concurrent)),
        (PrepareCommit, Abort, refused(TxnError::InvalidState)),
        (PrepareAbort, Commit, refused(TxnError::InvalidState)),
        (CompleteCommit, Commit, gone_on.clone()),
        (CompleteAbort, Abort, gone_on),
        (CompleteCommit, Abort, refused(TxnError::InvalidState)),
        (CompleteAbort, Commit, refused(TxnError::InvalidState)),
        (Empty, Abort, refused(TxnError::Fenced)),
        (Empty, Commit, refused(TxnError::Fenced)),
        (Ongoing, Commit, refused(TxnError::Fenced)),
    ];
    for (state, outcome, expected) in cases {
        assert_eq!(ask(&txn(state), producer(7, 2), outcome, V2), expected, "{outcome:?} again in {state:?}");
    }
}

#[test]
fn by_the_new_rules_a_producer_may_abort_what_never_began() {
    for state in [Empty, CompleteCommit, CompleteAbort] {
        let data = written(ask(&txn(state), producer(7, 3), Abort, V2));
        assert_eq!((data.state, data.epoch, data.start_ms), (PrepareAbort, 4, NOW), "the beginning is not known");
        assert!(data.partitions.is_empty());
        assert_eq!(ask(&txn(state), producer(7, 3), Commit, V2), refused(TxnError::InvalidState));
    }
    for state in [PrepareCommit, PrepareAbort] {
        assert_eq!(ask(&txn(state), producer(7, 3), Abort, V2), refused(TxnError::Fenced));
    }
}

#[test]
fn used_up_epochs_lead_to_another_producer_id_and_its_retry_is_known() {
    let last = with(|data| data.epoch = i16::MAX - 1, Ongoing);
    let request = EndTxn { producer: producer(7, i16::MAX - 1), outcome: Commit, version: V2 };
    assert_eq!(end(Some(&last), &request, NOW, None), Decision::NeedsProducerId);
    let mut prepared = written(end(Some(&last), &request, NOW, Some(60)));
    assert_eq!((prepared.producer(), prepared.next_producer_id), (producer(7, i16::MAX), 60));
    assert_eq!(goes_on(&prepared), producer(60, 0));
    prepared.partitions.clear();
    let complete = completed(&prepared, NOW).unwrap();
    assert_eq!(complete.fault_after(&prepared), None);
    assert_eq!(
        (complete.producer(), complete.previous_producer_id, complete.next_producer_id),
        (producer(60, 0), 7, -1)
    );
    let complete = Txn::new(complete);
    assert_eq!(end(Some(&complete), &request, NOW, None), Decision::Answer(producer(60, 0)));
    let abort = EndTxn { outcome: Abort, ..request };
    assert_eq!(end(Some(&complete), &abort, NOW, None), refused(TxnError::InvalidState));
}

#[test]
fn a_fence_aborts_in_the_next_epoch_by_both_rules() {
    let old = written(fence(&txn(Ongoing), V0, NOW, None));
    assert_eq!((old.state, old.producer(), old.last_epoch), (PrepareAbort, producer(7, 4), -1));
    let new = written(fence(&txn(Ongoing), V2, NOW, None));
    assert_eq!((new.state, new.producer(), new.last_epoch), (PrepareAbort, producer(7, 4), 3));
    for state in [Empty, PrepareCommit, CompleteAbort] {
        assert_eq!(fence(&txn(state), V2, NOW, None), refused(TxnError::Concurrent));
    }
    assert_eq!(fence(&busy(Ongoing, Busy::Writing), V2, NOW, None), refused(TxnError::Concurrent));
}

#[test]
fn a_fence_needs_no_epoch_that_is_not_there() {
    let at_the_end = with(|data| data.epoch = i16::MAX, Ongoing);
    assert_eq!(written(fence(&at_the_end, V0, NOW, None)).epoch, i16::MAX);
    assert_eq!(fence(&at_the_end, V2, NOW, None), Decision::NeedsProducerId);
    assert_eq!(written(fence(&at_the_end, V2, NOW, Some(8))).epoch, i16::MAX);
    assert_eq!(completed(&data(Empty), NOW), None);
}
