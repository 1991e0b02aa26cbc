//! Checkpoints that cannot be written while the broker runs: a disk that fails takes its own directory offline and no other, a full one
//! takes none, and nothing that was acknowledged is lost either way.

use super::{HIGH_WATERMARK_CHECKPOINT, LOG_START_CHECKPOINT, RECOVERY_CHECKPOINT};
use crate::checkpoint::{read_epochs, read_offsets};
use crate::error::StorageError;
use crate::log::{AppendContext, PartitionLog};
use crate::testing::{Fixture, batch, partition, read_all, small};
use esker_env::sim::{NameFault, World};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const EPOCH_CHECKPOINT: &str = "leader-epoch-checkpoint";
const KINDS: [&str; 4] = [RECOVERY_CHECKPOINT, HIGH_WATERMARK_CHECKPOINT, LOG_START_CHECKPOINT, EPOCH_CHECKPOINT];
const EIO: [NameFault; 4] = [NameFault::Open, NameFault::Write, NameFault::Sync, NameFault::Rename];

/// Two disks with a log on each: the first one's will fail.
struct Two {
    fixture: Fixture,
    failing: Arc<PartitionLog>,
    well: Arc<PartitionLog>,
}

impl Two {
    fn new() -> Self {
        let dirs = vec![PathBuf::from("/one"), PathBuf::from("/two")];
        let fixture = Fixture::start(World::new(1), Arc::new(small()), dirs);
        let logs = [fixture.log(0), fixture.log(1)];
        let on = |dir: &str| Arc::clone(logs.iter().find(|log| log.path().starts_with(dir)).expect("one log each"));
        let (failing, well) = (on("/one"), on("/two"));
        for log in &logs {
            (0..10).for_each(|_| _ = fixture.append(log, 4, 50));
            log.flush().unwrap();
        }
        fixture.manager.checkpoint();
        Self { fixture, failing, well }
    }

    fn path_of(&self, kind: &str) -> PathBuf {
        if kind == EPOCH_CHECKPOINT { self.failing.path().join(kind) } else { Path::new("/one").join(kind) }
    }

    /// Appends under another epoch, moves the log start, makes all durable, writes the checkpoints. Everything that can fail is told.
    fn live(&self, log: &PartitionLog, epoch: i32) -> Vec<StorageError> {
        let now_ms = self.fixture.now_ms();
        let mut failed = Vec::new();
        match log.append_as_leader(&batch(now_ms, 4, 50), &AppendContext::client(epoch, now_ms)) {
            Ok(info) => _ = log.advance_high_watermark(info.last_offset + 1),
            Err(crate::log::AppendError::Storage(error)) => failed.push(error),
            Err(other) => panic!("{other}"),
        }
        if let Err(error) = log.flush() {
            failed.push(error);
        }
        // On an offline directory there is nothing to move.
        let _ = log.advance_log_start(4);
        self.fixture.manager.checkpoint();
        failed
    }

    fn numbers(&self) -> [i32; 2] {
        [&self.failing, &self.well].map(|log| log.partition().partition)
    }
}

/// What is served after a restart: all that was durable.
fn served(fixture: &Fixture, number: i32) -> usize {
    let log = fixture.log(number);
    log.advance_high_watermark(i64::MAX);
    read_all(&log, log.log_start()).len() + log.log_start() as usize
}

#[test]
fn a_checkpoint_that_meets_a_failing_disk_takes_that_directory_offline_and_no_other() {
    for (kind, fault) in KINDS.into_iter().flat_map(|kind| EIO.map(|fault| (kind, fault))) {
        let two = Two::new();
        two.fixture.world.disk.fail_named(&two.path_of(kind), Some(fault));
        two.live(&two.failing, 1);
        let offline = two.fixture.manager.offline_dirs();
        assert_eq!(offline.len(), 1, "{kind} {fault:?}: {offline:?}");
        assert_eq!(&*offline[0].dir, Path::new("/one"), "{kind} {fault:?}");
        assert!(offline[0].reason.contains(kind), "{kind} {fault:?}: {:?} says which file it was", offline[0].reason);
        let refused = two.live(&two.failing, 1);
        assert!(refused.iter().all(|error| matches!(error, StorageError::Offline(_))), "{kind} {fault:?}: {refused:?}");
        assert_eq!(refused.len(), 2, "{kind} {fault:?}: neither appends nor syncs");
        assert!(two.live(&two.well, 1).is_empty(), "{kind} {fault:?}: the other directory goes on");

        let [failing, well] = two.numbers();
        let Two { fixture, failing: log, well: other } = two;
        let (durable, world) = (log.recovery_point(), fixture.world.clone());
        drop((log, other));
        world.disk.fail_named(Path::new("/one"), None);
        let fixture = fixture.crash();
        assert!(fixture.report.broken.is_empty(), "{kind} {fault:?}: {:?}", fixture.report.broken);
        assert!(fixture.manager.offline_dirs().is_empty(), "{kind} {fault:?}: another disk, another start");
        assert!(served(&fixture, failing) as i64 >= durable, "{kind} {fault:?}");
        assert_eq!(served(&fixture, well), 44, "{kind} {fault:?}");
    }
}

