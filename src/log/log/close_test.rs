//! A clean stop leaves nothing to do for the next start; idle logs hold nothing open.

use crate::testing::{Fixture, batch, files, produced, read_all, small};
use esker_env::Disk;
use std::time::Duration;

#[test]
fn a_clean_stop_is_opened_without_a_scan() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    for n in 0..100 {
        fixture.try_append(&log, &produced(5, 0, n, 1, fixture.now_ms())).unwrap();
    }
    let (records, epochs) = (read_all(&log, 0), log.epochs());
    let fixture = fixture.restart();
    assert_eq!(fixture.report.clean, [("/data".into(), 7)]);
    let log = fixture.log(0);
    // A scan would open the last segment for writing and give it a new index; here nothing was written at all.
    assert!(files(&log).contains(&"00000000000000000100.snapshot".to_owned()));
    assert_eq!((read_all(&log, 0), log.epochs(), log.recovery_point()), (records, epochs, 100));
    assert!(fixture.try_append(&log, &produced(5, 0, 99, 1, fixture.now_ms())).unwrap().duplicate);
    assert_eq!(fixture.try_append(&log, &produced(5, 0, 100, 1, fixture.now_ms())).unwrap().base_offset, 100);
    assert_eq!(read_all(&log, 0).len(), 101);
}

#[test]
fn the_mark_holds_for_one_start() {
    let fixture = Fixture::new(small());
    fixture.append(&fixture.log(0), 1, 10);
    let fixture = fixture.restart();
    assert_eq!(fixture.report.clean.len(), 1);
    assert_eq!(fixture.crash().report.clean.len(), 0);
}

#[test]
fn a_clean_mark_over_a_torn_log_is_not_believed() {
    let fixture = Fixture::new(small());
    for _ in 0..5 {
        fixture.append(&fixture.log(0), 1, 100);
    }
    let path = fixture.log(0).path().join("00000000000000000000.log");
    fixture.manager.shut_down(7);
    let file = fixture.world.disk.open(&path, esker_env::OpenMode::ReadWrite).unwrap();
    file.set_len(file.len().unwrap() - 1).unwrap();
    let fixture = fixture.crash();
    assert_eq!(fixture.report.broken.len(), 1, "what was durable is gone: that is damage");
    assert!(fixture.report.broken[0].1.to_string().contains("00000000000000000000.log"));
}

#[test]
fn a_closed_log_takes_nothing_more() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    fixture.append(&log, 1, 10);
    log.close().unwrap();
    assert!(fixture.try_append(&log, &batch(fixture.now_ms(), 1, 1)).is_err());
    assert!(log.close().is_err());
}

#[test]
fn idle_logs_give_their_files_back_and_go_on() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    for _ in 0..10 {
        fixture.append(&log, 1, 100);
    }
    fixture.world.clock.advance(Duration::from_secs(60));
    assert_eq!(fixture.manager.release_idle(fixture.now_ms()), 0, "what is not durable keeps its file");
    log.flush().unwrap();
    assert_eq!(fixture.manager.release_idle(fixture.now_ms() - 60_001), 0, "nor what was written to just now");
    assert_eq!(fixture.manager.release_idle(fixture.now_ms()), 1);
    assert_eq!(fixture.manager.release_idle(fixture.now_ms()), 0);
    assert_eq!(read_all(&log, 0).len(), 10);
    fixture.append(&log, 1, 100);
    assert_eq!(read_all(&log, 0).len(), 11);
}
