//! The start of a broker, part by part.

use crate::connection_config::{connection_limits, follow_limits};
use crate::http::{self, Told};
use crate::http_socket::HttpLimits;
use crate::identity::{IdentityError, check_nothing_is_lost, cluster_of};
use crate::listener::ConnectionRegistry;
use crate::metrics::{MetricSources, Metrics};
use crate::otlp;
use crate::presence::Presence;
use crate::recover::check_no_recovery_is_open;
use crate::recovered::Recovered;
use crate::runtimes::Runtimes;
use crate::serving::{Front, serve_all};
use crate::sockets;
use crate::start_error::StartError;
use crate::status::Status;
use crate::tier::{self, GroupOffsetsKeeper, OpenTier, SnapshotWriter};
use crate::{RequestMemory, compaction, quorum};
use esker_api::{Api, CoordinationParts, PartitionMarkers, Services, start_groups, start_transactions};
use esker_config::{BrokerConfig, Startup};
use esker_controller::{Controller, ImageMachine, ProducerIds};
use esker_coordinator::group::GroupCoordinator;
use esker_coordinator::transaction::TransactionCoordinator;
use esker_env::{Env, TaskHandle};
use esker_log::{Cleaner, DiskMarks, LoadReport, LogManager, ManagerConfig};
use esker_metadata::{ConfigStore, ImageWatch};
use esker_model::{BrokerEpoch, BrokerId, ClusterId};
use esker_quorum::{DIRECTORY, MetadataQuorum, QuorumNode};
use esker_replication::{ReplicaManager, ReplicaOptions, log_config_for};
use esker_tiering::{Tier, WriterToken};
use parking_lot::Mutex;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::watch;

/// How long finishing the deletion of a topic may take.
const FINISH_DELETION_MAX: Duration = Duration::from_secs(30);

/// The parts of a broker that are needed to stop it.
pub(crate) struct Parts {
    pub(crate) cluster: ClusterId,
    pub(crate) image: ImageWatch,
    pub(crate) quorum: Arc<QuorumNode>,
    pub(crate) logs: Arc<LogManager>,
    pub(crate) cleaner: Option<Arc<Cleaner>>,
    pub(crate) replicas: Arc<ReplicaManager>,
    pub(crate) transactions: Arc<TransactionCoordinator>,
    pub(crate) groups: Arc<GroupCoordinator>,
    pub(crate) presence: Arc<Presence>,
    pub(crate) tier: Option<Tier>,
    pub(crate) group_offsets: Option<Arc<GroupOffsetsKeeper>>,
    pub(crate) connections: Arc<ConnectionRegistry>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

/// A broker that serves.
pub(crate) struct Started {
    pub(crate) parts: Parts,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) stopping: watch::Sender<bool>,
    pub(crate) tasks: Vec<TaskHandle<()>>,
    pub(crate) addresses: Vec<(Arc<str>, SocketAddr)>,
    pub(crate) http_address: Option<SocketAddr>,
}

/// What is there once the metadata is.
struct Foundation {
    cluster: ClusterId,
    /// Whether this start made the cluster.
    is_new: bool,
    quorum: Arc<QuorumNode>,
    image: ImageWatch,
    configs: Arc<ConfigStore>,
    controller: Arc<Controller>,
}

