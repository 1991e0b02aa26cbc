//! One partition as this broker holds it: the log, what is known of the leadership, the waits, and the tier where the topic has one.
//!
//! | lock | held for |
//! |---|---|
//! | `serving`, shared | an append as leader, the question whether what an unclean election demands is done |
//! | `serving`, exclusive | a change of role, the replacement of the log by what the tier holds |
//! | `state` | a transition of the state machine and what follows from it for the log's high watermark |
//!
//! They are taken in that order, the log's own locks after them. Readers take none: they look at the newest [`View`].

mod append;
mod delete;
mod isr;
mod offsets;
mod read;
mod role;
mod tiered;
mod view;

pub use append::{Append, Appended};
pub(crate) use offsets::LocalAnswer;
pub use offsets::{FoundOffset, OffsetSpec};
pub(crate) use read::{Ask, Cold, Look, Seen};
pub(crate) use role::TopicTerms;
pub(crate) use view::View;

use crate::acks::{AckTicket, Awaited, Need};
use crate::fault::{AckFault, Unserved};
use crate::purgatory::{Edge, WaitLists};
use crate::state::{LogEnds, NotLeader, PartitionState, Replicated, Term};
use crate::traffic::{PartitionTraffic, TrafficAccounts};
use arc_swap::{ArcSwap, ArcSwapOption};
use esker_env::{Env, Instant};
use esker_log::{Bounds, ClockGuard, PartitionLog, SyncObserver};
use esker_model::{BrokerEpoch, BrokerId, LeaderEpoch, Offset, TopicIdPartition};
use esker_tiering::{Readiness, Tier, TierPartition};
use parking_lot::{Mutex, RwLock};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// What all partitions of a broker share.
#[derive(Debug)]
pub(crate) struct Common {
    pub(crate) env: Env,
    pub(crate) node_id: BrokerId,
    /// The tier, where this broker has one.
    pub(crate) tier: Option<Tier>,
    /// The cluster's generation in the bucket.
    pub(crate) generation: u32,
    /// This broker's registration.
    pub(crate) broker_epoch: BrokerEpoch,
    /// `replica.lag.time.max.ms`.
    pub(crate) lag_max: Duration,
    /// Whether age may delete.
    pub(crate) clock_guard: Mutex<ClockGuard>,
    /// What goes into and out of partitions.
    pub(crate) traffic: Arc<TrafficAccounts>,
}

impl Common {
    pub(crate) fn clock_is_trusted(&self) -> bool {
        let (wall_ms, now) = (self.env.clock.wall_ms(), self.env.clock.now());
        self.clock_guard.lock().observe(wall_ms, now)
    }
}

/// How a partition's log was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origins {
    /// The log was created just now, for a partition that came to be just now. A log that is missing on a disk is not that.
    pub(crate) is_new: bool,
    /// It was there, and closed cleanly when it was last used.
    pub(crate) closed_cleanly: bool,
}

/// Whether a partition is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// It is, as far as it is led here.
    Open = 0,
    /// The broker stops: another one will lead.
    Stopping = 1,
    /// The topic was deleted or the replica moved away.
    Gone = 2,
}

/// See the module.
pub struct Partition {
    me: Weak<Partition>,
    id: TopicIdPartition,
    common: Arc<Common>,
    log: Arc<PartitionLog>,
    origins: Origins,
    state: Mutex<PartitionState>,
    /// What the state says; replaced with `serving` held exclusively.
    view: ArcSwap<View>,
    serving: RwLock<()>,
    waits: Arc<WaitLists>,
    /// Grows whenever all waits are woken, so that whoever looks before waiting notices.
    version: AtomicU64,
    tier: ArcSwapOption<TierPartition>,
    /// How often the log was replaced by what the tier holds.
    lives: AtomicU64,
    /// Whether it is served, or why not: see [`Service`].
    service: AtomicU8,
    /// Whether this broker led it in the tier before.
    led_in_tier: AtomicBool,
    /// End of the newest closed segment that is not decided yet; `Offset::MAX` where there is none.
    upload_due_at: AtomicI64,
    /// `esker.tier.max.lag.ms`; `i64::MAX` for none.
    tier_lag_max_ms: AtomicI64,
    traffic: PartitionTraffic,
}

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partition").field("id", &self.id).field("view", &self.view.load()).finish_non_exhaustive()
    }
}

