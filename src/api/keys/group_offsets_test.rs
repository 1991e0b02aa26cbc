//! The keys of groups' offsets, answer by answer.

use crate::access_test::{AUTHORIZER, rule};
use crate::testing::{Fixture, topic_id};
use esker_metadata::{AclOperation, AclPermission, AclResourceType, Record, TopicDeletion};
use esker_protocol::messages::offset_commit::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use esker_protocol::messages::offset_delete::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use esker_protocol::messages::offset_fetch::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use esker_protocol::messages::{
    OffsetCommitRequest, OffsetCommitResponse, OffsetDeleteRequest, OffsetFetchRequest, OffsetFetchResponse,
};

fn broker() -> Fixture {
    let mut broker = Fixture::new("offset.metadata.max.bytes=8\n");
    broker.create_topic(7, "t", 2);
    broker.create_groups_topic();
    broker
}

fn committing(version: i16, partition: i32, offset: i64, metadata: Option<&str>) -> OffsetCommitRequest {
    let row = OffsetCommitRequestPartition {
        partition_index: partition,
        committed_offset: offset,
        committed_leader_epoch: if version >= 6 { 3 } else { -1 },
        committed_metadata: metadata.map(Into::into),
    };
    OffsetCommitRequest {
        group_id: "g".into(),
        generation_id_or_member_epoch: -1,
        topics: vec![topic_to_commit(version, 7, "t", vec![row])],
        ..OffsetCommitRequest::default()
    }
}

fn topic_to_commit(
    version: i16,
    id: u128,
    name: &str,
    partitions: Vec<OffsetCommitRequestPartition>,
) -> OffsetCommitRequestTopic {
    match version {
        10.. => OffsetCommitRequestTopic { topic_id: topic_id(id).0, partitions, ..Default::default() },
        _ => OffsetCommitRequestTopic { name: name.into(), partitions, ..Default::default() },
    }
}

fn codes(answer: &OffsetCommitResponse) -> Vec<i16> {
    answer.topics.iter().flat_map(|topic| &topic.partitions).map(|partition| partition.error_code).collect()
}

fn fetching(version: i16, partitions: Option<&[i32]>) -> OffsetFetchRequest {
    let indexes = || partitions.map(<[i32]>::to_vec);
    if version < 8 {
        let topic = |partition_indexes| OffsetFetchRequestTopic { name: "t".into(), partition_indexes };
        let topics = indexes().map(|indexes| vec![topic(indexes)]);
        return OffsetFetchRequest { group_id: "g".into(), topics, ..OffsetFetchRequest::default() };
    }
    let topic = |partition_indexes| OffsetFetchRequestTopics {
        name: if version < 10 { "t".into() } else { Default::default() },
        topic_id: if version < 10 { Default::default() } else { topic_id(7).0 },
        partition_indexes,
    };
    let topics = indexes().map(|indexes| vec![topic(indexes)]);
    let group = OffsetFetchRequestGroup { group_id: "g".into(), topics, ..OffsetFetchRequestGroup::default() };
    OffsetFetchRequest { groups: vec![group], ..OffsetFetchRequest::default() }
}

/// A row of an answer: partition, offset, leader epoch, text, code.
type Row = (i32, i64, i32, String, i16);

fn rows(answer: &OffsetFetchResponse) -> Vec<Row> {
    let single = answer.topics.iter().flat_map(|topic| &topic.partitions).map(|one| {
        let text = one.metadata.clone().unwrap_or_default().to_string();
        (one.partition_index, one.committed_offset, one.committed_leader_epoch, text, one.error_code)
    });
    let groups = answer.groups.iter().flat_map(|group| &group.topics).flat_map(|topic| &topic.partitions).map(|one| {
        let text = one.metadata.clone().unwrap_or_default().to_string();
        (one.partition_index, one.committed_offset, one.committed_leader_epoch, text, one.error_code)
    });
    single.chain(groups).collect()
}

#[test]
fn what_is_committed_in_any_version_is_fetched_in_any_version() {
    let mut broker = broker();
    for version in 2..=10 {
        let offset = i64::from(version) * 100;
        assert_eq!(codes(&broker.ask(version, &committing(version, 0, offset, Some("note")))), [0]);
        for fetch in 1..=10 {
            let epoch = if version >= 6 && fetch >= 5 { 3 } else { -1 };
            let answer = broker.ask(fetch, &fetching(fetch, Some(&[0, 1])));
            let expected = [(0, offset, epoch, "note".into(), 0), (1, -1, -1, String::new(), 0)];
            assert_eq!(rows(&answer), expected, "committed in {version}, fetched in {fetch}");
            if fetch >= 10 {
                assert_eq!(answer.groups[0].topics[0].topic_id, topic_id(7).0);
                assert_eq!(&*answer.groups[0].topics[0].name, "");
            }
        }
    }
    for fetch in 2..=10 {
        let answer = broker.ask(fetch, &fetching(fetch, None));
        assert_eq!(rows(&answer).len(), 1, "all that there is");
    }
}

