//! The cap holds over time, and a cap that nobody reaches costs nothing.

use crate::rate::RateLimit;
use crate::test_clock::ManualClock;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn what_was_taken_is_paid_by_those_who_come_later() {
    let clock = Arc::new(ManualClock::default());
    let limit = RateLimit::new(1000, Arc::clone(&clock) as _);
    assert_eq!(limit.take(500), Duration::ZERO);
    assert_eq!(limit.take(500), Duration::from_millis(500));
    clock.advance(Duration::from_millis(400));
    assert_eq!(limit.take(1), Duration::from_millis(600));
    clock.advance(Duration::from_secs(60));
    assert_eq!(limit.take(1), Duration::ZERO, "idle time is not saved up");
    limit.set(u64::MAX);
    clock.advance(Duration::from_secs(1));
    assert_eq!(limit.take(1 << 40), Duration::ZERO);
    assert_eq!(limit.take(1 << 40), Duration::ZERO);
}
