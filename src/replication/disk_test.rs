//! A simulated disk: what is not in the page cache is read on the disk pool, and many partitions come back fast.

use crate::fetch::Fetching;
use crate::testing::{World, batch, bytes_of, fetch, now_ms, topic_id};
use esker_env::sim;

#[tokio::test]
async fn what_is_not_cached_is_read_on_the_disk_pool() {
    let machine = sim::World::new(3);
    let mut world = World::simulated(machine.env(), "").await;
    world.create("t", 2, &[]).await;
    for number in 0..2 {
        world.append("t", number, &batch(1_767_225_600_000, 3, 100));
    }
    machine.disk.set_cold(true);
    let Fetching::Later(answers) = world.manager.fetch(fetch(&[("t", 0, 0), ("t", 1, 0)])) else {
        panic!("the network's threads must not wait for the disk")
    };
    machine.disk.set_cold(false);
    let answers = answers.await;
    let whole = batch(1_767_225_600_000, 3, 100).len();
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().records.len() == whole));
    assert_eq!(bytes_of(answers[0].as_ref().unwrap()).len(), whole);
}

#[tokio::test]
async fn a_full_disk_refuses_produce_and_nothing_else_and_recovers() {
    let machine = sim::World::new(3);
    let mut world = World::simulated(machine.env(), "").await;
    world.create("t", 1, &[]).await;
    world.append("t", 0, &batch(1_767_225_600_000, 3, 100));
    machine.disk.limit_space(Some(1));
    let how = crate::Append::client(crate::Acks::All);
    let big = batch(1_767_225_600_000, 1, 500_000);
    let refused = world.partition("t", 0).append(&big, &how).unwrap_err();
    let crate::AppendFault::Log(esker_log::AppendError::Storage(full)) = refused else { panic!("{refused:?}") };
    assert!(matches!(full, esker_log::StorageError::Full(_)), "{full:?}");
    assert!(!world.fetch(fetch(&[("t", 0, 0)])).await[0].as_ref().unwrap().records.is_empty());
    machine.disk.limit_space(None);
    assert_eq!(world.partition("t", 0).append(&big, &how).unwrap().info.base_offset, 3);
}

#[tokio::test]
async fn many_partitions_are_there_again_within_moments() {
    const PARTITIONS: i32 = 200;
    let mut world = World::new("").await;
    world.create("t", PARTITIONS, &[]).await;
    world.append("t", PARTITIONS - 1, &batch(now_ms(), 3, 100));
    let world = world.restart().await;
    let (started, clock) = (esker_env::Env::system().clock.now(), esker_env::Env::system().clock);
    assert_eq!(world.manager.partitions().len() as i32, PARTITIONS);
    let all: Vec<_> = (0..PARTITIONS).map(|number| ("t", number, 0)).collect();
    let answers = world.fetch(fetch(&all)).await;
    assert_eq!(answers.iter().filter(|answer| !answer.as_ref().unwrap().records.is_empty()).count(), 1);
    assert!(world.manager.partition(topic_id("t"), PARTITIONS).is_err());
    println!("{PARTITIONS} partitions fetched in {:?}, applied in {:?}", clock.now().since(started), world.applied_in);
}
