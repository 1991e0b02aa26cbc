//! The coordinator as a whole, over a log and partitions in memory.

use super::admit::{Admission, NotAdmitted};
use super::error::TxnError;
use super::init::InitProducer;
use super::list::{IdPattern, ListFilter};
use super::markers::MarkerFault;
use super::samples::{partitions, producer};
use super::state::{Outcome, TransactionVersion, TxnState};
use super::world::{World, request};
use crate::StateLogError;
use crate::testing::MemoryLog;
use Outcome::{Abort, Commit};
use TransactionVersion::{V0, V2};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn a_transaction_begins_and_ends_by_the_new_rules() {
    let world = World::new();
    world.loaded().await;
    let first = world.init("a").await;
    assert_eq!(first, producer(100, 0));
    world.coordinator.add_partitions("a", first, &partitions(&[0, 1]), V2).await.unwrap();
    assert_eq!(world.state("a"), Some(TxnState::Ongoing));
    let next = world.coordinator.end("a", first, Commit, V2).await.unwrap();
    assert_eq!(next, producer(100, 1));
    world.at_rest("a").await;
    assert_eq!((world.state("a"), world.markers()), (Some(TxnState::CompleteCommit), vec![(0, 1, true), (1, 1, true)]));
    // The same request again, as after a lost answer; then the next transaction, which is aborted.
    assert_eq!(world.coordinator.end("a", first, Commit, V2).await, Ok(next));
    world.coordinator.add_partitions("a", next, &partitions(&[2]), V2).await.unwrap();
    assert_eq!(world.coordinator.end("a", next, Abort, V2).await, Ok(producer(100, 2)));
    world.at_rest("a").await;
    assert_eq!(world.markers()[2..], [(2, 2, false)]);
    assert_eq!(world.log.batches(0).len(), 7, "every step is one record");
}

#[tokio::test]
async fn a_transaction_begins_and_ends_by_the_old_rules() {
    let world = World::new();
    world.loaded().await;
    let first = world.init("a").await;
    world.coordinator.add_partitions("a", first, &partitions(&[0]), V0).await.unwrap();
    world.coordinator.end("a", first, Commit, V0).await.unwrap();
    world.at_rest("a").await;
    assert_eq!(world.markers(), [(0, 0, true)]);
    assert_eq!(world.coordinator.describe("a").unwrap().producer(), first);
    assert_eq!(world.coordinator.end("a", first, Abort, V0).await, Err(TxnError::InvalidState));
}

