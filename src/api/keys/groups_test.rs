//! FindCoordinator and the keys of members and groups, answer by answer.

use super::find_coordinator::sentence;
use crate::access_test::{AUTHORIZER, rule};
use crate::testing::{Fixture, led_by, topic_id};
use crate::{Reply, Response};
use esker_metadata::{AclOperation, AclPermission, AclResourceType, Record};
use esker_protocol::messages::consumer_group_heartbeat::TopicPartitions;
use esker_protocol::messages::join_group::JoinGroupRequestProtocol;
use esker_protocol::messages::leave_group::MemberIdentity;
use esker_protocol::messages::sync_group::SyncGroupRequestAssignment;
use esker_protocol::messages::{
    ConsumerGroupDescribeRequest, ConsumerGroupHeartbeatRequest, DeleteGroupsRequest, DescribeGroupsRequest,
    FindCoordinatorRequest, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest,
    ListGroupsRequest, SyncGroupRequest,
};

const QUICK: &str = "group.initial.rebalance.delay.ms=0\n";

fn joining(group: &str, member: &str) -> JoinGroupRequest {
    let protocol = JoinGroupRequestProtocol { name: "range".into(), metadata: b"wants"[..].into() };
    JoinGroupRequest {
        group_id: group.into(),
        session_timeout_ms: 30_000,
        rebalance_timeout_ms: 60_000,
        member_id: member.into(),
        protocol_type: "consumer".into(),
        protocols: vec![protocol],
        ..JoinGroupRequest::default()
    }
}

/// A broker whose group "g" has one member, with its id.
fn with_member() -> (Fixture, String) {
    let mut broker = Fixture::new(QUICK);
    broker.create_groups_topic();
    let first = broker.ask(9, &joining("g", ""));
    assert_eq!(first.error_code, 79, "a member without an id has to come back with one");
    let joined = broker.ask(9, &joining("g", &first.member_id));
    assert_eq!((joined.error_code, joined.generation_id), (0, 1));
    let member = joined.member_id.to_string();
    let assignment = SyncGroupRequestAssignment { member_id: member.as_str().into(), assignment: b"gets"[..].into() };
    let synced = broker.ask(5, &SyncGroupRequest { assignments: vec![assignment], ..syncing(&member) });
    assert_eq!((synced.error_code, &synced.assignment[..]), (0, &b"gets"[..]));
    (broker, member)
}

fn syncing(member: &str) -> SyncGroupRequest {
    SyncGroupRequest {
        group_id: "g".into(),
        generation_id: 1,
        member_id: member.into(),
        protocol_type: Some("consumer".into()),
        protocol_name: Some("range".into()),
        ..SyncGroupRequest::default()
    }
}

fn finding(version: i16, kind: i8, key: &str) -> FindCoordinatorRequest {
    match version {
        0..=3 => FindCoordinatorRequest { key: key.into(), key_type: kind, ..FindCoordinatorRequest::default() },
        _ => FindCoordinatorRequest {
            key_type: kind,
            coordinator_keys: vec![key.into()],
            ..FindCoordinatorRequest::default()
        },
    }
}

#[test]
fn the_coordinator_is_the_leader_of_the_keys_partition_at_the_listener_that_was_asked() {
    let mut broker = Fixture::new("");
    broker.create_groups_topic();
    for version in 0..=6 {
        let answer = broker.ask(version, &finding(version, 0, "g"));
        let (code, node, host, port) = match answer.coordinators.first() {
            None => (answer.error_code, answer.node_id, answer.host, answer.port),
            Some(found) => {
                assert_eq!(&*found.key, "g");
                (found.error_code, found.node_id, found.host.clone(), found.port)
            }
        };
        assert_eq!((code, node, &*host, port), (0, 1, "example.org", 19092), "version {version}");
    }
    assert_eq!(broker.ask(2, &finding(2, 0, "g")).error_message.as_deref(), Some("NONE"));
}

