//! What is cleanable, what is due, and which segments become one.

use super::group::{GroupLimits, GroupMember, group};
use super::plan::{CleanableRange, LogFacts, Reset, SegmentFacts, compaction_delay_ms, first_dirty};
use super::throttle::Throttle;
use esker_env::Instant;
use std::ops::Range;
use std::time::Duration;

/// Closed segments of 100 offsets and bytes from 0 on, and an active one at `active`.
fn segments(active: i64) -> Vec<SegmentFacts> {
    (0..=active / 100).map(|at| SegmentFacts { base_offset: at * 100, size: 100 }).collect()
}

fn cleanable(last_stable: i64, first_dirty: i64, too_young: Option<i64>) -> CleanableRange {
    let segments = segments(400);
    LogFacts { log_end: 450, last_stable, segments: &segments }.cleanable(first_dirty, too_young)
}

#[test]
fn a_checkpoint_that_cannot_be_is_not_believed() {
    let at = |checkpoint| {
        let first = first_dirty(checkpoint, 100, 400);
        (first.offset, first.reset)
    };
    assert_eq!(at(None), (100, None));
    assert_eq!(at(Some(100)), (100, None));
    assert_eq!(at(Some(400)), (400, None));
    assert_eq!(at(Some(99)), (100, Some(Reset::BelowLogStart)));
    assert_eq!(at(Some(401)), (100, Some(Reset::BehindLogEnd)));
}

#[test]
fn the_active_segment_the_undecided_and_the_young_are_left_alone() {
    let range = |range: CleanableRange| (range.first_uncleanable, range.clean_bytes, range.cleanable_bytes);
    assert_eq!(range(cleanable(450, 0, None)), (400, 0, 400), "up to the active segment");
    assert_eq!(range(cleanable(250, 0, None)), (200, 0, 200), "the segment with the last stable offset stays");
    assert_eq!(range(cleanable(200, 0, None)), (200, 0, 200));
    assert_eq!(range(cleanable(450, 0, Some(100))), (100, 0, 100));
    assert_eq!(range(cleanable(450, 200, None)), (400, 200, 200));
    assert_eq!(range(cleanable(450, 250, None)), (400, 300, 200), "a segment cut by the border counts on both sides");
    assert_eq!(range(cleanable(150, 200, None)), (200, 200, 0), "nothing decided behind the first dirty offset");
    assert_eq!(range(cleanable(450, 420, None)), (400, 500, 0), "all closed segments are clean");
}

#[test]
fn a_log_is_due_by_its_dirty_share_or_its_age() {
    let half = cleanable(450, 200, None);
    assert_eq!(half.ratio(), 0.5);
    assert!(!half.is_due(0.5, 0) && half.is_due(0.49, 0) && half.is_due(0.9, 1));
    let nothing = cleanable(450, 420, None);
    assert!(!nothing.is_due(0.0, 1) && !nothing.is_due(0.0, 0));
}

#[test]
fn the_oldest_dirty_batch_says_how_overdue_a_log_is() {
    let delay = |batches: &[i64]| compaction_delay_ms(batches.iter().copied(), 1000, 10_000);
    assert_eq!(delay(&[9500, 9200]), 0);
    assert_eq!(delay(&[9500, 8000, -1]), 1000);
    assert_eq!(delay(&[-1, 0]), 0, "without a time nothing is old");
}

fn member(base_offset: i64, size: u64, index: u64) -> GroupMember {
    GroupMember { base_offset, size, index_bytes: [index, index / 2] }
}

fn one(group: Range<usize>) -> Vec<Range<usize>> {
    std::iter::once(group).collect()
}

#[test]
fn neighbours_become_one_while_they_fit() {
    let limits = GroupLimits { segment_bytes: 100, index_bytes: 50 };
    let members = [member(0, 40, 10), member(10, 60, 10), member(20, 1, 10), member(30, 300, 10), member(40, 0, 41)];
    assert_eq!(group(&members, &limits, 50), [0..2, 2..3, 3..4, 4..5]);
    let by_index = [member(0, 1, 30), member(10, 1, 21), member(20, 1, 29)];
    assert_eq!(group(&by_index, &limits, 30), [0..1, 1..3]);
    assert_eq!(group(&[], &limits, 0), []);
}

#[test]
fn no_segment_reaches_further_than_its_index_counts() {
    let limits = GroupLimits { segment_bytes: 100, index_bytes: 50 };
    let far = i64::from(i32::MAX);
    let members = [member(0, 1, 0), member(10, 1, 0)];
    assert_eq!(group(&members, &limits, far + 1), one(0..2), "its last offset still counts");
    assert_eq!(group(&members, &limits, far + 2), [0..1, 1..2]);
    let empty = [member(0, 1, 0), member(10, 0, 0)];
    assert_eq!(group(&empty, &limits, far + 2), one(0..2), "an empty one has no offset that is too far");
}

#[test]
fn the_speed_limit_holds_over_time_and_lets_short_bursts_pass() {
    let throttle = Throttle::default();
    let at = |ms| Instant::from_start(Duration::from_millis(ms));
    assert_eq!(throttle.pass(1 << 30, f64::MAX, at(5000)), Duration::ZERO, "no limit");
    assert_eq!(throttle.pass(300, 1000.0, at(10_000)), Duration::ZERO);
    assert_eq!(throttle.pass(500, 1000.0, at(10_000)), Duration::from_millis(500));
    assert_eq!(throttle.pass(0, 1000.0, at(10_200)), Duration::from_millis(300), "what passed before is waited for");
    assert_eq!(throttle.pass(300, 1000.0, at(60_000)), Duration::ZERO, "a long pause saves up one burst");
    assert_eq!(throttle.pass(100, 1000.0, at(60_000)), Duration::from_millis(100));
}
