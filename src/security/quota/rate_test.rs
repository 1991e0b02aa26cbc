//! Rates and pauses, worked out by hand from Kafka's rules.

use super::rate::{Rate, Window};
use esker_env::Instant;
use std::time::Duration;

fn at(millis: u64) -> Instant {
    Instant::from_start(Duration::from_millis(1_000_000 + millis))
}

const WINDOW: fn() -> Window = || Window::new(11, 1);

#[test]
fn a_client_within_its_limit_does_not_pause() {
    let mut rate = Rate::default();
    rate.record(WINDOW(), 5_000.0, at(0));
    assert_eq!(rate.over(WINDOW(), 500.0, at(0)), Duration::ZERO, "5,000 over 10 seconds at least");
}

#[test]
fn a_burst_is_paused_for_until_the_rate_is_the_limit() {
    let mut rate = Rate::default();
    rate.record(WINDOW(), 10_000.0, at(0));
    // 1,000 a second over ten seconds, twice the limit: another ten seconds.
    assert_eq!(rate.over(WINDOW(), 500.0, at(0)), Duration::from_secs(10));
    assert_eq!(rate.over(WINDOW(), 500.0, at(400)), Duration::from_millis(9_600));
    assert_eq!(rate.over(WINDOW(), 500.0, at(10_999)), Duration::from_millis(9_001));
    assert_eq!(rate.over(WINDOW(), 500.0, at(11_000)), Duration::ZERO, "no event within the window is left");
}

#[test]
fn samples_that_overlap_the_window_count_and_older_ones_do_not() {
    let mut rate = Rate::default();
    for second in 0..30 {
        rate.record(WINDOW(), 1_000.0, at(second * 1_000));
        let pause = rate.over(WINDOW(), 1_000.0, at(second * 1_000));
        // From the eleventh sample on one more is in the sum than seconds have passed.
        let expected = if second < 10 { 0 } else { 1_000 };
        assert_eq!(pause.as_millis(), expected, "second {second}");
    }
}

#[test]
fn taking_back_undoes_what_was_noted() {
    let mut rate = Rate::default();
    rate.record(WINDOW(), 50_000.0, at(10));
    rate.record(WINDOW(), -50_000.0, at(10));
    assert_eq!(rate.over(WINDOW(), 1.0, at(20)), Duration::ZERO);
}

#[test]
fn a_tiny_limit_gives_a_long_pause_and_no_overflow() {
    let mut rate = Rate::default();
    rate.record(Window::new(1, 1), f64::MAX, at(0));
    assert_eq!(rate.over(Window::new(1, 1), f64::MIN_POSITIVE, at(0)), Duration::from_millis(i32::MAX as u64));
}
