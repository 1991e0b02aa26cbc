//! ConsumerGroupHeartbeat (68): a member of a consumer group joins, says what it wants and has, or leaves (KIP-848).
//!
//! Versions 0-1. 1: patterns of topics, and ids that members choose themselves.

use crate::answer::{Answer, Failure, Respond};
use crate::groups::{answer, client, optional, shown, text};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_coordinator::group::record::Partitions;
use esker_coordinator::group::{ConsumerAnswer, ConsumerHeartbeat, GroupError};
use esker_metadata::AclOperation;
use esker_model::TopicId;
use esker_protocol::messages::consumer_group_heartbeat::{Assignment, TopicPartitions};
use esker_protocol::messages::{ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse};
use std::collections::BTreeSet;

impl Respond for ConsumerGroupHeartbeatResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: ConsumerGroupHeartbeatRequest,
) -> Answer<ConsumerGroupHeartbeatResponse> {
    if !is_enabled(api) {
        return Answer::Now(refused(ErrorCode::UnsupportedVersion.into()));
    }
    let access = api.access(cx);
    if !access.group(AclOperation::Read, &request.group_id) {
        return Answer::Now(refused(ErrorCode::GroupAuthorizationFailed.into()));
    }
    let mut named = request.subscribed_topic_names.iter().flatten();
    if !named.all(|topic| access.topic(AclOperation::Describe, topic)) {
        return Answer::Now(refused(ErrorCode::TopicAuthorizationFailed.into()));
    }
    let beat = ConsumerHeartbeat {
        group: text(&request.group_id),
        member: text(&request.member_id),
        epoch: request.member_epoch,
        instance: optional(&request.instance_id),
        rack: optional(&request.rack_id),
        rebalance_timeout: request.rebalance_timeout_ms,
        topics: request.subscribed_topic_names.map(|names| names.iter().map(text).collect()),
        regex: optional(&request.subscribed_topic_regex),
        assignor: optional(&request.server_assignor),
        owned: request.topic_partitions.map(owned),
        member_id_required: cx.version() >= 1,
        client: client(cx, &access),
    };
    answer(api.services.groups.consumer_heartbeat(&beat), response)
}

/// Whether consumer groups are served: both the configuration and the cluster's feature say so.
pub(super) fn is_enabled(api: &Api) -> bool {
    let services = &api.services;
    let configured = services.configs.current().groups().protocols;
    configured.iter().any(|protocol| protocol == "consumer") && services.image.current().feature("group.version") >= 1
}

fn owned(topics: Vec<TopicPartitions>) -> Partitions {
    let mut owned = Partitions::new();
    for topic in topics {
        owned.entry(TopicId(topic.topic_id)).or_default().extend(topic.partitions);
    }
    owned
}

fn refused(failure: Failure) -> ConsumerGroupHeartbeatResponse {
    let (error_code, error_message) = Failure::parts(Some(failure));
    ConsumerGroupHeartbeatResponse { error_code, error_message, ..ConsumerGroupHeartbeatResponse::default() }
}

fn response(heard: Result<ConsumerAnswer, GroupError>) -> ConsumerGroupHeartbeatResponse {
    let heard = match heard {
        Ok(heard) => heard,
        Err(error) => return refused(error.into()),
    };
    let topic = |(id, numbers): (TopicId, BTreeSet<i32>)| TopicPartitions {
        topic_id: id.0,
        partitions: numbers.into_iter().collect(),
    };
    let assignment =
        |partitions: Partitions| Assignment { topic_partitions: partitions.into_iter().map(topic).collect() };
    ConsumerGroupHeartbeatResponse {
        member_id: Some(shown(&heard.member)),
        member_epoch: heard.epoch,
        heartbeat_interval_ms: heard.heartbeat_ms,
        assignment: heard.assignment.map(assignment),
        ..ConsumerGroupHeartbeatResponse::default()
    }
}
