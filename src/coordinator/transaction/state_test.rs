//! States: numbers and names are Kafka's, and only legal steps are legal.

use super::state::{Outcome, TransactionVersion, TxnState};
use TxnState::{CompleteAbort, CompleteCommit, Dead, Empty, Ongoing, PrepareAbort, PrepareCommit, PrepareEpochFence};

#[test]
fn numbers_and_names_are_found_back() {
    for (number, state) in TxnState::ALL.into_iter().enumerate() {
        assert_eq!(usize::try_from(state.id()), Ok(number));
        assert_eq!(TxnState::from_id(state.id()), Some(state));
        assert_eq!(TxnState::from_name(state.name()), Some(state));
    }
    assert_eq!((TxnState::from_id(8), TxnState::from_id(-1), TxnState::from_name("empty")), (None, None, None));
}

#[test]
fn each_state_has_its_predecessors() {
    let legal: [(TxnState, &[TxnState]); 8] = [
        (Empty, &[Empty, CompleteCommit, CompleteAbort]),
        (Ongoing, &[Ongoing, Empty, CompleteCommit, CompleteAbort]),
        (PrepareCommit, &[Ongoing]),
        (PrepareAbort, &[Ongoing, PrepareEpochFence, Empty, CompleteCommit, CompleteAbort]),
        (CompleteCommit, &[PrepareCommit]),
        (CompleteAbort, &[PrepareAbort]),
        (Dead, &[Empty, CompleteCommit, CompleteAbort]),
        (PrepareEpochFence, &[Ongoing]),
    ];
    for (state, predecessors) in legal {
        for before in TxnState::ALL {
            assert_eq!(state.may_follow(before), predecessors.contains(&before), "{before:?} -> {state:?}");
        }
    }
}

#[test]
fn outcomes_lead_from_the_decision_to_its_completion() {
    for outcome in [Outcome::Commit, Outcome::Abort] {
        assert_eq!(outcome.prepared().decided(), Some(outcome));
        assert!(outcome.complete().may_follow(outcome.prepared()));
        assert_eq!(outcome.complete().decided(), None);
    }
}

#[test]
fn feature_levels_are_versions() {
    let levels = [-1, 0, 1, 2, 3].map(|level| TransactionVersion::from_level(level).level());
    assert_eq!(levels, [0, 0, 1, 2, 2]);
    assert!(!TransactionVersion::V1.bumps_epoch() && TransactionVersion::V2.bumps_epoch());
}
