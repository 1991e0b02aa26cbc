//! Cutting the end off: exactly, durably, with producers and epochs as they were then.

use super::{NewStart, PartitionLog};
use crate::testing::{Fixture, files, produced, read_all, small, whole};
use esker_model::{EpochEntry, EpochHistory};
use std::sync::Arc;

/// A log of 60 batches of two records of one producer, five per epoch.
fn filled(fixture: &Fixture) -> Arc<PartitionLog> {
    let log = fixture.log(0);
    for n in 0..60 {
        let context = super::AppendContext::client(n / 5, fixture.now_ms());
        let batch = produced(1, 0, 2 * n, 2, fixture.now_ms());
        log.append_as_leader(&batch, &context).unwrap();
    }
    log.advance_high_watermark(120);
    assert!(log.segment_count() > 1);
    log
}

#[test]
fn the_log_ends_where_it_was_cut() {
    for cut in [0, 1, 2, 57, 58, 90, 118, 119] {
        let fixture = Fixture::new(small());
        let log = filled(&fixture);
        log.truncate_to(cut).unwrap();
        let end = cut / 2 * 2;
        assert_eq!((log.log_end(), log.high_watermark()), (end, end), "cut at {cut}");
        assert_eq!(read_all(&log, 0).len() as i64, end);
        assert!(log.epochs().latest().is_none_or(|entry| entry.start_offset < end.max(1)));
        // The producer is where it was then: its next sequence follows.
        let context = super::AppendContext::client(100, fixture.now_ms());
        let next = produced(1, 0, end as i32, 2, fixture.now_ms());
        assert_eq!(log.append_as_leader(&next, &context).unwrap().base_offset, end);
        let fixture = fixture.crash();
        assert_eq!(fixture.log(0).log_end(), end + 2);
        assert_eq!(fixture.log(0).latest_epoch(), Some(100));
    }
}

#[test]
fn an_offset_behind_the_end_changes_nothing() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    for offset in [120, 121, i64::MAX] {
        log.truncate_to(offset).unwrap();
        assert_eq!(log.log_end(), 120);
    }
}

#[test]
fn the_recovery_point_goes_back_before_the_records_go() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    log.flush().unwrap();
    fixture.manager.checkpoint();
    log.truncate_to(50).unwrap();
    assert!(log.recovery_point() <= 50);
    let fixture = fixture.crash();
    assert_eq!(fixture.report.broken.len(), 0, "a log that was cut is not a log that lost something");
    assert_eq!(fixture.log(0).log_end(), 50);
    let log = fixture.log(0);
    let batch = crate::testing::batch(fixture.now_ms(), 5, 10);
    log.append_as_leader(&batch, &crate::log::AppendContext::client(4, fixture.now_ms())).unwrap();
    log.flush().unwrap();
    fixture.manager.checkpoint();
    log.truncate_to(52).unwrap();
    assert_eq!(log.log_end(), 50, "a batch goes as a whole");
    let fixture = fixture.crash();
    assert_eq!(fixture.report.broken.len(), 0, "and the recovery point lies before it");
}

#[test]
fn reads_under_way_see_the_end_and_no_rubbish() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    let slice = log.read(&whole(0)).unwrap().slice.unwrap();
    log.truncate_to(2).unwrap();
    assert!(slice.read().is_err(), "the bytes are gone");
    assert!(log.read(&whole(3)).is_err());
}

#[test]
fn a_log_begins_anew_at_an_offset() {
    let fixture = Fixture::new(crate::config::LogConfig { remote_storage_enable: true, ..small() });
    let log = filled(&fixture);
    let snapshot = log.next_upload(0).unwrap().unwrap().producer_snapshot;
    let entry = |epoch, start_offset| EpochEntry { epoch, start_offset };
    let epochs = EpochHistory::from_entries(vec![entry(0, 0), entry(3, 700), entry(9, 2000)]).unwrap();
    let start = NewStart { offset: 1000, log_start: 10, epochs, producer_snapshot: Some(snapshot) };
    log.start_over(start).unwrap();
    let bounds = log.bounds();
    assert_eq!(
        (bounds.log_start, bounds.local_log_start, bounds.high_watermark, bounds.log_end),
        (10, 1000, 1000, 1000)
    );
    assert_eq!((log.latest_epoch(), log.epoch_for_offset(800), log.producer_count()), (Some(3), Some(3), 1));
    assert!(
        files(&log).iter().all(|name| name.contains("1000.") || !name.starts_with('0') || name.ends_with(".deleted"))
    );
    fixture.manager.checkpoint();
    let fixture = fixture.crash();
    let bounds = fixture.log(0).bounds();
    assert_eq!((bounds.log_start, bounds.local_log_start, bounds.log_end), (10, 1000, 1000));
    assert_eq!(fixture.append(&fixture.log(0), 1, 10).base_offset, 1000);
}

#[test]
fn below_its_local_start_the_log_begins_anew() {
    let fixture = Fixture::new(crate::config::LogConfig { retention_bytes: 0, ..small() });
    let log = filled(&fixture);
    log.delete_old_segments(fixture.now_ms(), true).unwrap();
    log.truncate_to(30).unwrap();
    assert_eq!((log.log_start(), log.log_end(), log.latest_epoch()), (30, 30, None));
    let fixture = fixture.crash();
    assert_eq!((fixture.log(0).log_start(), fixture.log(0).log_end()), (30, 30));
}