#[test]
fn partitions_that_are_not_there_are_refused_one_by_one() {
    let mut broker = broker();
    for version in 2..=10 {
        let mut request = committing(version, 0, 5, None);
        let missing = OffsetCommitRequestPartition { partition_index: 2, ..Default::default() };
        request.topics[0].partitions.insert(0, missing.clone());
        request.topics.push(topic_to_commit(version, 9, "nowhere", vec![missing]));
        request.topics.push(topic_to_commit(version, 7, "t", vec![]));
        let unknown = if version >= 10 { 100 } else { 3 };
        let answer = broker.ask(version, &request);
        assert_eq!(
            (codes(&answer), answer.topics.len()),
            (vec![3, 0, unknown], 2),
            "a topic of no partitions has no row"
        );
    }
    let only = OffsetCommitRequest {
        topics: vec![topic_to_commit(9, 9, "nowhere", vec![OffsetCommitRequestPartition::default()])],
        ..committing(9, 0, 5, None)
    };
    assert_eq!(codes(&broker.ask(9, &only)), [3], "the coordinator need not be asked");
}

#[test]
fn a_text_that_is_too_long_spoils_its_partition_only() {
    let mut broker = broker();
    let mut request = committing(9, 0, 5, Some("nine byte"));
    request.topics[0].partitions.push(committing(9, 1, 6, Some("eight by")).topics[0].partitions[0].clone());
    assert_eq!(codes(&broker.ask(9, &request)), [12, 0]);
    let found = rows(&broker.ask(9, &fetching(9, Some(&[0, 1]))));
    assert_eq!((found[0].1, found[1].1), (-1, 6));
}

#[test]
fn members_that_are_not_there_cannot_commit() {
    let mut broker = broker();
    let stranger = OffsetCommitRequest {
        generation_id_or_member_epoch: 3,
        member_id: "stranger".into(),
        ..committing(9, 0, 5, None)
    };
    assert_eq!(codes(&broker.ask(8, &stranger)), [22], "the group is not there");
    assert_eq!(codes(&broker.ask(9, &stranger)), [69]);
    broker.ask(9, &committing(9, 0, 5, None));
    assert_eq!(codes(&broker.ask(9, &stranger)), [25]);
}

#[test]
fn a_broker_that_does_not_coordinate_says_so_in_the_place_that_each_version_has() {
    let mut broker = Fixture::new("");
    broker.create_topic(7, "t", 2);
    assert_eq!(codes(&broker.ask(9, &committing(9, 0, 5, None))), [16]);
    let oldest = broker.ask(1, &fetching(1, Some(&[0, 1])));
    assert_eq!((rows(&oldest).iter().map(|row| row.4).collect::<Vec<_>>(), oldest.error_code), (vec![16, 16], 0));
    let old = broker.ask(7, &fetching(7, Some(&[0])));
    assert_eq!((old.topics.len(), old.error_code), (0, 16));
    let new = broker.ask(10, &fetching(10, Some(&[0])));
    assert_eq!((new.groups[0].topics.len(), new.groups[0].error_code, new.error_code), (0, 16, 0));
}

#[test]
fn several_groups_are_fetched_at_once_and_topics_that_are_not_there_have_no_offsets() {
    let mut broker = broker();
    broker.ask(9, &committing(9, 1, 44, None));
    let mut request = fetching(10, Some(&[1]));
    let mut other = request.groups[0].clone();
    other.group_id = "other".into();
    other.topics.as_mut().unwrap()[0].topic_id = topic_id(99).0;
    request.groups.push(other);
    let answer = broker.ask(10, &request);
    assert_eq!(rows(&answer), [(1, 44, 3, String::new(), 0), (1, -1, -1, String::new(), 100)]);
    assert_eq!(&*answer.groups[1].group_id, "other");
    assert_eq!(answer.groups[1].topics[0].topic_id, topic_id(99).0);
}

