//! What clients may do, as handlers are told it.

use crate::ErrorCode;
use crate::access::java_address;
use crate::asking;
use crate::keys::SERVED;
use crate::testing::{Fixture, topic_id};
use esker_metadata::{Acl, AclOperation, AclPatternType, AclPermission, AclResourceType, Record};
use esker_protocol::ApiKey;
use esker_protocol::messages::create_topics::CreatableTopic;
use esker_protocol::messages::metadata::{MetadataRequestTopic, MetadataResponseTopic};
use esker_protocol::messages::{
    CreateTopicsRequest, DescribeClusterRequest, DescribeTopicPartitionsRequest, MetadataRequest,
};

/// The setting that switches the authorizer on.
pub(crate) const AUTHORIZER: &str = "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n";

/// A rule for everybody about a resource.
pub(crate) fn rule(
    permission: AclPermission,
    operation: AclOperation,
    resource_type: AclResourceType,
    name: &str,
) -> Record {
    Record::AclCreated(Acl {
        resource_type,
        pattern_type: AclPatternType::Literal,
        resource_name: name.into(),
        principal: "User:ANONYMOUS".into(),
        host: "127.0.0.1".into(),
        operation,
        permission,
    })
}

/// Allows something to everybody, unless a rule does so already.
fn allow(broker: &mut Fixture, operation: AclOperation, resource_type: AclResourceType, name: &str) {
    let rule = rule(AclPermission::Allow, operation, resource_type, name);
    if let Record::AclCreated(acl) = &rule
        && !broker.image.acls().contains(acl)
    {
        broker.apply(rule);
    }
}

#[test]
fn without_an_authorizer_everything_may_be_done() {
    let mut broker = Fixture::new("");
    let request = DescribeClusterRequest { include_cluster_authorized_operations: true, ..Default::default() };
    assert_eq!(broker.ask(0, &request).cluster_authorized_operations, 8096);
    broker.create_topic(1, "t", 1);
    let request = MetadataRequest { topics: None, include_topic_authorized_operations: true, ..Default::default() };
    assert_eq!(broker.ask(12, &request).topics[0].topic_authorized_operations, 3576);
}

#[test]
fn an_address_is_written_as_java_writes_it() {
    for (address, text) in [
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "0:0:0:0:0:0:0:1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8::ab:0:1", "2001:db8:0:0:0:ab:0:1"),
    ] {
        assert_eq!(java_address(address.parse().unwrap()), text);
    }
}

