//! Segments go for the right reasons and stay for better ones.

use crate::retention::{DeleteReason, Retention, RetentionLimits, SegmentFacts, newest_ms};
use std::convert::Infallible;

const NOW: i64 = 1_800_000_000_000;
const HOUR: i64 = 3_600_000;

fn limits() -> RetentionLimits {
    RetentionLimits {
        log_start: 0,
        local_log_start: 0,
        high_watermark: 1000,
        tiered_end: None,
        tiers: false,
        deletes: true,
        retention_ms: Some(HOUR as u64),
        retention_bytes: None,
        now_ms: NOW,
        clock_trusted: true,
    }
}

/// Segments of 100 offsets and 10 bytes each; the last is active. `newest` are their ages in hours.
fn judge(limits: RetentionLimits, ages: &[i64]) -> Vec<DeleteReason> {
    let mut retention = Retention::new(limits, ages.len() as u64 * 10);
    let mut reasons = Vec::new();
    for (at, age) in ages.iter().enumerate() {
        let is_active = at + 1 == ages.len();
        let facts = SegmentFacts { end: (at as i64 + 1) * 100, size: 10, is_active };
        match retention.judge(&facts, || Ok::<_, Infallible>(NOW - age * HOUR)) {
            Ok(Some(reason)) => reasons.push(reason),
            Ok(None) => break,
        }
    }
    reasons
}

#[test]
fn old_segments_go_until_the_first_young_one() {
    use DeleteReason::Age;
    assert_eq!(
        judge(limits(), &[3, 2, 1, 2, 0]),
        [Age, Age],
        "exactly as old as allowed stays, and so does what follows"
    );
    assert_eq!(judge(limits(), &[3, 3, 3]), [Age, Age, Age], "the active one too");
    assert_eq!(judge(RetentionLimits { retention_ms: None, ..limits() }, &[300, 3]), []);
}

#[test]
fn size_goes_by_whole_segments_and_never_below_the_limit() {
    let bytes = |max| RetentionLimits { retention_bytes: Some(max), retention_ms: None, ..limits() };
    assert_eq!(judge(bytes(25), &[0, 0, 0, 0]), [DeleteReason::Size], "40 bytes: a second would leave 20");
    assert_eq!(judge(bytes(20), &[0, 0, 0, 0]), [DeleteReason::Size, DeleteReason::Size]);
    assert_eq!(judge(bytes(40), &[0, 0, 0, 0]), []);
    assert_eq!(judge(bytes(0), &[0, 0]).len(), 2);
}

#[test]
fn what_lies_below_the_log_start_goes_whatever_the_policy() {
    let start = RetentionLimits { log_start: 250, local_log_start: 250, deletes: false, ..limits() };
    assert_eq!(judge(start, &[0, 0, 0, 0]), [DeleteReason::LogStart, DeleteReason::LogStart]);
    assert_eq!(judge(RetentionLimits { deletes: false, ..limits() }, &[99, 99]), []);
}

#[test]
fn nothing_goes_that_is_not_replicated() {
    assert_eq!(judge(RetentionLimits { high_watermark: 150, ..limits() }, &[9, 9, 9]).len(), 1);
}

#[test]
fn an_empty_active_segment_stays() {
    let mut retention = Retention::new(limits(), 0);
    let facts = SegmentFacts { end: 0, size: 0, is_active: true };
    assert_eq!(retention.judge(&facts, || Ok::<_, Infallible>(0)), Ok(None));
}

#[test]
fn a_tiered_topic_deletes_locally_only_what_is_confirmed_in_the_tier() {
    let tiered = |end| RetentionLimits { tiers: true, tiered_end: end, ..limits() };
    assert_eq!(judge(tiered(None), &[9, 9, 9]), []);
    assert_eq!(judge(tiered(Some(199)), &[9, 9, 9]), [DeleteReason::Age], "the second ends at 200");
    assert_eq!(judge(tiered(Some(200)), &[9, 9, 9]).len(), 2);
    let deleted = RetentionLimits { log_start: 200, local_log_start: 200, ..tiered(None) };
    assert_eq!(
        judge(deleted, &[0, 0, 0]),
        [DeleteReason::LogStart, DeleteReason::LogStart],
        "what nobody may see needs no tier"
    );
}

#[test]
fn a_clock_that_jumped_deletes_nothing_by_age() {
    let doubted = RetentionLimits { clock_trusted: false, retention_bytes: Some(20), ..limits() };
    assert_eq!(judge(doubted, &[9, 9, 9]), [DeleteReason::Size], "size needs no clock");
}

#[test]
fn records_from_the_future_age_from_their_writing() {
    assert_eq!(newest_ms(i64::MAX, NOW), NOW);
    assert_eq!(newest_ms(NOW - HOUR, NOW), NOW - HOUR);
    assert_eq!(newest_ms(-1, NOW), NOW);
    let mut retention = Retention::new(limits(), 10);
    let facts = SegmentFacts { end: 10, size: 10, is_active: false };
    assert_eq!(
        retention.judge(&facts, || Ok::<_, Infallible>(i64::MIN)),
        Ok(Some(DeleteReason::Age)),
        "nothing overflows"
    );
    let mut retention = Retention::new(limits(), 10);
    assert_eq!(retention.judge(&facts, || Ok::<_, Infallible>(i64::MAX)), Ok(None), "a clock set back deletes nothing");
}
