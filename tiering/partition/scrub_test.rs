//! The scrubber finds every bad byte, mends what a local copy can mend, and deletes nothing.

use crate::keys::object_of;
use crate::options::TierOptions;
use crate::partition::TierPartition;
use crate::partition::examine::examine;
use crate::read::TierReadError;
use crate::store::faulty::{Call, Fault};
use crate::store::{PutMode, StoreErrorKind};
use crate::testing::MemoryLog;
use crate::tier::TierMetrics;
use crate::tier_test_world::{NEW, World, count, id, tiered_to, token, until};
use bytes::Bytes;
use esker_model::TopicIdPartition;
use futures::TryStreamExt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

const ROUND: Duration = Duration::from_secs(3600);

fn scrubbing(options: &mut TierOptions) {
    options.scrub_interval = Some(ROUND);
    options.garbage_grace = Duration::from_secs(600);
    options.cache_memory_bytes = 1 << 20;
}

/// Three segments in the bucket, and locally where `keeps_local`.
async fn three(keeps_local: bool) -> (World, Arc<MemoryLog>, TierPartition) {
    let world = World::with(scrubbing);
    let log = MemoryLog::new();
    log.keep_local(keeps_local);
    (0..3).for_each(|_| log.append_segment(10, 1, 100));
    let partition = world.lead(&log, token(1), NEW);
    tiered_to(&partition, 30).await;
    (world, log, partition)
}

async fn object(world: &World, number: usize) -> (String, Bytes) {
    let key = world.keys("/segments/").await.swap_remove(number);
    let body: Vec<Bytes> = world.memory.get(&key, None).await.unwrap().try_collect().await.unwrap();
    (key, body.concat().into())
}

async fn replace(world: &World, key: &str, bytes: Bytes) {
    world.memory.put(key, &vec![bytes], PutMode::Replace).await.unwrap();
}

fn flipped(bytes: &Bytes, at: usize, bit: u8) -> Bytes {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << bit;
    bytes.into()
}

/// Lets rounds pass until the figures are as wanted.
async fn rounds(world: &World, partition: &TierPartition, what: &str, wanted: impl Fn(&TierMetrics) -> bool) {
    for _ in 0..6_000 {
        if wanted(&world.tier.metrics()) {
            return;
        }
        world.clock.advance(Duration::from_secs(700));
        partition.wake();
        esker_env::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}: {:?}", world.tier.metrics());
}

