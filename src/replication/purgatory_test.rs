//! Waits are woken by what they wait for, by nothing else, and leave nothing behind.

use crate::purgatory::{Edge, Purgatory, WaitLists, WaitSet, Waiter};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(20);

fn lists() -> Arc<WaitLists> {
    Arc::default()
}

#[tokio::test]
async fn a_wait_ends_when_its_offset_is_reached_and_not_before() {
    let (purgatory, lists) = (Purgatory::new(10), lists());
    let mut set = WaitSet::new(&purgatory, Waiter::Fetch);
    set.add(&lists, Edge::HighWatermark, 5, 7, || false);
    lists.moved(Edge::HighWatermark, 4);
    lists.moved(Edge::LogEnd, 9);
    assert_eq!(set.fired(SHORT).await, None);
    lists.moved(Edge::HighWatermark, 5);
    assert_eq!(set.fired(SOON).await.unwrap().to_vec(), [7]);
    assert_eq!(lists.len(), 0);
    assert_eq!((purgatory.expired.load(Ordering::Relaxed), purgatory.woken.load(Ordering::Relaxed)), (1, 1));
}

#[tokio::test]
async fn a_set_reports_each_of_its_waits() {
    let (purgatory, one, other) = (Purgatory::new(10), lists(), lists());
    let mut set = WaitSet::new(&purgatory, Waiter::Fetch);
    set.add(&one, Edge::HighWatermark, 1, 0, || false);
    set.add(&other, Edge::LastStable, 1, 1, || false);
    one.moved(Edge::HighWatermark, 1);
    other.moved(Edge::LastStable, 3);
    let mut fired = set.fired(SOON).await.unwrap().to_vec();
    fired.sort_unstable();
    assert_eq!(fired, [0, 1]);
}

#[tokio::test]
async fn what_happened_while_the_wait_was_set_up_is_not_missed() {
    let (purgatory, lists) = (Purgatory::new(10), lists());
    let mut set = WaitSet::new(&purgatory, Waiter::Fetch);
    set.add(&lists, Edge::HighWatermark, 5, 0, || true);
    assert!(set.fired(SOON).await.is_some());
    assert!(lists.is_empty());
}

#[tokio::test]
async fn everyone_is_woken_when_the_partition_changes_hands() {
    let (purgatory, lists) = (Purgatory::new(10), lists());
    let mut sets: Vec<WaitSet> = (0..4).map(|_| WaitSet::new(&purgatory, Waiter::Fetch)).collect();
    for (at, edge) in [Edge::HighWatermark, Edge::LastStable, Edge::LogEnd, Edge::OwnEnd].into_iter().enumerate() {
        sets[at].add(&lists, edge, i64::MAX, 0, || false);
    }
    lists.wake_all();
    for set in &mut sets {
        assert!(set.fired(SOON).await.is_some());
    }
}

#[tokio::test]
async fn a_request_that_leaves_takes_its_waits_along() {
    let (purgatory, lists) = (Purgatory::new(10), lists());
    let mut set = WaitSet::new(&purgatory, Waiter::Fetch);
    (0..5).for_each(|number| set.add(&lists, Edge::HighWatermark, i64::from(number), number, || false));
    assert_eq!((lists.len(), purgatory.held()), (5, 5));
    assert_eq!((purgatory.held_by(Waiter::Fetch), purgatory.held_by(Waiter::Produce)), (5, 0));
    lists.moved(Edge::HighWatermark, 1);
    drop(set);
    assert_eq!((lists.len(), purgatory.held(), purgatory.held_by(Waiter::Fetch)), (0, 0, 0));
}

#[tokio::test]
async fn beyond_the_bound_only_the_deadline_is_waited_for() {
    let (purgatory, lists) = (Purgatory::new(1), lists());
    let (mut inside, mut outside) = (WaitSet::new(&purgatory, Waiter::Fetch), WaitSet::new(&purgatory, Waiter::Fetch));
    inside.add(&lists, Edge::HighWatermark, 1, 0, || false);
    outside.add(&lists, Edge::HighWatermark, 1, 0, || false);
    lists.moved(Edge::HighWatermark, 1);
    assert!(inside.fired(SOON).await.is_some());
    assert_eq!(outside.fired(SHORT).await, None);
    assert_eq!(purgatory.crowded.load(Ordering::Relaxed), 1);
    // What needs no wait is still seen at once.
    outside.add(&lists, Edge::HighWatermark, 1, 0, || true);
    assert!(outside.fired(SOON).await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_wake_up_is_lost_between_a_mover_and_a_waiter_that_race() {
    let (purgatory, lists) = (Purgatory::new(10), lists());
    let offset = Arc::new(AtomicI64::new(0));
    const ROUNDS: i64 = 20_000;
    let mover = {
        let (lists, offset) = (Arc::clone(&lists), Arc::clone(&offset));
        esker_env::spawn(async move {
            for to in 1..=ROUNDS {
                offset.store(to, Ordering::Release);
                lists.moved(Edge::HighWatermark, to);
                if to % 64 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        })
    };
    let mut seen = 0;
    while seen < ROUNDS {
        let mut set = WaitSet::new(&purgatory, Waiter::Fetch);
        set.add(&lists, Edge::HighWatermark, seen + 1, 0, || offset.load(Ordering::Acquire) > seen);
        assert!(
            set.fired(SOON).await.is_some(),
            "stuck at {seen} with the offset at {}",
            offset.load(Ordering::Acquire)
        );
        seen = offset.load(Ordering::Acquire);
    }
    mover.await.unwrap();
}
