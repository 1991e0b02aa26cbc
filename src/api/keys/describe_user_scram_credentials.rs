//! DescribeUserScramCredentials (50): which users have which SCRAM passwords, never the passwords (KIP-554).
//!
//! Version 0. No users at all means all.

use crate::answer::{Answer, Failure, Respond};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_metadata::{AclOperation, ClusterImage, ScramMechanism};
use esker_protocol::messages::describe_user_scram_credentials::{CredentialInfo, DescribeUserScramCredentialsResult};
use esker_protocol::messages::{DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse};
use std::collections::BTreeMap;

/// The mechanisms with Kafka's numbers.
pub(crate) const MECHANISMS: [(i8, ScramMechanism); 2] = [(1, ScramMechanism::Sha256), (2, ScramMechanism::Sha512)];

impl Respond for DescribeUserScramCredentialsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code).chain(self.results.iter().map(|result| result.error_code))
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: DescribeUserScramCredentialsRequest,
) -> Answer<DescribeUserScramCredentialsResponse> {
    let users = request.users.unwrap_or_default();
    if let Err(code) = api.access(cx).require_cluster(AclOperation::Describe) {
        let row = DescribeUserScramCredentialsResult {
            error_code: code.number(),
            error_message: None,
            ..DescribeUserScramCredentialsResult::default()
        };
        return Answer::Now(DescribeUserScramCredentialsResponse {
            error_code: code.number(),
            error_message: None,
            results: vec![row; users.len()],
            ..DescribeUserScramCredentialsResponse::default()
        });
    }
    let image = api.services.image.current();
    let mut wanted: BTreeMap<&str, usize> = BTreeMap::new();
    users.iter().for_each(|user| *wanted.entry(user.name.as_str()).or_default() += 1);
    if users.is_empty() {
        wanted = image.scram_credentials().map(|(user, _, _)| (&**user, 1)).collect();
    }
    let rows = wanted.into_iter().map(|(user, times)| row(&image, user, times));
    Answer::Now(DescribeUserScramCredentialsResponse {
        results: rows.collect(),
        ..DescribeUserScramCredentialsResponse::default()
    })
}

fn row(image: &ClusterImage, user: &str, times: usize) -> DescribeUserScramCredentialsResult {
    let infos = MECHANISMS.iter().filter_map(|(mechanism, known)| {
        let iterations = image.scram_credential(user, *known)?.iterations;
        Some(CredentialInfo { mechanism: *mechanism, iterations })
    });
    let credential_infos: Vec<CredentialInfo> = infos.collect();
    let failure = match times {
        2.. => Failure::new(
            ErrorCode::DuplicateResource,
            format!("Cannot describe SCRAM credentials for the same user twice in a single request: {user}"),
        ),
        _ if credential_infos.is_empty() => Failure::new(
            ErrorCode::ResourceNotFound,
            format!("Attempt to describe a user credential that does not exist: {user}"),
        ),
        _ => {
            let user = user.into();
            return DescribeUserScramCredentialsResult {
                user,
                credential_infos,
                ..DescribeUserScramCredentialsResult::default()
            };
        }
    };
    let (error_code, error_message) = Failure::parts(Some(failure));
    DescribeUserScramCredentialsResult { user: user.into(), error_code, error_message, credential_infos: Vec::new() }
}
