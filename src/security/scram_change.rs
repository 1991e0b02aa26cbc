//! Giving users passwords and taking them away, checked as Kafka checks it.

use crate::scram::credential;
use crate::{Change, Refusal, RefusalKind};
use esker_metadata::{ClusterImage, Record, SCRAM_CREDENTIALS_MAX, ScramMechanism};
use std::collections::HashMap;
use std::sync::Arc;

const ITERATIONS_MIN: i32 = 4096;
const ITERATIONS_MAX: i32 = 16_384;

/// A password as a client hands it over.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramPassword {
    /// How often it was hashed.
    pub iterations: i32,
    /// What was hashed with it.
    pub salt: Vec<u8>,
    /// The result.
    pub salted_password: Vec<u8>,
}

/// What somebody wants of one user's password.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramAlteration {
    /// The user.
    pub user: String,
    /// The mechanism; `None` for one that is not known.
    pub mechanism: Option<ScramMechanism>,
    /// The password; `None` to take it away.
    pub password: Option<ScramPassword>,
}

/// Changes passwords: first those that are taken away, then those that are given. A user comes once at most.
///
/// The answer names each user once: those whose password was taken away, those who have one, those of whom something was refused.
pub fn alter_scram(
    image: &ClusterImage,
    alterations: &[ScramAlteration],
) -> Change<Vec<(String, Result<(), Refusal>)>> {
    let mut mentions: HashMap<&str, usize> = HashMap::new();
    alterations.iter().for_each(|alteration| *mentions.entry(&alteration.user).or_default() += 1);
    let mut change = Change { records: Vec::new(), answer: Vec::new() };
    let mut refused = Vec::new();
    let mut count = image.scram_credential_count();
    let (given, taken): (Vec<_>, Vec<_>) = alterations.iter().partition(|alteration| alteration.password.is_some());
    for alteration in taken.into_iter().chain(given) {
        // A user that was refused already, or comes again later, is told once.
        let Some(times) = mentions.remove(&*alteration.user) else { continue };
        let outcome = if times > 1 { Err(twice(image, alteration)) } else { alter(image, alteration, &mut count) };
        match outcome {
            Ok(record) => {
                change.records.push(record);
                change.answer.push((alteration.user.clone(), Ok(())));
            }
            Err(refusal) => refused.push((alteration.user.clone(), Err(refusal))),
        }
    }
    change.answer.extend(refused);
    change
}

/// Why a user that comes twice is refused: what is wrong with the first mention, or that there is a second.
fn twice(image: &ClusterImage, first: &ScramAlteration) -> Refusal {
    let text = "A user credential cannot be altered twice in the same request";
    let again = Refusal::new(RefusalKind::DuplicateResource, text);
    check(image, first).err().unwrap_or(again)
}

/// The mechanism that a possible change is about.
fn check(image: &ClusterImage, alteration: &ScramAlteration) -> Result<ScramMechanism, Refusal> {
    if alteration.user.is_empty() {
        return Err(Refusal::new(RefusalKind::UnacceptableCredential, "Username must not be empty"));
    }
    let Some(mechanism) = alteration.mechanism else {
        return Err(Refusal::new(RefusalKind::UnsupportedMechanism, "Unknown SCRAM mechanism"));
    };
    let unacceptable = |text: &str| Err(Refusal::new(RefusalKind::UnacceptableCredential, text));
    match &alteration.password {
        Some(password) if password.iterations < ITERATIONS_MIN => unacceptable("Too few iterations"),
        Some(password) if password.iterations > ITERATIONS_MAX => unacceptable("Too many iterations"),
        Some(password) if password.salted_password.is_empty() => unacceptable("Empty salted password"),
        None if image.scram_credential(&alteration.user, mechanism).is_none() => {
            let text = "Attempt to delete a user credential that does not exist";
            Err(Refusal::new(RefusalKind::ResourceNotFound, text))
        }
        _ => Ok(mechanism),
    }
}

fn alter(image: &ClusterImage, alteration: &ScramAlteration, count: &mut usize) -> Result<Record, Refusal> {
    let mechanism = check(image, alteration)?;
    let user: Arc<str> = alteration.user.as_str().into();
    let Some(password) = &alteration.password else {
        return Ok(Record::ScramCredentialRemoved { user, mechanism });
    };
    *count += usize::from(image.scram_credential(&user, mechanism).is_none());
    if *count > SCRAM_CREDENTIALS_MAX {
        let text = format!("A cluster keeps at most {SCRAM_CREDENTIALS_MAX} credentials.");
        return Err(Refusal::new(RefusalKind::PolicyViolation, text));
    }
    let credential = credential(mechanism, &password.salt, &password.salted_password, password.iterations);
    Ok(Record::ScramCredentialSet { user, mechanism, credential })
}
