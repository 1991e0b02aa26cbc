//! DeleteRecords (21): moves the log start of partitions forward (KIP-107).
//!
//! Versions 0-2. Offset -1 means everything that is replicated. A topic that is only compacted is POLICY_VIOLATION. The answer leaves when
//! what was deleted can come back in neither tier; where that takes longer than the client's timeout it is REQUEST_TIMED_OUT.
//! Of a partition that is named twice the last offset counts.

use crate::answer::{Answer, Respond};
use crate::by_topic::ByTopic;
use crate::session::RequestContext;
use crate::{Api, ErrorCode, faults};
use esker_metadata::{AclOperation, ClusterImage};
use esker_model::{Offset, is_internal_topic};
use esker_protocol::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsPartitionResult, DeleteRecordsTopicResult,
};
use esker_protocol::messages::{DeleteRecordsRequest, DeleteRecordsResponse};
use esker_replication::DeleteFault;
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use std::time::Duration;

/// Asks for everything up to the high watermark.
const HIGH_WATERMARK: Offset = -1;

impl Respond for DeleteRecordsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.topics.iter().flat_map(|topic| &topic.partitions).map(|partition| partition.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: DeleteRecordsRequest) -> Answer<DeleteRecordsResponse> {
    let (image, access) = (api.services.image.current(), api.access(cx));
    let limit = Duration::from_millis(u64::try_from(request.timeout_ms).unwrap_or(0));
    let mut asked = ByTopic::new();
    for topic in request.topics {
        let place = asked.topic(&topic.name);
        for partition in topic.partitions {
            asked.add(place, partition.partition_index, partition, |known, partition| *known = partition);
        }
    }
    let (mut topics, mut places, mut coming) = (Vec::new(), Vec::new(), Vec::new());
    for (name, asked) in asked.into_topics() {
        let mut partitions = Vec::with_capacity(asked.len());
        let allowed = access.topic(AclOperation::Delete, &name);
        for asked in &asked {
            let begun = if allowed {
                begin(api, &image, &name, asked, limit)
            } else {
                Err(ErrorCode::TopicAuthorizationFailed)
            };
            let code = match begun {
                Ok(deleting) => {
                    coming.push(deleting);
                    places.push((topics.len(), partitions.len()));
                    ErrorCode::None
                }
                Err(code) => code,
            };
            partitions.push(row(asked.partition_index, Err(code)));
        }
        topics.push(DeleteRecordsTopicResult { name: name.detach(), partitions });
    }
    Answer::settle(join_all(coming).map(move |deleted| {
        for ((topic, partition), deleted) in places.into_iter().zip(deleted) {
            let place: &mut DeleteRecordsPartitionResult = &mut topics[topic].partitions[partition];
            *place = row(place.partition_index, deleted.map_err(|fault| faults::delete(&fault)));
        }
        DeleteRecordsResponse { throttle_time_ms: 0, topics }
    }))
}

fn begin(
    api: &Api,
    image: &ClusterImage,
    name: &str,
    asked: &DeleteRecordsPartition,
    limit: Duration,
) -> Result<BoxFuture<'static, Result<Offset, DeleteFault>>, ErrorCode> {
    let topic = image.topic_named(name).ok_or(ErrorCode::UnknownTopicOrPartition)?;
    topic.partition(asked.partition_index).ok_or(ErrorCode::UnknownTopicOrPartition)?;
    if is_internal_topic(name) {
        return Err(ErrorCode::InvalidTopicException);
    }
    let offset = (asked.offset != HIGH_WATERMARK).then_some(asked.offset);
    Ok(api.services.replicas.delete_records(topic.id, asked.partition_index, offset, limit).boxed())
}

/// The row of a partition: where its log starts now.
fn row(index: i32, deleted: Result<Offset, ErrorCode>) -> DeleteRecordsPartitionResult {
    DeleteRecordsPartitionResult {
        partition_index: index,
        low_watermark: deleted.unwrap_or(-1),
        error_code: deleted.err().map_or(0, ErrorCode::number),
    }
}
