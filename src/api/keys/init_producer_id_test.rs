//! InitProducerId, answer by answer.

use crate::testing::Fixture;
use esker_protocol::messages::{InitProducerIdRequest, InitProducerIdResponse};

fn plain() -> InitProducerIdRequest {
    InitProducerIdRequest {
        transactional_id: None,
        transaction_timeout_ms: i32::MAX,
        producer_id: -1,
        producer_epoch: -1,
        ..InitProducerIdRequest::default()
    }
}

fn outcome(answer: &InitProducerIdResponse) -> (i16, i64, i16) {
    (answer.error_code, answer.producer_id, answer.producer_epoch)
}

#[test]
fn every_idempotent_producer_gets_an_identity_of_its_own_whatever_its_timeout() {
    let mut broker = Fixture::new("");
    for version in 0..=5 {
        assert_eq!(outcome(&broker.ask(version, &plain())), (0, i64::from(version), 0));
    }
    let known = InitProducerIdRequest { producer_id: 5, producer_epoch: 3, transaction_timeout_ms: -1, ..plain() };
    assert_eq!(outcome(&broker.ask(5, &known)), (0, 6, 0), "a new one, though the client names another");
}

#[test]
fn half_an_identity_is_invalid() {
    let mut broker = Fixture::new("");
    let id_only = InitProducerIdRequest { producer_id: 5, ..plain() };
    let epoch_only = InitProducerIdRequest { producer_epoch: 5, ..plain() };
    assert_eq!(outcome(&broker.ask(5, &id_only)), (42, -1, -1));
    assert_eq!(outcome(&broker.ask(5, &epoch_only)), (42, -1, -1));
}

#[test]
fn h53_a_transactional_id_and_its_timeout_are_checked_before_a_coordinator_is_looked_for() {
    let mut broker = Fixture::new("transaction.max.timeout.ms=60000\n");
    let with = |id: &str, transaction_timeout_ms| InitProducerIdRequest {
        transactional_id: Some(id.into()),
        transaction_timeout_ms,
        ..plain()
    };
    assert_eq!(outcome(&broker.ask(5, &with("", 1000))), (42, -1, -1));
    for timeout in [0, -1, 60_001, i32::MAX] {
        assert_eq!(outcome(&broker.ask(5, &with("t", timeout))), (50, -1, -1));
    }
    for version in 0..=5 {
        assert_eq!(outcome(&broker.ask(version, &with("t", 60_000))), (16, -1, -1));
    }
}

#[test]
fn without_a_block_of_ids_clients_are_told_to_come_again() {
    let mut broker = Fixture::new("");
    broker.stop_quorum();
    assert_eq!(outcome(&broker.ask(5, &plain())), (14, -1, -1));
}
