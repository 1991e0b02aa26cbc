//! Joining, syncing, being alive and leaving in the classic protocol.

use crate::group::error::GroupFault;
use crate::group::request::{JoinAnswer, LeavingMember};
use crate::group::testing::{Rig, alive, joining, syncing};

/// Joins as Java's consumer does: once for an id, and again with it.
pub(super) fn join_twice(rig: &mut Rig, group: &str) -> (String, crate::group::testing::Waiting) {
    let first = rig.join(&joining(group, "", b"x")).join();
    assert_eq!(first.fault, Some(GroupFault::MemberIdRequired));
    let id = first.member.to_string();
    let waiting = rig.join(&joining(group, &id, b"x"));
    (id, waiting)
}

/// A stable group of so many members; the leader comes first.
pub(super) fn stable(rig: &mut Rig, group: &str, members: usize) -> Vec<JoinAnswer> {
    let waiting: Vec<_> = (0..members).map(|_| join_twice(rig, group).1).collect();
    rig.advance(6_000);
    let mut answers: Vec<JoinAnswer> = waiting.into_iter().map(|waiting| waiting.join()).collect();
    answers.sort_by_key(|answer| answer.members.is_empty());
    let followers: Vec<_> = answers[1..].iter().map(|answer| rig.sync(&syncing(group, answer, &[]))).collect();
    let given: Vec<(String, Vec<u8>)> =
        answers.iter().map(|answer| (answer.member.to_string(), answer.member.as_bytes().to_vec())).collect();
    let given: Vec<(&str, &[u8])> = given.iter().map(|(id, data)| (id.as_str(), data.as_slice())).collect();
    let leader = rig.sync(&syncing(group, &answers[0], &given)).sync();
    assert_eq!((leader.fault, &*leader.assignment), (None, answers[0].member.as_bytes()));
    for (follower, answer) in followers.into_iter().zip(&answers[1..]) {
        assert_eq!(&*follower.sync().assignment, answer.member.as_bytes());
    }
    answers
}

#[test]
fn a_member_fetches_an_id_joins_is_given_an_assignment_and_is_alive() {
    let mut rig = Rig::new("");
    let (id, mut waiting) = join_twice(&mut rig, "g");
    assert!(id.starts_with("client-") && waiting.is_waiting());
    rig.advance(2_999);
    assert!(waiting.is_waiting());
    rig.advance(1);
    let answer = waiting.join();
    assert_eq!((answer.fault, answer.generation, &*answer.leader), (None, 1, &*id));
    assert_eq!((answer.protocol.as_deref(), answer.members.len()), (Some("range"), 1));
    assert_eq!(&*answer.members[0].metadata, b"x");
    assert_eq!(rig.heartbeat(&alive("g", &answer)), Ok(()));
    let synced = rig.sync(&syncing("g", &answer, &[(&id, b"a")])).sync();
    assert_eq!((synced.fault, &*synced.assignment), (None, &b"a"[..]));
    assert_eq!(rig.classic_group("g").state.name(), "Stable");
    // A lost answer is asked for again.
    assert_eq!(&*rig.sync(&syncing("g", &answer, &[])).sync().assignment, b"a");
}

#[test]
fn older_clients_join_at_once_and_without_an_id() {
    let mut rig = Rig::new("group.initial.rebalance.delay.ms=0\n");
    let mut request = joining("g", "", b"x");
    request.known_member_required = false;
    let waiting = rig.join(&request);
    rig.advance(0);
    assert_eq!(waiting.join().fault, None);
}

#[test]
fn a_silent_member_is_removed_and_the_others_join_again() {
    let mut rig = Rig::new("");
    let answers = stable(&mut rig, "g", 2);
    for _ in 0..3 {
        rig.advance(2_500);
        let alive = rig.heartbeat(&alive("g", &answers[0]));
        if alive.is_err() {
            break;
        }
    }
    assert_eq!(rig.heartbeat(&alive("g", &answers[0])).unwrap_err().fault, GroupFault::RebalanceInProgress);
    assert_eq!(rig.heartbeat(&alive("g", &answers[1])).unwrap_err().fault, GroupFault::UnknownMemberId);
    let again = rig.join(&joining("g", &answers[0].member, b"x")).join();
    assert_eq!((again.generation, again.members.len()), (2, 1));
}

#[test]
fn a_member_that_does_not_join_again_in_time_is_removed() {
    let mut rig = Rig::new("");
    let answers = stable(&mut rig, "g", 2);
    // The leader joins again; the other is alive but does not.
    let mut leader = rig.join(&joining("g", &answers[0].member, b"x"));
    for _ in 0..4 {
        rig.advance(2_400);
        assert!(leader.is_waiting());
        assert_eq!(rig.heartbeat(&alive("g", &answers[1])).unwrap_err().fault, GroupFault::RebalanceInProgress);
    }
    rig.advance(2_400);
    assert_eq!(leader.join().members.len(), 1);
}

