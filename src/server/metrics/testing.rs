//! Figures of a broker that does nothing.

use super::{MetricSources, Metrics, Threads};
use crate::{ConnectionLimits, ConnectionRegistry, RequestMemory};
use esker_api::{SessionStats, Telemetry, TopicLog};
use esker_config::RawConfig;
use esker_coordinator::group::{GroupCoordinator, GroupCoordinatorOptions, OFFSETS_TOPIC};
use esker_coordinator::transaction::TransactionStats;
use esker_env::{Env, Pool};
use esker_log::{Cleaner, CleanerConfig, LogManager, ManagerConfig};
use esker_metadata::{ConfigStore, ImagePublisher};
use esker_replication::{ReplicaManager, ReplicaOptions};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Handle;

/// Sources without a tier, over logs in `dir`.
pub(crate) fn sources(dir: &TempDir) -> MetricSources {
    let config = ManagerConfig {
        sync_threads_per_dir: 0,
        ..ManagerConfig::new(vec![dir.path().to_owned()], "east".parse().unwrap(), 1)
    };
    let (logs, _) = LogManager::open(&Env::system(), &config, &|_| Arc::default()).unwrap();
    let (logs, image) = (Arc::new(logs), ImagePublisher::default().watch());
    let at_rest = CleanerConfig { threads: 0, ..CleanerConfig::default() };
    let cleaner = Cleaner::start(Arc::clone(&logs), at_rest).unwrap();
    let startup = RawConfig::from_text(esker_config::EMBEDDED).unwrap().resolve("host").unwrap();
    let configs = Arc::new(ConfigStore::new(startup.values, 1, image.clone()));
    let pool = Pool::new(Handle::current(), 1, 16);
    let telemetry = Telemetry::new(&startup.broker.telemetry, Env::system().clock, image.clone());
    let log = startup.broker.log;
    let shared = Arc::clone(&configs);
    let options = ReplicaOptions::new(Env::system(), 1, shared, Arc::clone(&logs), log, pool, Handle::current());
    let replicas = ReplicaManager::start(options);
    let topic = TopicLog::new(OFFSETS_TOPIC, image.clone(), Arc::clone(&replicas));
    let groups = GroupCoordinator::new(GroupCoordinatorOptions {
        env: Env::system(),
        configs,
        log: Arc::new(topic),
        memory_max: 1 << 20,
    });
    MetricSources {
        api: Arc::default(),
        connections: ConnectionRegistry::new(ConnectionLimits::default()),
        memory: RequestMemory::new(1 << 20),
        sessions: Arc::new(|| SessionStats { sessions: 2, partitions: 30, evictions: 4 }),
        logs,
        cleaner: Some(Arc::new(cleaner)),
        replicas,
        groups,
        transactions: Arc::new(|| TransactionStats { ids: 7, partitions_served: 5, partitions_loading: 1 }),
        threads: Arc::new(Threads {
            runtimes: vec![("network", Handle::current())],
            disk_pool: Pool::new(Handle::current(), 1, 16),
        }),
        telemetry: Some(telemetry),
        tier: None,
        prices: None,
        clock: Env::system().clock,
        image,
        started_ms: 1_700_000_000_000,
    }
}

pub(crate) fn metrics(dir: &TempDir) -> Metrics {
    Metrics::new(sources(dir)).unwrap()
}
