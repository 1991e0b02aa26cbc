//! Retention, DeleteRecords and the tier take records from the front; readers and crashes never see a hole.

use super::{DeleteError, PartitionLog};
use crate::config::{CleanupPolicy, LogConfig};
use crate::retention::DeleteReason;
use crate::testing::{Fixture, files, read_all, small, whole};
use std::sync::Arc;
use std::time::Duration;

fn fill(fixture: &Fixture, log: &PartitionLog, batches: usize) {
    for _ in 0..batches {
        fixture.append(log, 5, 50);
    }
}

fn filled(fixture: &Fixture) -> Arc<PartitionLog> {
    let log = fixture.log(0);
    fill(fixture, &log, 40);
    log
}

#[test]
fn retention_by_size_keeps_the_newest_segments() {
    let fixture = Fixture::new(LogConfig { retention_bytes: 8000, ..small() });
    let log = filled(&fixture);
    let deleted = log.delete_old_segments(fixture.now_ms(), true).unwrap();
    assert!(!deleted.segments.is_empty() && deleted.segments.iter().all(|(_, reason)| *reason == DeleteReason::Size));
    assert!(log.size() >= 8000 && log.size() - deleted.bytes / (deleted.segments.len() as u64) < 8000);
    let start = log.log_start();
    assert_eq!(log.bounds().local_log_start, start);
    assert_eq!(read_all(&log, start).first().unwrap().0, start);
    assert!(log.read(&whole(start - 1)).is_err());
    let fixture = fixture.crash();
    assert_eq!(fixture.log(0).log_start(), start, "the first segment tells");
}

#[test]
fn deleted_files_are_renamed_at_once_and_removed_later() {
    let fixture = Fixture::new(LogConfig { retention_bytes: 0, ..small() });
    let log = filled(&fixture);
    log.delete_old_segments(fixture.now_ms(), true).unwrap();
    let left: Vec<_> = files(&log).into_iter().filter(|name| !name.ends_with(".deleted")).collect();
    assert_eq!(
        left,
        [
            "00000000000000000200.index",
            "00000000000000000200.log",
            "00000000000000000200.snapshot",
            "00000000000000000200.timeindex",
            "partition.metadata"
        ]
    );
    assert!(files(&log).iter().any(|name| name == "00000000000000000000.log.deleted"));
    assert_eq!(fixture.manager.remove_deleted(fixture.now_ms() + 999), 0);
    assert!(fixture.manager.remove_deleted(fixture.now_ms() + 1000) > 0);
    assert!(files(&log).iter().all(|name| !name.ends_with(".deleted")));
}

#[test]
fn retention_by_age_takes_the_active_segment_too_and_the_log_goes_on() {
    let fixture = Fixture::new(LogConfig { retention_ms: 60_000, ..small() });
    let log = filled(&fixture);
    fixture.world.clock.advance(Duration::from_millis(60_001));
    fixture.manager.enforce_retention(fixture.now_ms());
    assert_eq!((log.log_start(), log.log_end(), log.segment_count()), (200, 200, 1));
    assert_eq!(fixture.append(&log, 1, 10).base_offset, 200);
    let fixture = fixture.crash();
    assert_eq!((fixture.log(0).log_start(), fixture.log(0).log_end()), (200, 201));
}

#[test]
fn records_from_the_future_do_not_stay_for_ever() {
    let fixture = Fixture::new(LogConfig { retention_ms: 60_000, timestamp_after_max_ms: i64::MAX, ..small() });
    let log = fixture.log(0);
    fixture.try_append(&log, &crate::testing::batch(i64::MAX - 5, 1, 10)).unwrap();
    assert_eq!(log.delete_old_segments(fixture.now_ms(), true).unwrap().segments, [], "nor do they go at once");
    fixture.world.clock.advance(Duration::from_millis(60_001));
    assert_eq!(log.delete_old_segments(fixture.now_ms(), true).unwrap().segments, [(0, DeleteReason::Age)]);
}

#[test]
fn a_jump_of_the_wall_clock_deletes_nothing() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    fixture.manager.enforce_retention(fixture.now_ms());
    fixture.world.clock.set_wall_ms(fixture.now_ms() + 365 * 86_400_000);
    assert_eq!(fixture.manager.enforce_retention(fixture.now_ms()), (0, 0));
    assert_eq!(log.log_start(), 0);
    fixture.manager.trust_clock();
    fixture.manager.enforce_retention(fixture.now_ms());
    assert_eq!(log.log_start(), 200, "an operator said that the date is right");
}

