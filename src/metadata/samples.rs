//! A small cluster's history, one record of every type at least, for the tests of this room.

use crate::*;
use esker_model::TopicId;
use uuid::Uuid;

pub fn topic_id(n: u128) -> TopicId {
    TopicId(Uuid::from_u128(n))
}

pub fn partition(replicas: &[i32]) -> Partition {
    Partition {
        replicas: replicas.into(),
        isr: replicas.into(),
        directories: replicas.iter().map(|id| Uuid::from_u128(*id as u128 + 900)).collect(),
        leader: replicas.first().copied(),
        ..Partition::default()
    }
}

pub fn broker(id: i32, epoch: i64) -> Broker {
    Broker {
        id,
        incarnation: Uuid::from_u128(epoch as u128 + 70),
        epoch,
        endpoints: vec![Endpoint {
            listener: "PLAINTEXT".into(),
            host: "127.0.0.1".into(),
            port: 9092,
            protocol: SecurityProtocol::Plaintext,
        }],
        rack: Some(format!("rack-{id}")),
        log_dirs: vec![Uuid::from_u128(id as u128 + 900)],
        features: [("metadata.version".to_owned(), VersionRange { min: 7, max: 30 })].into(),
        fenced: true,
        in_controlled_shutdown: false,
    }
}

pub fn create_topic(id: u128, name: &str, partitions: i32) -> Vec<Record> {
    let mut records = vec![Record::TopicCreated { topic_id: topic_id(id), name: name.into(), tiered: false }];
    records.extend((0..partitions).map(|n| Record::PartitionCreated {
        topic_id: topic_id(id),
        partition: n,
        state: partition(&[1]),
    }));
    records
}

pub fn config(resource: ConfigResource, key: &str, value: Option<&str>) -> Record {
    Record::ConfigSet { resource, key: key.into(), value: value.map(str::to_owned) }
}

pub fn delete_topic(id: u128, name: &str, partitions: i32) -> Record {
    Record::TopicDeleted(TopicDeletion { topic_id: topic_id(id), name: name.into(), partitions, tiered: true })
}

pub fn acl(pattern_type: AclPatternType, name: &str, permission: AclPermission) -> Acl {
    Acl {
        resource_type: AclResourceType::Topic,
        pattern_type,
        resource_name: name.into(),
        principal: "User:alice".into(),
        host: WILDCARD.into(),
        operation: AclOperation::Read,
        permission,
    }
}

pub fn user_quota() -> QuotaEntity {
    QuotaEntity {
        user: Some(QuotaName::Named("alice".into())),
        client_id: Some(QuotaName::Default),
        ..QuotaEntity::default()
    }
}

/// A history that ends with something in every keyspace.
pub fn history() -> Vec<Record> {
    let mut records = vec![
        Record::ClusterCreated { cluster_id: "AAAAAAAAQACAAAAAAAAAAQ".parse().unwrap() },
        Record::FeatureSet { name: "metadata.version".into(), level: 30 },
        Record::FeatureSet { name: "group.version".into(), level: 1 },
        Record::FeatureSet { name: "group.version".into(), level: 0 },
        config(ConfigResource::cluster_default(), "min.insync.replicas", Some("1")),
        Record::BrokerRegistered(broker(1, 5)),
        Record::BrokerChanged { broker: 1, epoch: 5, fenced: Some(false), in_controlled_shutdown: None },
        Record::BrokerRegistered(broker(2, 7)),
        Record::BrokerUnregistered { broker: 2, epoch: 7 },
    ];
    records.extend(create_topic(1, "payments.eu", 3));
    records.extend(create_topic(2, "orders", 1));
    records.extend(create_topic(3, "gone", 2));
    records.extend(create_topic(4, "going", 2));
    records.extend([
        config(ConfigResource::topic("orders"), "retention.ms", Some("-1")),
        config(ConfigResource::topic("orders"), REMOTE_STORAGE_ENABLE, Some("true")),
        config(ConfigResource::topic("orders"), REMOTE_STORAGE_ENABLE, None),
        config(ConfigResource::broker(1), "ssl.key.password", Some("secret")),
        config(
            ConfigResource { kind: ConfigResourceKind::Group, name: "g".into() },
            "consumer.session.timeout.ms",
            Some("50000"),
        ),
        config(
            ConfigResource { kind: ConfigResourceKind::ClientMetrics, name: "m".into() },
            "interval.ms",
            Some("1000"),
        ),
        Record::PartitionChanged {
            topic_id: topic_id(1),
            partition: 1,
            change: PartitionChange {
                isr: Some([].into()),
                leader: Some(None),
                elr: Some([1].into()),
                last_known_elr: Some([1].into()),
                recovery: Some(LeaderRecovery::Recovering),
                ..PartitionChange::default()
            },
        },
        Record::ProducerIdsAllocated { broker: 1, broker_epoch: 5, next: 1000 },
        Record::AclCreated(acl(AclPatternType::Literal, "orders", AclPermission::Deny)),
        Record::AclCreated(acl(AclPatternType::Prefixed, "pay", AclPermission::Allow)),
        Record::AclRemoved(acl(AclPatternType::Literal, "orders", AclPermission::Deny)),
        Record::QuotaSet { entity: user_quota(), key: "producer_byte_rate".into(), value: Some(1024.5) },
        Record::QuotaSet { entity: QuotaEntity::default(), key: "x".into(), value: Some(1.0) },
        Record::QuotaSet { entity: QuotaEntity::default(), key: "x".into(), value: None },
        Record::ScramCredentialSet {
            user: "alice".into(),
            mechanism: ScramMechanism::Sha256,
            credential: ScramCredential {
                iterations: 4096,
                salt: HiddenBytes(b"secret salt".to_vec()),
                stored_key: HiddenBytes(vec![0, 1, 254, 255]),
                server_key: HiddenBytes(Vec::new()),
            },
        },
        Record::ScramCredentialSet {
            user: "bob".into(),
            mechanism: ScramMechanism::Sha512,
            credential: ScramCredential {
                iterations: 8192,
                salt: HiddenBytes(vec![1]),
                stored_key: HiddenBytes(vec![2]),
                server_key: HiddenBytes(vec![3]),
            },
        },
        Record::ScramCredentialRemoved { user: "bob".into(), mechanism: ScramMechanism::Sha512 },
        delete_topic(3, "gone", 2),
        Record::TopicDeletionFinished { topic_id: topic_id(3) },
        delete_topic(4, "going", 2),
    ]);
    records
}

pub fn image_of(records: &[Record]) -> ClusterImage {
    let mut image = ClusterImage::default();
    for (record, offset) in records.iter().zip(0..) {
        image.apply(offset, record).unwrap();
    }
    image
}