#[test]
fn a_member_that_never_asks_for_its_assignment_is_removed() {
    let mut rig = Rig::new("");
    let (_, first) = join_twice(&mut rig, "g");
    let (_, second) = join_twice(&mut rig, "g");
    rig.advance(6_000);
    let (first, second) = (first.join(), second.join());
    let (leader, lazy) = if first.members.is_empty() { (second, first) } else { (first, second) };
    assert_eq!(rig.sync(&syncing("g", &leader, &[])).sync().fault, None);
    for _ in 0..4 {
        rig.advance(2_499);
        assert_eq!(rig.heartbeat(&alive("g", &leader)), Ok(()));
        assert_eq!(rig.heartbeat(&alive("g", &lazy)), Ok(()));
    }
    rig.advance(10);
    assert_eq!(rig.heartbeat(&alive("g", &lazy)).unwrap_err().fault, GroupFault::UnknownMemberId);
    assert_eq!(rig.heartbeat(&alive("g", &leader)).unwrap_err().fault, GroupFault::RebalanceInProgress);
}

#[test]
fn the_last_member_that_leaves_leaves_an_empty_group_behind() {
    let mut rig = Rig::new("");
    let answers = stable(&mut rig, "g", 1);
    let leaving = LeavingMember { member: answers[0].member.clone(), instance: None, reason: Some("done".into()) };
    let left = rig.leave("g", &[leaving.clone(), leaving]).unwrap();
    assert_eq!((left[0].fault, left[1].fault), (None, Some(GroupFault::UnknownMemberId)));
    let group = rig.classic_group("g");
    assert_eq!((group.state.name(), group.generation, group.members.len()), ("Empty", 2, 0));
    rig.reload(None);
    let group = rig.classic_group("g");
    assert_eq!((group.state.name(), group.generation), ("Empty", 2));
    assert_eq!(group.protocol_type.as_deref(), Some("consumer"));
}

#[test]
fn a_member_of_another_kind_or_without_a_common_protocol_is_refused() {
    let mut rig = Rig::new("");
    stable(&mut rig, "g", 1);
    let mut connect = joining("g", "", b"x");
    connect.protocol_type = "connect".into();
    assert_eq!(rig.join(&connect).join().fault, Some(GroupFault::InconsistentGroupProtocol));
    let mut sticky = joining("g", "", b"x");
    sticky.protocols = vec![("sticky".into(), bytes::Bytes::new())];
    assert_eq!(rig.join(&sticky).join().fault, Some(GroupFault::InconsistentGroupProtocol));
    let mut nothing = joining("new", "", b"x");
    nothing.protocols.clear();
    assert_eq!(rig.join(&nothing).join().fault, Some(GroupFault::InconsistentGroupProtocol));
}

#[test]
fn the_protocol_that_most_prefer_among_those_that_all_can_do_is_chosen() {
    let mut rig = Rig::new("");
    let with = |names: &[&str]| {
        let mut request = joining("g", "", b"");
        request.known_member_required = false;
        request.protocols = names.iter().map(|name| ((*name).into(), bytes::Bytes::new())).collect();
        request
    };
    let waiting: Vec<_> =
        [&["a", "b", "c"][..], &["c", "b"], &["c", "b", "d"]].iter().map(|names| rig.join(&with(names))).collect();
    rig.advance(30_000);
    for waiting in waiting {
        assert_eq!(waiting.join().protocol.as_deref(), Some("c"));
    }
}

#[test]
fn a_member_that_asks_again_while_the_others_sync_is_given_the_same_generation() {
    let mut rig = Rig::new("");
    let (_, first) = join_twice(&mut rig, "g");
    let (_, second) = join_twice(&mut rig, "g");
    rig.advance(9_000);
    let (first, second) = (first.join(), second.join());
    let follower = if first.members.is_empty() { &first } else { &second };
    let again = rig.join(&joining("g", &follower.member, b"x")).join();
    assert_eq!((again.fault, again.generation), (None, 1));
    // With something new to say it begins a rebalance instead.
    assert!(rig.join(&joining("g", &follower.member, b"y")).is_waiting());
    assert_eq!(rig.classic_group("g").state.name(), "PreparingRebalance");
}

#[test]
fn a_sync_of_another_generation_protocol_or_phase_is_refused() {
    let mut rig = Rig::new("");
    let answers = stable(&mut rig, "g", 1);
    let good = syncing("g", &answers[0], &[]);
    let mut old = good.clone();
    old.generation = 0;
    assert_eq!(rig.sync(&old).sync().fault, Some(GroupFault::IllegalGeneration));
    let mut other = good.clone();
    other.protocol = Some("sticky".into());
    assert_eq!(rig.sync(&other).sync().fault, Some(GroupFault::InconsistentGroupProtocol));
    let mut stranger = good.clone();
    stranger.member = "stranger".into();
    assert_eq!(rig.sync(&stranger).sync().fault, Some(GroupFault::UnknownMemberId));
    let _second = join_twice(&mut rig, "g");
    assert_eq!(rig.sync(&good).sync().fault, Some(GroupFault::RebalanceInProgress));
}

#[test]
fn a_group_is_loaded_as_it_was_stored_and_its_members_are_expected() {
    let mut rig = Rig::new("");
    let answers = stable(&mut rig, "g", 3);
    rig.reload(None);
    assert_eq!(rig.heartbeat(&alive("g", &answers[1])), Ok(()));
    assert_eq!(&*rig.sync(&syncing("g", &answers[2], &[])).sync().assignment, answers[2].member.as_bytes());
    rig.advance(4_000);
    assert_eq!(rig.heartbeat(&alive("g", &answers[1])), Ok(()));
    rig.advance(3_000);
    let group = rig.classic_group("g");
    assert_eq!((group.generation, group.state.name(), group.members.len()), (1, "PreparingRebalance", 1));
}
