//! One request of each key, for the test of what keys ask the authorizer; each yields the code that tells.

use crate::testing::{Fixture, batch};
use esker_metadata::Record;
use esker_protocol::messages::alter_configs::AlterConfigsResource as OldResource;
use esker_protocol::messages::incremental_alter_configs::AlterConfigsResource;
use esker_protocol::messages::*;

pub fn metadata(broker: &mut Fixture) -> i16 {
    let topic = metadata::MetadataRequestTopic { name: Some("t".into()), ..Default::default() };
    broker.ask(12, &MetadataRequest { topics: Some(vec![topic]), ..Default::default() }).topics[0].error_code
}

pub fn create_topics(broker: &mut Fixture) -> i16 {
    let topic = create_topics::CreatableTopic {
        name: "t".into(),
        num_partitions: 1,
        replication_factor: 1,
        ..Default::default()
    };
    let request = CreateTopicsRequest { topics: vec![topic], timeout_ms: 30_000, validate_only: true };
    broker.ask(7, &request).topics[0].error_code
}

/// Only asks for a topic that is not there by then: the question must stay the same.
pub fn delete_topics(broker: &mut Fixture) -> i16 {
    let request = DeleteTopicsRequest { topic_names: vec!["t".into()], timeout_ms: 30_000, ..Default::default() };
    let code = broker.ask(5, &request).responses[0].error_code;
    if code == 0 {
        broker.create_topic(u128::from(broker.image.offset().unsigned_abs()) + 100, "t", 1);
    }
    code
}

pub fn init_producer_id(broker: &mut Fixture) -> i16 {
    let request =
        InitProducerIdRequest { transactional_id: None, producer_id: -1, producer_epoch: -1, ..Default::default() };
    broker.ask(4, &request).error_code
}

pub fn init_transactional_id(broker: &mut Fixture) -> i16 {
    let request = InitProducerIdRequest {
        transactional_id: Some("x".into()),
        transaction_timeout_ms: 1_000,
        producer_id: -1,
        producer_epoch: -1,
        ..Default::default()
    };
    broker.ask(4, &request).error_code
}

pub fn describe_acls(broker: &mut Fixture) -> i16 {
    let request = DescribeAclsRequest {
        resource_type_filter: 1,
        pattern_type_filter: 1,
        operation: 1,
        permission_type: 1,
        ..Default::default()
    };
    broker.ask(3, &request).error_code
}

pub fn create_acls(broker: &mut Fixture) -> i16 {
    let creation = create_acls::AclCreation {
        resource_type: 2,
        resource_name: "other".into(),
        principal: "User:a".into(),
        host: "*".into(),
        operation: 3,
        permission_type: 3,
        ..Default::default()
    };
    broker.ask(3, &CreateAclsRequest { creations: vec![creation] }).results[0].error_code
}

pub fn delete_acls(broker: &mut Fixture) -> i16 {
    let filter = delete_acls::DeleteAclsFilter {
        resource_type_filter: 3,
        pattern_type_filter: 1,
        operation: 1,
        permission_type: 1,
        ..Default::default()
    };
    broker.ask(3, &DeleteAclsRequest { filters: vec![filter] }).filter_results[0].error_code
}

fn describe_configs(broker: &mut Fixture, resource_type: i8, name: &str) -> i16 {
    let resource = describe_configs::DescribeConfigsResource {
        resource_type,
        resource_name: name.into(),
        configuration_keys: None,
    };
    let request = DescribeConfigsRequest { resources: vec![resource], ..Default::default() };
    broker.ask(4, &request).results[0].error_code
}

pub fn describe_topic_configs(broker: &mut Fixture) -> i16 {
    describe_configs(broker, 2, "t")
}

pub fn describe_broker_configs(broker: &mut Fixture) -> i16 {
    describe_configs(broker, 4, "1")
}

pub fn alter_configs(broker: &mut Fixture) -> i16 {
    let resource = OldResource { resource_type: 2, resource_name: "t".into(), configs: Vec::new() };
    let request = AlterConfigsRequest { resources: vec![resource], validate_only: true };
    broker.ask(2, &request).responses[0].error_code
}

