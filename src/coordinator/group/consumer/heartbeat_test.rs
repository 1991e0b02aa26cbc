//! Consumer groups: joining, moving partitions from member to member, fencing, leaving.

use crate::group::error::GroupFault;
use crate::group::record::Partitions;
use crate::group::request::{ConsumerAnswer, ConsumerHeartbeat};
use crate::group::testing::{Rig, entering, owning};
use esker_model::TopicId;
use std::collections::BTreeSet;
use std::sync::Arc;

fn of(topic: TopicId, numbers: &[i32]) -> Partitions {
    Partitions::from([(topic, numbers.iter().copied().collect())])
}

/// A heartbeat that says nothing new.
fn idle(group: &str, answer: &ConsumerAnswer) -> ConsumerHeartbeat {
    ConsumerHeartbeat { owned: None, ..owning(group, answer, Partitions::new()) }
}

/// One member alone with all partitions of a topic of four.
fn alone(rig: &mut Rig) -> (TopicId, ConsumerAnswer) {
    let topic = rig.cluster.topic("t", 4);
    let answer = rig.consumer(&entering("g", "a", &["t"])).unwrap();
    (topic, answer)
}

#[test]
fn the_first_member_gets_everything_at_once() {
    let mut rig = Rig::new("");
    let (topic, answer) = alone(&mut rig);
    assert_eq!((answer.epoch, answer.heartbeat_ms), (2, 5_000));
    assert_eq!(answer.assignment, Some(of(topic, &[0, 1, 2, 3])));
    let next = rig.consumer(&idle("g", &answer)).unwrap();
    assert_eq!((next.epoch, next.assignment), (2, None));
    assert_eq!(rig.consumer_group("g").state_name(), "Stable");
    // A full request is answered in full.
    let mut full = owning("g", &answer, of(topic, &[0, 1, 2, 3]));
    (full.rebalance_timeout, full.topics) = (30_000, Some(vec!["t".into()]));
    assert_eq!(rig.consumer(&full).unwrap().assignment, Some(of(topic, &[0, 1, 2, 3])));
}

#[test]
fn a_partition_moves_only_after_its_member_has_given_it_back() {
    let mut rig = Rig::new("");
    let (topic, first) = alone(&mut rig);
    rig.advance(1_000);
    let second = rig.consumer(&entering("g", "b", &["t"])).unwrap();
    assert_eq!((second.epoch, &second.assignment), (3, &Some(Partitions::new())));
    // The first is told to give two back, and stays in its epoch until it has.
    let told = rig.consumer(&idle("g", &first)).unwrap();
    let kept = told.assignment.clone().unwrap();
    assert_eq!((told.epoch, kept[&topic].len()), (2, 2));
    let described = rig.consumer_group("g").describe("uniform").members;
    assert_eq!(described[0].assignment[&topic].len(), 4, "it works on them still");
    assert_eq!(rig.consumer(&idle("g", &second)).unwrap().assignment, None);
    let still = rig.consumer(&owning("g", &told, of(topic, &[0, 1, 2, 3]))).unwrap();
    assert_eq!((still.epoch, still.assignment), (2, None));
    let given_back = rig.consumer(&owning("g", &told, kept.clone())).unwrap();
    assert_eq!(given_back.epoch, 3);
    let got = rig.consumer(&idle("g", &second)).unwrap();
    let got = got.assignment.unwrap();
    let both: BTreeSet<i32> = kept[&topic].union(&got[&topic]).copied().collect();
    assert_eq!((got[&topic].len(), both.len()), (2, 4));
    assert_eq!(rig.consumer_group("g").state_name(), "Stable");
}

#[test]
fn targets_are_computed_no_more_often_than_the_interval_says() {
    let mut rig = Rig::new("");
    let (topic, _) = alone(&mut rig);
    let second = rig.consumer(&entering("g", "b", &["t"])).unwrap();
    assert_eq!((second.epoch, rig.consumer_group("g").target_epoch), (2, 2));
    assert_eq!(rig.consumer_group("g").epoch, 3);
    rig.advance(1_000);
    assert_eq!(rig.consumer(&idle("g", &second)).unwrap().epoch, 3);
    rig.configure("g", "consumer.assignment.interval.ms", "0");
    let third = rig.consumer(&entering("g", "c", &["t"])).unwrap();
    assert_eq!((third.epoch, topic), (4, topic));
}

