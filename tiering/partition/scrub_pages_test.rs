//! A bad object that only sealed pages name is mended too, by new pages; whatever goes wrong on the way, no version names what is not there,
//! and nothing is left behind.

use crate::crash_matrix_world::{Checked, home, keys};
use crate::keys::object_of;
use crate::manifest::{Changes, Entry, Page, PageRef, Root, Sealed, encode_page, encode_root, next_version};
use crate::options::TierTopicConfig;
use crate::partition::TierPartition;
use crate::store::faulty::{Call, Fault};
use crate::store::{Backend, PutMode, StoreErrorKind};
use crate::testing::MemoryLog;
use crate::tier_test_world::{NEW, UNSURE, World, tiered_to, token};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const ROUND: Duration = Duration::from_secs(3600);
const GRACE: Duration = Duration::from_secs(600);
/// Segments of ten records each.
const SEGMENTS: i64 = 6;
/// Where the object begins that is spoilt.
const BAD: i64 = 20;

/// Six segments, all of them still local: two pages of two entries each beneath a page of pages, and two entries that the version names.
struct Life {
    world: World,
    store: Arc<Checked>,
    log: Arc<MemoryLog>,
    leader_epoch: i32,
    partition: TierPartition,
}

fn page_of(entries: &[Entry], level: u8, number: u128) -> PageRef {
    PageRef {
        level,
        uuid: Uuid::from_u128(number << 64),
        base: entries[0].base,
        next: entries[entries.len() - 1].next,
        entries: entries.len() as u64,
        bytes: entries.iter().map(Entry::object_len).sum(),
        max_timestamp: entries.iter().map(|entry| entry.max_timestamp).max().unwrap(),
    }
}

/// Seals what a leader would seal of a thousand times as many segments, into the next versions of the chain.
async fn seal(world: &World, mut root: Root) -> Root {
    let entries = root.entries.clone();
    let pages = [page_of(&entries[..2], 1, 1), page_of(&entries[2..4], 1, 2), page_of(&entries[..4], 2, 3)];
    let contents =
        [Page::Entries(entries[..2].to_vec()), Page::Entries(entries[2..4].to_vec()), Page::Refs(pages[..2].to_vec())];
    for (page, content) in pages.into_iter().zip(contents) {
        let body = vec![encode_page(home(), page.level, &content)];
        world.memory.put(&keys().page(home(), page.uuid), &body, PutMode::Create).await.unwrap();
        let replaces = match content {
            Page::Entries(entries) => entries.iter().map(|entry| entry.uuid).collect(),
            Page::Refs(refs) => refs.iter().map(|page| page.uuid).collect(),
        };
        // All of it was swept: nobody comes back to what is below.
        let (sealed, swept_to) = (Some(Sealed { page, replaces }), Some(root.tiered_end));
        let changes = Changes { sealed, swept_to, ..Changes::default() };
        root = next_version(&root, root.token, Uuid::from_u128(7), &changes, 0).unwrap().root;
        let key = keys().manifest(home(), root.sequence);
        world.memory.put(&key, &vec![encode_root(&root)], PutMode::Create).await.unwrap();
    }
    assert_eq!((root.pages.len(), root.entries.len()), (1, 2));
    root
}