impl Partition {
    /// A partition that has not heard from the controller yet.
    pub(crate) fn new(
        id: TopicIdPartition,
        log: Arc<PartitionLog>,
        origins: Origins,
        common: Arc<Common>,
    ) -> Arc<Self> {
        let min_isr = usize::try_from(log.config().min_insync_replicas).unwrap_or(1);
        let state = PartitionState::new(common.node_id, min_isr, common.lag_max);
        let traffic = common.traffic.open(&id.topic_partition.topic);
        let partition = Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            view: ArcSwap::from_pointee(View::of(&state)),
            state: Mutex::new(state),
            id,
            common,
            log,
            origins,
            serving: RwLock::new(()),
            waits: Arc::default(),
            version: AtomicU64::new(0),
            tier: ArcSwapOption::empty(),
            lives: AtomicU64::new(0),
            service: AtomicU8::new(Service::Open as u8),
            led_in_tier: AtomicBool::new(false),
            upload_due_at: AtomicI64::new(Offset::MAX),
            tier_lag_max_ms: AtomicI64::new(i64::MAX),
            traffic,
        });
        let observer: Weak<dyn SyncObserver> = Arc::downgrade(&partition) as Weak<dyn SyncObserver>;
        partition.log.observe_syncs(observer);
        partition
    }

    /// The partition.
    pub fn id(&self) -> &TopicIdPartition {
        &self.id
    }

    /// Its local log.
    pub fn log(&self) -> &Arc<PartitionLog> {
        &self.log
    }

    /// Its part in the tier, where the topic has one and the broker too.
    pub fn tier(&self) -> Option<Arc<TierPartition>> {
        self.tier.load_full()
    }

    pub(crate) fn traffic(&self) -> &PartitionTraffic {
        &self.traffic
    }

    /// The present leadership of this replica.
    pub fn term(&self) -> Result<Term, NotLeader> {
        self.view.load().leads
    }

    /// The newest leader epoch known.
    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.view.load().epoch
    }

    /// Whether what an unclean election demands is done: this replica leads in `epoch`, and where there is a tier, its fence is in the bucket.
    pub fn has_recovered(&self, epoch: LeaderEpoch) -> bool {
        // Not between a new term and its beginning in the tier, which is still ready from before then.
        let _serving = self.serving.read();
        let fenced = self.tier().is_none_or(|tier| tier.readiness() == Readiness::Ready);
        fenced && self.term().is_ok_and(|term| term.epoch == epoch)
    }

    /// Requests that wait here.
    pub fn waiting(&self) -> usize {
        self.waits.len()
    }

    pub(crate) fn waits(&self) -> &Arc<WaitLists> {
        &self.waits
    }

    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    fn service(&self) -> Service {
        match self.service.load(Ordering::Acquire) {
            0 => Service::Open,
            1 => Service::Stopping,
            _ => Service::Gone,
        }
    }

    /// What is said while the broker stops: its successor is not known here.
    fn nobody(&self) -> NotLeader {
        NotLeader { leader: None, epoch: self.leader_epoch() }
    }

    fn now(&self) -> Instant {
        self.common.env.clock.now()
    }

    /// A ticket that is done when everything below `end`, appended while this broker leads in `epoch`, is replicated.
    pub fn replicated_ticket(self: &Arc<Self>, epoch: LeaderEpoch, end: Offset) -> AckTicket {
        match self.term() {
            Ok(term) if term.epoch == epoch => AckTicket::new(Awaited {
                partition: Arc::clone(self),
                since: term.since,
                life: self.lives.load(Ordering::Acquire),
                end,
                need: Need::Replicated,
            }),
            _ => AckTicket::decided(Err(AckFault::NotLeader(self.state.lock().not_leader()))),
        }
    }

    /// What has become of records that wait; `None` while that is open.
    pub(crate) fn decided(&self, awaited: &Awaited) -> Option<Result<(), AckFault>> {
        match self.service() {
            Service::Open => {}
            Service::Stopping => return Some(Err(AckFault::NotLeader(self.nobody()))),
            Service::Gone => return Some(Err(AckFault::Gone)),
        }
        let state = self.state.lock();
        if self.lives.load(Ordering::Acquire) != awaited.life {
            return Some(Err(AckFault::NotLeader(state.not_leader())));
        }
        let decided = match awaited.need {
            Need::OwnEnd => match state.vouches_for(awaited.since, awaited.end) {
                Ok(true) => Some(Ok(())),
                Ok(false) => None,
                Err(fault) => Some(Err(AckFault::NotLeader(fault))),
            },
            Need::Replicated => match state.replicated(awaited.since, awaited.end) {
                Replicated::NotYet => None,
                Replicated::Done => Some(Ok(())),
                Replicated::TooFew(fault) => Some(Err(AckFault::NotEnoughReplicas(fault))),
                Replicated::TenureOver(fault) => Some(Err(AckFault::NotLeader(fault))),
            },
        };
        drop(state);
        decided.or_else(|| self.log.check().err().map(|error| Err(AckFault::Storage(error.to_string()))))
    }

    /// Whether the partition is served here, to a client that names `epoch` or none.
    pub(crate) fn serves(&self, view: &View, epoch: Option<LeaderEpoch>) -> Result<Term, Unserved> {
        match self.service() {
            Service::Open => {}
            Service::Stopping => return Err(Unserved::NotLeader(self.nobody())),
            Service::Gone => return Err(Unserved::Gone),
        }
        view.check_epoch(epoch)?;
        let term = view.leads?;
        if let Some(tier) = &*self.tier.load() {
            match tier.readiness() {
                Readiness::Ready => {}
                Readiness::Waiting => return Err(Unserved::NotReady("the bucket has not been asked yet".into())),
                Readiness::Stopped(reason) => return Err(Unserved::NotReady(reason)),
            }
        }
        Ok(term)
    }

    /// First offset that anyone may see; `None` while only the bucket could tell: what lies below the local log may have gone.
    pub(crate) fn log_start(&self, bounds: &Bounds) -> Option<Offset> {
        let tier = self.tier.load();
        let Some(tier) = &*tier else { return Some(bounds.log_start) };
        match tier.bounds() {
            Some(tiered) => Some(bounds.log_start.max(tiered.log_start)),
            // Nothing lies below, or a clean stop has written down where the log starts.
            None if bounds.log_start == bounds.local_log_start || self.origins.closed_cleanly => Some(bounds.log_start),
            None => None,
        }
    }

    /// Where an offset is that can be waited for.
    pub(crate) fn edge(&self, edge: Edge) -> Offset {
        let bounds = self.log.bounds();
        match edge {
            Edge::HighWatermark => bounds.high_watermark,
            Edge::LastStable => bounds.last_stable(),
            Edge::LogEnd => bounds.log_end,
            Edge::OwnEnd => self.log_ends().own_end,
        }
    }

    /// The offsets that the state machine works with.
    fn log_ends(&self) -> LogEnds {
        let bounds = self.log.bounds();
        let acknowledges_durable = self.log.config().flush_messages != i64::MAX;
        let own_end = if acknowledges_durable { self.log.recovery_point().min(bounds.log_end) } else { bounds.log_end };
        LogEnds { high_watermark: bounds.high_watermark, own_end, log_end: bounds.log_end }
    }

    /// Lets the state machine make a step, with what it means for the log's high watermark.
    fn step<R>(&self, step: impl FnOnce(&mut PartitionState) -> (R, Option<Offset>)) -> R {
        let mut state = self.state.lock();
        let (result, moved) = step(&mut state);
        if let Some(to) = moved {
            // Under the lock: a truncation that follows a change of role cannot come in between.
            self.log.advance_high_watermark(to);
        }
        drop(state);
        if moved.is_some() {
            self.tell_replicated();
        }
        result
    }

    /// Wakes whoever waits for what is replicated now.
    fn tell_replicated(&self) {
        let bounds = self.log.bounds();
        self.waits.moved(Edge::HighWatermark, bounds.high_watermark);
        self.waits.moved(Edge::LastStable, bounds.last_stable());
        let due_at = self.upload_due_at.load(Ordering::Acquire);
        if due_at <= bounds.last_stable()
            && self.upload_due_at.compare_exchange(due_at, Offset::MAX, Ordering::AcqRel, Ordering::Acquire).is_ok()
            && let Some(tier) = &*self.tier.load()
        {
            tier.wake();
        }
    }

    fn own_end_moved(&self, since: LeaderEpoch, end: Offset) {
        let now = self.now();
        self.step(|state| ((), state.own_end_moved(since, end, now)));
        self.waits.moved(Edge::OwnEnd, end);
    }

    /// Something has changed that everyone who waits here has to look at.
    pub(crate) fn changed(&self) {
        self.version.fetch_add(1, Ordering::AcqRel);
        self.waits.wake_all();
    }
}

/// What is durable is vouched for.
impl SyncObserver for Partition {
    fn synced(&self) {
        if self.log.check().is_err() {
            return self.changed();
        }
        if let Ok(term) = self.term() {
            self.own_end_moved(term.since, self.log.recovery_point().min(self.log.log_end()));
        }
    }
}