fn increment(broker: &mut Fixture, resource_type: i8, name: &str) -> i16 {
    let resource = AlterConfigsResource { resource_type, resource_name: name.into(), configs: Vec::new() };
    let request = IncrementalAlterConfigsRequest { resources: vec![resource], validate_only: true };
    broker.ask(1, &request).responses[0].error_code
}

pub fn incremental_alter_configs(broker: &mut Fixture) -> i16 {
    increment(broker, 2, "t")
}

pub fn incremental_alter_group_configs(broker: &mut Fixture) -> i16 {
    increment(broker, 32, "g")
}

pub fn create_partitions(broker: &mut Fixture) -> i16 {
    let topic = create_partitions::CreatePartitionsTopic { name: "t".into(), count: 2, assignments: None };
    let request = CreatePartitionsRequest { topics: vec![topic], timeout_ms: 30_000, validate_only: true };
    broker.ask(3, &request).results[0].error_code
}

pub fn elect_leaders(broker: &mut Fixture) -> i16 {
    let request = ElectLeadersRequest { topic_partitions: Some(Vec::new()), timeout_ms: 30_000, election_type: 0 };
    broker.ask(2, &request).error_code
}

pub fn alter_partition_reassignments(broker: &mut Fixture) -> i16 {
    broker.ask(1, &AlterPartitionReassignmentsRequest::default()).error_code
}

pub fn list_partition_reassignments(broker: &mut Fixture) -> i16 {
    broker.ask(0, &ListPartitionReassignmentsRequest { topics: None, timeout_ms: 1_000 }).error_code
}

pub fn describe_client_quotas(broker: &mut Fixture) -> i16 {
    broker.ask(1, &DescribeClientQuotasRequest::default()).error_code
}

pub fn alter_client_quotas(broker: &mut Fixture) -> i16 {
    let request = AlterClientQuotasRequest { entries: vec![Default::default()], validate_only: true };
    broker.ask(1, &request).entries[0].error_code
}

pub fn describe_scram(broker: &mut Fixture) -> i16 {
    broker.ask(0, &DescribeUserScramCredentialsRequest { users: None }).error_code
}

pub fn alter_scram(broker: &mut Fixture) -> i16 {
    let deletion = alter_user_scram_credentials::ScramCredentialDeletion { name: "nobody".into(), mechanism: 1 };
    let request = AlterUserScramCredentialsRequest { deletions: vec![deletion], upsertions: Vec::new() };
    broker.ask(0, &request).results[0].error_code
}

pub fn describe_quorum(broker: &mut Fixture) -> i16 {
    broker.ask(2, &DescribeQuorumRequest::default()).error_code
}

pub fn update_features(broker: &mut Fixture) -> i16 {
    broker.ask(2, &UpdateFeaturesRequest { validate_only: true, timeout_ms: 30_000, ..Default::default() }).error_code
}

pub fn unregister_broker(broker: &mut Fixture) -> i16 {
    broker.ask(0, &UnregisterBrokerRequest { broker_id: 99 }).error_code
}

pub fn list_config_resources(broker: &mut Fixture) -> i16 {
    broker.ask(1, &ListConfigResourcesRequest::default()).error_code
}

pub fn describe_topic_partitions(broker: &mut Fixture) -> i16 {
    let topic = describe_topic_partitions::TopicRequest { name: "t".into() };
    let request = DescribeTopicPartitionsRequest { topics: vec![topic], response_partition_limit: 9, cursor: None };
    broker.ask(0, &request).topics[0].error_code
}

pub fn produce(broker: &mut Fixture) -> i16 {
    let records = Some(bytes::Bytes::from(batch(&["a"])));
    let partition = produce::PartitionProduceData { index: 0, records };
    let topic = produce::TopicProduceData { name: "t".into(), partition_data: vec![partition], ..Default::default() };
    let request = ProduceRequest { acks: -1, timeout_ms: 30_000, topic_data: vec![topic], ..Default::default() };
    broker.ask(9, &request).responses[0].partition_responses[0].error_code
}

fn fetch_by(broker: &mut Fixture, replica_id: i32) -> i16 {
    let partition = fetch::FetchPartition { partition_max_bytes: 1_000, ..Default::default() };
    let topic = fetch::FetchTopic { topic: "t".into(), partitions: vec![partition], ..Default::default() };
    let request =
        FetchRequest { replica_id, max_bytes: 1_000, topics: vec![topic], session_epoch: -1, ..Default::default() };
    broker.ask(11, &request).responses[0].partitions[0].error_code
}

