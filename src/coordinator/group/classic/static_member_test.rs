//! Static members: they come back under a new id and nobody else notices (KIP-345, KIP-814).

use crate::StateLogError;
use crate::group::error::GroupFault;
use crate::group::request::{JoinAnswer, JoinRequest, LeavingMember};
use crate::group::testing::{Rig, alive, joining, syncing};

fn fixed(group: &str, instance: &str, member: &str) -> JoinRequest {
    let mut request = joining(group, member, b"x");
    request.instance = Some(instance.into());
    request
}

/// A stable group of two static members, `a` and `b`.
fn two(rig: &mut Rig) -> (JoinAnswer, JoinAnswer) {
    let (first, second) = (rig.join(&fixed("g", "a", "")), rig.join(&fixed("g", "b", "")));
    rig.advance(9_000);
    let (first, second) = (first.join(), second.join());
    let (leader, follower) = if first.members.is_empty() { (&second, &first) } else { (&first, &second) };
    let given: [(&str, &[u8]); 2] = [(&leader.member, b"L"), (&follower.member, b"F")];
    assert_eq!(rig.sync(&syncing("g", leader, &given)).sync().fault, None);
    (first, second)
}

#[test]
fn a_static_member_needs_no_id_and_gets_its_instance_in_it() {
    let mut rig = Rig::new("");
    let (first, second) = two(&mut rig);
    assert!(first.member.starts_with("a-") && second.member.starts_with("b-"));
    assert_eq!(first.generation, 1);
}

#[test]
fn one_that_comes_back_keeps_its_assignment_without_a_rebalance_and_the_old_id_is_fenced() {
    let mut rig = Rig::new("");
    let (first, second) = two(&mut rig);
    let follower = if first.members.is_empty() { &first } else { &second };
    let instance = follower.member.split('-').next().unwrap().to_owned();
    let back = rig.join(&fixed("g", &instance, "")).join();
    assert_eq!((back.fault, back.generation, back.skip_assignment), (None, 1, false));
    assert_ne!(back.member, follower.member);
    assert_eq!(&*rig.sync(&syncing("g", &back, &[])).sync().assignment, b"F");
    let mut old = alive("g", follower);
    old.instance = Some(instance.as_str().into());
    assert_eq!(rig.heartbeat(&old).unwrap_err().fault, GroupFault::FencedInstanceId);
    rig.reload(None);
    assert_eq!(rig.heartbeat(&alive("g", &back)), Ok(()));
}

#[test]
fn a_leader_that_comes_back_is_told_to_assign_nothing() {
    let mut rig = Rig::new("");
    let (first, second) = two(&mut rig);
    let leader = if first.members.is_empty() { &second } else { &first };
    let instance = leader.member.split('-').next().unwrap().to_owned();
    let back = rig.join(&fixed("g", &instance, "")).join();
    assert_eq!((back.skip_assignment, back.members.len(), &back.leader), (true, 2, &back.member));
    // An older client is shown its old id as leader, and so does not assign either.
    let mut old = fixed("g", &instance, "");
    old.can_skip_assignment = false;
    let again = rig.join(&old).join();
    assert_eq!((again.skip_assignment, again.members.len(), &again.leader), (false, 0, &back.member));
}

#[test]
fn one_that_changes_what_it_can_do_begins_a_rebalance_where_that_changes_the_protocol() {
    let mut rig = Rig::new("");
    let (first, _) = two(&mut rig);
    let instance = first.member.split('-').next().unwrap().to_owned();
    let mut request = fixed("g", &instance, "");
    request.protocols = vec![("range".into(), bytes::Bytes::from_static(b"new"))];
    assert_eq!(rig.join(&request).join().generation, 1);
    assert_eq!(rig.classic_group("g").state.name(), "Stable");
}

#[test]
fn a_new_id_that_cannot_be_stored_is_taken_back() {
    let mut rig = Rig::new("");
    let (first, _) = two(&mut rig);
    let instance = first.member.split('-').next().unwrap().to_owned();
    rig.log.fail_next(0, StateLogError::NotEnoughReplicas);
    let refused = rig.join(&fixed("g", &instance, "")).join();
    assert_eq!(refused.fault, Some(GroupFault::CoordinatorNotAvailable));
    let mut old = alive("g", &first);
    old.instance = Some(instance.as_str().into());
    assert_eq!(rig.heartbeat(&old), Ok(()));
    assert_eq!(rig.classic_group("g").joining, 0);
}

#[test]
fn one_that_comes_back_while_the_others_sync_begins_a_new_rebalance() {
    let mut rig = Rig::new("");
    let (first, second) = (rig.join(&fixed("g", "a", "")), rig.join(&fixed("g", "b", "")));
    rig.advance(9_000);
    let (first, second) = (first.join(), second.join());
    let (leader, follower) = if first.members.is_empty() { (&second, &first) } else { (&first, &second) };
    let waiting = rig.sync(&syncing("g", follower, &[]));
    let mut back = rig.join(&fixed("g", leader.member.split('-').next().unwrap(), ""));
    assert!(back.is_waiting());
    assert_eq!(waiting.sync().fault, Some(GroupFault::RebalanceInProgress));
    assert_eq!(rig.classic_group("g").state.name(), "PreparingRebalance");
}

#[test]
fn a_silent_static_member_is_kept_until_its_session_ends() {
    let mut rig = Rig::new("");
    let (first, second) = two(&mut rig);
    let (leader, follower) = if first.members.is_empty() { (&second, &first) } else { (&first, &second) };
    // The leader joins again: the other does not, yet stays, for its session is not over when the rebalance is.
    let leader_instance = leader.member.split('-').next().unwrap();
    let waiting = rig.join(&fixed("g", leader_instance, &leader.member));
    for _ in 0..5 {
        rig.advance(2_000);
        let mut beat = alive("g", follower);
        beat.instance = None;
        let _told = rig.heartbeat(&beat);
    }
    let answer = waiting.join();
    assert_eq!((answer.generation, answer.members.len()), (2, 2));
}

#[test]
fn an_operator_removes_a_static_member_by_its_instance() {
    let mut rig = Rig::new("");
    two(&mut rig);
    let by_instance = |instance: &str| LeavingMember { instance: Some(instance.into()), ..LeavingMember::default() };
    let wrong = LeavingMember { member: "other".into(), ..by_instance("b") };
    let left = rig.leave("g", &[by_instance("a"), by_instance("c"), wrong]).unwrap();
    let faults: Vec<_> = left.iter().map(|left| left.fault).collect();
    assert_eq!(faults, [None, Some(GroupFault::UnknownMemberId), Some(GroupFault::FencedInstanceId)]);
    assert_eq!(rig.classic_group("g").members.len(), 1);
}
