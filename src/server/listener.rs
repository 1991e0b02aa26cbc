//! Accepts connections within limits: a refused one never harms those that are served.

use crate::connection::{Closed, Connection, ConnectionContext, Dispatch};
use crate::limits::{ConnectionLimits, Pace};
use arc_swap::ArcSwap;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// How long to wait after the system refused a socket for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What the operator sees of a broker's connections.
#[derive(Debug, Default)]
pub struct ConnectionCounters {
    /// Connections served since the start.
    pub accepted: AtomicU64,
    /// Connections turned away at a limit.
    pub refused: AtomicU64,
    /// Connections closed because of what the client sent or failed to do in time.
    pub dropped: AtomicU64,
}

/// The connections that exist, by address. Shared by all listeners of a broker.
#[derive(Debug)]
pub struct ConnectionRegistry {
    limits: ArcSwap<ConnectionLimits>,
    pace: Pace,
    open: Mutex<HashMap<IpAddr, usize>>,
    total: watch::Sender<usize>,
    /// Counters for `/metrics`.
    pub counters: ConnectionCounters,
}

/// A connection's place in the registry; given back when dropped.
#[derive(Debug)]
struct Place {
    registry: Arc<ConnectionRegistry>,
    ip: IpAddr,
    /// Its place among the listener's.
    _of_listener: OwnedSemaphorePermit,
}

impl ConnectionRegistry {
    /// An empty registry with these limits.
    pub fn new(limits: ConnectionLimits) -> Arc<Self> {
        Arc::new(Self {
            limits: ArcSwap::from_pointee(limits),
            pace: Pace::default(),
            open: Mutex::default(),
            total: watch::Sender::new(0),
            counters: ConnectionCounters::default(),
        })
    }

    /// Puts other limits into effect, for connections that come from now on.
    pub fn set_limits(&self, limits: ConnectionLimits) {
        self.limits.store(Arc::new(limits));
    }

    /// Connections open at the moment.
    pub fn open(&self) -> usize {
        *self.total.borrow()
    }

    /// Waits until no connection is open.
    pub async fn all_closed(&self) {
        // The sender is in `self`, so that the wait cannot fail.
        let _ = self.total.subscribe().wait_for(|total| *total == 0).await;
    }

    fn admit(self: &Arc<Self>, ip: IpAddr, of_listener: OwnedSemaphorePermit) -> Option<Place> {
        let ip = ip.to_canonical();
        let limits = self.limits.load();
        // Every change of the total is made under this lock.
        let mut open = self.open.lock();
        let total = *self.total.borrow();
        let of_ip = open.entry(ip).or_insert(0);
        if total >= limits.total || *of_ip >= limits.of(ip) {
            if *of_ip == 0 {
                open.remove(&ip);
            }
            return None;
        }
        self.total.send_replace(total + 1);
        *of_ip += 1;
        Some(Place { registry: Arc::clone(self), ip, _of_listener: of_listener })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.registry.open.lock();
        self.registry.total.send_modify(|total| *total -= 1);
        if let Some(of_ip) = open.get_mut(&self.ip) {
            *of_ip -= 1;
            if *of_ip == 0 {
                open.remove(&self.ip);
            }
        }
    }
}

/// The limits of one listener beside those of the broker.
#[derive(Clone, Debug)]
pub struct Accepting {
    /// All connections of the broker.
    pub registry: Arc<ConnectionRegistry>,
    /// Connections of this listener (`listener.name.<name>.max.connections`).
    pub connections_max: usize,
    /// New connections of this listener a second (`listener.name.<name>.max.connection.creation.rate`).
    pub rate_max: usize,
}

