//! Offsets: who may commit, what is given back, what is forgotten and when.

use crate::group::classic::ClassicState;
use crate::group::error::GroupFault;
use crate::group::request::*;
use crate::group::testing::{Rig, committing, entering, joining, owning, subscription, syncing};
use esker_model::TopicId;

const WEEK_MS: u64 = 7 * 24 * 3600 * 1000;

fn fetching(group: &str, stable: bool) -> FetchRequest {
    FetchRequest { group: group.into(), epoch: -1, require_stable: stable, ..FetchRequest::default() }
}

#[test]
fn an_offset_comes_back_with_its_epoch_and_text() {
    let mut rig = Rig::new("");
    let mut request = committing("g", "", -1, "t", 3, 42);
    request.topics[0].partitions[0].leader_epoch = 5;
    request.topics[0].partitions[0].metadata = Some("text".into());
    assert_eq!(rig.commit(&request).unwrap(), [[None]]);
    for _ in 0..2 {
        let all = rig.fetch(&fetching("g", true)).unwrap();
        let one = &all[0].partitions[0];
        assert_eq!((one.partition, one.offset, one.leader_epoch, &*one.metadata), (3, 42, 5, "text"));
        rig.reload(None);
    }
    assert_eq!((rig.offset("g", "t", 0), rig.offset("nobody", "t", 3)), (-1, -1));
    assert!(rig.fetch(&fetching("nobody", false)).unwrap().is_empty());
}

#[test]
fn an_offset_of_a_topic_that_was_created_again_does_not_count() {
    let mut rig = Rig::new("");
    let id = |n| TopicId(uuid::Uuid::from_u128(n));
    let mut request = committing("g", "", -1, "t", 0, 42);
    request.topics[0].id = id(1);
    rig.commit(&request).unwrap();
    let ask = |n| FetchRequest {
        topics: Some(vec![FetchTopic { name: "t".into(), id: n, partitions: vec![0] }]),
        ..fetching("g", false)
    };
    let offset = |rig: &mut Rig, n| rig.fetch(&ask(n)).unwrap()[0].partitions[0].offset;
    assert_eq!((offset(&mut rig, id(1)), offset(&mut rig, id(2)), offset(&mut rig, TopicId::ZERO)), (42, -1, 42));
}

#[test]
fn only_members_of_the_present_generation_commit() {
    let mut rig = Rig::new("");
    let wants = subscription(&["t"], &[]);
    let id = rig.join(&joining("g", "", &wants)).join().member;
    let waiting = rig.join(&joining("g", &id, &wants));
    rig.advance(6_000);
    let answer = waiting.join();
    let fault = |rig: &mut Rig, member: &str, generation| {
        rig.commit(&committing("g", member, generation, "t", 0, 1)).err().map(|error| error.fault)
    };
    assert_eq!(fault(&mut rig, &id, 1), Some(GroupFault::RebalanceInProgress));
    rig.sync(&syncing("g", &answer, &[]));
    assert_eq!(fault(&mut rig, &id, 1), None);
    assert_eq!(fault(&mut rig, &id, 0), Some(GroupFault::IllegalGeneration));
    assert_eq!(fault(&mut rig, "other", 1), Some(GroupFault::UnknownMemberId));
    assert_eq!(fault(&mut rig, "", -1), Some(GroupFault::UnknownMemberId));
    // While others join, what was read in the generation before may still be committed.
    rig.join(&joining("g", &id, &subscription(&["u"], &[])));
    rig.join(&joining("g", "", &wants));
    assert_eq!(rig.classic_group("g").state, ClassicState::CompletingRebalance);
    let mut other = committing("nobody", "m", 3, "t", 0, 1);
    assert_eq!(rig.commit(&other).unwrap_err().fault, GroupFault::GroupIdNotFound);
    other.member_epochs = false;
    assert_eq!(rig.commit(&other).unwrap_err().fault, GroupFault::IllegalGeneration);
}

