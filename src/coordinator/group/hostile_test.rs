//! Input that means harm, or might as well.

use crate::group::error::GroupFault;
use crate::group::request::*;
use crate::group::testing::{Rig, alive, committing, entering, joining, syncing};
use esker_model::TopicId;

#[test]
fn h49_members_and_groups_without_end_are_refused_by_limits_and_not_by_memory() {
    let mut rig = Rig::with_memory("", 4 << 20);
    let mut refused = 0;
    for n in 0..20_000 {
        let answer = rig.join(&joining(&format!("group-{n}"), "", b"x")).join();
        refused += usize::from(answer.fault == Some(GroupFault::GroupMaxSizeReached));
    }
    assert!(refused > 10_000, "{refused}");
    let used = rig.world.budget.used();
    assert!(used < 5 << 20, "{used}");
    // New members and new offsets of groups that are there are refused too, until there is room again.
    assert_eq!(rig.join(&joining("group-0", "", b"x")).join().fault, Some(GroupFault::GroupMaxSizeReached));
    let error = rig.commit(&committing("another", "", -1, "t", 0, 1)).unwrap_err();
    assert_eq!(error.fault, GroupFault::GroupMaxSizeReached);
    assert_eq!(rig.consumer(&entering("third", "m", &["t"])).unwrap_err().fault, GroupFault::GroupMaxSizeReached);
    // Nobody came back with the ids that were given: they are forgotten with their sessions, and the groups soon after somebody was refused.
    rig.advance(6_000);
    let mut fits =
        |n| rig.join(&joining(&format!("later-{n}"), "", b"x")).join().fault == Some(GroupFault::MemberIdRequired);
    assert!((0..20_000).take_while(|n| fits(*n)).count() > 100);
    assert!(rig.world.budget.used() > 4 << 20);
    rig.advance(5_000);
    assert!(rig.world.budget.used() < 2 << 20, "{}", rig.world.budget.used());
    assert_eq!(rig.join(&joining("later", "", b"x")).join().fault, Some(GroupFault::MemberIdRequired));
    assert!(rig.world.budget.used() < 4 << 20);
}

#[test]
fn h49_huge_metadata_counts_with_its_size() {
    let mut rig = Rig::with_memory("", 64 << 20);
    let mut request = joining("g", "", &vec![0; 10 << 20]);
    request.known_member_required = false;
    let mut taken = 0;
    while rig.join(&request).is_waiting() {
        taken += 1;
        assert!(taken < 20);
    }
    assert!((6..=8).contains(&taken), "{taken}");
}

#[test]
fn h49_what_is_there_grows_a_little_beyond_the_limit_and_no_further() {
    const MAX: usize = 8 << 20;
    let mut rig = Rig::with_memory("group.initial.rebalance.delay.ms=0\n", MAX);
    rig.cluster.topic("t", 1);
    let full = GroupFault::GroupMaxSizeReached;
    let mut joins = joining("g", "", b"x");
    joins.known_member_required = false;
    let joined = rig.join(&joins);
    rig.advance(0);
    let mut joined = joined.join();
    let consumer = rig.consumer(&entering("c", "m", &["t"])).unwrap();
    rig.commit(&committing("simple", "", -1, "t", 0, 1)).unwrap();
    // Nobody else is taken in any more.
    let mut n = 0;
    while rig.world.budget.has_room() {
        let mut request = committing(&format!("filler-{n}"), "", -1, "t", 0, 1);
        request.topics[0].partitions[0].metadata = Some("x".repeat(4_000).into());
        rig.commit(&request).unwrap();
        n += 1;
    }
    let large = vec![0; 2 << 20];
    assert_eq!(rig.join(&joining("g", &joined.member, large.as_slice())).join().fault, Some(full));
    assert_eq!(rig.sync(&syncing("g", &joined, &[(&joined.member, large.as_slice())])).sync().fault, Some(full));
    let mut renamed = crate::group::testing::owning("c", &consumer, Default::default());
    renamed.topics = Some((0..200).map(|n| format!("{n}{}", "t".repeat(10_000)).into()).collect());
    assert_eq!(rig.consumer(&renamed).unwrap_err().fault, full);
    // What is there goes on, and may change a little.
    joined = rig.join(&joining("g", &joined.member, b"another")).join();
    assert_eq!(&*rig.sync(&syncing("g", &joined, &[(&joined.member, b"mine")])).sync().assignment, b"mine");
    rig.consumer(&crate::group::testing::owning("c", &consumer, Default::default())).unwrap();
    rig.commit(&committing("simple", "", -1, "t", 0, 2)).unwrap();
    assert!(rig.world.budget.used() < MAX + MAX / 8);
}

#[test]
fn h49_offsets_of_open_transactions_count_with_their_texts() {
    let mut rig = Rig::with_memory("", 1 << 20);
    rig.cluster.topic("t", 1);
    let empty = rig.world.budget.used();
    let pending = |producer: i64| {
        let mut request = committing("g", "", -1, "t", 0, 1);
        request.topics[0].partitions[0].metadata = Some("x".repeat(4_000).into());
        request.producer = Some((producer, 0));
        request
    };
    let taken = (0..1_000).take_while(|producer| rig.commit(&pending(*producer)).is_ok()).count();
    assert!((200..300).contains(&taken), "{taken}");
    let full = rig.world.budget.used();
    for producer in 0..taken {
        rig.end_transaction(i64::try_from(producer).unwrap(), 0, false);
    }
    assert!(rig.world.budget.used() < full / 100, "{}", rig.world.budget.used());
    rig.commit(&pending(5_000)).unwrap();
    rig.reload(None);
    assert!(rig.world.budget.used() - empty > 4_000, "what is loaded counts too");
}

