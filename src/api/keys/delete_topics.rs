//! DeleteTopics (20): topics go, each by itself.
//!
//! Versions 1-6.
//! - 3: a broker that deletes no topics has an error of its own for that
//! - 5: sentences; a quota on changes may refuse
//! - 6: topics by name or by id
//!
//! Whoever names a topic twice, by whatever means, deletes it not even once.

use crate::access::{Access, CLUSTER_NAME, denied};
use crate::answer::{Answer, Failure, Respond};
use crate::mutation_quota::{take, throttle_ms};
use crate::refusal::limit;
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_metadata::{AclOperation, AclResourceType, ClusterImage};
use esker_model::TopicId;
use esker_protocol::StrBytes;
use esker_protocol::messages::delete_topics::{DeletableTopicResult, DeleteTopicState};
use esker_protocol::messages::{DeleteTopicsRequest, DeleteTopicsResponse};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Respond for DeleteTopicsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.responses.iter().map(|topic| topic.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: DeleteTopicsRequest) -> Answer<DeleteTopicsResponse> {
    let services = Arc::clone(&api.services);
    if !services.config.topics.delete_enabled {
        return Answer::Now(disabled(cx.version(), &request));
    }
    let (limit, mutations, image) = (limit(request.timeout_ms), api.mutations(cx, 5), services.image.current());
    let Asked { mut rows, mut found, access: _ } = Asked::read(request, &image, api.access(cx));
    let now = services.env.clock.now();
    found.retain(|id, name| {
        let partitions = image.topic(*id).map_or(0, |topic| topic.partition_count());
        match take(&mutations, partitions, now) {
            Ok(()) => true,
            Err(failure) => {
                rows.push(row(Some(name.clone()), *id, Some(failure)));
                false
            }
        }
    });
    Answer::later(async move {
        let ids: Vec<TopicId> = found.keys().copied().collect();
        let outcomes = services.controller.delete_topics(ids, limit).await;
        for ((id, name), outcome) in found.into_iter().zip(outcomes) {
            rows.push(row(Some(name), id, outcome.err().map(Failure::from)));
        }
        let throttle_time_ms = throttle_ms(&mutations, services.env.clock.now());
        DeleteTopicsResponse { responses: rows, throttle_time_ms }
    })
}

fn row(name: Option<StrBytes>, id: TopicId, failure: Option<Failure>) -> DeletableTopicResult {
    let (error_code, error_message) = Failure::parts(failure);
    DeletableTopicResult { name, topic_id: id.0, error_code, error_message }
}

fn invalid(text: &str) -> Option<Failure> {
    Some(Failure::new(ErrorCode::InvalidRequest, text))
}

/// The answer of a broker that deletes no topics.
fn disabled(version: i16, request: &DeleteTopicsRequest) -> DeleteTopicsResponse {
    let code = if version < 3 { ErrorCode::InvalidRequest } else { ErrorCode::TopicDeletionDisabled };
    let named = request.topic_names.iter().map(|name| row(Some(name.clone()), TopicId::ZERO, Some(code.into())));
    let either = |topic: &DeleteTopicState| row(topic.name.clone(), TopicId(topic.topic_id), Some(code.into()));
    let responses = named.chain(request.topics.iter().map(either)).collect();
    DeleteTopicsResponse { responses, ..DeleteTopicsResponse::default() }
}

/// What a request asks for.
struct Asked {
    access: Access,
    /// The answers that stand already.
    rows: Vec<DeletableTopicResult>,
    /// Topics to delete, with their names.
    found: BTreeMap<TopicId, StrBytes>,
}

impl Asked {
    fn read(request: DeleteTopicsRequest, image: &ClusterImage, access: Access) -> Self {
        let mut asked = Self { access, rows: Vec::new(), found: BTreeMap::new() };
        let (mut names, mut ids) = (Once::default(), Once::default());
        request.topic_names.into_iter().for_each(|name| names.add(name));
        for topic in request.topics {
            let id = TopicId(topic.topic_id);
            match (topic.name, id.is_zero()) {
                (None, true) => {
                    asked.rows.push(row(None, id, invalid("Neither topic name nor id were specified.")));
                }
                (None, false) => ids.add(id),
                (Some(name), true) => names.add(name),
                (Some(name), false) => {
                    let text = "You may not specify both topic name and topic id.";
                    asked.rows.push(row(Some(name), id, invalid(text)));
                }
            }
        }
        for name in names.twice {
            asked.rows.push(row(Some(name), TopicId::ZERO, invalid("Duplicate topic name.")));
        }
        for id in &ids.twice {
            asked.rows.push(row(None, *id, invalid("Duplicate topic id.")));
        }
        asked.find_ids(ids.once, image);
        asked.find_names(names.once, &ids.twice, image);
        asked
    }

    /// Whether whoever asks may do something with a topic, or with all of them.
    fn may(&self, operation: AclOperation, name: &str) -> bool {
        self.access.sees(AclOperation::Delete, AclResourceType::Cluster, CLUSTER_NAME)
            || self.access.topic(operation, name)
    }

    fn find_ids(&mut self, ids: BTreeSet<TopicId>, image: &ClusterImage) {
        for id in ids {
            match image.topic(id) {
                Some(topic) if self.may(AclOperation::Delete, &topic.name) => {
                    self.found.insert(id, topic.name.as_ref().into());
                }
                Some(topic) => {
                    // The name is told to those only who may see the topic.
                    let name = self.may(AclOperation::Describe, &topic.name).then(|| topic.name.as_ref().into());
                    self.rows.push(row(name, id, Some(denied(AclResourceType::Topic))));
                }
                None => {
                    let text = "This server does not host this topic ID.";
                    self.rows.push(row(None, id, Some(Failure::new(ErrorCode::UnknownTopicId, text))));
                }
            }
        }
    }

    fn find_names(&mut self, names: BTreeSet<StrBytes>, ids_twice: &BTreeSet<TopicId>, image: &ClusterImage) {
        for name in names {
            if !self.may(AclOperation::Describe, &name) {
                self.rows.push(row(Some(name), TopicId::ZERO, Some(denied(AclResourceType::Topic))));
                continue;
            }
            let Some(topic) = image.topic_named(&name) else {
                let text = "This server does not host this topic-partition.";
                let failure = Failure::new(ErrorCode::UnknownTopicOrPartition, text);
                self.rows.push(row(Some(name), TopicId::ZERO, Some(failure)));
                continue;
            };
            if !self.may(AclOperation::Delete, &name) {
                self.rows.push(row(Some(name), TopicId::ZERO, Some(denied(AclResourceType::Topic))));
            } else if ids_twice.contains(&topic.id) || self.found.remove(&topic.id).is_some() {
                let text = "The provided topic name maps to an ID that was already supplied.";
                self.rows.push(row(Some(name), topic.id, invalid(text)));
            } else {
                self.found.insert(topic.id, name);
            }
        }
    }
}

/// Sorts what comes once from what comes more often.
struct Once<T> {
    once: BTreeSet<T>,
    twice: BTreeSet<T>,
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self { once: BTreeSet::new(), twice: BTreeSet::new() }
    }
}

impl<T: Ord + Clone> Once<T> {
    fn add(&mut self, item: T) {
        if self.twice.contains(&item) || !self.once.insert(item.clone()) {
            self.once.remove(&item);
            self.twice.insert(item);
        }
    }
}
