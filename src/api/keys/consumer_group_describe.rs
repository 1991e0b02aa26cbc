//! ConsumerGroupDescribe (69): consumer groups with their members (KIP-848).
//!
//! Versions 0-1. 1: whether a member speaks the classic protocol.

use crate::access::Access;
use crate::answer::{Answer, Failure, Respond};
use crate::groups::{answer, shown, text};
use crate::keys::consumer_group_heartbeat::is_enabled;
use crate::operations::NOT_ASKED;
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_coordinator::group::record::Partitions;
use esker_coordinator::group::{ConsumerDescription, ConsumerMemberDescription, Pending};
use esker_metadata::{AclOperation, AclResourceType, ClusterImage};
use esker_protocol::StrBytes;
use esker_protocol::messages::consumer_group_describe::{Assignment, DescribedGroup, Member, TopicPartitions};
use esker_protocol::messages::{ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse};
use std::collections::BTreeSet;
use std::sync::Arc;

const CLASSIC: i8 = 0;
const CONSUMER: i8 = 1;

impl Respond for ConsumerGroupDescribeResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.groups.iter().map(|group| group.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: ConsumerGroupDescribeRequest,
) -> Answer<ConsumerGroupDescribeResponse> {
    let (enabled, access) = (is_enabled(api), api.access(cx));
    let image = api.services.image.current();
    let described = request.group_ids.iter().map(|id| {
        let (group_id, image) = (id.detach(), Arc::clone(&image));
        if !enabled {
            return Pending::Now(refused(group_id, ErrorCode::UnsupportedVersion.into()));
        }
        if !access.group(AclOperation::Describe, id) {
            return Pending::Now(refused(group_id, ErrorCode::GroupAuthorizationFailed.into()));
        }
        let authorized_operations = match request.include_authorized_operations {
            true => access.operations(AclResourceType::Group, id),
            false => NOT_ASKED,
        };
        let access = access.clone();
        api.services.groups.describe_consumer(&text(id)).map(move |found| match found {
            Ok(found) => {
                let row = DescribedGroup { group_id, authorized_operations, ..row(found, &image) };
                if may_be_shown(&row, &access) { row } else { hidden(row.group_id) }
            }
            Err(error) => refused(group_id, error.into()),
        })
    });
    answer(Pending::all(described.collect()), |groups| ConsumerGroupDescribeResponse { throttle_time_ms: 0, groups })
}

fn refused(group_id: StrBytes, failure: Failure) -> DescribedGroup {
    let (error_code, error_message) = Failure::parts(Some(failure));
    DescribedGroup { error_code, error_message, group_id, ..DescribedGroup::default() }
}

/// Whether the client may know of all topics that the group's members have.
fn may_be_shown(group: &DescribedGroup, access: &Access) -> bool {
    let assignments = group.members.iter().flat_map(|member| [&member.assignment, &member.target_assignment]);
    let topics: BTreeSet<&str> =
        assignments.flat_map(|one| &one.topic_partitions).map(|topic| topic.topic_name.as_str()).collect();
    topics.into_iter().all(|topic| access.topic(AclOperation::Describe, topic))
}

fn hidden(group_id: StrBytes) -> DescribedGroup {
    let text = "The group has described topic(s) that the client is not authorized to describe.";
    refused(group_id, Failure::new(ErrorCode::TopicAuthorizationFailed, text))
}

fn row(found: ConsumerDescription, image: &ClusterImage) -> DescribedGroup {
    DescribedGroup {
        group_state: StrBytes::from_static(found.state),
        group_epoch: found.epoch,
        assignment_epoch: found.target_epoch,
        assignor_name: shown(&found.assignor),
        members: found.members.into_iter().map(|one| member(one, image)).collect(),
        ..DescribedGroup::default()
    }
}

fn member(member: ConsumerMemberDescription, image: &ClusterImage) -> Member {
    Member {
        member_id: shown(&member.id),
        instance_id: member.instance.as_deref().map(shown),
        rack_id: member.rack.as_deref().map(shown),
        member_epoch: member.epoch,
        client_id: shown(&member.client_id),
        client_host: shown(&member.client_host),
        subscribed_topic_names: member.topics.iter().map(|topic| shown(topic)).collect(),
        subscribed_topic_regex: Some(member.regex.as_deref().map(shown).unwrap_or_default()),
        assignment: assignment(&member.assignment, image),
        target_assignment: assignment(&member.target, image),
        member_type: if member.classic { CLASSIC } else { CONSUMER },
    }
}

/// Topics that are gone have no names to show.
fn assignment(partitions: &Partitions, image: &ClusterImage) -> Assignment {
    let topics = partitions.iter().filter_map(|(id, numbers)| {
        let topic = image.topic(*id)?;
        Some(TopicPartitions {
            topic_id: id.0,
            topic_name: shown(&topic.name),
            partitions: numbers.iter().copied().collect(),
        })
    });
    Assignment { topic_partitions: topics.collect() }
}
