//! Acknowledgements: durable ones, replicated ones, and what becomes of those that never come.

use crate::fetch::{FollowerInfo, Isolation};
use crate::partition::{Append, OffsetSpec};
use crate::testing::{SOON, World, batch, broker_of, fetch, list, now_ms, until};
use crate::{AckFault, Acks, AppendFault, FetchFault, ListFault, NotEnoughReplicas, done_now};
use esker_metadata::{PartitionChange, Record};
use std::time::Duration;

/// Broker 1 leads replicas 1, 2 and 3.
async fn three(configs: &[(&str, &str)]) -> World {
    let mut world = World::new("").await;
    world.apply(Record::BrokerRegistered(broker_of(2)));
    world.apply(Record::BrokerRegistered(broker_of(3)));
    world.create_with("t", 1, configs, &[1, 2, 3]).await;
    world
}

async fn follow(world: &World, id: i32, offset: i64) -> crate::FetchAnswer {
    let mut request = fetch(&[("t", 0, offset)]);
    request.replica = Some(FollowerInfo { id, broker_epoch: Some(i64::from(id)) });
    world.fetch(request).await.remove(0)
}

#[tokio::test]
async fn acks_all_waits_for_every_in_sync_replica() {
    let world = three(&[]).await;
    let appended = world.append("t", 0, &batch(now_ms(), 2, 10));
    let waiting = esker_env::spawn(world.manager.acknowledged(vec![appended.ticket.clone()], SOON));
    until("it waits", || world.manager.purgatory().held() == 1).await;
    let fetched = follow(&world, 2, 0).await.unwrap();
    assert!(!fetched.records.is_empty(), "followers see what is not replicated");
    assert!(world.fetch(fetch(&[("t", 0, 0)])).await[0].as_ref().unwrap().records.is_empty(), "consumers do not");
    follow(&world, 2, 2).await.unwrap();
    assert_eq!(appended.ticket.poll_now(), None);
    follow(&world, 3, 2).await.unwrap();
    let acknowledged = esker_env::timeout(Duration::from_secs(5), waiting).await.expect("it is woken").unwrap();
    assert_eq!(acknowledged, [Ok(())]);
    assert_eq!(world.partition("t", 0).log().high_watermark(), 2);
    let leader = world.partition("t", 0).append(&batch(now_ms(), 1, 10), &Append::client(Acks::Leader)).unwrap();
    assert_eq!(done_now(&[leader.ticket]), Some(vec![Ok(())]), "acks=1 waits for nobody");
}

#[tokio::test]
async fn who_is_not_a_replica_or_not_registered_any_more_does_not_follow() {
    let world = three(&[]).await;
    assert_eq!(follow(&world, 4, 0).await.unwrap_err(), FetchFault::NotReplica(4));
    follow(&world, 2, 0).await.unwrap();
    let mut request = fetch(&[("t", 0, 0)]);
    request.replica = Some(FollowerInfo { id: 2, broker_epoch: Some(1) });
    assert_eq!(world.fetch(request).await[0].as_ref().unwrap_err(), &FetchFault::StaleBroker(2));
}

#[tokio::test]
async fn an_acknowledgement_that_does_not_come_times_out() {
    let world = three(&[]).await;
    let appended = world.append("t", 0, &batch(now_ms(), 1, 10));
    let results = world.manager.acknowledged(vec![appended.ticket], Duration::from_millis(30)).await;
    assert_eq!(results, [Err(AckFault::TimedOut)]);
}