#[test]
fn the_first_question_for_a_coordinator_creates_its_topic() {
    let mut broker = Fixture::new("offsets.topic.num.partitions=3\noffsets.topic.replication.factor=1\n");
    let answer = broker.ask(4, &finding(4, 0, "g"));
    let found = &answer.coordinators[0];
    assert_eq!((found.error_code, found.node_id, &*found.host, found.port), (15, -1, "", -1));
    broker.wait_for(|image| image.topic_named("__consumer_offsets").is_some());
    assert_eq!(broker.image.topic_named("__consumer_offsets").unwrap().partition_count(), 3);
    assert_eq!(broker.ask(4, &finding(4, 0, "g")).coordinators[0].error_code, 0);
}

#[test]
fn a_partition_without_a_leader_has_no_coordinator_and_other_kinds_have_none_at_all() {
    let mut broker = Fixture::new("");
    broker.create_partitions(1, "__consumer_offsets", 1, &led_by(1, &[1]));
    broker.elect(1, 0, None);
    let old = broker.ask(3, &finding(3, 0, "g"));
    assert_eq!((old.error_code, old.node_id, old.port), (15, -1, -1));
    assert_eq!(old.error_message.as_deref(), Some("The coordinator is not available."));
    assert_eq!(broker.ask(3, &finding(3, 9, "g")).error_code, 42);
    for (kind, told) in [(2, ""), (9, sentence(42)), (-1, sentence(42))] {
        let found = &broker.ask(6, &finding(6, kind, "g:t:0")).coordinators[0];
        assert_eq!((found.error_code, found.error_message.as_deref()), (42, Some(told)), "kind {kind}");
    }
}

#[test]
fn a_member_joins_syncs_beats_and_leaves_in_every_version() {
    let mut broker = Fixture::new(QUICK);
    broker.create_groups_topic();
    for version in 0..=9 {
        let group = format!("g{version}");
        let mut joined = broker.ask(version, &joining(&group, ""));
        if version >= 4 {
            assert_eq!((joined.error_code, joined.generation_id), (79, -1));
            assert_eq!(joined.protocol_name.as_deref(), (version < 7).then_some(""));
            joined = broker.ask(version, &joining(&group, &joined.member_id));
        }
        let JoinGroupResponse { error_code, generation_id, protocol_name, leader, member_id, members, .. } = joined;
        assert_eq!((error_code, generation_id, protocol_name.as_deref()), (0, 1, Some("range")), "version {version}");
        assert_eq!((&leader, members.len(), &members[0].metadata[..]), (&member_id, 1, &b"wants"[..]));
        let kind = (version >= 7).then_some("consumer");
        assert_eq!(joined.protocol_type.as_deref(), kind);
        let synced = broker.ask(
            version.min(5),
            &SyncGroupRequest {
                group_id: group.as_str().into(),
                assignments: vec![SyncGroupRequestAssignment {
                    member_id: member_id.clone(),
                    assignment: b"gets"[..].into(),
                }],
                ..syncing(&member_id)
            },
        );
        assert_eq!((synced.error_code, &synced.assignment[..]), (0, &b"gets"[..]));
        let beat = HeartbeatRequest {
            group_id: group.as_str().into(),
            generation_id: 1,
            member_id: member_id.clone(),
            ..HeartbeatRequest::default()
        };
        assert_eq!(broker.ask(version.min(4), &beat).error_code, 0);
        let identity = MemberIdentity { member_id: member_id.clone(), ..MemberIdentity::default() };
        let leave = LeaveGroupRequest {
            group_id: group.as_str().into(),
            member_id: if version < 3 { member_id.clone() } else { Default::default() },
            members: if version < 3 { Vec::new() } else { vec![identity] },
        };
        let left = broker.ask(version.min(5), &leave);
        assert_eq!((left.error_code, left.members.len()), (0, usize::from(version >= 3)));
        let again = broker.ask(version.min(5), &leave);
        let code = again.members.first().map_or(again.error_code, |member| member.error_code);
        assert_eq!(code, 25, "version {version}");
    }
}

#[test]
fn a_broker_that_does_not_coordinate_says_so_to_members() {
    let mut broker = Fixture::new("");
    assert_eq!(broker.ask(9, &joining("g", "")).error_code, 16);
    assert_eq!(broker.ask(5, &syncing("m")).error_code, 16);
    let beat = HeartbeatRequest { group_id: "g".into(), ..HeartbeatRequest::default() };
    assert_eq!(broker.ask(4, &beat).error_code, 16);
    let leave = LeaveGroupRequest { group_id: "g".into(), ..LeaveGroupRequest::default() };
    assert_eq!(broker.ask(5, &leave).error_code, 16);
    let deleted = broker.ask(2, &DeleteGroupsRequest { groups_names: vec!["g".into()] });
    assert_eq!(deleted.results[0].error_code, 16);
}

