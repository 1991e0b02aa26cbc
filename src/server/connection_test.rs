//! Connections over loopback: order, overlap, bounds and deadlines.

#![allow(clippy::disallowed_methods)] // a test may look at the clock and sleep

use crate::{Closed, Connection, ConnectionContext, Dispatch, RequestMemory};
use bytes::{BufMut, Bytes, BytesMut};
use esker_api::{FileRange, Piece, Reply, Response};
use esker_env::{Disk, Env, OpenMode, Pool, SystemDisk, TaskHandle};
use std::io::IoSlice;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

/// Answers `e...` at once, `m` and `M` with a short and a long pause, `w...` after a release, `s` never, `x` by closing and `f` with the file's bytes.
struct Echo {
    release: Arc<Notify>,
    file: Option<FileRange>,
}

fn framed(bytes: &[u8]) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_i32(i32::try_from(bytes.len()).unwrap());
    frame.extend_from_slice(bytes);
    frame.freeze()
}

impl Dispatch for Echo {
    type Session = ();

    fn dispatch(&self, (): &mut (), frame: Bytes) -> Reply {
        match frame[0] {
            b'w' | b'p' => {
                let release = Arc::clone(&self.release);
                Reply::Later(Box::pin(async move {
                    release.notified().await;
                    Some(Response::of(framed(&frame)))
                }))
            }
            b's' => Reply::Silent,
            b'x' => Reply::Close,
            b'f' => {
                let range = self.file.clone().unwrap();
                let prefix = Bytes::copy_from_slice(&(range.len as i32).to_be_bytes());
                let pieces = vec![Piece::Bytes(prefix), Piece::File(range)];
                Reply::Now(Response { pieces, mute: Duration::ZERO })
            }
            b'M' => Reply::Now(Response { mute: Duration::from_millis(11_000), ..Response::of(framed(&frame)) }),
            b'm' => Reply::Now(Response { mute: Duration::from_millis(300), ..Response::of(framed(&frame)) }),
            _ => Reply::Now(Response::of(framed(&frame))),
        }
    }

    fn overlaps(&self, frame: &[u8]) -> bool {
        frame[0] == b'p'
    }

    fn sent(&self, _: i16, _: Duration, _: Duration) {}
}

struct Fixture {
    client: TcpStream,
    server: TaskHandle<Closed>,
    release: Arc<Notify>,
    memory: RequestMemory,
    stop: watch::Sender<bool>,
}

async fn connect(idle_max: Duration, file: Option<FileRange>) -> Fixture {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let release = Arc::new(Notify::new());
    let (stop, stopping) = watch::channel(false);
    let memory = RequestMemory::new(1 << 20);
    let context = ConnectionContext {
        env: Env::system(),
        disk_pool: Pool::new(Handle::current(), 1, 16),
        memory: memory.clone(),
        frame_len_max: 4 << 20,
        idle_max,
        stopping,
    };
    let echo = Arc::new(Echo { release: Arc::clone(&release), file });
    let server = esker_env::spawn(Connection::new(stream, echo, (), context).run());
    Fixture { client, server, release, memory, stop }
}

async fn read_frame(client: &mut TcpStream) -> Vec<u8> {
    let len = client.read_i32().await.unwrap();
    let mut bytes = vec![0; usize::try_from(len).unwrap()];
    client.read_exact(&mut bytes).await.unwrap();
    bytes
}

const LONG: Duration = Duration::from_secs(600);

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_and_one_at_a_time() {
    let mut fixture = connect(LONG, None).await;
    let mut all = Vec::new();
    for request in [&b"e1"[..], b"w2", b"e3", b"w4", b"s", b"e5"] {
        all.extend_from_slice(&framed(request));
    }
    fixture.client.write_all(&all).await.unwrap();
    assert_eq!(read_frame(&mut fixture.client).await, b"e1");
    fixture.release.notify_one();
    assert_eq!(read_frame(&mut fixture.client).await, b"w2");
    assert_eq!(read_frame(&mut fixture.client).await, b"e3");
    fixture.release.notify_one();
    assert_eq!(read_frame(&mut fixture.client).await, b"w4");
    assert_eq!(read_frame(&mut fixture.client).await, b"e5");
}

