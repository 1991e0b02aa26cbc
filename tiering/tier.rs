//! The tier of one process: the store, the budgets, the cache, and the partitions that use them.

use crate::checkpoint::Checkpoints;
use crate::clock_guard::ClockGuard;
use crate::cluster::{
    ClaimError, ClusterSnapshot, DeleteProgress, SnapshotError, Snapshots, TopicDeletion, claim_next, clusters_in,
    highest,
};
use crate::keys::Keys;
use crate::local_log::LocalLog;
use crate::meta_cache::MetaCache;
use crate::options::{TierOptions, TierTopicConfig};
use crate::partition::{ScrubBudget, TierPartition};
use crate::probe::{self, Probed};
use crate::process::{Core, TierState, Totals};
use crate::rate::RateLimit;
use crate::read::{CacheSettings, CacheStats, ColdReads, Fetcher, FetcherLimits};
use crate::store::{
    Backend, BreakerState, FileBackend, MemoryBackend, RequestCount, Store, StoreError, StoreErrorKind, StoreLimits,
    TopicRequests, open_azure, open_google, open_s3,
};
use crate::times::TimesSeen;
use crate::token::WriterToken;
use crate::upload::UploadLimits;
use crate::url::TierUrl;
use esker_env::{Env, Instant, Pool};
use esker_model::{BrokerId, ClusterId, TopicId, TopicIdPartition};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

/// Jobs that wait for a disk thread.
const DISK_QUEUE_MAX: usize = 4096;
/// How long closing waits for the cache.
const CLOSE_MAX: Duration = Duration::from_secs(10);

/// Why a tier was not opened.
#[derive(Debug, thiserror::Error)]
pub enum TierOpenError {
    /// The store's options are wrong.
    #[error("the tier's store: {0}")]
    Store(#[from] StoreError),
    /// A local directory cannot be used.
    #[error("{path}: {error}")]
    Directory {
        /// The directory.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
}

/// Figures of the whole tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierMetrics {
    /// Whether it works.
    pub state: TierState,
    /// Whether requests are sent.
    pub breaker: BreakerState,
    /// Requests by operation and reason.
    pub requests: Vec<RequestCount>,
    /// The chunk cache.
    pub cache: CacheStats,
    /// Decoded manifests, pages and trailer heads in memory, bytes.
    pub meta_cache_bytes: u64,
    /// Segment bytes in memory for uploads.
    pub upload_bytes: u64,
    /// Bytes of cold reads on their way.
    pub fetch_bytes: u64,
    /// Segments uploaded since the start.
    pub segments_uploaded: u64,
    /// Their bytes.
    pub bytes_uploaded: u64,
    /// Failed attempts to upload.
    pub upload_errors: u64,
    /// Objects deleted.
    pub objects_deleted: u64,
    /// Manifest versions written.
    pub versions_written: u64,
    /// Cold reads asked for.
    pub cold_reads: u64,
    /// Bytes they were given.
    pub cold_bytes: u64,
    /// Cold reads that failed.
    pub cold_errors: u64,
    /// How long cold reads took, failed ones included.
    pub cold_times: TimesSeen,
    /// How long uploads of segments took that succeeded.
    pub upload_times: TimesSeen,
    /// Objects that were read and checked unasked.
    pub scrubbed_objects: u64,
    /// Bytes that were read for that.
    pub scrubbed_bytes: u64,
    /// Objects found missing or damaged, each time that they were.
    pub scrub_damaged: u64,
    /// Those in whose place a good copy was put.
    pub scrub_healed: u64,
}

/// See the module. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tier {
    core: Arc<Core>,
    deletions: Arc<Mutex<HashMap<TopicId, Instant>>>,
}

fn open_backend(
    url: &TierUrl,
    env: &Env,
    pool: &Pool,
    options: &TierOptions,
) -> Result<Arc<dyn Backend>, TierOpenError> {
    match url {
        TierUrl::Memory => Ok(Arc::new(MemoryBackend::new(env.clone()))),
        TierUrl::Google { bucket, prefix } => Ok(open_google(bucket, prefix, &options.cloud)?),
        TierUrl::Azure { container, prefix } => Ok(open_azure(container, prefix, &options.cloud)?),
        TierUrl::S3 { bucket, prefix } => Ok(open_s3(env, bucket, prefix, &options.s3)?),
        TierUrl::File(path) => {
            let opened = FileBackend::open(path.clone(), env.clone(), pool.clone());
            let wrong = |error| TierOpenError::Directory { path: path.display().to_string(), error };
            Ok(Arc::new(opened.map_err(wrong)?))
        }
    }
}

