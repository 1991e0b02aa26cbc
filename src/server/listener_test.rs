//! Accepting within limits, over loopback.

use crate::listener::{Accepting, SocketOptions};
use crate::{ConnectionContext, ConnectionLimits, ConnectionRegistry, Dispatch, RequestMemory, bind, serve};
use bytes::Bytes;
use esker_api::{Reply, Response};
use esker_env::{Env, Pool};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::watch;

/// Answers every frame with a whole frame of the same bytes.
struct Echo;

impl Dispatch for Echo {
    type Session = ();

    fn dispatch(&self, (): &mut (), frame: Bytes) -> Reply {
        let prefix = (frame.len() as i32).to_be_bytes();
        Reply::Now(Response::of([&prefix[..], &frame].concat().into()))
    }

    fn overlaps(&self, _: &[u8]) -> bool {
        false
    }

    fn sent(&self, _: i16, _: Duration, _: Duration) {}
}

struct Server {
    address: SocketAddr,
    registry: Arc<ConnectionRegistry>,
    _stop: watch::Sender<bool>,
}

async fn start(limits: ConnectionLimits, listener_max: usize) -> Server {
    let options = SocketOptions { backlog: 50, send_buffer: -1, receive_buffer: -1 };
    let socket = bind("127.0.0.1", 0, &options).await.unwrap();
    let address = socket.local_addr().unwrap();
    let registry = ConnectionRegistry::new(limits);
    let (stop, stopping) = watch::channel(false);
    let context = ConnectionContext {
        env: Env::system(),
        disk_pool: Pool::new(Handle::current(), 1, 16),
        memory: RequestMemory::new(1 << 20),
        frame_len_max: 1 << 20,
        idle_max: Duration::from_secs(600),
        stopping,
    };
    let accepting = Accepting { registry: Arc::clone(&registry), connections_max: listener_max, rate_max: usize::MAX };
    esker_env::spawn(serve(socket, Arc::new(Echo), accepting, context, |_| ()));
    Server { address, registry, _stop: stop }
}

/// Whether a connection is served.
async fn is_served(stream: &mut TcpStream) -> bool {
    let asked = stream.write_all(&[0, 0, 0, 1, 7]).await;
    let mut answer = [0; 5];
    let answered = esker_env::timeout(Duration::from_secs(5), stream.read_exact(&mut answer)).await;
    asked.is_ok() && matches!(answered, Some(Ok(_))) && answer == [0, 0, 0, 1, 7]
}

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.address).await.unwrap()
}

#[tokio::test]
async fn the_one_too_many_is_turned_away_and_a_place_that_gets_free_is_given_again() {
    for (limits, listener_max) in [
        (ConnectionLimits { total: 2, ..ConnectionLimits::default() }, usize::MAX),
        (ConnectionLimits { per_ip: 2, ..ConnectionLimits::default() }, usize::MAX),
        (ConnectionLimits::default(), 2),
    ] {
        let server = start(limits.clone(), listener_max).await;
        let (mut one, mut two) = (connect(&server).await, connect(&server).await);
        assert!(is_served(&mut one).await && is_served(&mut two).await, "{limits:?}");
        assert!(!is_served(&mut connect(&server).await).await, "{limits:?}");
        assert_eq!(server.registry.counters.refused.load(std::sync::atomic::Ordering::Relaxed), 1);
        drop(one);
        let freed = async {
            while server.registry.open() == 2 {
                esker_env::sleep(Duration::from_millis(5)).await
            }
        };
        assert!(esker_env::timeout(Duration::from_secs(5), freed).await.is_some());
        assert!(is_served(&mut connect(&server).await).await && is_served(&mut two).await, "{limits:?}");
    }
}

#[tokio::test]
async fn limits_follow_the_configuration_while_connections_are_served() {
    let server = start(ConnectionLimits::default(), usize::MAX).await;
    let mut one = connect(&server).await;
    assert!(is_served(&mut one).await);
    let own = [("127.0.0.1".parse().unwrap(), 1)].into();
    server.registry.set_limits(ConnectionLimits { overrides: own, ..ConnectionLimits::default() });
    assert!(!is_served(&mut connect(&server).await).await);
    assert!(is_served(&mut one).await, "who is there stays");
    server.registry.set_limits(ConnectionLimits::default());
    assert!(is_served(&mut connect(&server).await).await);
}

#[tokio::test]
async fn all_closed_waits_for_the_last_connection() {
    let server = start(ConnectionLimits::default(), usize::MAX).await;
    let mut one = connect(&server).await;
    assert!(is_served(&mut one).await);
    assert!(esker_env::timeout(Duration::from_millis(50), server.registry.all_closed()).await.is_none());
    drop(one);
    assert!(esker_env::timeout(Duration::from_secs(5), server.registry.all_closed()).await.is_some());
}
