//! DeleteTopics (20): topics go, each by itself.
//!
//! Versions 1-6.
//! - 3: a broker that deletes no topics has an error of its own for that
//! - 5: sentences; a quota on changes may refuse
//! - 6: topics by name or by id
//!
//! Whoever names a topic twice, by whatever means, deletes it not even once.

use crate::answer::{Answer, Failure, Respond};
use crate::refusal::limit;
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_metadata::ClusterImage;
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
    let limit = limit(request.timeout_ms);
    let Asked { mut rows, found } = Asked::read(request, &services.image.current());
    Answer::later(async move {
        let ids: Vec<TopicId> = found.keys().copied().collect();
        let outcomes = services.controller.delete_topics(ids, limit).await;
        for ((id, name), outcome) in found.into_iter().zip(outcomes) {
            rows.push(row(Some(name), id, outcome.err().map(Failure::from)));
        }
        DeleteTopicsResponse { responses: rows, ..DeleteTopicsResponse::default() }
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
    /// The answers that stand already.
    rows: Vec<DeletableTopicResult>,
    /// Topics to delete, with their names.
    found: BTreeMap<TopicId, StrBytes>,
}

impl Asked {
    fn read(request: DeleteTopicsRequest, image: &ClusterImage) -> Self {
        let mut asked = Self { rows: Vec::new(), found: BTreeMap::new() };
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

    fn find_ids(&mut self, ids: BTreeSet<TopicId>, image: &ClusterImage) {
        for id in ids {
            match image.topic(id) {
                Some(topic) => drop(self.found.insert(id, topic.name.as_ref().into())),
                None => {
                    let text = "This server does not host this topic ID.";
                    self.rows.push(row(None, id, Some(Failure::new(ErrorCode::UnknownTopicId, text))));
                }
            }
        }
    }

    fn find_names(&mut self, names: BTreeSet<StrBytes>, ids_twice: &BTreeSet<TopicId>, image: &ClusterImage) {
        for name in names {
            let Some(topic) = image.topic_named(&name) else {
                let text = "This server does not host this topic-partition.";
                let failure = Failure::new(ErrorCode::UnknownTopicOrPartition, text);
                self.rows.push(row(Some(name), TopicId::ZERO, Some(failure)));
                continue;
            };
            if ids_twice.contains(&topic.id) || self.found.remove(&topic.id).is_some() {
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
