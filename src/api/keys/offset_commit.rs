//! OffsetCommit (8): how far a group has come is remembered.
//!
//! Versions 2-10.
//! - 2-4: how long the offsets are kept; 6: leader epochs; 7: static members
//! - 9: members of consumer groups, with their epochs (KIP-848); 10: topics by their ids
//!
//! Partitions that are not there are refused one by one; what remains is the coordinator's to judge as a whole.

use crate::access::Access;
use crate::answer::{Answer, Respond};
use crate::groups::{answer, number, optional, text};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_coordinator::group::{CommitAnswer, CommitPartition, CommitRequest, CommitTopic, GroupError};
use esker_metadata::{AclOperation, ClusterImage, Topic};
use esker_model::TopicId;
use esker_protocol::messages::offset_commit::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use esker_protocol::messages::{OffsetCommitRequest, OffsetCommitResponse};
use std::sync::Arc;

impl Respond for OffsetCommitResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.topics.iter().flat_map(|topic| &topic.partitions).map(|partition| partition.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: OffsetCommitRequest) -> Answer<OffsetCommitResponse> {
    let version = cx.version();
    let (image, access) = (api.services.image.current(), api.access(cx));
    if !access.group(AclOperation::Read, &request.group_id) {
        return Answer::Now(denied(&request));
    }
    let mut rows = Vec::with_capacity(request.topics.len());
    let mut topics = Vec::new();
    // For each topic that goes to the coordinator: its row, and the places of its partitions in it.
    let mut places: Vec<(usize, Vec<usize>)> = Vec::new();
    for topic in request.topics.iter().filter(|topic| !topic.partitions.is_empty()) {
        let (row, commit, place) = sort(topic, version, &image, &access);
        if let Some(commit) = commit {
            topics.push(commit);
            places.push((rows.len(), place));
        }
        rows.push(row);
    }
    if topics.is_empty() {
        return Answer::Now(OffsetCommitResponse { throttle_time_ms: 0, topics: rows });
    }
    let commit = CommitRequest {
        group: text(&request.group_id),
        generation: request.generation_id_or_member_epoch,
        member: text(&request.member_id),
        instance: optional(&request.group_instance_id),
        retention_ms: if (2..=4).contains(&version) { request.retention_time_ms } else { -1 },
        topics,
        member_epochs: version >= 9,
        producer: None,
    };
    answer(api.services.groups.commit(&commit), move |committed| fill(rows, &places, committed))
}

/// The row of a topic, and what of it goes to the coordinator.
fn sort(
    asked: &OffsetCommitRequestTopic,
    version: i16,
    image: &ClusterImage,
    access: &Access,
) -> (OffsetCommitResponseTopic, Option<CommitTopic>, Vec<usize>) {
    let by_id = version >= 10;
    let (topic, unknown) = if by_id {
        (image.topic(TopicId(asked.topic_id)), ErrorCode::UnknownTopicId)
    } else {
        (image.topic_named(&asked.name), ErrorCode::UnknownTopicOrPartition)
    };
    let row = |partitions| OffsetCommitResponseTopic {
        name: if by_id { Default::default() } else { asked.name.detach() },
        topic_id: asked.topic_id,
        partitions,
    };
    // Whoever gives an id need not know the name, which decides what may be done.
    let name = if by_id { topic.map(|topic| &*topic.name) } else { Some(asked.name.as_str()) };
    let found = if name.is_some_and(|name| !access.topic(AclOperation::Read, name)) {
        Err(ErrorCode::TopicAuthorizationFailed)
    } else {
        topic.ok_or(unknown)
    };
    let topic = match found {
        Ok(topic) => topic,
        Err(code) => {
            let rows = asked.partitions.iter().map(|one| code_row(one.partition_index, code)).collect();
            return (row(rows), None, Vec::new());
        }
    };
    let (mut rows, mut partitions, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for (at, one) in asked.partitions.iter().enumerate() {
        let known = topic.partition(one.partition_index).is_some();
        let code = if known { ErrorCode::None } else { ErrorCode::UnknownTopicOrPartition };
        rows.push(code_row(one.partition_index, code));
        if known {
            partitions.push(commit_partition(one));
            places.push(at);
        }
    }
    let commit = (!partitions.is_empty()).then(|| commit_topic(topic, partitions));
    (row(rows), commit, places)
}

/// Everything is refused, since the group must not be touched.
fn denied(request: &OffsetCommitRequest) -> OffsetCommitResponse {
    let code = ErrorCode::GroupAuthorizationFailed;
    let topic = |asked: &OffsetCommitRequestTopic| OffsetCommitResponseTopic {
        name: asked.name.detach(),
        topic_id: asked.topic_id,
        partitions: asked.partitions.iter().map(|one| code_row(one.partition_index, code)).collect(),
    };
    OffsetCommitResponse { throttle_time_ms: 0, topics: request.topics.iter().map(topic).collect() }
}

fn code_row(partition_index: i32, code: ErrorCode) -> OffsetCommitResponsePartition {
    OffsetCommitResponsePartition { partition_index, error_code: code.number() }
}

fn commit_topic(topic: &Topic, partitions: Vec<CommitPartition>) -> CommitTopic {
    CommitTopic { name: Arc::clone(&topic.name), id: topic.id, partitions }
}

fn commit_partition(asked: &OffsetCommitRequestPartition) -> CommitPartition {
    CommitPartition {
        partition: asked.partition_index,
        offset: asked.committed_offset,
        leader_epoch: asked.committed_leader_epoch,
        metadata: asked.committed_metadata.as_deref().map(Box::from),
    }
}

/// Puts what the coordinator says into the rows.
fn fill(
    mut rows: Vec<OffsetCommitResponseTopic>,
    places: &[(usize, Vec<usize>)],
    committed: Result<CommitAnswer, GroupError>,
) -> OffsetCommitResponse {
    let fault_of = |topic: usize, partition: usize| match &committed {
        Ok(faults) => faults.get(topic).and_then(|faults| faults.get(partition)).copied().flatten(),
        Err(error) => Some(error.fault),
    };
    for (topic, (row, partitions)) in places.iter().enumerate() {
        for (partition, place) in partitions.iter().enumerate() {
            rows[*row].partitions[*place].error_code = number(fault_of(topic, partition));
        }
    }
    OffsetCommitResponse { throttle_time_ms: 0, topics: rows }
}