#[test]
fn a_sync_that_does_not_say_what_it_takes_the_group_for_is_refused_where_it_could() {
    let (mut broker, member) = with_member();
    let silent = SyncGroupRequest { protocol_type: None, protocol_name: None, ..syncing(&member) };
    assert_eq!(broker.ask(5, &silent).error_code, 23);
    assert_eq!(broker.ask(4, &silent).error_code, 0);
    let other = SyncGroupRequest { protocol_name: Some("sticky".into()), ..syncing(&member) };
    assert_eq!(broker.ask(5, &other).error_code, 23);
}

#[test]
fn a_member_that_waits_for_others_is_answered_when_they_have_come() {
    let (mut broker, member) = with_member();
    let second = broker.ask(9, &joining("g", "")).member_id;
    let waiting = broker.send(9, &joining("g", &second));
    assert!(matches!(waiting, Reply::Later(_)), "{waiting:?}");
    let beat = HeartbeatRequest {
        group_id: "g".into(),
        generation_id: 1,
        member_id: member.as_str().into(),
        ..HeartbeatRequest::default()
    };
    assert_eq!(broker.ask(4, &beat).error_code, 27, "a rebalance is in progress");
    let first = broker.ask(9, &joining("g", &member));
    let joined: Response = broker.response(waiting);
    let joined = crate::testing::read::<JoinGroupRequest>(joined, 9);
    assert_eq!((first.generation_id, first.members.len()), (2, 2));
    assert_eq!((joined.generation_id, joined.members.len(), &*joined.leader), (2, 0, member.as_str()));
}

#[test]
fn groups_are_listed_by_state_and_type() {
    let (mut broker, _) = with_member();
    for version in 0..=5 {
        let listed = broker.ask(version, &ListGroupsRequest::default());
        assert_eq!((listed.error_code, listed.groups.len()), (0, 1));
        let group = &listed.groups[0];
        assert_eq!((&*group.group_id, &*group.protocol_type), ("g", "consumer"));
        assert_eq!(&*group.group_state, if version >= 4 { "Stable" } else { "" });
        assert_eq!(&*group.group_type, if version >= 5 { "classic" } else { "" });
    }
    let count = |broker: &mut Fixture, states: &[&str], types: &[&str]| {
        let list = |entries: &[&str]| entries.iter().map(|entry| (*entry).into()).collect();
        let request = ListGroupsRequest { states_filter: list(states), types_filter: list(types) };
        broker.ask(5, &request).groups.len()
    };
    assert_eq!(count(&mut broker, &["stable", "Empty"], &["Classic"]), 1);
    assert_eq!(count(&mut broker, &["Empty"], &[]), 0);
    assert_eq!(count(&mut broker, &[], &["consumer"]), 0);
    assert_eq!(count(&mut broker, &["no such state"], &[]), 0);
}

#[test]
fn classic_groups_are_described_and_those_that_are_not_there_are_dead_or_an_error() {
    let (mut broker, member) = with_member();
    for version in 0..=6 {
        let request = DescribeGroupsRequest {
            groups: vec!["g".into(), "nowhere".into()],
            include_authorized_operations: version >= 3,
        };
        let answer = broker.ask(version, &request);
        let [known, unknown] = &answer.groups[..] else { panic!("{answer:?}") };
        assert_eq!((known.error_code, &*known.group_state, &*known.protocol_data), (0, "Stable", "range"));
        let one = &known.members[0];
        assert_eq!((&*one.member_id, &*one.client_id, &*one.client_host), (member.as_str(), "test", "/127.0.0.1"));
        assert_eq!((&one.member_metadata[..], &one.member_assignment[..]), (&b"wants"[..], &b"gets"[..]));
        assert_eq!(known.authorized_operations, if version >= 3 { 3400 } else { i32::MIN });
        let code = if version >= 6 { 69 } else { 0 };
        assert_eq!((unknown.error_code, &*unknown.group_state), (code, "Dead"));
        let text = (version >= 6).then_some("Group nowhere not found.");
        assert_eq!(unknown.error_message.as_deref(), text);
    }
}

