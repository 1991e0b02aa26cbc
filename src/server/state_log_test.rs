//! A coordinator's log over a broker's partitions.

use crate::testing::{Client, World};
use bytes::Bytes;
use esker_coordinator::{StateLog, StateLogError};
use esker_record::{BatchBuilder, Batches, Codec, NewRecord};
use std::time::Duration;

fn batch(value: &[u8]) -> Bytes {
    let mut batch = BatchBuilder::new(Codec::None);
    batch.append(&NewRecord { key: Some(b"key"), value: Some(value), ..NewRecord::default() }).unwrap();
    Bytes::from(batch.build().unwrap())
}

#[test]
fn what_is_appended_is_committed_and_read_in_its_order() {
    let world = World::new("").unwrap();
    let broker = world.start().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let log = broker.topic_log("state");
    assert_eq!((log.partition_count(), log.leadership(0)), (None, None));
    assert_eq!(log.append(0, 0, batch(b"too early")), Err(StateLogError::NotLeader));
    Client::of(&broker).unwrap().create_topic("state", 2, &[]).unwrap();
    assert_eq!(log.partition_count(), Some(2));
    let epoch = log.leadership(1).unwrap();
    for n in 0..3u8 {
        assert_eq!(log.append(1, epoch, batch(&[n])), Ok(i64::from(n) + 1));
    }
    runtime.block_on(log.committed(1, epoch, 3, Duration::from_secs(10))).unwrap();
    assert_eq!(log.high_watermark(1, epoch), Ok(3));
    let read = runtime.block_on(log.read(1, 0)).unwrap();
    assert_eq!((read.next, read.end), (3, 3));
    let values: Vec<u8> = read
        .batches
        .iter()
        .flat_map(|run| Batches::new(run))
        .map(|batch| *batch.unwrap().bytes.iter().rev().nth(1).unwrap())
        .collect();
    assert_eq!(values, [0, 1, 2], "the value is the byte before the count of headers");
    assert!(runtime.block_on(log.read(1, 3)).unwrap().batches.is_empty());
    assert_eq!(log.append(1, epoch + 1, batch(b"later")), Err(StateLogError::NotLeader));
    let late = runtime.block_on(log.committed(1, epoch, 4, Duration::from_millis(50)));
    assert_eq!(late, Err(StateLogError::TimedOut));
    broker.stop();
}
