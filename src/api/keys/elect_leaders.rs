//! ElectLeaders (43): partitions get their preferred leader, or any leader at all (KIP-183, KIP-460).
//!
//! Versions 0-2.
//! - 0: the preferred leader only
//! - 1: unclean elections too, and an error code for the whole
//!
//! Null stands for every partition; then those that need no election are left out.

use crate::answer::{Answer, Failure, Respond};
use crate::refusal::limit;
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_controller::{ControllerError, WantedLeader};
use esker_metadata::AclOperation;
use esker_protocol::messages::elect_leaders::{PartitionResult, ReplicaElectionResult, TopicPartitions};
use esker_protocol::messages::{ElectLeadersRequest, ElectLeadersResponse};
use std::sync::Arc;

impl Respond for ElectLeadersResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        let partitions = self.replica_election_results.iter().flat_map(|topic| &topic.partition_result);
        std::iter::once(self.error_code).chain(partitions.map(|partition| partition.error_code))
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: ElectLeadersRequest) -> Answer<ElectLeadersResponse> {
    let version = cx.version();
    if let Err(code) = api.access(cx).require_cluster(AclOperation::Alter) {
        return Answer::Now(refused(version, request.topic_partitions, &code.into()));
    }
    let wanted = match request.election_type {
        0 => WantedLeader::Preferred,
        1 => WantedLeader::Anybody,
        other => {
            let failure = Failure::new(ErrorCode::InvalidRequest, format!("Unknown election type {other}"));
            return Answer::Now(refused(version, request.topic_partitions, &failure));
        }
    };
    let services = Arc::clone(&api.services);
    Answer::later(async move {
        let listed = request.topic_partitions.as_ref().map(|topics| {
            topics.iter().map(|topic| (topic.topic.as_str().to_owned(), topic.partitions.clone())).collect()
        });
        match services.controller.elect_leaders(wanted, listed, limit(request.timeout_ms)).await {
            Ok(topics) => ElectLeadersResponse {
                replica_election_results: topics.into_iter().map(|(topic, rows)| of_topic(topic, rows)).collect(),
                ..ElectLeadersResponse::default()
            },
            Err(error) => refused(version, request.topic_partitions, &error.into()),
        }
    })
}

fn of_topic(topic: String, rows: Vec<(i32, Result<(), ControllerError>)>) -> ReplicaElectionResult {
    let rows = rows.into_iter().map(|(number, outcome)| row(number, outcome.err().map(Failure::from)));
    ReplicaElectionResult { topic: topic.into(), partition_result: rows.collect() }
}

fn row(partition_id: i32, failure: Option<Failure>) -> PartitionResult {
    let (error_code, error_message) = Failure::parts(failure);
    PartitionResult { partition_id, error_code, error_message }
}

/// What befell the whole befell each partition. Version 0 cannot say it of the whole.
fn refused(version: i16, topics: Option<Vec<TopicPartitions>>, failure: &Failure) -> ElectLeadersResponse {
    let of_topic = |topic: TopicPartitions| ReplicaElectionResult {
        topic: topic.topic,
        partition_result: topic.partitions.into_iter().map(|number| row(number, Some(failure.clone()))).collect(),
    };
    ElectLeadersResponse {
        error_code: if version >= 1 { failure.code.number() } else { 0 },
        replica_election_results: topics.unwrap_or_default().into_iter().map(of_topic).collect(),
        ..ElectLeadersResponse::default()
    }
}
