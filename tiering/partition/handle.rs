//! The handle of a partition that other rooms hold, and what its parts share.

use crate::chain::Chain;
use crate::keys::PartitionHome;
use crate::local_log::{LocalLog, TieredEndState};
use crate::options::TierTopicConfig;
use crate::partition::{Driver, Known, Readiness, Role, Standing, View};
use crate::process::Core;
use crate::read::{ReadAheads, TierRead, TierReadError, TimestampHit};
use crate::store::OF_OTHERS;
use crate::token::WriterToken;
use esker_env::Instant;
use esker_model::{Offset, TimestampMs, TopicIdPartition};
use parking_lot::{Mutex, RwLock};
use std::ops::RangeInclusive;
use std::sync::Arc;
use tokio::sync::{Notify, mpsc, oneshot, watch};

/// Commands waiting for a leader's task.
const COMMANDS_MAX: usize = 64;

/// What the leader's task is asked.
#[derive(Debug)]
pub(crate) enum Command {
    /// Raise log start; answered once a version that holds it is confirmed.
    RaiseLogStart(Offset, oneshot::Sender<Result<(), RaiseError>>),
}

/// Why log start was not raised.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RaiseError {
    /// This broker does not lead the partition's tier, or stopped to.
    #[error("this broker does not write the partition's manifest")]
    NotLeader,
    /// Too many such requests wait.
    #[error("too many requests to raise log start wait")]
    Busy,
}

/// The tier's offsets of a partition, as far as they are known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TierBounds {
    /// Number of the newest known manifest version.
    pub sequence: u64,
    /// First offset that readers may see.
    pub log_start: Offset,
    /// First offset that is not tiered.
    pub tiered_end: Offset,
    /// Bytes in the bucket, where they are known.
    pub bytes: Option<u64>,
}

/// Figures of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionMetrics {
    /// Bytes in the bucket.
    pub remote_bytes: u64,
    /// Local bytes that are not in the bucket, to the precision of segments. Known with the store away, too.
    pub lag_bytes: u64,
    /// Offsets that are not in the bucket.
    pub lag_offsets: u64,
    /// How long the oldest closed segment has been waiting to be in the bucket, milliseconds; 0 where none waits.
    pub lag_ms: u64,
    /// Segments being uploaded.
    pub uploads: usize,
    /// When the last upload was committed, milliseconds since the Unix epoch; -1 for never.
    pub last_upload_ms: TimestampMs,
    /// Why the last attempt of anything failed; gone with the next success.
    pub last_error: Option<String>,
}

/// See [`TierPartition`].
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) core: Arc<Core>,
    pub(crate) id: TopicIdPartition,
    pub(crate) chain: Chain,
    pub(crate) local: Arc<dyn LocalLog>,
    pub(crate) config: RwLock<TierTopicConfig>,
    pub(crate) view: RwLock<View>,
    /// Something may be there to do: a roll, a new configuration, a new last stable offset.
    pub(crate) wake: Notify,
    pub(crate) readiness: watch::Sender<Readiness>,
    pub(crate) read_aheads: ReadAheads,
    /// Held while a blocking call of the local log runs.
    pub(crate) local_turn: Arc<tokio::sync::Mutex<()>>,
    leader: Mutex<Option<mpsc::Sender<Command>>>,
}

impl Shared {
    pub(crate) fn home(&self) -> PartitionHome {
        self.chain.home
    }

    pub(crate) fn learn(&self, known: Known) {
        self.view.write().learn(known);
    }

    pub(crate) fn known(&self) -> Option<Known> {
        self.view.read().known
    }
}

/// One partition in the tier. Cheap to clone; dropping it stops nothing, [`TierPartition::close`] does.
#[derive(Clone, Debug)]
pub struct TierPartition {
    pub(crate) shared: Arc<Shared>,
}

