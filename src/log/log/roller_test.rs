//! Closing a segment leaves the files that Kafka leaves.

use crate::config::LogConfig;
use crate::testing::{Fixture, batch, files, read_all, small};
use esker_env::Disk;
use std::time::Duration;

#[test]
fn a_partition_directory_holds_what_kafkas_would() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    assert_eq!(
        files(&log),
        [
            "00000000000000000000.index",
            "00000000000000000000.log",
            "00000000000000000000.timeindex",
            "partition.metadata"
        ]
    );
    fixture.append(&log, 1, 10);
    log.roll_now().unwrap();
    fixture.manager.run_pending_syncs();
    assert_eq!(
        files(&log),
        [
            "00000000000000000000.index",
            "00000000000000000000.log",
            "00000000000000000000.timeindex",
            "00000000000000000001.index",
            "00000000000000000001.log",
            "00000000000000000001.snapshot",
            "00000000000000000001.timeindex",
            "leader-epoch-checkpoint",
            "partition.metadata"
        ]
    );
}

#[test]
fn active_indexes_have_their_full_length_and_closed_ones_none_too_many() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    for _ in 0..12 {
        fixture.append(&log, 1, 100);
    }
    let len = |name: &str| fixture.world.disk.stat(&log.path().join(name)).unwrap().unwrap().len;
    assert_eq!((len("00000000000000000000.index"), len("00000000000000000000.timeindex")), (1024, 1020));
    let data = len("00000000000000000000.log");
    assert_eq!(data, log.size(), "the log's length is exactly its data");
    log.roll_now().unwrap();
    assert!(len("00000000000000000000.index") > 0 && len("00000000000000000000.index") < 100);
    assert_eq!(len("00000000000000000000.timeindex"), 12, "all timestamps are equal");
    assert_eq!(len("00000000000000000000.log"), data);
}

#[test]
fn preallocated_segments_have_their_full_length_until_they_are_closed() {
    let fixture = Fixture::new(LogConfig { preallocate: true, ..small() });
    let log = fixture.log(0);
    fixture.append(&log, 1, 100);
    let path = log.path().join("00000000000000000000.log");
    let len = |fixture: &Fixture| fixture.world.disk.stat(&path).unwrap().unwrap().len;
    assert_eq!(len(&fixture), 4096);
    let fixture = fixture.crash();
    assert_eq!((len(&fixture), fixture.log(0).log_end()), (fixture.log(0).size(), 1));
    fixture.append(&fixture.log(0), 1, 100);
    fixture.log(0).roll_now().unwrap();
    assert_eq!(read_all(&fixture.log(0), 0).len(), 2);
    let fixture = fixture.restart();
    assert_eq!(fixture.log(0).log_end(), 2);
}

#[test]
fn an_index_without_room_closes_the_segment() {
    let fixture = Fixture::new(LogConfig { segment_bytes: 1 << 20, segment_index_bytes: 80, ..small() });
    let log = fixture.log(0);
    for _ in 0..100 {
        fixture.world.clock.advance(Duration::from_millis(1));
        fixture.append(&log, 1, 300);
    }
    assert!(log.segment_count() > 10);
    assert_eq!(read_all(&log, 0).len(), 100);
}

#[test]
fn a_disk_that_is_full_at_a_roll_leaves_the_old_segment_in_use() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    for _ in 0..8 {
        fixture.append(&log, 1, 400);
    }
    let used = (1 << 40) - fixture.world.env().disk.space("/".as_ref()).unwrap().available;
    fixture.world.disk.limit_space(Some(used));
    assert!(fixture.try_append(&log, &batch(fixture.now_ms(), 1, 900)).is_err());
    assert!(log.dir().check().is_ok());
    assert_eq!(log.segment_count(), 1);
    assert!(files(&log).iter().all(|name| !name.starts_with("00000000000000000008")), "{:?}", files(&log));
    fixture.world.disk.limit_space(None);
    assert_eq!(fixture.append(&log, 1, 900).base_offset, 8);
    assert_eq!((log.segment_count(), read_all(&log, 0).len()), (2, 9));
    assert_eq!(fixture.restart().log(0).log_end(), 9);
}

#[test]
fn time_closes_a_segment_at_the_next_append() {
    let fixture = Fixture::new(LogConfig { segment_ms: 60_000, ..small() });
    let log = fixture.log(0);
    fixture.append(&log, 1, 10);
    fixture.world.clock.advance(Duration::from_millis(60_001));
    assert!(fixture.append(&log, 1, 10).rolled.is_some());
    assert_eq!(log.segment_count(), 2);
}
