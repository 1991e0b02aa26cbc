//! The account, worked out by hand.

use super::bucket::Bucket;
use super::rate::Window;
use esker_env::Instant;
use std::time::Duration;

#[test]
fn a_burst_overdraws_the_account_and_time_refills_it() {
    let at = |millis| Instant::from_start(Duration::from_millis(millis));
    let window = Window::new(100, 1);
    let mut bucket = Bucket::full(window, 5.0, at(0));
    bucket.take(window, 5.0, 560.0, at(0));
    assert_eq!(bucket.missing(window, 5.0, at(0)), Duration::from_secs(12), "60 are owed");
    assert_eq!(bucket.missing(window, 5.0, at(11_000)), Duration::from_secs(1));
    assert_eq!(bucket.missing(window, 5.0, at(12_000)), Duration::ZERO);
    bucket.take(window, 5.0, 500.0, at(1_000_000));
    assert_eq!(bucket.missing(window, 5.0, at(1_000_000)), Duration::ZERO, "it never holds more than a burst");
    bucket.take(window, 5.0, 1.0, at(1_000_000));
    assert_eq!(bucket.missing(window, 5.0, at(1_000_000)), Duration::from_millis(200));
}
