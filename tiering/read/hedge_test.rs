//! The threshold follows the store; hedges stay few.

use crate::read::Hedge;
use std::time::Duration;

#[test]
fn the_threshold_lies_behind_nearly_all_recent_requests() {
    let mut hedge = Hedge::new();
    assert_eq!(hedge.threshold(), Duration::from_millis(500));
    for at in 0..200u64 {
        hedge.record(Duration::from_millis(if at % 40 == 0 { 900 } else { 40 + at % 5 }));
    }
    let threshold = hedge.threshold();
    assert!(threshold > Duration::from_millis(44) && threshold < Duration::from_millis(100), "{threshold:?}");
    (0..64).for_each(|_| hedge.record(Duration::from_secs(30)));
    assert_eq!(hedge.threshold(), Duration::from_secs(2));
}

#[test]
fn a_store_that_is_slow_for_everybody_is_not_asked_twice_as_much() {
    let mut hedge = Hedge::new();
    let mut hedges = 0;
    for _ in 0..1000 {
        hedges += u32::from(hedge.spend());
        hedge.record(Duration::from_secs(1));
    }
    assert!(hedges <= 51, "{hedges}");
}
