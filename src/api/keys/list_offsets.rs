//! ListOffsets (2): finds offsets by timestamp, or the borders of a partition.
//!
//! Versions 1-11.
//! - 2: isolation level: read-committed consumers are told the last stable offset as the latest one
//! - 4: leader epochs, in question and answer (KIP-320)
//! - 5: OFFSET_NOT_AVAILABLE; before, LEADER_NOT_AVAILABLE
//! - 7: -3, the record with the largest timestamp (KIP-734)
//! - 8: -4, the earliest local offset (KIP-405)
//! - 9: -5, the last offset in the tier (KIP-1005)
//! - 10: how long the tier is waited for (KIP-1075)
//! - 11: -6, the first offset that is not in the tier (KIP-1023)
//!
//! Where no record is meant, offset and timestamp are -1, without an error. The epoch told is the record's, or the current one for
//! the latest offset. A partition that is named twice is INVALID_REQUEST, once.

use crate::access::Access;
use crate::answer::{Answer, Respond};
use crate::by_topic::ByTopic;
use crate::session::RequestContext;
use crate::{Api, ErrorCode, faults};
use esker_metadata::{AclOperation, ClusterImage};
use esker_protocol::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use esker_protocol::messages::{ListOffsetsRequest, ListOffsetsResponse};
use esker_replication::{FoundOffset, Isolation, ListFault, ListOffset, OffsetSpec};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use std::time::Duration;

/// The replica id of consumers. Others, followers and debugging clients, are told where the log ends.
const CONSUMER: i32 = -1;
/// First version with leader epochs in the answer.
const EPOCHS_SINCE: i16 = 4;

impl Respond for ListOffsetsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.topics.iter().flat_map(|topic| &topic.partitions).map(|partition| partition.error_code)
    }
}

/// A partition that is asked about.
struct Asked {
    partition: ListOffsetsPartition,
    repeated: bool,
}

type Found = Result<Option<FoundOffset>, ListFault>;

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: ListOffsetsRequest) -> Answer<ListOffsetsResponse> {
    let (image, version) = (api.services.image.current(), cx.version());
    let isolation = super::isolation(request.isolation_level).ok_or(ErrorCode::UnknownServerError);
    let lookup = Lookup {
        api,
        image: &image,
        access: api.access(cx),
        version,
        isolation: isolation.map(|isolation| (request.replica_id == CONSUMER).then_some(isolation)),
        limit: u64::try_from(request.timeout_ms).ok().filter(|ms| *ms > 0).map(Duration::from_millis),
    };
    let mut asked = ByTopic::new();
    for topic in request.topics {
        let place = asked.topic(&topic.name);
        for partition in topic.partitions {
            let index = partition.partition_index;
            asked.add(place, index, Asked { partition, repeated: false }, |known, _| known.repeated = true);
        }
    }
    let (mut topics, mut places, mut coming) = (Vec::new(), Vec::new(), Vec::new());
    for (name, asked) in asked.into_topics() {
        let mut partitions = Vec::with_capacity(asked.len());
        for asked in &asked {
            let index = asked.partition.partition_index;
            match lookup.begin(&name, asked) {
                Ok(found) => {
                    coming.push(found);
                    places.push((topics.len(), partitions.len()));
                    partitions.push(without_offset(index, ErrorCode::None));
                }
                Err(code) => partitions.push(without_offset(index, code)),
            }
        }
        topics.push(ListOffsetsTopicResponse { name: name.detach(), partitions });
    }
    Answer::settle(join_all(coming).map(move |found| {
        for ((topic, partition), found) in places.into_iter().zip(found) {
            fill(&mut topics[topic].partitions[partition], found, version);
        }
        ListOffsetsResponse { throttle_time_ms: 0, topics }
    }))
}

/// What the look-ups of a request have in common.
struct Lookup<'a> {
    api: &'a Api,
    image: &'a ClusterImage,
    access: Access,
    version: i16,
    /// What the client may see, `None` for everything; or why it is told nothing.
    isolation: Result<Option<Isolation>, ErrorCode>,
    /// How long the tier may take; `None` for as long as is configured.
    limit: Option<Duration>,
}

impl Lookup<'_> {
    fn begin(&self, topic: &str, asked: &Asked) -> Result<BoxFuture<'static, Found>, ErrorCode> {
        if !self.access.topic(AclOperation::Describe, topic) {
            return Err(ErrorCode::TopicAuthorizationFailed);
        }
        let isolation = self.isolation?;
        let ListOffsetsPartition { partition_index, current_leader_epoch, timestamp } = asked.partition;
        if asked.repeated {
            return Err(ErrorCode::InvalidRequest);
        }
        let what = spec(timestamp, self.version).ok_or(ErrorCode::UnsupportedVersion)?;
        let topic = self.image.topic_named(topic).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        topic.partition(partition_index).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        let asked = ListOffset {
            topic_id: topic.id,
            partition: partition_index,
            current_leader_epoch: (current_leader_epoch != -1).then_some(current_leader_epoch),
            what,
            isolation,
        };
        Ok(self.api.services.replicas.list_offset(asked, self.limit).boxed())
    }
}

/// What a timestamp means; `None` where the version does not know it.
fn spec(timestamp: i64, version: i16) -> Option<OffsetSpec> {
    let (spec, since) = match timestamp {
        -1 => (OffsetSpec::Latest, 1),
        -2 => (OffsetSpec::Earliest, 1),
        -3 => (OffsetSpec::MaxTimestamp, 7),
        -4 => (OffsetSpec::EarliestLocal, 8),
        -5 => (OffsetSpec::LatestTiered, 9),
        -6 => (OffsetSpec::EarliestPendingUpload, 11),
        ..=-7 => return None,
        0.. => (OffsetSpec::At(timestamp), 1),
    };
    (version >= since).then_some(spec)
}

fn without_offset(index: i32, code: ErrorCode) -> ListOffsetsPartitionResponse {
    ListOffsetsPartitionResponse {
        partition_index: index,
        error_code: code.number(),
        ..ListOffsetsPartitionResponse::default()
    }
}

/// Enters what was found.
fn fill(row: &mut ListOffsetsPartitionResponse, found: Found, version: i16) {
    match found {
        Ok(None) => {}
        Ok(Some(found)) => {
            (row.offset, row.timestamp) = (found.offset, found.timestamp);
            if version >= EPOCHS_SINCE {
                row.leader_epoch = found.leader_epoch.unwrap_or(-1);
            }
        }
        Err(fault) => row.error_code = faults::list(&fault, version).number(),
    }
}