#[tokio::test]
async fn a_newcomer_aborts_what_is_open_and_is_asked_to_come_again() {
    let world = World::new();
    world.loaded().await;
    let first = world.init("a").await;
    world.coordinator.add_partitions("a", first, &partitions(&[0]), V2).await.unwrap();
    assert_eq!(world.coordinator.init_producer("a", request(1000)).await, Err(TxnError::Concurrent));
    world.at_rest("a").await;
    assert_eq!((world.state("a"), world.markers()), (Some(TxnState::CompleteAbort), vec![(0, 1, false)]));
    assert_eq!(world.init("a").await, producer(100, 2));
    assert_eq!(world.coordinator.end("a", first, Commit, V2).await, Err(TxnError::Fenced));
    assert_eq!(world.coordinator.add_partitions("a", first, &partitions(&[0]), V2).await, Err(TxnError::Fenced));
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused() {
    let world = World::new();
    world.loaded().await;
    let long = "x".repeat(40_000);
    for id in ["", &long] {
        assert_eq!(world.coordinator.init_producer(id, request(1000)).await, Err(TxnError::InvalidRequest));
    }
    for timeout in [0, -1, i32::MIN, 900_001] {
        assert_eq!(world.coordinator.init_producer("a", request(timeout)).await, Err(TxnError::InvalidTimeout));
    }
    world.coordinator.init_producer("a\u{0}\u{1F600}", request(900_000)).await.unwrap();
    assert_eq!(world.coordinator.end("b", producer(1, 0), Commit, V2).await, Err(TxnError::WrongProducerId));
    assert_eq!(world.coordinator.describe("b"), Err(TxnError::UnknownId));
    world.exhaust_ids();
    assert_eq!(world.coordinator.init_producer("c", request(1000)).await, Err(TxnError::NoProducerId));
}

#[tokio::test]
async fn nothing_is_answered_before_it_is_committed_and_nothing_is_forgotten_after() {
    let world = World::new();
    world.loaded().await;
    let first = world.init("a").await;
    world.log.set_commits(false);
    assert_eq!(world.coordinator.add_partitions("a", first, &partitions(&[0]), V2).await, Err(TxnError::NotAvailable));
    assert_eq!(world.coordinator.add_partitions("a", first, &partitions(&[0]), V2).await, Err(TxnError::Concurrent));
    assert_eq!(world.coordinator.verify_partitions("a", first, &partitions(&[0])), Err(TxnError::Concurrent));
    world.log.set_commits(true);
    world.at_rest("a").await;
    assert_eq!(world.coordinator.verify_partitions("a", first, &partitions(&[0, 1])), Ok(vec![true, false]));
    // A client that leaves in the middle of its request changes nothing.
    world.log.set_commits(false);
    let ended = esker_env::timeout(Duration::from_millis(1), world.coordinator.end("a", first, Commit, V2)).await;
    assert_eq!(ended, None);
    assert!(world.markers().is_empty(), "no marker before the decision is committed");
    world.log.set_commits(true);
    world.at_rest("a").await;
    assert_eq!(world.markers(), [(0, 1, true)]);
}

#[tokio::test]
async fn markers_are_tried_again_and_missing_partitions_are_not_missed() {
    let world = World::new();
    world.loaded().await;
    let first = world.init("a").await;
    world.coordinator.add_partitions("a", first, &partitions(&[0, 1, 2]), V2).await.unwrap();
    world.partitions.faults.lock().extend([
        MarkerFault::Retry,
        MarkerFault::Gone,
        MarkerFault::Retry,
        MarkerFault::Retry,
    ]);
    world.coordinator.end("a", first, Commit, V2).await.unwrap();
    assert_eq!(
        world.coordinator.add_partitions("a", producer(100, 1), &partitions(&[0]), V2).await,
        Err(TxnError::Concurrent)
    );
    world.at_rest("a").await;
    let mut markers = world.markers();
    markers.sort_unstable();
    assert_eq!(markers, [(0, 1, true), (2, 1, true)]);
}

#[tokio::test]
async fn a_coordinator_that_is_fenced_by_a_partition_goes_no_further() {
    let world = World::new();
    world.loaded().await;
    let first = world.init("a").await;
    world.coordinator.add_partitions("a", first, &partitions(&[0]), V2).await.unwrap();
    world.partitions.faults.lock().push_back(MarkerFault::Fenced);
    world.coordinator.end("a", first, Commit, V2).await.unwrap();
    esker_env::sleep(Duration::from_millis(50)).await;
    assert_eq!((world.state("a"), world.markers()), (Some(TxnState::PrepareCommit), vec![]));
}

#[tokio::test]
async fn a_write_waits_for_the_markers_before_it_and_not_for_ever() {
    let world = World::new();
    world.loaded().await;
    let first = world.init("a").await;
    let admit = |producer, numbers: &'static [i32], how, patience| {
        let coordinator = Arc::clone(&world.coordinator);
        async move { coordinator.admit("a", producer, &partitions(numbers), how, Duration::from_millis(patience)).await }
    };
    assert_eq!(admit(first, &[0, 1], Admission::Add, 0).await, [Ok(()), Ok(())]);
    assert_eq!(admit(first, &[1, 2], Admission::Verify, 0).await, [Ok(()), Err(NotAdmitted::NotAdded)]);
    world.partitions.faults.lock().extend([MarkerFault::Retry; 2]);
    let next = world.coordinator.end("a", first, Commit, V2).await.unwrap();
    let busy = [Err(NotAdmitted::Txn(TxnError::Concurrent))];
    assert_eq!(admit(next, &[0], Admission::Add, 1).await, busy, "patience is over");
    assert_eq!(admit(next, &[0], Admission::Add, 2000).await, [Ok(())]);
    assert_eq!(world.markers().len(), 2, "the markers came first");
    let zombie = [Err(NotAdmitted::Txn(TxnError::Fenced))];
    assert_eq!(admit(first, &[0], Admission::Add, 2000).await, zombie);
}

