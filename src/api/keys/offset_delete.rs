//! OffsetDelete (47): a group forgets its offsets of topics that it does not read (KIP-496).
//!
//! Version 0.

use crate::answer::{Answer, Respond};
use crate::groups::{DENIED, answer, number, text};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_coordinator::group::DeleteOffsetsAnswer;
use esker_metadata::AclOperation;
use esker_protocol::messages::offset_delete::{OffsetDeleteResponsePartition, OffsetDeleteResponseTopic};
use esker_protocol::messages::{OffsetDeleteRequest, OffsetDeleteResponse};
use std::sync::Arc;

impl Respond for OffsetDeleteResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        let each = self.topics.iter().flat_map(|topic| &topic.partitions).map(|partition| partition.error_code);
        std::iter::once(self.error_code).chain(each)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: OffsetDeleteRequest) -> Answer<OffsetDeleteResponse> {
    let (image, access) = (api.services.image.current(), api.access(cx));
    if !access.group(AclOperation::Delete, &request.group_id) {
        return Answer::Now(OffsetDeleteResponse { error_code: DENIED, ..OffsetDeleteResponse::default() });
    }
    let (mut rows, mut topics, mut places) = (Vec::new(), Vec::<(Arc<str>, Vec<i32>)>::new(), Vec::new());
    for asked in request.topics.iter().filter(|topic| !topic.partitions.is_empty()) {
        let allowed = access.topic(AclOperation::Read, &asked.name);
        let topic = image.topic_named(&asked.name).filter(|_| allowed);
        let refused = if allowed { ErrorCode::UnknownTopicOrPartition } else { ErrorCode::TopicAuthorizationFailed };
        let known = |index: i32| topic.is_some_and(|topic| topic.partition(index).is_some());
        let (mut partitions, mut place) = (Vec::new(), Vec::new());
        for (at, one) in asked.partitions.iter().enumerate() {
            if known(one.partition_index) {
                partitions.push(one.partition_index);
                place.push(at);
            }
        }
        let row = asked.partitions.iter().map(|one| OffsetDeleteResponsePartition {
            partition_index: one.partition_index,
            error_code: if known(one.partition_index) { 0 } else { refused.number() },
        });
        if !partitions.is_empty() {
            topics.push((text(&asked.name), partitions));
            places.push((rows.len(), place));
        }
        rows.push(OffsetDeleteResponseTopic { name: asked.name.detach(), partitions: row.collect() });
    }
    let deleted = api.services.groups.delete_offsets(&text(&request.group_id), &topics);
    answer(deleted, move |deleted| fill(rows, &places, deleted))
}

/// Puts what the coordinator says into the rows; a group that refuses as a whole has none.
fn fill(
    mut rows: Vec<OffsetDeleteResponseTopic>,
    places: &[(usize, Vec<usize>)],
    deleted: DeleteOffsetsAnswer,
) -> OffsetDeleteResponse {
    let faults = match deleted {
        Ok(faults) => faults,
        Err(error) => {
            return OffsetDeleteResponse { error_code: number(Some(error.fault)), ..OffsetDeleteResponse::default() };
        }
    };
    for ((row, partitions), faults) in places.iter().zip(faults) {
        for (place, fault) in partitions.iter().zip(faults) {
            rows[*row].partitions[*place].error_code = number(fault);
        }
    }
    OffsetDeleteResponse { topics: rows, ..OffsetDeleteResponse::default() }
}
