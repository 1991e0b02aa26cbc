//! The rules of leadership, one by one. Broker 1 is the one whose state is looked at.

use crate::state::{
    Assigned, Assignment, EpochFault, FollowerFault, FollowerFetch, IsrAnswer, LogEnds, NotEnoughReplicas,
    PartitionState, Replicated,
};
use esker_env::Instant;
use esker_model::{BrokerId, Offset};
use std::time::Duration;

const LAG_MAX: Duration = Duration::from_secs(30);

fn at(seconds: u64) -> Instant {
    Instant::from_start(Duration::from_secs(1000 + seconds))
}

fn assignment(replicas: &[BrokerId], isr: &[BrokerId], leader: BrokerId, epochs: (i32, i32)) -> Assignment {
    let (leader_epoch, partition_epoch) = epochs;
    let leader = (leader >= 0).then_some(leader);
    Assignment { replicas: replicas.into(), isr: isr.into(), leader, leader_epoch, partition_epoch }
}

fn ends(high_watermark: Offset, log_end: Offset) -> LogEnds {
    LogEnds { high_watermark, own_end: log_end, log_end }
}

/// Broker 1 leads replicas 1, 2 and 3, of which `isr` are in sync, in epoch 5; its log ends at 100, replicated to 50.
fn leader_of_three(isr: &[BrokerId], min_isr: usize) -> PartitionState {
    let mut state = PartitionState::new(1, min_isr, LAG_MAX);
    let assigned = state.assign(assignment(&[1, 2, 3], isr, 1, (5, 7)), ends(50, 100), at(0));
    assert!(matches!(assigned, Assigned::Leads { continues: false, .. }));
    state.brokers_changed(at(0), |id| Some(i64::from(id) * 10));
    state
}

fn fetch(id: BrokerId, offset: Offset, log_end: Offset, now: Instant) -> FollowerFetch {
    FollowerFetch { id, broker_epoch: Some(i64::from(id) * 10), offset, log_end, now }
}

fn ids(proposal: Option<crate::state::IsrProposal>) -> Option<Vec<BrokerId>> {
    proposal.map(|proposal| proposal.isr.into_iter().map(|(id, _)| id).collect())
}

#[test]
fn a_single_replica_acknowledges_what_it_vouches_for_at_once() {
    let mut state = PartitionState::new(1, 1, LAG_MAX);
    state.assign(assignment(&[1], &[1], 1, (0, 0)), LogEnds { high_watermark: 3, own_end: 5, log_end: 9 }, at(0));
    assert_eq!(state.high_watermark(), Some(5), "what was appended and not vouched for is not replicated");
    let since = state.term().unwrap().since;
    assert_eq!(state.replicated(since, 9), Replicated::NotYet);
    assert_eq!(state.own_end_moved(since, 9, at(0)), Some(9));
    assert_eq!(state.replicated(since, 9), Replicated::Done);
    assert_eq!(state.own_end_moved(since, 8, at(0)), None, "a report that comes late moves nothing back");
    assert_eq!(state.high_watermark(), Some(9));
}

#[test]
fn the_high_watermark_is_the_least_of_all_in_sync_replicas() {
    let mut state = leader_of_three(&[1, 2, 3], 1);
    assert_eq!(state.high_watermark(), Some(50), "followers that have not fetched hold it where it was");
    assert_eq!(state.follower_fetched(&fetch(2, 100, 100, at(1))), Ok(None));
    assert_eq!(state.follower_fetched(&fetch(3, 80, 100, at(1))), Ok(Some(80)));
    assert_eq!(state.follower_fetched(&fetch(3, 90, 100, at(1))), Ok(Some(90)));
    assert_eq!(state.follower_fetched(&fetch(3, 60, 100, at(1))), Ok(None), "it never goes back");
    assert_eq!(state.high_watermark(), Some(90));
}

#[test]
fn a_replica_outside_the_in_sync_set_is_not_waited_for_unless_it_is_about_to_join() {
    let mut state = leader_of_three(&[1, 2], 1);
    state.follower_fetched(&fetch(2, 100, 100, at(0))).unwrap();
    assert_eq!(state.high_watermark(), Some(100), "3 has not caught up and is not in sync");
    let since = state.term().unwrap().since;
    state.follower_fetched(&fetch(3, 100, 100, at(0))).unwrap();
    state.own_end_moved(since, 120, at(0));
    state.follower_fetched(&fetch(2, 120, 120, at(0))).unwrap();
    assert_eq!(state.high_watermark(), Some(100), "3 has caught up and will be asked for: it must not miss anything");
    state.follower_fetched(&fetch(3, 110, 120, at(1))).unwrap();
    assert_eq!(state.high_watermark(), Some(110));
    // Its registration ends: it cannot be added, so it is not waited for.
    assert_eq!(state.brokers_changed(at(1), |id| (id != 3).then_some(i64::from(id) * 10)), Some(120));
}