#[tokio::test]
async fn a_log_that_refuses_changes_nothing_and_one_in_doubt_is_read_again() {
    let world = World::new();
    world.loaded().await;
    let first = world.init("a").await;
    let wanted = partitions(&[0]);
    let add = || world.coordinator.add_partitions("a", first, &wanted, V2);
    world.log.fail_next(0, StateLogError::NotEnoughReplicas);
    assert_eq!(add().await, Err(TxnError::NotAvailable));
    assert_eq!(world.state("a"), Some(TxnState::Empty));
    world.log.fail_next(0, StateLogError::Storage("disk".to_owned()));
    assert_eq!(add().await, Err(TxnError::NotCoordinator));
    world.loaded().await;
    assert_eq!(add().await, Ok(()));
    // Where the last record of a transaction cannot be appended it is tried again.
    world.partitions.faults.lock().push_back(MarkerFault::Retry);
    world.coordinator.end("a", first, Commit, V2).await.unwrap();
    world.log.fail_next(0, StateLogError::NotEnoughReplicas);
    world.at_rest("a").await;
    assert_eq!(world.state("a"), Some(TxnState::CompleteCommit));
}

#[tokio::test]
async fn leadership_takes_transactions_along_and_what_was_decided_is_seen_through() {
    let world = World::new();
    world.loaded().await;
    let first = world.init("a").await;
    world.coordinator.add_partitions("a", first, &partitions(&[0]), V2).await.unwrap();
    world.partitions.faults.lock().extend([MarkerFault::Retry; 100]);
    world.coordinator.end("a", first, Abort, V2).await.unwrap();
    world.log.lead(0, None);
    world.coordinator.align();
    assert_eq!(world.coordinator.describe("a"), Err(TxnError::NotCoordinator));
    assert_eq!(world.coordinator.init_producer("a", request(1000)).await, Err(TxnError::NotCoordinator));
    world.partitions.faults.lock().clear();
    world.log.lead(0, Some(5));
    world.coordinator.align();
    assert_eq!(world.coordinator.describe("a"), Err(TxnError::Loading));
    assert_eq!(world.coordinator.list(&ListFilter::default()), Err(TxnError::Loading));
    world.loaded().await;
    world.at_rest("a").await;
    let noted = world.partitions.noted.lock().clone();
    assert_eq!((noted.len(), noted[0].1.coordinator_epoch, noted[0].1.outcome), (1, 5, Abort));
}

#[tokio::test]
async fn h54_an_open_transaction_whose_time_is_over_is_aborted_and_its_producer_fenced() {
    let world = World::new();
    world.loaded().await;
    let late = world.coordinator.init_producer("late", request(1000)).await.unwrap();
    let early = world.coordinator.init_producer("early", request(60_000)).await.unwrap();
    for (id, producer) in [("late", late), ("early", early)] {
        world.coordinator.add_partitions(id, producer, &partitions(&[0]), V2).await.unwrap();
    }
    world.clock.advance(Duration::from_millis(1000));
    world.coordinator.abort_late().await;
    assert_eq!(world.state("late"), Some(TxnState::Ongoing), "its time is not over yet");
    world.clock.advance(Duration::from_millis(1));
    world.coordinator.abort_late().await;
    world.at_rest("late").await;
    assert_eq!((world.state("late"), world.state("early")), (Some(TxnState::CompleteAbort), Some(TxnState::Ongoing)));
    assert_eq!(world.coordinator.describe("late").unwrap().epoch, 1);
    // Kafka's answer to a producer that comes too late to commit.
    assert_eq!(world.coordinator.end("late", late, Commit, V2).await, Err(TxnError::InvalidState));
    let expected = Some(late);
    let again = world.coordinator.init_producer("late", InitProducer { timeout_ms: 1000, expected }).await;
    assert_eq!(again, Ok(producer(late.id, 1)), "the epoch that the abort made is its own");
}

