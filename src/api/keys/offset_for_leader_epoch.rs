//! OffsetForLeaderEpoch (23): where a leader epoch ended, so that clients notice that their log diverges (KIP-101, KIP-320).
//!
//! Versions 2-4. The end of an epoch that is newer than all known ones is -1, in epoch -1.

use crate::access::CLUSTER_NAME;
use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::{Api, ErrorCode, faults};
use esker_metadata::{AclOperation, AclResourceType, Topic};
use esker_protocol::messages::offset_for_leader_epoch::{
    EpochEndOffset, OffsetForLeaderPartition, OffsetForLeaderTopic, OffsetForLeaderTopicResult,
};
use esker_protocol::messages::{OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse};

impl Respond for OffsetForLeaderEpochResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.topics.iter().flat_map(|topic| &topic.partitions).map(|partition| partition.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: OffsetForLeaderEpochRequest,
) -> Answer<OffsetForLeaderEpochResponse> {
    let image = api.services.image.current();
    let access = api.access(cx);
    let anywhere = access.sees(AclOperation::ClusterAction, AclResourceType::Cluster, CLUSTER_NAME);
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in request.topics {
        if !anywhere && !access.topic(AclOperation::Describe, &topic.topic) {
            topics.push(denied(topic));
            continue;
        }
        let known = image.topic_named(&topic.topic);
        let row = |asked: &OffsetForLeaderPartition| row(api, known.map(|topic| &**topic), asked);
        let partitions = topic.partitions.iter().map(row).collect();
        topics.push(OffsetForLeaderTopicResult { topic: topic.topic, partitions });
    }
    Answer::Now(OffsetForLeaderEpochResponse { throttle_time_ms: 0, topics })
}

fn denied(topic: OffsetForLeaderTopic) -> OffsetForLeaderTopicResult {
    let code = ErrorCode::TopicAuthorizationFailed.number();
    let row = |asked: &OffsetForLeaderPartition| EpochEndOffset {
        partition: asked.partition,
        error_code: code,
        ..EpochEndOffset::default()
    };
    OffsetForLeaderTopicResult { partitions: topic.partitions.iter().map(row).collect(), topic: topic.topic }
}

fn row(api: &Api, topic: Option<&Topic>, asked: &OffsetForLeaderPartition) -> EpochEndOffset {
    let row = EpochEndOffset { partition: asked.partition, ..EpochEndOffset::default() };
    let Some(topic) = topic.filter(|topic| topic.partition(asked.partition).is_some()) else {
        return EpochEndOffset { error_code: ErrorCode::UnknownTopicOrPartition.number(), ..row };
    };
    let current = Some(asked.current_leader_epoch).filter(|epoch| *epoch != -1);
    match api.services.replicas.end_offset_for_epoch(topic.id, asked.partition, current, asked.leader_epoch) {
        Ok((leader_epoch, end_offset)) => EpochEndOffset { leader_epoch, end_offset, ..row },
        Err(fault) => EpochEndOffset { error_code: faults::epoch_end(&fault).number(), ..row },
    }
}