#[test]
fn a_member_that_keeps_partitions_for_too_long_is_fenced() {
    let mut rig = Rig::new("group.consumer.session.timeout.ms=60000\n");
    let (_, first) = alone(&mut rig);
    rig.advance(1_000);
    let mut second = rig.consumer(&entering("g", "b", &["t"])).unwrap();
    let mut told = rig.consumer(&idle("g", &first)).unwrap();
    for _ in 0..6 {
        rig.advance(4_999);
        told = rig.consumer(&idle("g", &told)).unwrap();
        second = rig.consumer(&idle("g", &second)).unwrap();
    }
    rig.advance(10);
    assert_eq!(rig.consumer(&idle("g", &told)).unwrap_err().fault, GroupFault::UnknownMemberId);
    let all = rig.consumer(&idle("g", &second)).unwrap().assignment.unwrap();
    assert_eq!(all.values().map(BTreeSet::len).sum::<usize>(), 4);
}

#[test]
fn a_silent_member_is_fenced_by_its_group_s_own_timeout() {
    let mut rig = Rig::new("group.consumer.min.session.timeout.ms=1000\n");
    rig.configure("g", "consumer.session.timeout.ms", "2000");
    let (_, first) = alone(&mut rig);
    rig.advance(1_999);
    assert!(rig.consumer(&idle("g", &first)).is_ok());
    rig.advance(2_000);
    let error = rig.consumer(&idle("g", &first)).unwrap_err();
    assert_eq!(error.fault, GroupFault::UnknownMemberId);
    assert_eq!(error.text.as_deref(), Some("Member a is not a member of group g."));
    assert_eq!(rig.consumer_group("g").state_name(), "Empty");
}

#[test]
fn epochs_fence() {
    let mut rig = Rig::new("");
    let (topic, first) = alone(&mut rig);
    let with = |epoch, owned: Option<Partitions>| ConsumerHeartbeat { epoch, owned, ..idle("g", &first) };
    let greater = rig.consumer(&with(3, None)).unwrap_err();
    assert_eq!(greater.fault, GroupFault::FencedMemberEpoch);
    assert_eq!(
        greater.text.as_deref(),
        Some(
            "The consumer group member has a greater member epoch (3) than the one known by the group coordinator (2). \
             The member must abandon all its partitions and rejoin."
        )
    );
    assert_eq!(rig.consumer(&with(1, Some(of(topic, &[0])))).unwrap_err().fault, GroupFault::FencedMemberEpoch);
    // The epoch before is good where the member has nothing that it should not have.
    rig.advance(1_000);
    rig.cluster.partition(topic, 4);
    let moved = rig.consumer(&idle("g", &first)).unwrap();
    assert_eq!((moved.epoch, moved.assignment.unwrap()[&topic].len()), (3, 5));
    assert!(rig.consumer(&with(2, Some(of(topic, &[0, 1, 2, 3])))).is_ok());
    assert_eq!(rig.consumer(&with(2, None)).unwrap_err().fault, GroupFault::FencedMemberEpoch);
    assert_eq!(rig.consumer(&with(2, Some(of(topic, &[9])))).unwrap_err().fault, GroupFault::FencedMemberEpoch);
}

#[test]
fn a_member_that_joins_again_with_epoch_zero_is_let_in() {
    let mut rig = Rig::new("");
    let (topic, first) = alone(&mut rig);
    let again = rig.consumer(&entering("g", "a", &["t"])).unwrap();
    assert_eq!((again.epoch, again.assignment), (first.epoch, Some(of(topic, &[0, 1, 2, 3]))));
}

#[test]
fn new_partitions_and_topics_reach_the_members() {
    let mut rig = Rig::new("");
    let first = rig.consumer(&entering("g", "a", &["later"])).unwrap();
    assert_eq!(first.assignment, Some(Partitions::new()));
    let topic = rig.cluster.topic("later", 2);
    rig.advance(1_000);
    let next = rig.consumer(&idle("g", &first)).unwrap();
    assert_eq!(next.assignment, Some(of(topic, &[0, 1])));
}

