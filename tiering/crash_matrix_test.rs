//! Every step of a partition's life in the tier, met by every answer that a store or a disk can give, survived or not.
//!
//! The life: take over a chain that is two segments short of sealing, upload three, seal a page, delete locally, raise log start into the
//! page and beyond it, collect what fell out, sweep. In each run one step goes wrong once; the broker lives on, or dies and is followed by
//! another on the same disk. Judged while it happens (see [`Checked`]): no version names what is not there, nothing named is deleted, nothing
//! local goes that is not tiered. Judged at the end: all is tiered and read back, and after the grace no orphan is left.

use crate::crash_matrix_world::{Checked, FailingLog, Fate, LocalStep, home, keys};
use crate::local_log::{LocalLog, TieredEndState};
use crate::manifest::ENTRIES_MAX;
use crate::manifest::test_roots::{entry, epochs, history};
use crate::partition::TierPartition;
use crate::store::faulty::{Call, Fault};
use crate::store::{Backend, PutMode, StoreErrorKind};
use crate::testing::MemoryLog;
use crate::tier_test_world::{UNSURE, World, id, token};
use bytes::Bytes;
use futures::StreamExt;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const GRACE: Duration = Duration::from_secs(600);
/// Segments that are tiered at the beginning, and that the life adds.
const OLD: i64 = ENTRIES_MAX as i64 - 2;
const NEW_SEGMENTS: i64 = 3;
const END: i64 = OLD + NEW_SEGMENTS;
/// Into the first page, and beyond it.
const STARTS: [i64; 2] = [5, 1100];

/// Where a run goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// At the request with this operation and this part of the key.
    Store(&'static str, &'static str),
    Local(LocalStep),
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    step: Step,
    nth: usize,
    answer: Fault,
    dies: bool,
}

/// The store's steps, each with how many of its requests are met.
const STORE_STEPS: [(&str, &str, usize); 11] = [
    ("list", "/manifest/", 1),
    ("get", "/manifest/", 1),
    ("create", "/manifest/", 6),
    ("put", "/segments/", 3),
    ("put", "/pages/", 1),
    ("get", "/pages/", 2),
    ("delete", "/segments/", 1),
    ("delete", "/segments/", 6),
    ("delete", "/pages/", 1),
    ("list", "/segments/", 1),
    ("list", "/pages/", 1),
];

/// What a store can answer: an error, nothing, an error or nothing although it did as asked, 409, 412 to one's own earlier try, 503.
const ANSWERS: [Fault; 8] = [
    Fault::Fail(StoreErrorKind::Denied),
    Fault::Fail(StoreErrorKind::Unreachable),
    Fault::Hang,
    Fault::LoseAnswer,
    Fault::Fail(StoreErrorKind::AlreadyExists),
    Fault::FailAfter(StoreErrorKind::AlreadyExists),
    Fault::Fail(StoreErrorKind::Throttled),
    Fault::FailAfter(StoreErrorKind::Throttled),
];

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (operation, part, count) in STORE_STEPS {
        // Of the deletions the last one alone: each key is met by itself.
        let first = if operation == "delete" { count - 1 } else { 0 };
        for (nth, answer) in (first..count).flat_map(|nth| ANSWERS.map(|answer| (nth, answer))) {
            cells.extend([false, true].map(|dies| Cell { step: Step::Store(operation, part), nth, answer, dies }));
        }
    }
    let local = [(LocalStep::Next, 3), (LocalStep::Sync, 2), (LocalStep::Read, 2), (LocalStep::Confirmed, 3)];
    for (step, nth) in local.into_iter().flat_map(|(step, count)| (0..count).map(move |nth| (step, nth))) {
        // Before and after the step has had its effect.
        for answer in [Fault::Hang, Fault::LoseAnswer] {
            cells.extend([false, true].map(|dies| Cell { step: Step::Local(step), nth, answer, dies }));
        }
    }
    cells
}

struct Life {
    world: World,
    store: Arc<Checked>,
    log: FailingLog,
    fate: Arc<Fate>,
    leader_epoch: i32,
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..12_000 {
        if holds().await {
            return;
        }
        esker_env::sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {what}");
}

impl Life {
    /// Lets one grace after the other pass until it holds: garbage is counted from when the leader saw it, which may be after a grace began.
    async fn until_ripe(&self, partition: &TierPartition, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let mut looks = 0;
        until(what, async || {
            if looks % 200 == 0 {
                self.world.clock.advance(GRACE + Duration::from_secs(1));
                partition.wake();
            }
            looks += 1;
            holds().await
        })
        .await;
    }

    async fn begin() -> Self {
        let mut world = World::with(|options| {
            options.garbage_grace = GRACE;
            options.request_timeout = Duration::from_millis(200);
        });
        let history = history(home(), OLD, |base| entry(base, base + 1));
        history.put(&*world.memory, &keys()).await;
        let body = vec![Bytes::from_static(&[0; 1200])];
        for entry in &history.root.entries {
            world.memory.put(&keys().segment(home(), &entry.id()), &body, PutMode::Create).await.unwrap();
        }
        let store = Checked::new(Arc::clone(&world.memory), history.root);
        world.memory = Arc::clone(&store) as Arc<dyn Backend>;
        let fate = Arc::new(Fate::default());
        let log = MemoryLog::new();
        let start = TieredEndState { tiered_end: OLD, epochs: epochs(&[(1, 0)]), ..TieredEndState::default() };
        log.reset_to(1, start).unwrap();
        let log = FailingLog::new(log, Arc::clone(&store), Arc::clone(&fate));
        let world = world.restart();
        world.ready().await;
        Self { world, store, log, fate, leader_epoch: 1 }
    }