#[test]
fn h50_assignments_come_from_the_leader_alone_and_only_for_members() {
    let mut rig = Rig::new("");
    let mut request = joining("g", "", b"x");
    request.known_member_required = false;
    let (first, second) = (rig.join(&request), rig.join(&request));
    rig.advance(9_000);
    let (first, second) = (first.join(), second.join());
    let (leader, follower) = if first.members.is_empty() { (second, first) } else { (first, second) };
    let given: [(&str, &[u8]); 2] = [(&leader.member, b"mine"), (&follower.member, b"mine too")];
    let waiting = rig.sync(&syncing("g", &follower, &given));
    assert_eq!(rig.classic_group("g").state.name(), "CompletingRebalance");
    let given: [(&str, &[u8]); 2] = [(&leader.member, b"L"), ("stranger", b"S")];
    assert_eq!(&*rig.sync(&syncing("g", &leader, &given)).sync().assignment, b"L");
    assert_eq!((waiting.sync().assignment.len(), rig.classic_group("g").members.len()), (0, 2));
    rig.reload(None);
    assert_eq!(rig.classic_group("g").members.len(), 2);
}

#[test]
fn h51_odd_offsets_come_back_as_they_are_and_long_texts_are_refused() {
    let mut rig = Rig::new("");
    for offset in [-2, -1, 0, i64::MAX, i64::MIN] {
        rig.commit(&committing("g", "", -1, "t", 0, offset)).unwrap();
        assert_eq!(rig.offset("g", "t", 0), offset);
    }
    let with = |text: String| {
        let mut request = committing("g", "", -1, "t", 1, 1);
        request.topics[0].partitions[0].metadata = Some(text.into());
        request.topics[0].partitions.push(CommitPartition { partition: 2, offset: 2, ..CommitPartition::default() });
        request
    };
    assert_eq!(rig.commit(&with("x".repeat(4096))).unwrap(), [[None, None]]);
    // Kafka counts characters, of which these have 4096 in 8192 bytes.
    assert_eq!(rig.commit(&with("é".repeat(4096))).unwrap(), [[None, None]]);
    let fault = Some(GroupFault::OffsetMetadataTooLarge);
    assert_eq!(rig.commit(&with("x".repeat(4097))).unwrap(), [[fault, None]]);
    assert_eq!(rig.offset("g", "t", 2), 2);
    for partition in [-1, i32::MIN, i32::MAX] {
        rig.commit(&committing("g", "", -1, "t", partition, 7)).unwrap();
        assert_eq!(rig.offset("g", "t", partition), 7);
    }
    rig.reload(None);
    assert_eq!(rig.offset("g", "t", i32::MIN), 7);
}

#[test]
fn h52_zombies_of_older_generations_and_epochs_are_fenced() {
    let mut rig = Rig::new("group.initial.rebalance.delay.ms=0\n");
    let mut request = joining("g", "", b"x");
    request.known_member_required = false;
    let first = rig.join(&request);
    rig.advance(0);
    let first = first.join();
    rig.sync(&syncing("g", &first, &[]));
    let again = rig.join(&joining("g", &first.member, b"x")).join();
    rig.sync(&syncing("g", &again, &[]));
    assert_eq!(rig.heartbeat(&alive("g", &first)).unwrap_err().fault, GroupFault::IllegalGeneration);
    let stale = committing("g", &first.member, first.generation, "t", 0, 1);
    assert_eq!(rig.commit(&stale).unwrap_err().fault, GroupFault::IllegalGeneration);
    assert_eq!(rig.sync(&syncing("g", &first, &[])).sync().fault, Some(GroupFault::IllegalGeneration));
    rig.cluster.topic("t", 1);
    let zombie = rig.consumer(&entering("h", "z", &["t"])).unwrap();
    rig.advance(46_000);
    let beat = crate::group::testing::owning("h", &zombie, Default::default());
    assert_eq!(rig.consumer(&beat).unwrap_err().fault, GroupFault::UnknownMemberId);
    let mut stale = committing("h", "z", zombie.epoch, "t", 0, 1);
    stale.topics[0].id = TopicId::ZERO;
    assert_eq!(rig.commit(&stale).unwrap_err().fault, GroupFault::UnknownMemberId);
}

#[test]
fn ids_of_any_characters_are_kept_apart() {
    let mut rig = Rig::new("");
    let ids = ["\0", "a\nb", "\u{FFFD}", "\u{10FFFF}", "..", "../x", " ", &"x".repeat(30_000)];
    for (at, id) in (0..).zip(ids) {
        rig.commit(&committing(id, "", -1, "t", 0, at)).unwrap();
    }
    rig.reload(None);
    for (at, id) in (0..).zip(ids) {
        assert_eq!(rig.offset(id, "t", 0), at);
    }
}

#[test]
fn a_member_that_is_told_an_id_and_never_comes_back_takes_no_room_for_long() {
    let mut rig = Rig::new("");
    for _ in 0..1_000 {
        rig.join(&joining("g", "", b"x")).join();
    }
    assert_eq!(rig.classic_group("g").pending.len(), 1_000);
    rig.advance(6_000);
    assert_eq!(rig.classic_group("g").pending.len(), 0);
}