#[test]
fn a_consumer_commits_with_its_epoch_or_an_older_one_for_what_it_had_then() {
    let mut rig = Rig::new("group.consumer.assignment.interval.ms=0\n");
    let topic = rig.cluster.topic("t", 4);
    let first = rig.consumer(&entering("g", "a", &["t"])).unwrap();
    let request = |member: &str, epoch, partition| {
        let mut request = committing("g", member, epoch, "t", partition, 9);
        request.topics[0].id = topic;
        request
    };
    assert_eq!(rig.commit(&request("a", 2, 0)).unwrap(), [[None]]);
    let newer = rig.commit(&request("a", 3, 0)).unwrap_err();
    assert_eq!(newer.fault, GroupFault::StaleMemberEpoch);
    assert_eq!(newer.text.as_deref(), Some("Received member epoch 3 is newer than current member epoch 2."));
    assert_eq!(rig.commit(&request("nobody", 2, 0)).unwrap_err().fault, GroupFault::UnknownMemberId);
    let mut old_version = request("a", 2, 0);
    old_version.member_epochs = false;
    assert_eq!(rig.commit(&old_version).unwrap_err().fault, GroupFault::UnsupportedVersion);

    let second = rig.consumer(&entering("g", "b", &["t"])).unwrap();
    let told = rig.consumer(&owning("g", &first, [(topic, (0..4).collect())].into())).unwrap();
    let kept = told.assignment.clone().unwrap();
    let kept_one = *kept[&topic].first().unwrap();
    let lost_one = (0..4).find(|partition| !kept[&topic].contains(partition)).unwrap();
    assert_eq!(rig.commit(&request("a", 2, lost_one)).unwrap(), [[None]]);
    let after = rig.consumer(&owning("g", &told, kept)).unwrap();
    rig.consumer(&owning("g", &second, [].into())).unwrap();
    assert_eq!(after.epoch, 3);
    // Epoch 2 is old: good for what was kept, not for what was given back.
    assert_eq!(rig.commit(&request("a", 2, kept_one)).unwrap(), [[None]]);
    let lost = rig.commit(&request("a", 2, lost_one)).unwrap_err();
    let text = format!("Partition t-{lost_one} is not assigned or pending revocation for member.");
    assert_eq!((lost.fault, lost.text), (GroupFault::StaleMemberEpoch, Some(text)));
    let early = rig.commit(&request("b", 2, lost_one)).unwrap_err();
    let text = format!("Received member epoch 2 is older than assignment epoch 3 for partition t-{lost_one}.");
    assert_eq!(early.text, Some(text));
    let ask = FetchRequest { member: Some("a".into()), epoch: 2, ..fetching("g", false) };
    let error = rig.fetch(&ask).unwrap_err();
    assert_eq!(error.text.as_deref(), Some("The received member epoch 2 does not match the expected member epoch 3."));
}

#[test]
fn offsets_of_a_transaction_count_from_its_marker_on() {
    let mut rig = Rig::new("");
    rig.commit(&committing("g", "", -1, "t", 0, 1)).unwrap();
    let in_txn = |producer, partition, offset| CommitRequest {
        producer: Some((producer, 0)),
        ..committing("g", "", -1, "t", partition, offset)
    };
    rig.commit(&in_txn(7, 0, 10)).unwrap();
    rig.commit(&in_txn(7, 1, 11)).unwrap();
    rig.commit(&in_txn(8, 2, 12)).unwrap();
    for _ in 0..2 {
        assert_eq!((rig.offset("g", "t", 0), rig.offset("g", "t", 1)), (1, -1));
        let topics = Some(vec![FetchTopic { name: "t".into(), partitions: vec![0, 1], ..FetchTopic::default() }]);
        let stable = rig.fetch(&FetchRequest { topics, ..fetching("g", true) }).unwrap();
        assert!(stable[0].partitions.iter().all(|one| one.fault == Some(GroupFault::UnstableOffsetCommit)));
        rig.reload(None);
    }
    rig.end_transaction(8, 0, false);
    rig.end_transaction(7, 0, true);
    for _ in 0..2 {
        let offsets = [rig.offset("g", "t", 0), rig.offset("g", "t", 1), rig.offset("g", "t", 2)];
        assert_eq!(offsets, [10, 11, -1]);
        assert!(rig.fetch(&fetching("g", true)).unwrap()[0].partitions.iter().all(|one| one.fault.is_none()));
        rig.reload(None);
    }
}

#[test]
fn a_plain_commit_that_overtakes_a_transaction_wins() {
    let mut rig = Rig::new("");
    let in_txn = CommitRequest { producer: Some((7, 0)), ..committing("g", "", -1, "t", 0, 10) };
    rig.commit(&in_txn).unwrap();
    rig.commit(&committing("g", "", -1, "t", 0, 20)).unwrap();
    rig.end_transaction(7, 0, true);
    assert_eq!(rig.offset("g", "t", 0), 20);
    rig.reload(None);
    assert_eq!(rig.offset("g", "t", 0), 20);
}