#[test]
fn only_a_group_without_members_is_deleted() {
    let (mut broker, member) = with_member();
    let delete = DeleteGroupsRequest { groups_names: vec!["g".into(), "nowhere".into(), "g".into()] };
    let codes = |broker: &mut Fixture| -> Vec<(String, i16)> {
        let rows = broker.ask(2, &delete).results;
        rows.iter().map(|row| (row.group_id.to_string(), row.error_code)).collect()
    };
    assert_eq!(codes(&mut broker), [("g".into(), 68), ("nowhere".into(), 69)]);
    let identity = MemberIdentity { member_id: member.as_str().into(), ..MemberIdentity::default() };
    let leave = LeaveGroupRequest { group_id: "g".into(), members: vec![identity], ..LeaveGroupRequest::default() };
    assert_eq!(broker.ask(5, &leave).members[0].error_code, 0);
    assert_eq!(codes(&mut broker), [("g".into(), 0), ("nowhere".into(), 69)]);
    assert_eq!(codes(&mut broker), [("g".into(), 69), ("nowhere".into(), 69)]);
}

fn heartbeat(member: &str, epoch: i32) -> ConsumerGroupHeartbeatRequest {
    ConsumerGroupHeartbeatRequest {
        group_id: "k".into(),
        member_id: member.into(),
        member_epoch: epoch,
        rebalance_timeout_ms: if epoch == 0 { 60_000 } else { -1 },
        subscribed_topic_names: (epoch == 0).then(|| vec!["t".into()]),
        topic_partitions: (epoch == 0).then(Vec::new),
        ..ConsumerGroupHeartbeatRequest::default()
    }
}

/// A broker of a cluster in which consumer groups are enabled.
fn with_consumer_groups(config: &str) -> Fixture {
    let mut broker = Fixture::new(config);
    broker.apply(Record::FeatureSet { name: "group.version".into(), level: 1 });
    broker.create_topic(7, "t", 3);
    broker.create_groups_topic();
    broker
}

#[test]
fn a_consumer_is_assigned_what_it_wants_and_its_group_is_described() {
    let mut broker = with_consumer_groups("");
    let id = "a-member-of-its-own-choice";
    let joined = broker.ask(1, &heartbeat(id, 0));
    assert_eq!((joined.error_code, joined.error_message.as_deref()), (0, None));
    assert_eq!((joined.member_id.as_deref(), joined.heartbeat_interval_ms), (Some(id), 5000));
    let assigned = &joined.assignment.unwrap().topic_partitions[0];
    assert_eq!((assigned.topic_id, &assigned.partitions[..]), (topic_id(7).0, &[0, 1, 2][..]));
    let owned = vec![TopicPartitions { topic_id: topic_id(7).0, partitions: vec![0, 1, 2] }];
    let beat = ConsumerGroupHeartbeatRequest { topic_partitions: Some(owned), ..heartbeat(id, joined.member_epoch) };
    assert_eq!(broker.ask(1, &beat).error_code, 0);

    for version in 0..=1 {
        let request = ConsumerGroupDescribeRequest {
            group_ids: vec!["k".into(), "nowhere".into()],
            include_authorized_operations: true,
        };
        let answer = broker.ask(version, &request);
        let [known, unknown] = &answer.groups[..] else { panic!("{answer:?}") };
        assert_eq!((known.error_code, &*known.group_state, &*known.assignor_name), (0, "Stable", "uniform"));
        assert_eq!(known.authorized_operations, 3400);
        let member = &known.members[0];
        assert_eq!((&*member.member_id, &*member.client_host), (id, "/127.0.0.1"));
        assert_eq!(member.subscribed_topic_names, ["t"]);
        assert_eq!(member.subscribed_topic_regex.as_deref(), Some(""));
        let shown = &member.assignment.topic_partitions[0];
        assert_eq!((&*shown.topic_name, &shown.partitions[..]), ("t", &[0, 1, 2][..]));
        assert_eq!(member.member_type, if version == 0 { -1 } else { 1 });
        assert_eq!((unknown.error_code, unknown.error_message.as_deref()), (69, Some("Group nowhere not found.")));
    }
    let listed = broker.ask(5, &ListGroupsRequest::default());
    assert_eq!((&*listed.groups[0].group_type, &*listed.groups[0].group_state), ("consumer", "Stable"));

    let left = broker.ask(1, &heartbeat(id, -1));
    assert_eq!((left.error_code, left.member_epoch), (0, -1));
}