pub fn fetch(broker: &mut Fixture) -> i16 {
    fetch_by(broker, -1)
}

pub fn fetch_as_follower(broker: &mut Fixture) -> i16 {
    fetch_by(broker, 2)
}

pub fn list_offsets(broker: &mut Fixture) -> i16 {
    let partition = list_offsets::ListOffsetsPartition { timestamp: -1, ..Default::default() };
    let topic = list_offsets::ListOffsetsTopic { name: "t".into(), partitions: vec![partition] };
    let request = ListOffsetsRequest { replica_id: -1, topics: vec![topic], ..Default::default() };
    broker.ask(7, &request).topics[0].partitions[0].error_code
}

pub fn offset_for_leader_epoch(broker: &mut Fixture) -> i16 {
    let topic =
        offset_for_leader_epoch::OffsetForLeaderTopic { topic: "t".into(), partitions: vec![Default::default()] };
    let request = OffsetForLeaderEpochRequest { topics: vec![topic], ..Default::default() };
    broker.ask(4, &request).topics[0].partitions[0].error_code
}

pub fn delete_records(broker: &mut Fixture) -> i16 {
    let topic = delete_records::DeleteRecordsTopic {
        name: "t".into(),
        partitions: vec![delete_records::DeleteRecordsPartition { partition_index: 0, offset: 0 }],
    };
    let request = DeleteRecordsRequest { topics: vec![topic], timeout_ms: 30_000 };
    broker.ask(2, &request).topics[0].partitions[0].error_code
}

pub fn describe_log_dirs(broker: &mut Fixture) -> i16 {
    broker.ask(4, &DescribeLogDirsRequest { topics: None }).error_code
}

pub fn alter_replica_log_dirs(broker: &mut Fixture) -> i16 {
    let topic = alter_replica_log_dirs::AlterReplicaLogDirTopic { name: "t".into(), partitions: vec![0] };
    let dir = alter_replica_log_dirs::AlterReplicaLogDir { path: "/nowhere".into(), topics: vec![topic] };
    broker.ask(2, &AlterReplicaLogDirsRequest { dirs: vec![dir] }).results[0].partitions[0].error_code
}

pub fn alter_loggers(broker: &mut Fixture) -> i16 {
    increment(broker, 8, "1")
}

pub fn add_partitions_to_txn(broker: &mut Fixture) -> i16 {
    let topic = add_partitions_to_txn::AddPartitionsToTxnTopic { name: "t".into(), partitions: vec![0] };
    let request = AddPartitionsToTxnRequest {
        v3_and_below_transactional_id: "x".into(),
        v3_and_below_topics: vec![topic],
        ..Default::default()
    };
    let topic = &broker.ask(3, &request).results_by_topic_v3_and_below[0];
    topic.results_by_partition[0].partition_error_code
}

pub fn add_batches_to_txn(broker: &mut Fixture) -> i16 {
    broker.ask(4, &AddPartitionsToTxnRequest::default()).error_code
}

pub fn add_offsets_to_txn(broker: &mut Fixture) -> i16 {
    let request = AddOffsetsToTxnRequest { transactional_id: "x".into(), group_id: "g".into(), ..Default::default() };
    broker.ask(3, &request).error_code
}

pub fn end_txn(broker: &mut Fixture) -> i16 {
    broker.ask(3, &EndTxnRequest { transactional_id: "x".into(), ..Default::default() }).error_code
}

pub fn txn_offset_commit(broker: &mut Fixture) -> i16 {
    let partition = txn_offset_commit::TxnOffsetCommitRequestPartition::default();
    let topic = txn_offset_commit::TxnOffsetCommitRequestTopic { name: "t".into(), partitions: vec![partition] };
    let request = TxnOffsetCommitRequest {
        transactional_id: "x".into(),
        group_id: "g".into(),
        topics: vec![topic],
        ..Default::default()
    };
    broker.ask(3, &request).topics[0].partitions[0].error_code
}

