//! Metadata (3): brokers, topics and partition leaders.
//!
//! Versions 0-13.
//! - 0: an empty list of topics means all; leaves out replicas that cannot be reached
//! - 1: null means all; controller id, racks, internal topics
//! - 2: cluster id; 3: throttle time
//! - 4: the client says whether missing topics are to be created; before, they are
//! - 5: offline replicas
//! - 6: a leader without the client's listener is LISTENER_NOT_FOUND, before LEADER_NOT_AVAILABLE
//! - 7: leader epochs
//! - 8: authorised operations; those of the cluster only up to 10
//! - 10: topic ids in the answer; 12: in the question too, and then names in it count for nothing
//! - 13: an error code for the whole
//!
//! A topic that is created because someone asked is UNKNOWN_TOPIC_OR_PARTITION this time: clients ask again.

use crate::access::{Access, CLUSTER_NAME};
use crate::answer::{Answer, Respond};
use crate::cluster_view::{ClusterView, is_internal, missing_topic};
use crate::operations::NOT_ASKED;
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_metadata::{AclOperation, AclResourceType, Partition, Topic};
use esker_model::{TopicId, is_internal_topic, validate_topic_name};
use esker_protocol::StrBytes;
use esker_protocol::messages::metadata::{
    MetadataRequestTopic, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use esker_protocol::messages::{MetadataRequest, MetadataResponse};
use std::collections::HashSet;
use std::sync::Arc;

impl Respond for MetadataResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        let topics = self.topics.iter();
        let of_topics = topics.flat_map(|topic| {
            let of_partitions = topic.partitions.iter().map(|partition| partition.error_code);
            std::iter::once(topic.error_code).chain(of_partitions)
        });
        std::iter::once(self.error_code).chain(of_topics)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: MetadataRequest) -> Answer<MetadataResponse> {
    let version = cx.version();
    let wanted = match request.topics {
        Some(topics) if version > 0 || !topics.is_empty() => match wanted(topics, version) {
            Ok(wanted) => wanted,
            Err(topics) => return Answer::Now(refused(topics)),
        },
        _ => Wanted::All,
    };
    let image = api.services.image.current();
    let view = View { cluster: ClusterView { image: &image, listener: cx.client.listener() }, version };
    let access = api.access(cx);
    let Found { mut topics, mut missing, mut denied } = view.topics(&wanted, &access);
    if request.allow_auto_topic_creation && api.services.config.topics.auto_create && !missing.is_empty() {
        denied.extend(keep_creatable(&mut missing, &access));
        let valid = missing.iter().map(StrBytes::as_str).filter(|name| validate_topic_name(name).is_ok());
        api.auto_creation.start(&api.services, valid);
    }
    topics.extend(missing.into_iter().map(|name| without_partitions(missing_topic(&name), Some(name), TopicId::ZERO)));
    if request.include_topic_authorized_operations {
        let known = topics.iter_mut().filter(|topic| topic.error_code != ErrorCode::UnknownTopicId.number());
        known.for_each(|topic| {
            let name = topic.name.as_deref().unwrap_or_default();
            topic.topic_authorized_operations = access.operations(AclResourceType::Topic, name);
        });
    }
    topics.append(&mut denied);
    let cluster_operations = match request.include_cluster_authorized_operations {
        true if access.cluster(AclOperation::Describe) => access.cluster_operations(),
        true => 0,
        false => NOT_ASKED,
    };
    Answer::Now(MetadataResponse {
        brokers: view.brokers(),
        cluster_id: image.cluster_id().map(|id| id.as_str().into()),
        controller_id: view.cluster.controller(api.services.node_id),
        topics,
        cluster_authorized_operations: cluster_operations,
        ..MetadataResponse::default()
    })
}

/// Leaves the topics that whoever asks may create; the others are what is answered about them.
fn keep_creatable(missing: &mut Vec<StrBytes>, access: &Access) -> Vec<MetadataResponseTopic> {
    if access.sees(AclOperation::Create, AclResourceType::Cluster, CLUSTER_NAME) {
        return Vec::new();
    }
    let (kept, denied) = missing.drain(..).partition(|name| access.topic(AclOperation::Create, name));
    *missing = kept;
    let row = |name| without_partitions(ErrorCode::TopicAuthorizationFailed, Some(name), TopicId::ZERO);
    Vec::into_iter(denied).map(row).collect()
}

/// The answer about a topic whose existence is not told.
fn hidden(name: Option<StrBytes>, id: TopicId) -> MetadataResponseTopic {
    let code = ErrorCode::TopicAuthorizationFailed;
    MetadataResponseTopic { is_internal: false, ..without_partitions(code, name, id) }
}

/// What there is of what was asked for.
#[derive(Default)]
struct Found {
    /// Topics that are there, and identities that are not.
    topics: Vec<MetadataResponseTopic>,
    /// Names of topics that are not there.
    missing: Vec<StrBytes>,
    /// What is answered about topics that whoever asks may not know of.
    denied: Vec<MetadataResponseTopic>,
}

/// What a request asks for; nothing twice.
enum Wanted {
    All,
    Named(Vec<StrBytes>),
    Identified(Vec<TopicId>),
}

