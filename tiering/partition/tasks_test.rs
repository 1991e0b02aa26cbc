//! What the store would not do in time is done once it is back, without anybody asking again.

use crate::keys::{Keys, PartitionHome};
use crate::local_log::{LocalLog, TieredEndState};
use crate::manifest::test_roots::{entry, epochs, history};
use crate::partition::TierPartition;
use crate::store::StoreErrorKind;
use crate::store::faulty::Fault;
use crate::testing::MemoryLog;
use crate::tier_test_world::{UNSURE, World, count, id, serves, token, until};
use std::sync::Arc;
use std::time::Duration;

/// The tests' retry time is 300 ms.
const LONGER_THAN_A_REQUEST_REPEATS: Duration = Duration::from_secs(2);

/// A partition with `segments` of one offset in the bucket, none of them local, and its leader.
async fn long(segments: i64) -> (World, Arc<MemoryLog>, TierPartition) {
    let home = PartitionHome { topic_id: id().topic_id, partition: id().partition() };
    let history = history(home, segments, |base| entry(base, base + 1));
    let world = World::new();
    history.put(&*world.memory, &Keys::new(&"test-cluster".parse().unwrap())).await;
    let log = MemoryLog::new();
    let (tiered_end, epochs) = (segments, epochs(&[(1, 0)]));
    log.reset_to(1, TieredEndState { tiered_end, epochs, ..TieredEndState::default() }).unwrap();
    let partition = world.lead(&log, token(2), UNSURE);
    serves(&partition).await;
    until("the fence", || partition.bounds().is_some_and(|bounds| bounds.sequence > 1)).await;
    (world, log, partition)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_could_not_be_read_for_what_was_deleted_is_read_when_the_store_is_back() {
    let (world, _log, partition) = long(3_000).await;
    world.store.set_rule(|call| match call.operation {
        "get" if call.key.contains("/pages/") => Fault::Fail(StoreErrorKind::Unreachable),
        _ => Fault::None,
    });
    partition.raise_log_start(700).await.unwrap();
    let sequence = partition.bounds().unwrap().sequence;
    until("it is tried", || count(&world.store.calls(), "get", "/pages/") > 0).await;
    esker_env::sleep(LONGER_THAN_A_REQUEST_REPEATS).await;
    assert_eq!(partition.bounds().unwrap().sequence, sequence, "nothing else goes on meanwhile");
    world.store.heal();
    until("it is done", || partition.bounds().is_some_and(|bounds| bounds.sequence > sequence)).await;
    let sequence = partition.bounds().unwrap().sequence;
    let root = partition.shared.chain.root(sequence).await.unwrap();
    assert!(root.dropped_to > 0 && !root.garbage.is_empty(), "{} {}", root.dropped_to, root.garbage.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_could_not_be_written_is_written_when_the_store_is_back() {
    let (world, log, partition) = long(1_279).await;
    world.store.set_rule(|call| match call.operation {
        "put" if call.key.contains("/pages/") => Fault::Fail(StoreErrorKind::Unreachable),
        _ => Fault::None,
    });
    log.append_segment(1, 1, 100);
    log.append_segment(1, 1, 100);
    partition.wake();
    until("it is tried", || count(&world.store.calls(), "put", "/pages/") > 0).await;
    esker_env::sleep(LONGER_THAN_A_REQUEST_REPEATS).await;
    world.store.heal();
    let pages = async || {
        let root = partition.shared.chain.root(partition.bounds().unwrap().sequence).await.unwrap();
        (root.pages.len(), root.entries.len())
    };
    for _ in 0..3_000 {
        if pages().await.0 == 1 {
            break;
        }
        esker_env::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(pages().await, (1, 1_281 - 1_024));
}
