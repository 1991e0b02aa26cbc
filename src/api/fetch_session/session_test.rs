//! What a session remembers, in which order it serves, and what it tells.

use super::partition::{Asked, PartitionKey, Shown, TopicKey, Wanted};
use super::session::{Session, next_epoch};
use esker_model::TopicId;
use uuid::Uuid;

pub(super) fn key(partition: i32) -> PartitionKey {
    PartitionKey { topic: TopicKey::Name("t".into()), partition }
}

pub(super) fn wanted(partition: i32) -> Wanted {
    let asked = Asked { offset: 0, log_start: -1, bytes_max: 1, current_leader_epoch: None, last_fetched_epoch: None };
    Wanted { key: key(partition), name: Some("t".into()), asked }
}

pub(super) fn quiet(high_watermark: i64) -> Shown {
    Shown { high_watermark, ..Shown::default() }
}

fn session(partitions: i32) -> Session {
    Session::new(9, false, (0..partitions).map(|partition| (wanted(partition), quiet(5))))
}

fn numbers(session: &mut Session) -> Vec<i32> {
    session.wanted(|_| None).iter().map(|wanted| wanted.key.partition).collect()
}

fn tell(session: &mut Session, partition: i32, shown: Shown) -> bool {
    session.tell([(&key(partition), &shown)].into_iter())[0]
}

#[test]
fn what_has_not_changed_is_not_told_again() {
    let mut session = session(1);
    assert!(!tell(&mut session, 0, quiet(5)));
    assert!(tell(&mut session, 0, quiet(6)), "the high watermark moved");
    assert!(!tell(&mut session, 0, quiet(6)));
    let moved_start = Shown { log_start: 2, ..quiet(6) };
    assert!(tell(&mut session, 0, moved_start), "the log start moved");
    assert!(!tell(&mut session, 0, moved_start));
}

#[test]
fn records_and_what_a_client_must_act_upon_are_always_told() {
    let mut session = session(1);
    for _ in 0..2 {
        assert!(tell(&mut session, 0, Shown { has_records: true, ..quiet(5) }));
        assert!(tell(&mut session, 0, Shown { urgent: true, ..quiet(5) }));
    }
}

#[test]
fn the_end_of_an_error_is_told() {
    let mut session = session(1);
    let failed = Shown { failed: true, high_watermark: -1, log_start: -1, ..Shown::default() };
    assert!(tell(&mut session, 0, failed) && tell(&mut session, 0, failed));
    assert!(tell(&mut session, 0, quiet(5)));
    assert!(!tell(&mut session, 0, quiet(5)));
    // An error that came with a high watermark, as one of a partition that has records does.
    assert!(tell(&mut session, 0, Shown { failed: true, ..quiet(5) }));
    assert!(tell(&mut session, 0, quiet(5)));
}

#[test]
fn partitions_that_had_records_go_to_the_end() {
    let mut session = session(4);
    tell(&mut session, 1, Shown { has_records: true, ..quiet(5) });
    assert_eq!(numbers(&mut session), [0, 2, 3, 1]);
    tell(&mut session, 0, Shown { has_records: true, ..quiet(5) });
    tell(&mut session, 2, quiet(7));
    assert_eq!(numbers(&mut session), [2, 3, 1, 0]);
}

#[test]
fn a_request_adds_changes_and_forgets() {
    let mut session = session(2);
    let mut moved = wanted(0);
    moved.asked.offset = 77;
    moved.asked.current_leader_epoch = Some(3);
    session.update(vec![moved.clone(), wanted(5)], &[key(1), key(8)]);
    let now = session.wanted(|_| None);
    assert_eq!(now, [moved, wanted(5)]);
    assert!(tell(&mut session, 5, quiet(0)), "a partition that is new in the session is told for the first time");
    let before = session.bytes();
    session.update(Vec::new(), &[key(0)]);
    assert!(session.bytes() < before && session.len() == 1);
}

#[test]
fn an_id_that_was_unknown_gets_its_name_when_there_is_one_and_keeps_it() {
    let id = TopicId(Uuid::from_u128(7));
    let unknown = Wanted { key: PartitionKey { topic: TopicKey::Id(id), partition: 0 }, name: None, ..wanted(0) };
    let mut session = Session::new(9, true, [(unknown, quiet(-1))].into_iter());
    assert_eq!(session.wanted(|_| None)[0].name, None);
    assert_eq!(session.wanted(|asked| (asked == id).then(|| "t".into()))[0].name.as_deref(), Some("t"));
    assert_eq!(session.wanted(|_| None)[0].name.as_deref(), Some("t"));
}

#[test]
fn epochs_grow_and_never_become_0_again() {
    assert_eq!((next_epoch(1), next_epoch(i32::MAX)), (2, 1));
    let mut session = session(1);
    assert_eq!(session.epoch(), 1);
    session.update(Vec::new(), &[]);
    assert_eq!(session.epoch(), 2);
}
