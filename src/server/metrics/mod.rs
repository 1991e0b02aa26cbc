//! What `/metrics` shows: figures declared as data, read from the rooms' own counters when somebody asks.
//!
//! Names are Kafka's MBean names in small letters where Kafka counts the same thing, and begin with `esker_` where it does not.
//! `config/METRICS.md` lists them all and is made from these declarations.

mod backlog;
mod cleaner;
mod cluster;
mod connections;
mod cost;
#[cfg(test)]
mod cost_test;
mod figure;
mod groups;
mod latency;
mod logs;
#[cfg(test)]
mod metrics_test;
mod process;
mod reference;
mod replicas;
mod requests;
mod runtime;
mod sessions;
mod telemetry;
#[cfg(test)]
pub(crate) mod testing;
mod tier;
mod traffic;
mod transactions;

pub use reference::metrics_reference;
pub use runtime::Threads;

use crate::{ConnectionRegistry, RequestMemory};
use connections::Network;
use esker_api::{ApiMetrics, SessionStats, Telemetry};
use esker_config::TierPrices;
use esker_coordinator::group::GroupCoordinator;
use esker_coordinator::transaction::TransactionStats;
use esker_env::{Clock, ProcessUsage};
use esker_log::{Cleaner, LogManager};
use esker_metadata::ImageWatch;
use esker_replication::ReplicaManager;
use esker_tiering::Tier;
use figure::register;
use latency::Latency;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::proto::MetricFamily;
use prometheus::{Registry, TextEncoder};
use std::sync::Arc;

/// What the figures are read from.
pub struct MetricSources {
    /// Requests.
    pub api: Arc<ApiMetrics>,
    /// Connections.
    pub connections: Arc<ConnectionRegistry>,
    /// Memory of request frames.
    pub memory: RequestMemory,
    /// Local logs.
    pub logs: Arc<LogManager>,
    /// Compaction, where it is on.
    pub cleaner: Option<Arc<Cleaner>>,
    /// Fetch sessions.
    pub sessions: Arc<dyn Fn() -> SessionStats + Send + Sync>,
    /// Metrics of clients, where they may push them.
    pub telemetry: Option<Arc<Telemetry>>,
    /// Partitions.
    pub replicas: Arc<ReplicaManager>,
    /// Groups.
    pub groups: Arc<GroupCoordinator>,
    /// Transactions.
    pub transactions: Arc<dyn Fn() -> TransactionStats + Send + Sync>,
    /// The threads.
    pub threads: Arc<Threads>,
    /// The tier, where there is one.
    pub tier: Option<Tier>,
    /// What the tier's provider asks, where there is a tier.
    pub prices: Option<TierPrices>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The cluster.
    pub image: ImageWatch,
    /// When the process started, milliseconds since the Unix epoch.
    pub started_ms: i64,
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The exporter could not be made.
    #[error("metrics cannot be exported: {0}")]
    Exporter(String),
    /// The text could not be written.
    #[error("metrics cannot be written: {0}")]
    Encoding(#[from] prometheus::Error),
}

/// All figures of one broker.
pub struct Metrics {
    registry: Registry,
    telemetry: Option<Arc<Telemetry>>,
    /// Holds the callbacks.
    _provider: SdkMeterProvider,
}

impl Metrics {
    /// Figures that are read from `sources`.
    pub fn new(sources: MetricSources) -> Result<Self, MetricsError> {
        let registry = Registry::new();
        // The declared names are the names: nothing is put behind them.
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .without_target_info()
            .without_counter_suffixes()
            .without_units()
            .build()
            .map_err(|error| MetricsError::Exporter(error.to_string()))?;
        let provider = SdkMeterProvider::builder().with_reader(exporter).build();
        registry.register(Box::new(Latency::of_requests(Arc::clone(&sources.api))?))?;
        if let Some(tier) = &sources.tier {
            for histogram in Latency::of_tier(tier)? {
                registry.register(Box::new(histogram))?;
            }
        }
        let telemetry = sources.telemetry.clone();
        register_all(&provider, sources);
        Ok(Self { registry, telemetry, _provider: provider })
    }

    /// The figures at the moment, in Prometheus' text format.
    pub fn text(&self) -> Result<String, MetricsError> {
        Ok(TextEncoder::new().encode_to_string(&self.registry.gather())?)
    }

    /// The figures at the moment, as they are.
    pub(crate) fn families(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }

    /// What clients have pushed, in the same format; `None` where they may not.
    pub fn of_clients(&self) -> Option<String> {
        self.telemetry.as_ref().map(|telemetry| telemetry.text())
    }
}

fn register_all(provider: &SdkMeterProvider, sources: MetricSources) {
    let meter = provider.meter("esker");
    let MetricSources {
        api,
        connections,
        memory,
        sessions,
        logs,
        cleaner,
        telemetry,
        replicas,
        groups,
        transactions,
        threads,
        tier,
        prices,
        clock,
        image,
        started_ms,
    } = sources;
    register(&meter, requests::FIGURES, move || Arc::clone(&api));
    let network = Arc::new(Network { connections, memory });
    register(&meter, connections::FIGURES, move || Arc::clone(&network));
    register(&meter, logs::FIGURES, move || Arc::clone(&logs));
    if let Some(cleaner) = cleaner {
        register(&meter, cleaner::FIGURES, move || Arc::clone(&cleaner));
    }
    register(&meter, sessions::FIGURES, move || Arc::new(sessions()));
    if let Some(telemetry) = telemetry {
        register(&meter, telemetry::FIGURES, move || Arc::new(telemetry.stats()));
    }
    let partitions = Arc::clone(&replicas);
    register(&meter, replicas::FIGURES, move || Arc::clone(&partitions));
    let counting = Arc::clone(&replicas);
    register(&meter, traffic::FIGURES, move || Arc::new(counting.traffic()));
    register(&meter, groups::FIGURES, move || Arc::clone(&groups));
    register(&meter, transactions::FIGURES, move || Arc::new(transactions()));
    register(&meter, runtime::FIGURES, move || Arc::clone(&threads));
    register(&meter, cluster::FIGURES, move || image.current());
    register(&meter, process::FIGURES, move || Arc::new(process::Process { usage: ProcessUsage::now(), started_ms }));
    if let Some(tier) = tier {
        if let Some(prices) = prices {
            let source = Arc::new(cost::CostSource::new(tier.clone(), Arc::clone(&replicas), &prices, clock));
            register(&meter, cost::FIGURES, move || Arc::new(source.read()));
        }
        register(&meter, backlog::FIGURES, move || Arc::new(backlog::Backlog::of(&replicas)));
        register(&meter, tier::FIGURES, move || Arc::new(tier.metrics()));
    }
}
