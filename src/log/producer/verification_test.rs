//! Guards: who gets one, what they are good for, when they are gone.

use super::check::{MarkerRule, ProducerError, Verdict};
use super::limit::ProducerLimit;
use super::state::ProducerState;
use super::state_test::header;
use super::verification::{ToVerify, Verification};
use crate::log::Origin;
use esker_record::{BatchHeader, EndMarker};
use std::sync::Arc;

fn state() -> ProducerState {
    ProducerState::new(Arc::new(ProducerLimit::new(100)))
}

fn who(epoch: i16, base_sequence: i32, bumps_epoch: bool) -> ToVerify {
    ToVerify { producer_id: 7, epoch, base_sequence, bumps_epoch }
}

fn transactional(epoch: i16, sequence: i32, base_offset: i64) -> BatchHeader {
    let header = header(7, epoch, sequence, 1);
    BatchHeader { base_offset, attributes: header.attributes.with_transactional(true), ..header }
}

fn check(state: &ProducerState, header: &BatchHeader, verification: Verification) -> Result<Verdict, ProducerError> {
    state.check(header, Origin::Client, verification)
}

fn not_verified() -> Result<Verdict, ProducerError> {
    Err(ProducerError::NotVerified { producer_id: 7 })
}

fn end(state: &mut ProducerState, epoch: i16, base_offset: i64) {
    let marker = BatchHeader { base_sequence: -1, ..transactional(epoch, 0, base_offset) };
    state.check_marker(&marker, 0, MarkerRule::Newer).unwrap();
    state.take_marker(&marker, EndMarker::Commit, 0);
}

#[test]
fn the_first_batch_of_a_transaction_needs_a_guard_and_the_next_does_not() {
    let mut state = state();
    assert_eq!(check(&state, &transactional(0, 0, 0), Verification::Needed(None)), not_verified());
    let guard = state.begin_verification(&who(0, 0, true), 1000).unwrap();
    assert!(guard.is_some());
    assert_eq!(check(&state, &transactional(0, 0, 0), Verification::Needed(None)), not_verified());
    assert_eq!(check(&state, &transactional(0, 0, 0), Verification::Needed(guard)), Ok(Verdict::Append));
    state.take_batch(&transactional(0, 0, 0));
    assert_eq!(state.begin_verification(&who(0, 1, true), 1000), Ok(None), "the transaction is open here");
    assert_eq!(check(&state, &transactional(0, 1, 1), Verification::Needed(None)), Ok(Verdict::Append));
    assert_eq!(
        check(&state, &header(7, 0, 1, 1), Verification::NotNeeded).unwrap_err(),
        ProducerError::NotInTransaction { producer_id: 7 }
    );
}

#[test]
fn an_end_takes_the_guard_away() {
    let mut state = state();
    state.take_batch(&transactional(0, 0, 0));
    end(&mut state, 1, 1);
    // By the old rules the epoch stays: only the guard keeps a late batch out.
    let guard = state.begin_verification(&who(1, 0, false), 1000).unwrap();
    state.take_marker(&BatchHeader { base_sequence: -1, ..transactional(1, 0, 2) }, EndMarker::Abort, 0);
    assert_eq!(check(&state, &transactional(1, 0, 3), Verification::Needed(guard)), not_verified());
    let again = state.begin_verification(&who(1, 0, false), 1000).unwrap();
    assert_ne!(again, guard);
    assert_eq!(check(&state, &transactional(1, 0, 3), Verification::Needed(again)), Ok(Verdict::Append));
}

#[test]
fn by_the_new_rules_the_end_before_leaves_the_next_transactions_guard() {
    let mut state = state();
    state.take_batch(&transactional(0, 0, 0));
    // The next transaction is verified before the marker of the last one has come.
    let guard = state.begin_verification(&who(1, 0, true), 1000).unwrap();
    end(&mut state, 1, 1);
    assert_eq!(check(&state, &transactional(1, 0, 2), Verification::Needed(guard)), Ok(Verdict::Append));
    // A marker behind it takes it away all the same.
    end(&mut state, 2, 2);
    let late = check(&state, &transactional(1, 0, 3), Verification::Needed(guard));
    assert!(matches!(late, Err(ProducerError::InvalidEpoch { epoch: 1, current: 2, .. })), "{late:?}");
    assert_eq!(check(&state, &transactional(2, 0, 3), Verification::Needed(guard)), not_verified());
}