#[test]
fn unused_offsets_are_forgotten_after_their_time_and_the_group_with_the_last() {
    let mut rig = Rig::new("");
    rig.commit(&committing("simple", "", -1, "t", 0, 1)).unwrap();
    rig.advance(WEEK_MS - 1_000_000);
    rig.commit(&committing("simple", "", -1, "t", 1, 2)).unwrap();
    assert_eq!(rig.offset("simple", "t", 0), 1);
    rig.advance(1_600_000);
    assert_eq!((rig.offset("simple", "t", 0), rig.offset("simple", "t", 1)), (-1, 2));
    rig.advance(WEEK_MS);
    assert!(!rig.has_group("simple"));
    rig.reload(None);
    assert!(!rig.has_group("simple"));
}

#[test]
fn an_expiry_that_the_committer_asked_for_goes_before_the_retention() {
    let mut rig = Rig::new("");
    let mut request = committing("g", "", -1, "t", 0, 1);
    request.retention_ms = 1_000;
    rig.commit(&request).unwrap();
    rig.advance(599_000);
    assert_eq!(rig.offset("g", "t", 0), 1);
    rig.advance(1_000);
    assert_eq!(rig.offset("g", "t", 0), -1);
}

#[test]
fn offsets_of_a_group_with_members_are_kept_for_what_they_read() {
    let mut rig = Rig::new("group.consumer.session.timeout.ms=60000\noffsets.retention.minutes=10\n");
    let wants = subscription(&["read"], &[]);
    let mut request = joining("g", "", &wants);
    (request.known_member_required, request.session_timeout) = (false, 1_800_000);
    let waiting = rig.join(&request);
    rig.advance(6_000);
    let answer = waiting.join();
    rig.sync(&syncing("g", &answer, &[]));
    for topic in ["read", "other"] {
        rig.commit(&committing("g", &answer.member, 1, topic, 0, 1)).unwrap();
    }
    rig.advance(1_201_000);
    assert_eq!((rig.offset("g", "read", 0), rig.offset("g", "other", 0)), (1, -1));
    rig.leave("g", &[LeavingMember { member: answer.member, ..LeavingMember::default() }]).unwrap();
    // From now on it is empty, and from now on its time runs.
    rig.advance(590_000);
    assert_eq!(rig.offset("g", "read", 0), 1);
    rig.advance(1_200_000);
    assert!(!rig.has_group("g"));
}

#[test]
fn offsets_are_deleted_where_nobody_reads_the_topic_and_groups_where_nobody_is() {
    let mut rig = Rig::new("");
    rig.cluster.topic("read", 1);
    let first = rig.consumer(&entering("g", "a", &["read"])).unwrap();
    for topic in ["read", "other"] {
        rig.commit(&committing("g", "a", first.epoch, topic, 0, 1)).unwrap();
    }
    let topics = [("read".into(), vec![0]), ("other".into(), vec![0, 1])];
    let group = "g".into();
    let deleted = rig.decide(None, |shard, _, effects| shard.delete_offsets(&group, &topics, effects)).unwrap();
    assert_eq!(deleted, [vec![Some(GroupFault::GroupSubscribedToTopic)], vec![None, None]]);
    assert_eq!((rig.offset("g", "read", 0), rig.offset("g", "other", 0)), (1, -1));
    let busy = rig.decide(None, |shard, _, effects| shard.delete_group(&group, effects)).unwrap_err();
    assert_eq!(busy.fault, GroupFault::NonEmptyGroup);
    let leave = ConsumerHeartbeat { epoch: -1, owned: None, ..owning("g", &first, [].into()) };
    rig.consumer(&leave).unwrap();
    rig.decide(None, |shard, _, effects| shard.delete_group(&group, effects)).unwrap();
    assert!(!rig.has_group("g"));
    let gone = rig.decide(None, |shard, _, effects| shard.delete_group(&group, effects)).unwrap_err();
    assert_eq!(gone.text.as_deref(), Some("Group g not found."));
    rig.reload(None);
    assert!(!rig.has_group("g"));
}

#[test]
fn offsets_of_a_deleted_topic_are_forgotten_those_in_transactions_too() {
    let mut rig = Rig::new("");
    rig.commit(&committing("g", "", -1, "gone", 0, 1)).unwrap();
    rig.commit(&committing("g", "", -1, "kept", 0, 2)).unwrap();
    rig.commit(&CommitRequest { producer: Some((7, 0)), ..committing("g", "", -1, "gone", 1, 3) }).unwrap();
    let topics = [("gone".into(), TopicId(uuid::Uuid::from_u128(1)))];
    rig.decide(None, |shard, _, effects| {
        effects.records = shard.topics_deleted(&topics);
        Ok(())
    })
    .unwrap();
    rig.end_transaction(7, 0, true);
    let offsets = [rig.offset("g", "gone", 0), rig.offset("g", "gone", 1), rig.offset("g", "kept", 0)];
    assert_eq!(offsets, [-1, -1, 2]);
}
