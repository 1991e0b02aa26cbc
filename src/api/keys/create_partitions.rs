//! CreatePartitions (37): topics grow, each by itself.
//!
//! Versions 0-3.
//! - 3: a quota on changes may refuse

use crate::answer::{Answer, Failure, Respond};
use crate::refusal::limit;
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_controller::MorePartitions;
use esker_protocol::StrBytes;
use esker_protocol::messages::create_partitions::{CreatePartitionsTopic, CreatePartitionsTopicResult};
use esker_protocol::messages::{CreatePartitionsRequest, CreatePartitionsResponse};
use std::collections::HashSet;
use std::sync::Arc;

impl Respond for CreatePartitionsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.results.iter().map(|topic| topic.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    _cx: &RequestContext,
    request: CreatePartitionsRequest,
) -> Answer<CreatePartitionsResponse> {
    let services = Arc::clone(&api.services);
    let mut seen = HashSet::new();
    let twice: HashSet<StrBytes> =
        request.topics.iter().map(|topic| &topic.name).filter(|name| !seen.insert(*name)).cloned().collect();
    let asked: Vec<CreatePartitionsTopic> =
        request.topics.into_iter().filter(|topic| !twice.contains(&topic.name)).collect();
    let names: Vec<StrBytes> = asked.iter().map(|topic| topic.name.clone()).collect();
    let topics: Vec<MorePartitions> = asked.into_iter().map(wanted).collect();
    let (validate_only, limit) = (request.validate_only, limit(request.timeout_ms));
    Answer::later(async move {
        let outcomes = services.controller.create_partitions(topics, validate_only, limit).await;
        let duplicate = || Failure::new(ErrorCode::InvalidRequest, "Duplicate topic name.");
        let duplicates = twice.into_iter().map(|name| row(name, Some(duplicate())));
        let rows = names.into_iter().zip(outcomes).map(|(name, outcome)| row(name, outcome.err().map(Failure::from)));
        CreatePartitionsResponse { results: duplicates.chain(rows).collect(), ..CreatePartitionsResponse::default() }
    })
}

fn wanted(topic: CreatePartitionsTopic) -> MorePartitions {
    let assignments = topic.assignments.map(|lists| lists.into_iter().map(|list| list.broker_ids).collect());
    MorePartitions { topic: topic.name.as_str().into(), count: topic.count, assignments }
}

fn row(name: StrBytes, failure: Option<Failure>) -> CreatePartitionsTopicResult {
    let (error_code, error_message) = Failure::parts(failure);
    CreatePartitionsTopicResult { name, error_code, error_message }
}