/// Starts everything, in order; see [`crate::Broker`].
pub(crate) async fn start(startup: Startup, env: Env, runtimes: &Runtimes) -> Result<Started, StartError> {
    let started_ms = env.clock.wall_ms();
    let Startup { values, broker, cluster_id, .. } = startup;
    let config = Arc::new(broker);
    let (status, _) = watch::channel(Status::Starting);
    let (stopping, stop) = watch::channel(false);
    let metrics: Arc<OnceLock<Metrics>> = Arc::default();
    let mut tasks = Vec::new();
    let told = Told { status: status.subscribe(), metrics: Arc::clone(&metrics) };
    let http_address = serve_http(&config, told, &stop, runtimes, &mut tasks).await?;

    let base = lay_foundation(&env, &config, values, cluster_id).await?;
    tracing::info!(cluster = %base.cluster, node = config.node_id, new = base.is_new, "metadata is there");
    let (logs, loaded) = open_logs(&env, &config, &base)?;
    let tier = open_tier(&env, &config, &base, runtimes).await?;
    let sockets = sockets::open(&config.listeners, &config.network).await?;
    let endpoints = sockets.iter().filter_map(|bound| bound.endpoint.clone()).collect();
    let controller = Arc::clone(&base.controller);
    let presence =
        Presence::register(&env, &config, &base.cluster, endpoints, controller, Arc::clone(&logs), &loaded).await?;
    let presence = Arc::new(presence);
    let replicas = start_replicas(&env, &config, &base, &logs, &loaded, tier.as_ref(), presence.epoch, runtimes);
    let cleaner = start_compaction(&base, &logs, runtimes)?;
    presence.unfence().await?;
    tasks.push(esker_env::spawn(Arc::clone(&presence).keep(base.image.clone(), stop.clone())));
    let recovered = recovered(&base, &replicas, config.node_id, presence.epoch);
    tasks.push(esker_env::spawn(recovered.run(base.image.clone(), stop.clone())));
    if let Some(tier) = &tier {
        tasks.push(keep_tier(&base, tier, presence.epoch, &stop, runtimes));
    }

    let (api, transactions, groups) = start_api(&env, &config, &base, &replicas);
    let keep = |tier| keep_group_offsets(&env, &config, &base, tier, presence.epoch, &groups);
    let group_offsets = tier.as_ref().map(keep);
    let keepers = group_offsets.iter();
    tasks.extend(keepers.map(|keeper| runtimes.background().spawn(Arc::clone(keeper).run(stop.clone()))));
    let connections = ConnectionRegistry::new(connection_limits(&config).await?);
    drop(esker_env::spawn(follow_limits(Arc::clone(&connections), Arc::clone(&base.configs))));
    let memory = RequestMemory::new(usize::try_from(config.request_memory_bytes).unwrap_or(usize::MAX));
    let front = Front {
        env,
        config,
        api,
        connections: Arc::clone(&connections),
        memory,
        disk_pool: runtimes.disk_pool.clone(),
    };
    let addresses = sockets.iter().filter_map(|bound| Some((Arc::clone(&bound.name), bound.socket.local_addr().ok()?)));
    let addresses = addresses.collect();
    let Foundation { cluster, image, quorum, .. } = base;
    let tier = tier.map(|open| open.tier);
    let parts = Parts {
        cluster,
        image,
        quorum,
        logs,
        cleaner,
        replicas,
        transactions,
        groups,
        presence,
        tier,
        group_offsets,
        connections,
    };
    tasks.extend(otlp::start(&front.env, front.api.metrics(), &metrics, &stop, runtimes.background()));
    // Nobody else fills it.
    let _ = metrics.set(Metrics::new(metric_sources(&parts, &front, runtimes, started_ms))?);
    tasks.extend(serve_all(sockets, &front, &stop));
    status.send_replace(Status::Serving);
    tracing::info!("serving");
    Ok(Started { parts, status, stopping, tasks, addresses, http_address })
}

/// Serves health and metrics from the first moment on, where that is wanted.
async fn serve_http(
    config: &BrokerConfig,
    told: Told,
    stop: &watch::Receiver<bool>,
    runtimes: &Runtimes,
    tasks: &mut Vec<TaskHandle<()>>,
) -> Result<Option<SocketAddr>, StartError> {
    let Some(socket) = http::bind(&config.http).await? else { return Ok(None) };
    let address = socket.local_addr().ok();
    tasks.push(runtimes.background().spawn(http::serve(socket, HttpLimits::default(), told, stop.clone())));
    Ok(address)
}

fn start_compaction(
    base: &Foundation,
    logs: &Arc<LogManager>,
    runtimes: &Runtimes,
) -> Result<Option<Arc<Cleaner>>, StartError> {
    let cleaner = compaction::start(&base.configs.current(), logs).map_err(StartError::Threads)?;
    if let Some(cleaner) = &cleaner {
        let configs = Arc::clone(&base.configs);
        // Ends with the runtime: it has nothing to finish.
        drop(esker_env::spawn(compaction::follow(Arc::clone(cleaner), configs, runtimes.disk_pool.clone())));
    }
    Ok(cleaner)
}

/// Who tells the controller which leaders have recovered.
fn recovered(
    base: &Foundation,
    replicas: &Arc<ReplicaManager>,
    node_id: BrokerId,
    broker_epoch: BrokerEpoch,
) -> Recovered {
    let (controller, replicas) = (Arc::clone(&base.controller), Arc::clone(replicas));
    Recovered { controller, replicas, node_id, broker_epoch }
}

