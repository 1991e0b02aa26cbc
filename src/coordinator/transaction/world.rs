//! For tests: a coordinator over a log in memory, with partitions that note their markers.

use super::coordinator::{ProducerIdSource, TransactionCoordinator, TransactionOptions};
use super::init::InitProducer;
use super::markers::{Marker, MarkerFault, MarkerTarget};
use super::settings::TransactionSettings;
use super::state::{TransactionVersion, TxnState};
use super::txn::Producer;
use crate::StateLog;
use crate::testing::MemoryLog;
use async_trait::async_trait;
use esker_env::Env;
use esker_env::sim::SimClock;
use esker_model::{ProducerId, TopicPartition};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A marker that was written, and how long the log of transactional ids was then.
pub(super) type Noted = (TopicPartition, Marker, i64);

/// Partitions in memory.
#[derive(Debug)]
pub(super) struct Partitions {
    log: Arc<MemoryLog>,
    pub noted: Mutex<Vec<Noted>>,
    /// What the next writes fail with.
    pub faults: Mutex<VecDeque<MarkerFault>>,
}

#[async_trait]
impl MarkerTarget for Partitions {
    async fn write(&self, marker: &Marker, partitions: &[TopicPartition], _: Duration) -> Vec<Result<(), MarkerFault>> {
        let write = |partition: &TopicPartition| {
            if let Some(fault) = self.faults.lock().pop_front() {
                return Err(fault);
            }
            let length = i64::try_from(self.log.batches(0).len()).unwrap();
            self.noted.lock().push((partition.clone(), *marker, length));
            Ok(())
        };
        partitions.iter().map(write).collect()
    }
}

/// Producer ids from 100.
#[derive(Debug)]
pub(super) struct Ids(AtomicI64);

#[async_trait]
impl ProducerIdSource for Ids {
    async fn next(&self, _: Duration) -> Option<ProducerId> {
        let id = self.0.fetch_add(1, Ordering::Relaxed);
        (id >= 0).then_some(id)
    }
}

pub(super) struct World {
    pub log: Arc<MemoryLog>,
    pub partitions: Arc<Partitions>,
    pub coordinator: Arc<TransactionCoordinator>,
    pub clock: Arc<SimClock>,
    pub ids: Arc<Ids>,
}

impl World {
    /// A coordinator of the newest version over an empty log.
    pub fn new() -> Self {
        Self::over(MemoryLog::new(1), Vec::new())
    }

    /// A coordinator that finds a log and markers.
    pub fn over(log: Arc<MemoryLog>, noted: Vec<Noted>) -> Self {
        let clock = Arc::new(SimClock::default());
        let env = Env { clock: Arc::clone(&clock) as _, ..Env::system() };
        let partitions =
            Arc::new(Partitions { log: Arc::clone(&log), noted: Mutex::new(noted), faults: Mutex::default() });
        let ids = Arc::new(Ids(AtomicI64::new(100)));
        let settings = TransactionSettings { write_limit: Duration::from_millis(50), ..TransactionSettings::default() };
        let coordinator = TransactionCoordinator::start(TransactionOptions {
            env,
            log: Arc::clone(&log) as Arc<dyn StateLog>,
            markers: Arc::clone(&partitions) as _,
            producer_ids: Arc::clone(&ids) as _,
            version: Arc::new(|| TransactionVersion::V2),
            settings,
        });
        Self { log, partitions, coordinator, clock, ids }
    }

    /// From now on no producer id can be had.
    pub fn exhaust_ids(&self) {
        self.ids.0.store(i64::MIN, Ordering::Relaxed);
    }

    pub async fn loaded(&self) {
        self.until("the log is loaded", || self.coordinator.shards.served() == [0]).await;
    }

    /// Waits until something holds, and fails where that takes too long.
    pub async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        for _ in 0..2000 {
            if holds() {
                return;
            }
            esker_env::sleep(Duration::from_millis(1)).await;
        }
        panic!("never: {what}");
    }

    pub async fn init(&self, id: &str) -> Producer {
        self.coordinator.init_producer(id, request(60_000)).await.unwrap()
    }

    pub fn state(&self, id: &str) -> Option<TxnState> {
        self.coordinator.describe(id).ok().map(|data| data.state)
    }

    /// Waits until the markers of an id are written and its record says so.
    pub async fn at_rest(&self, id: &str) {
        let idle = || {
            let txn = self.coordinator.with(id, |shard, id| shard.machine.book.get(id).map(|txn| txn.busy().is_none()));
            txn == Ok(Some(true))
        };
        self.until("the transaction is complete", idle).await;
    }

    /// The partitions of `t` that have a marker, with its epoch and whether it commits, in the order of writing.
    pub fn markers(&self) -> Vec<(i32, i16, bool)> {
        let commits = |marker: &Marker| marker.outcome == super::state::Outcome::Commit;
        let noted = self.partitions.noted.lock();
        noted.iter().map(|(at, marker, _)| (at.partition, marker.producer.epoch, commits(marker))).collect()
    }
}

pub(super) fn request(timeout_ms: i32) -> InitProducer {
    InitProducer { timeout_ms, expected: None }
}
