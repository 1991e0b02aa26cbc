//! CreateTopics (19): new topics, each accepted or refused by itself.
//!
//! Versions 2-7.
//! - 4: counts of -1 stand for the broker's defaults
//! - 5: the answer says what the topic is like, configurations included
//! - 6: a quota on changes may refuse
//! - 7: topic ids
//!
//! A name that comes twice is refused once and not created at all. An answer of success comes when this broker serves the topic.

use crate::answer::{Answer, Failure, Respond};
use crate::config_words::source_number;
use crate::refusal::limit;
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_config::BrokerValues;
use esker_controller::{CreatedTopic, NewTopic};
use esker_protocol::StrBytes;
use esker_protocol::messages::create_topics::{CreatableTopic, CreatableTopicConfigs, CreatableTopicResult};
use esker_protocol::messages::{CreateTopicsRequest, CreateTopicsResponse};
use std::collections::HashSet;
use std::sync::Arc;

impl Respond for CreateTopicsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.topics.iter().map(|topic| topic.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: CreateTopicsRequest) -> Answer<CreateTopicsResponse> {
    let services = Arc::clone(&api.services);
    let version = cx.version();
    let mut seen = HashSet::new();
    let twice: HashSet<StrBytes> =
        request.topics.iter().map(|topic| &topic.name).filter(|name| !seen.insert(*name)).cloned().collect();
    let (refused, asked): (Vec<_>, Vec<_>) = request.topics.into_iter().partition(|topic| twice.contains(&topic.name));
    let names: Vec<StrBytes> = asked.iter().map(|topic| topic.name.clone()).collect();
    let topics: Vec<NewTopic> = asked.into_iter().map(wanted).collect();
    let (validate_only, limit) = (request.validate_only, limit(request.timeout_ms));
    Answer::later(async move {
        let outcomes = services.controller.create_topics(topics, validate_only, limit).await;
        let values = services.configs.current();
        let mut rows: Vec<CreatableTopicResult> = names
            .into_iter()
            .zip(outcomes)
            .map(|(name, outcome)| match outcome {
                Ok(created) => row(name, &created, &values, version),
                Err(error) => refusal(name, error.into()),
            })
            .collect();
        let mut named = HashSet::new();
        let duplicates = refused.into_iter().map(|topic| topic.name).filter(|name| named.insert(name.clone()));
        let duplicate = || Failure::new(ErrorCode::InvalidRequest, "Duplicate topic name.");
        rows.extend(duplicates.map(|name| refusal(name, duplicate())));
        CreateTopicsResponse { topics: rows, ..CreateTopicsResponse::default() }
    })
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