#[test]
fn a_checkpoint_that_finds_no_room_ends_nothing_and_is_written_when_there_is() {
    for kind in KINDS {
        let two = Two::new();
        let path = two.path_of(kind);
        two.fixture.world.disk.fail_named(&path, Some(NameFault::Full));
        let failed = two.live(&two.failing, 1);
        assert!(failed.iter().all(|error| matches!(error, StorageError::Full(_))), "{kind}: {failed:?}");
        assert_eq!(failed.len(), usize::from(kind == EPOCH_CHECKPOINT), "{kind}: only who waits for it is told");
        assert!(two.fixture.manager.offline_dirs().is_empty(), "{kind}");
        assert!(two.live(&two.well, 1).is_empty(), "{kind}");
        two.fixture.world.disk.fail_named(&path, None);
        assert!(two.live(&two.failing, 1).is_empty(), "{kind}: it goes on as if nothing had been");
        let (log, disk) = (&two.failing, &two.fixture.world.disk);
        if kind == EPOCH_CHECKPOINT {
            assert_eq!(read_epochs(disk, &path).unwrap().unwrap(), *log.epochs(), "{kind}");
        } else {
            let written = read_offsets(disk, &path).unwrap().unwrap();
            let expected = match kind {
                RECOVERY_CHECKPOINT => log.recovery_point(),
                HIGH_WATERMARK_CHECKPOINT => log.high_watermark(),
                _ => log.log_start(),
            };
            assert_eq!(written.get(log.partition()), Some(&expected), "{kind}");
        }
        let [failing, well] = two.numbers();
        let Two { fixture, failing: log, well: other } = two;
        drop((log, other));
        let fixture = fixture.crash();
        assert_eq!((served(&fixture, failing), served(&fixture, well)), (48, 44), "{kind}");
    }
}

#[test]
fn a_directory_whose_checkpoint_cannot_be_read_is_left_alone_and_the_others_start() {
    for kind in [RECOVERY_CHECKPOINT, HIGH_WATERMARK_CHECKPOINT, LOG_START_CHECKPOINT] {
        let two = Two::new();
        let [failing, well] = two.numbers();
        two.live(&two.failing, 1);
        let path = two.path_of(kind);
        let Two { fixture, failing: log, well: other } = two;
        drop((log, other));
        fixture.world.disk.fail_named(&path, Some(NameFault::Read));
        let fixture = fixture.crash();
        assert_eq!(fixture.manager.offline_dirs().len(), 1, "{kind}");
        assert_eq!(served(&fixture, well), 40, "{kind}");
        fixture.world.disk.fail_named(&path, None);
        let fixture = fixture.crash();
        assert_eq!(served(&fixture, failing), 44, "{kind}: nothing was touched");
    }
}

#[test]
fn what_a_full_disk_would_not_forget_of_a_deleted_log_is_not_believed_of_the_next_one() {
    for kind in [RECOVERY_CHECKPOINT, HIGH_WATERMARK_CHECKPOINT, LOG_START_CHECKPOINT] {
        let fixture = Fixture::new(small());
        let log = fixture.log(0);
        (0..30).for_each(|_| _ = fixture.append(&log, 4, 50));
        log.flush().unwrap();
        log.advance_log_start(90).unwrap();
        fixture.manager.checkpoint();
        drop(log);
        let path = Path::new("/data").join(kind);
        fixture.world.disk.fail_named(&path, Some(NameFault::Full));
        let name = partition(0).topic_partition;
        assert!(matches!(fixture.manager.delete(std::slice::from_ref(&name), 0), Err(StorageError::Full(_))), "{kind}");
        fixture.world.disk.fail_named(&path, None);
        let log = fixture.log(0);
        fixture.append(&log, 3, 50);
        log.flush().unwrap();
        drop(log);
        let fixture = fixture.crash();
        assert!(fixture.report.broken.is_empty(), "{kind}: {:?}", fixture.report.broken);
        let log = fixture.log(0);
        assert_eq!((log.log_start(), log.log_end()), (0, 3), "{kind}");
        assert!(log.high_watermark() <= 3, "{kind}");
        log.advance_high_watermark(3);
        assert_eq!(read_all(&log, 0).len(), 3, "{kind}");
    }
}
