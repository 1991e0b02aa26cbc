//! The records of the metadata log, one JSON object each.
//!
//! A record's `type` is a promise: once written it is read for ever. A reader passes over fields that it does not know, because
//! a newer writer may say more; it refuses a type that it does not know, because passing over a whole record would leave it with
//! another cluster than its peers have.

use crate::{
    Acl, Broker, ConfigResource, Partition, PartitionChange, QuotaEntity, ScramCredential, ScramMechanism,
    TopicDeletion,
};
use esker_model::{BrokerEpoch, BrokerId, ClusterId, ProducerId, TopicId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Every record type, sorted. A name is never given to another meaning; one that is no longer written is still read.
pub const RECORD_TYPES: [&str; 17] = [
    "acl-created",
    "acl-removed",
    "broker-changed",
    "broker-registered",
    "broker-unregistered",
    "cluster-created",
    "config-set",
    "feature-set",
    "partition-changed",
    "partition-created",
    "producer-ids-allocated",
    "quota-set",
    "scram-credential-removed",
    "scram-credential-set",
    "topic-created",
    "topic-deleted",
    "topic-deletion-finished",
];

/// One change of the cluster's metadata.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Record {
    /// An access rule came to be.
    AclCreated(Acl),
    /// An access rule is gone.
    AclRemoved(Acl),
    /// A broker's state changed within its registration.
    BrokerChanged {
        /// The broker.
        broker: BrokerId,
        /// The registration that is meant.
        epoch: BrokerEpoch,
        /// Whether it is fenced from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fenced: Option<bool>,
        /// Whether it is about to stop from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_controlled_shutdown: Option<bool>,
    },
    /// A broker was registered, or registered anew.
    BrokerRegistered(Broker),
    /// A broker left for good.
    BrokerUnregistered {
        /// The broker.
        broker: BrokerId,
        /// The registration that ends.
        epoch: BrokerEpoch,
    },
    /// The cluster came to be. The first record of every log.
    ClusterCreated {
        /// Its identity.
        cluster_id: ClusterId,
    },
    /// A configuration was set or removed.
    ConfigSet {
        /// What is configured.
        resource: ConfigResource,
        /// The configuration's name.
        key: String,
        /// Its value; absent where it is removed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
    },
    /// A feature was finalised at a level (KIP-584); level 0 switches it off.
    FeatureSet {
        /// The feature's name.
        name: String,
        /// Its level.
        level: i16,
    },
    /// A partition's replicas or leadership changed.
    PartitionChanged {
        /// The topic.
        topic_id: TopicId,
        /// The partition's number.
        partition: i32,
        /// What changed.
        #[serde(flatten)]
        change: PartitionChange,
    },
    /// A partition came to be, with the number that follows its topic's last one.
    PartitionCreated {
        /// The topic.
        topic_id: TopicId,
        /// The partition's number.
        partition: i32,
        /// Its first state.
        #[serde(flatten)]
        state: Partition,
    },
    /// A block of producer ids was given to a broker.
    ProducerIdsAllocated {
        /// The broker.
        broker: BrokerId,
        /// Its registration.
        broker_epoch: BrokerEpoch,
        /// The first id of the next block: the given one ends before it.
        next: ProducerId,
    },
    /// A quota was set or removed.
    QuotaSet {
        /// Whom it limits.
        entity: QuotaEntity,
        /// Kafka's name of what it limits.
        key: String,
        /// The limit; absent where it is removed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<f64>,
    },
    /// What was kept of a user's password is gone.
    ScramCredentialRemoved {
        /// The user.
        user: Arc<str>,
        /// The mechanism that it was for.
        mechanism: ScramMechanism,
    },
    /// A user has a password, or another one.
    ScramCredentialSet {
        /// The user.
        user: Arc<str>,
        /// The mechanism that it is for.
        mechanism: ScramMechanism,
        /// What is kept of it.
        #[serde(flatten)]
        credential: ScramCredential,
    },
    /// A topic came to be; its partitions follow.
    TopicCreated {
        /// Its identity.
        topic_id: TopicId,
        /// Its name.
        name: Arc<str>,
        /// Whether its segments were ever allowed into the tier; only a snapshot says so here.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        tiered: bool,
    },
    /// A topic was deleted: its name is free, its data is on its way out.
    TopicDeleted(TopicDeletion),
    /// Nothing of a deleted topic is left anywhere.
    TopicDeletionFinished {
        /// The deleted incarnation.
        topic_id: TopicId,
    },
}

/// Whether a record may leave the cluster for the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// It may.
    Public,
    /// It holds a credential and stays on the controllers' disks.
    Credential,
    /// A configuration: its key decides.
    ByConfigKey,
    /// It says something of this run of the cluster only and would mislead whoever rebuilds one.
    Transient,
}

/// Why bytes are not a record of this version.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The type is not known here.
    #[error(
        "record type {0:?} is unknown: it was written by a newer version of Esker, and only that version or a later one can read this metadata"
    )]
    Newer(String),
    /// The bytes are not what any version writes.
    #[error("not a metadata record: {0}")]
    Damaged(#[from] serde_json::Error),
}

impl Record {
    /// The record as bytes.
    pub fn encode(&self) -> Vec<u8> {
        // Serialising to memory fails only for maps whose keys are not texts; a record has none, and a test writes every type.
        serde_json::to_vec(self)
            .unwrap_or_else(|error| unreachable!("a record has no map with other keys than texts: {error}"))
    }

    /// The record that `bytes` hold.
    pub fn decode(bytes: &[u8]) -> Result<Record, RecordError> {
        #[derive(Deserialize)]
        struct Tagged {
            r#type: String,
        }
        serde_json::from_slice(bytes).map_err(|error| match serde_json::from_slice::<Tagged>(bytes) {
            Ok(tagged) if !RECORD_TYPES.contains(&tagged.r#type.as_str()) => RecordError::Newer(tagged.r#type),
            _ => RecordError::Damaged(error),
        })
    }

    /// Whether it may leave for the bucket. There is no default: a new type must decide.
    pub fn secrecy(&self) -> Secrecy {
        match self {
            Record::BrokerChanged { .. } | Record::BrokerRegistered(_) | Record::BrokerUnregistered { .. } => {
                Secrecy::Transient
            }
            Record::ConfigSet { .. } => Secrecy::ByConfigKey,
            Record::ScramCredentialRemoved { .. } | Record::ScramCredentialSet { .. } => Secrecy::Credential,
            Record::AclCreated(_)
            | Record::AclRemoved(_)
            | Record::ClusterCreated { .. }
            | Record::FeatureSet { .. }
            | Record::PartitionChanged { .. }
            | Record::PartitionCreated { .. }
            | Record::ProducerIdsAllocated { .. }
            | Record::QuotaSet { .. }
            | Record::TopicCreated { .. }
            | Record::TopicDeleted(_)
            | Record::TopicDeletionFinished { .. } => Secrecy::Public,
        }
    }
}
