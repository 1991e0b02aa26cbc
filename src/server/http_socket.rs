//! Connections of the HTTP service: no more than a limit, and whatever one waits for has a deadline.

use axum::serve::Listener;
use esker_env::Timer;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What the service bears.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HttpLimits {
    /// Connections at once; who comes later waits until one ends.
    pub(crate) connections_max: usize,
    /// How long a request may take to come, the first one from the connection on.
    pub(crate) request_max: Duration,
    /// How long an answer may take to go, and the next request to begin.
    pub(crate) answer_max: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        let (request_max, answer_max) = (Duration::from_secs(10), Duration::from_secs(120));
        Self { connections_max: 64, request_max, answer_max }
    }
}

/// Accepts connections within the limits.
pub(crate) struct LimitedListener {
    socket: TcpListener,
    limits: HttpLimits,
    free: Arc<Semaphore>,
}

impl LimitedListener {
    pub(crate) fn new(socket: TcpListener, limits: HttpLimits) -> Self {
        Self { socket, limits, free: Arc::new(Semaphore::new(limits.connections_max)) }
    }
}

impl Listener for LimitedListener {
    type Io = TimedStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TimedStream, SocketAddr) {
        // Never closed, so that there always is one in the end.
        let place = Arc::clone(&self.free).acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.socket).await;
        let (limits, deadline) = (self.limits, Timer::new(self.limits.request_max));
        (TimedStream { stream, limits, deadline, awaits: Awaits::Request, _place: place }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

/// What the deadline is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaits {
    /// A request that is to come whole.
    Request,
    /// An answer that is to be taken, and the first byte behind it.
    Answer,
}

/// A connection that ends when its deadline has passed.
pub(crate) struct TimedStream {
    stream: TcpStream,
    limits: HttpLimits,
    deadline: Timer,
    awaits: Awaits,
    _place: Option<OwnedSemaphorePermit>,
}

impl TimedStream {
    /// Sets the deadline of what begins. What goes on keeps the one that it has, so that nobody wins time byte by byte.
    fn begins(&mut self, awaits: Awaits) {
        if self.awaits != awaits {
            self.awaits = awaits;
            let max = if awaits == Awaits::Request { self.limits.request_max } else { self.limits.answer_max };
            self.deadline.reset(max);
        }
    }

    /// Waits for what is not there yet, until the deadline.
    fn overdue<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        ready!(pin!(self.deadline.fired()).poll(cx));
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for TimedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, into) {
            Poll::Pending => self.overdue(cx),
            read => {
                if into.filled().len() > before {
                    self.begins(Awaits::Request);
                }
                read
            }
        }
    }
}

impl AsyncWrite for TimedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.begins(Awaits::Answer);
        match Pin::new(&mut self.stream).poll_write(cx, bytes) {
            Poll::Pending => self.overdue(cx),
            written => written,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
