//! Keys by the vectors of RFC 7677, and what is refused.

use crate::testing::image;
use crate::{ScramAlteration, ScramPassword, alter_scram};
use esker_metadata::{Record, ScramMechanism};

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn give(user: &str, mechanism: Option<ScramMechanism>, iterations: i32) -> ScramAlteration {
    let salt = bytes("5b6d99689d12358eeca04b141236fa81");
    // PBKDF2 of "pencil" over 4,096 rounds with the salt W22ZaJ0SNY7soEsUEjb6gQ==, as the RFC's exchange has it.
    let salted_password = bytes("c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d");
    ScramAlteration {
        user: user.into(),
        mechanism,
        password: Some(ScramPassword { iterations, salt, salted_password }),
    }
}

fn take(user: &str, mechanism: Option<ScramMechanism>) -> ScramAlteration {
    ScramAlteration { user: user.into(), mechanism, password: None }
}

const SHA256: Option<ScramMechanism> = Some(ScramMechanism::Sha256);

#[test]
fn what_is_kept_is_what_the_protocol_checks_with() {
    let change = alter_scram(&image([]), &[give("user", SHA256, 4096)]);
    let [Record::ScramCredentialSet { credential, .. }] = &change.records[..] else { panic!("one record") };
    assert_eq!(credential.stored_key.0, bytes("586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6"));
    assert_eq!(credential.server_key.0, bytes("c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5"));
    assert_eq!((credential.iterations, credential.salt.0.len()), (4096, 16));
    let change = alter_scram(&image([]), &[give("user", Some(ScramMechanism::Sha512), 4096)]);
    let [Record::ScramCredentialSet { credential, .. }] = &change.records[..] else { panic!("one record") };
    assert_eq!((credential.stored_key.0.len(), credential.server_key.0.len()), (64, 64));
}

#[test]
fn refusals_are_kafkas() {
    let table = [
        (give("", SHA256, 4096), "Username must not be empty"),
        (give("u", None, 4096), "Unknown SCRAM mechanism"),
        (give("u", SHA256, 4095), "Too few iterations"),
        (give("u", SHA256, 16_385), "Too many iterations"),
        (take("u", None), "Unknown SCRAM mechanism"),
        (take("u", SHA256), "Attempt to delete a user credential that does not exist"),
    ];
    for (alteration, text) in table {
        let change = alter_scram(&image([]), &[alteration]);
        assert_eq!(change.answer[0].1.as_ref().unwrap_err().text, text);
        assert!(change.records.is_empty());
    }
    assert!(alter_scram(&image([]), &[give("u", SHA256, 16_384)]).answer[0].1.is_ok());
}

#[test]
fn a_user_that_comes_twice_is_changed_not_at_all() {
    let there = alter_scram(&image([]), &[give("a", SHA256, 4096), give("b", SHA256, 4096)]).records;
    let image = image(there);
    let wanted = [
        give("c", SHA256, 4096),
        give("a", Some(ScramMechanism::Sha512), 4096),
        take("a", SHA256),
        take("b", SHA256),
        give("d", SHA256, 1),
        give("d", SHA256, 4096),
    ];
    let change = alter_scram(&image, &wanted);
    let said: Vec<(&str, String)> = change
        .answer
        .iter()
        .map(|(user, outcome)| {
            (&**user, outcome.as_ref().err().map(|refusal| refusal.text.clone()).unwrap_or_default())
        })
        .collect();
    let twice = "A user credential cannot be altered twice in the same request";
    assert_eq!(
        said,
        [("b", String::new()), ("c", String::new()), ("a", twice.to_owned()), ("d", "Too few iterations".to_owned()),]
    );
    assert_eq!(change.records.len(), 2);
    assert!(matches!(&change.records[0], Record::ScramCredentialRemoved { user, .. } if &**user == "b"));
}
