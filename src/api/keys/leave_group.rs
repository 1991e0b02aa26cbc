//! LeaveGroup (13): members leave a group, of their own will or an operator's, in the classic protocol.
//!
//! Versions 0-5.
//! - 3: several members, each with a code of its own; static ones may go by their instance id alone
//! - 5: why they leave

use crate::Api;
use crate::answer::{Answer, Respond};
use crate::groups::{DENIED, answer, number, optional, shown, text};
use crate::session::RequestContext;
use esker_coordinator::group::{GroupError, GroupFault, LeaveRequest, LeavingMember, LeftMember};
use esker_metadata::AclOperation;
use esker_protocol::messages::leave_group::MemberResponse;
use esker_protocol::messages::{LeaveGroupRequest, LeaveGroupResponse};

impl Respond for LeaveGroupResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code).chain(self.members.iter().map(|member| member.error_code))
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: LeaveGroupRequest) -> Answer<LeaveGroupResponse> {
    let version = cx.version();
    if !api.access(cx).group(AclOperation::Read, &request.group_id) {
        return Answer::Now(LeaveGroupResponse { error_code: DENIED, ..LeaveGroupResponse::default() });
    }
    let members: Vec<LeavingMember> = if version < 3 {
        vec![LeavingMember { member: text(&request.member_id), ..LeavingMember::default() }]
    } else {
        let leaving = request.members.iter().map(|member| LeavingMember {
            member: text(&member.member_id),
            instance: optional(&member.group_instance_id),
            reason: optional(&member.reason),
        });
        leaving.collect()
    };
    let leave = LeaveRequest { group: text(&request.group_id), members };
    answer(api.services.groups.leave(&leave), move |left| response(left, leave.members, version))
}

fn response(left: Result<Vec<LeftMember>, GroupError>, asked: Vec<LeavingMember>, version: i16) -> LeaveGroupResponse {
    let left = match left {
        Ok(left) => left,
        // Where the group is not known, each of its members is not.
        Err(error) if error.fault == GroupFault::UnknownMemberId => {
            let unknown = |asked: LeavingMember| LeftMember {
                member: asked.member,
                instance: asked.instance,
                fault: Some(GroupFault::UnknownMemberId),
            };
            asked.into_iter().map(unknown).collect()
        }
        Err(error) => {
            return LeaveGroupResponse { error_code: number(Some(error.fault)), ..LeaveGroupResponse::default() };
        }
    };
    if version < 3 {
        let error_code = number(left.first().and_then(|left| left.fault));
        return LeaveGroupResponse { error_code, ..LeaveGroupResponse::default() };
    }
    let members = left.into_iter().map(|left| MemberResponse {
        member_id: shown(&left.member),
        group_instance_id: left.instance.as_deref().map(shown),
        error_code: number(left.fault),
    });
    LeaveGroupResponse { members: members.collect(), ..LeaveGroupResponse::default() }
}
