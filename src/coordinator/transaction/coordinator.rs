//! The coordinator of transactions: what producers, partitions and tools ask of it.
//!
//! A request is decided under the lock of its shard, by the pure functions of `init`, `add` and `end`; what they decide is
//! appended at once, and holds in memory from then on as it does in the log. Nothing is answered and no marker is written
//! before the record is committed. Until then, and until the markers of a decision are written, the id is busy and whoever
//! else asks is told to come again.

use super::end::{EndTxn, fence, goes_on};
use super::error::TxnError;
use super::init::InitProducer;
use super::markers::MarkerTarget;
use super::settings::TransactionSettings;
use super::shard::TxnShard;
use super::state::{Outcome, TransactionVersion};
use super::step::Step;
use super::txn::Producer;
use crate::runtime::{Serving, Shards, ShardsOptions, Unavailable};
use crate::{StateLog, partition_of};
use async_trait::async_trait;
use esker_env::Env;
use esker_model::{ProducerId, TimestampMs, TopicPartition};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Partitions of `__transaction_state` that are loaded at once.
const LOADS_MAX: usize = 4;

/// Hands out producer ids that nobody had before.
#[async_trait]
pub trait ProducerIdSource: Send + Sync + fmt::Debug + 'static {
    /// The next id; `None` where none could be had within `limit`.
    async fn next(&self, limit: Duration) -> Option<ProducerId>;
}

/// What a coordinator works with.
pub struct TransactionOptions {
    /// Clock and randomness.
    pub env: Env,
    /// `__transaction_state`.
    pub log: Arc<dyn StateLog>,
    /// The partitions that transactions write to.
    pub markers: Arc<dyn MarkerTarget>,
    /// Where producer ids come from.
    pub producer_ids: Arc<dyn ProducerIdSource>,
    /// The level of `transaction.version` that the cluster has finalised.
    pub version: Arc<dyn Fn() -> TransactionVersion + Send + Sync>,
    /// Settings.
    pub settings: TransactionSettings,
}

/// Coordinates the transactions whose ids fall on partitions that this broker leads.
pub struct TransactionCoordinator {
    pub(super) env: Env,
    pub(super) shards: Arc<Shards<TxnShard>>,
    pub(super) markers: Arc<dyn MarkerTarget>,
    pub(super) settings: TransactionSettings,
    producer_ids: Arc<dyn ProducerIdSource>,
    version: Arc<dyn Fn() -> TransactionVersion + Send + Sync>,
    closed: AtomicBool,
}

impl fmt::Debug for TransactionCoordinator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransactionCoordinator").field("shards", &self.shards).finish_non_exhaustive()
    }
}

/// Figures of a coordinator of transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransactionStats {
    /// Transactional ids that are remembered.
    pub ids: usize,
    /// Partitions of `__transaction_state` that are served now.
    pub partitions_served: usize,
    /// Those whose log is being read.
    pub partitions_loading: usize,
}

impl TransactionCoordinator {
    /// A coordinator that serves what this broker leads, and looks after time-outs and expiry from now on. To be called on
    /// a runtime.
    pub fn start(options: TransactionOptions) -> Arc<Self> {
        let coordinator = Arc::new_cyclic(|me: &Weak<Self>| {
            let owner = Weak::clone(me);
            let shards = Shards::new(ShardsOptions {
                name: "transactions",
                env: options.env.clone(),
                log: options.log,
                loads_max: LOADS_MAX,
                machine: Box::new(move |_| TxnShard::new(Weak::clone(&owner))),
            });
            Self {
                env: options.env,
                shards,
                markers: options.markers,
                settings: options.settings,
                producer_ids: options.producer_ids,
                version: options.version,
                closed: AtomicBool::new(false),
            }
        });
        coordinator.align();
        coordinator.look_after_time();
        coordinator
    }

    /// Takes over what this broker has come to lead and gives up what it has ceased to. To be called on a runtime whenever
    /// leadership may have moved.
    pub fn align(&self) {
        if !self.is_closed() {
            self.shards.align();
        }
    }

    /// Gives everything up, for the broker's stop.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.shards.close();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// How many ids there are, and where.
    pub fn stats(&self) -> TransactionStats {
        let served = self.shards.served();
        let ids = |partition: &i32| self.shards.with(*partition, |shard| shard.machine.book.len()).unwrap_or(0);
        TransactionStats {
            ids: served.iter().map(ids).sum(),
            partitions_served: served.len(),
            partitions_loading: self.shards.loading().len(),
        }
    }

    /// The partition of `__transaction_state` that holds `id`; `None` while the topic does not exist.
    pub fn partition_for(&self, id: &str) -> Option<i32> {
        self.shards.log().partition_count().filter(|count| *count > 0).map(|count| partition_of(id, count))
    }

