//! DescribeAcls (29): the access rules that a filter means.
//!
//! Versions 1-3. The number 0, which Kafka keeps for what a client does not know itself, ends the connection; other numbers that mean
//! nothing select nothing.

use crate::acl_codes::{self, Code};
use crate::answer::{Answer, Failure, Respond};
use crate::keys::acls;
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_metadata::{Acl, AclOperation};
use esker_protocol::messages::describe_acls::{AclDescription, DescribeAclsResource};
use esker_protocol::messages::{DescribeAclsRequest, DescribeAclsResponse};
use esker_security::AclFilter;

impl Respond for DescribeAclsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: DescribeAclsRequest) -> Answer<DescribeAclsResponse> {
    let numbers =
        [request.pattern_type_filter, request.resource_type_filter, request.permission_type, request.operation];
    if numbers.contains(&0) {
        return Answer::Close;
    }
    if let Err(code) = api.access(cx).require_cluster(AclOperation::Describe) {
        return Answer::Now(failed(code.into()));
    }
    let Some(authorizer) = &api.authorizer else {
        let text = "No Authorizer is configured on the broker";
        return Answer::Now(failed(Failure::new(ErrorCode::SecurityDisabled, text)));
    };
    let Some(filter) = filter(request) else { return Answer::Now(DescribeAclsResponse::default()) };
    let rules = authorizer.rules();
    let mut resources: Vec<DescribeAclsResource> = Vec::new();
    for acl in filter.select(rules.acls()) {
        match resources.last_mut().filter(|resource| is_of(resource, &acl)) {
            Some(resource) => resource.acls.push(description(&acl)),
            None => resources.push(DescribeAclsResource {
                resource_type: acl_codes::resource_type_code(acl.resource_type),
                pattern_type: acl_codes::pattern_type_code(acl.pattern_type),
                resource_name: acl.resource_name.as_ref().into(),
                acls: vec![description(&acl)],
            }),
        }
    }
    Answer::Now(DescribeAclsResponse { resources, ..DescribeAclsResponse::default() })
}

fn filter(request: DescribeAclsRequest) -> Option<AclFilter> {
    let pattern = acls::pattern(request.pattern_type_filter)?;
    let wanted = |name: Option<esker_protocol::StrBytes>| name.map(|name| name.as_str().to_owned());
    Some(AclFilter {
        resource_type: acl_codes::resource_type(request.resource_type_filter).wanted().ok()?,
        resource_name: wanted(request.resource_name_filter),
        pattern,
        principal: wanted(request.principal_filter),
        host: wanted(request.host_filter),
        operation: acl_codes::operation(request.operation).wanted().ok()?,
        permission: acl_codes::permission(request.permission_type).wanted().ok()?,
    })
}

fn failed(failure: Failure) -> DescribeAclsResponse {
    let (error_code, error_message) = Failure::parts(Some(failure));
    DescribeAclsResponse { error_code, error_message, ..DescribeAclsResponse::default() }
}

/// Whether a rule belongs to the pattern of this row: rules come by pattern.
fn is_of(resource: &DescribeAclsResource, acl: &Acl) -> bool {
    resource.resource_name == *acl.resource_name
        && acl_codes::resource_type(resource.resource_type) == Code::One(acl.resource_type)
        && acl_codes::pattern_type(resource.pattern_type) == Code::One(acl.pattern_type)
}

fn description(acl: &Acl) -> AclDescription {
    AclDescription {
        principal: acl.principal.as_ref().into(),
        host: acl.host.as_ref().into(),
        operation: acl_codes::operation_code(acl.operation),
        permission_type: acl_codes::permission_code(acl.permission),
    }
}
