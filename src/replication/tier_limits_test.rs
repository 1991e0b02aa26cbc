//! A slow bucket holds nobody longer than the limits say.

use crate::partition::OffsetSpec;
use crate::testing::{SOON, World, batch, fetch, list, now_ms, until};
use std::time::Duration;

/// Small segments that leave the local disk as soon as they are in the bucket.
const TIERED: [(&str, &str); 4] = [
    ("remote.storage.enable", "true"),
    ("internal.segment.bytes", "4096"),
    ("local.retention.bytes", "1"),
    ("file.delete.delay.ms", "0"),
];

/// Everything but the active segment is in the bucket and not local any more.
async fn settled(world: &World, topic: &str, number: i32) {
    let partition = world.partition(topic, number);
    let log = partition.log();
    until("closed segments have left", || log.segment_count() == 1 && log.bounds().tiered_end.is_some()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_tier_has_in_time_is_answered_and_the_rest_is_left_out() {
    let mut world = World::tiered("remote.fetch.max.wait.ms=3000\n").await;
    world.create("t", 2, &TIERED).await;
    for number in 0..2 {
        world.fill("t", number, 40, 400);
        settled(&world, "t", number).await;
    }
    // The first request goes at once and is paid for afterwards: whoever comes behind it would wait for an hour.
    world.manager.tier().unwrap().set_fetch_rate(1);
    let mut request = fetch(&[("t", 0, 0), ("t", 1, 0)]);
    request.max_wait = SOON;
    let answers = world.fetch(request).await;
    let lens: Vec<usize> = answers.iter().map(|answer| answer.as_ref().unwrap().records.len()).collect();
    assert_eq!(lens.iter().filter(|len| **len > 0).count(), 1, "{lens:?}");
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().high_watermark == 40));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_by_time_in_the_tier_ends_at_its_limit() {
    let mut world = World::tiered("remote.list.offsets.request.timeout.ms=300\n").await;
    world.create("t", 1, &TIERED).await;
    let start = now_ms() - 1_000_000;
    for at in 0..60 {
        world.append("t", 0, &batch(start + 1000 * at, 2, 300));
    }
    settled(&world, "t", 0).await;
    let tier = world.manager.tier().unwrap();
    tier.set_fetch_rate(1);
    world.list("t", OffsetSpec::At(start)).await.unwrap();
    let far = OffsetSpec::At(start + 40_000);
    // An hour is more than is configured, and more than a request may say.
    for limit in [None, Some(Duration::from_millis(50))] {
        let listed = world.manager.list_offset(list("t", far), limit);
        assert_eq!(listed.await, Err(crate::ListFault::TimedOut));
    }
}
