//! DescribeTopicPartitions (75): partitions of topics, page by page, in the order of names (KIP-966).
//!
//! Version 0. A page ends when it holds as many partitions as the client or the broker allows
//! (`max.request.partition.size.limit`); the cursor says where the next one begins. No topic at all means every topic.

use crate::access::Access;
use crate::answer::{Answer, Respond};
use crate::cluster_view::{ClusterView, is_internal, missing_topic};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_metadata::{AclOperation, AclResourceType, Partition, Topic};
use esker_model::is_internal_topic;
use esker_protocol::StrBytes;
use esker_protocol::messages::describe_topic_partitions::{
    Cursor, DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic, TopicRequest,
};
use esker_protocol::messages::{DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse};
use std::collections::BTreeSet;

impl Respond for DescribeTopicPartitionsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.topics.iter().map(|topic| topic.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: DescribeTopicPartitionsRequest,
) -> Answer<DescribeTopicPartitionsResponse> {
    let image = api.services.image.current();
    let view = ClusterView { image: &image, listener: cx.client.listener() };
    let limit = usize::try_from(request.response_partition_limit).unwrap_or(0);
    let room = limit.min(api.services.config.network.described_partitions_max).max(1);
    let cursor = request.cursor.as_ref();
    let (access, response) = (api.access(cx), DescribeTopicPartitionsResponse::default());
    let mut page = Page { view, room, cursor, access, response };
    if !is_possible(&request.topics, cursor) {
        return Answer::Now(refused(request.topics));
    }
    let first = cursor.map_or("", |cursor| cursor.topic_name.as_str());
    let access = &page.access.clone();
    if request.topics.is_empty() {
        let seen = |name: &str| access.sees(AclOperation::Describe, AclResourceType::Topic, name);
        let topics = image.topics_from(first).filter(|topic| seen(&topic.name));
        page.fill(topics.map(|topic| (&*topic.name, Some(&**topic))));
    } else {
        let names: BTreeSet<&str> = request.topics.iter().map(|topic| topic.name.as_str()).collect();
        let (seen, hidden): (Vec<&str>, Vec<&str>) =
            names.range(first..).partition(|name| access.topic(AclOperation::Describe, name));
        page.fill(seen.into_iter().map(|name| (name, image.topic_named(name).map(|topic| &**topic))));
        page.response.topics.extend(hidden.into_iter().map(denied));
    }
    Answer::Now(page.response)
}

/// A cursor names a partition, and one of the topics where there is a list of them.
fn is_possible(topics: &[TopicRequest], cursor: Option<&Cursor>) -> bool {
    cursor.is_none_or(|cursor| {
        let listed = topics.is_empty() || topics.iter().any(|topic| topic.name == cursor.topic_name);
        listed && cursor.partition_index >= 0
    })
}

fn refused(topics: Vec<TopicRequest>) -> DescribeTopicPartitionsResponse {
    let row = |topic: TopicRequest| DescribeTopicPartitionsResponseTopic {
        error_code: ErrorCode::InvalidRequest.number(),
        name: Some(topic.name),
        ..DescribeTopicPartitionsResponseTopic::default()
    };
    DescribeTopicPartitionsResponse {
        topics: topics.into_iter().map(row).collect(),
        ..DescribeTopicPartitionsResponse::default()
    }
}

/// An answer that is being filled.
struct Page<'a> {
    view: ClusterView<'a>,
    /// Partitions that still fit.
    room: usize,
    cursor: Option<&'a Cursor>,
    access: Access,
    response: DescribeTopicPartitionsResponse,
}

impl Page<'_> {
    fn fill<'t>(&mut self, topics: impl Iterator<Item = (&'t str, Option<&'t Topic>)>) {
        for (name, topic) in topics {
            if self.room == 0 {
                self.end_at(name, 0);
                return;
            }
            match topic {
                None => self.response.topics.push(self.missing(name)),
                Some(topic) => {
                    if let Some(next) = self.add(topic) {
                        self.end_at(name, next);
                        return;
                    }
                }
            }
        }
    }

    fn end_at(&mut self, topic: &str, partition: i32) {
        self.response.next_cursor = Some(Cursor { topic_name: topic.into(), partition_index: partition });
    }

    /// Adds as many of a topic's partitions as fit; says which one is next where not all did.
    fn add(&mut self, topic: &Topic) -> Option<i32> {
        let here = self.cursor.filter(|cursor| cursor.topic_name == *topic.name);
        let first = here.map_or(0, |cursor| cursor.partition_index);
        let skipped = usize::try_from(first).unwrap_or(0);
        let rest = topic.partitions.iter().zip(0i32..).skip(skipped);
        let partitions: Vec<_> = rest.take(self.room).map(|(state, number)| self.partition(number, state)).collect();
        self.room -= partitions.len();
        let next = partitions.last().map_or(first, |last| last.partition_index + 1);
        self.response.topics.push(DescribeTopicPartitionsResponseTopic {
            error_code: 0,
            name: Some(topic.name.as_ref().into()),
            topic_id: topic.id.0,
            is_internal: is_internal(topic),
            partitions,
            topic_authorized_operations: self.operations(&topic.name),
        });
        (next < topic.partition_count()).then_some(next)
    }

    /// A name that no topic can have has no operations either.
    fn missing(&self, name: &str) -> DescribeTopicPartitionsResponseTopic {
        let row = missing(name);
        match row.error_code == ErrorCode::UnknownTopicOrPartition.number() {
            true => DescribeTopicPartitionsResponseTopic { topic_authorized_operations: self.operations(name), ..row },
            false => row,
        }
    }

    fn operations(&self, name: &str) -> i32 {
        self.access.operations(AclResourceType::Topic, name)
    }

    fn partition(&self, number: i32, state: &Partition) -> DescribeTopicPartitionsResponsePartition {
        DescribeTopicPartitionsResponsePartition {
            error_code: 0,
            partition_index: number,
            leader_id: self.view.leader(state).unwrap_or(-1),
            leader_epoch: state.leader_epoch,
            replica_nodes: state.replicas.to_vec(),
            isr_nodes: state.isr.to_vec(),
            eligible_leader_replicas: Some(state.elr.to_vec()),
            last_known_elr: Some(state.last_known_elr.to_vec()),
            offline_replicas: self.view.offline_replicas(state),
        }
    }
}

fn missing(name: &str) -> DescribeTopicPartitionsResponseTopic {
    DescribeTopicPartitionsResponseTopic {
        error_code: missing_topic(name).number(),
        name: Some(StrBytes::from(name)),
        is_internal: is_internal_topic(name),
        ..DescribeTopicPartitionsResponseTopic::default()
    }
}

/// The answer about a topic whose existence is not told.
fn denied(name: &str) -> DescribeTopicPartitionsResponseTopic {
    DescribeTopicPartitionsResponseTopic {
        error_code: ErrorCode::TopicAuthorizationFailed.number(),
        name: Some(StrBytes::from(name)),
        ..DescribeTopicPartitionsResponseTopic::default()
    }
}