#[test]
fn a_replica_that_was_asked_to_be_added_counts_before_the_answer_has_come() {
    let mut state = leader_of_three(&[1, 2], 1);
    state.follower_fetched(&fetch(2, 100, 100, at(0))).unwrap();
    state.follower_fetched(&fetch(3, 100, 100, at(0))).unwrap();
    assert_eq!(ids(state.propose_isr(ends(100, 100), at(0))), Some(vec![1, 2, 3]));
    assert_eq!(state.propose_isr(ends(100, 100), at(0)), None, "one question at a time");
    // 3 falls silent for longer than the lag allowed: no longer about to join, but the controller may have added it.
    let since = state.term().unwrap().since;
    state.own_end_moved(since, 120, at(60));
    state.follower_fetched(&fetch(2, 120, 120, at(60))).unwrap();
    assert_eq!(state.high_watermark(), Some(100));
    assert_eq!(state.isr_answered(IsrAnswer::Refused, ends(100, 120), at(60)), Some(120), "it was not added");
}

#[test]
fn a_replica_that_was_asked_to_be_removed_counts_until_that_is_committed() {
    let mut state = leader_of_three(&[1, 2, 3], 1);
    state.follower_fetched(&fetch(2, 100, 100, at(40))).unwrap();
    let proposal = state.propose_isr(ends(50, 100), at(40)).unwrap();
    assert_eq!(proposal.isr.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((proposal.leader_epoch, proposal.partition_epoch), (5, 7));
    assert_eq!(state.high_watermark(), Some(50));
    let committed = assignment(&[1, 2, 3], &[1, 2], 1, (5, 8));
    assert_eq!(state.isr_answered(IsrAnswer::Committed(committed), ends(50, 100), at(41)), Some(100));
}

#[test]
fn a_follower_is_removed_only_after_it_has_lagged_for_the_whole_time() {
    let mut state = leader_of_three(&[1, 2], 1);
    assert_eq!(state.propose_isr(ends(50, 100), at(30)), None, "a new leader gives everyone the full time");
    // It fetches from 100 while the log has grown to 200: at its next fetch it is known to have been caught up at this one.
    state.follower_fetched(&fetch(2, 100, 200, at(20))).unwrap();
    state.follower_fetched(&fetch(2, 200, 300, at(40))).unwrap();
    assert_eq!(state.propose_isr(ends(50, 300), at(50)), None, "caught up at 20");
    assert_eq!(ids(state.propose_isr(ends(50, 300), at(51))), Some(vec![1]));
}

#[test]
fn a_follower_joins_only_with_everything_that_any_leader_acknowledged() {
    // The log ended at 100 when the epoch began; its predecessor may have acknowledged up to there, the high watermark is behind.
    let mut state = leader_of_three(&[1], 1);
    assert_eq!(state.high_watermark(), Some(100));
    let mut behind = leader_of_three(&[1, 2], 2);
    behind.follower_fetched(&fetch(3, 60, 100, at(0))).unwrap();
    assert_eq!(behind.propose_isr(ends(50, 100), at(0)), None, "past the high watermark, not past the epoch's start");
    behind.follower_fetched(&fetch(3, 100, 100, at(0))).unwrap();
    assert_eq!(ids(behind.propose_isr(ends(50, 100), at(0))), Some(vec![1, 2, 3]));
    state.follower_fetched(&fetch(3, 99, 100, at(0))).unwrap();
    assert_eq!(state.propose_isr(ends(100, 100), at(0)), None, "behind the high watermark");
}

#[test]
fn only_the_registration_that_is_active_may_join() {
    let mut state = leader_of_three(&[1], 1);
    state.follower_fetched(&FollowerFetch { broker_epoch: Some(19), ..fetch(2, 100, 100, at(0)) }).unwrap();
    assert_eq!(
        state.propose_isr(ends(100, 100), at(0)),
        None,
        "it fetches in a registration that is not the active one"
    );
    state.follower_fetched(&fetch(2, 100, 100, at(0))).unwrap();
    state.brokers_changed(at(0), |_| None);
    assert_eq!(state.propose_isr(ends(100, 100), at(0)), None, "it is fenced");
    state.brokers_changed(at(0), |id| Some(i64::from(id) * 10));
    assert_eq!(ids(state.propose_isr(ends(100, 100), at(0))), Some(vec![1, 2]));
    let stale = FollowerFetch { broker_epoch: Some(19), ..fetch(2, 100, 100, at(0)) };
    assert_eq!(state.follower_fetched(&stale), Err(FollowerFault::StaleBroker { id: 2, epoch: 19 }));
    assert_eq!(state.follower_fetched(&fetch(4, 0, 100, at(0))), Err(FollowerFault::NotReplica(4)));
}

#[test]
fn below_the_minimum_nothing_is_taken_and_nothing_becomes_visible() {
    let mut state = leader_of_three(&[1], 2);
    let few = NotEnoughReplicas { in_sync: 1, min: 2 };
    assert_eq!(state.check_in_sync(), Err(few));
    assert_eq!(state.high_watermark(), Some(50));
    let since = state.term().unwrap().since;
    assert_eq!(state.own_end_moved(since, 120, at(0)), None);
    // With the setting lowered it goes on.
    assert_eq!(state.set_min_isr(1, at(0)), Some(120));
    assert_eq!(state.check_in_sync(), Ok(()));
}

#[test]
fn the_minimum_is_capped_at_the_replicas_there_are() {
    let mut state = PartitionState::new(1, 2, LAG_MAX);
    state.assign(assignment(&[1], &[1], 1, (0, 0)), ends(0, 10), at(0));
    assert_eq!(state.effective_min_isr(), 1);
    assert_eq!((state.check_in_sync(), state.high_watermark()), (Ok(()), Some(10)));
}

#[test]
fn records_that_reached_all_but_too_few_are_said_to_have() {
    let mut state = leader_of_three(&[1, 2, 3], 2);
    let since = state.term().unwrap().since;
    state.follower_fetched(&fetch(2, 100, 100, at(0))).unwrap();
    state.follower_fetched(&fetch(3, 100, 100, at(0))).unwrap();
    assert_eq!(state.replicated(since, 100), Replicated::Done);
    state.assign(assignment(&[1, 2, 3], &[1], 1, (5, 8)), ends(100, 100), at(0));
    assert_eq!(state.replicated(since, 100), Replicated::TooFew(NotEnoughReplicas { in_sync: 1, min: 2 }));
}

#[test]
fn an_older_decision_changes_nothing() {
    let mut state = leader_of_three(&[1, 2], 1);
    for old in [(5, 7), (5, 6), (4, 9)] {
        let older = assignment(&[1, 2, 3], &[2], 2, old);
        assert_eq!(state.assign(older, ends(50, 100), at(0)), Assigned::Nothing, "{old:?}");
    }
    assert!(state.term().is_ok());
}

#[test]
fn records_of_a_tenure_that_is_over_are_never_acknowledged() {
    let mut state = leader_of_three(&[1], 1);
    let since = state.term().unwrap().since;
    assert_eq!(state.replicated(since, 100), Replicated::Done);
    let follows = state.assign(assignment(&[1, 2, 3], &[2], 2, (6, 8)), ends(100, 100), at(0));
    assert_eq!(follows, Assigned::Follows { leader: Some(2), epoch: 6, resigned: true });
    assert!(matches!(state.replicated(since, 100), Replicated::TenureOver(over) if over.leader == Some(2)));
    // It leads again, with another log.
    state.assign(assignment(&[1, 2, 3], &[1], 1, (7, 9)), ends(90, 200), at(0));
    assert!(matches!(state.replicated(since, 100), Replicated::TenureOver(_)));
    assert_eq!(state.own_end_moved(since, 300, at(0)), None);
    assert_eq!(state.high_watermark(), Some(200));
}

#[test]
fn a_leader_that_is_confirmed_in_the_next_epoch_goes_on_but_not_across_a_missed_epoch() {
    let mut state = leader_of_three(&[1], 1);
    let since = state.term().unwrap().since;
    let confirmed = state.assign(assignment(&[1, 2, 3], &[1], 1, (6, 8)), ends(100, 150), at(0));
    assert!(matches!(confirmed, Assigned::Leads { term, continues: true } if (term.epoch, term.since) == (6, 5)));
    assert_eq!(state.epoch_start(), Some(150));
    assert_eq!(state.own_end_moved(since, 150, at(0)), Some(150));
    // Epoch 7 was never seen: another may have led in it.
    let again = state.assign(assignment(&[1, 2, 3], &[1], 1, (8, 10)), ends(150, 150), at(0));
    assert!(matches!(again, Assigned::Leads { term, continues: false } if (term.epoch, term.since) == (8, 8)));
    assert!(matches!(state.replicated(since, 150), Replicated::TenureOver(_)));
}

#[test]
fn a_named_epoch_must_be_the_current_one() {
    let state = leader_of_three(&[1], 1);
    assert_eq!(state.check_epoch(None), Ok(()));
    assert_eq!(state.check_epoch(Some(5)), Ok(()));
    assert_eq!(state.check_epoch(Some(4)), Err(EpochFault::Fenced { asked: 4, current: 5 }));
    assert_eq!(state.check_epoch(Some(6)), Err(EpochFault::Unknown { asked: 6, current: 5 }));
}

#[test]
fn a_replica_that_has_heard_nothing_does_not_lead() {
    let state = PartitionState::new(1, 1, LAG_MAX);
    assert!(state.term().is_err());
    assert_eq!(state.check_epoch(Some(0)), Err(EpochFault::Unknown { asked: 0, current: -1 }));
}
