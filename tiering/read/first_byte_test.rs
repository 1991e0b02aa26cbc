//! How soon a first answer comes, counted in bytes and requests: what it waits for, and what it does not.

use crate::local_log::LocalLog;
use crate::object::CHUNK_LEN;
use crate::partition::TierPartition;
use crate::read::TierReadError;
use crate::store::faulty::{Call, Fault};
use crate::store::{PutMode, Reason};
use crate::testing::MemoryLog;
use crate::tier_test_world::{NEW, World, token, until};
use bytes::Bytes;
use esker_env::{Instant, timeout};
use futures::TryStreamExt;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

/// Length of a batch here: chunks do not end where batches do.
const BATCH: usize = 50_061;
const SHARE: u64 = 1 << 20;
/// Longer than any wait that these tests would be content with.
const HANGS: Duration = Duration::from_secs(15);

struct Cold {
    world: World,
    partition: TierPartition,
    written: Bytes,
}

/// One segment of 60 batches, 3 MB, in the bucket, and a broker that has read nothing of it.
async fn cold() -> Cold {
    let world = World::new();
    let log = MemoryLog::new();
    log.append_segment(60, 1, BATCH - 61);
    let written = log.bytes();
    let leader = world.lead(&log, token(1), NEW);
    crate::tier_test_world::tiered_to(&leader, log.bounds().log_end).await;
    leader.close();
    let world = world.restart();
    world.ready().await;
    let partition = world.open(&log, Default::default());
    partition.bounds_by(world.deadline()).await.unwrap();
    world.store.take_calls();
    Cold { world, partition, written }
}

impl Cold {
    fn in_an_hour(&self) -> Instant {
        self.world.env.clock.now() + Duration::from_secs(3600)
    }

    /// The offset behind an answer whose bytes are right.
    async fn read(&self, offset: i64) -> Result<i64, TierReadError> {
        let read = self.partition.read(offset, 1..=SHARE, i64::MAX, self.in_an_hour());
        let read = timeout(HANGS, read).await.expect("it waits for what it does not need")?;
        let at = offset as usize * BATCH;
        assert_eq!(read.batches.concat(), self.written[at..at + read.len as usize]);
        Ok(read.next_offset)
    }

    /// Lets the trailer head be known, as an upload or an earlier read does.
    async fn know_head(&self) {
        let shared = &self.partition.shared;
        let root = shared.core.reads.current_root(shared, self.in_an_hour()).await.unwrap();
        let entry = shared.chain.entry_at(&root, 0).await.unwrap().unwrap();
        shared.chain.head(Reason::Trailer, &entry).await.unwrap();
        self.world.store.take_calls();
    }

    fn data_calls(&self) -> Vec<std::ops::Range<u64>> {
        self.world.store.calls().iter().filter(|call| is_data(call)).filter_map(|call| call.range.clone()).collect()
    }
}