impl Tier {
    /// Opens the tier of `cluster`. Nothing is asked of the store yet but in the background: the probe runs on `runtime`, which also
    /// runs uploads, cold reads and the cache, so that it should not be the network's.
    pub fn open(
        url: &TierUrl,
        cluster: &ClusterId,
        options: TierOptions,
        env: Env,
        runtime: Handle,
    ) -> Result<Self, TierOpenError> {
        let pool = Pool::new(runtime.clone(), options.disk_threads, DISK_QUEUE_MAX);
        let backend = open_backend(url, &env, &pool, &options)?;
        Self::with_backend(backend, pool, cluster, options, env, runtime)
    }

    pub(crate) fn with_backend(
        backend: Arc<dyn Backend>,
        pool: Pool,
        cluster: &ClusterId,
        options: TierOptions,
        env: Env,
        runtime: Handle,
    ) -> Result<Self, TierOpenError> {
        let limits = StoreLimits {
            requests_max: options.requests_max,
            request_timeout: options.request_timeout,
            retry_timeout: options.retry_timeout,
            ..StoreLimits::default()
        };
        let wrong = |error| TierOpenError::Directory { path: options.data_dir.display().to_string(), error };
        let checkpoints = Checkpoints::open(&options.data_dir, env.clone()).map_err(wrong)?;
        let rate = |bytes_per_second| RateLimit::new(bytes_per_second, Arc::clone(&env.clock));
        let cache = CacheSettings {
            dir: options.cache_dir.clone().unwrap_or_else(|| options.data_dir.join("esker-tier").join("cache")),
            memory_bytes: options.cache_memory_bytes,
            disk_bytes: options.cache_disk_bytes,
            direct_io: options.cache_direct_io,
        };
        let fetch = FetcherLimits {
            bytes_max: options.fetch_bytes_max.max(1 << 20),
            get_bytes_max: options.get_bytes_max.min(options.fetch_bytes_max).clamp(1 << 20, 16 << 20),
            bandwidth: rate(options.fetch_bytes_per_second),
        };
        let fetcher = Fetcher::new(env.clone(), runtime.clone(), cache, fetch);
        let reads = ColdReads::new(
            env.clone(),
            runtime.clone(),
            fetcher,
            options.answer_bytes_max.max(1 << 20),
            options.read_ahead_bytes_max,
            options.requests_max.max(1),
        );
        let uploads =
            UploadLimits::new(options.upload_bytes_max, options.upload_part_bytes, rate(options.copy_bytes_per_second));
        let core = Arc::new(Core {
            store: Store::new(backend, env.clone(), limits),
            keys: Keys::new(cluster),
            meta: Arc::new(MetaCache::new(usize::try_from(options.meta_cache_bytes).unwrap_or(usize::MAX))),
            uploads,
            scrub: ScrubBudget::new(rate(options.scrub_bytes_per_second)),
            reads,
            checkpoints,
            state: watch::Sender::new(TierState::Suspended { reason: "the store was not probed yet".into() }),
            clock_guard: Mutex::new(ClockGuard::new(&*env.clock)),
            totals: Totals::default(),
            turns: Arc::new(Semaphore::new(options.requests_max.max(1))),
            topics: Mutex::new(HashSet::new()),
            pool,
            runtime: runtime.clone(),
            env,
            options,
        });
        runtime.spawn(keep_probing(Arc::downgrade(&core)));
        Ok(Self { core, deletions: Arc::default() })
    }

    /// Whether the tier works, now.
    pub fn state(&self) -> TierState {
        self.core.state.borrow().clone()
    }

    /// Follows the state.
    pub fn watch_state(&self) -> watch::Receiver<TierState> {
        self.core.state.subscribe()
    }

    /// Waits for the first probe to say something: `Ready` or `Refused` as soon as it is proven, `Suspended` where the store could not
    /// be reached within `limit`. A refused store must stop the start.
    pub async fn first_probe(&self, limit: Duration) -> TierState {
        let mut state = self.core.state.subscribe();
        let decided = state.wait_for(|state| !matches!(state, TierState::Suspended { .. }));
        let decided = esker_env::timeout(limit, decided).await;
        match decided {
            Some(Ok(state)) => state.clone(),
            _ => self.state(),
        }
    }

