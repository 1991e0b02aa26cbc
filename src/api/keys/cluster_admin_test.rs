//! Elections, moves, features, the quorum and brokers that leave, as one broker answers.

use crate::access_test::AUTHORIZER;
use crate::testing::{Fixture, broker, led_by, topic_id};
use esker_metadata::{Partition, Record};
use esker_protocol::messages::alter_partition_reassignments::{ReassignablePartition, ReassignableTopic};
use esker_protocol::messages::describe_quorum::{PartitionData, TopicData};
use esker_protocol::messages::elect_leaders::TopicPartitions;
use esker_protocol::messages::list_partition_reassignments::ListPartitionReassignmentsTopics;
use esker_protocol::messages::update_features::FeatureUpdateKey;
use esker_protocol::messages::{
    AlterPartitionReassignmentsRequest, DescribeQuorumRequest, ElectLeadersRequest, ListPartitionReassignmentsRequest,
    UnregisterBrokerRequest, UpdateFeaturesRequest,
};

#[test]
fn elections_are_answered_by_partition() {
    let mut broker = Fixture::new("");
    broker.create_topic(1, "t", 2);
    let listed =
        |partitions: &[i32]| Some(vec![TopicPartitions { topic: "t".into(), partitions: partitions.to_vec() }]);
    let request =
        |election_type, topic_partitions| ElectLeadersRequest { election_type, topic_partitions, timeout_ms: 5_000 };
    for version in 0..=2 {
        let answer = broker.ask(version, &request(0, listed(&[0, 5, -1])));
        let rows: Vec<_> = answer.replica_election_results[0]
            .partition_result
            .iter()
            .map(|row| (row.partition_id, row.error_code, row.error_message.as_deref()))
            .collect();
        assert_eq!(
            rows,
            [
                (0, 84, Some("Leader election not needed for topic partition.")),
                (5, 3, Some("No such partition as t-5")),
                (-1, 3, Some("No such partition as t--1")),
            ]
        );
    }
    let answer = broker.ask(2, &request(2, listed(&[0])));
    let row = &answer.replica_election_results[0].partition_result[0];
    assert_eq!(
        (answer.error_code, row.error_code, row.error_message.as_deref()),
        (42, 42, Some("Unknown election type 2"))
    );
    let answer = broker.ask(2, &request(0, None));
    assert_eq!((answer.error_code, answer.replica_election_results[0].partition_result.len()), (0, 0));
}

#[test]
fn moves_are_begun_listed_and_called_off() {
    let mut fixture = Fixture::new("");
    fixture.apply(Record::BrokerRegistered(broker(2)));
    fixture.create_topic(1, "t", 2);
    let change = |replicas: Option<&[i32]>, partition_index| AlterPartitionReassignmentsRequest {
        timeout_ms: 5_000,
        topics: vec![ReassignableTopic {
            name: "t".into(),
            partitions: vec![ReassignablePartition { partition_index, replicas: replicas.map(<[i32]>::to_vec) }],
        }],
        ..Default::default()
    };
    let mut ask = |request: &AlterPartitionReassignmentsRequest| {
        let answer = fixture.ask(1, request);
        assert_eq!((answer.error_code, answer.error_message), (0, None));
        let row = &answer.responses[0].partitions[0];
        (row.error_code, row.error_message.as_ref().map(|text| text.to_string()))
    };
    assert_eq!(ask(&change(None, 0)), (85, None));
    assert_eq!(ask(&change(Some(&[1]), 7)), (3, Some("Unable to find partition t:7.".into())));
    assert_eq!(
        ask(&change(Some(&[9]), 0)),
        (39, Some("The manual partition assignment includes broker 9, but no such broker is registered.".into()))
    );
    assert_eq!(ask(&change(Some(&[2]), 1)), (0, None));
    let listed = ListPartitionReassignmentsRequest {
        timeout_ms: 5_000,
        topics: Some(vec![ListPartitionReassignmentsTopics { name: "t".into(), partition_indexes: vec![0, 1, 9] }]),
    };
    for request in [listed, ListPartitionReassignmentsRequest { timeout_ms: 5_000, topics: None }] {
        let answer = fixture.ask(0, &request);
        let row = &answer.topics[0].partitions[0];
        assert_eq!((answer.topics.len(), answer.topics[0].partitions.len(), row.partition_index), (1, 1, 1));
        assert_eq!(
            (&row.replicas[..], &row.adding_replicas[..], &row.removing_replicas[..]),
            (&[2, 1][..], &[2][..], &[1][..])
        );
    }
    let answer = fixture.ask(1, &change(None, 1));
    assert_eq!(answer.responses[0].partitions[0].error_code, 0);
    assert!(fixture.ask(0, &ListPartitionReassignmentsRequest { timeout_ms: 5_000, topics: None }).topics.is_empty());
    let nothing = AlterPartitionReassignmentsRequest { timeout_ms: 5_000, topics: Vec::new(), ..Default::default() };
    assert_eq!(fixture.ask(0, &nothing).error_message.as_deref(), Some(""));
}

