//! The shards of one coordinator: which are served follows from which partitions this broker leads.

use crate::runtime::load::{LoadError, load};
use crate::runtime::{Machine, Serving};
use crate::{StateLog, StateLogError};
use esker_env::{Env, Instant};
use esker_model::{LeaderEpoch, Offset};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};

/// Wait between two attempts to load a shard whose log could not be read.
const RELOAD_DELAY: Duration = Duration::from_secs(1);

/// What shards are made with.
pub struct ShardsOptions<M> {
    /// What the coordinator is called in log lines.
    pub name: &'static str,
    /// The clock.
    pub env: Env,
    /// The coordinator's topic.
    pub log: Arc<dyn StateLog>,
    /// How many shards are loaded at once; more wait.
    pub loads_max: usize,
    /// Makes the machine of a partition, as it is before its log was read.
    pub machine: Box<dyn Fn(i32) -> M + Send + Sync>,
}

/// Why a shard does not take a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// It belongs to another broker, or its log cannot be read.
    #[error("this broker does not coordinate that")]
    NotCoordinator,
    /// Its log is being read.
    #[error("the log is being loaded")]
    Loading,
}

/// The shards of one coordinator on this broker.
pub struct Shards<M: Machine> {
    options: ShardsOptions<M>,
    shards: Mutex<BTreeMap<i32, Arc<Shard<M>>>>,
    loads: Semaphore,
    /// Whether nothing is to be taken up any more.
    closed: AtomicBool,
}

/// One shard in one epoch of leadership.
struct Shard<M> {
    epoch: LeaderEpoch,
    phase: Mutex<Phase<M>>,
    /// Rung when the next deadline may have moved, and when the shard is given up.
    moved: Notify,
}

enum Phase<M> {
    Loading,
    Serving(Box<Serving<M>>),
    /// Its log cannot be understood; another epoch tries again.
    Failed,
    /// Given up; whoever still holds the shard must not use it.
    Closed,
}

impl<M: Machine> fmt::Debug for Shards<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shards").field("name", &self.options.name).field("held", &self.shards.lock().len()).finish()
    }
}

impl<M: Machine> Shards<M> {
    /// No shards yet: [`Shards::align`] starts them.
    pub fn new(options: ShardsOptions<M>) -> Arc<Self> {
        let loads = Semaphore::new(options.loads_max.max(1));
        Arc::new(Self { options, shards: Mutex::default(), closed: AtomicBool::new(false), loads })
    }

    /// The coordinator's topic.
    pub fn log(&self) -> &Arc<dyn StateLog> {
        &self.options.log
    }

    /// Starts to load the partitions that this broker leads and gives up those that it does not lead any more, or leads in
    /// a newer epoch. To be called on a runtime whenever leadership may have moved; calling it once too often does nothing.
    pub fn align(self: &Arc<Self>) {
        let count = self.options.log.partition_count().unwrap_or(0);
        let mut shards = self.shards.lock();
        if self.closed.load(Ordering::Acquire) {
            return;
        }
        shards.retain(|partition, shard| {
            let keep = *partition < count && self.options.log.leadership(*partition) == Some(shard.epoch);
            if !keep {
                shard.close();
            }
            keep
        });
        for partition in 0..count {
            let Some(epoch) = self.options.log.leadership(partition) else { continue };
            shards.entry(partition).or_insert_with(|| {
                let shard = Arc::new(Shard { epoch, phase: Mutex::new(Phase::Loading), moved: Notify::new() });
                esker_env::spawn(Arc::clone(self).bring_up(partition, Arc::clone(&shard)));
                shard
            });
        }
    }

