//! CreatePartitions (37): topics grow, each by itself.
//!
//! Versions 0-3.
//! - 3: a quota on changes may refuse

use crate::answer::{Answer, Failure, Respond};
use crate::mutation_quota::{fill, take, throttle_ms};
use crate::refusal::limit;
use crate::session::RequestContext;
use crate::{Api, ErrorCode, Services};
use esker_controller::{ControllerError, MorePartitions};
use esker_metadata::AclOperation;
use esker_protocol::StrBytes;
use esker_protocol::messages::create_partitions::{CreatePartitionsTopic, CreatePartitionsTopicResult};
use esker_protocol::messages::{CreatePartitionsRequest, CreatePartitionsResponse};
use esker_security::Mutations;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

impl Respond for CreatePartitionsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.results.iter().map(|topic| topic.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: CreatePartitionsRequest,
) -> Answer<CreatePartitionsResponse> {
    let services = Arc::clone(&api.services);
    let (access, mutations) = (api.access(cx), api.mutations(cx, 3));
    let mut seen = HashSet::new();
    let twice: HashSet<StrBytes> =
        request.topics.iter().map(|topic| &topic.name).filter(|name| !seen.insert(*name)).cloned().collect();
    let once = request.topics.into_iter().filter(|topic| !twice.contains(&topic.name));
    let (asked, denied): (Vec<_>, Vec<_>) = once.partition(|topic| access.topic(AclOperation::Alter, &topic.name));
    let names: Vec<StrBytes> = asked.iter().map(|topic| topic.name.clone()).collect();
    let topics: Vec<MorePartitions> = asked.into_iter().map(wanted).collect();
    let (validate_only, limit) = (request.validate_only, limit(request.timeout_ms));
    Answer::later(async move {
        let outcomes = grow(&services, &mutations, topics, validate_only, limit).await;
        let duplicate = || Failure::new(ErrorCode::InvalidRequest, "Duplicate topic name.");
        let duplicates = twice.into_iter().map(|name| row(name, Some(duplicate())));
        let denied = denied.into_iter().map(|topic| row(topic.name, Some(ErrorCode::TopicAuthorizationFailed.into())));
        let rows = names.into_iter().zip(outcomes).map(|(name, outcome)| row(name, outcome.err()));
        let throttle_time_ms = throttle_ms(&mutations, services.env.clock.now());
        CreatePartitionsResponse { results: duplicates.chain(denied).chain(rows).collect(), throttle_time_ms }
    })
}

/// Lets the topics grow that the client's account has room for.
async fn grow(
    services: &Services,
    mutations: &Mutations,
    topics: Vec<MorePartitions>,
    validate_only: bool,
    limit: Duration,
) -> Vec<Result<(), Failure>> {
    let failed = |outcome: Result<(), ControllerError>| outcome.map_err(Failure::from);
    if !mutations.are_limited() {
        let outcomes = services.controller.create_partitions(topics, validate_only, limit).await;
        return outcomes.into_iter().map(failed).collect();
    }
    let (image, now) = (services.image.current(), services.env.clock.now());
    let checked = services.controller.create_partitions(topics.clone(), true, limit).await;
    let mut wanted = Vec::new();
    let mut standing = Vec::with_capacity(topics.len());
    for (topic, outcome) in topics.into_iter().zip(checked) {
        let before = image.topic_named(&topic.topic).map_or(0, |topic| topic.partition_count());
        match failed(outcome).and_then(|()| take(mutations, topic.count.saturating_sub(before), now)) {
            Ok(()) if !validate_only => {
                wanted.push(topic);
                standing.push(None);
            }
            outcome => standing.push(Some(outcome)),
        }
    }
    let grown = services.controller.create_partitions(wanted, false, limit).await;
    fill(standing, grown.into_iter().map(failed).collect())
}

fn wanted(topic: CreatePartitionsTopic) -> MorePartitions {
    let assignments = topic.assignments.map(|lists| lists.into_iter().map(|list| list.broker_ids).collect());
    MorePartitions { topic: topic.name.as_str().into(), count: topic.count, assignments }
}

fn row(name: StrBytes, failure: Option<Failure>) -> CreatePartitionsTopicResult {
    let (error_code, error_message) = Failure::parts(failure);
    CreatePartitionsTopicResult { name, error_code, error_message }
}