impl Life {
    async fn begin() -> Self {
        let mut world = World::with(|options| {
            options.scrub_interval = Some(ROUND);
            options.garbage_grace = GRACE;
            options.request_timeout = Duration::from_millis(200);
        });
        let log = MemoryLog::new();
        log.keep_local(true);
        (0..SEGMENTS).for_each(|_| log.append_segment(10, 1, 100));
        let partition = world.lead(&log, token(1), NEW);
        tiered_to(&partition, SEGMENTS * 10).await;
        partition.close();
        let root = partition.shared.chain.root(partition.bounds().unwrap().sequence).await.unwrap();
        let root = seal(&world, Root::clone(&root)).await;
        let key = object_at(&world, BAD).await.swap_remove(0);
        let body: Vec<Bytes> = world.memory.get(&key, None).await.unwrap().try_collect().await.unwrap();
        let mut bytes = body.concat();
        bytes[700] ^= 8;
        world.memory.put(&key, &vec![bytes.into()], PutMode::Replace).await.unwrap();
        let store = Checked::new(Arc::clone(&world.memory), root);
        world.memory = Arc::clone(&store) as Arc<dyn Backend>;
        let world = world.restart();
        world.ready().await;
        let partition = world.open(&log, TierTopicConfig::default());
        Self { world, store, log, leader_epoch: 1, partition }
    }

    fn lead(&mut self) {
        self.leader_epoch += 1;
        self.partition.close();
        self.partition = self.world.open(&self.log, TierTopicConfig::default());
        self.partition.lead(token(self.leader_epoch), UNSURE);
    }

    async fn restart(&mut self) {
        self.partition.close();
        self.world = self.world.restart();
        self.world.ready().await;
        self.lead();
    }

    /// Lets rounds pass until it holds.
    async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        for _ in 0..6_000 {
            if holds().await {
                return;
            }
            self.world.clock.advance(Duration::from_secs(700));
            self.partition.wake();
            esker_env::sleep(Duration::from_millis(10)).await;
        }
        panic!("never: {what}: {:?}", self.world.tier.metrics());
    }

    /// A later leader finds all good, and leaves nothing behind that is not named.
    async fn ends_well(&mut self) {
        self.world.clock.advance(Duration::from_secs(4 * 3600));
        self.lead();
        let is_clean = async || self.store.leftovers().await.is_empty() && !self.store.has_garbage();
        self.until("no orphan is left", is_clean).await;
        let objects = object_at(&self.world, BAD).await;
        assert_eq!(objects.len(), 1);
        assert_ne!(object_of(&objects[0]).unwrap().token, token(1), "the good copy is another leader's");
        let (root, bytes) = (self.store.newest(), self.log.bytes());
        assert_eq!((root.pages.len(), root.entries.len()), (1, 2), "what was sealed stays so");
        assert_eq!(root.pages[0].bytes + root.entries.iter().map(Entry::object_len).sum::<u64>(), root.live_bytes);
        assert_eq!(self.world.read_all(&self.partition, 0, 1 << 20).await, bytes);
        assert_eq!(self.store.wrong(), Vec::<String>::new());
        assert!(self.log.damage().is_none() && self.log.resets().is_empty());
    }
}

