//! Groups that change the protocol while they have members, member by member.

use crate::group::error::GroupFault;
use crate::group::record::Partitions;
use crate::group::request::*;
use crate::group::testing::{Rig, alive, entering, joining, owning, subscription, syncing};
use crate::group::{embedded, shard::Kind};
use std::sync::Arc;

/// A stable classic group of one consumer with both partitions of "t".
fn classic(rig: &mut Rig) -> JoinAnswer {
    rig.cluster.topic("t", 2);
    let wants = subscription(&["t"], &[]);
    let id = rig.join(&joining("g", "", &wants)).join().member;
    let waiting = rig.join(&joining("g", &id, &wants));
    rig.advance(6_000);
    let answer = waiting.join();
    let given = embedded::write_assignment(1, &vec![("t".into(), vec![0, 1])]);
    rig.sync(&syncing("g", &answer, &[(&answer.member, &given)]));
    answer
}

fn rejoin(rig: &mut Rig, member: &str, owned: &[i32]) -> JoinAnswer {
    let request = joining("g", member, &subscription(&["t"], &[("t", owned)]));
    rig.join(&request).join()
}

fn partitions(answer: &SyncAnswer) -> Vec<i32> {
    let read = embedded::read_assignment(&answer.assignment).unwrap();
    read.partitions.into_iter().flat_map(|(_, numbers)| numbers).collect()
}

#[test]
fn a_consumer_upgrades_a_classic_group_and_the_classic_member_follows() {
    let mut rig = Rig::new("group.consumer.assignment.interval.ms=0\n");
    let old = classic(&mut rig);
    let new = rig.consumer(&entering("g", "new", &["t"])).unwrap();
    assert_eq!((new.epoch, new.assignment.clone()), (2, Some(Partitions::new())));
    assert_eq!(rig.heartbeat(&alive("g", &old)).unwrap_err().fault, GroupFault::RebalanceInProgress);
    // It joins again, is shown one partition, and joins once more when it has given the other back.
    let told = rejoin(&mut rig, &old.member, &[0, 1]);
    assert_eq!((told.fault, told.generation, &*told.leader), (None, 1, ""));
    let kept = partitions(&rig.sync(&syncing("g", &told, &[])).sync());
    assert_eq!(kept.len(), 1);
    assert_eq!(rig.heartbeat(&alive("g", &told)).unwrap_err().fault, GroupFault::RebalanceInProgress);
    let given_back = rejoin(&mut rig, &old.member, &kept);
    assert_eq!(given_back.generation, 2);
    assert_eq!(partitions(&rig.sync(&syncing("g", &given_back, &[])).sync()), kept);
    assert_eq!(rig.heartbeat(&alive("g", &given_back)), Ok(()));
    let got = rig.consumer(&owning("g", &new, Partitions::new())).unwrap().assignment.unwrap();
    assert_eq!(got.values().map(|numbers| numbers.len()).sum::<usize>(), 1);
    rig.reload(None);
    assert_eq!(rig.consumer_group("g").classic_members, 1);
    assert_eq!(rig.heartbeat(&alive("g", &given_back)), Ok(()));
}

#[test]
fn the_last_consumer_that_leaves_downgrades_the_group() {
    let mut rig = Rig::new("group.consumer.assignment.interval.ms=0\n");
    let old = classic(&mut rig);
    let new = rig.consumer(&entering("g", "new", &["t"])).unwrap();
    let told = rejoin(&mut rig, &old.member, &[0, 1]);
    let leave = ConsumerHeartbeat { epoch: -1, owned: None, ..owning("g", &new, Partitions::new()) };
    rig.consumer(&leave).unwrap();
    let group = rig.classic_group("g");
    assert_eq!((group.members.len(), group.state.name()), (1, "PreparingRebalance"));
    rig.reload(None);
    assert_eq!(rig.classic_group("g").members.len(), 1);
    let again = rejoin(&mut rig, &told.member, &[0]);
    assert_eq!((again.fault, &again.leader), (None, &told.member));
}

#[test]
fn a_classic_member_that_does_not_join_again_or_sync_is_fenced() {
    let mut rig = Rig::new("group.consumer.assignment.interval.ms=0\n");
    let old = classic(&mut rig);
    let mut new = rig.consumer(&entering("g", "new", &["t"])).unwrap();
    for _ in 0..3 {
        assert_eq!(rig.heartbeat(&alive("g", &old)).unwrap_err().fault, GroupFault::RebalanceInProgress);
        rig.advance(3_500);
        new = rig.consumer(&owning("g", &new, Partitions::new())).unwrap();
    }
    assert_eq!(rig.heartbeat(&alive("g", &old)).unwrap_err().fault, GroupFault::UnknownMemberId);
    assert_eq!(rig.consumer_group("g").members.len(), 1);
    assert_eq!(new.assignment.map(|all| all.values().next().unwrap().len()), Some(2));
}

