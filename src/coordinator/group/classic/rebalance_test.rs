//! How long rebalances wait, how large groups may be, and what happens where something cannot be stored.

use crate::StateLogError;
use crate::group::classic::join_test::{join_twice, stable};
use crate::group::error::GroupFault;
use crate::group::testing::{Rig, alive, joining, syncing};

#[test]
fn the_first_rebalance_waits_on_while_members_come_and_no_longer_than_they_may_take() {
    let mut rig = Rig::new("");
    let (_, mut first) = join_twice(&mut rig, "g");
    let mut others = Vec::new();
    // Members come every two seconds: each delay of three is followed by another, until ten seconds are up.
    for _ in 0..4 {
        rig.advance(2_000);
        assert!(first.is_waiting());
        others.push(join_twice(&mut rig, "g").1);
    }
    rig.advance(1_999);
    assert!(first.is_waiting());
    rig.advance(1);
    assert_eq!(first.join().generation, 1);
    assert!(others.into_iter().all(|other| other.join().generation == 1));
}

#[test]
fn without_a_delay_the_first_member_is_alone_in_the_first_generation() {
    let mut rig = Rig::new("group.initial.rebalance.delay.ms=0\n");
    let (_, first) = join_twice(&mut rig, "g");
    rig.advance(0);
    assert_eq!(first.join().generation, 1);
}

#[test]
fn a_group_takes_no_more_members_than_it_may_have() {
    let mut rig = Rig::new("group.max.size=2\n");
    let (_, first) = join_twice(&mut rig, "g");
    let (_, second) = join_twice(&mut rig, "g");
    assert_eq!(rig.join(&joining("g", "", b"x")).join().fault, Some(GroupFault::GroupMaxSizeReached));
    rig.advance(9_000);
    let (first, second) = (first.join(), second.join());
    let leader = if first.members.is_empty() { second } else { first };
    rig.sync(&syncing("g", &leader, &[]));
    assert_eq!(rig.join(&joining("g", "", b"x")).join().fault, Some(GroupFault::GroupMaxSizeReached));
    // Those who are in may join again.
    assert!(rig.join(&joining("g", &leader.member, b"x")).is_waiting());
}

#[test]
fn a_pending_id_that_is_not_used_does_not_hold_up_the_others_for_ever() {
    let mut rig = Rig::new("");
    let answers = stable(&mut rig, "g", 1);
    rig.join(&joining("g", "", b"x")).join();
    let mut leader = rig.join(&joining("g", &answers[0].member, b"x"));
    rig.advance(5_999);
    assert!(leader.is_waiting());
    rig.advance(1);
    assert_eq!(leader.join().generation, 2);
}

#[test]
fn an_assignment_that_cannot_be_stored_makes_everybody_join_again() {
    let mut rig = Rig::new("");
    let (_, first) = join_twice(&mut rig, "g");
    let (_, second) = join_twice(&mut rig, "g");
    rig.advance(9_000);
    let (first, second) = (first.join(), second.join());
    let (leader, follower) = if first.members.is_empty() { (second, first) } else { (first, second) };
    let waiting = rig.sync(&syncing("g", &follower, &[]));
    rig.log.fail_next(0, StateLogError::NotEnoughReplicas);
    let refused = rig.sync(&syncing("g", &leader, &[])).sync();
    assert_eq!(refused.fault, Some(GroupFault::CoordinatorNotAvailable));
    assert_eq!(waiting.sync().fault, Some(GroupFault::CoordinatorNotAvailable));
    assert_eq!(rig.heartbeat(&alive("g", &leader)).unwrap_err().fault, GroupFault::RebalanceInProgress);
}

#[test]
fn a_new_group_that_cannot_be_stored_is_none() {
    let mut rig = Rig::new("");
    rig.log.fail_next(0, StateLogError::NotEnoughReplicas);
    let refused = rig.join(&joining("g", "", b"x")).join();
    assert_eq!(refused.fault, Some(GroupFault::CoordinatorNotAvailable));
    assert!(!rig.has_group("g"));
    let mut direct = joining("g", "", b"x");
    direct.known_member_required = false;
    rig.log.fail_next(0, StateLogError::TooLarge);
    assert_eq!(rig.join(&direct).join().fault, Some(GroupFault::UnknownServerError));
    assert!(!rig.has_group("g"));
}

#[test]
fn a_leader_that_fails_to_join_again_hands_the_lead_on() {
    let mut rig = Rig::new("");
    let answers = stable(&mut rig, "g", 2);
    let follower = rig.join(&joining("g", &answers[1].member, b"y"));
    for _ in 0..5 {
        rig.advance(2_000);
        let _told = rig.heartbeat(&alive("g", &answers[0]));
    }
    let answer = follower.join();
    assert_eq!((&*answer.leader, answer.members.len()), (&*answers[1].member, 1));
}
