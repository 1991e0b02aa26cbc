//! DescribeGroups (15): classic groups with their members.
//!
//! Versions 0-6.
//! - 3: authorised operations; 4: instance ids
//! - 6: a group that is not there is an error; before, it is one that is dead (KIP-1043)

use crate::Api;
use crate::answer::{Answer, Respond};
use crate::groups::{DENIED, answer, number, shown, text};
use crate::operations::NOT_ASKED;
use crate::session::RequestContext;
use esker_coordinator::group::{ClassicDescription, ClassicMemberDescription, GroupError, GroupFault, Pending};
use esker_metadata::{AclOperation, AclResourceType};
use esker_protocol::StrBytes;
use esker_protocol::messages::describe_groups::{DescribedGroup, DescribedGroupMember};
use esker_protocol::messages::{DescribeGroupsRequest, DescribeGroupsResponse};

impl Respond for DescribeGroupsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.groups.iter().map(|group| group.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: DescribeGroupsRequest) -> Answer<DescribeGroupsResponse> {
    let (version, access) = (cx.version(), api.access(cx));
    let described = request.groups.iter().map(|id| {
        let group_id = id.detach();
        if !access.group(AclOperation::Describe, id) {
            return Pending::Now(DescribedGroup { group_id, error_code: DENIED, ..DescribedGroup::default() });
        }
        let operations = match request.include_authorized_operations {
            true => access.operations(AclResourceType::Group, id),
            false => NOT_ASKED,
        };
        api.services.groups.describe_classic(&text(id)).map(move |found| {
            let mut group = match found {
                Ok(found) => row(found),
                Err(error) => missing(error, version),
            };
            group.group_id = group_id;
            group.authorized_operations = if group.error_code == 0 { operations } else { NOT_ASKED };
            group
        })
    });
    answer(Pending::all(described.collect()), |groups| DescribeGroupsResponse { throttle_time_ms: 0, groups })
}

fn row(found: ClassicDescription) -> DescribedGroup {
    DescribedGroup {
        group_state: StrBytes::from_static(found.state),
        protocol_type: shown(&found.protocol_type),
        protocol_data: shown(&found.protocol),
        members: found.members.into_iter().map(member).collect(),
        ..DescribedGroup::default()
    }
}

fn member(member: ClassicMemberDescription) -> DescribedGroupMember {
    DescribedGroupMember {
        member_id: shown(&member.id),
        group_instance_id: member.instance.as_deref().map(shown),
        client_id: shown(&member.client_id),
        client_host: shown(&member.client_host),
        member_metadata: member.metadata,
        member_assignment: member.assignment,
    }
}

fn missing(error: GroupError, version: i16) -> DescribedGroup {
    let group = DescribedGroup::default();
    match error.fault {
        GroupFault::GroupIdNotFound => {
            let group_state = StrBytes::from_static("Dead");
            if version < 6 {
                return DescribedGroup { group_state, ..group };
            }
            let error_message = error.text.map(StrBytes::from);
            DescribedGroup { error_code: number(Some(error.fault)), error_message, group_state, ..group }
        }
        fault => DescribedGroup { error_code: number(Some(fault)), ..group },
    }
}
