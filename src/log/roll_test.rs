//! Segments are closed by size, age, full index and offset, and by nothing that a client can put into a timestamp.

use crate::config::LogConfig;
use crate::roll::{RollFacts, RollReason, should_roll};

const NOW: i64 = 1_800_000_000_000;

fn config() -> LogConfig {
    LogConfig { segment_bytes: 1000, segment_ms: 60_000, ..LogConfig::default() }
}

fn facts() -> RollFacts {
    RollFacts {
        base_offset: 100,
        size: 500,
        first_timestamp: Some(NOW),
        created_ms: NOW,
        jitter_ms: 0,
        index_full: false,
        incoming_bytes: 100,
        incoming_last_offset: 110,
        incoming_timestamp: NOW,
        now_ms: NOW,
    }
}

fn roll(facts: RollFacts) -> Option<RollReason> {
    should_roll(&facts, &config())
}

#[test]
fn a_young_segment_with_room_stays_open() {
    assert_eq!(roll(facts()), None);
    assert_eq!(roll(RollFacts { incoming_bytes: 500, ..facts() }), None, "exactly full is not over");
}

#[test]
fn a_batch_that_does_not_fit_closes_it_unless_it_is_empty() {
    assert_eq!(roll(RollFacts { incoming_bytes: 501, ..facts() }), Some(RollReason::Size));
    assert_eq!(roll(RollFacts { size: 0, incoming_bytes: 5000, ..facts() }), None);
}

#[test]
fn age_is_measured_in_record_time() {
    let later = RollFacts { incoming_timestamp: NOW + 60_000, now_ms: NOW + 60_000, ..facts() };
    assert_eq!(roll(later), None);
    let too_late = RollFacts { incoming_timestamp: NOW + 60_001, now_ms: NOW + 60_001, ..facts() };
    assert_eq!(roll(too_late), Some(RollReason::Age));
    assert_eq!(roll(RollFacts { jitter_ms: 1, ..later }), Some(RollReason::Age), "jitter makes it earlier");
    let backfill = RollFacts { first_timestamp: Some(1000), incoming_timestamp: 62_000, ..facts() };
    assert_eq!(roll(backfill), Some(RollReason::Age), "old records roll by their own time");
}

#[test]
fn without_timestamps_age_is_wall_time() {
    let without = RollFacts { first_timestamp: None, now_ms: NOW + 60_001, ..facts() };
    assert_eq!(roll(without), Some(RollReason::Age));
    let incoming_without = RollFacts { incoming_timestamp: -1, now_ms: NOW + 60_001, ..facts() };
    assert_eq!(roll(incoming_without), Some(RollReason::Age));
}

#[test]
fn records_from_the_future_neither_close_a_segment_nor_keep_it_open() {
    for future in [NOW + 1_000_000_000_000, i64::MAX] {
        assert_eq!(roll(RollFacts { incoming_timestamp: future, ..facts() }), None);
        let first = RollFacts { first_timestamp: Some(future), ..facts() };
        assert_eq!(roll(RollFacts { incoming_timestamp: NOW, ..first }), None);
    }
    assert_eq!(roll(RollFacts { incoming_timestamp: 0, ..facts() }), None, "nor do records from the past");
    assert_eq!(roll(RollFacts { now_ms: i64::MIN, incoming_timestamp: i64::MAX, ..facts() }), None);
}

#[test]
fn a_full_index_and_a_distant_offset_close_it() {
    assert_eq!(roll(RollFacts { index_full: true, ..facts() }), Some(RollReason::IndexFull));
    let far = 100 + i64::from(i32::MAX);
    assert_eq!(roll(RollFacts { incoming_last_offset: far, ..facts() }), None);
    assert_eq!(roll(RollFacts { incoming_last_offset: far + 1, ..facts() }), Some(RollReason::OffsetTooFar));
    let empty = RollFacts { size: 0, incoming_last_offset: far + 1, ..facts() };
    assert_eq!(roll(empty), Some(RollReason::OffsetTooFar), "even an empty one");
}