#[test]
fn a_member_that_wants_something_else_gives_the_rest_back() {
    let mut rig = Rig::new("");
    let other = rig.cluster.topic("u", 2);
    let (topic, first) = alone(&mut rig);
    rig.advance(1_000);
    let mut change = idle("g", &first);
    change.topics = Some(vec!["u".into()]);
    let told = rig.consumer(&change).unwrap();
    assert_eq!(told.assignment, Some(Partitions::new()));
    let given_back = rig.consumer(&owning("g", &told, Partitions::new())).unwrap();
    assert_eq!(given_back.assignment, Some(of(other, &[0, 1])));
    assert_eq!(rig.consumer_group("g").owner_epoch(topic, 0), None);
}

#[test]
fn a_member_that_leaves_is_gone_and_a_static_one_keeps_its_place_for_a_while() {
    let mut rig = Rig::new("");
    let topic = rig.cluster.topic("t", 4);
    let mut join = entering("g", "a", &["t"]);
    join.instance = Some("i".into());
    let first = rig.consumer(&join).unwrap();
    let leave = |epoch, member: &str| ConsumerHeartbeat {
        epoch,
        instance: Some("i".into()),
        member: member.into(),
        ..idle("g", &first)
    };
    let mut taken = entering("g", "b", &["t"]);
    taken.instance = Some("i".into());
    let error = rig.consumer(&taken).unwrap_err();
    assert_eq!(error.fault, GroupFault::UnreleasedInstanceId);
    assert_eq!(
        error.text.as_deref(),
        Some("Static member b with instance id i cannot join the group because the instance id is owned by a member.")
    );
    assert_eq!(rig.consumer(&leave(-2, "a")).unwrap().epoch, -2);
    let back = rig.consumer(&taken).unwrap();
    assert_eq!((back.epoch, back.assignment.clone()), (2, Some(of(topic, &[0, 1, 2, 3]))));
    assert_eq!(rig.consumer(&leave(-1, "a")).unwrap_err().fault, GroupFault::FencedInstanceId);
    assert_eq!(rig.consumer(&leave(-1, "b")).unwrap().epoch, -1);
    assert_eq!(rig.consumer_group("g").members.len(), 0);
    let gone = ConsumerHeartbeat { epoch: -1, ..idle("g", &back) };
    assert_eq!(rig.consumer(&gone).unwrap_err().fault, GroupFault::UnknownMemberId);
}

#[test]
fn requests_that_contradict_themselves_are_refused_in_kafkas_words() {
    let mut rig = Rig::new("");
    let good = entering("g", "a", &["t"]);
    let cases: [(ConsumerHeartbeat, &str); 8] = [
        (ConsumerHeartbeat { member: "".into(), ..good.clone() }, "MemberId can't be empty."),
        (ConsumerHeartbeat { group: " ".into(), ..good.clone() }, "GroupId can't be empty."),
        (ConsumerHeartbeat { instance: Some("".into()), ..good.clone() }, "InstanceId can't be empty."),
        (ConsumerHeartbeat { rack: Some("".into()), ..good.clone() }, "RackId can't be empty."),
        (
            ConsumerHeartbeat { rebalance_timeout: -1, ..good.clone() },
            "RebalanceTimeoutMs must be provided in first request.",
        ),
        (ConsumerHeartbeat { owned: None, ..good.clone() }, "TopicPartitions must be empty when (re-)joining."),
        (
            ConsumerHeartbeat { topics: None, ..good.clone() },
            "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.",
        ),
        (ConsumerHeartbeat { epoch: -3, ..good.clone() }, "MemberEpoch is invalid."),
    ];
    for (request, text) in cases {
        let error = rig.consumer(&request).unwrap_err();
        assert_eq!((error.fault, error.text.as_deref()), (GroupFault::InvalidRequest, Some(text)));
    }
    let error = rig.consumer(&ConsumerHeartbeat { epoch: -2, ..good.clone() }).unwrap_err();
    assert_eq!(error.text.as_deref(), Some("InstanceId can't be null."));
    let error = rig.consumer(&ConsumerHeartbeat { assignor: Some("none".into()), ..good.clone() }).unwrap_err();
    assert_eq!(error.fault, GroupFault::UnsupportedAssignor);
    let text = "ServerAssignor none is not supported. Supported assignors: uniform, range.";
    assert_eq!(error.text.as_deref(), Some(text));
    let error = rig.consumer(&ConsumerHeartbeat { epoch: 5, ..good.clone() }).unwrap_err();
    assert_eq!(error.text.as_deref(), Some("Consumer group g not found."));
    let error = rig.consumer(&ConsumerHeartbeat { epoch: -1, ..good }).unwrap_err();
    assert_eq!((error.fault, error.text.as_deref()), (GroupFault::GroupIdNotFound, Some("Group g not found.")));
}