/// Whether log bytes are asked for: the head begins behind them.
fn is_data(call: &Call) -> bool {
    let begins = call.range.as_ref().map(|range| range.start);
    call.key.contains("/segments/") && begins.is_some_and(|start| start < 60 * BATCH as u64)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_batches_of_a_segment_are_served_while_the_rest_of_the_body_is_on_its_way() {
    let cold = cold().await;
    let some = CHUNK_LEN as usize + 1000;
    cold.world.store.set_rule(move |call| if is_data(call) { Fault::StallBody(some) } else { Fault::None });
    assert_eq!(cold.read(0).await, Ok((CHUNK_LEN as usize / BATCH) as i64), "the whole batches of one chunk");
    let more = cold.data_calls();
    assert_eq!(more.len(), 1, "one request, of which only the beginning has come: {more:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_who_waits_gets_the_first_batches() {
    let cold = cold().await;
    let some = 2 * CHUNK_LEN as usize;
    cold.world.store.set_rule(move |call| if is_data(call) { Fault::StallBody(some) } else { Fault::None });
    let reads = (0..16).map(|_| cold.read(0));
    for next in futures::future::join_all(reads).await {
        assert!(next.unwrap() >= (CHUNK_LEN as usize / BATCH) as i64);
    }
    assert_eq!(cold.data_calls().len(), 1, "a single flight");
}

#[tokio::test(flavor = "multi_thread")]
async fn data_and_trailer_head_of_a_segment_are_asked_for_at_the_same_time() {
    let cold = cold().await;
    let seen = Arc::new(Mutex::new((false, false)));
    let heads = Arc::clone(&seen);
    cold.world.store.set_rule(move |call| {
        let mut seen = heads.lock();
        if is_data(call) {
            seen.0 = true
        } else {
            seen.1 |= call.key.contains("/segments/")
        }
        Fault::Gate
    });
    let (partition, deadline) = (cold.partition.clone(), cold.in_an_hour());
    let reading = esker_env::spawn(async move { partition.read(0, 1..=SHARE, i64::MAX, deadline).await });
    until("both are asked for", || *seen.lock() == (true, true)).await;
    cold.world.store.open_gate();
    assert!(timeout(HANGS, reading).await.expect("it is answered").unwrap().unwrap().next_offset > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_known_head_a_read_in_the_middle_begins_at_its_chunk_and_is_one_request() {
    for offset in [1, 17, 28, 41, 59] {
        let cold = cold().await;
        cold.know_head().await;
        // The chunk in which the batch begins, and the next one, where it ends.
        let some = 2 * CHUNK_LEN as usize;
        cold.world.store.set_rule(move |call| if is_data(call) { Fault::StallBody(some) } else { Fault::None });
        assert!(cold.read(offset).await.unwrap() > offset);
        let (calls, at) = (cold.data_calls(), offset as u64 * BATCH as u64);
        assert_eq!(calls.len(), 1, "{calls:?}");
        assert_eq!(calls[0].start % CHUNK_LEN, 0);
        assert!(calls[0].start <= at && at < calls[0].start + CHUNK_LEN, "{at} in {calls:?}");
        assert!(calls[0].end - calls[0].start <= SHARE + CHUNK_LEN, "{calls:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_head_a_read_in_the_middle_needs_no_third_round_to_the_store() {
    for offset in [1, 17, 28, 41, 59] {
        let cold = cold().await;
        assert!(cold.read(offset).await.unwrap() > offset);
        let calls = cold.world.store.calls();
        let requests = calls.iter().filter(|call| call.key.contains("/segments/")).count();
        assert!(requests <= 2, "records of one length are found where they are looked for: {calls:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_behind_what_was_served_is_found_and_nothing_of_it_is_served() {
    let cold = cold().await;
    let key = cold.world.keys("/segments/").await[0].clone();
    let body: Vec<Bytes> = cold.world.memory.get(&key, None).await.unwrap().try_collect().await.unwrap();
    let good = body.concat();
    let mut bad = good.clone();
    let at = 4 * CHUNK_LEN as usize + 100;
    bad[at] ^= 2;
    cold.world.memory.put(&key, &vec![Bytes::from(bad)], PutMode::Replace).await.unwrap();
    let (mut offset, damaged) = (0, (4 * CHUNK_LEN as usize / BATCH) as i64);
    let error = loop {
        match cold.read(offset).await {
            Ok(next) => offset = next,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, TierReadError::Storage(_)), "{error:?}");
    assert_eq!(offset, damaged, "all before it was served");
    let behind = (5 * CHUNK_LEN as usize).div_ceil(BATCH) as i64;
    let read = cold.read(behind).await;
    assert!(read.is_ok(), "and what is behind it, too: {read:?}");
    assert!(cold.world.tier.metrics().cache.damaged > 0);
    cold.world.memory.put(&key, &vec![Bytes::from(good)], PutMode::Replace).await.unwrap();
    assert!(cold.read(damaged).await.is_ok(), "no damaged byte has stayed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flip_on_the_way_behind_what_was_served_is_asked_for_again() {
    let cold = cold().await;
    let mut flips = 0;
    cold.world.store.set_rule(move |call| {
        flips += usize::from(is_data(call));
        if is_data(call) && flips == 1 { Fault::FlipBit(3 * CHUNK_LEN as usize + 7) } else { Fault::None }
    });
    let mut offset = 0;
    while offset < 60 {
        offset = cold.read(offset).await.unwrap();
    }
    let calls = cold.data_calls();
    assert!(calls.iter().any(|range| range.start == 3 * CHUNK_LEN), "from the damaged chunk on: {calls:?}");
    assert_eq!(calls.iter().filter(|range| range.start < 3 * CHUNK_LEN).count(), 1, "what was right is not: {calls:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_memory_holds_is_answered_at_once_and_as_much_as_there_is_room_for() {
    let cold = cold().await;
    let mut offset = 0;
    while offset < 60 {
        offset = cold.read(offset).await.unwrap();
    }
    cold.world.store.set_rule(|_| Fault::Hang);
    let before = cold.world.store.calls().len();
    assert_eq!(cold.read(3).await, Ok(3 + SHARE as i64 / BATCH as i64));
    assert_eq!(cold.world.store.calls().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_more_waits_for_more_and_gets_what_is_there_at_the_deadline() {
    let cold = cold().await;
    let some = 3 * CHUNK_LEN as usize;
    cold.world.store.set_rule(move |call| if is_data(call) { Fault::StallBody(some) } else { Fault::None });
    let soon = cold.world.env.clock.now() + Duration::from_millis(500);
    let read = cold.partition.read(0, 800_000..=SHARE, i64::MAX, soon).await.unwrap();
    assert_eq!(read.next_offset, (some / BATCH) as i64, "everything that has come");
    let read = cold.partition.read(0, 200_000..=SHARE, i64::MAX, cold.in_an_hour());
    let read = timeout(HANGS, read).await.expect("enough has come").unwrap();
    assert!(read.len >= 200_000);
}
