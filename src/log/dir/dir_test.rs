//! Checkpoints are written when something moved, and keep what is not loaded.

use crate::checkpoint::read_offsets;
use crate::testing::{Fixture, partition, small};
use esker_env::Disk;
use std::path::Path;

fn recovery(fixture: &Fixture) -> Vec<(String, i64)> {
    let path = Path::new("/data/recovery-point-offset-checkpoint");
    let offsets = read_offsets(&fixture.world.disk, path).unwrap().unwrap();
    offsets.into_iter().map(|(partition, offset)| (partition.to_string(), offset)).collect()
}

#[test]
fn checkpoints_follow_the_logs() {
    let fixture = Fixture::new(small());
    assert_eq!(recovery(&fixture), [], "a new directory has an empty one");
    let log = fixture.log(0);
    fixture.append(&log, 3, 10);
    fixture.manager.checkpoint();
    assert_eq!(recovery(&fixture), [("t-0".to_owned(), 0)]);
    log.flush().unwrap();
    fixture.manager.checkpoint();
    assert_eq!(recovery(&fixture), [("t-0".to_owned(), 3)]);
    let syncs = fixture.world.disk.sync_count();
    fixture.manager.checkpoint();
    assert_eq!(fixture.world.disk.sync_count(), syncs, "nothing moved, nothing is written");
    assert_eq!(fixture.crash().log(0).high_watermark(), 3);
}

#[test]
fn a_closed_segment_moves_the_recovery_point_on_disk_soon() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    fixture.append(&log, 1, 10);
    fixture.manager.run_pending_syncs();
    fixture.manager.checkpoint_closed_segments();
    assert_eq!(recovery(&fixture), [], "no segment was closed");
    log.roll_now().unwrap();
    fixture.manager.run_pending_syncs();
    fixture.manager.checkpoint_closed_segments();
    assert_eq!(recovery(&fixture), [("t-0".to_owned(), 1)]);
}

#[test]
fn deleted_partitions_leave_the_checkpoints_and_broken_ones_stay() {
    let fixture = Fixture::new(small());
    for n in 0..2 {
        fixture.append(&fixture.log(n), 1, 10);
        fixture.log(n).flush().unwrap();
    }
    fixture.manager.checkpoint();
    let metadata = fixture.log(1).path().join("partition.metadata");
    fixture.world.disk.replace_small(&metadata, b"rubbish").unwrap();
    let fixture = fixture.crash();
    fixture.manager.delete(&[partition(0).topic_partition], 0).unwrap();
    fixture.manager.checkpoint();
    assert_eq!(recovery(&fixture), [("t-1".to_owned(), 1)]);
}
