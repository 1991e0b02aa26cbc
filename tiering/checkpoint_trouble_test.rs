//! A disk on which the tier's checkpoints cannot be written or read: uploads and reads go on, local segments stay until they can.

use crate::local_log::LocalLog;
use crate::partition::{Readiness, Standing, TierPartition};
use crate::testing::MemoryLog;
use crate::tier_test_world::{NEW, UNSURE, World, serves, tiered_to, token, until};
use esker_env::sim::{NameFault, SimDisk};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A leader whose ten records are in the bucket and no longer local, on a disk that can be told to fail.
async fn tiered() -> (SimDisk, World, Arc<MemoryLog>, TierPartition) {
    let disk = SimDisk::new();
    let world = World::on(Arc::new(disk.clone()), |_| {});
    let log = MemoryLog::new();
    log.append_segment(10, 0, 100);
    let partition = world.lead(&log, token(1), NEW);
    tiered_to(&partition, 10).await;
    until("the first goes", || log.bounds().local_log_start == 10).await;
    (disk, world, log, partition)
}

fn checkpoints(world: &World) -> PathBuf {
    world.dir.path().join("esker-tier/checkpoints/")
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_checkpoint_cannot_be_written_nothing_local_goes_and_everything_else_does() {
    for fault in [NameFault::Open, NameFault::Write, NameFault::Full, NameFault::Sync, NameFault::Rename] {
        let (disk, world, log, partition) = tiered().await;
        disk.fail_named(&checkpoints(&world), Some(fault));
        for round in 2..=4 {
            log.append_segment(10, 0, 100);
            partition.wake();
            tiered_to(&partition, round * 10).await;
        }
        assert_eq!(world.read_all(&partition, 0, 1 << 20).await.len(), 40 * 161, "{fault:?}");
        world.clock.advance(Duration::from_secs(2));
        partition.wake();
        esker_env::sleep(Duration::from_millis(50)).await;
        assert_eq!(log.bounds().local_log_start, 10, "{fault:?}: what is not recorded is not deleted");
        assert_eq!(partition.readiness(), Readiness::Ready, "{fault:?}");
        disk.fail_named(&checkpoints(&world), None);
        world.clock.advance(Duration::from_secs(2));
        partition.wake();
        until("the others go", || log.bounds().local_log_start == 40).await;

        partition.close();
        let after = world.restart();
        let again = after.lead(&log, token(2), Standing { led_last: true, ..UNSURE });
        assert_eq!(serves(&again).await, Readiness::Ready, "{fault:?}");
        assert_eq!(after.read_all(&again, 0, 1 << 20).await.len(), 40 * 161, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_cannot_be_read_is_none_and_the_bucket_is_asked() {
    let (disk, world, log, partition) = tiered().await;
    partition.close();
    disk.fail_named(&checkpoints(&world), Some(NameFault::Read));
    let after = world.restart();
    let again = after.lead(&log, token(2), Standing { led_last: true, ..UNSURE });
    assert_eq!(serves(&again).await, Readiness::Ready);
    assert!(!after.store.calls().is_empty(), "the bucket was asked");
    assert_eq!(after.read_all(&again, 0, 1 << 20).await.len(), 10 * 161);
}
