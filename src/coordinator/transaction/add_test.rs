//! AddPartitionsToTxn, state by state.

use super::add::{add, verify};
use super::decision::Decision;
use super::error::TxnError;
use super::samples::{NOW, THEN, busy, partitions, producer, txn, with};
use super::state::{TransactionVersion, TxnState};
use super::txn::{Busy, Producer, Txn};

fn ask(txn: Option<&Txn>, producer: Producer, numbers: &[i32]) -> Decision<()> {
    add(txn, producer, &partitions(numbers), TransactionVersion::V2, NOW)
}

#[test]
fn the_first_partition_begins_a_transaction() {
    for state in [TxnState::Empty, TxnState::CompleteCommit, TxnState::CompleteAbort] {
        let Decision::Write(data) = ask(Some(&txn(state)), producer(7, 3), &[4]) else { panic!("{state:?}") };
        assert_eq!((data.state, data.start_ms, data.updated_ms), (TxnState::Ongoing, NOW, NOW));
        assert_eq!((data.partitions, data.epoch), (partitions(&[4]), 3));
    }
}

#[test]
fn more_partitions_join_and_the_beginning_stays() {
    let open = with(|data| data.client_version = TransactionVersion::V0, TxnState::Ongoing);
    let Decision::Write(data) = ask(Some(&open), producer(7, 3), &[1, 2]) else { panic!() };
    assert_eq!((data.start_ms, data.partitions), (THEN, partitions(&[0, 1, 2])));
    assert_eq!(data.client_version, TransactionVersion::V2);
}

#[test]
fn what_is_there_is_not_written_again() {
    assert_eq!(ask(Some(&txn(TxnState::Ongoing)), producer(7, 3), &[1]), Decision::Answer(()));
    assert_eq!(ask(Some(&txn(TxnState::Ongoing)), producer(7, 3), &[0, 1]), Decision::Answer(()));
}

#[test]
fn strangers_and_zombies_are_refused_and_the_hurried_asked_to_come_again() {
    let open = txn(TxnState::Ongoing);
    assert_eq!(ask(None, producer(7, 3), &[0]), Decision::Refuse(TxnError::WrongProducerId));
    assert_eq!(ask(Some(&open), producer(8, 3), &[0]), Decision::Refuse(TxnError::WrongProducerId));
    assert_eq!(ask(Some(&open), producer(7, 2), &[0]), Decision::Refuse(TxnError::Fenced));
    assert_eq!(ask(Some(&open), producer(7, 4), &[0]), Decision::Refuse(TxnError::Fenced));
    for state in [TxnState::PrepareCommit, TxnState::PrepareAbort] {
        assert_eq!(ask(Some(&txn(state)), producer(7, 3), &[0]), Decision::Refuse(TxnError::Concurrent));
    }
    // Whoever has something under way is not judged before it is done.
    let writing = busy(TxnState::Ongoing, Busy::Writing);
    assert_eq!(ask(Some(&writing), producer(8, 0), &[0]), Decision::Refuse(TxnError::Concurrent));
}

#[test]
fn partitions_are_looked_up_one_by_one() {
    let asked = partitions(&[0, 1, 2]);
    let look = |txn: Option<&Txn>, producer| verify(txn, producer, &asked);
    assert_eq!(look(Some(&txn(TxnState::Ongoing)), producer(7, 3)), Ok(vec![true, true, false]));
    assert_eq!(look(Some(&txn(TxnState::Empty)), producer(7, 3)), Ok(vec![false; 3]));
    assert_eq!(look(None, producer(7, 3)), Err(TxnError::WrongProducerId));
    assert_eq!(look(Some(&txn(TxnState::Ongoing)), producer(9, 3)), Err(TxnError::WrongProducerId));
    assert_eq!(look(Some(&txn(TxnState::Ongoing)), producer(7, 2)), Err(TxnError::Fenced));
    for state in [TxnState::PrepareCommit, TxnState::PrepareAbort] {
        assert_eq!(look(Some(&txn(state)), producer(7, 3)), Err(TxnError::Concurrent));
    }
    let writing = busy(TxnState::Ongoing, Busy::Writing);
    assert_eq!(look(Some(&writing), producer(7, 3)), Err(TxnError::Concurrent), "what is not committed may go away");
}
