//! Each time is counted in the bucket of the smallest bound that it does not exceed.

use crate::times::Times;
use std::time::Duration;

#[test]
fn a_time_is_counted_below_the_next_power_of_two() {
    let times = Times::default();
    let micros = [0, 999, 1_000, 1_001, 2_000, 3_000, 65_536_000, 65_536_001, 3_600_000_000];
    micros.iter().for_each(|micros| times.record(Duration::from_micros(*micros)));
    let seen = times.seen();
    let counted: Vec<_> = seen.buckets.iter().filter(|(_, count)| *count > 0).copied().collect();
    let millis = |millis| Some(Duration::from_millis(millis));
    assert_eq!(counted, [(millis(1), 3), (millis(2), 2), (millis(4), 1), (millis(65_536), 1), (None, 2)]);
    assert_eq!(seen.total, Duration::from_micros(micros.iter().sum()));
}
