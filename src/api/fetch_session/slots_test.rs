//! Whose place a new session takes: Kafka's rules, one by one.

use super::session::Session;
use super::slots::{BYTES_MAX, Candidate, IDLE_MAX, Slots};
use esker_env::Instant;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

fn at(ms: u64) -> Instant {
    Instant::from_start(Duration::from_millis(ms))
}

fn of(privileged: bool, partitions: usize) -> Candidate {
    Candidate { privileged, partitions, bytes: 100 * partitions }
}

/// Keeps a session if it gets a place.
fn add(slots: &mut Slots, id: i32, candidate: Candidate, now: Instant) -> bool {
    let room = slots.make_room(&candidate, now);
    if room {
        slots.insert(id, Session::new(id, false, std::iter::empty()), &candidate, now);
    }
    room
}

fn ids(slots: &Slots) -> Vec<i32> {
    (1..20).filter(|id| slots.contains(*id)).collect()
}

#[test]
fn without_slots_there_are_no_sessions() {
    let mut slots = Slots::new(0);
    assert!(!add(&mut slots, 1, of(true, 1000), at(0)));
}

#[test]
fn a_young_session_stays_whoever_comes() {
    let mut slots = Slots::new(1);
    assert!(add(&mut slots, 1, of(false, 1), at(0)));
    assert!(!add(&mut slots, 2, of(false, 100), at(1)));
    assert_eq!((ids(&slots), slots.evictions()), (vec![1], 0));
}

#[test]
fn the_one_that_was_idle_the_longest_goes_first_whatever_its_worth() {
    let mut slots = Slots::new(2);
    add(&mut slots, 1, of(true, 100), at(0));
    add(&mut slots, 2, of(false, 1), at(5));
    assert!(!add(&mut slots, 3, of(false, 1), at(0) + IDLE_MAX), "idle for exactly the time is not longer");
    assert!(add(&mut slots, 3, of(false, 1), at(0) + IDLE_MAX + MS));
    assert_eq!((ids(&slots), slots.evictions()), (vec![2, 3], 1));
}

#[test]
fn among_old_ones_in_use_the_smallest_goes_for_a_larger_one_only() {
    let mut slots = Slots::new(3);
    for (id, partitions) in [(1, 30), (2, 10), (3, 20)] {
        add(&mut slots, id, of(false, partitions), at(0));
    }
    let now = at(0) + IDLE_MAX + MS;
    for (id, partitions) in [(1, 30), (2, 10), (3, 20)] {
        slots.touch(id, partitions, 100 * partitions, now);
    }
    assert!(!add(&mut slots, 4, of(false, 10), now), "of two with as many partitions the older one stays");
    assert!(add(&mut slots, 4, of(false, 11), now));
    assert_eq!(ids(&slots), [1, 3, 4]);
}

#[test]
fn a_follower_takes_the_place_of_any_consumer_and_never_the_other_way_round() {
    let mut slots = Slots::new(2);
    add(&mut slots, 1, of(false, 50), at(0));
    add(&mut slots, 2, of(true, 1), at(0));
    assert!(add(&mut slots, 3, of(true, 1), at(1)), "a consumer's session goes, young as it is");
    assert_eq!(ids(&slots), [2, 3]);
    assert!(!add(&mut slots, 4, of(true, 9), at(2)), "a follower's session must be old to go");
    let now = at(0) + IDLE_MAX + 2 * MS;
    slots.touch(2, 1, 100, now);
    slots.touch(3, 1, 100, now);
    assert!(!add(&mut slots, 4, of(false, 500), now));
    assert!(add(&mut slots, 4, of(true, 9), now));
    assert_eq!(ids(&slots), [3, 4]);
}

#[test]
fn an_ended_session_leaves_nothing_behind() {
    let mut slots = Slots::new(1);
    add(&mut slots, 1, of(false, 7), at(0));
    assert_eq!(slots.partitions(), 7);
    assert!(slots.remove(1) && !slots.remove(1));
    assert_eq!((slots.len(), slots.partitions()), (0, 0));
    assert!(add(&mut slots, 2, of(false, 1), at(0)));
}

#[test]
fn sessions_cost_no_more_than_they_may_however_many_partitions_clients_name() {
    let mut slots = Slots::new(1000);
    let half = Candidate { privileged: false, partitions: 100_000, bytes: BYTES_MAX / 2 };
    assert!(add(&mut slots, 1, half, at(0)) && add(&mut slots, 2, half, at(0)));
    assert!(!add(&mut slots, 3, of(false, 1), at(1)), "the budget is spent on sessions that are in use");
    assert!(!add(&mut slots, 3, Candidate { bytes: BYTES_MAX + 1, ..half }, at(1_000_000)));
    assert_eq!(ids(&slots), [1, 2], "nobody had to go for one that cannot be kept");
    assert!(add(&mut slots, 3, half, at(1) + IDLE_MAX));
    slots.touch(3, 1, BYTES_MAX, at(1_000_000));
    assert!(slots.is_over_budget());
}
