//! The HTTP service for whoever operates the broker: `/health`, `/ready`, `/metrics`, `/client-metrics`.

use crate::http_socket::{HttpLimits, LimitedListener};
use crate::metrics::Metrics;
use crate::status::Status;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use esker_config::HttpConfig;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Prometheus' name for its text format.
const TEXT_FORMAT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// How long the answers to requests that came before the stop may take.
const LAST_ANSWERS_MAX: Duration = Duration::from_secs(1);

/// What the service tells of.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) status: watch::Receiver<Status>,
    /// Empty while the broker starts.
    pub(crate) metrics: Arc<OnceLock<Metrics>>,
}

/// Why the service is not there.
#[derive(Debug, thiserror::Error)]
#[error("esker.http.listener {address}: {error}")]
pub struct HttpError {
    address: String,
    error: io::Error,
}

/// Binds the service's socket. Where nobody asked for the address and another process has it, the broker does without.
///
/// # Errors
/// An address that was asked for cannot be bound.
pub(crate) async fn bind(config: &HttpConfig) -> Result<Option<TcpListener>, HttpError> {
    let Some(address) = &config.listener else { return Ok(None) };
    match TcpListener::bind((address.host.as_str(), address.port)).await {
        Ok(socket) => Ok(Some(socket)),
        Err(error) if !config.configured => {
            tracing::warn!(%address, %error, "no HTTP service: set esker.http.listener to an address that is free");
            Ok(None)
        }
        Err(error) => Err(HttpError { address: address.to_string(), error }),
    }
}

/// Serves until `stopping` turns true, and then a little longer for whoever is being answered.
pub(crate) async fn serve(socket: TcpListener, limits: HttpLimits, told: Told, stopping: watch::Receiver<bool>) {
    let stopped = |mut stopping: watch::Receiver<bool>| async move {
        // A sender that is gone stops the service too.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    };
    let overdue = {
        let stopped = stopped(stopping.clone());
        async move {
            stopped.await;
            esker_env::sleep(LAST_ANSWERS_MAX).await;
        }
    };
    tokio::select! {
        ended = axum::serve(LimitedListener::new(socket, limits), router(told)).with_graceful_shutdown(stopped(stopping)) => {
            if let Err(error) = ended {
                tracing::error!(%error, "the HTTP service has ended");
            }
        }
        // A request that never comes whole would hold up the stop.
        () = overdue => {}
    }
}

fn router(told: Told) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .route("/client-metrics", get(client_metrics))
        .with_state(told)
}

/// 200 while the process should be left alone: a failed one answers 503 until it has ended.
async fn health(State(told): State<Told>) -> Response {
    let status = told.status.borrow().clone();
    let code = if matches!(status, Status::Failed(_)) { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (code, format!("{status}\n")).into_response()
}

/// 200 while clients are served.
async fn ready(State(told): State<Told>) -> Response {
    let status = told.status.borrow().clone();
    let code = if status == Status::Serving { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, format!("{status}\n")).into_response()
}

async fn metrics(State(told): State<Told>) -> Response {
    let Some(metrics) = told.metrics.get() else {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", *told.status.borrow())).into_response();
    };
    match metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

/// What clients have pushed. It is of their making, and stands apart from what the broker says of itself.
async fn client_metrics(State(told): State<Told>) -> Response {
    let Some(metrics) = told.metrics.get() else {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", *told.status.borrow())).into_response();
    };
    match metrics.of_clients() {
        Some(text) => ([(header::CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        None => (StatusCode::NOT_FOUND, "esker.client.telemetry.enable is off\n").into_response(),
    }
}
