//! Traffic is counted where it happens, told apart for a hundred topics, and never counted down.

use crate::testing::{World, batch, fetch, now_ms};
use crate::traffic::{Traffic, TrafficAccounts};
use crate::{Acks, Append, AppendFault, FetchFault};
use std::sync::Arc;

fn names(accounts: &Arc<TrafficAccounts>) -> Vec<String> {
    accounts.now().topics.keys().map(|name| name.to_string()).collect()
}

#[test]
fn a_hundred_topics_are_told_apart_and_one_that_goes_gives_its_place_back() {
    let accounts = Arc::new(TrafficAccounts::default());
    let open = |number: usize| accounts.open(&format!("t-{number:03}").into());
    let mut partitions: Vec<_> = (0..102).map(open).collect();
    let second = open(0);
    for partition in partitions.iter().chain([&second]) {
        partition.sent(10);
    }
    let now = accounts.now();
    assert_eq!(now.topics.len(), 101, "and the others");
    assert_eq!((now.topics["t-000"].bytes_out, now.topics["t-099"].bytes_out), (20, 10));
    assert_eq!((now.topics["(other)"].bytes_out, now.total.bytes_out), (20, 1030));

    partitions.remove(0);
    assert_eq!(accounts.now().topics["t-000"].bytes_out, 20, "one of its partitions is here: nothing is counted down");
    drop(second);
    assert!(!names(&accounts).contains(&"t-000".to_owned()));
    partitions.push(open(200));
    assert!(names(&accounts).contains(&"t-200".to_owned()), "a place was free");
    partitions.push(open(201));
    assert_eq!(accounts.now().topics.len(), 101);
    partitions.clear();
    let now = accounts.now();
    assert_eq!(names(&accounts), ["(other)"]);
    assert_eq!((now.topics["(other)"].bytes_out, now.total.bytes_out), (20, 1030), "sums never fall");
}

#[tokio::test]
async fn what_goes_in_and_out_is_counted_by_topic() {
    let mut world = World::new("").await;
    world.create("t", 2, &[]).await;
    world.create("u", 1, &[]).await;
    let one = batch(now_ms(), 3, 100);
    world.append("t", 0, &one);
    world.append("t", 1, &one);
    let mut spoilt = one.clone();
    *spoilt.last_mut().unwrap() ^= 1;
    let how = Append::client(Acks::Leader);
    assert!(world.partition("t", 0).append(&spoilt, &how).is_err(), "corrupt: Kafka expects that");
    assert!(matches!(world.partition("t", 0).append(b"", &how), Err(AppendFault::Log(_))), "no batch: it does not");
    let answers = world.fetch(fetch(&[("t", 0, 0), ("t", 1, 0), ("u", 0, 0)])).await;
    let sent: usize = answers.iter().map(|answer| answer.as_ref().unwrap().records.len()).sum();
    assert_eq!(sent, 2 * one.len());
    let traffic = world.manager.traffic();
    let expected = Traffic {
        bytes_in: 2 * one.len() as u64,
        records_in: 6,
        bytes_out: sent as u64,
        produces: 4,
        failed_produces: 1,
        fetches: 2,
        failed_fetches: 0,
    };
    assert_eq!(traffic.topics["t"], expected);
    assert_eq!(traffic.topics["u"], Traffic { fetches: 1, ..Traffic::default() });
    assert_eq!(traffic.total, Traffic { fetches: 3, ..expected });
}

#[tokio::test]
async fn what_cannot_be_read_is_a_failed_fetch() {
    let machine = esker_env::sim::World::new(3);
    let mut world = World::simulated(machine.env(), "").await;
    world.create("t", 1, &[]).await;
    world.append("t", 0, &batch(1_767_225_600_000, 3, 100));
    let log = std::path::Path::new(world.partition("t", 0).log().path()).join("00000000000000000000.log");
    machine.disk.set_cold(true);
    machine.disk.fail_reads(&log);
    let answers = world.fetch(fetch(&[("t", 0, 0)])).await;
    assert!(matches!(&answers[0], Err(FetchFault::Storage(_))), "{answers:?}");
    let traffic = world.manager.traffic().total;
    assert_eq!((traffic.fetches, traffic.failed_fetches, traffic.bytes_out), (1, 1, 0));
}
