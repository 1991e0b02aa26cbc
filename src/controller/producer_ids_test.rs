//! Blocks of a thousand ids, none given twice.

use crate::testing::*;
use crate::{ErrorKind, ProducerIds, producer_ids};
use esker_env::sim::World;
use esker_metadata::Record;
use std::collections::BTreeSet;
use std::time::Duration;

#[test]
fn blocks_follow_one_another() {
    let mut paper = Paper::new(&[1, 2], "");
    let first = producer_ids::allocate(paper.cluster(), 1, 101).unwrap();
    assert_eq!(paper.take(first), 0..1000);
    let second = producer_ids::allocate(paper.cluster(), 2, 102).unwrap();
    assert_eq!(paper.take(second), 1000..2000);
}

#[test]
fn a_stale_registration_gets_none_and_neither_does_anybody_at_the_end() {
    let mut paper = Paper::new(&[1], "");
    assert_eq!(producer_ids::allocate(paper.cluster(), 1, 7).unwrap_err().kind, ErrorKind::StaleBrokerEpoch);
    paper.apply(Record::ProducerIdsAllocated { broker: 1, broker_epoch: 101, next: i64::MAX - 5 });
    let error = producer_ids::allocate(paper.cluster(), 1, 101).unwrap_err();
    assert!(error.to_string().starts_with("Exhausted all producerIds"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_are_handed_out_once_across_blocks_tasks_and_restarts() {
    let world = World::new(1);
    let live = Live::with_broker(&world).await;
    let ids = ProducerIds::new(live.env.clone(), live.controller.clone(), 1);
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let ids = ids.clone();
            esker_env::spawn(async move {
                let mut got = Vec::new();
                for _ in 0..600 {
                    got.push(ids.next(LONG).await.unwrap());
                }
                got
            })
        })
        .collect();
    let mut seen = BTreeSet::new();
    for task in tasks {
        seen.extend(task.await.unwrap());
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), (0..2400).collect::<Vec<_>>());
    let other = ProducerIds::new(live.env.clone(), live.controller.clone(), 1);
    assert_eq!(other.next(LONG).await, Ok(3000), "a block is never shared");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_not_registered_gets_none() {
    let live = Live::start(&World::new(1), "").await;
    live.controller.create_cluster(None).await.unwrap();
    let ids = ProducerIds::new(live.env.clone(), live.controller.clone(), 1);
    assert_eq!(ids.next(LONG).await.unwrap_err().kind, ErrorKind::StaleBrokerEpoch);
    assert_eq!(ids.next(Duration::ZERO).await.unwrap_err().kind, ErrorKind::Timeout);
}
