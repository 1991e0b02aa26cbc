//! What is repeated, what never is, and what the breaker does to an outage.

use crate::store::faulty::{Fault, FaultyBackend};
use crate::store::{BreakerState, Created, MemoryBackend, Operation, Reason, Store, StoreErrorKind, StoreLimits};
use bytes::Bytes;
use esker_env::Env;
use std::sync::Arc;
use std::time::Duration;

fn store(limits: StoreLimits) -> (Store, Arc<FaultyBackend>) {
    let backend = Arc::new(FaultyBackend::new(Arc::new(MemoryBackend::new(Env::system()))));
    (Store::new(Arc::clone(&backend) as _, Env::system(), limits), backend)
}

#[tokio::test(start_paused = true)]
async fn reads_are_repeated_until_the_store_answers() {
    let (store, backend) = store(StoreLimits::default());
    assert_eq!(store.create(Reason::Cluster, "k/1", Bytes::from_static(b"v")).await, Created::Written);
    let mut failures = 3;
    backend.set_rule(move |_| {
        failures -= 1;
        if failures >= 0 { Fault::Fail(StoreErrorKind::Throttled) } else { Fault::None }
    });
    assert_eq!(store.get_small(Reason::Cluster, "k/1", 10).await.unwrap(), "v");
    let gets = store.counters().rows().into_iter().find(|row| row.operation == Operation::Get).unwrap();
    assert_eq!((gets.requests, gets.errors, gets.bytes), (4, 3, 1));
}

#[tokio::test(start_paused = true)]
async fn a_create_is_sent_once_and_says_how_sure_it_is() {
    let (store, backend) = store(StoreLimits::default());
    backend.set_rule(|_| Fault::LoseAnswer);
    assert!(matches!(store.create(Reason::Manifest, "k/1", Bytes::new()).await, Created::Unknown(_)));
    backend.set_rule(|_| Fault::Fail(StoreErrorKind::Unreachable));
    assert!(matches!(store.create(Reason::Manifest, "k/2", Bytes::new()).await, Created::NotWritten(_)));
    backend.heal();
    assert_eq!(store.create(Reason::Manifest, "k/1", Bytes::new()).await, Created::Exists);
    assert_eq!(backend.calls().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_ends_at_its_deadline() {
    let limits = StoreLimits { request_timeout: Duration::from_secs(2), ..StoreLimits::default() };
    let (store, backend) = store(limits);
    backend.set_rule(|_| Fault::Hang);
    let begun = tokio::time::Instant::now();
    assert!(matches!(store.create(Reason::Manifest, "k/1", Bytes::new()).await, Created::Unknown(_)));
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn the_breaker_spares_a_store_that_is_down_and_closes_with_its_return() {
    let limits = StoreLimits { retry_timeout: Duration::ZERO, ..StoreLimits::default() };
    let (store, backend) = store(limits);
    backend.set_rule(|_| Fault::Fail(StoreErrorKind::Unreachable));
    let mut suspended = 0;
    for _ in 0..40 {
        let error = store.get_small(Reason::ColdRead, "k/1", 10).await.unwrap_err();
        suspended += u32::from(error.kind == StoreErrorKind::Suspended);
    }
    assert_eq!(backend.calls().len(), 5, "and the others were not sent");
    assert_eq!((suspended, store.breaker()), (35, BreakerState::Open));
    backend.heal();
    esker_env::sleep(Duration::from_millis(300)).await;
    assert_eq!(store.get_small(Reason::ColdRead, "k/1", 10).await.unwrap_err().kind, StoreErrorKind::NotFound);
    assert_eq!(store.breaker(), BreakerState::Closed);
}

#[tokio::test]
async fn an_object_longer_than_allowed_is_damaged_not_swallowed() {
    let (store, backend) = store(StoreLimits::default());
    store.create(Reason::Cluster, "k/1", Bytes::from(vec![7; 1000])).await;
    assert_eq!(store.get_small(Reason::Cluster, "k/1", 999).await.unwrap_err().kind, StoreErrorKind::Damaged);
    backend.set_rule(|_| Fault::CutBody(9));
    assert_eq!(store.get_range(Reason::Cluster, "k/1", 0..10).await.unwrap_err().kind, StoreErrorKind::Damaged);
}
