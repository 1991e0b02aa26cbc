//! The keys of SCRAM credentials, answer by answer as Kafka 4.3.1 gives them.

use crate::testing::Fixture;
use bytes::Bytes;
use esker_protocol::messages::alter_user_scram_credentials::{ScramCredentialDeletion, ScramCredentialUpsertion};
use esker_protocol::messages::describe_user_scram_credentials::UserName;
use esker_protocol::messages::{AlterUserScramCredentialsRequest, DescribeUserScramCredentialsRequest};

fn give(name: &str, mechanism: i8, iterations: i32) -> ScramCredentialUpsertion {
    ScramCredentialUpsertion {
        name: name.into(),
        mechanism,
        iterations,
        salt: Bytes::from_static(b"salt"),
        salted_password: Bytes::from_static(b"password"),
    }
}

fn take(name: &str, mechanism: i8) -> ScramCredentialDeletion {
    ScramCredentialDeletion { name: name.into(), mechanism }
}

type Row = (String, i16, Option<String>);

fn alter(broker: &mut Fixture, taken: &[ScramCredentialDeletion], given: &[ScramCredentialUpsertion]) -> Vec<Row> {
    let request = AlterUserScramCredentialsRequest { deletions: taken.to_vec(), upsertions: given.to_vec() };
    let rows = broker.ask(0, &request).results.into_iter();
    rows.map(|row| (row.user.to_string(), row.error_code, row.error_message.map(|text| text.to_string()))).collect()
}

fn row(user: &str, code: i16, text: &str) -> Row {
    (user.to_owned(), code, (!text.is_empty()).then(|| text.to_owned()))
}

#[test]
fn passwords_are_given_and_taken_and_refused_in_kafkas_words() {
    let mut broker = Fixture::new("");
    let rows = alter(&mut broker, &[], &[give("alice", 1, 4096), give("bob", 2, 8192)]);
    assert_eq!(rows, [row("alice", 0, ""), row("bob", 0, "")]);
    let taken = [take("alice", 2), take("", 1), take("x", 9)];
    let given = [give("c", 1, 4095), give("d", 1, 16_385), give("e", 0, 4096), give("f", 1, 4096), give("f", 2, 4096)];
    assert_eq!(
        alter(&mut broker, &taken, &given),
        [
            row("alice", 91, "Attempt to delete a user credential that does not exist"),
            row("", 93, "Username must not be empty"),
            row("x", 33, "Unknown SCRAM mechanism"),
            row("c", 93, "Too few iterations"),
            row("d", 93, "Too many iterations"),
            row("e", 33, "Unknown SCRAM mechanism"),
            row("f", 92, "A user credential cannot be altered twice in the same request"),
        ]
    );
    assert_eq!(alter(&mut broker, &[take("alice", 1)], &[]), [row("alice", 0, "")]);
    assert_eq!(broker.image.scram_credential_count(), 1);
}

#[test]
fn mechanisms_and_iterations_are_described_and_nothing_else() {
    let mut broker = Fixture::new("");
    alter(&mut broker, &[], &[give("alice", 1, 4096), give("bob", 2, 8192)]);
    for users in [None, Some(vec![])] {
        let answer = broker.ask(0, &DescribeUserScramCredentialsRequest { users });
        let rows: Vec<_> = answer
            .results
            .iter()
            .map(|row| (row.user.as_str(), row.credential_infos[0].mechanism, row.credential_infos[0].iterations))
            .collect();
        assert_eq!(rows, [("alice", 1, 4096), ("bob", 2, 8192)]);
        assert_eq!((answer.error_code, answer.error_message.as_deref()), (0, Some("")));
    }
    let named = ["alice", "bob", "bob", "zed"].map(|name| UserName { name: name.into() });
    let answer = broker.ask(0, &DescribeUserScramCredentialsRequest { users: Some(named.to_vec()) });
    let rows: Vec<_> = answer.results.iter().map(|row| (row.error_code, row.error_message.as_deref())).collect();
    assert_eq!(
        rows,
        [
            (0, Some("")),
            (92, Some("Cannot describe SCRAM credentials for the same user twice in a single request: bob")),
            (91, Some("Attempt to describe a user credential that does not exist: zed")),
        ]
    );
}
