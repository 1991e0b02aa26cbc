//! CreateAcls (30): adds access rules, each by itself.
//!
//! Versions 1-3. The number 0 ends the connection, as in DescribeAcls.

use crate::acl_codes::{self, Code, MATCH};
use crate::answer::{Answer, Failure, Respond};
use crate::keys::acls;
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_metadata::{Acl, AclOperation};
use esker_protocol::messages::create_acls::{AclCreation, AclCreationResult};
use esker_protocol::messages::{CreateAclsRequest, CreateAclsResponse};
use esker_security::{NewAcl, Refusal, RefusalKind, create_acls};

impl Respond for CreateAclsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.results.iter().map(|result| result.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: CreateAclsRequest) -> Answer<CreateAclsResponse> {
    if request.creations.iter().any(has_unknown) {
        return Answer::Close;
    }
    let count = request.creations.len();
    if let Err(code) = api.access(cx).require_cluster(AclOperation::Alter) {
        return Answer::Now(refused(count, code.into()));
    }
    if api.authorizer.is_none() {
        return Answer::Now(refused(count, acls::no_authorizer()));
    }
    if request.creations.iter().any(has_any) {
        return Answer::Now(refused(count, ErrorCode::UnknownServerError.into()));
    }
    let wanted: Vec<NewAcl> = request.creations.iter().map(new_acl).collect();
    let api = api.clone();
    Answer::later(async move {
        match api.commit(false, move |image| create_acls(image, &wanted)).await {
            Ok(outcomes) => CreateAclsResponse {
                results: outcomes.into_iter().map(|outcome| row(outcome.err().map(Failure::from))).collect(),
                ..CreateAclsResponse::default()
            },
            Err(failure) => refused(count, failure),
        }
    })
}

fn refused(count: usize, failure: Failure) -> CreateAclsResponse {
    CreateAclsResponse { results: vec![row(Some(failure)); count], ..CreateAclsResponse::default() }
}

fn row(failure: Option<Failure>) -> AclCreationResult {
    match failure {
        None => AclCreationResult::default(),
        failure => {
            let (error_code, error_message) = Failure::parts(failure);
            AclCreationResult { error_code, error_message }
        }
    }
}

fn has_unknown(creation: &AclCreation) -> bool {
    let numbers =
        [creation.resource_pattern_type, creation.resource_type, creation.permission_type, creation.operation];
    numbers.contains(&0)
}

/// Whether a rule says "any", which a rule cannot: Kafka's own words for it fail, and the request with them.
fn has_any(creation: &AclCreation) -> bool {
    acl_codes::resource_type(creation.resource_type) == Code::Any
        || acl_codes::pattern_type(creation.resource_pattern_type) == Code::Any
        || creation.resource_pattern_type == MATCH
        || acl_codes::operation(creation.operation) == Code::Any
        || acl_codes::permission(creation.permission_type) == Code::Any
}

fn new_acl(creation: &AclCreation) -> NewAcl {
    let refusal = |text: String| Refusal { kind: RefusalKind::InvalidRequest, text };
    if creation.resource_name.is_empty() {
        return Err(refusal("Invalid empty resource name".to_owned()));
    }
    let invalid = |what: &'static str| move |name: &'static str| refusal(format!("Invalid {what} {name}"));
    let pattern = acl_codes::pattern_type(creation.resource_pattern_type);
    Ok(Acl {
        resource_type: acl_codes::resource_type(creation.resource_type).one().map_err(invalid("resourceType"))?,
        pattern_type: pattern.one().map_err(invalid("patternType"))?,
        resource_name: creation.resource_name.as_str().into(),
        principal: creation.principal.as_str().into(),
        host: creation.host.as_str().into(),
        operation: acl_codes::operation(creation.operation).one().map_err(invalid("operation"))?,
        permission: acl_codes::permission(creation.permission_type).one().map_err(invalid("permissionType"))?,
    })
}
