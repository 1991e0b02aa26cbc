//! From the request to what is asked of replication.

use crate::ErrorCode;
use crate::access::Access;
use crate::fetch_session::{Ask, Asked, PartitionKey, TopicKey, Wanted};
use esker_metadata::{AclOperation, ClusterImage};
use esker_model::TopicId;
use esker_protocol::StrBytes;
use esker_protocol::messages::FetchRequest;
use esker_protocol::messages::fetch;
use esker_replication as replication;
use esker_replication::{FollowerInfo, Isolation};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

/// First version in which topics go by their ids.
pub(super) const TOPIC_IDS_SINCE: i16 = 13;

/// What a request says about itself as a whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    wait_max: Duration,
    bytes_min: usize,
    bytes_max: usize,
    isolation: Isolation,
    follower: Option<FollowerInfo>,
}

/// Reads what concerns the request as a whole; `None` where its isolation level does not exist. `cap` is `fetch.max.bytes`.
pub(super) fn terms(request: &FetchRequest, version: i16, cap: usize) -> Option<Terms> {
    let isolation = crate::keys::isolation(request.isolation_level)?;
    let bytes_max = at_least_0(request.max_bytes).min(cap);
    let (id, epoch) = replica(request, version);
    Some(Terms {
        wait_max: Duration::from_millis(at_least_0(request.max_wait_ms) as u64),
        bytes_min: at_least_0(request.min_bytes).min(bytes_max),
        bytes_max,
        isolation,
        follower: (id >= 0).then_some(FollowerInfo { id, broker_epoch: Some(epoch).filter(|epoch| *epoch >= 0) }),
    })
}

/// Id and registration of the follower that asks; negative ids are those of consumers.
fn replica(request: &FetchRequest, version: i16) -> (i32, i64) {
    match version {
        ..=14 => (request.replica_id, -1),
        15.. => (request.replica_state.replica_id, request.replica_state.replica_epoch),
    }
}

fn at_least_0(value: i32) -> usize {
    usize::try_from(value).unwrap_or(0)
}

impl Terms {
    /// Whether a consumer asks for decided records only.
    pub fn is_committed(&self) -> bool {
        self.follower.is_none() && self.isolation == Isolation::Committed
    }

    /// Whether another broker asks.
    pub fn is_follower(&self) -> bool {
        self.follower.is_some()
    }

    /// What whoever asks may read.
    pub fn reader(&self, access: Access) -> Reader {
        if self.is_follower() {
            Reader::Follower(access.cluster(AclOperation::ClusterAction))
        } else {
            Reader::Consumer(access)
        }
    }

    /// What is to be fetched; `None` where that is nothing.
    pub fn request(&self, plan: &Plan) -> Option<replication::FetchRequest> {
        let partition = |(wanted, topic_id): (&Wanted, &TopicId)| replication::FetchPartition {
            topic_id: *topic_id,
            partition: wanted.key.partition,
            offset: wanted.asked.offset,
            max_bytes: at_least_0(wanted.asked.bytes_max),
            current_leader_epoch: wanted.asked.current_leader_epoch,
            last_fetched_epoch: wanted.asked.last_fetched_epoch,
            log_start: wanted.asked.log_start,
        };
        let partitions: Vec<_> = plan.wanted.iter().zip(&plan.fetched).map(partition).collect();
        (!partitions.is_empty()).then_some(replication::FetchRequest {
            max_wait: self.wait_max,
            min_bytes: self.bytes_min,
            max_bytes: self.bytes_max,
            isolation: self.isolation,
            replica: self.follower,
            partitions,
        })
    }
}

/// The part of a request that is its session's business.
pub(super) fn session_ask(request: FetchRequest, version: i16, name_of: impl Fn(TopicId) -> Option<Arc<str>>) -> Ask {
    let by_id = version >= TOPIC_IDS_SINCE;
    let privileged = replica(&request, version).0 >= 0;
    let forgotten = request.forgotten_topics_data.into_iter().flat_map(|topic| {
        let key = topic_key(by_id, &topic.topic, TopicId(topic.topic_id));
        topic.partitions.into_iter().map(move |partition| PartitionKey { topic: key.clone(), partition })
    });
    Ask {
        id: request.session_id,
        epoch: request.session_epoch,
        by_id,
        privileged,
        forgotten: forgotten.collect(),
        wanted: wanted(&request.topics, by_id, name_of),
    }
}

