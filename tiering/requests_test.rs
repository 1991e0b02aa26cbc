//! What a segment and a fetch cost in requests, with the options that are shipped.

use crate::local_log::LocalLog;
use crate::object::CHUNK_LEN;
use crate::options::TierOptions;
use crate::store::faulty::Call;
use crate::testing::MemoryLog;
use crate::tier_test_world::{NEW, UNSURE, World, count, serves, tiered_to, token, until};

const SEGMENT_LEN: usize = 64 << 20;
/// Length of a batch beside its records' bytes.
const BATCH_HEADER_LEN: usize = 61;

/// Everything is as shipped but how often a store that fails is asked again.
fn shipped() -> World {
    World::with(|options| options.scrub_interval = TierOptions::new("").scrub_interval)
}

fn requests(calls: &[Call], operations: &[&str]) -> usize {
    operations.iter().map(|operation| count(calls, operation, "")).sum()
}

/// All requests for one segment of `len` bytes, of a leader that has long taken over.
async fn requests_for_a_segment_of(len: usize) -> Vec<Call> {
    let world = shipped();
    world.ready().await;
    let log = MemoryLog::new();
    log.append_segment(1, 0, 1_000);
    let partition = world.lead(&log, token(1), NEW);
    tiered_to(&partition, 1).await;
    until("its local part goes", || log.bounds().local_log_start == 1).await;
    world.store.take_calls();
    let batches = len >> 20;
    log.append_segment(batches, 0, (1 << 20) - BATCH_HEADER_LEN);
    assert_eq!(log.bytes().len(), len, "a segment of just this length");
    partition.wake();
    let end = 1 + batches as i64;
    tiered_to(&partition, end).await;
    until("its local part goes", || log.bounds().local_log_start == end).await;
    world.store.calls()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_of_64_mib_is_one_put_and_another_with_its_manifest_version() {
    let calls = requests_for_a_segment_of(SEGMENT_LEN).await;
    assert_eq!(count(&calls, "put", "/segments/"), 1, "{calls:?}");
    assert_eq!(count(&calls, "create", "/manifest/"), 1, "{calls:?}");
    assert_eq!(calls.len(), 2, "and nothing else: {calls:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_further_64_mib_of_a_segment_are_one_put_more() {
    let calls = requests_for_a_segment_of(2 * SEGMENT_LEN).await;
    assert_eq!(count(&calls, "put part", "/segments/"), 2, "{calls:?}");
    assert_eq!(requests(&calls, &["put", "put part", "create"]), 3, "with its manifest version: {calls:?}");
    assert_eq!(requests(&calls, &["list", "list dirs"]), 0);
    let multipart = requests(&calls, &["begin multipart", "complete multipart"]);
    assert_eq!((multipart, calls.len()), (2, 5), "beside them what opens and closes parts: {calls:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_uploads_nor_fetches_list_anything_once_a_leader_has_taken_over() {
    let before = shipped();
    before.ready().await;
    let log = MemoryLog::new();
    (0..4).for_each(|_| log.append_segment(40, 1, 50_000));
    let written = log.bytes();
    let old = before.lead(&log, token(1), NEW);
    tiered_to(&old, 160).await;
    old.close();

    let world = before.other_broker();
    world.ready().await;
    let fresh = MemoryLog::new();
    let partition = world.lead(&fresh, token(2), UNSURE);
    serves(&partition).await;
    until("the fence", || count(&world.store.calls(), "create", "/manifest/") > 0).await;
    assert_eq!(fresh.bounds().log_end, 160, "it goes on where the old one ended");
    assert!(
        requests(&world.store.take_calls(), &["list", "list dirs"]) > 0,
        "a take-over looks for the newest version"
    );

    for round in 1..=10 {
        fresh.append_segment(10, 2, 50_000);
        partition.wake();
        tiered_to(&partition, 160 + round * 10).await;
    }
    let uploads = world.store.take_calls();
    assert!(requests(&uploads, &["put", "create"]) <= 20, "{uploads:?}");
    assert_eq!(requests(&uploads, &["list", "list dirs"]), 0, "{uploads:?}");

    let read = world.read_all(&partition, 0, 1 << 20).await;
    assert_eq!(read[..written.len()], written[..]);
    assert!(read.len() as u64 > CHUNK_LEN);
    for timestamp in [0, 155, 1_200, 2_590] {
        assert!(partition.offset_for_timestamp(timestamp, world.deadline()).await.unwrap().is_some(), "{timestamp}");
    }
    let fetches = world.store.take_calls();
    assert!(requests(&fetches, &["get"]) > 0, "the reads were cold");
    assert_eq!(requests(&fetches, &["list", "list dirs", "put", "create", "delete"]), 0, "{fetches:?}");
}
