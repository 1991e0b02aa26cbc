//! New connections are spread, and a quiet second is caught up on once.

use crate::limits::Pace;
use esker_env::Instant;
use std::time::Duration;

fn at(ms: u64) -> Instant {
    Instant::from_start(Duration::from_millis(1_000_000 + ms))
}

#[test]
fn a_burst_of_one_second_s_share_goes_at_once_and_the_rest_waits() {
    let pace = Pace::default();
    let delays: Vec<u128> = (0..14).map(|_| pace.delay(at(0), 10).as_millis()).collect();
    assert_eq!(delays[..10], [0; 10]);
    assert_eq!(delays[10..], [100, 200, 300, 400]);
    assert_eq!(pace.delay(at(10_000), 10), Duration::ZERO, "whoever waited owes nothing later");
}

#[test]
fn in_the_long_run_the_rate_is_kept() {
    let pace = Pace::default();
    let mut now = at(0);
    for _ in 0..110 {
        now = now + pace.delay(now, 10);
    }
    assert_eq!(now.since(at(0)), Duration::from_secs(10));
}

#[test]
fn no_limit_costs_nothing() {
    let pace = Pace::default();
    assert!((0..1000).all(|_| pace.delay(at(0), usize::MAX).is_zero()));
}
