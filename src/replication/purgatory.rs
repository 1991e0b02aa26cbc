//! Waiting: for an offset of a partition, or for a deadline. Nothing here polls.
//!
//! Each partition has one [`WaitLists`]: for each kind of offset the waits in the order of what they wait for. Whoever moves the offset
//! publishes it first and then tells the list, which wakes exactly those that it has passed. Whoever waits enters the list first
//! and then looks at the offset once more. So one of the two always sees the other, and no wake-up is lost.

use esker_model::Offset;
use futures::task::AtomicWaker;
use parking_lot::Mutex;
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

/// Which offset is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// What is replicated: consumers, and producers with acks=all.
    HighWatermark = 0,
    /// What is decided: read-committed consumers.
    LastStable = 1,
    /// What is appended: followers.
    LogEnd = 2,
    /// What this replica vouches for: producers with acks=1 where that means a sync.
    OwnEnd = 3,
}

const EDGES: usize = 4;

/// Which operation waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiter {
    /// Records that are to be replicated or synced: producers, and the coordinators' own appends.
    Produce = 0,
    /// Readers that want more than there is.
    Fetch = 1,
}

impl Waiter {
    /// Both.
    pub const ALL: [Waiter; 2] = [Waiter::Produce, Waiter::Fetch];

    /// Kafka's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Waiter::Produce => "Produce",
            Waiter::Fetch => "Fetch",
        }
    }
}

/// The numbers that waits were given by whoever set them up.
pub type Fired = SmallVec<[u32; 4]>;

/// Told when one of several waits is over.
#[derive(Debug, Default)]
struct Signal {
    fired: Mutex<Fired>,
    waker: AtomicWaker,
}

impl Signal {
    fn fire(&self, number: u32) {
        self.fired.lock().push(number);
        self.waker.wake();
    }
}

#[derive(Debug)]
struct Wait {
    signal: Arc<Signal>,
    number: u32,
}

/// The waits of one partition.
#[derive(Debug, Default)]
pub struct WaitLists(Mutex<Lists>);

#[derive(Debug, Default)]
struct Lists {
    /// By the offset that is waited for, then by arrival.
    by_edge: [BTreeMap<(Offset, u64), Wait>; EDGES],
    arrivals: u64,
}

impl WaitLists {
    /// The offset has been moved to `to`, and readers can see it there: wakes whoever waits for that much.
    pub fn moved(&self, edge: Edge, to: Offset) {
        let mut woken: SmallVec<[Wait; 4]> = SmallVec::new();
        {
            let mut lists = self.0.lock();
            let list = &mut lists.by_edge[edge as usize];
            while let Some(first) = list.first_entry()
                && first.key().0 <= to
            {
                woken.push(first.remove());
            }
        }
        // Waking may run code of the runtime: not under the lock.
        woken.iter().for_each(|wait| wait.signal.fire(wait.number));
    }

    /// The partition has another leader, another state or is gone: wakes all, so that each looks for itself.
    pub fn wake_all(&self) {
        let by_edge = std::mem::take(&mut self.0.lock().by_edge);
        by_edge.iter().flat_map(BTreeMap::values).for_each(|wait| wait.signal.fire(wait.number));
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.0.lock().by_edge.iter().map(BTreeMap::len).sum()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn enter(&self, edge: Edge, offset: Offset, wait: Wait) -> (Offset, u64) {
        let mut lists = self.0.lock();
        lists.arrivals += 1;
        let key = (offset, lists.arrivals);
        lists.by_edge[edge as usize].insert(key, wait);
        key
    }

    /// Takes a wait out; `None` where it was woken already.
    fn leave(&self, edge: Edge, key: (Offset, u64)) -> Option<Wait> {
        self.0.lock().by_edge[edge as usize].remove(&key)
    }
}

/// The bound on all waits of a process, and what is counted of them.
#[derive(Debug)]
pub struct Purgatory {
    max: usize,
    held: AtomicUsize,
    held_by: [AtomicUsize; Waiter::ALL.len()],
    /// How often was a wait ended by its offset?
    pub woken: AtomicU64,
    /// How often by its deadline?
    pub expired: AtomicU64,
    /// How often was there no room, so that only the deadline was waited for?
    pub crowded: AtomicU64,
}

impl Purgatory {
    /// Room for `max` waits, each of one partition.
    pub fn new(max: usize) -> Arc<Self> {
        let counter = AtomicU64::default;
        let held = AtomicUsize::new(0);
        Arc::new(Self {
            max,
            held,
            held_by: Default::default(),
            woken: counter(),
            expired: counter(),
            crowded: counter(),
        })
    }

