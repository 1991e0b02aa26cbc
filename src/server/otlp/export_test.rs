//! A collector on loopback that takes what is sent, and one that does not want it.

use super::export::{Exporter, run};
use super::settings::OtlpSettings;
use crate::metrics::testing::metrics;
use crate::testing::protobuf::{Field, fields, find};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use esker_api::Spans;
use esker_env::Env;
use parking_lot::Mutex;
use std::sync::{Arc, OnceLock};
use tokio::sync::{Notify, watch};

#[derive(Clone, Default)]
struct Collector {
    taken: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    refuses: Arc<Mutex<u32>>,
    came: Arc<Notify>,
}

async fn take(State(collector): State<Collector>, headers: HeaderMap, body: Bytes) -> StatusCode {
    collector.came.notify_one();
    let mut refuses = collector.refuses.lock();
    if *refuses > 0 {
        *refuses -= 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    collector.taken.lock().push((headers, body));
    StatusCode::OK
}

async fn serve(collector: Collector) -> String {
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", socket.local_addr().unwrap());
    let router = Router::new().route("/v1/metrics", post(take)).with_state(collector);
    esker_env::spawn(async move { axum::serve(socket, router).await.unwrap() });
    endpoint
}

fn settings(endpoint: String) -> OtlpSettings {
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=seven"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "20"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    OtlpSettings::from_environment(variables).unwrap().unwrap()
}

/// Names of the metrics in a request.
fn names(body: &[u8]) -> Vec<String> {
    let of_resource = find(&fields(body), 1)[0].bytes();
    let of_scope = find(&fields(&of_resource), 2)[0].bytes();
    let name = |metric: &Field| String::from_utf8(find(&fields(&metric.bytes()), 1)[0].bytes()).unwrap();
    find(&fields(&of_scope), 2).iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_go_to_the_collector_again_after_it_refused_some() {
    let collector = Collector::default();
    *collector.refuses.lock() = 2;
    let endpoint = serve(collector.clone()).await;
    let dir = tempfile::tempdir().unwrap();
    let figures = Arc::new(OnceLock::new());
    assert!(figures.set(metrics(&dir)).is_ok());
    let (stop, stopping) = watch::channel(false);
    let spans = Arc::new(Spans::new(1));
    let exporter = Exporter::new(Env::system(), settings(endpoint), figures, spans).unwrap();
    let task = esker_env::spawn(run(exporter, stopping));
    while collector.taken.lock().is_empty() {
        collector.came.notified().await;
    }
    stop.send_replace(true);
    task.await.unwrap();
    assert_eq!(*collector.refuses.lock(), 0);
    let (headers, body) = collector.taken.lock()[0].clone();
    assert_eq!(
        (&headers["content-type"], &headers["x-tenant"]),
        (&"application/x-protobuf".parse().unwrap(), &"seven".parse().unwrap())
    );
    let names = names(&body);
    for name in
        ["kafka_server_replicamanager_partitioncount", "process_cpu_seconds_total", "esker_runtime_busy_seconds_total"]
    {
        assert!(names.iter().any(|found| found == name), "{name} is missing in {names:?}");
    }
}
