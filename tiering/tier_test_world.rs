//! A tier in a test: a store that can fail, partitions over logs in memory, everything at speed.

use crate::local_log::LocalLog;
use crate::options::{TierOptions, TierTopicConfig};
use crate::partition::{Readiness, Standing, TierPartition};
use crate::process::TierState;
use crate::read::TierRead;
use crate::store::faulty::{Call, FaultyBackend};
use crate::store::{Backend, MemoryBackend};
use crate::test_clock::{ManualClock, manual_env};
use crate::testing::MemoryLog;
use crate::tier::Tier;
use crate::token::WriterToken;
use bytes::Bytes;
use esker_env::{Disk, Env, Pool};
use esker_model::{Offset, TopicId, TopicIdPartition};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use uuid::Uuid;

pub(crate) struct World {
    pub(crate) memory: Arc<dyn Backend>,
    pub(crate) store: Arc<FaultyBackend>,
    pub(crate) tier: Tier,
    pub(crate) env: Env,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) dir: Arc<tempfile::TempDir>,
    options: TierOptions,
}

pub(crate) fn token(leader_epoch: i32) -> WriterToken {
    WriterToken { generation: 1, leader_epoch, broker_epoch: 1 }
}

pub(crate) fn id() -> TopicIdPartition {
    TopicIdPartition::new(TopicId(Uuid::from_u128(0xabc)), "orders", 3)
}

pub(crate) const NEW: Standing = Standing { is_new: true, log_is_whole: true, led_last: false, is_unclean: false };
pub(crate) const UNSURE: Standing = Standing { is_new: false, log_is_whole: false, led_last: false, is_unclean: false };

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(set: impl FnOnce(&mut TierOptions)) -> Self {
        Self::on(Env::system().disk, set)
    }

    /// The same with its local files on that disk.
    pub(crate) fn on(disk: Arc<dyn Disk>, set: impl FnOnce(&mut TierOptions)) -> Self {
        let (env, clock) = manual_env();
        let env = Env { disk, ..env };
        esker_env::spawn(tick(Arc::downgrade(&clock)));
        let memory: Arc<dyn Backend> = Arc::new(MemoryBackend::new(env.clone()));
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let mut options = TierOptions::new(dir.path());
        options.cache_disk_bytes = 0;
        // Tests that count requests jump over days.
        options.scrub_interval = None;
        options.probe_interval = Duration::from_millis(50);
        options.retry_timeout = Duration::from_millis(300);
        set(&mut options);
        let store = Arc::new(FaultyBackend::new(Arc::clone(&memory)));
        let tier = open(&store, &options, &env);
        Self { memory, store, tier, env, clock, dir, options }
    }

    /// The same bucket and disk after a restart of the broker.
    pub(crate) fn restart(&self) -> Self {
        self.with_store(Arc::new(FaultyBackend::new(Arc::clone(&self.memory))))
    }

    /// The same bucket and disk behind another store.
    pub(crate) fn with_store(&self, store: Arc<FaultyBackend>) -> Self {
        let (env, clock, options) = (self.env.clone(), Arc::clone(&self.clock), self.options.clone());
        let tier = open(&store, &options, &env);
        Self { memory: Arc::clone(&self.memory), store, tier, env, clock, dir: Arc::clone(&self.dir), options }
    }

    /// Another broker with a disk of its own.
    pub(crate) fn other_broker(&self) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let options = TierOptions { data_dir: dir.path().to_owned(), ..self.options.clone() };
        Self { dir, options, ..self.restart() }.reopened()
    }

    fn reopened(mut self) -> Self {
        self.tier = open(&self.store, &self.options, &self.env);
        self
    }

    pub(crate) async fn ready(&self) {
        let mut state = self.tier.watch_state();
        let ready = state.wait_for(|state| *state == TierState::Ready);
        esker_env::timeout(Duration::from_secs(20), ready).await.expect("the probe passes").unwrap();
        // Its last request is not to be taken for one of the test's.
        let probed = |operation| count(&self.store.calls(), operation, "/probe/") > 0;
        until("the probe tidies up", || !probed("create") || probed("delete")).await;
    }

    pub(crate) fn open(&self, log: &Arc<MemoryLog>, config: TierTopicConfig) -> TierPartition {
        self.tier.open_partition(id(), Arc::clone(log) as Arc<dyn LocalLog>, config)
    }

    pub(crate) fn lead(&self, log: &Arc<MemoryLog>, token: WriterToken, standing: Standing) -> TierPartition {
        let partition = self.open(log, TierTopicConfig::default());
        partition.lead(token, standing);
        partition
    }

    pub(crate) fn deadline(&self) -> esker_env::Instant {
        self.env.clock.now() + Duration::from_secs(10)
    }

    pub(crate) async fn keys(&self, part: &str) -> Vec<String> {
        let listed = self.memory.list("", None, 100_000).await.unwrap();
        listed.into_iter().map(|listed| listed.key).filter(|key| key.contains(part)).collect()
    }

    /// Reads everything from `offset` to the tiered end.
    pub(crate) async fn read_all(&self, partition: &TierPartition, mut offset: Offset, bytes_max: u64) -> Bytes {
        let end = partition.bounds_by(self.deadline()).await.unwrap().tiered_end;
        let mut all = Vec::new();
        while offset < end {
            let read: TierRead = partition.read(offset, 1..=bytes_max, i64::MAX, self.deadline()).await.unwrap();
            assert!(read.next_offset > offset, "a read must get further");
            offset = read.next_offset;
            all.extend(read.batches);
        }
        all.concat().into()
    }
}

/// Lets the manual clock run with real time, for as long as anybody looks at it; tests jump ahead of it.
async fn tick(clock: std::sync::Weak<ManualClock>) {
    let mut last = tokio::time::Instant::now();
    loop {
        esker_env::sleep(Duration::from_millis(5)).await;
        let Some(clock) = clock.upgrade() else { return };
        let now = tokio::time::Instant::now();
        clock.advance(now - std::mem::replace(&mut last, now));
    }
}

fn open(store: &Arc<FaultyBackend>, options: &TierOptions, env: &Env) -> Tier {
    let pool = Pool::new(Handle::current(), 2, 1000);
    let cluster = "test-cluster".parse().unwrap();
    let backend = Arc::clone(store) as Arc<dyn Backend>;
    Tier::with_backend(backend, pool, &cluster, options.clone(), env.clone(), Handle::current()).unwrap()
}

/// Waits, in real time, until something holds: longer than it takes on a machine that does much else.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..12_000 {
        if holds() {
            return;
        }
        esker_env::sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {what}");
}

pub(crate) async fn tiered_to(partition: &TierPartition, offset: Offset) {
    until(&format!("tiered up to {offset}"), || partition.bounds().is_some_and(|bounds| bounds.tiered_end >= offset))
        .await;
}

pub(crate) async fn serves(partition: &TierPartition) -> Readiness {
    esker_env::timeout(Duration::from_secs(20), partition.ready()).await.expect("it is decided")
}

/// Counts calls.
pub(crate) fn count(calls: &[Call], operation: &str, part: &str) -> usize {
    calls.iter().filter(|call| call.operation == operation && call.key.contains(part)).count()
}
