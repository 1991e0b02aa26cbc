//! A jump of the wall clock stops deletion by time for an hour; drift does not.

use crate::clock_guard::ClockGuard;
use crate::test_clock::ManualClock;
use std::time::Duration;

#[test]
fn a_jump_of_more_than_an_hour_is_distrusted_for_an_hour_of_agreement() {
    let clock = ManualClock::default();
    let mut guard = ClockGuard::new(&clock);
    for _ in 0..100 {
        clock.advance(Duration::from_secs(60));
        clock.jump_wall(30_000);
        assert!(guard.is_trusted(&clock), "drift is followed");
    }
    clock.jump_wall(7_200_000);
    assert!(!guard.is_trusted(&clock));
    clock.advance(Duration::from_secs(3_599));
    assert!(!guard.is_trusted(&clock));
    clock.advance(Duration::from_secs(2));
    assert!(guard.is_trusted(&clock));
    clock.jump_wall(-7_200_000);
    assert!(!guard.is_trusted(&clock), "backwards too");
    guard.confirm();
    assert!(guard.is_trusted(&clock));
}