/// What a key needs: who asks without it gets the code, who asks with it gets another.
struct Needs {
    key: ApiKey,
    operation: AclOperation,
    resource: (AclResourceType, &'static str),
    code: ErrorCode,
    ask: fn(&mut Fixture) -> i16,
}

const CLUSTER: (AclResourceType, &str) = (AclResourceType::Cluster, "kafka-cluster");
const TOPIC: (AclResourceType, &str) = (AclResourceType::Topic, "t");

/// Every key that asks the authorizer, once for each way to be let.
fn needs() -> Vec<Needs> {
    use AclOperation::*;
    let cluster = |key, operation, ask| Needs {
        key,
        operation,
        resource: CLUSTER,
        code: ErrorCode::ClusterAuthorizationFailed,
        ask,
    };
    let topic =
        |key, operation, ask| Needs { key, operation, resource: TOPIC, code: ErrorCode::TopicAuthorizationFailed, ask };
    let group = |key, operation, ask| Needs {
        key,
        operation,
        resource: (AclResourceType::Group, "g"),
        code: ErrorCode::GroupAuthorizationFailed,
        ask,
    };
    vec![
        group(ApiKey::OffsetCommit, Read, asking::offset_commit),
        group(ApiKey::OffsetFetch, Describe, asking::offset_fetch),
        group(ApiKey::FindCoordinator, Describe, asking::find_coordinator),
        Needs {
            resource: (AclResourceType::TransactionalId, "x"),
            code: ErrorCode::TransactionalIdAuthorizationFailed,
            ..group(ApiKey::FindCoordinator, Describe, asking::find_transaction_coordinator)
        },
        group(ApiKey::JoinGroup, Read, asking::join_group),
        group(ApiKey::SyncGroup, Read, asking::sync_group),
        group(ApiKey::Heartbeat, Read, asking::heartbeat),
        group(ApiKey::LeaveGroup, Read, asking::leave_group),
        group(ApiKey::DescribeGroups, Describe, asking::describe_groups),
        group(ApiKey::DeleteGroups, Delete, asking::delete_groups),
        group(ApiKey::OffsetDelete, Delete, asking::offset_delete),
        group(ApiKey::ConsumerGroupHeartbeat, Read, asking::consumer_group_heartbeat),
        group(ApiKey::ConsumerGroupDescribe, Describe, asking::consumer_group_describe),
        topic(ApiKey::Produce, Write, asking::produce),
        topic(ApiKey::Fetch, Read, asking::fetch),
        topic(ApiKey::ListOffsets, Describe, asking::list_offsets),
        topic(ApiKey::OffsetForLeaderEpoch, Describe, asking::offset_for_leader_epoch),
        Needs {
            resource: CLUSTER,
            ..topic(ApiKey::OffsetForLeaderEpoch, ClusterAction, asking::offset_for_leader_epoch)
        },
        Needs { resource: CLUSTER, ..topic(ApiKey::Fetch, ClusterAction, asking::fetch_as_follower) },
        Needs {
            resource: (AclResourceType::TransactionalId, "x"),
            code: ErrorCode::TransactionalIdAuthorizationFailed,
            ..topic(ApiKey::AddPartitionsToTxn, Write, asking::add_partitions_to_txn)
        },
        cluster(ApiKey::AddPartitionsToTxn, ClusterAction, asking::add_batches_to_txn),
        Needs {
            resource: (AclResourceType::TransactionalId, "x"),
            code: ErrorCode::TransactionalIdAuthorizationFailed,
            ..topic(ApiKey::AddOffsetsToTxn, Write, asking::add_offsets_to_txn)
        },
        Needs {
            resource: (AclResourceType::TransactionalId, "x"),
            code: ErrorCode::TransactionalIdAuthorizationFailed,
            ..topic(ApiKey::EndTxn, Write, asking::end_txn)
        },
        Needs {
            resource: (AclResourceType::TransactionalId, "x"),
            code: ErrorCode::TransactionalIdAuthorizationFailed,
            ..topic(ApiKey::TxnOffsetCommit, Write, asking::txn_offset_commit)
        },
        group(ApiKey::TxnOffsetCommit, Read, |broker| {
            allow(broker, Write, AclResourceType::TransactionalId, "x");
            asking::txn_offset_commit(broker)
        }),
        topic(ApiKey::TxnOffsetCommit, Read, |broker| {
            allow(broker, Write, AclResourceType::TransactionalId, "x");
            allow(broker, Read, AclResourceType::Group, "g");
            asking::txn_offset_commit(broker)
        }),
        cluster(ApiKey::WriteTxnMarkers, Alter, asking::write_txn_markers),
        cluster(ApiKey::WriteTxnMarkers, ClusterAction, asking::write_txn_markers),
        topic(ApiKey::DescribeProducers, Read, asking::describe_producers),
        Needs {
            resource: (AclResourceType::TransactionalId, "x"),
            code: ErrorCode::TransactionalIdAuthorizationFailed,
            ..topic(ApiKey::DescribeTransactions, Describe, asking::describe_transactions)
        },
        topic(ApiKey::DeleteRecords, Delete, asking::delete_records),
        cluster(ApiKey::DescribeLogDirs, Describe, asking::describe_log_dirs),
        cluster(ApiKey::AlterReplicaLogDirs, Alter, asking::alter_replica_log_dirs),
        cluster(ApiKey::IncrementalAlterConfigs, ClusterAction, asking::alter_loggers),
        topic(ApiKey::Metadata, Describe, asking::metadata),
        topic(ApiKey::Metadata, Read, asking::metadata),
        topic(ApiKey::CreateTopics, Create, asking::create_topics),
        Needs { resource: CLUSTER, ..topic(ApiKey::CreateTopics, Create, asking::create_topics) },
        topic(ApiKey::DeleteTopics, Delete, asking::delete_topics),
        Needs { resource: CLUSTER, ..topic(ApiKey::DeleteTopics, Delete, asking::delete_topics) },
        cluster(ApiKey::InitProducerId, IdempotentWrite, asking::init_producer_id),
        Needs { resource: TOPIC, ..cluster(ApiKey::InitProducerId, Write, asking::init_producer_id) },
        Needs {
            resource: (AclResourceType::TransactionalId, "x"),
            code: ErrorCode::TransactionalIdAuthorizationFailed,
            ..cluster(ApiKey::InitProducerId, Write, asking::init_transactional_id)
        },
        cluster(ApiKey::DescribeAcls, Describe, asking::describe_acls),
        cluster(ApiKey::CreateAcls, Alter, asking::create_acls),
        cluster(ApiKey::DeleteAcls, Alter, asking::delete_acls),
        topic(ApiKey::DescribeConfigs, DescribeConfigs, asking::describe_topic_configs),
        topic(ApiKey::DescribeConfigs, AlterConfigs, asking::describe_topic_configs),
        cluster(ApiKey::DescribeConfigs, DescribeConfigs, asking::describe_broker_configs),
        topic(ApiKey::AlterConfigs, AlterConfigs, asking::alter_configs),
        topic(ApiKey::CreatePartitions, Alter, asking::create_partitions),
        cluster(ApiKey::ElectLeaders, Alter, asking::elect_leaders),
        topic(ApiKey::IncrementalAlterConfigs, AlterConfigs, asking::incremental_alter_configs),
        group(ApiKey::IncrementalAlterConfigs, AlterConfigs, asking::incremental_alter_group_configs),
        cluster(ApiKey::AlterPartitionReassignments, Alter, asking::alter_partition_reassignments),
        cluster(ApiKey::ListPartitionReassignments, Describe, asking::list_partition_reassignments),
        cluster(ApiKey::DescribeClientQuotas, DescribeConfigs, asking::describe_client_quotas),
        cluster(ApiKey::AlterClientQuotas, AlterConfigs, asking::alter_client_quotas),
        cluster(ApiKey::DescribeUserScramCredentials, Describe, asking::describe_scram),
        cluster(ApiKey::AlterUserScramCredentials, Alter, asking::alter_scram),
        cluster(ApiKey::DescribeQuorum, Describe, asking::describe_quorum),
        cluster(ApiKey::UpdateFeatures, Alter, asking::update_features),
        cluster(ApiKey::UnregisterBroker, Alter, asking::unregister_broker),
        cluster(ApiKey::ListConfigResources, DescribeConfigs, asking::list_config_resources),
        topic(ApiKey::DescribeTopicPartitions, Describe, asking::describe_topic_partitions),
    ]
}

/// Keys that everybody may ask: they tell nothing, or tell each only what they may know.
const FOR_EVERYBODY: [ApiKey; 10] = [
    ApiKey::ApiVersions,
    ApiKey::CreateDelegationToken,
    ApiKey::RenewDelegationToken,
    ApiKey::ExpireDelegationToken,
    ApiKey::DescribeDelegationToken,
    ApiKey::DescribeCluster,
    ApiKey::ListTransactions,
    ApiKey::ListGroups,
    ApiKey::GetTelemetrySubscriptions,
    ApiKey::PushTelemetry,
];

#[test]
fn h43_every_key_asks_for_what_kafka_asks_for() {
    let mut asked = std::collections::BTreeSet::new();
    for Needs { key, operation, resource, code, ask } in needs() {
        let mut broker = Fixture::new(AUTHORIZER);
        broker.create_topic(1, "t", 1);
        assert_eq!(ask(&mut broker), code.number(), "{key} without {operation:?}");
        broker.apply(rule(AclPermission::Allow, operation, resource.0, resource.1));
        assert_ne!(ask(&mut broker), code.number(), "{key} with {operation:?} on {resource:?}");
        broker.apply(rule(AclPermission::Deny, AclOperation::All, resource.0, "*"));
        assert_eq!(ask(&mut broker), code.number(), "{key} where everything is denied");
        asked.insert(key);
    }
    for key in SERVED.iter().filter(|key| !FOR_EVERYBODY.contains(key)) {
        assert!(asked.contains(key), "{key} asks for nothing");
    }
}

#[test]
fn h45_what_only_brokers_ask_is_refused_to_whoever_may_do_all_else() {
    let mut broker = Fixture::new(AUTHORIZER);
    broker.create_topic(1, "t", 1);
    for kind in [AclResourceType::Topic, AclResourceType::Group, AclResourceType::TransactionalId] {
        broker.apply(rule(AclPermission::Allow, AclOperation::All, kind, "*"));
    }
    for operation in
        [AclOperation::Describe, AclOperation::DescribeConfigs, AclOperation::AlterConfigs, AclOperation::Create]
    {
        broker.apply(rule(AclPermission::Allow, operation, CLUSTER.0, CLUSTER.1));
    }
    let denied = ErrorCode::ClusterAuthorizationFailed.number();
    assert_eq!(asking::write_txn_markers(&mut broker), denied);
    assert_eq!(asking::add_batches_to_txn(&mut broker), denied);
    assert_eq!(asking::fetch_as_follower(&mut broker), ErrorCode::TopicAuthorizationFailed.number());
    assert_eq!(asking::fetch(&mut broker), 0, "as a consumer it may");
    let of_brokers =
        (0..200).filter_map(ApiKey::from_number).filter(|key| !key.is_served_by(esker_protocol::Listener::Broker));
    for key in of_brokers {
        for version in key.stable_versions().iter() {
            let head = [key.number().to_be_bytes(), version.to_be_bytes(), [0, 0], [0, 7], [0xff, 0xff]].concat();
            let reply = broker.api.dispatch(&mut broker.session, [head, vec![0; 64]].concat().into());
            assert!(matches!(reply, crate::Reply::Close), "{key} {version}: {reply:?}");
        }
    }
}

#[test]
fn super_users_are_let_everywhere() {
    let mut broker = Fixture::new(&format!("{AUTHORIZER}super.users=User:ANONYMOUS\n"));
    broker.create_topic(1, "t", 1);
    broker.apply(rule(AclPermission::Deny, AclOperation::All, TOPIC.0, "*"));
    for Needs { key, code, ask, .. } in needs() {
        assert_ne!(ask(&mut broker), code.number(), "{key}");
    }
}

#[test]
fn h43_topics_that_must_not_be_seen_are_not_there() {
    let mut broker = Fixture::new(AUTHORIZER);
    broker.create_topic(1, "t", 1);
    broker.create_topic(2, "u", 1);
    broker.apply(rule(AclPermission::Allow, AclOperation::Describe, TOPIC.0, "u"));
    let names = |topics: &[MetadataResponseTopic]| -> Vec<(i16, Option<String>)> {
        topics.iter().map(|topic| (topic.error_code, topic.name.as_ref().map(|name| name.to_string()))).collect()
    };
    let answer = broker.ask(12, &MetadataRequest { topics: None, ..Default::default() });
    assert_eq!(names(&answer.topics), [(0, Some("u".into()))]);
    let named = |name: &str| MetadataRequestTopic { name: Some(name.into()), ..Default::default() };
    let topics = Some(vec![named("t"), named("nowhere")]);
    let answer = broker.ask(12, &MetadataRequest { topics, ..Default::default() });
    assert_eq!(
        names(&answer.topics),
        [(29, Some("t".into())), (29, Some("nowhere".into()))],
        "there or not is all one"
    );
    assert!(answer.topics.iter().all(|topic| topic.topic_id.is_nil() && topic.partitions.is_empty()));
    let by_id = MetadataRequestTopic { topic_id: topic_id(1).0, name: None };
    let answer = broker.ask(12, &MetadataRequest { topics: Some(vec![by_id]), ..Default::default() });
    assert_eq!(names(&answer.topics), [(29, None)]);
    let answer =
        broker.ask(0, &DescribeTopicPartitionsRequest { topics: vec![], response_partition_limit: 9, cursor: None });
    assert_eq!(answer.topics.len(), 1);
}

#[test]
fn a_topic_is_created_for_those_only_who_may_create_it() {
    let mut broker = Fixture::new(AUTHORIZER);
    broker.apply(rule(AclPermission::Allow, AclOperation::Describe, TOPIC.0, "*"));
    let wanted = || MetadataRequest {
        topics: Some(vec![MetadataRequestTopic { name: Some("new".into()), ..Default::default() }]),
        allow_auto_topic_creation: true,
        ..Default::default()
    };
    assert_eq!(broker.ask(12, &wanted()).topics[0].error_code, 29);
    broker.apply(rule(AclPermission::Allow, AclOperation::Create, TOPIC.0, "new"));
    assert_eq!(broker.ask(12, &wanted()).topics[0].error_code, 3);
    broker.wait_for(|image| image.topic_named("new").is_some());
}

#[test]
fn operations_are_told_by_what_rules_allow() {
    let mut broker = Fixture::new(AUTHORIZER);
    broker.create_topic(1, "t", 1);
    broker.apply(rule(AclPermission::Allow, AclOperation::Read, TOPIC.0, "t"));
    let request = MetadataRequest { topics: None, include_topic_authorized_operations: true, ..Default::default() };
    assert_eq!(broker.ask(12, &request).topics[0].topic_authorized_operations, 1 << 3 | 1 << 8);
    let request = DescribeClusterRequest { include_cluster_authorized_operations: true, ..Default::default() };
    assert_eq!(broker.ask(0, &request).cluster_authorized_operations, 0);
    broker.apply(rule(AclPermission::Allow, AclOperation::Alter, CLUSTER.0, CLUSTER.1));
    assert_eq!(broker.ask(0, &request).cluster_authorized_operations, 1 << 7 | 1 << 8);
}

#[test]
fn a_configuration_is_shown_to_those_only_who_may_see_it() {
    let mut broker = Fixture::new(AUTHORIZER);
    broker.apply(rule(AclPermission::Allow, AclOperation::Create, TOPIC.0, "new"));
    let topic = CreatableTopic { name: "new".into(), num_partitions: 1, replication_factor: 1, ..Default::default() };
    let request = CreateTopicsRequest { topics: vec![topic], timeout_ms: 30_000, validate_only: false };
    let row = broker.ask(7, &request).topics.remove(0);
    assert_eq!((row.error_code, row.topic_config_error_code, row.num_partitions), (0, 29, -1));
    assert_eq!(row.configs, Some(Vec::new()));
}