    /// The clusters that were ever started beneath the prefix.
    pub async fn clusters_in_prefix(&self) -> Result<Vec<ClusterId>, StoreError> {
        clusters_in(&self.core.store).await
    }

    /// The cluster's highest generation in the bucket; `None` where it was never started there.
    pub async fn highest_generation(&self) -> Result<Option<u32>, StoreError> {
        highest(&self.core.store, &self.core.keys).await
    }

    /// Claims the generation behind `expected`, which must be the highest in the bucket: `None` for a new cluster.
    pub async fn claim_generation(&self, expected: Option<u32>) -> Result<u32, ClaimError> {
        claim_next(&self.core.store, &self.core.keys, &self.core.env, expected).await
    }

    /// Stops using the tier if the bucket has a higher generation than `mine`; that generation comes back then.
    pub async fn check_generation(&self, mine: u32) -> Result<Option<u32>, StoreError> {
        let highest = self.highest_generation().await?.filter(|highest| *highest > mine);
        if let Some(generation) = highest {
            self.core.state.send_replace(TierState::Superseded { generation });
        }
        Ok(highest)
    }

    fn snapshots(&self, prefix: String) -> Snapshots {
        Snapshots { store: self.core.store.clone(), prefix, env: self.core.env.clone() }
    }

    /// Writes a cluster snapshot; its number comes back. Old ones are pruned beside.
    pub async fn write_cluster_snapshot(&self, token: WriterToken, bytes: &[u8]) -> Result<u64, SnapshotError> {
        self.write_snapshot(self.core.keys.snapshots(), token, bytes, None).await
    }

    /// Writes what a broker knows of its groups' offsets; the number comes back, which may be given as `before` to the next write within
    /// half an hour.
    pub async fn write_group_offsets(
        &self,
        broker: BrokerId,
        token: WriterToken,
        bytes: &[u8],
        before: Option<u64>,
    ) -> Result<u64, SnapshotError> {
        self.write_snapshot(self.core.keys.group_offsets_of(broker), token, bytes, before).await
    }

    async fn write_snapshot(
        &self,
        prefix: String,
        token: WriterToken,
        bytes: &[u8],
        before: Option<u64>,
    ) -> Result<u64, SnapshotError> {
        let snapshots = self.snapshots(prefix);
        let sequence = snapshots.write(token, bytes, before).await?;
        if sequence.is_multiple_of(16)
            && let Err(error) = snapshots.prune().await
        {
            tracing::debug!(%error, "old snapshots stay for now");
        }
        Ok(sequence)
    }

    /// The newest cluster snapshot.
    pub async fn latest_cluster_snapshot(&self) -> Result<Option<ClusterSnapshot>, SnapshotError> {
        self.snapshots(self.core.keys.snapshots()).latest().await
    }

    /// Writes `topic.json` where it is missing. Partitions do that by themselves before their first manifest.
    pub async fn ensure_topic(&self, topic: TopicId, name: &str) -> bool {
        self.core.ensure_topic(topic, name).await
    }

    /// A partition, as a follower: [`TierPartition::lead`] makes it more.
    pub fn open_partition(
        &self,
        id: TopicIdPartition,
        local: Arc<dyn LocalLog>,
        config: TierTopicConfig,
    ) -> TierPartition {
        self.core.store.counters().topics().open(id.topic_id, id.topic());
        TierPartition::new(Arc::clone(&self.core), id, local, config)
    }

    /// Deletes a topic from the bucket, as far as that can be done now; to be called again until it says `Empty`, by whoever holds
    /// the record of the deletion. `partitions` is how many the topic has or had.
    pub async fn delete_topic(
        &self,
        topic: TopicId,
        partitions: i32,
        generation: u32,
    ) -> Result<DeleteProgress, StoreError> {
        if !self.core.is_ready() {
            return Err(StoreError::new(StoreErrorKind::Suspended, "delete", &topic.to_hex(), "the tier is not ready"));
        }
        let core = &self.core;
        let mut marked_at = self.deletions.lock().get(&topic).copied();
        let deletion = TopicDeletion {
            store: core.store.clone(),
            keys: core.keys.clone(),
            meta: Arc::clone(&core.meta),
            env: core.env.clone(),
            topic,
            partitions,
            generation,
            grace: core.options.garbage_grace,
        };
        let progress = deletion.run(&mut marked_at).await;
        if let Some(marked_at) = marked_at {
            self.deletions.lock().insert(topic, marked_at);
        }
        let progress = progress?;
        if progress == DeleteProgress::Empty {
            self.deletions.lock().remove(&topic);
            core.topics.lock().remove(&topic);
            core.store.counters().topics().close(topic);
        }
        Ok(progress)
    }

