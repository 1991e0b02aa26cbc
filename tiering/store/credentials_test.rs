//! One provider call serves all requests; renewal is early, single and in the background; the old stays until it expires.

use crate::store::credentials::{CachingCredentials, CredentialSource, Fetched, NoCredentials};
use crate::test_clock::manual_env;
use async_trait::async_trait;
use object_store::aws::AwsCredential;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

#[derive(Debug, Default)]
struct Source {
    calls: Arc<AtomicU32>,
    fails: Arc<AtomicBool>,
    clock: Arc<crate::test_clock::ManualClock>,
}

#[async_trait]
impl CredentialSource for Source {
    async fn fetch(&self) -> Result<Fetched, NoCredentials> {
        use esker_env::Clock;
        tokio::task::yield_now().await;
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        if self.fails.load(Ordering::SeqCst) {
            return Err(NoCredentials::test("as told"));
        }
        let credential = AwsCredential { key_id: number.to_string(), secret_key: String::new(), token: None };
        Ok(Fetched { credential, expires_ms: Some(self.clock.wall_ms() + 3_600_000) })
    }
}

struct World {
    clock: Arc<crate::test_clock::ManualClock>,
    calls: Arc<AtomicU32>,
    fails: Arc<AtomicBool>,
    credentials: CachingCredentials,
}

fn world() -> World {
    let (env, clock) = manual_env();
    let source = Source { clock: Arc::clone(&clock), ..Source::default() };
    let (calls, fails) = (Arc::clone(&source.calls), Arc::clone(&source.fails));
    World { clock, calls, fails, credentials: CachingCredentials::new(env, Box::new(source)) }
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn fifty_one_requests_are_one_provider_call() {
    let world = world();
    let first = futures::future::join_all((0..32).map(|_| world.credentials.get())).await;
    assert!(first.iter().all(|found| found.as_ref().unwrap().key_id == "0"));
    for _ in 0..19 {
        world.credentials.get().await.unwrap();
    }
    assert_eq!(world.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn renewal_is_ahead_of_the_expiry_single_and_waits_for_nobody() {
    let world = world();
    world.credentials.get().await.unwrap();
    world.clock.advance(Duration::from_secs(3_300));
    let found = futures::future::join_all((0..32).map(|_| world.credentials.get())).await;
    assert!(found.iter().all(|found| found.as_ref().unwrap().key_id == "0"), "the old one serves meanwhile");
    settle().await;
    assert_eq!(world.credentials.get().await.unwrap().key_id, "1");
    assert_eq!(world.calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_failed_renewal_keeps_the_old_one_until_it_expires_and_no_longer() {
    let world = world();
    world.credentials.get().await.unwrap();
    world.fails.store(true, Ordering::SeqCst);
    world.clock.advance(Duration::from_secs(3_590));
    for _ in 0..10 {
        assert_eq!(world.credentials.get().await.unwrap().key_id, "0");
        settle().await;
    }
    assert_eq!(world.calls.load(Ordering::SeqCst), 2, "it pauses after a failure");
    world.clock.advance(Duration::from_secs(20));
    assert!(world.credentials.get().await.is_err());
    world.fails.store(false, Ordering::SeqCst);
    assert!(world.credentials.get().await.is_ok());
}