#[test]
fn a_batch_waits_for_those_with_smaller_sequences() {
    let mut state = state();
    let guard = state.begin_verification(&who(0, 0, false), 1000).unwrap();
    assert_eq!(state.begin_verification(&who(0, 5, false), 1000).unwrap(), guard);
    let early = check(&state, &transactional(0, 5, 0), Verification::Needed(guard));
    assert!(matches!(early, Err(ProducerError::OutOfOrderSequence { sequence: 5, .. })), "{early:?}");
    assert_eq!(check(&state, &transactional(0, 0, 0), Verification::Needed(guard)), Ok(Verdict::Append));
}

#[test]
fn by_the_new_rules_an_unknown_producer_begins_at_zero() {
    let mut state = state();
    let old = state.begin_verification(&who(0, 9, false), 1000).unwrap();
    assert_eq!(check(&state, &transactional(0, 9, 0), Verification::Needed(old)), Ok(Verdict::Append));
    state.begin_verification(&ToVerify { producer_id: 8, ..who(0, 9, true) }, 1000).unwrap();
    let begun = BatchHeader { producer_id: 8, ..transactional(0, 9, 0) };
    let early = state.check(&begun, Origin::Client, Verification::NotNeeded);
    assert!(matches!(early, Err(ProducerError::OutOfOrderSequence { sequence: 9, .. })), "{early:?}");
}

#[test]
fn zombies_get_no_guard() {
    let mut state = state();
    end(&mut state, 3, 0);
    let zombie = state.begin_verification(&who(2, 0, true), 1000);
    assert_eq!(zombie, Err(ProducerError::InvalidEpoch { producer_id: 7, epoch: 2, current: 3 }));
}

#[test]
fn verifications_expire_and_are_bounded() {
    let mut state = state();
    let guard = state.begin_verification(&who(0, 0, true), 1000).unwrap();
    state.expire(1000 + 99, 100);
    assert_eq!(check(&state, &transactional(0, 0, 0), Verification::Needed(guard)), Ok(Verdict::Append));
    state.expire(1000 + 100, 100);
    assert_eq!(check(&state, &transactional(0, 0, 0), Verification::Needed(guard)), not_verified());
    let mut last = None;
    for producer_id in 0..100_000 {
        last = state.begin_verification(&ToVerify { producer_id, ..who(0, 0, true) }, 1000).unwrap();
    }
    assert!(state.verification_count() <= 1000, "{}", state.verification_count());
    let newest = BatchHeader { producer_id: 99_999, ..transactional(0, 0, 0) };
    assert_eq!(check(&state, &newest, Verification::Needed(last)), Ok(Verdict::Append));
}

#[test]
fn what_a_coordinator_writes_for_a_producer_has_no_sequence_but_an_epoch() {
    let mut state = state();
    let offsets = |epoch, base_offset| BatchHeader { base_sequence: -1, ..transactional(epoch, 0, base_offset) };
    let write = |state: &mut ProducerState, header: &BatchHeader| {
        let verdict = state.check(header, Origin::Coordinator, Verification::NotNeeded);
        if verdict.is_ok() {
            state.take_batch(header);
        }
        verdict
    };
    for offset in 0..7 {
        assert_eq!(write(&mut state, &offsets(0, offset)), Ok(Verdict::Append), "no two are the same batch");
    }
    assert_eq!(state.open_txns().len(), 1);
    end(&mut state, 1, 7);
    assert!(matches!(write(&mut state, &offsets(0, 8)), Err(ProducerError::InvalidEpoch { .. })));
    assert_eq!(write(&mut state, &offsets(1, 8)), Ok(Verdict::Append));
}