#[tokio::test]
async fn too_few_replicas_in_sync_refuse_acks_all_and_nothing_else() {
    let mut world = three(&[("min.insync.replicas", "2")]).await;
    world.change("t", 0, PartitionChange { isr: Some([1].into()), ..PartitionChange::default() }).await;
    let partition = world.partition("t", 0);
    let refused = partition.append(&batch(now_ms(), 1, 10), &Append::client(Acks::All));
    let few = NotEnoughReplicas { in_sync: 1, min: 2 };
    assert!(matches!(refused, Err(AppendFault::NotEnoughReplicas(fault)) if fault == few));
    partition.append(&batch(now_ms(), 1, 10), &Append::client(Acks::Leader)).unwrap();
    assert_eq!(partition.log().high_watermark(), 0, "below the minimum nothing becomes visible");
    world.set("t", "min.insync.replicas", Some("1"));
    world.publish().await;
    assert_eq!(partition.log().high_watermark(), 1, "a lower minimum counts at once");
}

#[tokio::test]
async fn a_new_leader_does_not_tell_the_latest_offset_before_it_knows() {
    let mut world = three(&[]).await;
    world.append("t", 0, &batch(now_ms(), 5, 10));
    world.change("t", 0, PartitionChange { leader: Some(Some(1)), ..PartitionChange::default() }).await;
    let lagging = ListFault::NotAvailable { high_watermark: 0, epoch_start: 5 };
    assert_eq!(world.list("t", OffsetSpec::Latest).await, Err(lagging.clone()));
    assert_eq!(world.list("t", OffsetSpec::At(0)).await, Err(lagging));
    assert_eq!(world.list("t", OffsetSpec::Earliest).await.unwrap().unwrap().offset, 0);
    let follower = crate::ListOffset { isolation: None, ..list("t", OffsetSpec::Latest) };
    assert_eq!(world.manager.list_offset(follower, None).await.unwrap().unwrap().offset, 5);
    follow(&world, 2, 5).await.unwrap();
    follow(&world, 3, 5).await.unwrap();
    assert_eq!(world.list("t", OffsetSpec::Latest).await.unwrap().unwrap().offset, 5);
    let committed = crate::ListOffset { isolation: Some(Isolation::Committed), ..list("t", OffsetSpec::Latest) };
    assert_eq!(world.manager.list_offset(committed, None).await.unwrap().unwrap().offset, 5);
}

#[tokio::test]
async fn flush_on_ack_acknowledges_and_shows_what_is_durable_only() {
    let mut world = World::new("").await;
    world.create("t", 1, &[("flush.messages", "1")]).await;
    let partition = world.partition("t", 0);
    let tickets: Vec<_> = (0..20).map(|_| world.append("t", 0, &batch(now_ms(), 1, 10)).ticket).collect();
    let results = world.manager.acknowledged(tickets, SOON).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(partition.log().recovery_point(), 20);
    assert_eq!(partition.log().high_watermark(), 20);
    let leader = partition.append(&batch(now_ms(), 1, 10), &Append::client(Acks::Leader)).unwrap();
    assert_eq!(world.manager.acknowledged(vec![leader.ticket], SOON).await, [Ok(())]);
    assert!(partition.log().recovery_point() >= 21, "acks=1 waits for the sync too");
    partition.append(&batch(now_ms(), 1, 10), &Append::client(Acks::None)).unwrap();
    until("what nobody waits for becomes visible", || partition.log().high_watermark() == 22).await;
}

#[tokio::test]
async fn a_failed_sync_is_told_to_who_waits() {
    let mut world = World::new("").await;
    world.create("t", 1, &[("flush.messages", "1")]).await;
    let partition = world.partition("t", 0);
    partition.log().dir().fail("a test says so");
    let refused = partition.append(&batch(now_ms(), 1, 10), &Append::client(Acks::All));
    assert!(matches!(refused, Err(AppendFault::Log(_))));
    let world = three(&[]).await;
    let ticket = world.append("t", 0, &batch(now_ms(), 1, 10)).ticket;
    let waiting = esker_env::spawn(world.manager.acknowledged(vec![ticket], SOON));
    until("it waits", || world.manager.purgatory().held() == 1).await;
    world.partition("t", 0).log().dir().fail("a test says so");
    let results = esker_env::timeout(Duration::from_secs(5), waiting).await.expect("it is woken").unwrap();
    assert!(matches!(results[0], Err(AckFault::Storage(_))));
}
