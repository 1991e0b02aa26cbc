//! The breaker opens after a row of failures, tries one request at a time, and never waits long.

use crate::store::breaker::{Breaker, BreakerState};
use esker_env::Instant;
use std::time::Duration;

fn at(ms: u64) -> Instant {
    Instant::from_start(Duration::from_millis(ms))
}

fn opened() -> Breaker {
    let mut breaker = Breaker::new();
    (0..5).for_each(|_| breaker.record(false, at(0)));
    breaker
}

#[test]
fn a_success_in_between_keeps_it_closed() {
    let mut breaker = Breaker::new();
    for at_ms in 0..100 {
        breaker.record(at_ms % 4 == 3, at(at_ms));
        assert!(breaker.admit(at(at_ms)).is_ok());
    }
}

#[test]
fn it_opens_and_lets_one_request_try() {
    let mut breaker = opened();
    assert_eq!(breaker.state(), BreakerState::Open);
    assert!(breaker.admit(at(249)).is_err());
    assert!(breaker.admit(at(250)).is_ok());
    assert!(breaker.admit(at(251)).is_err(), "one at a time");
    breaker.record(true, at(260));
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn it_waits_two_seconds_at_most_however_long_the_outage() {
    let mut breaker = opened();
    let mut now = 0;
    for _ in 0..50 {
        let mut waited = 0;
        while breaker.admit(at(now)).is_err() {
            now += 50;
            waited += 50;
        }
        assert!(waited <= 2_000, "{waited} ms");
        breaker.record(false, at(now));
    }
}

#[test]
fn a_trial_that_is_never_answered_does_not_block_for_ever() {
    let mut breaker = opened();
    assert!(breaker.admit(at(300)).is_ok());
    assert!(breaker.admit(at(3_299)).is_err());
    assert!(breaker.admit(at(3_300)).is_ok());
}
