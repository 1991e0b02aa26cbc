//! The task that sends.

use super::settings::OtlpSettings;
use super::{metrics, traces};
use crate::metrics::Metrics;
use esker_api::{RequestSpan, Spans};
use esker_env::Env;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::watch;

/// How long the last export of a broker that stops may take.
const LAST_MAX: Duration = Duration::from_secs(2);

/// What is exported, and how.
pub(crate) struct Exporter {
    pub(crate) env: Env,
    pub(crate) settings: OtlpSettings,
    pub(crate) metrics: Arc<OnceLock<Metrics>>,
    pub(crate) spans: Arc<Spans>,
    pub(crate) started_ms: i64,
    client: reqwest::Client,
    /// Whether the last export failed: each row of failures is said once.
    failing: bool,
}

impl Exporter {
    /// An exporter that has sent nothing yet.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub(crate) fn new(
        env: Env,
        settings: OtlpSettings,
        metrics: Arc<OnceLock<Metrics>>,
        spans: Arc<Spans>,
    ) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(settings.timeout).build()?;
        let started_ms = env.clock.wall_ms();
        Ok(Self { env, settings, metrics, spans, started_ms, client, failing: false })
    }

    async fn send_metrics(&mut self) {
        let (Some(url), Some(figures)) = (self.settings.metrics_url.clone(), self.metrics.get()) else { return };
        let nanos = |ms: i64| u64::try_from(ms).unwrap_or(0).saturating_mul(1_000_000);
        let times = metrics::Times { start: nanos(self.started_ms), now: nanos(self.env.clock.wall_ms()) };
        let body = metrics::encode(&figures.families(), &self.settings.resource, times);
        self.post(&url, body).await;
    }

    async fn send_traces(&mut self) {
        let spans: Vec<RequestSpan> = self.spans.take();
        let Some(url) = self.settings.traces_url.clone().filter(|_| !spans.is_empty()) else { return };
        let body = traces::encode(&spans, &self.settings.resource, &*self.env.random);
        self.post(&url, body).await;
    }

    async fn post(&mut self, url: &str, body: Vec<u8>) {
        let mut request = self.client.post(url).header("content-type", "application/x-protobuf").body(body);
        for (name, value) in &self.settings.headers {
            request = request.header(name, value);
        }
        let failure = match request.send().await {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("the collector answered {}", answer.status())),
            Err(error) => Some(error.to_string()),
        };
        match &failure {
            Some(error) if !self.failing => tracing::warn!(url, error, "telemetry is not exported"),
            None if self.failing => tracing::info!(url, "telemetry is exported again"),
            _ => {}
        }
        self.failing = failure.is_some();
    }
}

/// Sends until `stopping` turns true, and then what is left.
pub(crate) async fn run(mut exporter: Exporter, mut stopping: watch::Receiver<bool>) {
    let step = exporter.settings.trace_interval.min(exporter.settings.metric_interval);
    let mut metrics_due = exporter.env.clock.now() + exporter.settings.metric_interval;
    loop {
        // A sender that is gone stops this, too.
        let stopped = esker_env::timeout(step, stopping.wait_for(|stopping| *stopping)).await.is_some();
        if stopped {
            let last = async {
                exporter.send_traces().await;
                exporter.send_metrics().await;
            };
            if esker_env::timeout(LAST_MAX, last).await.is_none() {
                tracing::warn!("the last export of telemetry took too long");
            }
            return;
        }
        exporter.send_traces().await;
        if exporter.env.clock.now() >= metrics_due {
            metrics_due = exporter.env.clock.now() + exporter.settings.metric_interval;
            exporter.send_metrics().await;
        }
    }
}