#[test]
fn features_change_together_or_not_at_all() {
    let mut fixture = Fixture::new("");
    fixture.apply(Record::FeatureSet { name: "group.version".into(), level: 1 });
    let request = |level, upgrade_type, validate_only| UpdateFeaturesRequest {
        timeout_ms: 5_000,
        feature_updates: vec![FeatureUpdateKey {
            feature: "group.version".into(),
            max_version_level: level,
            upgrade_type,
            allow_downgrade: false,
        }],
        validate_only,
    };
    let answer = fixture.ask(1, &request(0, 2, true));
    assert_eq!((answer.error_code, answer.error_message.as_deref()), (0, None));
    assert_eq!((answer.results[0].error_code, answer.results[0].error_message.as_deref()), (0, Some("NONE")));
    assert_eq!(fixture.image.feature("group.version"), 1, "only checked");
    let answer = fixture.ask(2, &request(0, 1, false));
    let text = "The update failed for all features since the following feature had an error: Invalid update version 0 for feature group.version. Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.";
    assert_eq!((answer.error_code, answer.error_message.as_deref()), (95, Some(text)));
    let mut allowed = request(0, 1, false);
    allowed.feature_updates[0].allow_downgrade = true;
    assert_eq!(fixture.ask(0, &allowed).error_message.as_deref(), Some(text), "as Kafka's controller has it");
    let answer = fixture.ask(2, &request(0, 2, false));
    assert_eq!((answer.error_code, answer.results.len()), (0, 0));
    assert_eq!(fixture.image.feature("group.version"), 0);
}

#[test]
fn the_quorum_is_shown_as_the_metadata_topic() {
    let mut fixture = Fixture::new("");
    let topic = |name: &str, partition_index| TopicData {
        topic_name: name.into(),
        partitions: vec![PartitionData { partition_index }],
    };
    let end = fixture.image.offset() + 1;
    for version in 0..=2 {
        let answer = fixture.ask(version, &DescribeQuorumRequest { topics: vec![topic("__cluster_metadata", 0)] });
        let state = &answer.topics[0].partitions[0];
        assert_eq!((answer.error_code, state.error_code, state.leader_id, state.high_watermark), (0, 0, 1, end));
        assert!(state.leader_epoch > 0 && state.observers.is_empty());
        let voter = &state.current_voters[0];
        assert_eq!((voter.replica_id, voter.log_end_offset, voter.last_fetch_timestamp > 0), (1, end, version > 0));
        assert_eq!(answer.nodes.len(), usize::from(version == 2));
        if version == 2 {
            let listener = &answer.nodes[0].listeners[0];
            assert_eq!(
                (listener.name.as_str(), listener.host.as_str(), listener.port),
                ("CONTROLLER", "127.0.0.1", 9093)
            );
        }
    }
    for other in [topic("__cluster_metadata", 1), topic("other", 0)] {
        let answer = fixture.ask(2, &DescribeQuorumRequest { topics: vec![other] });
        let state = &answer.topics[0].partitions[0];
        let text = state.error_message.as_deref();
        assert_eq!((state.error_code, text), (3, Some("This server does not host this topic-partition.")));
        assert!(answer.nodes.is_empty());
    }
}

#[test]
fn who_may_not_see_the_quorum_is_told_so() {
    let mut fixture = Fixture::new(AUTHORIZER);
    let answer = fixture.ask(2, &DescribeQuorumRequest::default());
    assert_eq!((answer.error_code, answer.error_message.as_deref()), (31, Some("Cluster authorization failed.")));
}

#[test]
fn a_broker_leaves_for_good() {
    let mut fixture = Fixture::new("");
    fixture.apply(Record::BrokerRegistered(broker(2)));
    let state = Partition { isr: [1, 2].into(), ..led_by(2, &[2, 1]) };
    fixture.apply(Record::TopicCreated { topic_id: topic_id(1), name: "t".into(), tiered: false });
    fixture.apply(Record::PartitionCreated { topic_id: topic_id(1), partition: 0, state });
    let answer = fixture.ask(0, &UnregisterBrokerRequest { broker_id: 99 });
    let text = answer.error_message.as_deref();
    assert_eq!((answer.error_code, text), (102, Some("Broker ID 99 is not currently registered")));
    let answer = fixture.ask(0, &UnregisterBrokerRequest { broker_id: 2 });
    assert_eq!((answer.error_code, answer.error_message), (0, None));
    assert!(fixture.image.broker(2).is_none());
    assert_eq!(fixture.image.topic_named("t").unwrap().partition(0).unwrap().leader, Some(1));
}
