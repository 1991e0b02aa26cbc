//! AlterUserScramCredentials (51): gives users SCRAM passwords and takes them away (KIP-554).
//!
//! Version 0. Clients hand over what they have salted and hashed; of that the cluster keeps what it needs to check it, which is never
//! answered by anything.

use crate::Api;
use crate::answer::{Answer, Failure, Respond};
use crate::keys::describe_user_scram_credentials::MECHANISMS;
use crate::session::RequestContext;
use esker_metadata::{AclOperation, ScramMechanism};
use esker_protocol::StrBytes;
use esker_protocol::messages::alter_user_scram_credentials::AlterUserScramCredentialsResult;
use esker_protocol::messages::{AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse};
use esker_security::{ScramAlteration, ScramPassword, alter_scram};
use std::collections::BTreeSet;

impl Respond for AlterUserScramCredentialsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.results.iter().map(|result| result.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: AlterUserScramCredentialsRequest,
) -> Answer<AlterUserScramCredentialsResponse> {
    let alterations = alterations(request);
    if let Err(code) = api.access(cx).require_cluster(AclOperation::Alter) {
        return Answer::Now(refused(&alterations, &code.into()));
    }
    let api = api.clone();
    Answer::later(async move {
        match api.commit(false, |image| Ok(alter_scram(image, &alterations))).await {
            Ok(outcomes) => {
                let rows = outcomes.into_iter();
                let rows = rows.map(|(user, outcome)| row(user.into(), outcome.err().map(Failure::from)));
                AlterUserScramCredentialsResponse { results: rows.collect(), ..Default::default() }
            }
            Err(failure) => refused(&alterations, &failure),
        }
    })
}

fn alterations(request: AlterUserScramCredentialsRequest) -> Vec<ScramAlteration> {
    let taken = request.deletions.iter().map(|deletion| ScramAlteration {
        user: deletion.name.as_str().to_owned(),
        mechanism: mechanism(deletion.mechanism),
        password: None,
    });
    let given = request.upsertions.iter().map(|upsertion| ScramAlteration {
        user: upsertion.name.as_str().to_owned(),
        mechanism: mechanism(upsertion.mechanism),
        password: Some(ScramPassword {
            iterations: upsertion.iterations,
            salt: upsertion.salt.to_vec(),
            salted_password: upsertion.salted_password.to_vec(),
        }),
    });
    taken.chain(given).collect()
}

fn mechanism(number: i8) -> Option<ScramMechanism> {
    MECHANISMS.iter().find(|(known, _)| *known == number).map(|(_, mechanism)| *mechanism)
}

/// What befell the whole befell each user.
fn refused(alterations: &[ScramAlteration], failure: &Failure) -> AlterUserScramCredentialsResponse {
    let users: BTreeSet<&str> = alterations.iter().map(|alteration| &*alteration.user).collect();
    let rows = users.into_iter().map(|user| row(user.into(), Some(failure.clone())));
    AlterUserScramCredentialsResponse { results: rows.collect(), ..Default::default() }
}

fn row(user: StrBytes, failure: Option<Failure>) -> AlterUserScramCredentialsResult {
    let (error_code, error_message) = Failure::parts(failure);
    AlterUserScramCredentialsResult { user, error_code, error_message }
}