/// What the tier needs beside its partitions. The task writes a last snapshot of the cluster before it ends.
fn keep_tier(
    base: &Foundation,
    tier: &OpenTier,
    broker_epoch: BrokerEpoch,
    stop: &watch::Receiver<bool>,
    runtimes: &Runtimes,
) -> TaskHandle<()> {
    // These end with the runtime: they have nothing to finish.
    drop(runtimes.background().spawn(tier.generations.clone().watch(tier.generation)));
    drop(runtimes.background().spawn(tier::follow_rates(tier.tier.clone(), Arc::clone(&base.configs))));
    runtimes.background().spawn(snapshot_writer(base, tier, broker_epoch).run(stop.clone()))
}

/// Starts the coordinators, and what answers requests.
fn start_api(
    env: &Env,
    config: &Arc<BrokerConfig>,
    base: &Foundation,
    replicas: &Arc<ReplicaManager>,
) -> (Api, Arc<TransactionCoordinator>, Arc<GroupCoordinator>) {
    let producer_ids = ProducerIds::new(env.clone(), Arc::clone(&base.controller), config.node_id);
    let groups = start_groups(env.clone(), Arc::clone(&base.configs), base.image.clone(), Arc::clone(replicas));
    let markers = PartitionMarkers::new(env.clone(), base.image.clone(), Arc::clone(replicas), Arc::clone(&groups));
    let markers = Arc::new(markers);
    let transactions = start_transactions(&CoordinationParts {
        env: env.clone(),
        configs: Arc::clone(&base.configs),
        image: base.image.clone(),
        replicas: Arc::clone(replicas),
        producer_ids: Arc::clone(&producer_ids),
        markers: Arc::clone(&markers),
    });
    let api = Api::new(Services {
        env: env.clone(),
        node_id: config.node_id,
        config: Arc::clone(config),
        configs: Arc::clone(&base.configs),
        image: base.image.clone(),
        controller: Arc::clone(&base.controller),
        producer_ids,
        replicas: Arc::clone(replicas),
        markers,
        transactions: Arc::clone(&transactions),
        groups: Arc::clone(&groups),
    });
    (api, transactions, groups)
}

fn metric_sources(parts: &Parts, front: &Front, runtimes: &Runtimes, started_ms: i64) -> MetricSources {
    let api = front.api.clone();
    let transactions = Arc::clone(&parts.transactions);
    MetricSources {
        api: Arc::clone(api.metrics()),
        connections: Arc::clone(&parts.connections),
        memory: front.memory.clone(),
        logs: Arc::clone(&parts.logs),
        cleaner: parts.cleaner.clone(),
        sessions: Arc::new(move || api.fetch_sessions()),
        telemetry: front.api.telemetry().cloned(),
        replicas: Arc::clone(&parts.replicas),
        groups: Arc::clone(&parts.groups),
        transactions: Arc::new(move || transactions.stats()),
        threads: Arc::new(runtimes.threads()),
        tier: parts.tier.clone(),
        prices: front.config.tier.as_ref().map(|tier| tier.prices.clone()),
        clock: Arc::clone(&front.env.clock),
        image: parts.image.clone(),
        started_ms,
    }
}

/// Finds out which cluster this is and starts its metadata.
async fn lay_foundation(
    env: &Env,
    config: &BrokerConfig,
    values: esker_config::BrokerValues,
    wanted: Option<ClusterId>,
) -> Result<Foundation, StartError> {
    let mut dirs = config.log_dirs.clone();
    if !dirs.contains(&config.metadata_log_dir) {
        dirs.push(config.metadata_log_dir.clone());
    }
    check_no_recovery_is_open(&*env.disk, &config.metadata_log_dir)
        .map_err(|mark| IdentityError::Recovering { mark })?;
    let stored = cluster_of(&*env.disk, &dirs, config.node_id, wanted.as_ref())?;
    let metadata_dir = config.metadata_log_dir.join(DIRECTORY);
    // A directory that was only locked holds no metadata yet.
    let names = env.disk.list_described(&metadata_dir, &|_| false).unwrap_or_default();
    if names.iter().all(|entry| entry.name == ".lock") {
        check_nothing_is_lost(&*env.disk, &config.log_dirs, &metadata_dir)?;
    }
    let machine = ImageMachine::new();
    let image = machine.watch();
    let quorum = quorum::start(env, config, machine).await?;
    let configs = Arc::new(ConfigStore::new(values, config.node_id, image.clone()));
    let shared: Arc<dyn MetadataQuorum> = Arc::clone(&quorum) as _;
    let controller = Controller::new(env.clone(), config.node_id, shared, Arc::clone(&configs));
    let is_new = image.current().cluster_id().is_none();
    let cluster = controller.create_cluster(stored.clone().or_else(|| wanted.clone())).await?;
    if let Some(directories) = stored.or(wanted).filter(|directories| *directories != cluster) {
        return Err(IdentityError::Metadata { dir: metadata_dir, metadata: cluster, directories }.into());
    }
    Ok(Foundation { cluster, is_new, quorum, image, configs, controller })
}

