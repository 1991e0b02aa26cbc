//! ListPartitionReassignments (46): the partitions that are moving to other replicas (KIP-455).
//!
//! Version 0. Null stands for every topic. What is not there or does not move is left out.

use crate::Api;
use crate::answer::{Answer, Failure, Respond};
use crate::session::RequestContext;
use esker_metadata::{AclOperation, Partition, Topic};
use esker_protocol::messages::list_partition_reassignments::{
    ListPartitionReassignmentsTopics, OngoingPartitionReassignment, OngoingTopicReassignment,
};
use esker_protocol::messages::{ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse};

impl Respond for ListPartitionReassignmentsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: ListPartitionReassignmentsRequest,
) -> Answer<ListPartitionReassignmentsResponse> {
    if let Err(code) = api.access(cx).require_cluster(AclOperation::Describe) {
        return Answer::Now(refused(request.topics.unwrap_or_default(), code.into()));
    }
    let image = api.services.image.current();
    let topics: Vec<OngoingTopicReassignment> = match &request.topics {
        None => image.topics().filter_map(|topic| ongoing(topic, 0..topic.partition_count())).collect(),
        Some(listed) => {
            let known = listed.iter().filter_map(|one| Some((image.topic_named(&one.name)?, one)));
            known.filter_map(|(topic, one)| ongoing(topic, one.partition_indexes.iter().copied())).collect()
        }
    };
    Answer::Now(ListPartitionReassignmentsResponse {
        error_message: None,
        topics,
        ..ListPartitionReassignmentsResponse::default()
    })
}

fn ongoing(topic: &Topic, numbers: impl Iterator<Item = i32>) -> Option<OngoingTopicReassignment> {
    let moving = |partition: &Partition| !partition.adding.is_empty() || !partition.removing.is_empty();
    let known = numbers.filter_map(|number| Some((number, topic.partition(number)?)));
    let rows =
        known.filter(|(_, partition)| moving(partition)).map(|(number, partition)| OngoingPartitionReassignment {
            partition_index: number,
            replicas: partition.replicas.to_vec(),
            adding_replicas: partition.adding.to_vec(),
            removing_replicas: partition.removing.to_vec(),
        });
    let partitions: Vec<OngoingPartitionReassignment> = rows.collect();
    (!partitions.is_empty()).then(|| OngoingTopicReassignment { name: topic.name.as_ref().into(), partitions })
}

/// Kafka repeats the question where it refuses to answer it.
fn refused(topics: Vec<ListPartitionReassignmentsTopics>, failure: Failure) -> ListPartitionReassignmentsResponse {
    let partition = |partition_index| OngoingPartitionReassignment { partition_index, ..Default::default() };
    let of_topic = |topic: ListPartitionReassignmentsTopics| OngoingTopicReassignment {
        name: topic.name,
        partitions: topic.partition_indexes.into_iter().map(partition).collect(),
    };
    let (error_code, error_message) = Failure::parts(Some(failure));
    ListPartitionReassignmentsResponse {
        error_code,
        error_message,
        topics: topics.into_iter().map(of_topic).collect(),
        ..ListPartitionReassignmentsResponse::default()
    }
}
