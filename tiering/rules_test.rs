//! The numbered rules of the manifest chain, each broken on purpose against the whole tier.
//!
//! What a rule says of the machines alone is in `manifest/writer_test.rs` and `manifest/change_test.rs`, all of it in any order in
//! `simulation/`. Rule 8 has `history_test.rs`; what rule 9 keeps open is in `manifest/change_test.rs` and `codec_test.rs`.

use crate::keys::{Keys, PartitionHome};
use crate::local_log::LocalLog;
use crate::manifest::{Root, decode_root, encode_root};
use crate::partition::{Readiness, Standing, TierPartition};
use crate::store::faulty::{Call, Fault};
use crate::store::{Backend, Body, PutMode, StoreErrorKind};
use crate::testing::MemoryLog;
use crate::tier_test_world::{NEW, UNSURE, World, count, id, serves, tiered_to, token, until};
use crate::token::WriterToken;
use bytes::Bytes;
use esker_record::crc32c;
use futures::{FutureExt, TryStreamExt};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const HOME: fn() -> PartitionHome = || PartitionHome { topic_id: id().topic_id, partition: id().partition() };

fn manifest_key(sequence: u64) -> String {
    Keys::new(&"test-cluster".parse().unwrap()).manifest(HOME(), sequence)
}

async fn bytes_of(memory: &Arc<dyn Backend>, key: &str) -> Bytes {
    let body: Vec<Bytes> = memory.get(key, None).await.unwrap().try_collect().await.unwrap();
    body.concat().into()
}

async fn version(world: &World, sequence: u64) -> Root {
    decode_root(&bytes_of(&world.memory, &manifest_key(sequence)).await, HOME(), sequence).unwrap()
}

async fn newest(world: &World) -> Root {
    let key = world.keys("/manifest/").await.pop().unwrap();
    version(world, crate::keys::sequence_of(&key).unwrap()).await
}

fn is_version(call: &Call) -> bool {
    call.operation == "create" && call.key.contains("/manifest/")
}

/// Part of every key of the partition.
const PARTITION: &str = "0abc/3/";

/// A partition tiered up to 10 by `token(1)`, and its log.
async fn tiered(world: &World) -> (TierPartition, Arc<MemoryLog>) {
    let log = MemoryLog::new();
    log.append_segment(10, 1, 100);
    let partition = world.lead(&log, token(1), NEW);
    tiered_to(&partition, 10).await;
    until("the log was told", || log.bounds().local_log_start == 10).await;
    (partition, log)
}

