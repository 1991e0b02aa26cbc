//! The HTTP service over loopback: what it says in each part of a broker's life.

use crate::Metrics;
use crate::http::{self, Told};
use crate::http_socket::HttpLimits;
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
    let served = esker_env::spawn(http::serve(socket, HttpLimits::default(), told, stopping));
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
    let told = Told { status: followed, metrics: Arc::default() };
    let served = esker_env::spawn(http::serve(socket, HttpLimits::default(), told, stopping));
    assert_eq!(get(port, "/ready").await.0, 200);
    let mut half = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    half.write_all(b"GET /ready HTTP/1.1\r\nho").await.unwrap();
    // Somebody else's request shows that this one has arrived.
    assert_eq!(get(port, "/ready").await.0, 200);
    stop.send(true).unwrap();
    let ended = esker_env::timeout(Duration::from_secs(60), served).await;
    assert!(ended.is_some(), "the service has not ended");
}

/// A service of a broker that serves, within these limits. It ends with what comes back.
async fn service(limits: HttpLimits) -> (u16, [watch::Sender<bool>; 1], watch::Sender<Status>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let (status, followed) = watch::channel(Status::Serving);
    let (stop, stopping) = watch::channel(false);
    let told = Told { status: followed, metrics: Arc::default() };
    esker_env::spawn(http::serve(socket, limits, told, stopping));
    (port, [stop], status)
}

/// Sends `piece` again and again until the service hangs up; how much it took, and what it said.
async fn endless(port: u16, head: &str, piece: &'static [u8]) -> (usize, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let sent = esker_env::spawn(async move {
        let mut sent = 0;
        while writer.write_all(piece).await.is_ok() {
            sent += piece.len();
        }
        sent
    });
    let mut answer = Vec::new();
    // Who hangs up on what is still being sent may reset the connection.
    let _ = reader.read_to_end(&mut answer).await;
    (sent.await.unwrap(), String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn h64_headers_without_an_end_are_cut_and_paths_lead_nowhere_else() {
    let (port, _stop, _status) = service(HttpLimits::default()).await;
    for (head, piece) in [
        ("GET /health HTTP/1.1\r\nx-endless: ", &[b'a'; 0x10000][..]),
        ("GET /health HTTP/1.1\r\n", b"x-line: 1\r\n"),
        ("GET /", &[b'a'; 0x10000]),
    ] {
        let (sent, answer) = endless(port, head, piece).await;
        assert!(sent < 16 << 20, "{head}: {sent}");
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{head}: {answer}");
    }
    for path in ["/../health", "/metrics/../health", "/%2e%2e/etc/passwd", "//health", "/health/..", "/./health"] {
        assert_eq!(get(port, path).await.0, 404, "{path}");
    }
    assert_eq!(get(port, "/health").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn h64_who_sends_slowly_or_takes_no_answer_keeps_no_place() {
    let soon = Duration::from_millis(300);
    let limits = HttpLimits { connections_max: 3, request_max: soon, answer_max: soon };
    let (port, _stop, _status) = service(limits).await;
    let mut slow = Vec::new();
    for head in ["", "GET /health HTTP/1.1\r\nho", "GET /health HTTP/1.1\r\ncontent-length: 99\r\nhost: x\r\n\r\nsome"]
    {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    // All places are taken until their deadlines pass.
    let answered = esker_env::timeout(Duration::from_secs(60), get(port, "/health")).await;
    assert_eq!(answered.expect("a place is free again").0, 200);
    for mut stream in slow {
        let mut rest = Vec::new();
        let ended = esker_env::timeout(Duration::from_secs(60), stream.read_to_end(&mut rest)).await;
        assert!(ended.is_some(), "it was hung up on");
    }
    // Byte by byte wins no time: the deadline is the whole request's.
    let mut dripping = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let dripped = async {
        while dripping.write_all(b"x").await.is_ok() {
            esker_env::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(esker_env::timeout(Duration::from_secs(60), dripped).await.is_some(), "it was hung up on");
}
