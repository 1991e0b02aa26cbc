//! OffsetFetch (9): how far groups have come.
//!
//! Versions 1-10.
//! - 2: a code for the whole; null asks for all partitions of the group
//! - 5: leader epochs; 7: whether open transactions are to be waited for (KIP-447)
//! - 8: several groups at once; 9: members of consumer groups, with their epochs; 10: topics by their ids

use crate::access::Access;
use crate::answer::{Answer, Respond};
use crate::groups::{DENIED, answer, number, optional, shown, text};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_coordinator::group::{FetchRequest, FetchTopic, FetchedOffset, FetchedTopic, Pending};
use esker_metadata::{AclOperation, AclResourceType, ClusterImage};
use esker_model::TopicId;
use esker_protocol::messages::offset_fetch::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics, OffsetFetchResponseGroup,
    OffsetFetchResponsePartition, OffsetFetchResponsePartitions, OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use esker_protocol::messages::{OffsetFetchRequest, OffsetFetchResponse};
use std::sync::Arc;

impl Respond for OffsetFetchResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        let single = self.topics.iter().flat_map(|topic| &topic.partitions).map(|partition| partition.error_code);
        let of_group = |group: &OffsetFetchResponseGroup| group.error_code;
        let each = self.groups.iter().flat_map(|group| &group.topics).flat_map(|topic| &topic.partitions);
        let each = each.map(|partition| partition.error_code);
        std::iter::once(self.error_code).chain(single).chain(self.groups.iter().map(of_group)).chain(each)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: OffsetFetchRequest) -> Answer<OffsetFetchResponse> {
    let version = cx.version();
    let image = api.services.image.current();
    let groups = if version >= 8 { request.groups } else { vec![single(request.group_id, request.topics)] };
    let ask = Ask { api, version, require_stable: request.require_stable, image, access: api.access(cx) };
    let asked = groups.into_iter().map(|group| ask.group(group)).collect();
    answer(Pending::all(asked), move |mut groups| match version {
        8.. => OffsetFetchResponse { groups, ..OffsetFetchResponse::default() },
        _ => groups.pop().map(as_single).unwrap_or_default(),
    })
}

/// The one group of an older request.
fn single(group_id: esker_protocol::StrBytes, topics: Option<Vec<OffsetFetchRequestTopic>>) -> OffsetFetchRequestGroup {
    let topic = |topic: OffsetFetchRequestTopic| OffsetFetchRequestTopics {
        name: topic.name,
        partition_indexes: topic.partition_indexes,
        ..OffsetFetchRequestTopics::default()
    };
    let topics = topics.map(|topics| topics.into_iter().map(topic).collect());
    OffsetFetchRequestGroup { group_id, topics, member_id: None, member_epoch: -1 }
}

/// What is asked for each group.
struct Ask<'a> {
    api: &'a Api,
    version: i16,
    require_stable: bool,
    image: Arc<ClusterImage>,
    access: Access,
}

impl Ask<'_> {
    fn group(&self, group: OffsetFetchRequestGroup) -> Pending<OffsetFetchResponseGroup> {
        let (version, by_id) = (self.version, self.version >= 10);
        let (asked, group_id) = (group.topics, group.group_id.detach());
        if !self.access.group(AclOperation::Describe, &group_id) {
            return Pending::Now(failed(group_id, asked.unwrap_or_default(), DENIED, version));
        }
        let mut refused = Vec::new();
        let mut topics = asked.as_ref().map(|_| Vec::new());
        for topic in asked.iter().flatten() {
            match (self.topic(topic), &mut topics) {
                (Ok(topic), Some(topics)) => topics.push(topic),
                (Ok(_), None) => {}
                (Err(code), _) => refused.push(refused_topic(topic, by_id, code)),
            }
        }
        let fetch = FetchRequest {
            group: text(&group_id),
            member: optional(&group.member_id),
            epoch: group.member_epoch,
            topics,
            require_stable: self.require_stable,
        };
        let (image, access) = (Arc::clone(&self.image), self.access.clone());
        self.api.services.groups.fetch(&fetch).map(move |fetched| match fetched {
            Ok(fetched) => {
                let all = asked.is_none();
                let seen = |topic: &FetchedTopic| {
                    !all || access.sees(AclOperation::Describe, AclResourceType::Topic, &topic.name)
                };
                let rows = fetched.into_iter().filter(seen).filter_map(|topic| topic_row(topic, by_id, all, &image));
                let topics = rows.chain(refused).collect();
                OffsetFetchResponseGroup { group_id, topics, error_code: 0 }
            }
            Err(error) => failed(group_id, asked.unwrap_or_default(), number(Some(error.fault)), version),
        })
    }

    /// What of a topic goes to the coordinator.
    fn topic(&self, asked: &OffsetFetchRequestTopics) -> Result<FetchTopic, ErrorCode> {
        let (name, id) = if self.version >= 10 {
            let id = TopicId(asked.topic_id);
            let topic = self.image.topic(id).ok_or(ErrorCode::UnknownTopicId)?;
            (Arc::clone(&topic.name), id)
        } else {
            (text(&asked.name), TopicId::ZERO)
        };
        if !self.access.topic(AclOperation::Describe, &name) {
            return Err(ErrorCode::TopicAuthorizationFailed);
        }
        Ok(FetchTopic { name, id, partitions: asked.partition_indexes.clone() })
    }
}

