//! Rule 8: a history of a million segments costs a small root, a few requests at the start, and no memory.

use crate::keys::{Keys, PartitionHome};
use crate::local_log::{LocalLog, TieredEndState};
use crate::manifest::test_roots::{History, entry, epochs, history};
use crate::manifest::{Entry, PAGE_LEN_MAX, Place, ROOT_LEN_MAX, encode_page};
use crate::store::faulty::Call;
use crate::testing::MemoryLog;
use crate::tier_test_world::{UNSURE, World, id, serves, token, until};
use crate::token::WriterToken;
use esker_model::Offset;
use std::collections::BTreeMap;

const MILLION: i64 = 1_000_000;
/// Bytes of log in each segment: a million of them are a petabyte.
const SEGMENT_LEN: u64 = 1 << 30;

fn home() -> PartitionHome {
    PartitionHome { topic_id: id().topic_id, partition: id().partition() }
}

/// An entry whose fields are as long as they get: no two are written by the same leader.
fn long(base: Offset) -> Entry {
    let token =
        WriterToken { generation: u32::MAX, leader_epoch: i32::MAX - base as i32, broker_epoch: i64::MAX - base };
    let (log_len, trailer_len, head_len) = (SEGMENT_LEN, 1 << 27, 1 << 20);
    Entry { token, log_len, trailer_len, head_len, ..entry(base, base + 1) }
}

#[test]
fn a_million_segments_keep_the_root_below_100_kib_and_every_page_below_its_bound() {
    let clock = esker_env::Env::system().clock;
    let begun = clock.now();
    let History { root, pages, largest } = history(home(), MILLION, long);
    println!("a history of {MILLION} segments: {:?}, largest root {largest} bytes", clock.now().since(begun));
    assert!(largest < ROOT_LEN_MAX, "{largest}");
    let sealed: u64 = root.pages.iter().map(|page| page.entries).sum();
    assert_eq!(sealed + root.entries.len() as u64, MILLION as u64);
    assert!(pages.iter().map(|(_, level, page)| encode_page(home(), *level, page).len()).all(|len| len < PAGE_LEN_MAX));
    assert!((0..MILLION).step_by(9_973).all(|offset| root.place_of(offset) != Place::Outside));
    // All that a partition holds beside the bounded cache.
    assert!(size_of_val(&root.summary()) <= 200, "{}", size_of_val(&root.summary()));
}

/// What a take-over of a partition with `segments` in the bucket asked of the store, and what it left in memory.
struct Start {
    requests: BTreeMap<&'static str, usize>,
    bytes_read: u64,
    bytes_in_memory: u64,
}

async fn take_over(world: &World, history: &History) -> Start {
    history.put(&*world.memory, &Keys::new(&"test-cluster".parse().unwrap())).await;
    let world = world.restart();
    world.ready().await;
    let log = MemoryLog::new();
    let (tiered_end, epochs) = (history.root.tiered_end, epochs(&[(1, 0)]));
    log.reset_to(1, TieredEndState { tiered_end, epochs, ..TieredEndState::default() }).unwrap();
    world.store.take_calls();
    let moved = || world.tier.metrics().requests.iter().map(|row| row.bytes).sum::<u64>();
    let before = moved();
    let partition = world.lead(&log, token(2), UNSURE);
    serves(&partition).await;
    until("the fence", || partition.bounds().is_some_and(|bounds| bounds.sequence > history.root.sequence)).await;
    let mut requests = BTreeMap::new();
    for Call { operation, .. } in world.store.take_calls() {
        *requests.entry(operation).or_default() += 1;
    }
    assert_eq!(partition.bounds().unwrap().tiered_end, tiered_end);
    Start { requests, bytes_read: moved() - before, bytes_in_memory: world.tier.metrics().meta_cache_bytes }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_over_a_million_segments_asks_the_same_as_one_over_ten() {
    let few = take_over(&World::new(), &history(home(), 10, long)).await;
    let many = take_over(&World::new(), &history(home(), MILLION, long)).await;
    assert_eq!(many.requests, few.requests, "a listing, a read and the fence");
    assert_eq!(many.requests, BTreeMap::from([("create", 1), ("get", 1), ("list", 1)]));
    let (read, held) = (many.bytes_read, many.bytes_in_memory);
    println!("over {MILLION} segments: {read} bytes moved, {held} bytes in memory");
    assert!(read <= 2 * ROOT_LEN_MAX as u64, "{read}: the newest version and the fence");
    assert!(held <= 1 << 20, "{held} bytes, of at most 1 MiB for each of {} TiB", (MILLION as u64 * SEGMENT_LEN) >> 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_offset_of_a_million_segments_is_two_pages_away_and_memory_stays_bounded() {
    let history = history(home(), MILLION, long);
    let world = World::with(|options| options.meta_cache_bytes = 1 << 20);
    history.put(&*world.memory, &Keys::new(&"test-cluster".parse().unwrap())).await;
    let partition = world.open(&MemoryLog::new(), Default::default());
    partition.bounds_by(world.deadline()).await.unwrap();
    for offset in (0..MILLION).step_by(7_919) {
        world.store.take_calls();
        let found = partition.shared.chain.entry_at(&history.root, offset).await.unwrap().unwrap();
        assert_eq!(found, long(offset));
        assert!(world.store.calls().len() <= 2, "offset {offset}: {:?}", world.store.calls());
        assert!(world.tier.metrics().meta_cache_bytes <= 1 << 20);
    }
}
