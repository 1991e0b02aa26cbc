//! Cold reads: what they cost, how they fail, and that no wrong byte comes out of them.

use crate::local_log::LocalLog;
use crate::options::TierOptions;
use crate::partition::TierPartition;
use crate::read::TierReadError;
use crate::store::faulty::Fault;
use crate::store::{Operation, PutMode, Reason, StoreErrorKind};
use crate::testing::MemoryLog;
use crate::tier_test_world::{NEW, World, count, id, tiered_to, token};
use bytes::Bytes;
use esker_model::TopicIdPartition;
use futures::TryStreamExt;
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Cold {
    pub(super) world: World,
    pub(super) partition: TierPartition,
    pub(super) written: Bytes,
    end: i64,
}

/// Segments in the bucket, and a broker that has read nothing of them yet.
pub(super) async fn cold(segments: usize, batches: usize, body_len: usize, set: impl FnOnce(&mut TierOptions)) -> Cold {
    let world = World::with(set);
    let log = MemoryLog::new();
    (0..segments).for_each(|_| log.append_segment(batches, 1, body_len));
    let written = log.bytes();
    let leader = world.lead(&log, token(1), NEW);
    let end = log.bounds().log_end;
    tiered_to(&leader, end).await;
    leader.close();
    let fresh = world.restart();
    fresh.ready().await;
    let partition = fresh.open(&log, Default::default());
    partition.bounds_by(fresh.deadline()).await.unwrap();
    fresh.store.take_calls();
    Cold { world: fresh, partition, written, end }
}

/// Requests for segments since the tier was opened, and the bytes that came. Second requests are a slow machine's; what is asked for
/// without them does not depend on it.
fn asked(world: &World) -> (u64, u64) {
    let metrics = world.tier.metrics();
    let reads = [Reason::Trailer, Reason::ColdRead, Reason::ReadAhead];
    let asked = metrics.requests.iter().filter(|row| row.operation == Operation::Get && reads.contains(&row.reason));
    asked.fold((0, 0), |(count, bytes), row| (count + row.requests, bytes + row.bytes))
}

