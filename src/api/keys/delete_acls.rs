//! DeleteAcls (31): removes the access rules that filters mean, and says which.
//!
//! Versions 1-3. The number 0 ends the connection, as in DescribeAcls.

use crate::Api;
use crate::acl_codes;
use crate::answer::{Answer, Failure, Respond};
use crate::keys::acls;
use crate::session::RequestContext;
use esker_metadata::{Acl, AclOperation};
use esker_protocol::StrBytes;
use esker_protocol::messages::delete_acls::{DeleteAclsFilter, DeleteAclsFilterResult, DeleteAclsMatchingAcl};
use esker_protocol::messages::{DeleteAclsRequest, DeleteAclsResponse};
use esker_security::{AclFilter, Refusal, RefusalKind, delete_acls};

impl Respond for DeleteAclsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.filter_results.iter().map(|result| result.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: DeleteAclsRequest) -> Answer<DeleteAclsResponse> {
    if request.filters.iter().any(has_unknown) {
        return Answer::Close;
    }
    let count = request.filters.len();
    if let Err(code) = api.access(cx).require_cluster(AclOperation::Alter) {
        return Answer::Now(refused(count, &code.into()));
    }
    if api.authorizer.is_none() {
        return Answer::Now(refused(count, &acls::no_authorizer()));
    }
    let filters: Vec<Result<AclFilter, Refusal>> = request.filters.into_iter().map(filter).collect();
    let api = api.clone();
    Answer::later(async move {
        match api.commit(false, move |image| Ok(delete_acls(image, &filters))).await {
            Ok(outcomes) => DeleteAclsResponse {
                filter_results: outcomes.into_iter().map(row).collect(),
                ..DeleteAclsResponse::default()
            },
            Err(failure) => refused(count, &failure),
        }
    })
}

fn refused(count: usize, failure: &Failure) -> DeleteAclsResponse {
    let (error_code, error_message) = Failure::parts(Some(failure.clone()));
    let row = DeleteAclsFilterResult { error_code, error_message, matching_acls: Vec::new() };
    DeleteAclsResponse { filter_results: vec![row; count], ..DeleteAclsResponse::default() }
}

fn row(outcome: Result<Vec<Acl>, Refusal>) -> DeleteAclsFilterResult {
    let (matching, failure) = match outcome {
        Ok(matching) => (matching, None),
        Err(refusal) => (Vec::new(), Some(refusal.into())),
    };
    let (error_code, error_message) = Failure::parts(failure);
    DeleteAclsFilterResult { error_code, error_message, matching_acls: matching.iter().map(matching_acl).collect() }
}

fn matching_acl(acl: &Acl) -> DeleteAclsMatchingAcl {
    DeleteAclsMatchingAcl {
        error_code: 0,
        error_message: None,
        resource_type: acl_codes::resource_type_code(acl.resource_type),
        resource_name: acl.resource_name.as_ref().into(),
        pattern_type: acl_codes::pattern_type_code(acl.pattern_type),
        principal: acl.principal.as_ref().into(),
        host: acl.host.as_ref().into(),
        operation: acl_codes::operation_code(acl.operation),
        permission_type: acl_codes::permission_code(acl.permission),
    }
}

fn has_unknown(filter: &DeleteAclsFilter) -> bool {
    let numbers = [filter.pattern_type_filter, filter.resource_type_filter, filter.permission_type, filter.operation];
    numbers.contains(&0)
}

fn filter(filter: DeleteAclsFilter) -> Result<AclFilter, Refusal> {
    let unknown = |text: &str| Refusal { kind: RefusalKind::InvalidRequest, text: text.to_owned() };
    let pattern_unknown = || unknown("Unknown patternFilter.");
    let entry_unknown = || unknown("Unknown entryFilter.");
    let wanted = |name: Option<StrBytes>| name.map(|name| name.as_str().to_owned());
    let resource_type = acl_codes::resource_type(filter.resource_type_filter).wanted();
    Ok(AclFilter {
        resource_type: resource_type.map_err(|()| pattern_unknown())?,
        resource_name: wanted(filter.resource_name_filter),
        pattern: acls::pattern(filter.pattern_type_filter).ok_or_else(pattern_unknown)?,
        principal: wanted(filter.principal_filter),
        host: wanted(filter.host_filter),
        operation: acl_codes::operation(filter.operation).wanted().map_err(|()| entry_unknown())?,
        permission: acl_codes::permission(filter.permission_type).wanted().map_err(|()| entry_unknown())?,
    })
}
