//! Partitions over both tiers: what was local is read from the bucket, at the same offsets, to the last byte.

use crate::fetch::{FetchedRecords, Fetching};
use crate::partition::{Append, OffsetSpec};
use crate::testing::{SOON, World, batch, bytes_of, fetch, now_ms, topic_id, until};
use crate::{Acks, FetchFault, Isolation};
use esker_model::Offset;
use esker_record::{BatchBuilder, Batches, Codec, EndMarker, end_marker_batch};
use std::time::Duration;

/// Small segments that leave the local disk as soon as they are in the bucket.
const TIERED: [(&str, &str); 4] = [
    ("remote.storage.enable", "true"),
    ("internal.segment.bytes", "4096"),
    ("local.retention.bytes", "1"),
    ("file.delete.delay.ms", "0"),
];

/// Everything but the active segment is in the bucket and not local any more; where the local log starts, and where it ends.
async fn settled(world: &World, topic: &str, number: i32) -> (Offset, Offset) {
    let partition = world.partition(topic, number);
    let log = partition.log();
    until("closed segments have left", || log.segment_count() == 1 && log.bounds().tiered_end.is_some()).await;
    (log.bounds().local_log_start, log.log_end())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_left_the_disk_is_read_from_the_bucket_and_on_into_the_local_log() {
    let mut world = World::tiered("").await;
    world.create("t", 1, &TIERED).await;
    for at in 0..60 {
        world.append("t", 0, &batch(now_ms(), 1, 300 + at));
    }
    let (local_start, end) = settled(&world, "t", 0).await;
    assert!(local_start > 0 && end == 60);
    let records = world.read_all("t", 0, 0).await;
    assert_eq!(records.len(), 60);
    for (at, (offset, value)) in records.iter().enumerate() {
        assert_eq!((*offset, value.len()), (at as i64, 300 + at));
    }
    let cold = world.fetch(fetch(&[("t", 0, 5)])).await.remove(0).unwrap();
    assert!(matches!(cold.records, FetchedRecords::Tiered(_)));
    assert_eq!((cold.log_start, cold.high_watermark), (0, 60));
    let border = world.fetch(fetch(&[("t", 0, local_start)])).await.remove(0).unwrap();
    assert!(matches!(border.records, FetchedRecords::File(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_cold_partitions_of_a_request_are_read_at_once_within_one_budget() {
    let mut world = World::tiered("").await;
    world.create("t", 3, &TIERED).await;
    for number in 0..3 {
        world.fill("t", number, 40, 400);
    }
    for number in 0..3 {
        settled(&world, "t", number).await;
    }
    let mut request = fetch(&[("t", 0, 0), ("t", 1, 0), ("t", 2, 0), ("t", 0, 39)]);
    let answers = world.fetch(request.clone()).await;
    let lens: Vec<usize> = answers.iter().map(|answer| answer.as_ref().unwrap().records.len()).collect();
    assert!(lens.iter().all(|len| *len > 0), "{lens:?}");
    assert!(matches!(answers[3].as_ref().unwrap().records, FetchedRecords::File(_)), "the hot part comes along");
    let one = batch(now_ms(), 1, 400).len();
    for max_batches in [1usize, 3, 7] {
        request.max_bytes = max_batches * one;
        let answers = world.fetch(request.clone()).await;
        let bytes: usize = answers.iter().map(|answer| answer.as_ref().unwrap().records.len()).sum();
        assert!(bytes > 0 && bytes <= request.max_bytes, "{bytes} of {}", request.max_bytes);
    }
    request.max_bytes = 10;
    let answers = world.fetch(request).await;
    let lens: Vec<usize> = answers.iter().map(|answer| answer.as_ref().unwrap().records.len()).collect();
    assert_eq!(lens, [one, 0, 0, 0], "one batch, for the first");
}

#[tokio::test(flavor = "multi_thread")]
async fn offsets_are_listed_over_both_tiers() {
    let mut world = World::tiered("").await;
    world.create("t", 1, &TIERED).await;
    let start = now_ms() - 1_000_000;
    for at in 0..60 {
        world.append("t", 0, &batch(start + 1000 * at, 2, 300));
    }
    let (local_start, end) = settled(&world, "t", 0).await;
    let listed = async |what| world.list("t", what).await.unwrap().map(|found| (found.offset, found.timestamp));
    assert_eq!(listed(OffsetSpec::Earliest).await, Some((0, -1)));
    assert_eq!(listed(OffsetSpec::EarliestLocal).await, Some((local_start, -1)));
    assert_eq!(listed(OffsetSpec::LatestTiered).await, Some((local_start - 1, -1)));
    assert_eq!(listed(OffsetSpec::EarliestPendingUpload).await, Some((local_start, -1)));
    assert_eq!(listed(OffsetSpec::Latest).await, Some((end, -1)));
    let epoch = world.list("t", OffsetSpec::At(start)).await.unwrap().unwrap().leader_epoch;
    assert_eq!(epoch, Some(0), "the epoch of the record in the bucket");
    assert_eq!(listed(OffsetSpec::At(start + 7001)).await, Some((15, start + 7001)), "inside of a batch in the bucket");
    assert_eq!(listed(OffsetSpec::At(start + 59_000)).await, Some((118, start + 59_000)), "in the local log");
    assert_eq!(listed(OffsetSpec::At(start + 60_000)).await, None);
    assert_eq!(listed(OffsetSpec::At(0)).await, Some((0, start)));
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_deleted_in_both_tiers() {
    let mut world = World::tiered("").await;
    world.create("t", 1, &TIERED).await;
    world.fill("t", 0, 60, 300);
    let (local_start, end) = settled(&world, "t", 0).await;
    let delete = |offset| world.manager.delete_records(topic_id("t"), 0, offset, SOON);
    assert_eq!(delete(Some(7)).await, Ok(7));
    let tier = world.partition("t", 0).tier().unwrap();
    assert_eq!(tier.bounds().unwrap().log_start, 7, "answered when the manifest has it");
    let out = FetchFault::OutOfRange { log_start: 7, log_end: end, high_watermark: end };
    assert_eq!(world.fetch(fetch(&[("t", 0, 6)])).await[0].as_ref().unwrap_err(), &out);
    assert_eq!(world.read_all("t", 0, 7).await.len(), 53);
    assert_eq!(world.list("t", OffsetSpec::Earliest).await.unwrap().unwrap().offset, 7);
    assert_eq!(world.list("t", OffsetSpec::At(0)).await.unwrap().unwrap().offset, 7, "what is deleted is not found");
    assert_eq!(delete(Some(local_start + 1)).await, Ok(local_start + 1));
    assert_eq!(world.read_all("t", 0, local_start + 1).await.len() as i64, end - local_start - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_finds_both_tiers_again() {
    let mut world = World::tiered("").await;
    world.create("t", 1, &TIERED).await;
    world.fill("t", 0, 60, 300);
    settled(&world, "t", 0).await;
    assert_eq!(world.manager.delete_records(topic_id("t"), 0, Some(3), SOON).await, Ok(3));
    let world = world.restart().await;
    assert_eq!(world.read_all("t", 0, 3).await.len(), 57);
    world.fill("t", 0, 40, 300);
    settled(&world, "t", 0).await;
    let world = world.crash().await;
    let ready = async |world: &World| {
        let tier = world.partition("t", 0).tier().unwrap();
        esker_env::timeout(SOON, tier.ready()).await.expect("it is decided");
    };
    ready(&world).await;
    let below = world.fetch(fetch(&[("t", 0, 2)])).await.remove(0);
    assert!(matches!(below, Err(FetchFault::OutOfRange { log_start: 3, .. })), "{below:?}");
    assert_eq!(world.list("t", OffsetSpec::Earliest).await.unwrap().unwrap().offset, 3);
    assert_eq!(world.read_all("t", 0, 3).await.len(), 97);
    world.fill("t", 0, 1, 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_object_is_a_fault_and_never_an_empty_answer() {
    let mut world = World::tiered("").await;
    world.create("t", 1, &TIERED).await;
    world.fill("t", 0, 60, 300);
    settled(&world, "t", 0).await;
    // A new broker: nothing of the objects is in its memory.
    let world = world.restart().await;
    world.break_objects("segments");
    let mut request = fetch(&[("t", 0, 0)]);
    request.max_wait = Duration::from_secs(2);
    let mut fault = None;
    for _ in 0..20 {
        match world.fetch(request.clone()).await.remove(0) {
            Err(found) => fault = Some(found),
            Ok(answer) => assert!(answer.records.is_empty(), "damaged bytes are not served"),
        }
    }
    assert!(matches!(fault, Some(FetchFault::Storage(_))), "{fault:?}");
    let hot = world.fetch(fetch(&[("t", 0, 59)])).await.remove(0).unwrap();
    assert!(!hot.records.is_empty(), "the local part is served all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn aborted_transactions_are_named_from_the_tier_that_the_records_are_from() {
    let mut world = World::tiered("").await;
    world.create("t", 1, &TIERED).await;
    let partition = world.partition("t", 0);
    let mut aborted = Vec::new();
    for txn in 0..12 {
        let builder = BatchBuilder::new(Codec::None).producer(100 + txn, 0, 0).transactional();
        let appended = world.append("t", 0, &crate::testing::build(builder, now_ms(), 2, 200));
        let marker = if txn % 2 == 0 { EndMarker::Abort } else { EndMarker::Commit };
        if txn % 2 == 0 {
            aborted.push((100 + txn, appended.info.base_offset));
        }
        world.fill("t", 0, 3, 300);
        let marker = end_marker_batch(100 + txn, 0, marker, 0, now_ms()).unwrap();
        partition.append(&marker, &Append::coordinator(0)).unwrap();
    }
    let (local_start, end) = settled(&world, "t", 0).await;
    assert!(local_start > 30, "most of it is cold");
    let (mut seen, mut next) = (Vec::new(), 0);
    while next < end {
        let mut request = fetch(&[("t", 0, next)]);
        request.isolation = Isolation::Committed;
        let fetched = world.fetch(request).await.remove(0).unwrap();
        seen.extend(fetched.aborted.iter().map(|txn| (txn.producer_id, txn.first_offset)));
        let bytes = bytes_of(&fetched);
        next = Batches::new(&bytes).map(|batch| batch.unwrap().header.next_offset()).last().unwrap_or(next);
    }
    seen.dedup();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, aborted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_can_be_tiered_later_and_its_whole_history_goes_along() {
    let mut world = World::tiered("").await;
    world.create("t", 1, &[("internal.segment.bytes", "4096"), ("file.delete.delay.ms", "0")]).await;
    world.fill("t", 0, 60, 300);
    assert!(world.partition("t", 0).tier().is_none());
    for (key, value) in TIERED {
        world.set("t", key, Some(value));
    }
    world.publish().await;
    let (local_start, _) = settled(&world, "t", 0).await;
    assert!(local_start > 0);
    assert_eq!(world.read_all("t", 0, 0).await.len(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_topic_leaves_the_bucket() {
    let mut world = World::tiered("").await;
    world.create("t", 2, &TIERED).await;
    world.fill("t", 0, 30, 300);
    settled(&world, "t", 0).await;
    let prefix = topic_id("t").to_hex();
    assert!(world.objects().iter().any(|path| path.contains(&prefix)));
    world.delete("t", 2, true).await;
    until("the cluster is told", || *world.finished.lock() == [topic_id("t")]).await;
    let left = world.objects();
    assert!(!left.iter().any(|path| path.contains(&prefix)), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn local_retention_keeps_what_is_asked_for_and_all_of_it_stays_readable() {
    let mut world = World::tiered("").await;
    world.create("t", 1, &TIERED).await;
    world.set("t", "local.retention.bytes", Some("12000"));
    world.publish().await;
    world.fill("t", 0, 200, 300);
    let partition = world.partition("t", 0);
    let log = partition.log();
    until("the local part is as small as asked for", || log.size() < 12_000 + 2 * 4096).await;
    assert!(log.size() > 12_000 - 4096, "and not smaller: {}", log.size());
    assert!(log.bounds().local_log_start > 0 && log.log_start() == 0);
    assert_eq!(world.read_all("t", 0, 0).await.len(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_crosses_from_the_bucket_to_the_tail_and_waits_there() {
    let mut world = World::tiered("").await;
    world.create("t", 1, &TIERED).await;
    world.fill("t", 0, 40, 300);
    settled(&world, "t", 0).await;
    assert_eq!(world.read_all("t", 0, 0).await.len(), 40);
    let mut request = fetch(&[("t", 0, 40)]);
    request.max_wait = SOON;
    let Fetching::Later(answers) = world.manager.fetch(request) else { panic!("nothing is there") };
    let waiting = esker_env::spawn(answers);
    until("it waits", || world.manager.purgatory().held() == 1).await;
    world.partition("t", 0).append(&batch(now_ms(), 1, 10), &Append::client(Acks::Leader)).unwrap();
    let answers = esker_env::timeout(Duration::from_secs(5), waiting).await.expect("it is woken").unwrap();
    assert!(!answers[0].as_ref().unwrap().records.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_lost_its_disk_goes_on_behind_what_the_bucket_holds() {
    let mut world = World::tiered("").await;
    world.create("t", 1, &TIERED).await;
    world.fill("t", 0, 60, 300);
    let (tiered_end, _) = settled(&world, "t", 0).await;
    let before = world.read_all("t", 0, 0).await;
    let world = world.lose_disk().await;
    let tier = world.partition("t", 0).tier().unwrap();
    assert_eq!(esker_env::timeout(SOON, tier.ready()).await, Some(esker_tiering::Readiness::Ready));
    assert_eq!(world.append("t", 0, &batch(now_ms(), 1, 300)).info.base_offset, tiered_end, "no offset is given twice");
    let after = world.read_all("t", 0, 0).await;
    assert_eq!(after.len() as i64, tiered_end + 1);
    assert_eq!(after[..tiered_end as usize], before[..tiered_end as usize]);
    assert_eq!(world.list("t", OffsetSpec::Earliest).await.unwrap().unwrap().offset, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_that_were_open_at_the_tiered_end_are_ended_as_they_were() {
    let mut world = World::tiered("").await;
    world.create("t", 1, &TIERED).await;
    let partition = world.partition("t", 0);
    let begin = |producer| {
        let builder = BatchBuilder::new(Codec::None).producer(producer, 0, 0).transactional();
        crate::testing::build(builder, now_ms(), 2, 200)
    };
    world.append("t", 0, &begin(7));
    world.append("t", 0, &begin(8));
    world.fill("t", 0, 20, 300);
    assert_eq!(partition.log().bounds().last_stable(), 0);
    // Both markers lie in the active segment, which is not in the bucket.
    for (producer, marker) in [(7, EndMarker::Abort), (8, EndMarker::Commit)] {
        let marker = end_marker_batch(producer, 0, marker, 3, now_ms()).unwrap();
        partition.append(&marker, &Append::coordinator(0)).unwrap();
    }
    let (tiered_end, end) = settled(&world, "t", 0).await;
    assert!(tiered_end <= end - 2, "the markers are lost with the disk");
    drop(partition);
    let world = world.lose_disk().await;
    let partition = world.partition("t", 0);
    let tier = partition.tier().unwrap();
    assert_eq!(esker_env::timeout(SOON, tier.ready()).await, Some(esker_tiering::Readiness::Ready));
    let bounds = partition.log().bounds();
    assert_eq!((bounds.log_end, bounds.last_stable()), (tiered_end + 2, tiered_end + 2));
    let mut request = fetch(&[("t", 0, 0)]);
    request.isolation = Isolation::Committed;
    let fetched = world.fetch(request).await.remove(0).unwrap();
    let aborted: Vec<_> = fetched.aborted.iter().map(|txn| (txn.producer_id, txn.first_offset)).collect();
    assert_eq!(aborted, [(7, 0)], "one is aborted still, the other is not");
}
