//! Shards, with a machine that counts what it is given.

use crate::runtime::{Machine, ReplayError, Serving, Shards, ShardsOptions, Unavailable};
use crate::testing::MemoryLog;
use crate::{StateLog, StateLogError};
use esker_env::{Env, Instant};
use esker_record::{BatchBuilder, BatchRef, Codec, NewRecord, Records};
use std::sync::Arc;
use std::time::Duration;

/// Sums the values that it is given, and once a deadline has passed counts that.
#[derive(Debug, Default)]
struct Sum {
    sum: u64,
    due: Option<Instant>,
    rung: u32,
}

impl Machine for Sum {
    fn replay(&mut self, _: &BatchRef<'_>, records: Records<'_>) -> Result<(), ReplayError> {
        for record in records {
            let record = record.map_err(|error| ReplayError(error.to_string()))?;
            let value = record.value.and_then(|value| value.first()).ok_or(ReplayError("no value".to_owned()))?;
            self.sum += u64::from(*value);
        }
        Ok(())
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.due
    }

    fn on_deadline(shard: &mut Serving<Self>, _: Instant) {
        shard.machine.due = None;
        shard.machine.rung += 1;
    }
}

fn shards(log: &Arc<MemoryLog>) -> Arc<Shards<Sum>> {
    let log = Arc::clone(log);
    let machine = Box::new(|_| Sum::default());
    Shards::new(ShardsOptions { name: "sums", env: Env::system(), log, loads_max: 2, machine })
}

fn batch(codec: Codec, value: Option<&[u8]>) -> bytes::Bytes {
    let mut batch = BatchBuilder::new(codec);
    batch.append(&NewRecord { timestamp: 1, key: Some(b"k"), value, headers: &[] }).unwrap();
    batch.build().unwrap().into()
}

fn add(shards: &Arc<Shards<Sum>>, partition: i32, value: u8) -> Result<(), StateLogError> {
    let added = shards.with(partition, |shard| {
        shard.append(batch(Codec::None, Some(&[value])))?;
        shard.machine.sum += u64::from(value);
        Ok(())
    });
    added.expect("the shard is served")
}

async fn served(shards: &Arc<Shards<Sum>>, partition: i32) {
    for _ in 0..1000 {
        if shards.served().contains(&partition) {
            return;
        }
        esker_env::sleep(Duration::from_millis(2)).await;
    }
    panic!("partition {partition} is not served");
}

fn sum(shards: &Arc<Shards<Sum>>, partition: i32) -> Result<u64, Unavailable> {
    shards.with(partition, |shard| shard.machine.sum)
}

#[tokio::test]
async fn a_shard_is_what_its_log_holds_whatever_the_codec() {
    let log = MemoryLog::new(2);
    for value in 1..=10 {
        let codec = if value % 2 == 0 { Codec::Zstd } else { Codec::None };
        log.append(1, 0, batch(codec, Some(&[value]))).unwrap();
    }
    let shards = shards(&log);
    assert_eq!(sum(&shards, 1), Err(Unavailable::NotCoordinator));
    shards.align();
    assert_eq!(sum(&shards, 1), Err(Unavailable::Loading));
    served(&shards, 1).await;
    served(&shards, 0).await;
    assert_eq!((sum(&shards, 0), sum(&shards, 1)), (Ok(0), Ok(55)));
    assert_eq!(shards.with(1, |shard| (shard.end(), shard.is_committed())), Ok((10, true)));
}

#[tokio::test]
async fn leadership_that_moves_takes_the_shard_along() {
    let log = MemoryLog::new(1);
    let shards = shards(&log);
    shards.align();
    served(&shards, 0).await;
    add(&shards, 0, 5).unwrap();
    log.lead(0, None);
    shards.align();
    assert_eq!(sum(&shards, 0), Err(Unavailable::NotCoordinator));
    log.lead(0, Some(2));
    log.append(0, 2, batch(Codec::None, Some(&[7]))).unwrap();
    shards.align();
    served(&shards, 0).await;
    assert_eq!(sum(&shards, 0), Ok(12));
    assert_eq!(shards.with(0, |shard| shard.epoch()), Ok(2));
}

