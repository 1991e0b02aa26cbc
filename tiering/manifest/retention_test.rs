//! Whole segments go, oldest first; the first that stays ends the walk.

use crate::manifest::test_roots::root_with;
use crate::manifest::{PageRef, RetentionLimits, expired_until};
use uuid::Uuid;

fn time(time_ms: i64) -> RetentionLimits {
    RetentionLimits { time_ms: Some(time_ms), bytes: None }
}

fn size(bytes: u64) -> RetentionLimits {
    RetentionLimits { time_ms: None, bytes: Some(bytes) }
}

#[test]
fn time_moves_log_start_over_entries_older_than_the_horizon() {
    let root = root_with(5, 10); // largest timestamps 0, 100, 200, 300, 400
    let cut = expired_until(&root, 0, time(1000), 1200);
    assert_eq!(cut.log_start, Some(20));
    assert_eq!(cut.survives_until_ms, Some(1200));
    assert_eq!(expired_until(&root, 0, time(1000), 900).log_start, None);
    assert_eq!(expired_until(&root, 0, time(1000), 99_999).log_start, Some(50));
}

#[test]
fn a_segment_without_timestamps_does_not_end_by_time() {
    let mut root = root_with(2, 10);
    root.entries[0].max_timestamp = -1;
    assert_eq!(expired_until(&root, 0, time(0), i64::MAX).log_start, None);
}

#[test]
fn size_counts_both_tiers_and_keeps_what_still_fits() {
    let root = root_with(5, 10); // 1,200 bytes each
    assert_eq!(expired_until(&root, 0, size(6000), 0).log_start, None);
    assert_eq!(expired_until(&root, 1199, size(6000), 0).log_start, None, "less than one segment too much");
    assert_eq!(expired_until(&root, 1200, size(6000), 0).log_start, Some(10));
    assert_eq!(expired_until(&root, 0, size(0), 0).log_start, Some(50));
    let mut moved = root;
    moved.log_start = 20;
    assert_eq!(expired_until(&moved, 0, size(3600), 0).log_start, None, "what is hidden does not count");
}

#[test]
fn for_ever_is_for_ever() {
    let cut = expired_until(&root_with(5, 10), u64::MAX, RetentionLimits::default(), i64::MAX);
    assert_eq!(cut, Default::default());
}

#[test]
fn a_page_goes_whole_or_is_looked_into() {
    let mut root = root_with(5, 10);
    let page = PageRef { level: 1, uuid: Uuid::nil(), base: 0, next: 30, entries: 3, bytes: 3600, max_timestamp: 200 };
    let inside: Vec<_> = root.entries.drain(..3).collect();
    root.pages = vec![page];
    assert_eq!(expired_until(&root, 0, time(10), 350).log_start, Some(40), "the page and the entry behind it");
    let cut = expired_until(&root, 0, time(10), 160);
    assert_eq!(cut.log_start, None);
    let (found, walk) = cut.inside.unwrap();
    assert_eq!(found, page);
    assert_eq!(walk.over(&[], &inside).log_start, Some(20));
    let cut = expired_until(&root, 0, size(3600), 0);
    assert_eq!(cut.inside.unwrap().1.over(&[], &inside).log_start, Some(20));
    assert!(expired_until(&root, 0, RetentionLimits::default(), 0).inside.is_none(), "for ever reads no page");
}