pub fn write_txn_markers(broker: &mut Fixture) -> i16 {
    let topic = write_txn_markers::WritableTxnMarkerTopic { name: "nowhere".into(), partition_indexes: vec![0] };
    let marker = write_txn_markers::WritableTxnMarker { topics: vec![topic], ..Default::default() };
    let answer = broker.ask(1, &WriteTxnMarkersRequest { markers: vec![marker] });
    answer.markers[0].topics[0].partitions[0].error_code
}

pub fn describe_producers(broker: &mut Fixture) -> i16 {
    let topic = describe_producers::TopicRequest { name: "t".into(), partition_indexes: vec![0] };
    broker.ask(0, &DescribeProducersRequest { topics: vec![topic] }).topics[0].partitions[0].error_code
}

pub fn describe_transactions(broker: &mut Fixture) -> i16 {
    let request = DescribeTransactionsRequest { transactional_ids: vec!["x".into()] };
    broker.ask(0, &request).transaction_states[0].error_code
}

fn find_coordinator_of(broker: &mut Fixture, key_type: i8, key: &str) -> i16 {
    let request = FindCoordinatorRequest { key_type, coordinator_keys: vec![key.into()], ..Default::default() };
    broker.ask(6, &request).coordinators[0].error_code
}

pub fn find_coordinator(broker: &mut Fixture) -> i16 {
    find_coordinator_of(broker, 0, "g")
}

pub fn find_transaction_coordinator(broker: &mut Fixture) -> i16 {
    find_coordinator_of(broker, 1, "x")
}

pub fn join_group(broker: &mut Fixture) -> i16 {
    broker.ask(9, &JoinGroupRequest { group_id: "g".into(), ..Default::default() }).error_code
}

pub fn sync_group(broker: &mut Fixture) -> i16 {
    broker.ask(4, &SyncGroupRequest { group_id: "g".into(), ..Default::default() }).error_code
}

pub fn heartbeat(broker: &mut Fixture) -> i16 {
    broker.ask(4, &HeartbeatRequest { group_id: "g".into(), ..Default::default() }).error_code
}

pub fn leave_group(broker: &mut Fixture) -> i16 {
    broker.ask(5, &LeaveGroupRequest { group_id: "g".into(), ..Default::default() }).error_code
}

pub fn offset_commit(broker: &mut Fixture) -> i16 {
    let topic = offset_commit::OffsetCommitRequestTopic {
        name: "t".into(),
        partitions: vec![Default::default()],
        ..Default::default()
    };
    let request = OffsetCommitRequest { group_id: "g".into(), topics: vec![topic], ..Default::default() };
    broker.ask(9, &request).topics[0].partitions[0].error_code
}

pub fn offset_fetch(broker: &mut Fixture) -> i16 {
    let group = offset_fetch::OffsetFetchRequestGroup { group_id: "g".into(), topics: None, ..Default::default() };
    broker.ask(9, &OffsetFetchRequest { groups: vec![group], ..Default::default() }).groups[0].error_code
}

pub fn describe_groups(broker: &mut Fixture) -> i16 {
    let request = DescribeGroupsRequest { groups: vec!["g".into()], ..Default::default() };
    broker.ask(6, &request).groups[0].error_code
}

pub fn delete_groups(broker: &mut Fixture) -> i16 {
    broker.ask(2, &DeleteGroupsRequest { groups_names: vec!["g".into()] }).results[0].error_code
}

pub fn offset_delete(broker: &mut Fixture) -> i16 {
    broker.ask(0, &OffsetDeleteRequest { group_id: "g".into(), ..Default::default() }).error_code
}

fn enable_consumer_groups(broker: &mut Fixture) {
    broker.apply(Record::FeatureSet { name: "group.version".into(), level: 1 });
}

pub fn consumer_group_heartbeat(broker: &mut Fixture) -> i16 {
    enable_consumer_groups(broker);
    broker.ask(1, &ConsumerGroupHeartbeatRequest { group_id: "g".into(), ..Default::default() }).error_code
}

pub fn consumer_group_describe(broker: &mut Fixture) -> i16 {
    enable_consumer_groups(broker);
    let request = ConsumerGroupDescribeRequest { group_ids: vec!["g".into()], ..Default::default() };
    broker.ask(1, &request).groups[0].error_code
}