#[tokio::test]
async fn produce_like_requests_wait_together() {
    let mut fixture = connect(LONG, None).await;
    for request in [&b"p1"[..], b"p2", b"p3", b"e4"] {
        fixture.client.write_all(&framed(request)).await.unwrap();
    }
    // One wave releases all that wait: had they run one after the other, the second would still be waiting.
    tokio::time::sleep(Duration::from_millis(100)).await;
    fixture.release.notify_waiters();
    for answer in [b"p1", b"p2", b"p3", b"e4"] {
        assert_eq!(read_frame(&mut fixture.client).await, answer);
    }
}

#[tokio::test]
async fn a_client_that_has_finished_sending_still_gets_its_answers() {
    let mut fixture = connect(LONG, None).await;
    fixture.client.write_all(&framed(b"w1")).await.unwrap();
    fixture.client.shutdown().await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    fixture.release.notify_one();
    assert_eq!(read_frame(&mut fixture.client).await, b"w1");
    assert!(matches!(fixture.server.await.unwrap(), Closed::ByClient));
}

#[tokio::test]
async fn impossible_lengths_close_the_connection_before_memory_is_taken() {
    for length in [-1, i32::MIN, 0, (4 << 20) + 1, i32::MAX] {
        let mut fixture = connect(LONG, None).await;
        fixture.client.write_i32(length).await.unwrap();
        assert!(matches!(fixture.server.await.unwrap(), Closed::BadLength(bad) if bad == length));
        assert_eq!(fixture.memory.used(), 0);
    }
}

#[tokio::test]
async fn other_protocols_are_turned_away() {
    for hello in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"SSH-2.0-OpenSSH_9\r\n"]
    {
        let mut fixture = connect(LONG, None).await;
        fixture.client.write_all(hello).await.unwrap();
        assert!(matches!(fixture.server.await.unwrap(), Closed::BadLength(_)));
    }
}

#[tokio::test]
async fn a_frame_larger_than_the_account_s_step_arrives_whole() {
    let mut fixture = connect(LONG, None).await;
    let request: Vec<u8> = std::iter::once(b'e').chain((0..900_000).map(|n| n as u8)).collect();
    fixture.client.write_all(&framed(&request)).await.unwrap();
    assert_eq!(read_frame(&mut fixture.client).await, request);
    fixture.client.write_all(&framed(b"e")).await.unwrap();
    read_frame(&mut fixture.client).await;
    assert_eq!(fixture.memory.used(), 0, "an answered request gives its memory back");
}