    fn arm(&self, cell: Cell) {
        let Step::Store(operation, part) = cell.step else {
            let Step::Local(step) = cell.step else { return };
            self.log.fail(step, cell.nth, cell.answer == Fault::LoseAnswer, cell.dies);
            let fate = Arc::clone(&self.fate);
            return self.world.store.set_rule(move |_| if fate.is_dead() { Fault::Hang } else { Fault::None });
        };
        let (fate, mut left) = (Arc::clone(&self.fate), cell.nth + 1);
        self.world.store.set_rule(move |call: &Call| {
            if fate.is_dead() {
                return Fault::Hang;
            }
            if left == 0 || call.operation != operation || !call.key.contains(part) {
                return Fault::None;
            }
            left -= 1;
            if left > 0 {
                return Fault::None;
            }
            fate.fire(cell.dies);
            cell.answer
        });
    }

    fn lead(&mut self) -> TierPartition {
        self.leader_epoch += 1;
        let local = Arc::new(self.log.clone()) as Arc<dyn LocalLog>;
        let partition = self.world.tier.open_partition(id(), local, Default::default());
        partition.lead(token(self.leader_epoch), UNSURE);
        partition
    }

    /// Lives the life from wherever it is to its end.
    async fn live(&self, partition: &TierPartition) {
        while self.log.bounds().log_end < END {
            self.log.inner.append_segment(1, 1, 100);
        }
        partition.wake();
        until("all is tiered", async || self.store.newest().tiered_end >= END).await;
        for start in STARTS {
            partition.raise_log_start(start).await.unwrap();
            self.until_ripe(partition, "garbage is collected", async || !self.store.has_garbage()).await;
        }
        until("what is tiered goes locally", async || self.log.bounds().local_log_start == END).await;
    }

    /// A later leader leaves nothing behind that is not named.
    async fn sweep(&mut self) {
        self.world.clock.advance(Duration::from_secs(4 * 3600));
        let partition = self.lead();
        until("the last fence", async || self.store.newest().token == token(self.leader_epoch)).await;
        until("the last leader leads", async || partition.bounds().is_some()).await;
        let is_clean = async || self.store.leftovers().await.is_empty() && !self.store.has_garbage();
        self.until_ripe(&partition, "no orphan is left", is_clean).await;
        let read = self.world.read_all(&partition, OLD, 1 << 20).await;
        assert_eq!(read.len(), NEW_SEGMENTS as usize * 161);
    }
}

/// Whether the fault came.
async fn run(cell: Cell) -> bool {
    let mut life = Life::begin().await;
    life.arm(cell);
    let first = life.lead();
    let died = Arc::clone(&life.fate);
    let lived = tokio::select! {
        () = life.live(&first) => true,
        () = died.died.notified() => false,
    };
    first.close();
    if !lived {
        life.world = life.world.restart();
        life.world.ready().await;
        life.fate = Arc::new(Fate::default());
        life.log = FailingLog::new(Arc::clone(&life.log.inner), Arc::clone(&life.store), Arc::clone(&life.fate));
        let second = life.lead();
        life.live(&second).await;
        second.close();
    }
    life.sweep().await;
    let root = life.store.newest();
    assert_eq!((root.tiered_end, root.log_start), (END, STARTS[1]));
    assert_eq!(life.store.wrong(), Vec::<String>::new());
    died.has_fired()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_met_by_every_answer_leaves_no_dangling_reference_and_no_orphan() {
    let is_full = std::env::var("ESKER_CRASH_MATRIX").is_ok_and(|text| text == "full");
    // One in seven, so that in turn every step and every answer comes up.
    let cells: Vec<_> = cells().into_iter().enumerate().filter(|(at, _)| is_full || at % 7 == 3).collect();
    let count = cells.len();
    let runs = cells.into_iter().map(|(at, cell)| async move {
        let fired = futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(run(cell))).await;
        (cell, fired.unwrap_or_else(|_| panic!("cell {at}: {cell:?}")))
    });
    let done: Vec<_> = futures::stream::iter(runs).buffer_unordered(4).collect().await;
    let mut fired: BTreeMap<String, u32> = BTreeMap::new();
    for (cell, _) in done.iter().filter(|(_, fired)| *fired) {
        *fired.entry(format!("{:?}", cell.step)).or_default() += 1;
    }
    let missed: Vec<_> = done.iter().filter(|(_, fired)| !fired).map(|(cell, _)| cell).collect();
    println!("{count} runs: {fired:?}; not reached: {missed:?}");
    assert!(missed.len() * 10 <= count, "a run in which no fault fired proves nothing: {missed:?}");
    assert!(!is_full || fired.len() == 14, "{fired:?}");
}
