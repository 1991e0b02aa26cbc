//! DescribeProducers (61): who has written to partitions and whose transactions are open there, for tools (KIP-664).
//!
//! Version 0.

use crate::access::Access;
use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::{Api, ErrorCode, faults};
use esker_log::ProducerEntry;
use esker_metadata::{AclOperation, Topic};
use esker_model::validate_topic_name;
use esker_protocol::messages::describe_producers::{PartitionResponse, ProducerState, TopicRequest, TopicResponse};
use esker_protocol::messages::{DescribeProducersRequest, DescribeProducersResponse};

/// Kafka's sentence about topics that are not there.
const UNKNOWN_TOPIC: &str = "This server does not host this topic-partition.";

impl Respond for DescribeProducersResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.topics.iter().flat_map(|topic| &topic.partitions).map(|partition| partition.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: DescribeProducersRequest,
) -> Answer<DescribeProducersResponse> {
    let (image, access) = (api.services.image.current(), api.access(cx));
    let topics = request.topics.into_iter().map(|topic| {
        let known = image.topic_named(&topic.name).map(|topic| &**topic);
        describe(api, &access, topic, known)
    });
    Answer::Now(DescribeProducersResponse { topics: topics.collect(), ..DescribeProducersResponse::default() })
}

fn describe(api: &Api, access: &Access, asked: TopicRequest, topic: Option<&Topic>) -> TopicResponse {
    let invalid = validate_topic_name(&asked.name).err().map(|error| error.to_string());
    let hidden = invalid.is_none() && !access.topic(AclOperation::Read, &asked.name);
    let unauthorised = "Topic authorization failed.";
    let partitions = asked.partition_indexes.iter().map(|index| match (&invalid, topic) {
        (Some(text), _) => failed(*index, ErrorCode::InvalidTopicException, Some(text)),
        _ if hidden => failed(*index, ErrorCode::TopicAuthorizationFailed, Some(unauthorised)),
        (None, None) => failed(*index, ErrorCode::UnknownTopicOrPartition, Some(UNKNOWN_TOPIC)),
        (None, Some(topic)) => of_partition(api, topic, *index),
    });
    let partitions = partitions.collect();
    TopicResponse { name: asked.name.detach(), partitions }
}

fn of_partition(api: &Api, topic: &Topic, index: i32) -> PartitionResponse {
    match api.services.replicas.partition(topic.id, index) {
        Ok(partition) => PartitionResponse {
            partition_index: index,
            active_producers: partition.log().producers().iter().map(row).collect(),
            ..PartitionResponse::default()
        },
        Err(fault) => failed(index, faults::absent(&fault), None),
    }
}

fn failed(partition_index: i32, code: ErrorCode, text: Option<&str>) -> PartitionResponse {
    PartitionResponse {
        partition_index,
        error_code: code.number(),
        error_message: text.map(|text| text.to_owned().into()),
        ..PartitionResponse::default()
    }
}

fn row(producer: &ProducerEntry) -> ProducerState {
    ProducerState {
        producer_id: producer.producer_id,
        producer_epoch: i32::from(producer.epoch),
        last_sequence: producer.last_batch().map_or(-1, |batch| batch.last_sequence),
        last_timestamp: producer.last_timestamp,
        coordinator_epoch: producer.coordinator_epoch,
        current_txn_start_offset: producer.txn_first_offset.unwrap_or(-1),
    }
}