#[tokio::test]
async fn a_client_that_announces_much_and_sends_little_holds_little() {
    let mut fixture = connect(LONG, None).await;
    fixture.client.write_i32(4 << 20).await.unwrap();
    fixture.client.write_all(&[0; 20 << 10]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(fixture.memory.used(), 256 << 10);
    drop(fixture.client);
    fixture.server.await.unwrap();
    assert_eq!(fixture.memory.used(), 0);
}

#[tokio::test]
async fn a_frame_that_does_not_arrive_in_time_closes_the_connection() {
    let mut fixture = connect(LONG, None).await;
    fixture.client.write_all(&framed(b"e-slow")[..7]).await.unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(15), fixture.server).await.unwrap().unwrap();
    assert!(matches!(closed, Closed::TooSlow));
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let fixture = connect(Duration::from_millis(200), None).await;
    let closed = tokio::time::timeout(Duration::from_secs(10), fixture.server).await.unwrap().unwrap();
    assert!(matches!(closed, Closed::Idle));
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_not_read_from() {
    let mut fixture = connect(LONG, None).await;
    let mut request = vec![b'e'; 500_000];
    request[0] = b'e';
    let frame = framed(&request);
    let mut sent = 0;
    // Each answer is as long as its request, so unread answers must stop the reading long before this bound.
    while sent < 200 {
        let write = fixture.client.write_all(&frame);
        if tokio::time::timeout(Duration::from_millis(500), write).await.is_err() {
            break;
        }
        sent += 1;
    }
    assert!(sent < 100, "{sent} requests were taken while no answer was read");
}

#[tokio::test]
async fn a_throttled_client_is_answered_at_once_and_read_from_later() {
    let mut fixture = connect(LONG, None).await;
    fixture.client.write_all(&framed(b"M1")).await.unwrap();
    // Much sooner than its pause is over.
    let answer = tokio::time::timeout(Duration::from_secs(8), read_frame(&mut fixture.client)).await;
    assert_eq!(answer.unwrap(), b"M1");

    let mut fixture = connect(LONG, None).await;
    let began = std::time::Instant::now();
    fixture.client.write_all(&framed(b"m1")).await.unwrap();
    fixture.client.write_all(&framed(b"e2")).await.unwrap();
    assert_eq!(read_frame(&mut fixture.client).await, b"m1");
    assert_eq!(read_frame(&mut fixture.client).await, b"e2");
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_pause_ends_in_time_though_half_of_the_next_request_is_there() {
    let mut fixture = connect(LONG, None).await;
    let began = std::time::Instant::now();
    let next = framed(b"e2");
    fixture.client.write_all(&[&framed(b"m1")[..], &next[..5]].concat()).await.unwrap();
    assert_eq!(read_frame(&mut fixture.client).await, b"m1");
    fixture.client.write_all(&next[5..]).await.unwrap();
    assert_eq!(read_frame(&mut fixture.client).await, b"e2");
    assert!((Duration::from_millis(300)..Duration::from_secs(5)).contains(&began.elapsed()));
}

#[tokio::test]
async fn a_pause_longer_than_a_frame_may_take_is_not_the_client_s_slowness() {
    let mut fixture = connect(LONG, None).await;
    let next = framed(b"e2");
    fixture.client.write_all(&[&next[..], &framed(b"M1"), &next[..5]].concat()).await.unwrap();
    assert_eq!(read_frame(&mut fixture.client).await, b"e2");
    assert_eq!(read_frame(&mut fixture.client).await, b"M1");
    fixture.client.write_all(&next[5..]).await.unwrap();
    assert_eq!(read_frame(&mut fixture.client).await, b"e2");
}

#[tokio::test]
async fn a_file_range_is_sent_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let file = SystemDisk.open(&dir.path().join("segment"), OpenMode::CreateNew).unwrap();
    let bytes: Vec<u8> = (0..3_000_000u32).map(|n| (n * 7) as u8).collect();
    file.write_all_at(&[IoSlice::new(&bytes)], 0).unwrap();
    let range = FileRange { file, position: 5, len: 2_500_000 };
    let mut fixture = connect(LONG, Some(range)).await;
    for _ in 0..2 {
        fixture.client.write_all(&framed(b"f")).await.unwrap();
        assert_eq!(read_frame(&mut fixture.client).await, &bytes[5..2_500_005]);
    }
}

#[tokio::test]
async fn a_refused_request_and_a_stopping_server_close_the_connection() {
    let mut fixture = connect(LONG, None).await;
    fixture.client.write_all(&framed(b"x")).await.unwrap();
    assert!(matches!(fixture.server.await.unwrap(), Closed::Refused));
    let fixture = connect(LONG, None).await;
    fixture.stop.send(true).unwrap();
    assert!(matches!(fixture.server.await.unwrap(), Closed::Stopping));
}

#[tokio::test]
async fn a_stopping_server_answers_what_it_was_asked_and_takes_nothing_new() {
    let mut fixture = connect(LONG, None).await;
    fixture.client.write_all(&framed(b"w1")).await.unwrap();
    fixture.client.write_all(&framed(b"e2")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    fixture.stop.send(true).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    fixture.release.notify_one();
    assert_eq!(read_frame(&mut fixture.client).await, b"w1");
    assert!(matches!(fixture.server.await.unwrap(), Closed::Stopping));
    assert!(fixture.client.read_i32().await.is_err(), "the second request came too late");
}

#[tokio::test]
async fn a_stopping_server_does_not_wait_for_ever() {
    let mut fixture = connect(LONG, None).await;
    fixture.client.write_all(&framed(b"w1")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    fixture.stop.send(true).unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(10), fixture.server).await.unwrap().unwrap();
    assert!(matches!(closed, Closed::Stopping));
}
