//! A request's way through its session, and every way not to be part of one.

use super::cache::{Ask, Closing, Context, FetchSessions, Opened, SessionError};
use super::partition::{PartitionKey, Shown, TopicKey, Wanted};
use super::session_test::{key, quiet, wanted};
use esker_env::Instant;
use esker_env::sim::SeededRandom;
use esker_model::TopicId;
use std::sync::Arc;

fn sessions(max: usize) -> FetchSessions {
    FetchSessions::new(max, Arc::new(SeededRandom::new(1)))
}

fn ask(id: i32, epoch: i32, wanted: Vec<Wanted>) -> Ask {
    Ask { id, epoch, by_id: false, privileged: false, wanted, forgotten: Vec::new() }
}

fn open(sessions: &FetchSessions, ask: Ask) -> Result<Opened, SessionError> {
    sessions.open(ask, Instant::default(), |_| None)
}

fn close(sessions: &FetchSessions, opened: Opened, shown: impl Fn(i32) -> Shown) -> Closing {
    let shown: Vec<_> = opened.wanted.iter().map(|wanted| shown(wanted.key.partition)).collect();
    sessions.close(opened.context, &opened.wanted, &shown, Instant::default())
}

/// Begins a session of partitions from 0 on and says its id.
fn begin(sessions: &FetchSessions, partitions: i32) -> i32 {
    let opened = open(sessions, ask(0, 0, (0..partitions).map(wanted).collect())).unwrap();
    let closing = close(sessions, opened, |_| quiet(5));
    assert_eq!(closing.told, Ok(vec![true; partitions as usize]), "the first answer tells all");
    closing.session_id
}

#[test]
fn a_session_serves_what_it_knows_and_tells_what_is_new() {
    let sessions = sessions(10);
    let id = begin(&sessions, 3);
    assert!(id > 0);
    let opened = open(&sessions, ask(id, 1, Vec::new())).unwrap();
    assert_eq!(opened.wanted, [wanted(0), wanted(1), wanted(2)]);
    let closing = close(&sessions, opened, |partition| quiet(if partition == 1 { 6 } else { 5 }));
    assert_eq!(closing, Closing { session_id: id, told: Ok(vec![false, true, false]) });
    let mut forgets = ask(id, 2, vec![wanted(7)]);
    forgets.forgotten = vec![key(0), key(1)];
    assert_eq!(open(&sessions, forgets).unwrap().wanted, [wanted(2), wanted(7)]);
}

#[test]
fn without_room_the_client_is_told_that_it_has_no_session() {
    let sessions = sessions(1);
    assert!(begin(&sessions, 1) > 0);
    assert_eq!(begin(&sessions, 2), 0);
    assert_eq!(sessions.stats().sessions, 1);
}

#[test]
fn minus_one_ends_a_session_and_begins_none() {
    let sessions = sessions(10);
    let id = begin(&sessions, 1);
    let opened = open(&sessions, ask(id, -1, vec![wanted(3)])).unwrap();
    assert_eq!(opened.wanted, [wanted(3)]);
    assert_eq!(close(&sessions, opened, |_| quiet(5)), Closing { session_id: 0, told: Ok(vec![true]) });
    assert_eq!(open(&sessions, ask(id, 1, Vec::new())).unwrap_err(), SessionError::NotFound);
    assert_eq!(sessions.stats(), Default::default());
}

#[test]
fn a_full_request_of_a_session_replaces_it() {
    let sessions = sessions(10);
    let old = begin(&sessions, 1);
    let opened = open(&sessions, ask(old, 0, vec![wanted(1), wanted(2)])).unwrap();
    let new = close(&sessions, opened, |_| quiet(5)).session_id;
    assert!(new > 0 && new != old);
    assert_eq!(open(&sessions, ask(old, 1, Vec::new())).unwrap_err(), SessionError::NotFound);
    assert_eq!(sessions.stats().partitions, 2);
}

#[test]
fn a_request_out_of_turn_is_refused_and_the_session_goes_on() {
    let sessions = sessions(10);
    let id = begin(&sessions, 1);
    for epoch in [2, i32::MAX, -2, i32::MIN] {
        assert_eq!(open(&sessions, ask(id, epoch, Vec::new())).unwrap_err(), SessionError::WrongEpoch, "{epoch}");
    }
    assert!(open(&sessions, ask(id, 1, Vec::new())).is_ok());
    assert_eq!(open(&sessions, ask(id, 1, Vec::new())).unwrap_err(), SessionError::WrongEpoch, "repeated");
    for unknown in [0, id.wrapping_add(1), -5, i32::MIN] {
        assert_eq!(open(&sessions, ask(unknown, 1, Vec::new())).unwrap_err(), SessionError::NotFound, "{unknown}");
    }
}

#[test]
fn an_answer_that_a_later_request_overtook_is_an_error_that_names_the_session() {
    let sessions = sessions(10);
    let id = begin(&sessions, 1);
    let slow = open(&sessions, ask(id, 1, Vec::new())).unwrap();
    let quick = open(&sessions, ask(id, 2, Vec::new())).unwrap();
    let overtaken = Closing { session_id: id, told: Err(SessionError::WrongEpoch) };
    assert_eq!(close(&sessions, slow, |_| quiet(9)), overtaken);
    assert_eq!(close(&sessions, quick, |_| quiet(9)).told, Ok(vec![true]), "it was not told by the overtaken one");
}

#[test]
fn a_session_whose_last_partition_is_forgotten_ends() {
    let sessions = sessions(10);
    let id = begin(&sessions, 1);
    let opened = open(&sessions, Ask { forgotten: vec![key(0)], ..ask(id, 1, Vec::new()) }).unwrap();
    assert!(matches!(opened.context, Context::Sessionless) && opened.wanted.is_empty());
    assert_eq!(close(&sessions, opened, |_| quiet(5)).session_id, 0);
    assert_eq!(sessions.stats(), Default::default());
}

#[test]
fn a_session_of_names_takes_no_ids_and_one_of_ids_no_names() {
    let sessions = sessions(10);
    let named = begin(&sessions, 1);
    let topic = TopicId(uuid::Uuid::from_u128(1));
    let by_id = Wanted { key: PartitionKey { topic: TopicKey::Id(topic), partition: 0 }, ..wanted(0) };
    let opened = open(&sessions, Ask { by_id: true, ..ask(0, 0, vec![by_id]) }).unwrap();
    let identified = close(&sessions, opened, |_| quiet(5)).session_id;
    let switched = [Ask { by_id: true, ..ask(named, 1, Vec::new()) }, ask(identified, 1, Vec::new())];
    for ask in switched {
        assert_eq!(open(&sessions, ask).unwrap_err(), SessionError::TopicIds);
    }
    assert!(open(&sessions, ask(named, 1, Vec::new())).is_ok(), "the session goes on");
}

#[test]
fn a_session_that_grows_beyond_the_budget_ends() {
    let sessions = sessions(10);
    let id = begin(&sessions, 1);
    let long: Arc<str> = "x".repeat(32_000).into();
    let huge = |partition| Wanted {
        key: PartitionKey { topic: TopicKey::Name(Arc::clone(&long)), partition },
        ..wanted(partition)
    };
    let grown = (0..2000).map(huge).collect();
    assert_eq!(open(&sessions, ask(id, 1, grown)).unwrap_err(), SessionError::NotFound);
    assert_eq!(sessions.stats(), Default::default());
    let opened = open(&sessions, ask(0, 0, (0..2000).map(huge).collect())).unwrap();
    assert_eq!(close(&sessions, opened, |_| quiet(5)).session_id, 0);
}
