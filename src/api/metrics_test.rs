//! What is counted of each key.

use crate::ErrorCode;
use crate::metrics::{ApiMetrics, KeyMetrics};
use esker_protocol::ApiKey;
use std::time::Duration;

#[test]
fn errors_are_counted_by_code_and_successes_are_not() {
    let metrics = KeyMetrics::default();
    metrics.count(Duration::ZERO, Duration::ZERO, [0, 3, 3, -1].into_iter());
    metrics.count(Duration::ZERO, Duration::ZERO, [0, 9999, i16::MIN].into_iter());
    assert_eq!(metrics.requests(), 2);
    let counted: Vec<_> = metrics.errors().collect();
    assert_eq!(counted, [(ErrorCode::UnknownServerError, 1), (ErrorCode::UnknownTopicOrPartition, 2)]);
}

#[test]
fn a_request_falls_into_the_bucket_that_ends_at_or_above_its_time() {
    for (micros, bound) in
        [(0, Some(1)), (1, Some(1)), (2, Some(2)), (3, Some(4)), (1025, Some(2048)), (u64::MAX / 8, None)]
    {
        let metrics = KeyMetrics::default();
        metrics.count(Duration::ZERO, Duration::from_micros(micros), std::iter::empty());
        let full: Vec<_> = metrics.latency().filter(|(_, count)| *count > 0).collect();
        assert_eq!(full, [(bound.map(Duration::from_micros), 1)], "{micros} us");
    }
}

#[test]
fn every_served_key_has_counters_and_no_other() {
    let metrics = ApiMetrics::default();
    assert!(metrics.key(ApiKey::ApiVersions).is_some());
    assert!(metrics.key(ApiKey::Vote).is_none());
}