/// Opens and, where need be, recovers the logs. The calling thread waits.
fn open_logs(env: &Env, config: &BrokerConfig, base: &Foundation) -> Result<(Arc<LogManager>, LoadReport), StartError> {
    let manager = ManagerConfig {
        recovery_threads_per_dir: config.log.recovery_threads_per_dir,
        // A closed segment that is open has two maps.
        open_segments_max: (config.log.maps_max / 2).max(1),
        marks: DiskMarks { low_bytes: config.log.disk_free_low_bytes, min_bytes: config.log.disk_free_min_bytes },
        producer_expiration_ms: i64::try_from(config.log.producer_id_expiration.as_millis()).unwrap_or(i64::MAX),
        ..ManagerConfig::new(config.log_dirs.clone(), base.cluster.clone(), config.node_id)
    };
    let image = base.image.current();
    let (logs, loaded) = LogManager::open(env, &manager, &|topic| log_config_for(&base.configs, &image, topic))?;
    tracing::info!(
        opened = loaded.opened,
        broken = loaded.broken.len(),
        clean = loaded.clean.len(),
        millis = loaded.took.as_millis(),
        "logs are open"
    );
    Ok((Arc::new(logs), loaded))
}

async fn open_tier(
    env: &Env,
    config: &BrokerConfig,
    base: &Foundation,
    runtimes: &Runtimes,
) -> Result<Option<OpenTier>, StartError> {
    let Some(tier) = &config.tier else { return Ok(None) };
    let (values, runtime) = (base.configs.current(), runtimes.background().clone());
    Ok(Some(tier::open(tier, config, &values, &base.cluster, base.is_new, env, runtime).await?))
}

#[allow(clippy::too_many_arguments)] // what a broker has by now, each named once
fn start_replicas(
    env: &Env,
    config: &BrokerConfig,
    base: &Foundation,
    logs: &Arc<LogManager>,
    loaded: &LoadReport,
    tier: Option<&OpenTier>,
    broker_epoch: BrokerEpoch,
    runtimes: &Runtimes,
) -> Arc<ReplicaManager> {
    let clean_dirs: Vec<PathBuf> = loaded.clean.iter().map(|(dir, _)| dir.clone()).collect();
    let controller = Arc::clone(&base.controller);
    ReplicaManager::start(ReplicaOptions {
        clean_dirs,
        tier: tier.map(|open| open.tier.clone()),
        generation: tier.map_or(0, |open| open.generation),
        broker_epoch,
        finish_deletion: Some(Arc::new(move |topic| {
            let controller = Arc::clone(&controller);
            Box::pin(async move {
                let finished = controller.finish_topic_deletion(topic, FINISH_DELETION_MAX).await;
                finished.map_err(|error| error.to_string())
            })
        })),
        ..ReplicaOptions::new(
            env.clone(),
            config.node_id,
            Arc::clone(&base.configs),
            Arc::clone(logs),
            config.log.clone(),
            runtimes.disk_pool.clone(),
            runtimes.background().clone(),
        )
    })
}

fn snapshot_writer(base: &Foundation, tier: &OpenTier, broker_epoch: BrokerEpoch) -> SnapshotWriter {
    let token = snapshot_token(base, tier, broker_epoch);
    SnapshotWriter { tier: tier.tier.clone(), image: base.image.clone(), token }
}

/// In whose name this broker writes snapshots: the leader of the metadata quorum is in this process.
fn snapshot_token(base: &Foundation, tier: &OpenTier, broker_epoch: BrokerEpoch) -> WriterToken {
    let leader_epoch = i32::try_from(base.quorum.leader().borrow().term).unwrap_or(i32::MAX);
    WriterToken { generation: tier.generation, leader_epoch, broker_epoch }
}

fn keep_group_offsets(
    env: &Env,
    config: &BrokerConfig,
    base: &Foundation,
    tier: &OpenTier,
    broker_epoch: BrokerEpoch,
    groups: &Arc<GroupCoordinator>,
) -> Arc<GroupOffsetsKeeper> {
    Arc::new(GroupOffsetsKeeper {
        env: env.clone(),
        tier: tier.tier.clone(),
        groups: Arc::clone(groups),
        interval: config.tier.as_ref().map_or(Duration::MAX, |tier| tier.limits.group_offsets_interval),
        broker: config.node_id,
        token: snapshot_token(base, tier, broker_epoch),
        last: Mutex::default(),
    })
}
