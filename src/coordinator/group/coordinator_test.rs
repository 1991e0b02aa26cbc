//! The coordinator as a whole: shards over a topic of several partitions, on the runtime.

use crate::group::testing::{Cluster, alive, committing, entering, joining, owning, syncing};
use crate::group::*;
use crate::testing::MemoryLog;
use esker_env::Env;
use esker_metadata::{Record, TopicDeletion};
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Broker {
    cluster: Cluster,
    pub(super) log: Arc<MemoryLog>,
    pub(super) groups: Arc<GroupCoordinator>,
}

pub(super) async fn broker(config: &str, partitions: usize) -> Broker {
    broker_with(config, MemoryLog::new(partitions), partitions).await
}

/// A broker whose groups lie in `log`.
pub(super) async fn broker_with(config: &str, log: Arc<MemoryLog>, partitions: usize) -> Broker {
    let cluster = Cluster::new(config);
    let groups = GroupCoordinator::new(GroupCoordinatorOptions {
        env: Env::system(),
        configs: Arc::clone(&cluster.configs),
        log: Arc::clone(&log) as Arc<dyn crate::StateLog>,
        memory_max: usize::MAX,
    });
    groups.align();
    until(|| groups.served().len() == partitions).await;
    Broker { cluster, log, groups }
}

async fn until(holds: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if holds() {
            return;
        }
        esker_env::sleep(Duration::from_millis(2)).await;
    }
    panic!("it never came to be");
}

pub(super) fn fetch(group: &str) -> FetchRequest {
    FetchRequest { group: group.into(), epoch: -1, ..FetchRequest::default() }
}

#[tokio::test]
async fn groups_live_in_the_partitions_of_their_names() {
    let broker = broker("", 4).await;
    for n in 0..40 {
        let group = format!("group-{n}");
        let committed = broker.groups.commit(&committing(&group, "", -1, "t", 0, n)).wait().await.unwrap();
        assert_eq!(committed, [[None]]);
    }
    assert!((0..4).all(|partition| !broker.log.batches(partition).is_empty()));
    assert_eq!(broker.groups.list().unwrap().len(), 40);
    let fetched = broker.groups.fetch(&fetch("group-7")).wait().await.unwrap();
    assert_eq!(fetched[0].partitions[0].offset, 7);
    assert!(broker.groups.memory_used() > 0);
    broker.groups.close();
    assert_eq!(broker.groups.memory_used(), 0);
}

#[tokio::test]
async fn nothing_is_answered_before_it_is_safe_nor_read_before() {
    let broker = broker("offsets.commit.timeout.ms=200\n", 1).await;
    broker.log.set_commits(false);
    let Pending::Later(commit) = broker.groups.commit(&committing("g", "", -1, "t", 0, 5)) else { panic!() };
    let Pending::Later(read) = broker.groups.fetch(&fetch("g")) else { panic!() };
    broker.log.set_commits(true);
    assert_eq!(commit.await.unwrap(), [[None]]);
    assert_eq!(read.await.unwrap()[0].partitions[0].offset, 5);
    broker.log.set_commits(false);
    let late = broker.groups.commit(&committing("g", "", -1, "t", 0, 6)).wait().await.unwrap_err();
    assert_eq!(late.fault, GroupFault::CoordinatorNotAvailable);
}

#[tokio::test]
async fn a_classic_group_forms_and_its_leaders_assignment_waits_for_the_replicas() {
    let broker = broker("group.initial.rebalance.delay.ms=20\n", 1).await;
    let id = broker.groups.join(&joining("g", "", b"x")).wait().await.member;
    let joined = broker.groups.join(&joining("g", &id, b"x")).wait().await;
    assert_eq!((joined.fault, joined.generation), (None, 1));
    broker.log.set_commits(false);
    let Pending::Later(sync) = broker.groups.sync(&syncing("g", &joined, &[(&id, b"a")])) else { panic!() };
    assert_eq!(broker.groups.heartbeat(&alive("g", &joined)).wait().await, Ok(()));
    broker.log.set_commits(true);
    assert_eq!(&*sync.await.assignment, b"a");
    assert_eq!(broker.groups.describe_classic("g").wait().await.unwrap().state, "Stable");
}