async fn object_at(world: &World, base: i64) -> Vec<String> {
    world.keys(&format!("/segments/{base:020}-")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotten_object_that_only_a_sealed_page_names_is_mended_from_the_local_log() {
    let mut life = Life::begin().await;
    life.lead();
    life.until("it is mended", async || life.world.tier.metrics().scrub_healed == 1).await;
    let root = life.store.newest();
    let entry = life.partition.shared.chain.entry_at(&root, BAD).await.unwrap().unwrap();
    assert_eq!(entry.token, token(2));
    life.until("the bad one goes after its grace", async || object_at(&life.world, BAD).await.len() == 1).await;
    assert!(life.world.tier.metrics().objects_deleted >= 3, "with both pages that led to it");
    life.ends_well().await;
    assert_eq!(life.world.tier.metrics().scrub_healed, 1, "once is enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_copy_no_page_is_written_anew() {
    let mut life = Life::begin().await;
    life.log.rot(BAD);
    life.lead();
    life.until("it is found", async || life.world.tier.metrics().scrub_damaged >= 2).await;
    assert_eq!((life.world.keys("/pages/").await.len(), life.world.keys("/segments/").await.len()), (3, 6));
    assert_eq!((life.world.tier.metrics().scrub_healed, life.store.wrong()), (0, Vec::<String>::new()));
}

/// Where a run goes wrong: at the request with this operation and this part of the key, of which so many came before.
#[derive(Clone, Copy, Debug)]
struct Cell {
    operation: &'static str,
    part: &'static str,
    nth: usize,
    answer: Fault,
    dies: bool,
}

/// The steps of the mending, each with how many of its requests are met.
const STEPS: [(&str, &str, usize); 6] = [
    ("get", "/pages/", 2),
    ("put", "/segments/", 1),
    ("put", "/pages/", 2),
    ("create", "/manifest/", 3),
    ("delete", "/segments/", 1),
    ("delete", "/pages/", 2),
];

const ANSWERS: [Fault; 6] = [
    Fault::Fail(StoreErrorKind::Denied),
    Fault::Fail(StoreErrorKind::Unreachable),
    Fault::Hang,
    Fault::LoseAnswer,
    Fault::FailAfter(StoreErrorKind::AlreadyExists),
    Fault::FailAfter(StoreErrorKind::Throttled),
];

fn cells() -> Vec<Cell> {
    let requests = STEPS.iter().flat_map(|&(operation, part, count)| (0..count).map(move |nth| (operation, part, nth)));
    let met = requests.flat_map(|request| ANSWERS.map(|answer| (request, answer)));
    let of = |((operation, part, nth), answer), dies| Cell { operation, part, nth, answer, dies };
    met.flat_map(|met| [of(met, false), of(met, true)]).collect()
}

/// Whether the fault has come, and whether the broker died of it.
#[derive(Debug, Default)]
struct Fate {
    fired: bool,
    is_dead: bool,
}

fn arm(life: &Life, cell: Cell) -> Arc<Mutex<Fate>> {
    let (fate, mut left) = (Arc::new(Mutex::new(Fate::default())), cell.nth + 1);
    let shared = Arc::clone(&fate);
    life.world.store.set_rule(move |call: &Call| {
        let mut fate = shared.lock();
        if fate.is_dead {
            return Fault::Hang;
        }
        if left == 0 || call.operation != cell.operation || !call.key.contains(cell.part) {
            return Fault::None;
        }
        left -= 1;
        if left > 0 {
            return Fault::None;
        }
        *fate = Fate { fired: true, is_dead: cell.dies };
        cell.answer
    });
    fate
}

/// Whether the fault came.
async fn run(cell: Cell) -> bool {
    let mut life = Life::begin().await;
    let fate = arm(&life, cell);
    life.lead();
    let is_over = async || {
        // A copy that no page could be written for is left to a later leader's sweep.
        let is_mended = life.world.tier.metrics().scrub_healed == 1 && !life.store.has_garbage();
        fate.lock().is_dead || is_mended
    };
    life.until("it is mended, or its leader is dead", is_over).await;
    if fate.lock().is_dead {
        life.restart().await;
        let copied = async || {
            let entry = life.partition.shared.chain.entry_at(&life.store.newest(), BAD).await;
            entry.is_ok_and(|entry| entry.is_some_and(|entry| entry.token != token(1)))
        };
        life.until("the next leader mends it", copied).await;
    }
    life.ends_well().await;
    fate.lock().fired
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_the_mending_met_by_every_answer_leaves_no_dangling_reference_and_no_orphan() {
    let cells = cells();
    let count = cells.len();
    let runs = cells.into_iter().enumerate().map(|(at, cell)| async move {
        let fired = futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(run(cell))).await;
        (cell, fired.unwrap_or_else(|_| panic!("cell {at}: {cell:?}")))
    });
    let done: Vec<_> = futures::stream::iter(runs).buffer_unordered(4).collect().await;
    let missed: Vec<_> = done.iter().filter(|(_, fired)| !fired).map(|(cell, _)| cell).collect();
    println!("{count} runs; not reached: {missed:?}");
    assert!(missed.len() * 10 <= count, "a run in which no fault fired proves nothing: {missed:?}");
}
