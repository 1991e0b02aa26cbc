//! After a crash: torn tails are cut, damage is named, and nothing durable is ever cut away.

use crate::log::PartitionLog;
use crate::open::OpenError;
use crate::testing::{Fixture, produced, read_all, small};
use esker_env::{Disk, OpenMode};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn filled(fixture: &Fixture) -> Arc<PartitionLog> {
    let log = fixture.log(0);
    for n in 0..60 {
        fixture.try_append(&log, &produced(1, 0, 2 * n, 2, fixture.now_ms())).unwrap();
    }
    assert!(log.segment_count() >= 2);
    log
}

fn path(log: &PartitionLog, at: usize) -> PathBuf {
    log.path().join(format!("{:020}.log", log.segments()[at].base_offset))
}

fn cut(fixture: &Fixture, path: &Path, by: u64) {
    let file = fixture.world.disk.open(path, OpenMode::ReadWrite).unwrap();
    file.set_len(file.len().unwrap() - by).unwrap();
}

#[test]
fn a_torn_tail_is_cut_at_the_last_whole_batch() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    cut(&fixture, &path(&log, log.segment_count() - 1), 3);
    let fixture = fixture.crash();
    let log = fixture.log(0);
    assert_eq!(log.log_end(), 118);
    assert_eq!(fixture.try_append(&log, &produced(1, 0, 118, 2, fixture.now_ms())).unwrap().base_offset, 118);
    log.advance_high_watermark(120);
    assert_eq!(read_all(&log, 0).len(), 120);
}

#[test]
fn rubbish_and_zeros_behind_the_end_are_cut() {
    for rubbish in [&[0; 300][..], &[0xff; 300], b"x"] {
        let fixture = Fixture::new(small());
        let log = filled(&fixture);
        let file = fixture.world.disk.open(&path(&log, log.segment_count() - 1), OpenMode::ReadWrite).unwrap();
        file.write_all_at(&[std::io::IoSlice::new(rubbish)], file.len().unwrap()).unwrap();
        assert_eq!(fixture.crash().log(0).log_end(), 120);
    }
}

#[test]
fn a_flaw_past_the_recovery_point_ends_the_log_and_later_segments_go() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    fixture.world.disk.flip_bit(&path(&log, 0), 500, 0);
    let fixture = fixture.crash();
    let log = fixture.log(0);
    assert!(log.log_end() < 20 && log.segment_count() == 1);
    log.advance_high_watermark(i64::MAX);
    assert_eq!(read_all(&log, 0).len() as i64, log.log_end());
}

#[test]
fn a_flaw_below_the_recovery_point_takes_only_its_partition_offline_by_name() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    fixture.append(&fixture.log(1), 1, 10);
    log.flush().unwrap();
    fixture.manager.checkpoint();
    // A frame in the segment that holds the recovery point.
    let last = path(&log, log.segment_count() - 1);
    let before = fixture.world.disk.read_small(&last, 1 << 20).unwrap();
    fixture.world.disk.flip_bit(&last, 8, 7);
    let fixture = fixture.crash();
    let (partition, error) = &fixture.report.broken[0];
    assert_eq!(partition.to_string(), "t-0");
    assert!(matches!(&**error, OpenError::Damaged(damage) if damage.file == last && damage.position == 0));
    assert_eq!(fixture.manager.damages().len(), 1);
    assert!(fixture.manager.get(partition).is_err());
    assert_eq!(fixture.log(1).log_end(), 1, "the other partition works");
    let after = fixture.world.disk.read_small(&last, 1 << 20).unwrap();
    assert_eq!(after.len(), before.len(), "nothing was cut");
    fixture.manager.checkpoint();
    let fixture = fixture.restart();
    assert_eq!(fixture.report.broken.len(), 1, "a clean stop does not make it good");
    fixture.world.disk.flip_bit(&last, 8, 7);
    assert_eq!(fixture.crash().log(0).log_end(), 120, "repaired, it is all there");
}

