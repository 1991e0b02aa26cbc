//! SyncGroup (14): a member of a classic group asks for its assignment; the leader brings those of all.
//!
//! Versions 0-5.
//! - 3: static members; 5: the member says which kind of members and which protocol it takes the group to have

use crate::answer::{Answer, Respond};
use crate::groups::{DENIED, answer, detached, number, optional, shown, text};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_coordinator::group::{SyncAnswer, SyncRequest};
use esker_metadata::AclOperation;
use esker_protocol::messages::{SyncGroupRequest, SyncGroupResponse};

impl Respond for SyncGroupResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: SyncGroupRequest) -> Answer<SyncGroupResponse> {
    if cx.version() >= 5 && (request.protocol_type.is_none() || request.protocol_name.is_none()) {
        let error_code = ErrorCode::InconsistentGroupProtocol.number();
        return Answer::Now(SyncGroupResponse { error_code, ..SyncGroupResponse::default() });
    }
    if !api.access(cx).group(AclOperation::Read, &request.group_id) {
        return Answer::Now(SyncGroupResponse { error_code: DENIED, ..SyncGroupResponse::default() });
    }
    let assignments = request.assignments.iter().map(|one| (text(&one.member_id), detached(&one.assignment)));
    let sync = SyncRequest {
        group: text(&request.group_id),
        generation: request.generation_id,
        member: text(&request.member_id),
        instance: optional(&request.group_instance_id),
        protocol_type: optional(&request.protocol_type),
        protocol: optional(&request.protocol_name),
        assignments: assignments.collect(),
    };
    answer(api.services.groups.sync(&sync), response)
}

fn response(synced: SyncAnswer) -> SyncGroupResponse {
    SyncGroupResponse {
        throttle_time_ms: 0,
        error_code: number(synced.fault),
        protocol_type: synced.protocol_type.as_deref().map(shown),
        protocol_name: synced.protocol.as_deref().map(shown),
        assignment: synced.assignment,
    }
}