/// Another broker's copy of a log of `tiered`, with nothing behind offset 10.
fn copy() -> Arc<MemoryLog> {
    let copy = MemoryLog::new();
    copy.append_segment(10, 1, 100);
    copy
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_1_a_lost_answer_over_other_bytes_of_ones_own_is_a_base_and_not_a_success() {
    let world = World::new();
    let (partition, log) = tiered(&world).await;
    // An earlier attempt of the same writer lands late: the same number and token, and not the entry.
    let mut earlier = newest(&world).await;
    earlier.sequence += 1;
    earlier.attempt = Uuid::from_u128(1);
    let (number, body): (u64, Body) = (earlier.sequence, vec![encode_root(&earlier)]);
    let memory = Arc::clone(&world.memory);
    let mut is_first = true;
    world.store.set_rule(move |call| {
        if is_version(call) && std::mem::take(&mut is_first) {
            memory.put(&call.key, &body, PutMode::Create).now_or_never().expect("memory answers at once").unwrap();
            return Fault::Fail(StoreErrorKind::Unknown);
        }
        Fault::None
    });
    log.append_segment(10, 1, 100);
    partition.wake();
    tiered_to(&partition, 20).await;
    until("the log was told", || log.bounds().local_log_start == 20).await;
    assert_eq!(version(&world, number).await, earlier, "what is there stays there");
    let told = log.confirmed_versions();
    assert!(told.iter().all(|told| told.sequence != number || told.tiered_end == 10), "{told:?}");
    assert_eq!(told.last().unwrap().sequence, number + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_1_a_segment_whose_answer_is_lost_has_identical_bytes_or_another_uuid() {
    let world = World::new();
    let (partition, log) = tiered(&world).await;
    let seen: Arc<parking_lot::Mutex<Vec<(String, Bytes)>>> = Arc::default();
    let (memory, stored) = (Arc::clone(&world.memory), Arc::clone(&seen));
    let mut lost: Vec<String> = Vec::new();
    world.store.set_rule(move |call| {
        if call.operation != "put" {
            return Fault::None;
        }
        // What is stored under the key before it is put again.
        if lost.contains(&call.key) {
            let body = memory.get(&call.key, None).now_or_never().expect("memory answers at once").unwrap();
            let body: Vec<Bytes> = body.try_collect().now_or_never().unwrap().unwrap();
            stored.lock().push((call.key.clone(), body.concat().into()));
            return Fault::None;
        }
        lost.push(call.key.clone());
        Fault::LoseAnswer
    });
    log.append_segment(10, 1, 100);
    partition.wake();
    tiered_to(&partition, 20).await;
    let seen = seen.lock().clone();
    assert!(!seen.is_empty(), "nothing was sent twice");
    for (key, before) in seen {
        assert_eq!(bytes_of(&world.memory, &key).await, before, "{key}");
    }
    assert_eq!(world.read_all(&partition, 0, 1 << 20).await.len(), 20 * 161);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_2_a_sleeper_whose_version_lands_on_a_pruned_number_acts_on_nothing() {
    let world = World::new();
    let (old, log) = tiered(&world).await;
    world.store.set_rule(|call| if is_version(call) { Fault::Gate } else { Fault::None });
    log.append_segment(10, 1, 100);
    old.wake();
    until("the version is on its way", || world.store.calls().iter().filter(|call| is_version(call)).count() == 3)
        .await;
    let sent = newest(&world).await.sequence + 1;
    // It sleeps while another one leads for hours and prunes.
    let other = world.other_broker();
    let copied = copy();
    copied.append_segment(5, 2, 100);
    let new = other.lead(&copied, token(2), UNSURE);
    tiered_to(&new, 15).await;
    until("versions behind the sleeper's", || new.bounds().unwrap().sequence > sent).await;
    let pruned: Vec<_> = (1..=sent).map(manifest_key).collect();
    world.memory.delete(&pruned).await.unwrap();
    world.clock.advance(Duration::from_secs(31 * 60));
    world.store.open_gate();
    until("the sleeper is fenced", || matches!(old.readiness(), Readiness::Stopped(_))).await;
    assert!(world.keys("/manifest/").await.contains(&manifest_key(sent)), "its version was written, on a dead branch");
    assert!(log.confirmed_versions().iter().all(|told| told.tiered_end <= 10), "and nothing local followed it");
    assert_eq!(log.bounds().local_log_start, 10);
    assert_eq!(newest(&world).await.token, token(2));
    assert_eq!(other.read_all(&new, 0, 1 << 20).await.len(), 15 * 161);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_3_a_zombie_that_creates_after_a_take_over_is_fenced_and_its_upload_named_nowhere() {
    let world = World::with(|options| options.garbage_grace = Duration::from_secs(600));
    let (zombie, log) = tiered(&world).await;
    world.store.set_rule(|call| if is_version(call) { Fault::Gate } else { Fault::None });
    log.append_segment(7, 1, 100);
    zombie.wake();
    until("its version is on its way", || world.store.calls().iter().filter(|call| is_version(call)).count() == 3)
        .await;
    let other = world.other_broker();
    let copied = copy();
    copied.append_segment(5, 2, 100);
    let expected = copied.bytes().slice(10 * 161..);
    let new = other.lead(&copied, token(2), Standing { is_unclean: true, ..UNSURE });
    tiered_to(&new, 15).await;
    world.store.open_gate();
    until("it is fenced", || matches!(zombie.readiness(), Readiness::Stopped(_))).await;
    let root = newest(&world).await;
    assert_eq!((root.token, root.tiered_end, root.entries.len()), (token(2), 15, 2));
    assert_eq!(other.read_all(&new, 10, 1 << 20).await, expected, "the new leader's records, not the zombie's");
    assert_eq!(log.bounds().local_log_start, 10, "the zombie deleted nothing of what it could not commit");
    other.clock.advance(Duration::from_secs(601));
    new.wake();
    until("its object is swept", || count(&other.store.calls(), "delete", "/segments/") > 0).await;
    until("and only that", || other.keys("/segments/").now_or_never().unwrap().len() == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_3_before_the_fence_is_confirmed_nothing_is_uploaded_or_deleted() {
    let world = World::new();
    let (old, _log) = tiered(&world).await;
    old.close();
    let other = world.other_broker();
    other.ready().await;
    other.store.take_calls();
    other.store.set_rule(|call| if is_version(call) { Fault::Gate } else { Fault::None });
    let copied = copy();
    copied.append_segment(5, 2, 100);
    let new = other.lead(&copied, token(2), Standing { log_is_whole: true, ..UNSURE });
    assert_eq!(serves(&new).await, Readiness::Ready, "a clean leader serves at once");
    until("the fence is on its way", || other.store.calls().iter().any(is_version)).await;
    new.wake();
    esker_env::sleep(Duration::from_millis(150)).await;
    let calls = other.store.calls();
    assert_eq!(count(&calls, "put", "/segments/") + count(&calls, "delete", PARTITION), 0, "{calls:?}");
    assert_eq!(copied.bounds().local_log_start, 0);
    other.store.open_gate();
    tiered_to(&new, 15).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_4_a_divergent_lineage_longer_than_the_tier_is_cut_and_goes_on_at_the_tiered_end() {
    let world = World::new();
    let log = MemoryLog::new();
    log.append_segment(10, 1, 100);
    log.append_segment(10, 2, 100);
    let written = log.bytes();
    let old = world.lead(&log, token(2), NEW);
    tiered_to(&old, 20).await;
    old.close();
    // Alike up to offset 10, then epoch 1 goes on far beyond the tier.
    let other = world.other_broker();
    let divergent = MemoryLog::new();
    (0..9).for_each(|_| divergent.append_segment(10, 1, 100));
    let new = other.lead(&divergent, token(3), UNSURE);
    assert_eq!(serves(&new).await, Readiness::Ready);
    let reset = divergent.resets().pop().expect("it was cut");
    assert_eq!((reset.tiered_end, &reset.epochs), (20, &log.epoch_history()));
    divergent.append_segment(5, 3, 100);
    new.wake();
    tiered_to(&new, 25).await;
    assert_eq!(other.read_all(&new, 0, 1 << 20).await[..20 * 161], written[..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_5_replicas_that_cut_segments_differently_leave_neither_gap_nor_overlap() {
    let world = World::new();
    let (old, log) = tiered(&world).await;
    old.close();
    let other = world.other_broker();
    let copied = MemoryLog::new();
    [4, 9, 3, 8].into_iter().for_each(|batches| copied.append_segment(batches, 1, 100));
    let written = copied.bytes();
    let new = other.lead(&copied, token(2), UNSURE);
    tiered_to(&new, 24).await;
    let ranges: Vec<_> = newest(&other).await.entries.iter().map(|entry| (entry.base, entry.next)).collect();
    assert_eq!(ranges, [(0, 10), (10, 13), (13, 16), (16, 24)]);
    assert_eq!(other.read_all(&new, 0, 1 << 20).await, written);
    until("only what is tiered whole may go", || copied.bounds().local_log_start == 24).await;
    assert_eq!(log.bounds().log_end, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_6_a_broker_of_a_lower_generation_writes_and_deletes_nothing_more() {
    let world = World::with(|options| options.garbage_grace = Duration::from_secs(60));
    world.ready().await;
    assert_eq!(world.tier.claim_generation(None).await.unwrap(), 1);
    let (old, log) = tiered(&world).await;
    old.raise_log_start(10).await.unwrap();
    let other = world.other_broker();
    assert_eq!(other.tier.claim_generation(Some(1)).await.unwrap(), 2);
    assert_eq!(world.tier.check_generation(1).await.unwrap(), Some(2));
    world.store.take_calls();
    log.append_segment(10, 1, 100);
    world.clock.advance(Duration::from_secs(61));
    old.wake();
    esker_env::sleep(Duration::from_millis(150)).await;
    assert_eq!(world.store.calls(), [], "it does not use the bucket");
    // One that has not heard of it meets the greater token in the chain, however low the epoch in it.
    let unaware = world.restart();
    let again = unaware.lead(&log, token(9), UNSURE);
    tiered_to(&again, 20).await;
    let second = WriterToken { generation: 2, leader_epoch: 0, broker_epoch: 1 };
    let adopted = other.lead(&MemoryLog::new(), second, UNSURE);
    assert_eq!(serves(&adopted).await, Readiness::Ready);
    // Known here is not yet in the bucket.
    let fence = async {
        while newest(&world).await.token != second {
            esker_env::sleep(Duration::from_millis(5)).await;
        }
    };
    esker_env::timeout(Duration::from_secs(20), fence).await.expect("the fence");
    log.append_segment(10, 9, 100);
    again.wake();
    until("it is fenced", || matches!(again.readiness(), Readiness::Stopped(_))).await;
    assert_eq!(newest(&world).await.tiered_end, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_7_a_version_of_a_later_release_is_neither_continued_nor_swept() {
    let world = World::with(|options| options.garbage_grace = Duration::from_secs(60));
    let (old, log) = tiered(&world).await;
    log.append_segment(10, 1, 100);
    old.wake();
    tiered_to(&old, 20).await;
    old.close();
    // The newest version gets a format number that this release does not know.
    let key = world.keys("/manifest/").await.pop().unwrap();
    let mut bytes = bytes_of(&world.memory, &key).await.to_vec();
    bytes[9] += 1;
    let body = bytes.len() - 4;
    let crc = crc32c(&bytes[..body]);
    bytes[body..].copy_from_slice(&crc.to_be_bytes());
    world.memory.put(&key, &vec![bytes.into()], PutMode::Replace).await.unwrap();
    let other = world.other_broker();
    other.ready().await;
    other.store.take_calls();
    let copied = copy();
    copied.append_segment(30, 2, 100);
    let new = other.lead(&copied, token(2), Standing { log_is_whole: true, ..UNSURE });
    assert_eq!(serves(&new).await, Readiness::Ready, "the local log is served");
    until("the version was met", || other.store.calls().iter().any(|call| call.key == key)).await;
    other.clock.advance(Duration::from_secs(120));
    new.wake();
    esker_env::sleep(Duration::from_millis(150)).await;
    let calls = other.store.calls();
    let writes =
        count(&calls, "put", "/segments/") + count(&calls, "create", "/manifest/") + count(&calls, "delete", PARTITION);
    assert_eq!(writes, 0, "{calls:?}");
    assert_eq!(copied.bounds().local_log_start, 0, "and nothing local goes");
    assert_eq!(world.keys("/segments/").await.len(), 2);
}