/// Serves one listener until the server stops. `session` makes what a connection carries between its requests.
pub async fn serve<D: Dispatch>(
    socket: TcpListener,
    dispatch: Arc<D>,
    accepting: Accepting,
    context: ConnectionContext,
    session: impl Fn(SocketAddr) -> D::Session + Send,
) {
    let Accepting { registry, connections_max, rate_max } = accepting;
    let places = Arc::new(Semaphore::new(connections_max.min(Semaphore::MAX_PERMITS)));
    let (mut stopping, pace) = (context.stopping.clone(), Pace::default());
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            _ = stopping.wait_for(|stopping| *stopping) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                // The kernel keeps those who come meanwhile.
                let now = context.env.clock.now();
                let pause = pace.delay(now, rate_max).max(registry.pace.delay(now, registry.limits.load().rate));
                if !pause.is_zero() {
                    esker_env::sleep(pause).await;
                }
                let place = Arc::clone(&places).try_acquire_owned().ok().and_then(|own| registry.admit(peer.ip(), own));
                let Some(place) = place else {
                    registry.counters.refused.fetch_add(1, Ordering::Relaxed);
                    continue;
                };
                registry.counters.accepted.fetch_add(1, Ordering::Relaxed);
                start(stream, Arc::clone(&dispatch), session(peer), context.clone(), place);
            }
            // The peer has gone before it was accepted, or descriptors are short: others may still be served.
            Err(error) => {
                tracing::debug!(%error, "a connection could not be accepted");
                esker_env::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn start<D: Dispatch>(
    stream: TcpStream,
    dispatch: Arc<D>,
    session: D::Session,
    context: ConnectionContext,
    place: Place,
) {
    // Answers are small and complete: waiting for more bytes to fill a packet only adds latency.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps Nagle's algorithm");
    }
    esker_env::spawn(async move {
        let closed = Connection::new(stream, dispatch, session, context).run().await;
        note(&closed, &place);
    });
}

fn note(closed: &Closed, place: &Place) {
    match closed {
        Closed::ByClient | Closed::Idle | Closed::Stopping => {}
        Closed::TooSlow | Closed::BadLength(_) | Closed::Refused | Closed::Failed(_) => {
            place.registry.counters.dropped.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(ip = %place.ip, reason = ?closed, "connection dropped");
        }
    }
}

/// How a listener's sockets are made.
#[derive(Clone, Copy, Debug)]
pub struct SocketOptions {
    /// Connections that may wait to be accepted (`socket.listen.backlog.size`).
    pub backlog: usize,
    /// Bytes of the send buffer (`socket.send.buffer.bytes`); not positive leaves it to the system.
    pub send_buffer: i32,
    /// Bytes of the receive buffer (`socket.receive.buffer.bytes`); not positive leaves it to the system.
    pub receive_buffer: i32,
}

/// Binds a listener's socket; an empty host means every interface, IPv6 and IPv4 where the system has both.
///
/// # Errors
/// The address cannot be resolved or is in use.
pub async fn bind(host: &str, port: u16, options: &SocketOptions) -> io::Result<TcpListener> {
    if !host.is_empty() {
        let mut failed = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in tokio::net::lookup_host((host, port)).await? {
            match listen(address, options) {
                Ok(socket) => return Ok(socket),
                Err(error) => failed = error,
            }
        }
        return Err(failed);
    }
    match listen((std::net::Ipv6Addr::UNSPECIFIED, port).into(), options) {
        Ok(socket) => Ok(socket),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(error),
        Err(_) => listen((std::net::Ipv4Addr::UNSPECIFIED, port).into(), options),
    }
}

fn listen(address: SocketAddr, options: &SocketOptions) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restarted broker takes its port back though old connections linger.
    socket.set_reuseaddr(true)?;
    // Connections inherit what the listener has, and only so does the window of the first packets fit.
    if let Some(bytes) = u32::try_from(options.send_buffer).ok().filter(|bytes| *bytes > 0) {
        socket.set_send_buffer_size(bytes)?;
    }
    if let Some(bytes) = u32::try_from(options.receive_buffer).ok().filter(|bytes| *bytes > 0) {
        socket.set_recv_buffer_size(bytes)?;
    }
    socket.bind(address)?;
    socket.listen(u32::try_from(options.backlog).unwrap_or(u32::MAX))
}