#[test]
fn a_static_classic_member_takes_the_place_of_the_last_consumer() {
    let mut rig = Rig::new("group.consumer.assignment.interval.ms=0\n");
    rig.cluster.topic("t", 2);
    let mut first = entering("g", "one", &["t"]);
    first.instance = Some("i".into());
    let first = rig.consumer(&first).unwrap();
    let mut join = joining("g", "", &subscription(&["t"], &[]));
    join.instance = Some("i".into());
    let answer = rig.join(&join).join();
    assert_eq!((answer.fault, answer.generation), (None, first.epoch));
    let group = rig.classic_group("g");
    assert_eq!((group.members.len(), group.state.name()), (1, "Stable"));
    let mut sync = syncing("g", &answer, &[]);
    sync.instance = Some("i".into());
    assert_eq!(partitions(&rig.sync(&sync).sync()), [0, 1]);
    rig.reload(None);
    assert_eq!(rig.classic_group("g").leader, Some(Arc::clone(&answer.member)));
}

#[test]
fn policies_keep_groups_in_their_protocol() {
    let mut rig = Rig::new("group.consumer.migration.policy=disabled\n");
    classic(&mut rig);
    let error = rig.consumer(&entering("g", "new", &["t"])).unwrap_err();
    let text = "Cannot upgrade classic group g to consumer group because online upgrade is disabled.";
    assert_eq!((error.fault, error.text.as_deref()), (GroupFault::GroupIdNotFound, Some(text)));
    rig.consumer(&entering("h", "new", &["t"])).unwrap();
    let join = joining("h", "", &subscription(&["t"], &[]));
    assert_eq!(rig.join(&join).join().fault, Some(GroupFault::InconsistentGroupProtocol));

    let mut rig = Rig::new("group.consumer.migration.policy=upgrade\n");
    let old = classic(&mut rig);
    let new = rig.consumer(&entering("g", "new", &["t"])).unwrap();
    let leave = ConsumerHeartbeat { epoch: -1, owned: None, ..owning("g", &new, Partitions::new()) };
    rig.consumer(&leave).unwrap();
    assert_eq!(rig.consumer_group("g").members.len(), 1);
    assert!(rig.heartbeat(&alive("g", &old)).is_err());
}

#[test]
fn groups_that_cannot_be_understood_stay_classic() {
    let mut rig = Rig::new("");
    rig.cluster.topic("t", 2);
    let mut connect = joining("c", "", b"x");
    (connect.protocol_type, connect.known_member_required) = ("connect".into(), false);
    rig.join(&connect);
    let error = rig.consumer(&entering("c", "new", &["t"])).unwrap_err();
    let text = "Cannot upgrade classic group c to consumer group because the group does not use the consumer embedded \
                protocol.";
    assert_eq!(error.text.as_deref(), Some(text));
    let mut odd = joining("o", "", b"not a subscription");
    odd.known_member_required = false;
    rig.join(&odd);
    rig.advance(6_000);
    let error = rig.consumer(&entering("o", "new", &["t"])).unwrap_err();
    let text = "Cannot upgrade classic group o to consumer group because the embedded consumer protocol is malformed.";
    assert_eq!(error.text.as_deref(), Some(text));
}

#[test]
fn a_group_without_members_changes_with_its_first_member() {
    let mut rig = Rig::new("");
    let old = classic(&mut rig);
    rig.leave("g", &[LeavingMember { member: old.member, ..LeavingMember::default() }]).unwrap();
    assert_eq!(rig.commit(&crate::group::testing::committing("g", "", -1, "t", 0, 5)).unwrap(), [[None]]);
    let new = rig.consumer(&entering("g", "new", &["t"])).unwrap();
    assert_eq!(rig.offset("g", "t", 0), 5);
    let leave = ConsumerHeartbeat { epoch: -1, owned: None, ..owning("g", &new, Partitions::new()) };
    rig.consumer(&leave).unwrap();
    classic_again(&mut rig);
    rig.reload(None);
    assert!(matches!(rig.shard.machine.shard.groups["g"].kind, Kind::Classic(_)));
    assert_eq!(rig.offset("g", "t", 0), 5);
}

fn classic_again(rig: &mut Rig) {
    let answer = rig.join(&joining("g", "", &subscription(&["t"], &[]))).join();
    assert_eq!(answer.fault, Some(GroupFault::MemberIdRequired));
    assert_eq!(rig.classic_group("g").state.name(), "Empty");
}