impl TierPartition {
    pub(crate) fn new(
        core: Arc<Core>,
        id: TopicIdPartition,
        local: Arc<dyn LocalLog>,
        config: TierTopicConfig,
    ) -> Self {
        let home = PartitionHome { topic_id: id.topic_id, partition: id.partition() };
        let shared = Shared {
            chain: core.chain(home),
            core,
            id,
            local,
            config: RwLock::new(config),
            view: RwLock::new(View::new()),
            wake: Notify::new(),
            readiness: watch::Sender::new(Readiness::Ready),
            read_aheads: ReadAheads::default(),
            local_turn: Arc::default(),
            leader: Mutex::new(None),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Under which name requests for this partition's topic are counted: its own, or that of those without an account.
    pub fn account(&self) -> Arc<str> {
        let topics = self.shared.core.store.counters().topics();
        topics.name_of(self.shared.id.topic_id).unwrap_or_else(|| OF_OTHERS.into())
    }

    /// Bytes of its objects in the bucket, as far as that is known here.
    pub fn remote_bytes(&self) -> u64 {
        self.shared.known().and_then(|known| known.bytes).unwrap_or(0)
    }

    /// Begins to lead with `token`: finds the newest version, checks the lineage, fences, then uploads and retains. A former
    /// leadership of this handle ends. [`TierPartition::ready`] tells when the partition may be served.
    pub fn lead(&self, token: WriterToken, standing: Standing) {
        let (sender, receiver) = mpsc::channel(COMMANDS_MAX);
        *self.shared.leader.lock() = Some(sender); // the former task ends with its channel
        self.shared.view.write().role = Role::Leader(token);
        let at_once = standing.serves_at_once();
        self.shared.readiness.send_replace(if at_once { Readiness::Ready } else { Readiness::Waiting });
        self.shared.core.runtime.spawn(Driver::run(Arc::clone(&self.shared), token, standing, receiver));
    }

    /// Stops leading; reads go on.
    pub fn follow(&self) {
        *self.shared.leader.lock() = None;
        self.shared.view.write().role = Role::Follower;
        self.shared.readiness.send_replace(Readiness::Ready);
    }

    /// Stops everything but what is already on its way.
    pub fn close(&self) {
        self.follow();
    }

    /// Waits until a leader may serve, or must not lead.
    pub async fn ready(&self) -> Readiness {
        let mut readiness = self.shared.readiness.subscribe();
        match readiness.wait_for(|state| *state != Readiness::Waiting).await {
            Ok(state) => state.clone(),
            Err(_) => Readiness::Stopped("the tier is closed".into()),
        }
    }

    /// Whether a leader may serve, now.
    pub fn readiness(&self) -> Readiness {
        self.shared.readiness.borrow().clone()
    }

    /// Something may have become ready to upload: a roll, a higher last stable offset, a changed configuration.
    pub fn wake(&self) {
        self.shared.wake.notify_one();
    }

    /// Replaces the topic's configuration.
    pub fn configure(&self, config: TierTopicConfig) {
        *self.shared.config.write() = config;
        self.wake();
    }

    /// What a follower learned from its leader's fetch responses.
    pub fn observe(&self, sequence: u64, log_start: Offset, tiered_end: Offset) {
        self.shared.learn(Known { sequence, log_start, tiered_end, bytes: None });
    }

    /// The newest known version's offsets; `None` while nothing is known.
    pub fn bounds(&self) -> Option<TierBounds> {
        self.shared.known().map(|known| TierBounds {
            sequence: known.sequence,
            log_start: known.log_start,
            tiered_end: known.tiered_end,
            bytes: known.bytes,
        })
    }

    /// The newest version's offsets, asking the bucket where nothing is known. Its errors are retriable.
    pub async fn bounds_by(&self, deadline: Instant) -> Result<TierBounds, TierReadError> {
        self.shared.core.reads.current_root(&self.shared, deadline).await?;
        self.bounds().ok_or(TierReadError::Deadline)
    }

    /// Raises log start (DeleteRecords); done when a version that holds it is confirmed and the local log was told.
    pub async fn raise_log_start(&self, offset: Offset) -> Result<(), RaiseError> {
        let sender = self.shared.leader.lock().clone().ok_or(RaiseError::NotLeader)?;
        let (answer, answered) = oneshot::channel();
        sender.try_send(Command::RaiseLogStart(offset, answer)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => RaiseError::Busy,
            mpsc::error::TrySendError::Closed(_) => RaiseError::NotLeader,
        })?;
        answered.await.unwrap_or(Err(RaiseError::NotLeader))
    }

    /// Whole batches from the one that holds `offset` on: at least one, then as many as fit into the upper end of `bytes`, all that begin
    /// below `upper` and the tiered end. Once its lower end is reached, nothing more is waited for that must come from the store. What
    /// is ready at the deadline is returned.
    pub async fn read(
        &self,
        offset: Offset,
        bytes: RangeInclusive<u64>,
        upper: Offset,
        deadline: Instant,
    ) -> Result<TierRead, TierReadError> {
        let core = &self.shared.core;
        let begun = core.env.clock.now();
        let read = core.reads.read(&self.shared, offset, bytes, upper, deadline).await;
        core.totals.cold_times.record(core.env.clock.now().since(begun));
        read
    }

    /// The first tiered batch at or behind log start that has a record with a timestamp of at least `timestamp`; `None` where no
    /// tiered batch has.
    pub async fn offset_for_timestamp(
        &self,
        timestamp: TimestampMs,
        deadline: Instant,
    ) -> Result<Option<TimestampHit>, TierReadError> {
        self.shared.core.reads.by_timestamp(&self.shared, timestamp, deadline).await
    }

    /// Epochs, producers and open transactions at the tiered end, for a replica that begins there. Its errors are retriable.
    pub async fn end_state(&self, deadline: Instant) -> Result<TieredEndState, TierReadError> {
        self.shared.core.reads.end_state(&self.shared, deadline).await
    }

    /// Figures.
    pub fn metrics(&self) -> PartitionMetrics {
        let view = self.shared.view.read().clone();
        let bounds = self.shared.local.bounds();
        let tiered_end = view.known.map_or(bounds.local_log_start, |known| known.tiered_end);
        PartitionMetrics {
            remote_bytes: view.known.and_then(|known| known.bytes).unwrap_or(0),
            lag_bytes: self.shared.local.bytes_from(tiered_end),
            lag_offsets: bounds.log_end.saturating_sub(tiered_end).max(0) as u64,
            lag_ms: self.shared.local.closed_since_ms(tiered_end).map_or(0, |since| {
                u64::try_from(self.shared.core.env.clock.wall_ms().saturating_sub(since)).unwrap_or(0)
            }),
            uploads: view.uploads,
            last_upload_ms: view.last_upload_ms,
            last_error: view.last_error,
        }
    }
}