/// Spoils the second object, and expects it to be mended from the local log.
async fn is_mended(spoil: impl AsyncFnOnce(&World, String, Bytes)) {
    let (world, log, partition) = three(true).await;
    let (key, bytes) = object(&world, 1).await;
    spoil(&world, key.clone(), bytes).await;
    rounds(&world, &partition, "it is mended", |metrics| metrics.scrub_healed == 1).await;
    assert!(world.tier.metrics().scrub_damaged >= 1);
    assert_eq!(world.read_all(&partition, 0, 1 << 20).await, log.bytes());
    let good = world.keys("/segments/").await.into_iter().filter(|found| *found != key).nth(1).unwrap();
    assert_eq!(object_of(&good).unwrap().base, 10);
    world.clock.advance(Duration::from_secs(601));
    partition.wake();
    until("the bad one is garbage as any other", || world.store.calls().iter().any(|call| call.key == key)).await;
    rounds(&world, &partition, "and goes", |metrics| metrics.objects_deleted >= 1).await;
    assert_eq!(world.keys("/segments/").await.len(), 3);
    assert_eq!(world.read_all(&partition, 0, 1 << 20).await, log.bytes());
    assert_eq!(log.damage(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotten_object_is_found_and_mended_from_the_local_log() {
    is_mended(async |world, key, bytes| replace(world, &key, flipped(&bytes, 700, 3)).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_object_is_found_and_mended_from_the_local_log() {
    is_mended(async |world, key, _| world.memory.delete(&[key]).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_object_is_found_and_mended_from_the_local_log() {
    is_mended(async |world, key, bytes| replace(world, &key, bytes.slice(..bytes.len() - 1)).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_was_cut_within_its_log_is_found_and_mended_from_the_local_log() {
    // Stores refuse a range that begins behind the end.
    let refuse = |call: &Call| match &call.range {
        Some(range) if range.end > 600 && call.key.contains(&format!("/{:020}-", 10)) => {
            Fault::Fail(StoreErrorKind::Rejected)
        }
        _ => Fault::None,
    };
    is_mended(async |world, key, bytes| {
        replace(world, &key, bytes.slice(..600)).await;
        world.store.set_rule(move |call| if call.key == key { refuse(call) } else { Fault::None });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_that_goes_wrong_on_its_way_is_no_damage() {
    let (world, _log, partition) = three(true).await;
    let mut flipped = 0;
    world.store.set_rule(move |call| match call.range {
        // The second look at an object comes through.
        Some(Range { start: 0, .. }) if call.key.contains("/segments/") && flipped < 10 => {
            flipped += 1;
            if flipped % 2 == 1 { Fault::FlipBit(700) } else { Fault::None }
        }
        _ => Fault::None,
    });
    rounds(&world, &partition, "two rounds", |metrics| metrics.scrubbed_objects >= 6).await;
    assert_eq!(world.tier.metrics().scrub_damaged, 0);
    assert_eq!(world.keys("/segments/").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_the_store_keeps_to_itself_holds_up_no_round() {
    let (world, _log, partition) = three(true).await;
    let (key, _) = object(&world, 1).await;
    world.store.set_rule(move |call| if call.key == key { Fault::Fail(StoreErrorKind::Denied) } else { Fault::None });
    rounds(&world, &partition, "two rounds over the others", |metrics| metrics.scrubbed_objects >= 4).await;
    assert_eq!(world.tier.metrics().scrub_damaged, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_partitions_there_are_one_object_is_looked_at_at_a_time() {
    let (world, log, first) = three(true).await;
    let mut partitions = vec![first];
    for number in 10..14 {
        let other = TopicIdPartition::new(id().topic_id, "orders", number);
        let partition = world.tier.open_partition(other, Arc::clone(&log) as _, Default::default());
        partition.lead(token(1), NEW);
        tiered_to(&partition, 30).await;
        partitions.push(partition);
    }
    world.store.set_rule(|call| {
        let is_object = call.operation == "get" && call.key.contains("/segments/");
        if is_object { Fault::Gate } else { Fault::None }
    });
    let looked_at = || count(&world.store.calls(), "get", "/segments/");
    let before = looked_at();
    for _ in 0..10 {
        world.clock.advance(Duration::from_secs(700));
        partitions.iter().for_each(TierPartition::wake);
        esker_env::sleep(Duration::from_millis(20)).await;
    }
    until("one waits at the gate", || looked_at() == before + 1).await;
    world.store.open_gate();
    rounds(&world, &partitions[0], "all get their turn", |metrics| metrics.scrubbed_objects >= 15).await;
    assert_eq!(world.store.requests_at_once(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_copy_the_damage_is_reported_and_nothing_is_deleted_or_served() {
    let (world, log, partition) = three(false).await;
    let (key, bytes) = object(&world, 1).await;
    replace(&world, &key, flipped(&bytes, 700, 3)).await;
    rounds(&world, &partition, "it is found", |metrics| metrics.scrub_damaged >= 2).await;
    let metrics = world.tier.metrics();
    assert!(metrics.scrubbed_objects > 3 && metrics.scrub_healed == 0 && metrics.objects_deleted == 0, "{metrics:?}");
    assert_eq!(world.keys("/segments/").await.len(), 3);
    let fresh = world.restart();
    let reader = fresh.open(&log, Default::default());
    let read = reader.read(14, 1..=1 << 20, i64::MAX, fresh.deadline()).await;
    assert!(!matches!(read, Ok(_) | Err(TierReadError::NotTiered { .. })), "{read:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_copy_that_has_rotted_too_replaces_nothing() {
    let (world, log, partition) = three(true).await;
    let (key, bytes) = object(&world, 1).await;
    replace(&world, &key, flipped(&bytes, 700, 3)).await;
    log.rot(12);
    rounds(&world, &partition, "it is found", |metrics| metrics.scrub_damaged >= 2).await;
    assert_eq!((world.keys("/segments/").await.len(), world.tier.metrics().scrub_healed), (3, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_is_no_damage() {
    let (world, _log, partition) = three(true).await;
    rounds(&world, &partition, "a first look", |metrics| metrics.scrubbed_objects >= 1).await;
    world.store.set_rule(|_| Fault::Fail(StoreErrorKind::Unreachable));
    let before = world.tier.metrics().scrubbed_objects;
    for _ in 0..10 {
        world.clock.advance(Duration::from_secs(700));
        partition.wake();
        esker_env::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(world.tier.metrics().scrub_damaged, 0);
    world.store.heal();
    rounds(&world, &partition, "it goes on", |metrics| metrics.scrubbed_objects > before + 2).await;
    assert_eq!(world.tier.metrics().scrub_damaged, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_flipped_bit_and_every_cut_of_an_object_is_noticed() {
    let (world, _log, partition) = three(true).await;
    let root = partition.shared.chain.root(partition.bounds().unwrap().sequence).await.unwrap();
    let entry = root.entries[0];
    let (key, bytes) = object(&world, 0).await;
    assert!(examine(&partition.shared, &entry).await.is_ok());
    for at in 0..bytes.len() {
        replace(&world, &key, flipped(&bytes, at, (at % 8) as u8)).await;
        assert!(examine(&partition.shared, &entry).await.is_err(), "byte {at} of {}", bytes.len());
    }
    for len in (0..bytes.len()).step_by(7) {
        replace(&world, &key, bytes.slice(..len)).await;
        assert!(examine(&partition.shared, &entry).await.is_err(), "cut to {len}");
    }
    replace(&world, &key, bytes).await;
    assert!(examine(&partition.shared, &entry).await.is_ok());
}
