//! All partitions of a broker: found by topic and number, and kept as the newest image of the cluster says.

mod apply;
mod dirs;
mod host;

pub use dirs::{LogDirView, LogView};

use crate::acks::{AckTicket, acknowledged};
use crate::background;
use crate::deletion::FinishDeletion;
use crate::fault::{Absent, AckFault, DeleteFault, EpochEndFault, ListFault};
use crate::fetch::{FetchRequest, Fetching, Isolation, Job, Means};
use crate::partition::{Common, FoundOffset, LocalAnswer, OffsetSpec, Partition, Service};
use crate::purgatory::Purgatory;
use crate::settings::number;
use crate::state::NotLeader;
use crate::traffic::BrokerTraffic;
use arc_swap::ArcSwap;
use esker_env::{Env, Pool};
use esker_log::LogManager;
use esker_metadata::ConfigStore;
use esker_model::{BrokerEpoch, BrokerId, LeaderEpoch, NO_LEADER_EPOCH, Offset, TopicId};
use esker_tiering::Tier;
use imbl::HashMap;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;

/// Waits that the purgatory holds at most, where nothing else is said.
const WAITS_MAX: usize = 1_000_000;
/// `replica.lag.time.max.ms`, where nothing else is said.
const LAG_MAX: Duration = Duration::from_secs(30);

/// What a replica manager works with.
pub struct ReplicaOptions {
    /// Clock, disk, randomness.
    pub env: Env,
    /// This broker.
    pub node_id: BrokerId,
    /// What is configured; its images are the ones that are followed.
    pub configs: Arc<ConfigStore>,
    /// The local logs, opened.
    pub logs: Arc<LogManager>,
    /// Directories that were stopped cleanly before this start.
    pub clean_dirs: Vec<PathBuf>,
    /// Times of the background work.
    pub log: esker_config::LogConfig,
    /// The tier, where there is one.
    pub tier: Option<Tier>,
    /// The cluster's generation in the bucket.
    pub generation: u32,
    /// This broker's registration. Nothing is applied before an image that holds it: only then is the image known to be the cluster's.
    pub broker_epoch: BrokerEpoch,
    /// Threads that may wait for the disk.
    pub disk_pool: Pool,
    /// The runtime of cold reads.
    pub cold: Handle,
    /// `replica.lag.time.max.ms`.
    pub lag_max: Duration,
    /// Waits that the purgatory holds at most.
    pub waits_max: usize,
    /// Told when nothing is left of a deleted topic. `None` leaves deleted topics to another broker.
    pub finish_deletion: Option<FinishDeletion>,
}

impl ReplicaOptions {
    /// Without a tier, registered at the beginning, with the usual limits.
    pub fn new(
        env: Env,
        node_id: BrokerId,
        configs: Arc<ConfigStore>,
        logs: Arc<LogManager>,
        log: esker_config::LogConfig,
        disk_pool: Pool,
        cold: Handle,
    ) -> Self {
        Self {
            env,
            node_id,
            configs,
            logs,
            clean_dirs: Vec::new(),
            log,
            tier: None,
            generation: 0,
            broker_epoch: 0,
            disk_pool,
            cold,
            lag_max: LAG_MAX,
            waits_max: WAITS_MAX,
            finish_deletion: None,
        }
    }
}

/// One partition of the image that this broker has.
#[derive(Clone, Debug)]
enum Hosted {
    Online(Arc<Partition>),
    /// Its log cannot be opened or created.
    Offline(Arc<str>),
}

/// See the module.
pub struct ReplicaManager {
    env: Env,
    node_id: BrokerId,
    configs: Arc<ConfigStore>,
    logs: Arc<LogManager>,
    clean_dirs: Vec<PathBuf>,
    times: esker_config::LogConfig,
    broker_epoch: BrokerEpoch,
    disk_pool: Pool,
    cold: Handle,
    finish_deletion: Option<FinishDeletion>,
    common: Arc<Common>,
    hosted: ArcSwap<HashMap<(TopicId, i32), Hosted>>,
    purgatory: Arc<Purgatory>,
    /// Deletions of topics that are under way here.
    deleting: Mutex<HashSet<TopicId>>,
    stop: watch::Sender<bool>,
}

impl fmt::Debug for ReplicaManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplicaManager").field("partitions", &self.hosted.load().len()).finish_non_exhaustive()
    }
}

