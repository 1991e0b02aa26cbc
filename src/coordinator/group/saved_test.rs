//! What was saved of offsets comes back in another cluster: whole, the latest commit, never behind a partition's end.

use crate::group::coordinator_test::{broker, broker_with, fetch};
use crate::group::testing::committing;
use crate::group::{FetchRequest, RestoredSummary, restore_offsets};
use crate::testing::MemoryLog;
use crate::{StateLog, partition_of};
use bytes::Bytes;
use esker_model::{Offset, TopicId};
use std::sync::Arc;

const NOW: i64 = 1_800_000_000_000;

/// Everything came back.
fn whole(_: &str, _: TopicId, _: i32) -> Option<Offset> {
    Some(Offset::MAX)
}

async fn saved_by(commits: &[(&str, i32, i64)]) -> Bytes {
    let broker = broker("", 4).await;
    for (group, partition, offset) in commits {
        broker.groups.commit(&committing(group, "", -1, "t", *partition, *offset)).wait().await.unwrap();
    }
    broker.groups.save_offsets(NOW).unwrap().unwrap().1
}

async fn offset_in(log: &Arc<MemoryLog>, partitions: usize, group: &str, partition: i32) -> i64 {
    let broker = broker_with("", Arc::clone(log), partitions).await;
    let fetched = broker.groups.fetch(&FetchRequest { topics: None, ..fetch(group) }).wait().await.unwrap();
    let found = fetched[0].partitions.iter().find(|found| found.partition == partition);
    found.map_or(-1, |found| found.offset)
}

#[tokio::test]
async fn what_was_saved_is_loaded_by_another_cluster_with_other_partitions() {
    let groups: Vec<String> = (0..300).map(|n| format!("group-{n}")).collect();
    let commits: Vec<(&str, i32, i64)> = (0..).zip(&groups).map(|(n, group)| (group.as_str(), 2, n)).collect();
    let saved = saved_by(&commits).await;
    let restored = restore_offsets(&[saved], 3, NOW, whole).unwrap();
    assert_eq!((restored.summary.groups, restored.summary.offsets), (300, 300));
    let log = MemoryLog::new(3);
    for (partition, batches) in &restored.batches {
        for batch in batches {
            log.append(*partition, 0, batch.clone()).unwrap();
        }
    }
    for n in [0, 7, 299] {
        assert!(restored.batches.contains_key(&partition_of(&groups[n], 3)));
        assert_eq!(offset_in(&log, 3, &groups[n], 2).await, n as i64);
    }
}

#[tokio::test]
async fn offsets_behind_what_came_back_go_to_its_end_and_those_of_lost_partitions_go() {
    let saved = saved_by(&[("g", 0, 50), ("g", 1, 50), ("g", 2, 50)]).await;
    let restored = restore_offsets(&[saved], 1, NOW, |_, _, partition| [Some(50), Some(20), None][partition as usize]);
    let restored = restored.unwrap();
    let RestoredSummary { groups, offsets, moved_back, dropped, newest } = restored.summary;
    assert_eq!((groups, offsets, moved_back, dropped), (1, 2, 1, 1));
    assert!(newest.is_some());
    let log = MemoryLog::new(1);
    log.append(0, 0, restored.batches[&0][0].clone()).unwrap();
    assert_eq!(offset_in(&log, 1, "g", 0).await, 50);
    assert_eq!(offset_in(&log, 1, "g", 1).await, 20);
}

#[tokio::test]
async fn of_what_two_brokers_saved_the_later_commit_counts() {
    let earlier = saved_by(&[("g", 0, 10)]).await;
    esker_env::sleep(std::time::Duration::from_millis(2)).await;
    let later = saved_by(&[("g", 0, 5)]).await;
    for saved in [[earlier.clone(), later.clone()], [later.clone(), earlier.clone()]] {
        let restored = restore_offsets(&saved, 1, NOW, whole).unwrap();
        assert_eq!(restored.summary.offsets, 1);
        let log = MemoryLog::new(1);
        log.append(0, 0, restored.batches[&0][0].clone()).unwrap();
        assert_eq!(offset_in(&log, 1, "g", 0).await, 5);
    }
}

#[tokio::test]
async fn a_mark_moves_with_every_commit_and_there_is_none_while_a_shard_is_unknown() {
    let broker = broker("", 2).await;
    let mark = broker.groups.saved_mark().unwrap();
    assert_eq!(broker.groups.saved_mark().unwrap(), mark);
    broker.groups.commit(&committing("g", "", -1, "t", 0, 1)).wait().await.unwrap();
    assert_ne!(broker.groups.saved_mark().unwrap(), mark);
    broker.log.set_unreadable(true);
    broker.log.lead(1, Some(7));
    broker.groups.align();
    assert_eq!(broker.groups.saved_mark(), None);
    assert!(broker.groups.save_offsets(NOW).unwrap().is_none());
}

#[tokio::test]
async fn spoiled_bytes_are_refused_and_none_are_nothing() {
    assert_eq!(restore_offsets(&[], 4, NOW, whole).unwrap(), crate::group::RestoredOffsets::default());
    let saved = saved_by(&[("g", 0, 10)]).await;
    for cut in [1, 20, saved.len() - 1] {
        assert!(restore_offsets(&[saved.slice(..cut)], 4, NOW, whole).is_err(), "cut at {cut}");
    }
    let mut foreign = saved.to_vec();
    foreign[16] = 1; // the batch's format
    assert!(restore_offsets(&[foreign.into()], 4, NOW, whole).is_err());
}
