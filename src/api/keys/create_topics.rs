//! CreateTopics (19): new topics, each accepted or refused by itself.
//!
//! Versions 2-7.
//! - 4: counts of -1 stand for the broker's defaults
//! - 5: the answer says what the topic is like, configurations included
//! - 6: a quota on changes may refuse
//! - 7: topic ids
//!
//! A name that comes twice is refused once and not created at all. An answer of success comes when this broker serves the topic.

use crate::access::CLUSTER_NAME;
use crate::answer::{Answer, Failure, Respond};
use crate::config_words::source_number;
use crate::mutation_quota::{fill, take, throttle_ms};
use crate::refusal::limit;
use crate::session::RequestContext;
use crate::{Api, ErrorCode, Services};
use esker_config::BrokerValues;
use esker_controller::{ControllerError, CreatedTopic, NewTopic};
use esker_metadata::{AclOperation, AclResourceType};
use esker_protocol::StrBytes;
use esker_protocol::messages::create_topics::{CreatableTopic, CreatableTopicConfigs, CreatableTopicResult};
use esker_protocol::messages::{CreateTopicsRequest, CreateTopicsResponse};
use esker_security::Mutations;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

impl Respond for CreateTopicsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.topics.iter().map(|topic| topic.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: CreateTopicsRequest) -> Answer<CreateTopicsResponse> {
    let services = Arc::clone(&api.services);
    let (version, access, mutations) = (cx.version(), api.access(cx), api.mutations(cx, 6));
    let mut seen = HashSet::new();
    let twice: HashSet<StrBytes> =
        request.topics.iter().map(|topic| &topic.name).filter(|name| !seen.insert(*name)).cloned().collect();
    let (refused, once): (Vec<_>, Vec<_>) = request.topics.into_iter().partition(|topic| twice.contains(&topic.name));
    let everywhere = access.sees(AclOperation::Create, AclResourceType::Cluster, CLUSTER_NAME);
    let may_create =
        |topic: &CreatableTopic| everywhere || access.topic(AclOperation::Create, &topic.name) || is_reserved(topic);
    let (asked, denied): (Vec<_>, Vec<_>) = once.into_iter().partition(may_create);
    let names: Vec<StrBytes> = asked.iter().map(|topic| topic.name.clone()).collect();
    let topics: Vec<NewTopic> = asked.into_iter().map(wanted).collect();
    let (validate_only, limit) = (request.validate_only, limit(request.timeout_ms));
    Answer::later(async move {
        let outcomes = create(&services, &mutations, topics, validate_only, limit).await;
        let values = services.configs.current();
        let row = |(name, outcome): (StrBytes, Result<CreatedTopic, Failure>)| match outcome {
            Ok(created) if access.sees(AclOperation::DescribeConfigs, AclResourceType::Topic, &name) => {
                row(name, &created, &values, version)
            }
            Ok(created) => undescribed(name, &created),
            Err(failure) => refusal(name, failure),
        };
        let mut rows: Vec<CreatableTopicResult> = names.into_iter().zip(outcomes).map(row).collect();
        let mut named = HashSet::new();
        let duplicates = refused.into_iter().map(|topic| topic.name).filter(|name| named.insert(name.clone()));
        let duplicate = || Failure::new(ErrorCode::InvalidRequest, "Duplicate topic name.");
        rows.extend(duplicates.map(|name| refusal(name, duplicate())));
        let unauthorised = || Failure::new(ErrorCode::TopicAuthorizationFailed, "Authorization failed.");
        rows.extend(denied.into_iter().map(|topic| refusal(topic.name, unauthorised())));
        let throttle_time_ms = throttle_ms(&mutations, services.env.clock.now());
        CreateTopicsResponse { topics: rows, throttle_time_ms }
    })
}

/// Whether nobody may create a topic of this name, whatever rules say.
fn is_reserved(topic: &CreatableTopic) -> bool {
    topic.name == "__cluster_metadata"
}

/// Creates the topics that the client's account has room for.
async fn create(
    services: &Services,
    mutations: &Mutations,
    topics: Vec<NewTopic>,
    validate_only: bool,
    limit: Duration,
) -> Vec<Result<CreatedTopic, Failure>> {
    let failed = |outcome: Result<CreatedTopic, ControllerError>| outcome.map_err(Failure::from);
    if !mutations.are_limited() {
        let outcomes = services.controller.create_topics(topics, validate_only, limit).await;
        return outcomes.into_iter().map(failed).collect();
    }
    let checked = services.controller.create_topics(topics.clone(), true, limit).await;
    let now = services.env.clock.now();
    let mut wanted = Vec::new();
    let mut standing = Vec::with_capacity(topics.len());
    for (topic, outcome) in topics.into_iter().zip(checked) {
        let outcome = failed(outcome).and_then(|created| take(mutations, created.partitions, now).map(|()| created));
        match outcome {
            Ok(_) if !validate_only => {
                wanted.push(topic);
                standing.push(None);
            }
            outcome => standing.push(Some(outcome)),
        }
    }
    let created = services.controller.create_topics(wanted, false, limit).await;
    fill(standing, created.into_iter().map(failed).collect())
}

/// The answer about a new topic to somebody who may not see its configuration.
fn undescribed(name: StrBytes, created: &CreatedTopic) -> CreatableTopicResult {
    CreatableTopicResult {
        name,
        topic_id: created.id.0,
        topic_config_error_code: ErrorCode::TopicAuthorizationFailed.number(),
        ..CreatableTopicResult::default()
    }
}

fn wanted(topic: CreatableTopic) -> NewTopic {
    let text = |text: &StrBytes| text.as_str().to_owned();
    NewTopic {
        name: topic.name.as_str().into(),
        partitions: topic.num_partitions,
        replication_factor: topic.replication_factor,
        assignments: topic.assignments.into_iter().map(|one| (one.partition_index, one.broker_ids)).collect(),
        configs: topic.configs.iter().map(|one| (text(&one.name), one.value.as_ref().map(text))).collect(),
    }
}

fn row(name: StrBytes, created: &CreatedTopic, values: &BrokerValues, version: i16) -> CreatableTopicResult {
    let described = if version >= 5 { values.describe_topic(&created.configs) } else { Vec::new() };
    let config = |config: esker_config::DescribedConfig| CreatableTopicConfigs {
        name: config.name.into(),
        value: config.value.map(StrBytes::from),
        read_only: config.read_only,
        config_source: source_number(config.source),
        is_sensitive: config.sensitive,
    };
    CreatableTopicResult {
        name,
        topic_id: created.id.0,
        error_message: None,
        num_partitions: created.partitions,
        replication_factor: created.replication_factor,
        configs: Some(described.into_iter().map(config).collect()),
        ..CreatableTopicResult::default()
    }
}

fn refusal(name: StrBytes, failure: Failure) -> CreatableTopicResult {
    let (error_code, error_message) = Failure::parts(Some(failure));
    CreatableTopicResult { name, error_code, error_message, ..CreatableTopicResult::default() }
}