#[test]
fn a_log_that_lost_its_durable_end_is_damaged() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    log.flush().unwrap();
    fixture.manager.checkpoint();
    let last = path(&log, log.segment_count() - 1);
    let last_batch = log.read(&crate::testing::whole(118)).unwrap().slice.unwrap().len as u64;
    let end_of_frame = last_batch - 3;
    cut(&fixture, &last, 3);
    let fixture = fixture.crash();
    assert!(matches!(&*fixture.report.broken[0].1, OpenError::Damaged(_)));
    // Cut at a batch, nothing in the file itself looks wrong.
    cut(&fixture, &last, end_of_frame);
    let fixture = fixture.crash();
    assert!(fixture.report.broken[0].1.to_string().contains("durable"), "{}", fixture.report.broken[0].1);
}

#[test]
fn without_segments_a_log_that_was_durable_is_damaged() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    log.flush().unwrap();
    fixture.manager.checkpoint();
    for segment in log.segments().iter() {
        fixture.world.disk.remove_file(&segment.path(crate::files::SegmentFile::Log)).unwrap();
    }
    let fixture = fixture.crash();
    assert!(fixture.report.broken[0].1.to_string().contains("no segment"));
}

#[test]
fn with_a_lost_checkpoint_nothing_but_the_tail_is_cut() {
    for damage in ["absent", "rubbish"] {
        let fixture = Fixture::new(small());
        let log = filled(&fixture);
        fixture.manager.checkpoint();
        let checkpoint = PathBuf::from("/data/recovery-point-offset-checkpoint");
        fixture.world.disk.remove_file(&checkpoint).unwrap();
        if damage == "rubbish" {
            fixture.world.disk.replace_small(&checkpoint, b"rubbish").unwrap();
        }
        let (first, last) = (path(&log, 0), path(&log, log.segment_count() - 1));
        cut(&fixture, &last, 3);
        let fixture = fixture.crash();
        assert_eq!(fixture.log(0).log_end(), 118, "{damage}");
        fixture.world.disk.remove_file(&checkpoint).unwrap();
        fixture.world.disk.flip_bit(&first, 500, 0);
        let fixture = fixture.crash();
        assert_eq!(
            fixture.report.broken.len(),
            1,
            "{damage}: a closed segment is not cut when nothing says that it may be torn"
        );
    }
}

#[test]
fn only_what_lies_past_the_recovery_point_is_verified() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    log.flush().unwrap();
    fixture.manager.checkpoint();
    // A record, not a frame, in a closed segment: nothing looks there before someone reads it.
    fixture.world.disk.flip_bit(&path(&log, 0), 100, 0);
    let fixture = fixture.crash();
    assert_eq!((fixture.report.broken.len(), fixture.log(0).log_end()), (0, 120));
}

#[test]
fn lost_indexes_snapshots_and_epochs_come_back() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    let epochs = log.epochs();
    let names = crate::testing::files(&log);
    for name in names.iter().filter(|name| !name.ends_with(".log") && !name.ends_with(".metadata")) {
        fixture.world.disk.remove_file(&log.path().join(name)).unwrap();
    }
    let fixture = fixture.crash();
    let log = fixture.log(0);
    log.advance_high_watermark(120);
    assert_eq!((read_all(&log, 0).len(), log.epochs()), (120, epochs));
    assert!(fixture.try_append(&log, &produced(1, 0, 118, 2, fixture.now_ms())).unwrap().duplicate);
}

#[test]
fn a_damaged_snapshot_is_passed_over() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    log.flush().unwrap();
    fixture.manager.checkpoint();
    let base = log.segments().last().unwrap().base_offset;
    fixture.world.disk.flip_bit(&log.path().join(format!("{base:020}.snapshot")), 20, 0);
    let fixture = fixture.crash();
    assert!(fixture.try_append(&fixture.log(0), &produced(1, 0, 118, 2, fixture.now_ms())).unwrap().duplicate);
}

#[test]
fn a_foreign_partition_metadata_is_reported_not_deleted() {
    let fixture = Fixture::new(small());
    let log = filled(&fixture);
    let metadata = log.path().join("partition.metadata");
    fixture.world.disk.replace_small(&metadata, b"rubbish").unwrap();
    let fixture = fixture.crash();
    assert!(matches!(&*fixture.report.broken[0].1, OpenError::Format(_)));
    assert!(fixture.world.disk.stat(&metadata).unwrap().is_some());
}
