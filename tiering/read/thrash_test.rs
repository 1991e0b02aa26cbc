//! Ten thousand fetches scattered over the log, more than any cache of this size can hold: requests and memory stay bounded.

use crate::read::cold_test::{Cold, cold};
use crate::tier_test_world::count;
use futures::StreamExt;
use std::sync::atomic::{AtomicUsize, Ordering};

const FETCHES: usize = 10_000;
const AT_ONCE: usize = 64;
const REQUESTS_MAX: usize = 16;
const FETCH_BYTES_MAX: u64 = 4 << 20;
const CACHE_BYTES: u64 = 2 << 20;
/// Length of a batch with a body of 10,000 bytes.
const BATCH_LEN: usize = 10_061;
const SEGMENTS: usize = 60;
const BATCHES: usize = 20;

/// Offsets in no order (a linear congruential generator).
fn scattered() -> Vec<i64> {
    let mut at = 7u64;
    let next = |_| {
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((at >> 33) % (SEGMENTS * BATCHES) as u64) as i64
    };
    (0..FETCHES).map(next).collect()
}

async fn fetch(cold: &Cold, offset: i64) {
    let deadline = cold.world.env.clock.now() + std::time::Duration::from_secs(300);
    let read = cold.partition.read(offset, 1..=1 << 15, i64::MAX, deadline).await.unwrap();
    let start = offset as usize * BATCH_LEN;
    assert_eq!(read.batches.concat(), cold.written[start..start + read.len as usize], "offset {offset}");
    let metrics = cold.world.tier.metrics();
    assert!(metrics.fetch_bytes <= FETCH_BYTES_MAX, "{metrics:?}");
    assert!(metrics.cache.memory_bytes <= CACHE_BYTES + (1 << 20), "{metrics:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_scattered_fetches_are_bounded_in_requests_at_once_and_in_memory() {
    let cold = cold(SEGMENTS, BATCHES, 10_000, |options| {
        options.cache_memory_bytes = CACHE_BYTES;
        options.fetch_bytes_max = FETCH_BYTES_MAX;
        options.answer_bytes_max = FETCH_BYTES_MAX;
        options.requests_max = REQUESTS_MAX;
        options.read_ahead_bytes_max = 1 << 20;
    })
    .await;
    let done = AtomicUsize::new(0);
    let all = futures::stream::iter(scattered()).for_each_concurrent(AT_ONCE, |offset| {
        let (cold, done) = (&cold, &done);
        async move {
            fetch(cold, offset).await;
            done.fetch_add(1, Ordering::Relaxed);
        }
    });
    all.await;
    assert_eq!(done.load(Ordering::Relaxed), FETCHES);
    assert!(cold.world.store.requests_at_once() <= REQUESTS_MAX, "{}", cold.world.store.requests_at_once());
    println!("{} requests for {FETCHES} fetches", count(&cold.world.store.calls(), "get", "/segments/"));
}