    /// Gives up all shards for good, for the broker's stop. Whoever waits for one is told.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.give_up_all();
    }

    /// Gives up all shards. Those that this broker leads are loaded again by the next [`Shards::align`].
    pub fn give_up_all(&self) {
        let shards = std::mem::take(&mut *self.shards.lock());
        shards.values().for_each(|shard| shard.close());
    }

    /// Has one call make use of a shard. Calls of one shard come one after another; `call` must not wait.
    pub fn with<R>(
        self: &Arc<Self>,
        partition: i32,
        call: impl FnOnce(&mut Serving<M>) -> R,
    ) -> Result<R, Unavailable> {
        let shard = self.shards.lock().get(&partition).cloned().ok_or(Unavailable::NotCoordinator)?;
        let (result, lost) = {
            let mut phase = shard.phase.lock();
            let serving = match &mut *phase {
                Phase::Serving(serving) => serving,
                Phase::Loading => return Err(Unavailable::Loading),
                Phase::Failed | Phase::Closed => return Err(Unavailable::NotCoordinator),
            };
            let before = serving.machine.next_deadline();
            let result = call(serving);
            if serving.machine.next_deadline() != before {
                shard.moved.notify_one();
            }
            (result, serving.is_lost())
        };
        if lost {
            self.give_up(partition, &shard);
        }
        Ok(result)
    }

    /// Partitions that are served now, ascending.
    pub fn served(&self) -> Vec<i32> {
        let shards = self.shards.lock();
        let served = |shard: &Shard<M>| matches!(*shard.phase.lock(), Phase::Serving(_));
        shards.iter().filter(|(_, shard)| served(shard)).map(|(partition, _)| *partition).collect()
    }

    /// Partitions whose log is being read, ascending.
    pub fn loading(&self) -> Vec<i32> {
        let shards = self.shards.lock();
        let loading = |shard: &Shard<M>| matches!(*shard.phase.lock(), Phase::Loading);
        shards.iter().filter(|(_, shard)| loading(shard)).map(|(partition, _)| *partition).collect()
    }

    /// Waits until what was appended up to `end` survives a change of leader.
    pub async fn committed(
        &self,
        partition: i32,
        epoch: LeaderEpoch,
        end: Offset,
        limit: Duration,
    ) -> Result<(), StateLogError> {
        self.options.log.committed(partition, epoch, end, limit).await
    }

    /// After a failure that left the log in doubt: closes the shard and loads it anew where this broker still leads.
    fn give_up(self: &Arc<Self>, partition: i32, shard: &Arc<Shard<M>>) {
        shard.close();
        self.forget(partition, shard);
        self.align();
    }

    fn forget(&self, partition: i32, shard: &Arc<Shard<M>>) {
        let mut shards = self.shards.lock();
        if shards.get(&partition).is_some_and(|held| Arc::ptr_eq(held, shard)) {
            shards.remove(&partition);
        }
    }

    /// A shard's whole life: loading, then its deadlines until it is closed.
    async fn bring_up(self: Arc<Self>, partition: i32, shard: Arc<Shard<M>>) {
        while !shard.is_closed() {
            match self.load_once(partition, &shard).await {
                Ok(()) => return self.keep_time(partition, &shard).await,
                Err(LoadError::Superseded | LoadError::Log(StateLogError::NotLeader)) => break,
                Err(error @ LoadError::Batch { .. }) => {
                    tracing::error!(name = self.options.name, partition, %error, "shard cannot be loaded");
                    shard.fail();
                    return;
                }
                Err(error) => {
                    tracing::warn!(name = self.options.name, partition, %error, "shard not loaded, trying again");
                    esker_env::sleep(RELOAD_DELAY).await;
                }
            }
        }
        shard.close();
        self.forget(partition, &shard);
        // Leadership may have come back in a newer epoch while this one was held.
        if self.options.log.leadership(partition).is_some_and(|epoch| epoch > shard.epoch) {
            self.align();
        }
    }

    async fn load_once(&self, partition: i32, shard: &Shard<M>) -> Result<(), LoadError> {
        // Waiting for a turn has no deadline of its own: those before have one for each read.
        let _turn = self.loads.acquire().await;
        let began = self.now();
        let mut machine = (self.options.machine)(partition);
        let end = load(&*self.options.log, partition, shard.epoch, &mut machine).await?;
        let log = Arc::clone(&self.options.log);
        let mut serving = Box::new(Serving::new(machine, log, partition, shard.epoch, end));
        let now = self.now();
        let mut phase = shard.phase.lock();
        if !matches!(*phase, Phase::Loading) {
            return Err(LoadError::Superseded);
        }
        M::loaded(&mut serving, now);
        *phase = Phase::Serving(serving);
        let (name, epoch, took) = (self.options.name, shard.epoch, now.since(began));
        tracing::debug!(name, partition, epoch, end, ?took, "shard loaded");
        Ok(())
    }

    /// Calls the machine at its deadlines until the shard is closed.
    async fn keep_time(self: &Arc<Self>, partition: i32, shard: &Arc<Shard<M>>) {
        loop {
            let now = self.now();
            let next = match &*shard.phase.lock() {
                Phase::Serving(serving) => serving.machine.next_deadline(),
                _ => return,
            };
            match next {
                Some(at) if at <= now => self.on_deadline(partition, shard, now),
                Some(at) => {
                    esker_env::timeout(at.since(now), shard.moved.notified()).await;
                }
                None => shard.moved.notified().await,
            }
        }
    }

    fn on_deadline(self: &Arc<Self>, partition: i32, shard: &Arc<Shard<M>>, now: Instant) {
        let lost = match &mut *shard.phase.lock() {
            Phase::Serving(serving) => {
                M::on_deadline(serving, now);
                serving.is_lost()
            }
            _ => return,
        };
        if lost {
            self.give_up(partition, shard);
        }
    }

    fn now(&self) -> Instant {
        self.options.env.clock.now()
    }
}

impl<M> Shard<M> {
    /// Drops the machine, and with it the answers that somebody waits for.
    fn close(&self) {
        *self.phase.lock() = Phase::Closed;
        self.moved.notify_one();
    }

    fn fail(&self) {
        let mut phase = self.phase.lock();
        if matches!(*phase, Phase::Loading) {
            *phase = Phase::Failed;
        }
    }

    fn is_closed(&self) -> bool {
        matches!(*self.phase.lock(), Phase::Closed)
    }
}