#[tokio::test]
async fn who_waits_when_leadership_goes_is_told_and_another_broker_takes_over() {
    let broker = broker("", 1).await;
    let id = broker.groups.join(&joining("g", "", b"x")).wait().await.member;
    let Pending::Later(waiting) = broker.groups.join(&joining("g", &id, b"x")) else { panic!() };
    broker.groups.commit(&committing("other", "", -1, "t", 0, 9)).wait().await.unwrap();
    broker.log.lead(0, None);
    broker.groups.align();
    assert_eq!(waiting.await.fault, Some(GroupFault::NotCoordinator));
    let gone = broker.groups.commit(&committing("other", "", -1, "t", 0, 10)).wait().await.unwrap_err();
    assert_eq!(gone.fault, GroupFault::NotCoordinator);
    broker.log.lead(0, Some(1));
    broker.log.set_unreadable(true);
    broker.groups.align();
    let loading = broker.groups.fetch(&fetch("other")).wait().await.unwrap_err();
    assert_eq!(loading.fault, GroupFault::CoordinatorLoading);
    // A member whose group is being loaded is believed to be alive.
    let beat = HeartbeatRequest { group: "g".into(), member: id, ..HeartbeatRequest::default() };
    assert_eq!(broker.groups.heartbeat(&beat).wait().await, Ok(()));
    assert_eq!(broker.groups.list().unwrap_err().fault, GroupFault::CoordinatorLoading);
    broker.log.set_unreadable(false);
    until(|| !broker.groups.served().is_empty()).await;
    assert_eq!(broker.groups.fetch(&fetch("other")).wait().await.unwrap()[0].partitions[0].offset, 9);
}

#[tokio::test]
async fn patterns_are_looked_up_beside_the_shard() {
    let mut broker = broker("group.consumer.assignment.interval.ms=0\n", 1).await;
    broker.cluster.topic("t1", 2);
    let mut join = entering("g", "m", &[]);
    join.regex = Some("t.".into());
    let first = broker.groups.consumer_heartbeat(&join).wait().await.unwrap();
    let mut got = 0;
    for _ in 0..500 {
        let beat = ConsumerHeartbeat { epoch: first.epoch + got.min(1), ..owning("g", &first, Default::default()) };
        let next = broker.groups.consumer_heartbeat(&beat).wait().await.unwrap();
        if next.assignment.is_some_and(|assignment| !assignment.is_empty()) {
            got = 2;
            break;
        }
        esker_env::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(got, 2);
    assert_eq!(broker.groups.describe_consumer("g").wait().await.unwrap().members.len(), 1);
    assert_eq!(broker.groups.describe_classic("g").wait().await.unwrap_err().fault, GroupFault::GroupIdNotFound);
}

#[tokio::test]
async fn a_transaction_ends_with_its_marker_in_the_log() {
    let broker = broker("", 1).await;
    let request = CommitRequest { producer: Some((7, 0)), ..committing("g", "", -1, "t", 0, 5) };
    broker.groups.commit(&request).wait().await.unwrap();
    assert!(broker.groups.fetch(&fetch("g")).wait().await.unwrap().is_empty());
    let end = TransactionEnd { producer: 7, epoch: 0, coordinator_epoch: 0, commit: true };
    broker.groups.complete_transaction(0, end).wait().await.unwrap();
    assert_eq!(broker.groups.fetch(&fetch("g")).wait().await.unwrap()[0].partitions[0].offset, 5);
    assert_eq!(broker.log.batches(0).len(), 2);
}

#[tokio::test]
async fn deleted_topics_and_groups_take_their_offsets_along() {
    let mut broker = broker("", 2).await;
    let id = broker.cluster.topic("t", 1);
    for group in ["a", "b", "c"] {
        broker.groups.commit(&committing(group, "", -1, "t", 0, 5)).wait().await.unwrap();
    }
    broker.groups.delete_group(&"a".into()).wait().await.unwrap();
    assert_eq!(broker.groups.list().unwrap().len(), 2);
    let mut changes = broker.cluster.publisher.watch().subscribe("test");
    changes.next().await;
    let deletion = TopicDeletion { topic_id: id, name: "t".into(), partitions: 1, tiered: false };
    broker.cluster.apply(Record::TopicDeleted(deletion));
    broker.groups.image_changed(&changes.next().await);
    assert!(broker.groups.fetch(&fetch("b")).wait().await.unwrap().is_empty());
}