    /// Waits that are set up now.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Those of one operation.
    pub fn held_by(&self, waiter: Waiter) -> usize {
        self.held_by[waiter as usize].load(Ordering::Relaxed)
    }

    fn take_place(&self, waiter: Waiter) -> bool {
        let taken = self.held.fetch_add(1, Ordering::Relaxed) < self.max;
        if !taken {
            self.held.fetch_sub(1, Ordering::Relaxed);
            self.crowded.fetch_add(1, Ordering::Relaxed);
        } else {
            self.held_by[waiter as usize].fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    fn give_back(&self, waiter: Waiter, places: usize) {
        self.held.fetch_sub(places, Ordering::Relaxed);
        self.held_by[waiter as usize].fetch_sub(places, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct Held {
    lists: Arc<WaitLists>,
    edge: Edge,
    key: (Offset, u64),
}

/// Waits of one request, in one or many partitions. Dropping it ends them.
#[derive(Debug)]
pub struct WaitSet {
    purgatory: Arc<Purgatory>,
    waiter: Waiter,
    signal: Arc<Signal>,
    held: SmallVec<[Held; 1]>,
}

impl WaitSet {
    /// A set without waits.
    pub fn new(purgatory: &Arc<Purgatory>, waiter: Waiter) -> Self {
        Self { purgatory: Arc::clone(purgatory), waiter, signal: Arc::default(), held: SmallVec::new() }
    }

    /// Waits until `edge` of a partition is at `offset` or further, under the number `number`. `over` is asked once the wait is set up:
    /// true where there is nothing to wait for any more.
    ///
    /// Where the process holds as many waits as it may, this one is not set up, and the request waits for its deadline alone.
    pub fn add(
        &mut self,
        lists: &Arc<WaitLists>,
        edge: Edge,
        offset: Offset,
        number: u32,
        over: impl FnOnce() -> bool,
    ) {
        if !self.purgatory.take_place(self.waiter) {
            if over() {
                self.signal.fire(number);
            }
            return;
        }
        let key = lists.enter(edge, offset, Wait { signal: Arc::clone(&self.signal), number });
        self.held.push(Held { lists: Arc::clone(lists), edge, key });
        if over() && lists.leave(edge, key).is_some() {
            self.signal.fire(number);
        }
    }

    /// Waits until at least one wait is over, and gives the numbers of those that are; `None` where `limit` has passed before.
    pub async fn fired(&mut self, limit: Duration) -> Option<Fired> {
        let signal = &self.signal;
        let take = poll_fn(|context| {
            signal.waker.register(context.waker());
            let fired = std::mem::take(&mut *signal.fired.lock());
            if fired.is_empty() { Poll::Pending } else { Poll::Ready(fired) }
        });
        let fired = esker_env::timeout(limit, take).await;
        let counter = if fired.is_some() { &self.purgatory.woken } else { &self.purgatory.expired };
        counter.fetch_add(1, Ordering::Relaxed);
        fired
    }

    /// Ends all waits of the set.
    pub fn clear(&mut self) {
        self.purgatory.give_back(self.waiter, self.held.len());
        for held in self.held.drain(..) {
            held.lists.leave(held.edge, held.key);
        }
    }
}

impl Drop for WaitSet {
    fn drop(&mut self) {
        self.clear();
    }
}