#[tokio::test]
async fn silent_ids_are_forgotten_and_busy_ones_are_not() {
    let world = World::new();
    world.loaded().await;
    for number in 0..600 {
        world.init(&format!("silent-{number}")).await;
    }
    let open = world.init("open").await;
    world.coordinator.add_partitions("open", open, &partitions(&[0]), V2).await.unwrap();
    world.clock.advance(Duration::from_secs(7 * 24 * 3600));
    world.init("fresh").await;
    world.coordinator.forget_silent().await;
    let left = world.coordinator.list(&ListFilter { duration_ms: -1, ..ListFilter::default() }).unwrap();
    let mut left: Vec<String> = left.into_iter().map(|listed| listed.id).collect();
    left.sort_unstable();
    assert_eq!(left, ["fresh", "open"]);
    assert_eq!(world.coordinator.describe("silent-7"), Err(TxnError::UnknownId));
    // The log says the same.
    let again = World::over(Arc::clone(&world.log), Vec::new());
    again.loaded().await;
    assert_eq!(again.coordinator.list(&ListFilter { duration_ms: -1, ..ListFilter::default() }).unwrap().len(), 2);
}

#[tokio::test]
async fn names_beyond_a_limit_are_refused_and_known_ones_go_on() {
    let world = World::new();
    world.loaded().await;
    let max = world.coordinator.settings.ids_per_partition_max;
    for number in 0..max {
        world.init(&format!("{number}")).await;
    }
    assert_eq!(world.coordinator.init_producer("one more", request(1000)).await, Err(TxnError::TooManyIds));
    assert_eq!(world.init("7").await.epoch, 1);
}

#[tokio::test]
async fn lists_are_filtered_by_state_producer_age_and_pattern() {
    let world = World::new();
    world.loaded().await;
    world.init("orders-1").await;
    let second = world.init("orders-2").await;
    let third = world.init("audit").await;
    world.coordinator.add_partitions("orders-2", second, &partitions(&[0]), V2).await.unwrap();
    world.clock.advance(Duration::from_secs(10));
    world.coordinator.add_partitions("audit", third, &partitions(&[0]), V2).await.unwrap();
    world.clock.advance(Duration::from_secs(10));
    let all = ListFilter { duration_ms: -1, ..ListFilter::default() };
    let ids = |filter: &ListFilter| {
        let mut ids: Vec<String> =
            world.coordinator.list(filter).unwrap().into_iter().map(|listed| listed.id).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids(&all), ["audit", "orders-1", "orders-2"]);
    let states =
        |names: &[&str]| ListFilter { states: names.iter().map(|name| (*name).to_owned()).collect(), ..all.clone() };
    assert_eq!(ids(&states(&["Ongoing"])), ["audit", "orders-2"]);
    assert_eq!(ids(&states(&["Ongoing", "Empty", "Nonsense"])).len(), 3);
    assert_eq!(ids(&states(&["Nonsense"])), Vec::<String>::new());
    assert_eq!(states(&["Nonsense", "Empty"]).unknown_states().collect::<Vec<_>>(), ["Nonsense"]);
    assert_eq!(ids(&ListFilter { producer_ids: [second.id, 999].into(), ..all.clone() }), ["orders-2"]);
    // What has no transaction counts as begun before all time, as in Kafka.
    assert_eq!(ids(&ListFilter { duration_ms: 15_000, ..all.clone() }), ["orders-1", "orders-2"]);
    let pattern = |text: &str| ListFilter { pattern: Some(IdPattern::new(text).unwrap()), ..all.clone() };
    assert_eq!(ids(&pattern("orders-.*")), ["orders-1", "orders-2"]);
    assert_eq!(ids(&pattern("orders")), Vec::<String>::new(), "the whole id must match");
    assert_eq!(ids(&pattern("audit|orders-1")), ["audit", "orders-1"]);
    for bad in ["(", "*", "a)|(b", "(?:a{1000}){1000}"] {
        assert!(IdPattern::new(bad).is_err(), "{bad:?}");
    }
}

#[tokio::test]
async fn without_the_topic_nobody_coordinates() {
    let world = World::over(MemoryLog::new(0), Vec::new());
    assert_eq!(world.coordinator.partition_for("a"), None);
    assert_eq!(world.coordinator.init_producer("a", request(1000)).await, Err(TxnError::NotCoordinator));
    assert_eq!(world.coordinator.list(&ListFilter::default()), Ok(vec![]));
    world.coordinator.close();
    assert_eq!(world.coordinator.list(&ListFilter::default()), Err(TxnError::NotAvailable));
}