fn gets(cold: &Cold) -> usize {
    count(&cold.world.store.calls(), "get", "/segments/")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_takes_one_request_for_each_small_object_and_fetches_every_byte_once() {
    let cold = cold(40, 100, 20_000, |options| options.cache_memory_bytes = 256 << 20).await;
    let all = cold.world.read_all(&cold.partition, 0, 1 << 20).await;
    assert_eq!(all, cold.written);
    let (requests, moved) = asked(&cold.world);
    // A few more until the reader is known to be sequential, because its first answers are short.
    assert!(requests <= 40 + 8, "{requests} requests for 40 objects");
    let overfetch = moved as f64 / all.len() as f64;
    println!("bytes fetched per byte served: {overfetch:.4}; requests: {requests}");
    assert!(overfetch <= 1.05, "{overfetch}");
    let before = gets(&cold);
    assert_eq!(cold.world.read_all(&cold.partition, 0, 1 << 20).await, cold.written);
    assert_eq!(gets(&cold), before, "a second pass asks the store for nothing");
    assert_eq!(count(&cold.world.store.calls(), "list", ""), 0, "no fetch lists anything");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_offset_is_found_with_whatever_limit() {
    let cold = cold(3, 90, 30_000, |_| {}).await;
    let batch_len = 30_061;
    for offset in (0..cold.end).step_by(7) {
        for bytes_max in [1, 50_000, 3 << 20] {
            let read = cold.partition.read(offset, 1..=bytes_max, i64::MAX, cold.world.deadline()).await.unwrap();
            let at = offset as usize * batch_len;
            assert_eq!(read.batches.concat(), cold.written[at..at + read.len as usize]);
            assert!(read.len == batch_len as u64 || read.len <= bytes_max);
            assert_eq!(read.next_offset, offset + read.len as i64 / batch_len as i64);
        }
    }
    let read = cold.partition.read(10, 1..=1 << 20, 12, cold.world.deadline()).await.unwrap();
    assert_eq!(read.next_offset, 12, "nothing at or behind the upper bound");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_longer_than_chunks_and_limits_is_read_whole() {
    let cold = cold(2, 2, 5 << 20, |options| options.cache_memory_bytes = 128 << 20).await;
    let read = cold.partition.read(1, 1..=1000, i64::MAX, cold.world.deadline()).await.unwrap();
    assert_eq!((read.len, read.next_offset), ((5 << 20) + 61, 2));
    assert_eq!(cold.world.read_all(&cold.partition, 0, 1000).await, cold.written);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_readers_of_one_chunk_are_one_request() {
    let cold = cold(1, 25, 9_000, |_| {}).await;
    let reads = (0..64).map(|_| cold.partition.read(12, 1..=1000, i64::MAX, cold.world.deadline()));
    for read in futures::future::join_all(reads).await {
        assert_eq!(read.unwrap().next_offset, 13);
    }
    assert_eq!(gets(&cold), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_leaves_keeps_the_bytes_in_the_cache() {
    let cold = cold(1, 100, 9_000, |_| {}).await;
    cold.world.store.set_rule(|_| Fault::Delay(Duration::from_millis(200)));
    let short = cold.world.env.clock.now() + Duration::from_millis(50);
    assert_eq!(cold.partition.read(0, 1..=1000, i64::MAX, short).await.unwrap_err(), TierReadError::Deadline);
    esker_env::sleep(Duration::from_millis(600)).await;
    let before = gets(&cold);
    assert!(before >= 1);
    let short = cold.world.env.clock.now() + Duration::from_millis(100);
    assert_eq!(cold.partition.read(0, 1..=1000, i64::MAX, short).await.unwrap().next_offset, 1);
    assert_eq!(gets(&cold), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ready_at_the_deadline_is_returned() {
    let cold = cold(4, 100, 20_000, |options| options.read_ahead_bytes_max = 0).await;
    let mut seen = 0;
    cold.world.store.set_rule(move |call| {
        seen += usize::from(call.key.contains("/segments/"));
        if seen > 2 { Fault::Hang } else { Fault::None }
    });
    let deadline = cold.world.env.clock.now() + Duration::from_millis(500);
    let read = cold.partition.read(0, 100 << 20..=100 << 20, i64::MAX, deadline).await.unwrap();
    assert!(read.next_offset >= 100 && read.next_offset < 400, "{}", read.next_offset);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_object_is_a_retriable_error_and_never_an_empty_range() {
    let cold = cold(2, 10, 1_000, |_| {}).await;
    let key = cold.world.keys("/segments/").await[0].clone();
    cold.world.memory.delete(&[key]).await.unwrap();
    let read = cold.partition.read(0, 1..=1 << 20, i64::MAX, cold.world.deadline()).await;
    assert!(matches!(read, Err(TierReadError::Storage(reason)) if reason.contains("missing")));
    let read = cold.partition.read(10, 1..=1 << 20, i64::MAX, cold.world.deadline()).await.unwrap();
    assert_eq!(read.next_offset, 20, "its neighbour is read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_404_once_is_read_after_the_manifest_was_read_again() {
    let cold = cold(1, 10, 1_000, |_| {}).await;
    let mut looked_again = false;
    cold.world.store.set_rule(move |call| {
        looked_again |= call.operation == "list";
        let fails = !looked_again && call.key.contains("/segments/");
        if fails { Fault::Fail(StoreErrorKind::NotFound) } else { Fault::None }
    });
    let read = cold.partition.read(0, 1..=1 << 20, i64::MAX, cold.world.deadline()).await.unwrap();
    assert_eq!(read.next_offset, 10);
    assert_eq!(count(&cold.world.store.calls(), "list", "/manifest/"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn flipped_bits_and_short_bodies_on_the_way_never_come_out() {
    let cold = cold(3, 60, 30_000, |_| {}).await;
    let mut number = 0usize;
    cold.world.store.set_rule(move |call| {
        number += 1;
        match number % 3 {
            0 if call.key.contains("/segments/") => Fault::FlipBit(number * 7_919),
            1 if call.key.contains("/segments/") => Fault::CutBody(number * 1_000),
            _ => Fault::None,
        }
    });
    let (mut errors, mut served, mut offset) = (0, 0, 0);
    while offset < cold.end {
        match cold.partition.read(offset, 1..=100_000, i64::MAX, cold.world.deadline()).await {
            Ok(read) => {
                let at = offset as usize * 30_061;
                assert_eq!(read.batches.concat(), cold.written[at..at + read.len as usize]);
                offset = read.next_offset;
                served += 1;
            }
            Err(TierReadError::Storage(_)) => errors += 1,
            Err(other) => panic!("{other}"),
        }
        assert!(errors < 100);
    }
    assert!(served > 0);
    println!(
        "{served} reads served, {errors} retriable errors, {} damaged chunks",
        cold.world.tier.metrics().cache.damaged
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rot_in_the_bucket_is_found_on_touch() {
    let cold = cold(1, 60, 30_000, |_| {}).await;
    let key = cold.world.keys("/segments/").await[0].clone();
    let object = cold.world.memory.get(&key, None).await.unwrap();
    let mut bytes = futures::TryStreamExt::try_collect::<Vec<Bytes>>(object).await.unwrap().concat();
    for at in [0usize, 100_000, 1 << 20, 1_700_000, 60 * 30_061 + 40] {
        bytes[at] ^= 0x40;
        let body = vec![Bytes::from(bytes.clone())];
        cold.world.memory.put(&key, &body, crate::store::PutMode::Replace).await.unwrap();
        let fresh = cold.world.restart();
        let partition = fresh.open(&MemoryLog::new(), Default::default());
        let offset = (at / 30_061).min(59) as i64;
        let read = partition.read(offset, 1..=1, i64::MAX, fresh.deadline()).await;
        assert!(matches!(read, Err(TierReadError::Storage(_))), "byte {at}: {read:?}");
        bytes[at] ^= 0x40;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_partition_s_object_under_the_key_is_never_served() {
    let cold = cold(2, 10, 1_000, |_| {}).await;
    // Whole in itself, of the same offsets and lengths, and other records.
    let other = MemoryLog::new();
    (0..2).for_each(|_| other.append_segment(10, 2, 1_000));
    let TopicIdPartition { topic_id, .. } = id();
    let neighbour = TopicIdPartition::new(topic_id, "orders", 9);
    let leader = cold.world.tier.open_partition(neighbour, other, Default::default());
    leader.lead(token(2), NEW);
    tiered_to(&leader, 20).await;
    let (ours, theirs) = (cold.world.keys("/3/segments/").await, cold.world.keys("/9/segments/").await);
    let body: Vec<Bytes> = cold.world.memory.get(&theirs[0], None).await.unwrap().try_collect().await.unwrap();
    cold.world.memory.put(&ours[0], &body, PutMode::Replace).await.unwrap();
    let read = cold.partition.read(0, 1..=1 << 20, i64::MAX, cold.world.deadline()).await;
    assert!(matches!(read, Err(TierReadError::Storage(_))), "{read:?}");
    let read = cold.partition.read(10, 1..=1 << 20, i64::MAX, cold.world.deadline()).await.unwrap();
    assert_eq!((read.next_offset, read.batches.concat()), (20, cold.written[cold.written.len() / 2..].to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_request_is_hedged_and_the_faster_one_taken() {
    let cold = cold(30, 20, 30_000, |options| options.read_ahead_bytes_max = 0).await;
    let mut number = 0;
    cold.world.store.set_rule(move |call| {
        number += usize::from(call.key.contains("/segments/"));
        if number == 21 {
            number += 1;
            Fault::Delay(Duration::from_secs(120))
        } else {
            Fault::None
        }
    });
    let begun = tokio::time::Instant::now();
    for segment in 0..30 {
        cold.partition.read(segment * 20, 1..=1 << 20, i64::MAX, cold.world.deadline()).await.unwrap();
    }
    assert!(begun.elapsed() < Duration::from_secs(60), "nobody waited for the slow one: {:?}", begun.elapsed());
    let requests = cold.world.tier.metrics().requests;
    assert!(requests.iter().any(|row| row.reason == Reason::Hedge), "{requests:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_is_an_error_soon_and_the_cache_serves_on() {
    let cold = cold(2, 60, 30_000, |_| {}).await;
    cold.partition.read(0, 1..=1 << 20, i64::MAX, cold.world.deadline()).await.unwrap();
    cold.world.store.set_rule(|_| Fault::Fail(StoreErrorKind::Unreachable));
    assert!(cold.partition.read(0, 1..=1 << 20, i64::MAX, cold.world.deadline()).await.is_ok());
    let begun = tokio::time::Instant::now();
    let read = cold.partition.read(60, 1..=1 << 20, i64::MAX, cold.world.deadline()).await;
    assert!(matches!(read, Err(TierReadError::Storage(_))));
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn time_is_found_at_the_start_in_the_middle_at_the_end_and_not_beyond() {
    let cold = cold(5, 80, 20_000, |_| {}).await;
    let find = async |timestamp: i64| {
        let hit = cold.partition.offset_for_timestamp(timestamp, cold.world.deadline()).await.unwrap();
        hit.map(|hit| esker_record::BatchHeader::parse(&hit.batch).unwrap().base_offset)
    };
    assert_eq!(find(0).await, Some(0));
    assert_eq!(find(-5).await, Some(0));
    for offset in [1, 79, 80, 81, 200, 399] {
        assert_eq!(find(offset * 10).await, Some(offset));
        assert_eq!(find(offset * 10 - 9).await, Some(offset));
    }
    assert_eq!(find(3_991).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_for_cold_reads_is_bounded_whatever_is_asked() {
    let cold = cold(40, 50, 30_000, |options| {
        options.fetch_bytes_max = 4 << 20;
        options.answer_bytes_max = 8 << 20;
        options.cache_memory_bytes = 4 << 20;
    })
    .await;
    let watch = cold.world.tier.clone();
    let watching = esker_env::spawn(async move {
        let mut most = 0;
        loop {
            let metrics = watch.metrics();
            most = most.max(metrics.fetch_bytes);
            assert!(most <= 4 << 20);
            esker_env::sleep(Duration::from_millis(1)).await;
        }
    });
    let reads = (0..40).map(|segment| {
        let (partition, deadline) = (cold.partition.clone(), cold.world.deadline());
        async move {
            let read = partition.read(segment * 50, 1..=1 << 20, i64::MAX, deadline).await.unwrap();
            assert!(read.len <= 1 << 20);
            read.next_offset
        }
    });
    let ends = futures::future::join_all(reads).await;
    assert!(ends.iter().enumerate().all(|(at, end)| *end > at as i64 * 50));
    assert!(!watching.is_finished());
    watching.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_disk_cache_survives_a_restart_and_its_directory_may_vanish() {
    let cold = cold(6, 100, 20_000, |options| {
        options.cache_memory_bytes = 4 << 20;
        options.cache_disk_bytes = 256 << 20;
    })
    .await;
    assert_eq!(cold.world.read_all(&cold.partition, 0, 1 << 20).await, cold.written);
    cold.world.tier.close().await;
    let again = cold.world.restart();
    let partition = again.open(&MemoryLog::new(), Default::default());
    assert_eq!(again.read_all(&partition, 0, 1 << 20).await, cold.written);
    let data = again
        .tier
        .metrics()
        .requests
        .iter()
        .filter(|row| matches!(row.reason, Reason::ColdRead | Reason::ReadAhead))
        .map(|row| row.bytes)
        .sum::<u64>();
    assert!(data <= cold.written.len() as u64 / 5, "{data} of {} bytes were fetched again", cold.written.len());
    again.env.disk.remove_dir_all(&again.dir.path().join("esker-tier/cache")).unwrap();
    assert_eq!(again.read_all(&partition, 0, 1 << 20).await, cold.written);
    again.tier.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slow_store_is_read_over_many_connections_at_once_and_with_few_requests() {
    use crate::store::faulty::FaultyBackend;
    let ttfb = Duration::from_millis(20);
    let per_connection = 90_000_000;
    let segments = 24;
    let cold = cold(segments, 84, 100_000, |options| {
        options.cache_memory_bytes = 512 << 20;
        options.fetch_bytes_max = 256 << 20;
        options.read_ahead_bytes_max = 64 << 20;
    })
    .await;
    let slow = Arc::new(FaultyBackend::slow(Arc::clone(&cold.world.memory), ttfb, per_connection));
    let world = cold.world.with_store(slow);
    world.ready().await;
    let partition = world.open(&MemoryLog::new(), Default::default());
    partition.bounds_by(world.deadline()).await.unwrap();
    world.store.take_calls();
    let begun = tokio::time::Instant::now();
    partition.read(0, 1..=1 << 20, i64::MAX, world.deadline()).await.unwrap();
    let first = begun.elapsed();
    let begun = tokio::time::Instant::now();
    let all = world.read_all(&partition, 0, 1 << 20).await;
    let elapsed = begun.elapsed();
    assert_eq!(all, cold.written);
    let speed = all.len() as f64 / elapsed.as_secs_f64() / 1e6;
    let (gets, _) = asked(&world);
    let per_gb = gets as f64 / (all.len() as f64 / 1e9);
    println!("first bytes after {first:?}; {speed:.0} MB/s over {} MB; {per_gb:.0} GETs per GB", all.len() / 1_000_000);
    assert!(
        gets <= segments as u64 + 8,
        "one request for an object, and a few until the reader is known to be sequential"
    );
    let at_once = world.store.bodies_at_once();
    assert!(at_once >= 4, "{at_once} bodies on their way at most: the reader waits for each");
}

/// Reads a whole partition in fetches of 1 MiB, sequentially; how many requests for segment data and heads.
async fn requests_for_all(cold: &Cold) -> u64 {
    assert_eq!(cold.world.read_all(&cold.partition, 0, 1 << 20).await, cold.written);
    asked(&cold.world).0
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_of_every_size_from_8_mib_cost_at_most_130_requests_a_gigabyte() {
    const WARM_UP: f64 = 8.0; // until the window has doubled to its full width
    for (segments, mib) in [(8, 8), (6, 13), (6, 17), (4, 25), (3, 33)] {
        let cold = cold(segments, mib * 8, (1 << 17) - 61, |options| {
            options.cache_memory_bytes = 256 << 20;
            options.fetch_bytes_max = 128 << 20;
            options.read_ahead_bytes_max = 64 << 20;
        })
        .await;
        let requests = requests_for_all(&cold).await as f64;
        let per_gb = (requests - WARM_UP).max(0.0) / (cold.written.len() as f64 / 1e9);
        println!("{segments} segments of {mib} MiB: {requests} requests, {per_gb:.0} a GB behind the first {WARM_UP}");
        assert!(per_gb <= 130.0, "{requests} requests for {segments} segments of {mib} MiB");
        let ranges = cold.world.store.calls().into_iter().filter_map(|call| call.range);
        let longest = ranges.map(|range| range.end - range.start).max().unwrap();
        assert!(longest <= 16 << 20, "{longest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn read_ahead_stops_with_its_reader() {
    const WINDOW: u64 = 8 << 20;
    let cold = cold(40, 20, (1 << 17) - 61, |options| {
        options.cache_memory_bytes = 64 << 20;
        options.read_ahead_bytes_max = WINDOW;
    })
    .await;
    let (mut offset, mut given) = (0, 0);
    for _ in 0..10 {
        let read = cold.partition.read(offset, 1..=1 << 20, i64::MAX, cold.world.deadline()).await.unwrap();
        (offset, given) = (read.next_offset, given + read.len);
    }
    let mut seen = usize::MAX;
    while seen != gets(&cold) {
        seen = gets(&cold);
        esker_env::sleep(Duration::from_millis(200)).await;
    }
    let asked: u64 =
        cold.world.store.calls().iter().filter_map(|call| call.range.clone()).map(|r| r.end - r.start).sum();
    // Whole objects are asked for: the last may reach beyond the window.
    assert!(asked > given && asked <= given + WINDOW + (3 << 20), "{asked} asked for, {given} given");
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_share_little_memory_do_not_drive_out_one_anothers_read_ahead() {
    let cold = cold(32, 20, (1 << 17) - 61, |options| {
        options.cache_memory_bytes = 48 << 20;
        options.read_ahead_bytes_max = 16 << 20;
    })
    .await;
    let readers: i64 = 8;
    let share = cold.end / readers;
    let mut at: Vec<i64> = (0..readers).map(|reader| reader * share).collect();
    let mut served = 0;
    while at.iter().zip(1..).any(|(offset, next)| *offset < next * share) {
        for reader in 0..readers {
            let (offset, end) = (at[reader as usize], (reader + 1) * share);
            if offset < end {
                let read = cold.partition.read(offset, 1..=1 << 20, end, cold.world.deadline()).await.unwrap();
                served += read.len;
                at[reader as usize] = read.next_offset;
            }
        }
    }
    let rows = cold.world.tier.metrics().requests;
    let moved: u64 = rows.iter().filter(|row| row.operation == Operation::Get).map(|row| row.bytes).sum();
    println!("{readers} readers: {moved} bytes fetched, {served} served, in {} requests", gets(&cold));
    assert_eq!(served, cold.written.len() as u64);
    // What was read ahead behind the end of a share is never read: 18 MiB, three eighths of the memory, are all that may be.
    assert!(moved <= served + served / 20 + (18 << 20), "{moved} bytes fetched, {served} served");
}