#[tokio::test]
async fn a_refused_append_changes_nothing_and_a_doubtful_one_loads_anew() {
    let log = MemoryLog::new(1);
    let shards = shards(&log);
    shards.align();
    served(&shards, 0).await;
    add(&shards, 0, 1).unwrap();
    log.fail_next(0, StateLogError::NotEnoughReplicas);
    assert_eq!(add(&shards, 0, 50), Err(StateLogError::NotEnoughReplicas));
    assert_eq!((sum(&shards, 0), log.batches(0).len()), (Ok(1), 1));
    log.fail_next(0, StateLogError::Storage("disk".to_owned()));
    // What a call does to the machine after a failure is gone with the machine.
    let outcome = shards.with(0, |shard| {
        let outcome = shard.append(batch(Codec::None, Some(&[50])));
        shard.machine.sum += 50;
        (outcome, shard.append(batch(Codec::None, Some(&[1]))))
    });
    let storage = Err(StateLogError::Storage("disk".to_owned()));
    assert_eq!(outcome, Ok((storage, Err(StateLogError::NotLeader))));
    served(&shards, 0).await;
    assert_eq!(sum(&shards, 0), Ok(1));
}

#[tokio::test]
async fn a_log_that_cannot_be_read_is_tried_again_and_one_that_makes_no_sense_is_not_served() {
    let log = MemoryLog::new(1);
    log.append(0, 0, batch(Codec::None, Some(&[3]))).unwrap();
    log.set_unreadable(true);
    let shards = shards(&log);
    shards.align();
    esker_env::sleep(Duration::from_millis(20)).await;
    assert_eq!(sum(&shards, 0), Err(Unavailable::Loading));
    assert_eq!(shards.loading(), [0]);
    log.set_unreadable(false);
    served(&shards, 0).await;
    assert_eq!(sum(&shards, 0), Ok(3));

    log.append(0, 0, batch(Codec::None, None)).unwrap();
    log.lead(0, Some(1));
    shards.align();
    while shards.loading() == [0] {
        esker_env::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(sum(&shards, 0), Err(Unavailable::NotCoordinator));
}

#[tokio::test]
async fn deadlines_ring_once_and_a_nearer_one_is_not_slept_through() {
    let log = MemoryLog::new(1);
    let shards = shards(&log);
    shards.align();
    served(&shards, 0).await;
    let now = Env::system().clock.now();
    shards.with(0, |shard| shard.machine.due = Some(now + Duration::from_secs(3600))).unwrap();
    shards.with(0, |shard| shard.machine.due = Some(now + Duration::from_millis(5))).unwrap();
    esker_env::sleep(Duration::from_millis(60)).await;
    assert_eq!(shards.with(0, |shard| shard.machine.rung), Ok(1));
}

#[tokio::test]
async fn an_answer_waits_for_the_replicas_and_not_for_ever() {
    let log = MemoryLog::new(1);
    let shards = shards(&log);
    shards.align();
    served(&shards, 0).await;
    log.set_commits(false);
    add(&shards, 0, 1).unwrap();
    assert_eq!(shards.with(0, |shard| shard.is_committed()), Ok(false));
    let limit = Duration::from_millis(10);
    assert_eq!(shards.committed(0, 0, 1, limit).await, Err(StateLogError::TimedOut));
    log.set_commits(true);
    assert_eq!(shards.committed(0, 0, 1, limit).await, Ok(()));
}

#[tokio::test]
async fn closing_drops_the_machines() {
    let log = MemoryLog::new(3);
    let shards = shards(&log);
    shards.align();
    served(&shards, 2).await;
    shards.close();
    assert!(shards.served().is_empty());
    assert_eq!(sum(&shards, 2), Err(Unavailable::NotCoordinator));
}
