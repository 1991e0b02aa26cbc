//! Heartbeat (12): a member of a group says that it is alive, in the classic protocol.
//!
//! Versions 0-4. 3: static members.

use crate::Api;
use crate::answer::{Answer, Respond};
use crate::groups::{DENIED, answer, number, optional, text};
use crate::session::RequestContext;
use esker_coordinator::group::HeartbeatRequest as Beat;
use esker_metadata::AclOperation;
use esker_protocol::messages::{HeartbeatRequest, HeartbeatResponse};

impl Respond for HeartbeatResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: HeartbeatRequest) -> Answer<HeartbeatResponse> {
    if !api.access(cx).group(AclOperation::Read, &request.group_id) {
        return Answer::Now(HeartbeatResponse { error_code: DENIED, ..HeartbeatResponse::default() });
    }
    let beat = Beat {
        group: text(&request.group_id),
        generation: request.generation_id,
        member: text(&request.member_id),
        instance: optional(&request.group_instance_id),
    };
    answer(api.services.groups.heartbeat(&beat), |heard| {
        let error_code = number(heard.err().map(|error| error.fault));
        HeartbeatResponse { error_code, ..HeartbeatResponse::default() }
    })
}