    /// A producer takes an id over and is told its producer id and epoch. A transaction of its predecessor is aborted
    /// first, and the producer asked to come again.
    pub async fn init_producer(self: &Arc<Self>, id: &str, request: InitProducer) -> Result<Producer, TxnError> {
        check_id(id)?;
        self.check_timeout(request.timeout_ms)?;
        let initialised = self.drive(id, |shard, id, fresh| {
            if shard.machine.book.get(id).is_none() && shard.machine.book.len() >= self.settings.ids_per_partition_max {
                return Step::Refused(TxnError::TooManyIds);
            }
            let (now, version) = (self.now(), self.version());
            match shard.machine.book.init(id, &request, now, fresh) {
                super::decision::Decision::Fence => self.fence_step(shard, id, fresh, |_| None),
                decision => self.carry_out(shard, id, version, decision.answering(None), |data| Some(data.producer())),
            }
        });
        initialised.await?.ok_or(TxnError::Concurrent)
    }

    fn check_timeout(&self, timeout_ms: i32) -> Result<(), TxnError> {
        let max = i64::try_from(self.settings.timeout_max.as_millis()).unwrap_or(i64::MAX);
        let valid = timeout_ms > 0 && i64::from(timeout_ms) <= max;
        if valid { Ok(()) } else { Err(TxnError::InvalidTimeout) }
    }

    /// Adds partitions to the producer's transaction; the first ones begin it.
    pub async fn add_partitions(
        self: &Arc<Self>,
        id: &str,
        producer: Producer,
        partitions: &BTreeSet<TopicPartition>,
        version: TransactionVersion,
    ) -> Result<(), TxnError> {
        check_id(id)?;
        let added = self.drive(id, |shard, id, _| {
            let decision = shard.machine.book.add(id, producer, partitions, version, self.now());
            self.carry_out(shard, id, self.version(), decision, |_| ())
        });
        added.await
    }

    /// Whether partitions are in the producer's transaction, in their order.
    pub fn verify_partitions(
        &self,
        id: &str,
        producer: Producer,
        partitions: &BTreeSet<TopicPartition>,
    ) -> Result<Vec<bool>, TxnError> {
        check_id(id)?;
        self.with(id, |shard, id| super::add::verify(shard.machine.book.get(id), producer, partitions))?
    }

    /// Decides the producer's transaction. Returns the producer that goes on once the decision is safe; the markers follow.
    pub async fn end(
        self: &Arc<Self>,
        id: &str,
        producer: Producer,
        outcome: Outcome,
        version: TransactionVersion,
    ) -> Result<Producer, TxnError> {
        check_id(id)?;
        let request = EndTxn { producer, outcome, version };
        let ended = self.drive(id, |shard, id, fresh| {
            let decision = shard.machine.book.end(id, &request, self.now(), fresh);
            self.carry_out(shard, id, self.version(), decision, goes_on)
        });
        ended.await
    }

    /// Aborts the open transaction of `producer` and fences it, because it took too long.
    pub(super) async fn time_out(self: &Arc<Self>, id: &str, producer: Producer) -> Result<(), TxnError> {
        let fenced = self.drive(id, |shard, id, fresh| {
            let open = shard.machine.book.get(id).is_some_and(|txn| txn.data.producer() == producer);
            if open { self.fence_step(shard, id, fresh, |_| ()) } else { Step::Refused(TxnError::Fenced) }
        });
        fenced.await
    }

    fn fence_step<T>(
        &self,
        shard: &mut Serving<TxnShard>,
        id: &Arc<str>,
        fresh: Option<ProducerId>,
        answer: impl FnOnce(Producer) -> T,
    ) -> Step<T> {
        let version = self.version();
        let Some(txn) = shard.machine.book.get(id) else { return Step::Refused(TxnError::WrongProducerId) };
        let decision = fence(txn, version, self.now(), fresh);
        self.carry_out(shard, id, version, decision, goes_on).map(answer)
    }

    /// Waits until nothing is under way with the id, for no longer than `limit`; says whether that is so.
    pub(super) async fn idle(&self, id: &str, limit: Duration) -> bool {
        match self.with(id, |shard, id| shard.machine.book.wait(id)) {
            Ok(Some(woken)) => esker_env::timeout(limit, woken).await.is_some(),
            Ok(None) | Err(_) => true,
        }
    }

    /// Has one call make use of the shard of `id`.
    pub(super) fn with<R>(
        &self,
        id: &str,
        call: impl FnOnce(&mut Serving<TxnShard>, &Arc<str>) -> R,
    ) -> Result<R, TxnError> {
        let partition = self.partition_for(id).ok_or(TxnError::NotCoordinator)?;
        let id: Arc<str> = id.into();
        Ok(self.shards.with(partition, |shard| call(shard, &id))?)
    }

    /// A producer id that nobody had before.
    pub(super) async fn next_producer_id(&self) -> Result<ProducerId, TxnError> {
        self.producer_ids.next(self.settings.write_limit).await.ok_or(TxnError::NoProducerId)
    }

    pub(super) fn version(&self) -> TransactionVersion {
        (self.version)()
    }

    pub(super) fn now(&self) -> TimestampMs {
        self.env.clock.wall_ms()
    }
}

fn check_id(id: &str) -> Result<(), TxnError> {
    let valid = !id.is_empty() && i16::try_from(id.len()).is_ok();
    if valid { Ok(()) } else { Err(TxnError::InvalidRequest) }
}

impl From<Unavailable> for TxnError {
    fn from(unavailable: Unavailable) -> Self {
        match unavailable {
            Unavailable::NotCoordinator => TxnError::NotCoordinator,
            Unavailable::Loading => TxnError::Loading,
        }
    }
}