/// A group that could not be asked. The oldest version has no place for that but the partitions.
fn failed(
    group_id: esker_protocol::StrBytes,
    asked: Vec<OffsetFetchRequestTopics>,
    error_code: i16,
    version: i16,
) -> OffsetFetchResponseGroup {
    if version >= 2 {
        return OffsetFetchResponseGroup { group_id, topics: Vec::new(), error_code };
    }
    let topic = |topic: OffsetFetchRequestTopics| OffsetFetchResponseTopics {
        partitions: topic.partition_indexes.iter().map(|index| no_offset(*index, error_code)).collect(),
        name: topic.name,
        ..OffsetFetchResponseTopics::default()
    };
    OffsetFetchResponseGroup { group_id, topics: asked.into_iter().map(topic).collect(), error_code: 0 }
}

fn no_offset(partition_index: i32, error_code: i16) -> OffsetFetchResponsePartitions {
    OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: -1,
        committed_leader_epoch: -1,
        metadata: Some(Default::default()),
        error_code,
    }
}

fn refused_topic(topic: &OffsetFetchRequestTopics, by_id: bool, code: ErrorCode) -> OffsetFetchResponseTopics {
    let partitions = topic.partition_indexes.iter().map(|index| no_offset(*index, code.number()));
    OffsetFetchResponseTopics {
        name: if by_id { Default::default() } else { topic.name.detach() },
        topic_id: topic.topic_id,
        partitions: partitions.collect(),
    }
}

/// The row of a topic. Where all were asked for by id, those that are gone have none.
fn topic_row(topic: FetchedTopic, by_id: bool, all: bool, image: &ClusterImage) -> Option<OffsetFetchResponseTopics> {
    let topic_id = match (by_id, all) {
        (true, true) => image.topic_named(&topic.name)?.id,
        (true, false) => topic.id,
        (false, _) => TopicId::ZERO,
    };
    Some(OffsetFetchResponseTopics {
        name: if by_id { Default::default() } else { shown(&topic.name) },
        topic_id: topic_id.0,
        partitions: topic.partitions.into_iter().map(partition_row).collect(),
    })
}

fn partition_row(offset: FetchedOffset) -> OffsetFetchResponsePartitions {
    OffsetFetchResponsePartitions {
        partition_index: offset.partition,
        committed_offset: offset.offset,
        committed_leader_epoch: offset.leader_epoch,
        metadata: Some(shown(&offset.metadata)),
        error_code: number(offset.fault),
    }
}

fn as_single(group: OffsetFetchResponseGroup) -> OffsetFetchResponse {
    let partition = |one: OffsetFetchResponsePartitions| OffsetFetchResponsePartition {
        partition_index: one.partition_index,
        committed_offset: one.committed_offset,
        committed_leader_epoch: one.committed_leader_epoch,
        metadata: one.metadata,
        error_code: one.error_code,
    };
    let topic = |topic: OffsetFetchResponseTopics| OffsetFetchResponseTopic {
        name: topic.name,
        partitions: topic.partitions.into_iter().map(partition).collect(),
    };
    OffsetFetchResponse {
        topics: group.topics.into_iter().map(topic).collect(),
        error_code: group.error_code,
        ..OffsetFetchResponse::default()
    }
}