#[test]
fn a_member_without_an_id_gets_one_where_it_could_not_choose() {
    let mut broker = with_consumer_groups("");
    let joined = broker.ask(0, &heartbeat("", 0));
    assert_eq!(joined.error_code, 0);
    assert!(joined.member_id.is_some_and(|id| !id.is_empty()));
    let refused = broker.ask(1, &heartbeat("", 0));
    assert_eq!((refused.error_code, refused.error_message.as_deref()), (42, Some("MemberId can't be empty.")));
}

#[test]
fn consumer_groups_that_are_turned_off_are_an_unsupported_version() {
    let mut off = with_consumer_groups("group.coordinator.rebalance.protocols=classic\n");
    let mut old = Fixture::new("");
    old.create_groups_topic();
    for broker in [&mut off, &mut old] {
        assert_eq!(broker.ask(1, &heartbeat("m", 0)).error_code, 35);
        let describe = ConsumerGroupDescribeRequest { group_ids: vec!["k".into()], ..Default::default() };
        assert_eq!(broker.ask(1, &describe).groups[0].error_code, 35);
    }
}

#[test]
fn a_consumer_and_who_describes_it_must_know_the_topics() {
    let mut broker = with_consumer_groups(AUTHORIZER);
    broker.create_topic(8, "u", 1);
    broker.apply(rule(AclPermission::Allow, AclOperation::All, AclResourceType::Group, "k"));
    assert_eq!(broker.ask(1, &heartbeat("m", 0)).error_code, 29);
    broker.apply(rule(AclPermission::Allow, AclOperation::Describe, AclResourceType::Topic, "t"));
    assert_eq!(broker.ask(1, &heartbeat("m", 0)).error_code, 0);
    let describe = ConsumerGroupDescribeRequest { group_ids: vec!["k".into()], ..Default::default() };
    assert_eq!(broker.ask(1, &describe).groups[0].members.len(), 1);
    broker.apply(rule(AclPermission::Deny, AclOperation::Describe, AclResourceType::Topic, "t"));
    let hidden = &broker.ask(1, &describe).groups[0];
    assert_eq!((hidden.error_code, hidden.members.len()), (29, 0));
    let text = "The group has described topic(s) that the client is not authorized to describe.";
    assert_eq!(hidden.error_message.as_deref(), Some(text));
    // The list needs the right to describe each group, or the cluster.
    assert_eq!(broker.ask(5, &ListGroupsRequest::default()).groups.len(), 1);
    broker.apply(rule(AclPermission::Deny, AclOperation::Describe, AclResourceType::Group, "k"));
    assert_eq!(broker.ask(5, &ListGroupsRequest::default()).groups.len(), 0);
    broker.apply(rule(AclPermission::Allow, AclOperation::Describe, AclResourceType::Cluster, "kafka-cluster"));
    assert_eq!(broker.ask(5, &ListGroupsRequest::default()).groups.len(), 1);
}

#[test]
fn a_pattern_matches_only_topics_that_its_member_may_know() {
    let mut broker = with_consumer_groups(AUTHORIZER);
    broker.create_topic(8, "tt", 1);
    broker.apply(rule(AclPermission::Allow, AclOperation::All, AclResourceType::Group, "k"));
    broker.apply(rule(AclPermission::Allow, AclOperation::Describe, AclResourceType::Topic, "tt"));
    let mut join = heartbeat("m", 0);
    (join.subscribed_topic_names, join.subscribed_topic_regex) = (None, Some("t+".into()));
    let mut answer = broker.ask(1, &join);
    while answer.assignment.as_ref().is_none_or(|assignment| assignment.topic_partitions.is_empty()) {
        assert_eq!((answer.error_code, answer.error_message.as_deref()), (0, None));
        broker.pause();
        answer = broker.ask(1, &heartbeat("m", answer.member_epoch));
    }
    let topics: Vec<_> = answer.assignment.unwrap().topic_partitions.iter().map(|topic| topic.topic_id).collect();
    assert_eq!(topics, [topic_id(8).0]);
}
