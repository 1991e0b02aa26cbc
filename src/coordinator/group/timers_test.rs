//! Deadlines that are set, moved and forgotten.

use crate::group::timers::{TimerKey, Timers};
use esker_env::Instant;
use std::time::Duration;

fn at(ms: u64) -> Instant {
    Instant::from_start(Duration::from_millis(ms))
}

fn key(name: &str) -> TimerKey {
    TimerKey::ClassicJoin(name.into())
}

#[test]
fn deadlines_ring_in_their_order_and_once() {
    let mut timers = Timers::default();
    timers.set(key("b"), at(20));
    timers.set(key("a"), at(10));
    assert_eq!((timers.next(), timers.take_due(at(9))), (Some(at(10)), None));
    assert_eq!(timers.take_due(at(30)), Some(key("a")));
    assert_eq!(timers.take_due(at(30)), Some(key("b")));
    assert_eq!((timers.take_due(at(30)), timers.next(), timers.len()), (None, None, 0));
}

#[test]
fn a_moved_deadline_rings_at_its_new_time_only() {
    let mut timers = Timers::default();
    timers.set(key("later"), at(10));
    timers.set(key("later"), at(50));
    timers.set(key("sooner"), at(40));
    timers.set(key("sooner"), at(5));
    timers.set_if_absent(key("sooner"), at(1));
    assert_eq!(timers.take_due(at(4)), None);
    assert_eq!(timers.take_due(at(45)), Some(key("sooner")));
    assert_eq!(timers.take_due(at(45)), None);
    assert_eq!(timers.get(&key("later")), Some(at(50)));
    assert_eq!(timers.take_due(at(50)), Some(key("later")));
}

#[test]
fn a_forgotten_deadline_does_not_ring_and_leaves_nothing_behind() {
    let mut timers = Timers::default();
    for n in 0..10_000 {
        let key = key(&n.to_string());
        timers.set(key.clone(), at(n));
        timers.cancel(&key);
    }
    timers.set(key("kept"), at(3));
    assert_eq!(timers.take_due(at(20_000)), Some(key("kept")));
    assert_eq!(timers.take_due(at(20_000)), None);
}