#[test]
fn offsets_are_deleted_where_there_are_partitions_and_a_group() {
    let mut broker = broker();
    let partition = |partition_index| OffsetDeleteRequestPartition { partition_index };
    let topic = |name: &str, partitions: &[i32]| OffsetDeleteRequestTopic {
        name: name.into(),
        partitions: partitions.iter().copied().map(partition).collect(),
    };
    let request = OffsetDeleteRequest {
        group_id: "g".into(),
        topics: vec![topic("nowhere", &[0]), topic("t", &[5, 0]), topic("t", &[])],
    };
    let unknown = broker.ask(0, &request);
    assert_eq!((unknown.error_code, unknown.topics.len()), (69, 0));
    broker.ask(9, &committing(9, 0, 5, None));
    let answer = broker.ask(0, &request);
    let found: Vec<_> = answer.topics.iter().flat_map(|topic| &topic.partitions).map(|one| one.error_code).collect();
    assert_eq!((answer.error_code, found, answer.topics.len()), (0, vec![3, 3, 0], 2));
    assert_eq!(rows(&broker.ask(9, &fetching(9, Some(&[0]))))[0].1, -1);
}

#[test]
fn offsets_of_a_topic_that_is_deleted_go_with_it() {
    let mut broker = broker();
    broker.ask(9, &committing(9, 0, 5, None));
    let deleted = TopicDeletion { topic_id: topic_id(7), name: "t".into(), partitions: 2, tiered: false };
    broker.apply(Record::TopicDeleted(deleted));
    while !rows(&broker.ask(9, &fetching(9, None))).is_empty() {
        broker.pause();
    }
}

/// Lets everybody do something with one topic or group.
fn allow(broker: &mut Fixture, operation: AclOperation, kind: AclResourceType, name: &str) {
    broker.apply(rule(AclPermission::Allow, operation, kind, name));
}

#[test]
fn topics_that_must_not_be_read_have_no_offsets_and_topics_that_must_not_be_seen_are_left_out() {
    let mut broker = Fixture::new(AUTHORIZER);
    broker.create_topic(7, "t", 1);
    broker.create_topic(8, "u", 1);
    broker.create_groups_topic();
    allow(&mut broker, AclOperation::All, AclResourceType::Group, "g");
    allow(&mut broker, AclOperation::Read, AclResourceType::Topic, "t");
    for version in [9, 10] {
        let mut commit = committing(version, 0, 5, None);
        let row = commit.topics[0].partitions.clone();
        commit.topics.push(topic_to_commit(version, 8, "u", row));
        assert_eq!(codes(&broker.ask(version, &commit)), [0, 29]);
        let mut fetch = fetching(version, Some(&[0]));
        let mut other = fetch.groups[0].topics.as_ref().unwrap()[0].clone();
        other.topic_id = if version >= 10 { topic_id(8).0 } else { other.topic_id };
        other.name = if version >= 10 { other.name } else { "u".into() };
        fetch.groups[0].topics.as_mut().unwrap().push(other);
        let found = rows(&broker.ask(version, &fetch));
        assert_eq!(found.iter().map(|row| (row.1, row.4)).collect::<Vec<_>>(), [(5, 0), (-1, 29)]);
        assert_eq!(rows(&broker.ask(version, &fetching(version, None))).len(), 1);
    }
    let partition = OffsetDeleteRequestPartition { partition_index: 0 };
    let topic = |name: &str| OffsetDeleteRequestTopic { name: name.into(), partitions: vec![partition.clone()] };
    let request = OffsetDeleteRequest { group_id: "g".into(), topics: vec![topic("u"), topic("t")] };
    let answer = broker.ask(0, &request);
    let found: Vec<_> = answer.topics.iter().map(|topic| topic.partitions[0].error_code).collect();
    assert_eq!(found, [29, 0]);
    // What was committed before a rule was taken away is not told any more.
    broker.ask(9, &committing(9, 0, 5, None));
    broker.apply(rule(AclPermission::Deny, AclOperation::Describe, AclResourceType::Topic, "t"));
    assert_eq!(rows(&broker.ask(9, &fetching(9, None))), []);
    // Nothing of a group that must not be touched is told.
    broker.apply(rule(AclPermission::Deny, AclOperation::All, AclResourceType::Group, "g"));
    assert_eq!(codes(&broker.ask(10, &committing(10, 0, 5, None))), [30]);
    assert_eq!(rows(&broker.ask(1, &fetching(1, Some(&[0]))))[0].4, 30);
    assert_eq!(broker.ask(7, &fetching(7, None)).error_code, 30);
}
