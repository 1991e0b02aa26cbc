//! DeleteGroups (42): groups without members go, with their offsets.
//!
//! Versions 0-2. A group that is named twice is deleted once.

use crate::Api;
use crate::answer::{Answer, Respond};
use crate::groups::{DENIED, answer, number, shown, text};
use crate::session::RequestContext;
use esker_coordinator::group::Pending;
use esker_metadata::AclOperation;
use esker_protocol::messages::delete_groups::DeletableGroupResult;
use esker_protocol::messages::{DeleteGroupsRequest, DeleteGroupsResponse};
use std::collections::HashSet;
use std::sync::Arc;

impl Respond for DeleteGroupsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.results.iter().map(|result| result.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: DeleteGroupsRequest) -> Answer<DeleteGroupsResponse> {
    let mut seen: HashSet<Arc<str>> = HashSet::new();
    let names = request.groups_names.iter().map(text).filter(|name| seen.insert(Arc::clone(name)));
    let access = api.access(cx);
    let deleted = names.map(|name| {
        if !access.group(AclOperation::Delete, &name) {
            return Pending::Now(DeletableGroupResult { group_id: shown(&name), error_code: DENIED });
        }
        api.services.groups.delete_group(&name).map(move |deleted| DeletableGroupResult {
            group_id: shown(&name),
            error_code: number(deleted.err().map(|error| error.fault)),
        })
    });
    answer(Pending::all(deleted.collect()), |results| DeleteGroupsResponse { throttle_time_ms: 0, results })
}
