//! AlterPartitionReassignments (45): partitions move to other replicas, and moves are called off (KIP-455).
//!
//! Versions 0-1.
//! - 1: the client may say that the number of replicas must stay (KIP-860)

use crate::Api;
use crate::answer::{Answer, Failure, Respond};
use crate::refusal::limit;
use crate::session::RequestContext;
use esker_controller::{ControllerError, Reassignment};
use esker_metadata::AclOperation;
use esker_protocol::messages::alter_partition_reassignments::{
    ReassignablePartitionResponse, ReassignableTopic, ReassignableTopicResponse,
};
use esker_protocol::messages::{AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse};
use std::sync::Arc;

impl Respond for AlterPartitionReassignmentsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        let partitions = self.responses.iter().flat_map(|topic| &topic.partitions);
        std::iter::once(self.error_code).chain(partitions.map(|partition| partition.error_code))
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: AlterPartitionReassignmentsRequest,
) -> Answer<AlterPartitionReassignmentsResponse> {
    if let Err(code) = api.access(cx).require_cluster(AclOperation::Alter) {
        return Answer::Now(refused(request.topics, &code.into()));
    }
    if request.topics.is_empty() {
        return Answer::Now(AlterPartitionReassignmentsResponse::default());
    }
    let services = Arc::clone(&api.services);
    Answer::later(async move {
        let (limit, may_resize) = (limit(request.timeout_ms), request.allow_replication_factor_change);
        let wanted = request.topics.iter().map(wanted).collect();
        match services.controller.reassign_partitions(wanted, may_resize, limit).await {
            Ok(topics) => AlterPartitionReassignmentsResponse {
                allow_replication_factor_change: may_resize,
                error_message: None,
                responses: topics.into_iter().map(|(name, rows)| of_topic(name, rows)).collect(),
                ..AlterPartitionReassignmentsResponse::default()
            },
            Err(error) => refused(request.topics, &error.into()),
        }
    })
}

fn wanted(topic: &ReassignableTopic) -> (String, Vec<Reassignment>) {
    let partitions = topic
        .partitions
        .iter()
        .map(|partition| Reassignment { partition: partition.partition_index, replicas: partition.replicas.clone() });
    (topic.name.as_str().to_owned(), partitions.collect())
}

fn of_topic(name: String, rows: Vec<(i32, Result<(), ControllerError>)>) -> ReassignableTopicResponse {
    let rows = rows.into_iter().map(|(number, outcome)| row(number, outcome.err().map(Failure::from)));
    ReassignableTopicResponse { name: name.into(), partitions: rows.collect() }
}

fn row(partition_index: i32, failure: Option<Failure>) -> ReassignablePartitionResponse {
    let (error_code, error_message) = Failure::parts(failure);
    ReassignablePartitionResponse { partition_index, error_code, error_message }
}

/// What befell the whole befell each partition.
fn refused(topics: Vec<ReassignableTopic>, failure: &Failure) -> AlterPartitionReassignmentsResponse {
    let of_topic = |topic: ReassignableTopic| ReassignableTopicResponse {
        name: topic.name,
        partitions: topic.partitions.iter().map(|one| row(one.partition_index, Some(failure.clone()))).collect(),
    };
    let (error_code, error_message) = Failure::parts(Some(failure.clone()));
    AlterPartitionReassignmentsResponse {
        error_code,
        error_message,
        responses: topics.into_iter().map(of_topic).collect(),
        ..AlterPartitionReassignmentsResponse::default()
    }
}
