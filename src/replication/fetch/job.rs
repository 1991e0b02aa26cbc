//! A fetch under way: looks, waits, looks again.

use super::slot::{Share, Slot, Stage, left};
use super::{FetchAnswer, FetchRequest, FetchedRecords, Fetching};
use crate::fault::{Absent, FetchFault};
use crate::partition::{Cold, Look, Partition};
use crate::purgatory::{Purgatory, WaitSet, Waiter};
use esker_env::{Env, Instant, Pool};
use esker_log::Access;
use futures::future::{join, join_all};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// A cold read is given so long even where the request would not wait at all: else what lies in the tier could not be read by it.
const COLD_WAIT_MIN: Duration = Duration::from_millis(100);

/// What fetches work with.
#[derive(Clone, Debug)]
pub(crate) struct Means {
    pub(crate) env: Env,
    pub(crate) purgatory: Arc<Purgatory>,
    pub(crate) disk_pool: Pool,
    /// Where cold reads run.
    pub(crate) cold: Handle,
    /// `remote.fetch.max.wait.ms`.
    pub(crate) cold_wait_max: Duration,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Job {
    means: Means,
    max_wait: Duration,
    min_bytes: usize,
    max_bytes: usize,
    slots: Vec<Slot>,
    /// A partition changed in a way that is looked at by the next fetch.
    cut_short: bool,
}

impl Job {
    /// Looks at all partitions and answers, if there is enough.
    pub(crate) fn start(
        means: impl FnOnce() -> Means,
        request: FetchRequest,
        find: impl Fn(&super::FetchPartition) -> Result<Arc<Partition>, Absent>,
    ) -> Fetching {
        let mut slots: Vec<Slot> = Vec::with_capacity(request.partitions.len());
        let (mut bytes, mut taken) = (request.max_bytes, false);
        for wanted in &request.partitions {
            let slot = Slot::new(&request, *wanted, find(wanted), Share { bytes, is_whole: !taken });
            bytes = bytes.saturating_sub(slot.taken());
            taken |= slot.taken() > 0;
            slots.push(slot);
        }
        let has_enough = has_enough(&slots, request.min_bytes) || request.max_wait.is_zero();
        let is_pending = slots.iter().any(Slot::is_pending);
        if has_enough && !is_pending {
            return Fetching::Now(slots.into_iter().map(Slot::into_answer).collect());
        }
        let FetchRequest { max_wait, min_bytes, max_bytes, .. } = request;
        let job = Self { means: means(), max_wait, min_bytes, max_bytes, slots, cut_short: false };
        Fetching::Later(Box::pin(job.finish()))
    }

    async fn finish(mut self) -> Vec<FetchAnswer> {
        let deadline = self.means.env.clock.now() + self.max_wait;
        let is_cold = self.slots.iter().any(|slot| matches!(slot.stage, Stage::Cold(_)));
        self.resolve().await;
        self.give_one_batch();
        if !is_cold && !has_enough(&self.slots, self.min_bytes) {
            self.wait(deadline).await;
        }
        self.slots.into_iter().map(Slot::into_answer).collect()
    }

    /// Waits for the disk and the tier, for all partitions at once.
    async fn resolve(&mut self) {
        let cold_wait = self.means.cold_wait_max.min(self.max_wait.max(COLD_WAIT_MIN));
        let deadline = self.means.env.clock.now() + cold_wait;
        let (mut disk, mut cold) = (Vec::new(), Vec::new());
        for (at, slot) in self.slots.iter_mut().enumerate() {
            match std::mem::replace(&mut slot.stage, Stage::Fault(FetchFault::Gone)) {
                Stage::Disk(_) => disk.push(at),
                Stage::Cold(wanted) => cold.push((at, wanted)),
                settled => slot.stage = settled,
            }
        }
        let from_disk = join_all(disk.into_iter().map(|at| self.look_on_disk(at)));
        let from_tier = read_cold(&self.means.cold, cold, deadline);
        let (from_disk, from_tier) = join(from_disk, from_tier).await;
        for (at, stage) in from_disk.into_iter().chain(from_tier) {
            self.slots[at].stage = stage;
        }
        self.keep_within_budget();
    }

    /// Looks at a partition once more, from the disk where need be.
    fn look_on_disk(&self, at: usize) -> impl Future<Output = (usize, Stage)> + use<> {
        let (slot, pool) = (&self.slots[at], self.means.disk_pool.clone());
        let (partition, ask) = (slot.partition.clone(), slot.ask);
        async move {
            let Some(partition) = partition else { return (at, Stage::Fault(FetchFault::Gone)) };
            let looked = pool.run(move || partition.look(&ask, Access::MayBlock)).await;
            let stage = match looked {
                // Retention was faster: the next fetch finds the records in the tier.
                Ok(Ok(Look::Cold(cold))) => Stage::Seen(cold.nothing()),
                Ok(look) => Stage::of(look),
                Err(error) => Stage::Fault(FetchFault::Storage(error.to_string())),
            };
            (at, stage)
        }
    }