    /// Removes what this broker's disk knows of a partition that it no longer has. Blocks.
    pub fn forget_partition(&self, topic: TopicId, partition: i32) -> std::io::Result<()> {
        self.core.checkpoints.remove(crate::keys::PartitionHome { topic_id: topic, partition })
    }

    /// Changes `remote.log.manager.copy.max.bytes.per.second`.
    pub fn set_copy_rate(&self, bytes_per_second: u64) {
        self.core.uploads.bandwidth.set(bytes_per_second);
    }

    /// Changes `remote.log.manager.fetch.max.bytes.per.second`.
    pub fn set_fetch_rate(&self, bytes_per_second: u64) {
        self.core.reads.fetcher.limits().bandwidth.set(bytes_per_second);
    }

    /// An operator says that a jump of the wall clock was right: retention by time goes on.
    pub fn confirm_clock(&self) {
        self.core.clock_guard.lock().confirm();
    }

    /// Figures.
    pub fn metrics(&self) -> TierMetrics {
        let core = &self.core;
        let load = |total: &AtomicU64| total.load(Ordering::Relaxed);
        let totals = &core.totals;
        TierMetrics {
            state: self.state(),
            breaker: core.store.breaker(),
            requests: core.store.counters().rows(),
            cache: core.reads.fetcher.stats(),
            meta_cache_bytes: core.meta.bytes() as u64,
            upload_bytes: core.uploads.bytes_in_use(),
            fetch_bytes: core.reads.fetcher.bytes_in_flight(),
            segments_uploaded: load(&totals.segments_uploaded),
            bytes_uploaded: load(&totals.bytes_uploaded),
            upload_errors: load(&totals.upload_errors),
            objects_deleted: load(&totals.objects_deleted),
            versions_written: load(&totals.versions_written),
            cold_reads: load(&totals.cold_reads),
            cold_bytes: load(&totals.cold_bytes),
            cold_errors: load(&totals.cold_errors),
            cold_times: totals.cold_times.seen(),
            upload_times: totals.upload_times.seen(),
            scrubbed_objects: load(&totals.scrubbed_objects),
            scrubbed_bytes: load(&totals.scrubbed_bytes),
            scrub_damaged: load(&totals.scrub_damaged),
            scrub_healed: load(&totals.scrub_healed),
        }
    }

    /// Requests by topic, operation and reason.
    pub fn topic_requests(&self) -> Vec<TopicRequests> {
        self.core.store.counters().topics().rows()
    }

    /// Writes the cache to disk for the next start, with a deadline. Partitions are closed by their owners.
    pub async fn close(&self) {
        if esker_env::timeout(CLOSE_MAX, self.core.reads.fetcher.close()).await.is_none() {
            tracing::warn!("the chunk cache took too long to close; a part of it is lost");
        }
    }
}

/// Probes until the store is proven good or bad, or the tier is gone.
async fn keep_probing(core: std::sync::Weak<Core>) {
    while let Some(strong) = core.upgrade() {
        let key = strong.keys.probe(strong.env.random.uuid());
        let state = state_of(probe::probe(&strong.store, &key).await);
        let is_decided = !matches!(state, TierState::Suspended { .. });
        strong.state.send_replace(state);
        probe::remove(&strong.store, key).await;
        if is_decided {
            return;
        }
        let pause = strong.options.probe_interval;
        drop(strong);
        esker_env::sleep(pause).await;
    }
}

fn state_of(probed: Probed) -> TierState {
    match probed {
        Probed::Good => {
            tracing::info!("the store honours conditional creates; the tier is ready");
            TierState::Ready
        }
        Probed::Bad(reason) => {
            tracing::error!(reason, "the store cannot hold the tier");
            TierState::Refused { reason }
        }
        Probed::Unclear(error) => {
            tracing::warn!(%error, "the store cannot be probed; the tier waits");
            TierState::Suspended { reason: error.to_string() }
        }
    }
}
