//! Figures of a broker that does nothing.

use super::{MetricSources, Metrics};
use crate::{ConnectionLimits, ConnectionRegistry, RequestMemory};
use esker_env::Env;
use esker_log::{Cleaner, CleanerConfig, LogManager, ManagerConfig};
use esker_metadata::ImagePublisher;
use esker_replication::Purgatory;
use std::sync::Arc;
use tempfile::TempDir;

/// Sources without a tier, over logs in `dir`.
pub(crate) fn sources(dir: &TempDir) -> MetricSources {
    let config = ManagerConfig {
        sync_threads_per_dir: 0,
        ..ManagerConfig::new(vec![dir.path().to_owned()], "east".parse().unwrap(), 1)
    };
    let (logs, _) = LogManager::open(&Env::system(), &config, &|_| Arc::default()).unwrap();
    let logs = Arc::new(logs);
    let at_rest = CleanerConfig { threads: 0, ..CleanerConfig::default() };
    let cleaner = Cleaner::start(Arc::clone(&logs), at_rest).unwrap();
    MetricSources {
        api: Arc::default(),
        connections: ConnectionRegistry::new(ConnectionLimits::default()),
        memory: RequestMemory::new(1 << 20),
        logs,
        cleaner: Some(Arc::new(cleaner)),
        purgatory: Purgatory::new(100),
        tier: None,
        image: ImagePublisher::default().watch(),
        started_ms: 1_700_000_000_000,
    }
}

pub(crate) fn metrics(dir: &TempDir) -> Metrics {
    Metrics::new(sources(dir)).unwrap()
}
