//! On a disk that fills, what the tier has goes first, the oldest of all topics before the others; then records of clients wait, and
//! are taken again when there is room.

use crate::config::LogConfig;
use crate::error::StorageError;
use crate::log::{AppendContext, AppendError, Origin, PartitionLog};
use crate::pressure::DiskMarks;
use crate::testing::{Fixture, batch, files, small};
use esker_env::Disk;
use esker_env::sim::World;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

const MARKS: DiskMarks = DiskMarks { low_bytes: 40_000, min_bytes: 20_000 };

fn fixture(tiered: bool) -> Fixture {
    let config = LogConfig { remote_storage_enable: tiered, retention_ms: -1, local_retention_ms: -1, ..small() };
    Fixture::with_marks(World::new(1), Arc::new(config), vec![PathBuf::from("/data")], MARKS)
}

/// Leaves so much room on the disk.
fn leave(fixture: &Fixture, available: u64) {
    fixture.world.disk.limit_space(None);
    let all = fixture.world.disk.space(Path::new("/data")).unwrap();
    // Large enough that the marks are no shares of it.
    fixture.world.disk.limit_space(Some(all.total - all.available + available));
}

fn fill(fixture: &Fixture, log: &PartitionLog, batches: usize) {
    for _ in 0..batches {
        fixture.append(log, 10, 100);
        fixture.world.clock.advance(Duration::from_millis(100));
    }
}

fn segments(log: &PartitionLog) -> usize {
    files(log).iter().filter(|name| name.ends_with(".log")).count()
}

#[test]
fn the_oldest_tiered_segments_of_any_topic_go_and_what_is_not_in_the_tier_stays() {
    let fixture = fixture(true);
    let (old, young) = (fixture.log(0), fixture.log(1));
    // Half a megabyte, so that the marks are less than a tenth and a twentieth of the disk.
    fill(&fixture, &old, 200);
    fill(&fixture, &young, 200);
    let (old_before, young_before) = (segments(&old), segments(&young));
    leave(&fixture, 30_000);
    assert_eq!(fixture.manager.relieve_disks(fixture.now_ms()), 0, "nothing is known to be in the tier");
    old.set_tiered_end(old.log_end());
    young.set_tiered_end(young.log_end());
    let freed = fixture.manager.relieve_disks(fixture.now_ms());
    assert!((15_000..20_000).contains(&freed), "{freed} of the 15,000 bytes that were wanted");
    assert!(segments(&old) < old_before && segments(&young) == young_before, "the older log's went");
    assert_eq!(old.bounds().log_start, 0, "the records are in the tier");
    assert!(files(&old).iter().all(|name| !name.ends_with(".deleted")), "the room is free at once");
    leave(&fixture, 45_000);
    assert_eq!(fixture.manager.relieve_disks(fixture.now_ms()), 0, "that was enough");
}

#[test]
fn a_topic_that_is_not_tiered_loses_nothing() {
    let fixture = fixture(false);
    let log = fixture.log(0);
    fill(&fixture, &log, 200);
    log.set_tiered_end(log.log_end());
    let before = segments(&log);
    leave(&fixture, 1000);
    assert_eq!(fixture.manager.relieve_disks(fixture.now_ms()), 0);
    assert_eq!((segments(&log), log.bounds().log_start), (before, 0));
}

#[test]
fn with_nothing_left_to_drop_clients_wait_until_there_is_room_and_coordinators_do_not() {
    let fixture = fixture(false);
    let log = fixture.log(0);
    fill(&fixture, &log, 400);
    leave(&fixture, 19_000);
    fixture.manager.relieve_disks(fixture.now_ms());
    let refused = fixture.try_append(&log, &batch(fixture.now_ms(), 1, 10)).unwrap_err();
    assert!(matches!(refused, AppendError::Storage(StorageError::NearlyFull { .. })), "{refused}");
    let coordinator = AppendContext { origin: Origin::Coordinator, ..AppendContext::client(0, fixture.now_ms()) };
    log.append_as_leader(&batch(fixture.now_ms(), 1, 10), &coordinator).unwrap();
    leave(&fixture, 30_000);
    fixture.manager.relieve_disks(fixture.now_ms());
    fixture.append(&log, 1, 10);
}