/// Reads the list of topics; gives it back where it is none.
fn wanted(topics: Vec<MetadataRequestTopic>, version: i16) -> Result<Wanted, Vec<MetadataRequestTopic>> {
    let has_id = |topic: &MetadataRequestTopic| !topic.topic_id.is_nil();
    let by_id = topics.iter().any(has_id);
    // A topic without a name goes by its id alone, which versions before 12 cannot ask for.
    if (by_id && version < 12) || topics.iter().any(|topic| topic.name.is_none() && !has_id(topic)) {
        return Err(topics);
    }
    let mut seen = HashSet::new();
    if by_id {
        let ids = topics.iter().map(|topic| TopicId(topic.topic_id)).filter(|id| !id.is_zero());
        return Ok(Wanted::Identified(ids.filter(|id| seen.insert(*id)).collect()));
    }
    let mut seen = HashSet::new();
    let names = topics.into_iter().filter_map(|topic| topic.name);
    Ok(Wanted::Named(names.filter(|name| seen.insert(name.clone())).collect()))
}

/// The answer to a list of topics that cannot be.
fn refused(topics: Vec<MetadataRequestTopic>) -> MetadataResponse {
    let row = |topic: MetadataRequestTopic| {
        let name = Some(topic.name.unwrap_or_default());
        without_partitions(ErrorCode::InvalidRequest, name, TopicId(topic.topic_id))
    };
    MetadataResponse {
        topics: topics.into_iter().map(row).collect(),
        error_code: ErrorCode::InvalidRequest.number(),
        ..MetadataResponse::default()
    }
}

fn without_partitions(code: ErrorCode, name: Option<StrBytes>, id: TopicId) -> MetadataResponseTopic {
    MetadataResponseTopic {
        error_code: code.number(),
        is_internal: name.as_deref().is_some_and(is_internal_topic),
        name,
        topic_id: id.0,
        ..MetadataResponseTopic::default()
    }
}

/// The cluster as a client of some version is shown it.
struct View<'a> {
    cluster: ClusterView<'a>,
    version: i16,
}

impl View<'_> {
    fn brokers(&self) -> Vec<MetadataResponseBroker> {
        let shown = self.cluster.brokers().map(|(broker, endpoint)| MetadataResponseBroker {
            node_id: broker.id,
            host: endpoint.host.as_str().into(),
            port: i32::from(endpoint.port),
            rack: broker.rack.as_deref().map(StrBytes::from),
        });
        shown.collect()
    }

    fn topics(&self, wanted: &Wanted, access: &Access) -> Found {
        let image = self.cluster.image;
        let mut found = Found::default();
        match wanted {
            Wanted::All => {
                let seen =
                    |topic: &&Arc<Topic>| access.sees(AclOperation::Describe, AclResourceType::Topic, &topic.name);
                found.topics = image.topics().filter(seen).map(|topic| self.topic(topic)).collect();
            }
            Wanted::Named(names) => {
                for name in names {
                    match image.topic_named(name) {
                        _ if !access.topic(AclOperation::Describe, name) => {
                            found.denied.push(hidden(Some(name.clone()), TopicId::ZERO));
                        }
                        Some(topic) => found.topics.push(self.topic(topic)),
                        None => found.missing.push(name.clone()),
                    }
                }
            }
            Wanted::Identified(ids) => {
                for id in ids {
                    match image.topic(*id) {
                        Some(topic) if !access.topic(AclOperation::Describe, &topic.name) => {
                            found.denied.push(hidden(None, *id));
                        }
                        Some(topic) => found.topics.push(self.topic(topic)),
                        None => found.topics.push(without_partitions(ErrorCode::UnknownTopicId, None, *id)),
                    }
                }
            }
        }
        found
    }

    fn topic(&self, topic: &Topic) -> MetadataResponseTopic {
        MetadataResponseTopic {
            error_code: 0,
            name: Some(topic.name.as_ref().into()),
            topic_id: topic.id.0,
            is_internal: is_internal(topic),
            partitions: topic.partitions.iter().zip(0..).map(|(state, number)| self.partition(number, state)).collect(),
            topic_authorized_operations: NOT_ASKED,
        }
    }

    fn partition(&self, number: i32, state: &Partition) -> MetadataResponsePartition {
        let reachable = |replicas: &[i32]| -> Vec<i32> {
            let shown = |id: &&i32| self.version > 0 || self.cluster.endpoint(**id).is_some();
            replicas.iter().filter(shown).copied().collect()
        };
        let (replica_nodes, isr_nodes) = (reachable(&state.replicas), reachable(&state.isr));
        let leader = self.cluster.leader(state);
        let all_reachable = replica_nodes.len() == state.replicas.len() && isr_nodes.len() == state.isr.len();
        let code = match leader {
            Some(_) if all_reachable => ErrorCode::None,
            Some(_) => ErrorCode::ReplicaNotAvailable,
            None => self.leaderless(state),
        };
        MetadataResponsePartition {
            error_code: code.number(),
            partition_index: number,
            leader_id: leader.unwrap_or(-1),
            leader_epoch: state.leader_epoch,
            replica_nodes,
            isr_nodes,
            offline_replicas: self.cluster.offline_replicas(state),
        }
    }

    /// Why no leader is shown.
    fn leaderless(&self, state: &Partition) -> ErrorCode {
        let registered = state.leader.is_some_and(|leader| self.cluster.image.broker(leader).is_some());
        if registered && self.version >= 6 { ErrorCode::ListenerNotFound } else { ErrorCode::LeaderNotAvailable }
    }
}
