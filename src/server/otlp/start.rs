//! Whether anything is exported, and to where.

use super::export::{Exporter, run};
use super::settings::OtlpSettings;
use crate::metrics::Metrics;
use esker_api::{ApiMetrics, Spans};
use esker_env::{Env, TaskHandle};
use std::sync::{Arc, OnceLock};
use tokio::runtime::Handle;
use tokio::sync::watch;

/// Sends metrics and traces to a collector, where the environment names one. What is wrong with that stops no broker.
pub(crate) fn start(
    env: &Env,
    api: &ApiMetrics,
    metrics: &Arc<OnceLock<Metrics>>,
    stop: &watch::Receiver<bool>,
    runtime: &Handle,
) -> Option<TaskHandle<()>> {
    let settings = match OtlpSettings::from_environment(std::env::vars()) {
        Ok(settings) => settings?,
        Err(error) => {
            tracing::warn!(error, "telemetry is not exported");
            return None;
        }
    };
    tracing::info!(metrics = settings.metrics_url, traces = settings.traces_url, "telemetry is exported");
    let spans = Arc::new(Spans::new(settings.sample_every));
    if settings.traces_url.is_some() {
        api.trace_into(Arc::clone(&spans));
    }
    match Exporter::new(env.clone(), settings, Arc::clone(metrics), spans) {
        Ok(exporter) => Some(runtime.spawn(run(exporter, stop.clone()))),
        Err(error) => {
            tracing::warn!(%error, "telemetry is not exported");
            None
        }
    }
}
