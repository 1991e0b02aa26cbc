//! JoinGroup (11): a member joins a group in the classic protocol and waits for the others.
//!
//! Versions 0-9.
//! - 1: how long a rebalance waits for the member; before, as long as its session
//! - 4: a member without an id is given one and has to come back (KIP-394)
//! - 5: static members (KIP-345); 7: the group's kind of members, null where nothing was chosen
//! - 8: why the member joins; 9: a returning leader that has nothing to assign (KIP-814)

use crate::answer::{Answer, Respond};
use crate::groups::{DENIED, answer, client, detached, number, optional, shown, text};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_coordinator::group::{JoinAnswer, JoinRequest};
use esker_metadata::AclOperation;
use esker_protocol::StrBytes;
use esker_protocol::messages::join_group::JoinGroupResponseMember;
use esker_protocol::messages::{JoinGroupRequest, JoinGroupResponse};

impl Respond for JoinGroupResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: JoinGroupRequest) -> Answer<JoinGroupResponse> {
    let (version, access) = (cx.version(), api.access(cx));
    if !access.group(AclOperation::Read, &request.group_id) {
        let protocol_name = (version < 7).then(StrBytes::default);
        let generation_id = -1;
        let denied = JoinGroupResponse { error_code: DENIED, generation_id, protocol_name, ..Default::default() };
        return Answer::Now(denied);
    }
    let protocols = request.protocols.iter().map(|protocol| (text(&protocol.name), detached(&protocol.metadata)));
    let join = JoinRequest {
        group: text(&request.group_id),
        member: text(&request.member_id),
        instance: optional(&request.group_instance_id),
        client: client(cx, &access),
        rebalance_timeout: if version == 0 { request.session_timeout_ms } else { request.rebalance_timeout_ms },
        session_timeout: request.session_timeout_ms,
        protocol_type: text(&request.protocol_type),
        protocols: protocols.collect(),
        reason: optional(&request.reason),
        known_member_required: version >= 4,
        can_skip_assignment: version >= 9,
    };
    answer(api.services.groups.join(&join), move |joined| response(joined, version))
}

fn response(joined: JoinAnswer, version: i16) -> JoinGroupResponse {
    let protocol_name = joined.protocol.as_deref().map(shown);
    // Where nothing was chosen it is null as soon as it may be, and empty before.
    let protocol_name = match version {
        ..7 => Some(protocol_name.unwrap_or_default()),
        _ => protocol_name.filter(|name| !name.is_empty()),
    };
    let members = joined.members.into_iter().map(|member| JoinGroupResponseMember {
        member_id: shown(&member.id),
        group_instance_id: member.instance.as_deref().map(shown),
        metadata: member.metadata,
    });
    JoinGroupResponse {
        throttle_time_ms: 0,
        error_code: joined.fault.map_or(ErrorCode::None.number(), |fault| number(Some(fault))),
        generation_id: joined.generation,
        protocol_type: joined.protocol_type.as_deref().map(shown),
        protocol_name,
        leader: StrBytes::from(joined.leader.to_string()),
        skip_assignment: joined.skip_assignment,
        member_id: shown(&joined.member),
        members: members.collect(),
    }
}