/// The partitions of a request, none twice: of repetitions the last one counts, in the place of the first.
fn wanted(topics: &[fetch::FetchTopic], by_id: bool, name_of: impl Fn(TopicId) -> Option<Arc<str>>) -> Vec<Wanted> {
    let count = topics.iter().map(|topic| topic.partitions.len()).sum();
    let mut all: Vec<Wanted> = Vec::with_capacity(count);
    let mut places: HashMap<PartitionKey, usize> = HashMap::with_capacity(count);
    for topic in topics {
        let topic_key = topic_key(by_id, &topic.topic, TopicId(topic.topic_id));
        let name = match &topic_key {
            TopicKey::Name(name) => Some(Arc::clone(name)),
            TopicKey::Id(id) => name_of(*id),
        };
        for partition in &topic.partitions {
            let key = PartitionKey { topic: topic_key.clone(), partition: partition.partition };
            match places.entry(key.clone()) {
                Entry::Occupied(place) => all[*place.get()].asked = asked(partition),
                Entry::Vacant(place) => {
                    place.insert(all.len());
                    all.push(Wanted { key, name: name.clone(), asked: asked(partition) });
                }
            }
        }
    }
    all
}

fn topic_key(by_id: bool, name: &StrBytes, id: TopicId) -> TopicKey {
    if by_id { TopicKey::Id(id) } else { TopicKey::Name(name.as_str().into()) }
}

fn asked(partition: &fetch::FetchPartition) -> Asked {
    Asked {
        offset: partition.fetch_offset,
        log_start: partition.log_start_offset,
        bytes_max: partition.partition_max_bytes,
        current_leader_epoch: epoch(partition.current_leader_epoch),
        last_fetched_epoch: epoch(partition.last_fetched_epoch),
    }
}

/// An epoch that the client names; any negative one is none.
fn epoch(epoch: i32) -> Option<i32> {
    (epoch >= 0).then_some(epoch)
}

/// Partitions whose topic is known come first, in the order of the request; then those for which an error is certain.
#[derive(Debug)]
pub(super) struct Plan {
    /// All of them.
    pub wanted: Vec<Wanted>,
    /// The topics of those that are fetched.
    pub fetched: Vec<TopicId>,
    /// The errors of the others.
    pub refused: Vec<ErrorCode>,
}

/// Who asks for records.
pub(super) enum Reader {
    /// A broker, and whether it may act as one.
    Follower(bool),
    /// Anybody else, by what they may read.
    Consumer(Access),
}

impl Reader {
    fn may_read(&self, topic: &str) -> Result<(), ErrorCode> {
        let allowed = match self {
            Reader::Follower(allowed) => *allowed,
            Reader::Consumer(access) => access.topic(AclOperation::Read, topic),
        };
        if allowed { Ok(()) } else { Err(ErrorCode::TopicAuthorizationFailed) }
    }
}

/// Finds out which partitions there are.
pub(super) fn plan(wanted: Vec<Wanted>, image: &ClusterImage, reader: &Reader) -> Plan {
    let mut plan = Plan { wanted: Vec::with_capacity(wanted.len()), fetched: Vec::new(), refused: Vec::new() };
    let mut unknown = Vec::new();
    for wanted in wanted {
        match resolve(&wanted, image, reader) {
            Ok(topic) => {
                plan.fetched.push(topic);
                plan.wanted.push(wanted);
            }
            Err(code) => {
                plan.refused.push(code);
                unknown.push(wanted);
            }
        }
    }
    plan.wanted.append(&mut unknown);
    plan
}

/// The topic that a partition belongs to, if the cluster has both.
fn resolve(wanted: &Wanted, image: &ClusterImage, reader: &Reader) -> Result<TopicId, ErrorCode> {
    match (&wanted.name, reader) {
        (Some(name), _) => reader.may_read(name)?,
        (None, Reader::Follower(false)) => return Err(ErrorCode::TopicAuthorizationFailed),
        (None, _) => {}
    }
    let partition = wanted.key.partition;
    let of_name = |name: &str| image.topic_named(name).filter(|topic| topic.partition(partition).is_some());
    match &wanted.key.topic {
        TopicKey::Name(name) => of_name(name).map(|topic| topic.id).ok_or(ErrorCode::UnknownTopicOrPartition),
        TopicKey::Id(id) => match (image.topic(*id), &wanted.name) {
            (Some(topic), _) if topic.partition(partition).is_some() => Ok(topic.id),
            (Some(_), _) => Err(ErrorCode::UnknownTopicOrPartition),
            (None, None) => Err(ErrorCode::UnknownTopicId),
            // A session knew the topic. Where another has its name now, the client must learn the new id.
            (None, Some(name)) if of_name(name).is_some() => Err(ErrorCode::InconsistentTopicId),
            (None, Some(_)) => Err(ErrorCode::UnknownTopicOrPartition),
        },
    }
}