#[test]
fn delete_records_hides_at_once_and_frees_whole_segments() {
    let fixture = Fixture::new(LogConfig { cleanup_policy: CleanupPolicy { delete: false, compact: true }, ..small() });
    let log = filled(&fixture);
    let bounds = log.advance_log_start(57).unwrap();
    assert_eq!((bounds.log_start, bounds.local_log_start), (57, 57));
    assert!(log.read(&whole(56)).is_err());
    assert_eq!(log.epochs().earliest().unwrap().start_offset, 57);
    log.delete_old_segments(fixture.now_ms(), true).unwrap();
    assert_eq!(log.log_start(), 57, "the segment that holds it stays");
    assert!(log.segments()[0].base_offset <= 57 && log.segments()[0].base_offset > 0);
    assert_eq!(log.advance_log_start(10).unwrap().log_start, 57, "it does not go back");
    assert!(matches!(log.advance_log_start(201), Err(DeleteError::AboveHighWatermark { high_watermark: 200, .. })));
    fixture.manager.checkpoint();
    let fixture = fixture.crash();
    assert_eq!(fixture.log(0).log_start(), 57);
    assert_eq!(fixture.log(0).advance_log_start(200).unwrap().log_start, 200, "everything may go");
}

#[test]
fn nothing_above_the_high_watermark_goes() {
    let fixture = Fixture::new(LogConfig { retention_bytes: 0, ..small() });
    let log = fixture.log(0);
    for _ in 0..40 {
        let context = super::AppendContext::client(0, fixture.now_ms());
        log.append_as_leader(&crate::testing::batch(fixture.now_ms(), 5, 50), &context).unwrap();
    }
    assert_eq!(log.delete_old_segments(fixture.now_ms(), true).unwrap().segments, []);
    log.advance_high_watermark(100);
    log.delete_old_segments(fixture.now_ms(), true).unwrap();
    assert!(log.log_start() > 0 && log.log_start() <= 100);
}

#[test]
fn a_tiered_log_keeps_what_the_tier_has_not_confirmed() {
    let tiered = LogConfig { remote_storage_enable: true, local_retention_ms: 0, retention_ms: -1, ..small() };
    let fixture = Fixture::new(tiered);
    let log = filled(&fixture);
    fixture.world.clock.advance(Duration::from_millis(1));
    assert_eq!(log.delete_old_segments(fixture.now_ms(), true).unwrap().segments, []);
    log.set_tiered_end(120);
    log.delete_old_segments(fixture.now_ms(), true).unwrap();
    let bounds = log.bounds();
    assert_eq!(bounds.log_start, 0, "the log start is the tier's business");
    assert!(bounds.local_log_start > 0 && bounds.local_log_start <= 120);
    log.set_tiered_end(90);
    assert_eq!(log.bounds().tiered_end, Some(120), "older knowledge is ignored");
    fixture.manager.checkpoint();
    let fixture = fixture.crash();
    let again = fixture.log(0).bounds();
    assert_eq!((again.log_start, again.local_log_start), (0, bounds.local_log_start));
}

#[test]
fn a_tiered_log_closes_its_active_segment_when_it_outlives_local_retention() {
    let tiered = LogConfig { remote_storage_enable: true, local_retention_ms: 5000, ..small() };
    let fixture = Fixture::new(tiered);
    let log = fixture.log(0);
    assert_eq!(log.roll_for_tier(fixture.now_ms(), Some(0)).unwrap(), None, "nothing is in it");
    fixture.append(&log, 1, 10);
    assert_eq!(log.roll_for_tier(fixture.now_ms() + 5000, None).unwrap(), None);
    assert_eq!(log.roll_for_tier(fixture.now_ms() + 1000, Some(1001)).unwrap(), None);
    assert!(log.roll_for_tier(fixture.now_ms() + 5001, None).unwrap().is_some());
    assert_eq!((log.segment_count(), log.log_end()), (2, 1));
    fixture.append(&log, 1, 10);
    assert!(log.roll_for_tier(fixture.now_ms() + 1000, Some(1000)).unwrap().is_some(), "the tier must not lag");
}