    /// Of reads that did not know of one another, leaves out what would exceed the budget.
    fn keep_within_budget(&mut self) {
        let (mut bytes, mut taken) = (self.max_bytes, false);
        for slot in &mut self.slots {
            let Stage::Seen(seen) = &mut slot.stage else { continue };
            let len = seen.fetched.records.len();
            if len > bytes.min(slot.wanted.max_bytes) && taken {
                seen.fetched.records = FetchedRecords::Empty;
                seen.fetched.aborted.clear();
                continue;
            }
            bytes = bytes.saturating_sub(len);
            taken |= len > 0;
        }
    }

    /// Where nothing was found by those who might have had the one batch of any size, the next in line has it.
    fn give_one_batch(&mut self) {
        if self.slots.iter().any(|slot| slot.len() > 0) {
            return;
        }
        let next = self.slots.iter().position(|slot| slot.has_more() && !slot.ask.at_least_one);
        if let Some(at) = next {
            let mut share = left(&self.slots, self.max_bytes, Some(at));
            share.is_whole = true;
            self.slots[at].look(share);
            self.settle(at);
        }
    }

    /// Turns a look that would have to wait into an answer for now.
    fn settle(&mut self, at: usize) {
        let slot = &mut self.slots[at];
        slot.stage = match std::mem::replace(&mut slot.stage, Stage::Fault(FetchFault::Gone)) {
            Stage::Cold(cold) => Stage::Seen(cold.nothing()),
            Stage::Disk(seen) => Stage::Seen(seen),
            settled => settled,
        };
    }

    /// Waits until there is enough or the deadline has passed.
    async fn wait(&mut self, deadline: Instant) {
        let mut set = WaitSet::new(&Arc::clone(&self.means.purgatory), Waiter::Fetch);
        (0..self.slots.len()).for_each(|at| self.arm(&mut set, at));
        while !self.cut_short && !has_enough(&self.slots, self.min_bytes) {
            let limit = deadline.since(self.means.env.clock.now());
            let Some(fired) = set.fired(limit).await else { return };
            for at in fired {
                self.look_again(at as usize).await;
                self.arm(&mut set, at as usize);
            }
        }
    }

    async fn look_again(&mut self, at: usize) {
        let share = left(&self.slots, self.max_bytes, Some(at));
        self.slots[at].look(share);
        match &self.slots[at].stage {
            Stage::Disk(_) => {
                let (at, stage) = self.look_on_disk(at).await;
                self.slots[at].stage = stage;
            }
            // What was local when the wait began is in the tier now: the client comes back for it.
            Stage::Cold(_) => self.cut_short = true,
            Stage::Seen(_) | Stage::Fault(_) => {}
        }
        self.settle(at);
    }

    /// Waits for more of a partition.
    fn arm(&self, set: &mut WaitSet, at: usize) {
        let slot = &self.slots[at];
        let (Some(partition), Stage::Seen(seen)) = (&slot.partition, &slot.stage) else { return };
        let (edge, past) = (slot.ask.edge(), seen.upper.max(slot.ask.offset));
        let over = || partition.version() != slot.version || partition.edge(edge) > past;
        set.add(partition.waits(), edge, past.saturating_add(1), at as u32, over);
    }
}

/// Whether the client is to be answered without further waiting.
fn has_enough(slots: &[Slot], min_bytes: usize) -> bool {
    let bytes = slots.iter().fold(0usize, |sum, slot| sum.saturating_add(slot.len()));
    slots.is_empty() || bytes >= min_bytes || slots.iter().any(Slot::is_urgent)
}

/// Reads from the tier, on the runtime that is kept for that, all at the same time.
async fn read_cold(runtime: &Handle, cold: Vec<(usize, Cold)>, deadline: Instant) -> Vec<(usize, Stage)> {
    if cold.is_empty() {
        return Vec::new();
    }
    let places: Vec<usize> = cold.iter().map(|(at, _)| *at).collect();
    let read = |(at, cold): (usize, Cold)| async move {
        let seen = cold.read(deadline).await;
        (at, seen.map_or_else(Stage::Fault, Stage::Seen))
    };
    let lost = |at| (at, Stage::Fault(FetchFault::Storage("the cold read was lost".into())));
    let reads = runtime.spawn(join_all(cold.into_iter().map(read)));
    reads.await.unwrap_or_else(|_| places.into_iter().map(lost).collect())
}
