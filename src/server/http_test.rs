//! The HTTP service over loopback: what it says in each part of a broker's life.

use crate::Metrics;
use crate::http::{self, Told};
use crate::metrics::testing::metrics;
use crate::status::Status;
use esker_config::{HostPort, HttpConfig};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Status code and body of a GET.
async fn get(port: u16, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[tokio::test]
async fn health_and_readiness_follow_the_broker() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let (status, followed) = watch::channel(Status::Starting);
    let (stop, stopping) = watch::channel(false);
    let figures: Arc<OnceLock<Metrics>> = Arc::default();
    let told = Told { status: followed, metrics: Arc::clone(&figures) };
    let served = esker_env::spawn(http::serve(socket, told, stopping));
    assert_eq!(get(port, "/health").await, (200, "starting\n".to_owned()));
    assert_eq!(get(port, "/ready").await, (503, "starting\n".to_owned()));
    assert_eq!(get(port, "/metrics").await, (503, "starting\n".to_owned()));
    assert_eq!(get(port, "/client-metrics").await, (503, "starting\n".to_owned()));
    let dir = tempfile::tempdir().unwrap();
    figures.set(metrics(&dir)).ok().unwrap();
    status.send(Status::Serving).unwrap();
    assert_eq!(get(port, "/ready").await, (200, "serving\n".to_owned()));
    assert_eq!(get(port, "/nothing").await.0, 404);
    let (code, text) = get(port, "/metrics").await;
    assert_eq!(code, 200);
    assert!(text.contains("\nprocess_open_fds "), "{text}");
    assert_eq!(get(port, "/client-metrics").await, (200, String::new()), "nobody has pushed anything");
    status.send(Status::Failed("a disk".into())).unwrap();
    assert_eq!(get(port, "/health").await, (503, "failed: a disk\n".to_owned()));
    assert_eq!(get(port, "/ready").await, (503, "failed: a disk\n".to_owned()));
    stop.send(true).unwrap();
    served.await.unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "the socket is closed");
}

#[tokio::test]
async fn a_taken_address_is_a_fault_only_where_it_was_asked_for() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = HostPort { host: "127.0.0.1".into(), port: taken.local_addr().unwrap().port() };
    let mut config = HttpConfig { listener: Some(address), configured: false };
    assert!(http::bind(&config).await.unwrap().is_none());
    config.configured = true;
    let error = http::bind(&config).await.unwrap_err();
    assert!(error.to_string().starts_with("esker.http.listener 127.0.0.1:"), "{error}");
    assert!(http::bind(&HttpConfig { listener: None, configured: true }).await.unwrap().is_none());
}

#[tokio::test]
async fn a_request_that_never_comes_whole_does_not_hold_up_the_stop() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let (_status, followed) = watch::channel(Status::Serving);
    let (stop, stopping) = watch::channel(false);
    let served = esker_env::spawn(http::serve(socket, Told { status: followed, metrics: Arc::default() }, stopping));
    assert_eq!(get(port, "/ready").await.0, 200);
    let mut half = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    half.write_all(b"GET /ready HTTP/1.1\r\nho").await.unwrap();
    // Somebody else's request shows that this one has arrived.
    assert_eq!(get(port, "/ready").await.0, 200);
    stop.send(true).unwrap();
    let ended = esker_env::timeout(Duration::from_secs(60), served).await;
    assert!(ended.is_some(), "the service has not ended");
}
