//! Names, ids, ranges and epoch histories behave as Kafka's do.

use crate::{
    ClusterId, EpochEntry, EpochHistory, Monotonic, OffsetRange, TopicId, TopicNameError, topic_names_collide,
    validate_topic_name,
};
use uuid::Uuid;

fn history(entries: &[(i32, i64)]) -> EpochHistory {
    let entries = entries.iter().map(|&(epoch, start_offset)| EpochEntry { epoch, start_offset }).collect();
    EpochHistory::from_entries(entries).unwrap()
}

#[test]
fn a_topic_id_is_written_as_kafka_writes_it() {
    let id = TopicId(Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_0001));
    assert_eq!(id.to_string(), "AAAAAAAAQACAAAAAAAAAAQ");
    assert_eq!("AAAAAAAAQACAAAAAAAAAAQ".parse::<TopicId>().unwrap(), id);
    for n in [0, 1, u128::MAX, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef] {
        let id = TopicId(Uuid::from_u128(n));
        assert_eq!(id.to_string().parse::<TopicId>().unwrap(), id);
    }
    assert!("too short".parse::<TopicId>().is_err());
    assert!("AAAAAAAAQACAAAAAAAAA/Q".parse::<TopicId>().is_err());
}

#[test]
fn a_cluster_id_cannot_leave_its_prefix() {
    for bad in ["", "..", "a/b", "a b", "é", &"x".repeat(65)] {
        assert!(bad.parse::<ClusterId>().is_err(), "{bad:?}");
    }
    assert_eq!("AAAAAAAAQACAAAAAAAAAAQ".parse::<ClusterId>().unwrap().as_str().len(), 22);
}

#[test]
fn h46_topic_names_follow_kafkas_rules() {
    assert_eq!(validate_topic_name("a.b_c-9"), Ok(()));
    assert_eq!(validate_topic_name(""), Err(TopicNameError::Empty));
    assert_eq!(validate_topic_name(".."), Err(TopicNameError::Dots("..".into())));
    assert_eq!(validate_topic_name(&"a".repeat(249)), Ok(()));
    assert!(matches!(validate_topic_name(&"a".repeat(250)), Err(TopicNameError::TooLong(_))));
    for bad in ["../x", "a b", "a\0", "é", "a/b"] {
        assert_eq!(validate_topic_name(bad), Err(TopicNameError::BadCharacter(bad.to_owned())));
    }
    assert!(topic_names_collide("a.b", "a_b"));
    assert!(!topic_names_collide("a.b", "a-b"));
}

#[test]
fn ranges_are_half_open() {
    let range = OffsetRange::new(3, 5);
    assert!(range.contains(3) && range.contains(4) && !range.contains(5));
    assert!(!range.overlaps(OffsetRange::new(5, 6)) && range.overlaps(OffsetRange::new(4, 6)));
    assert_eq!((range.len(), range.is_empty()), (2, false));
}

#[test]
#[should_panic(expected = "must not go back")]
fn a_monotonic_value_never_goes_back() {
    Monotonic::new(2).advance(1);
}

#[test]
fn epochs_answer_where_they_ended() {
    let history = history(&[(2, 10), (4, 20), (5, 30)]);
    let table = [
        (-1, (-1, -1)),
        (6, (-1, -1)),
        (5, (5, 40)),
        (4, (4, 30)),
        (3, (2, 20)),
        (2, (2, 20)),
        (1, (1, 10)),
        (0, (0, 10)),
    ];
    for (requested, answer) in table {
        assert_eq!(history.end_offset_for(requested, 40), answer, "epoch {requested}");
    }
    assert_eq!(EpochHistory::default().end_offset_for(0, 5), (-1, -1));
    assert_eq!(history.epoch_for_offset(9), None);
    assert_eq!(history.epoch_for_offset(29), Some(4));
}

#[test]
fn assigning_an_epoch_removes_what_contradicts_it() {
    let mut epochs = history(&[(0, 0), (1, 10), (2, 20)]);
    assert!(!epochs.assign(2, 25));
    assert!(epochs.assign(3, 15));
    assert_eq!(epochs, history(&[(0, 0), (1, 10), (3, 15)]));
    assert!(epochs.assign(4, 0));
    assert_eq!(epochs, history(&[(4, 0)]));
}

#[test]
fn epochs_are_cut_at_both_ends() {
    let mut epochs = history(&[(0, 0), (1, 10), (2, 20)]);
    assert!(epochs.truncate_from_end(20));
    assert!(epochs.truncate_from_start(5));
    assert_eq!(epochs, history(&[(0, 5), (1, 10)]));
    assert!(epochs.truncate_from_start(12));
    assert_eq!(epochs, history(&[(1, 12)]));
    assert!(!epochs.truncate_from_start(3));
    assert_eq!(history(&[(0, 0), (1, 10)]).up_to(10), history(&[(0, 0)]));
}

#[test]
fn a_stored_history_must_grow() {
    let entry = |epoch, start_offset| EpochEntry { epoch, start_offset };
    for bad in [vec![entry(1, 0), entry(1, 5)], vec![entry(1, 5), entry(2, 5)], vec![entry(-1, 0)]] {
        assert_eq!(EpochHistory::from_entries(bad), None);
    }
}