/// Which offset of which partition is asked for.
#[derive(Clone, Copy, Debug)]
pub struct ListOffset {
    /// The topic.
    pub topic_id: TopicId,
    /// The partition's number.
    pub partition: i32,
    /// The leader epoch that the client knows; `None` asks for no check.
    pub current_leader_epoch: Option<LeaderEpoch>,
    /// Which offset.
    pub what: OffsetSpec,
    /// What the asker may see; `None` for everything.
    pub isolation: Option<Isolation>,
}

impl ReplicaManager {
    /// Begins to follow the images and to do what has to be done from time to time. Inside of a runtime.
    pub fn start(options: ReplicaOptions) -> Arc<Self> {
        let common = Arc::new(Common {
            env: options.env.clone(),
            node_id: options.node_id,
            tier: options.tier,
            generation: options.generation,
            broker_epoch: options.broker_epoch,
            lag_max: options.lag_max,
            clock_guard: Mutex::default(),
            traffic: Arc::default(),
        });
        let manager = Arc::new(Self {
            env: options.env,
            node_id: options.node_id,
            configs: options.configs,
            logs: options.logs,
            clean_dirs: options.clean_dirs,
            times: options.log,
            broker_epoch: options.broker_epoch,
            disk_pool: options.disk_pool,
            cold: options.cold,
            finish_deletion: options.finish_deletion,
            common,
            hosted: ArcSwap::default(),
            purgatory: Purgatory::new(options.waits_max),
            deleting: Mutex::default(),
            stop: watch::Sender::new(false),
        });
        let subscription = manager.configs.watch().subscribe("replicas");
        esker_env::spawn(Arc::clone(&manager).follow_images(subscription));
        esker_env::spawn(Arc::clone(&manager).watch_dirs());
        background::start(&manager);
        manager
    }

    /// What has gone into and out of partitions.
    pub fn traffic(&self) -> BrokerTraffic {
        self.common.traffic.now()
    }

    /// A partition that is on this broker.
    pub fn partition(&self, topic_id: TopicId, partition: i32) -> Result<Arc<Partition>, Absent> {
        match self.hosted.load().get(&(topic_id, partition)) {
            Some(Hosted::Online(found)) => Ok(Arc::clone(found)),
            Some(Hosted::Offline(reason)) => Err(Absent::Storage(reason.to_string())),
            None => Err(self.absent(topic_id, partition)),
        }
    }

    /// What is to be said of a partition that is not here: it may exist elsewhere, or be about to come.
    fn absent(&self, topic_id: TopicId, partition: i32) -> Absent {
        let image = self.configs.watch().current();
        let known = image.topic(topic_id).and_then(|topic| topic.partition(partition));
        known.map_or(Absent::Unknown, |known| {
            let leader = known.leader.filter(|leader| *leader != self.node_id);
            let epoch = if leader.is_some() { known.leader_epoch } else { NO_LEADER_EPOCH };
            Absent::NotLeader(NotLeader { leader, epoch })
        })
    }

    /// All partitions that are on this broker and online.
    pub fn partitions(&self) -> Vec<Arc<Partition>> {
        let online = |hosted: &Hosted| match hosted {
            Hosted::Online(partition) => Some(Arc::clone(partition)),
            Hosted::Offline(_) => None,
        };
        self.hosted.load().values().filter_map(online).collect()
    }

    /// Partitions that are to be on this broker and cannot be opened, with the reason.
    pub fn offline_partitions(&self) -> Vec<((TopicId, i32), Arc<str>)> {
        let offline = |(key, hosted): (&(TopicId, i32), &Hosted)| match hosted {
            Hosted::Online(_) => None,
            Hosted::Offline(reason) => Some((*key, Arc::clone(reason))),
        };
        self.hosted.load().iter().filter_map(offline).collect()
    }

    /// The waits of this broker.
    pub fn purgatory(&self) -> &Arc<Purgatory> {
        &self.purgatory
    }

    /// The threads that wait for the disk.
    pub fn disk_pool(&self) -> &Pool {
        &self.disk_pool
    }

    /// The local logs.
    pub fn logs(&self) -> &Arc<LogManager> {
        &self.logs
    }

    /// The tier, where there is one.
    pub fn tier(&self) -> Option<&Tier> {
        self.common.tier.as_ref()
    }

