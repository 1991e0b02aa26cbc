//! A date that jumps is doubted until it has proved itself.

use crate::clock_guard::ClockGuard;
use esker_env::Instant;
use std::time::Duration;

const HOUR_MS: i64 = 3_600_000;
const START: i64 = 1_800_000_000_000;

fn at(hours_and: i64, ms: i64) -> Instant {
    Instant::from_start(Duration::from_millis((hours_and * HOUR_MS + ms) as u64))
}

#[test]
fn a_clock_that_walks_is_believed() {
    let mut guard = ClockGuard::default();
    for hour in 0..48 {
        assert!(guard.observe(START + hour * HOUR_MS, at(hour, 0)));
    }
    assert!(guard.observe(START + 48 * HOUR_MS + HOUR_MS, at(48, 0)), "an hour is still a correction");
}

#[test]
fn a_jump_in_either_direction_is_doubted_for_an_hour_of_agreement() {
    for jump in [HOUR_MS + 1, -HOUR_MS - 1, 365 * 24 * HOUR_MS] {
        let mut guard = ClockGuard::default();
        assert!(guard.observe(START, at(0, 0)));
        assert!(!guard.observe(START + jump, at(0, 0)));
        assert!(!guard.observe(START + jump + HOUR_MS - 1, at(1, -1)));
        assert!(guard.observe(START + jump + HOUR_MS, at(1, 0)));
    }
}

#[test]
fn a_second_jump_starts_the_hour_again() {
    let mut guard = ClockGuard::default();
    guard.observe(START, at(0, 0));
    assert!(!guard.observe(START + 100 * HOUR_MS, at(0, 0)));
    assert!(!guard.observe(START + HOUR_MS, at(1, 0)), "back to the true date is a jump too");
    assert!(guard.observe(START + 2 * HOUR_MS, at(2, 0)));
}

#[test]
fn an_operator_may_confirm_the_date() {
    let mut guard = ClockGuard::default();
    guard.observe(START, at(0, 0));
    assert!(!guard.observe(i64::MAX, at(0, 0)));
    guard.confirm();
    assert!(guard.observe(i64::MAX, at(0, 1)));
}
