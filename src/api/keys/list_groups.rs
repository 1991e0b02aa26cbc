//! ListGroups (16): the groups that this broker coordinates.
//!
//! Versions 0-5. 4: by state (KIP-518); 5: by type (KIP-848).

use crate::Api;
use crate::access::CLUSTER_NAME;
use crate::answer::{Answer, Respond};
use crate::groups::{number, shown};
use crate::session::RequestContext;
use esker_coordinator::group::ListedGroup as Listed;
use esker_metadata::{AclOperation, AclResourceType};
use esker_protocol::StrBytes;
use esker_protocol::messages::list_groups::ListedGroup;
use esker_protocol::messages::{ListGroupsRequest, ListGroupsResponse};

impl Respond for ListGroupsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: ListGroupsRequest) -> Answer<ListGroupsResponse> {
    let groups = match api.services.groups.list() {
        Ok(groups) => groups,
        Err(error) => {
            let error_code = number(Some(error.fault));
            return Answer::Now(ListGroupsResponse { error_code, ..ListGroupsResponse::default() });
        }
    };
    let access = api.access(cx);
    let all = access.sees(AclOperation::Describe, AclResourceType::Cluster, CLUSTER_NAME);
    let seen = |group: &Listed| all || access.sees(AclOperation::Describe, AclResourceType::Group, &group.id);
    let wanted = |group: &Listed| {
        is_named(&request.states_filter, group.state) && is_named(&request.types_filter, kind(group)) && seen(group)
    };
    let row = |group: Listed| ListedGroup {
        group_type: StrBytes::from_static(kind(&group)),
        group_id: shown(&group.id),
        protocol_type: shown(&group.protocol_type),
        group_state: StrBytes::from_static(group.state),
    };
    let groups = groups.into_iter().filter(wanted).map(row).collect();
    Answer::Now(ListGroupsResponse { groups, ..ListGroupsResponse::default() })
}

fn kind(group: &Listed) -> &'static str {
    if group.consumer { "consumer" } else { "classic" }
}

/// Whether a filter lets a name through; one without entries lets through all.
fn is_named(filter: &[StrBytes], name: &str) -> bool {
    filter.is_empty() || filter.iter().any(|entry| entry.trim().eq_ignore_ascii_case(name))
}