    /// Waits until each ticket is decided or `limit` has passed; the results in the tickets' order.
    pub fn acknowledged(
        &self,
        tickets: Vec<AckTicket>,
        limit: Duration,
    ) -> impl Future<Output = Vec<Result<(), AckFault>>> + Send + 'static + use<> {
        acknowledged(Arc::clone(&self.purgatory), Arc::clone(&self.env.clock), tickets, limit)
    }

    /// Fetches from many partitions.
    pub fn fetch(&self, request: FetchRequest) -> Fetching {
        let means = || Means {
            env: self.env.clone(),
            purgatory: Arc::clone(&self.purgatory),
            disk_pool: self.disk_pool.clone(),
            cold: self.cold.clone(),
            cold_wait_max: self.setting_ms("remote.fetch.max.wait.ms", 500),
        };
        Job::start(means, request, |wanted| self.partition(wanted.topic_id, wanted.partition))
    }

    /// A setting in milliseconds, as it is now.
    fn setting_ms(&self, key: &str, otherwise: u64) -> Duration {
        let value = number(&self.configs, key);
        Duration::from_millis(value.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(otherwise))
    }

    /// Finds an offset; `None` where no record is meant. The tier is waited for up to `limit`, or as long as is configured.
    pub fn list_offset(
        &self,
        asked: ListOffset,
        limit: Option<Duration>,
    ) -> impl Future<Output = Result<Option<FoundOffset>, ListFault>> + Send + 'static + use<> {
        let ListOffset { topic_id, partition, current_leader_epoch, what, isolation } = asked;
        let answer = self
            .partition(topic_id, partition)
            .map_err(ListFault::from)
            .and_then(|partition| partition.list(what, current_leader_epoch, isolation));
        let limit = limit.unwrap_or_else(|| self.setting_ms("remote.list.offsets.request.timeout.ms", 30_000));
        let (pool, deadline) = (self.disk_pool.clone(), self.env.clock.now() + limit);
        async move {
            match answer? {
                LocalAnswer::Now(found) => Ok(found),
                LocalAnswer::Search(search) => search.run(pool, deadline).await,
            }
        }
    }

    /// Where a leader epoch ended, by the rules of OffsetForLeaderEpoch: (-1, -1) where that cannot be said.
    pub fn end_offset_for_epoch(
        &self,
        topic_id: TopicId,
        partition: i32,
        current: Option<LeaderEpoch>,
        epoch: LeaderEpoch,
    ) -> Result<(LeaderEpoch, Offset), EpochEndFault> {
        self.partition(topic_id, partition)?.epoch_end(current, epoch)
    }

    /// Deletes records below an offset, `None` for the high watermark; where the log starts then.
    pub fn delete_records(
        &self,
        topic_id: TopicId,
        partition: i32,
        offset: Option<Offset>,
        limit: Duration,
    ) -> impl Future<Output = Result<Offset, DeleteFault>> + Send + 'static + use<> {
        let partition = self.partition(topic_id, partition);
        async move { partition?.delete_records(offset, limit).await }
    }

    pub(crate) fn times(&self) -> &esker_config::LogConfig {
        &self.times
    }

    pub(crate) fn wall_ms(&self) -> i64 {
        self.env.clock.wall_ms()
    }

    pub(crate) fn generation(&self) -> u32 {
        self.common.generation
    }

    pub(crate) fn finish_deletion(&self) -> Option<&FinishDeletion> {
        self.finish_deletion.as_ref()
    }

    /// Notes that the deletion of a topic is under way; false where it was already.
    pub(crate) fn begin_deletion(&self, topic_id: TopicId) -> bool {
        self.deleting.lock().insert(topic_id)
    }

    pub(crate) fn end_deletion(&self, topic_id: TopicId) {
        self.deleting.lock().remove(&topic_id);
    }

    /// Whether the manager has been told to stop.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Ends the tasks and leaves everything else as it is, as the end of the process would.
    #[cfg(test)]
    pub(crate) fn stop_without_a_word(&self) {
        self.stop.send_replace(true);
        for partition in self.partitions() {
            partition.leave(Service::Stopping);
        }
    }

    /// Stops: nothing is served any more, tier partitions are closed, the logs are made durable and marked as stopped cleanly.
    pub async fn shut_down(&self) {
        self.stop.send_replace(true);
        for partition in self.partitions() {
            partition.leave(Service::Stopping);
        }
        let (logs, broker_epoch) = (Arc::clone(&self.logs), self.broker_epoch);
        if let Err(error) = self.disk_pool.run(move || logs.shut_down(broker_epoch)).await {
            tracing::error!(%error, "the logs are not stopped cleanly");
        }
    }
}