#[test]
fn a_full_group_takes_nobody_more() {
    let mut rig = Rig::new("group.consumer.max.size=1\n");
    alone(&mut rig);
    let error = rig.consumer(&entering("g", "b", &["t"])).unwrap_err();
    assert_eq!(error.fault, GroupFault::GroupMaxSizeReached);
    let text = "The consumer group has reached its maximum capacity of 1 members.";
    assert_eq!(error.text.as_deref(), Some(text));
}

#[test]
fn the_assignor_that_most_members_prefer_is_used() {
    let mut rig = Rig::new("group.consumer.assignment.interval.ms=0\n");
    let (first, second) = (rig.cluster.topic("t", 3), rig.cluster.topic("u", 3));
    for member in ["a", "b"] {
        let mut join = entering("g", member, &["t", "u"]);
        join.assignor = Some("range".into());
        rig.consumer(&join).unwrap();
    }
    // Range gives the first member two of each topic; uniform would give both three.
    let target = &rig.consumer_group("g").target[&Arc::from("a")];
    assert_eq!(*target, Partitions::from([(first, [0, 1].into()), (second, [0, 1].into())]));
    assert_eq!(&*rig.consumer_group("g").describe("uniform").assignor, "range");
}

#[test]
fn a_group_is_loaded_as_it_was() {
    let mut rig = Rig::new("");
    let (_, first) = alone(&mut rig);
    rig.advance(1_000);
    let second = rig.consumer(&entering("g", "b", &["t"])).unwrap();
    let told = rig.consumer(&idle("g", &first)).unwrap();
    let before = rig.consumer_group("g").clone();
    rig.reload(None);
    let after = rig.consumer_group("g");
    assert_eq!((&after.members, &after.target, after.epoch), (&before.members, &before.target, before.epoch));
    assert_eq!((after.metadata_hash, &after.wanted), (before.metadata_hash, &before.wanted));
    assert!(rig.consumer(&idle("g", &second)).is_ok());
    assert_eq!(rig.consumer(&idle("g", &told)).unwrap().epoch, 2);
    // The one that is to give back is held to its time again.
    rig.advance(30_000);
    assert_eq!(rig.consumer(&idle("g", &told)).unwrap_err().fault, GroupFault::UnknownMemberId);
}

#[test]
fn a_thousand_members_are_stable_after_three_heartbeats() {
    let mut rig = Rig::new("group.consumer.session.timeout.ms=60000\n");
    let topic = rig.cluster.topic("t", 2_000);
    let mut members: Vec<(ConsumerAnswer, Partitions)> = Vec::new();
    for n in 0..1_000 {
        let answer = rig.consumer(&entering("g", &format!("m{n:04}"), &["t"])).unwrap();
        let owned = answer.assignment.clone().unwrap();
        members.push((answer, owned));
        rig.advance(2);
    }
    let mut rounds = 0;
    while rig.consumer_group("g").state_name() != "Stable" || rig.consumer_group("g").epoch != 1_001 {
        rig.advance(5_000);
        rounds += 1;
        for (answer, owned) in &mut members {
            let next = rig.consumer(&owning("g", answer, owned.clone())).unwrap();
            if let Some(assignment) = &next.assignment {
                *owned = assignment.clone();
            }
            *answer = next;
        }
        assert!(rounds <= 3, "{}", rig.consumer_group("g").state_name());
    }
    let owners = rig.consumer_group("g").owned().unwrap();
    assert_eq!(owners.len(), 2_000);
    assert!(members.iter().all(|(_, owned)| owned[&topic].len() == 2));
}
