//! One client connection: frames in, answers out in request order, with bounds on everything in between.
//!
//! A single task reads, dispatches and writes, so that an ordinary request crosses no thread. Requests are taken one at
//! a time, as Kafka takes them; only Produce requests overlap with each other, so that their waits for the disk or for
//! replicas add up to one. Whoever does not read its answers is not read from.

use crate::budget::{Charge, RequestMemory};
use crate::frames::{BadLength, Frame, FrameReader};
use crate::outgoing::{Flush, Outgoing};
use bytes::Bytes;
use esker_api::{FileRange, Reply, Response};
use esker_env::{Env, Instant, Pool, Timer};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::watch;

/// Answers that wait for their turn, at most.
const PENDING_MAX: usize = 128;
/// Bytes of answers beyond which no further request is taken.
const OUTGOING_MAX: u64 = 1 << 20;
/// How long an idle connection keeps its read buffer.
const BUFFER_KEPT: Duration = Duration::from_secs(2);
/// A frame that has begun must be complete after this time and a share for its length ...
const FRAME_TIME: Duration = Duration::from_secs(10);
/// ... of one second for so many bytes.
const FRAME_BYTES_PER_SECOND: u64 = 256 << 10;
/// How long a server that stops goes on answering what it was asked before.
const LAST_ANSWERS_TIME: Duration = Duration::from_secs(3);
/// How long a client may leave answers unread.
const UNREAD_TIME: Duration = Duration::from_secs(60);

/// What turns request frames into replies.
pub trait Dispatch: Send + Sync + 'static {
    /// What the server keeps about one connection between its requests.
    type Session: Send;

    /// Answers one frame. Whatever must happen in request order happens before this returns.
    fn dispatch(&self, session: &mut Self::Session, frame: Bytes) -> Reply;

    /// Whether the request may start while earlier ones of its kind are still being answered.
    fn overlaps(&self, frame: &[u8]) -> bool;

    /// The answer of a request has been handed to the kernel. `key` is what the frame begins with; the request had `waited` behind
    /// earlier ones before it was begun, and its answer took `sending`.
    fn sent(&self, key: i16, waited: Duration, sending: Duration);
}

/// Bounds and shared resources of a connection.
#[derive(Clone, Debug)]
pub struct ConnectionContext {
    /// Clock.
    pub env: Env,
    /// Where reads that would wait for the disk are done.
    pub disk_pool: Pool,
    /// Account of request bytes.
    pub memory: RequestMemory,
    /// `socket.request.max.bytes`.
    pub frame_len_max: usize,
    /// `connections.max.idle.ms`.
    pub idle_max: Duration,
    /// Turns true when the server stops.
    pub stopping: watch::Receiver<bool>,
}

/// Why a connection ended.
#[derive(Debug)]
pub enum Closed {
    /// The client has gone.
    ByClient,
    /// Nothing happened for `connections.max.idle.ms`.
    Idle,
    /// A frame did not arrive, or answers were not read, in time.
    TooSlow,
    /// A frame announced an impossible length.
    BadLength(i32),
    /// A request could not be understood, or asked for no answer and failed.
    Refused,
    /// The server stops.
    Stopping,
    /// The socket failed.
    Failed(io::Error),
}

impl From<BadLength> for Closed {
    fn from(bad: BadLength) -> Self {
        Closed::BadLength(bad.0)
    }
}

type Answer = (Option<Response>, Charge, Asked);

/// What is remembered of a request until its answer is sent.
#[derive(Clone, Copy, Debug)]
struct Asked {
    key: i16,
    waited: Duration,
}

/// A connection and all its state.
pub struct Connection<D: Dispatch> {
    stream: TcpStream,
    dispatch: Arc<D>,
    session: D::Session,
    context: ConnectionContext,
    frames: FrameReader,
    pending: FuturesOrdered<BoxFuture<'static, Answer>>,
    /// A request is being answered beside which no other may start.
    exclusive: bool,
    /// No further request is taken, because the client sends no more or the server stops; what was asked for is still answered.
    finished: bool,
    /// Until when, where the server stops.
    stop_at: Option<Instant>,
    outgoing: Outgoing,
    /// The requests whose answers are in `outgoing`, and since when.
    unsent: VecDeque<(Asked, Instant)>,
    /// Since when the next request waits whole for its turn.
    waits_since: Option<Instant>,
    warming: Option<BoxFuture<'static, Result<u64, io::Error>>>,
    timer: Timer,
    last_activity: Instant,
    frame_since: Option<Instant>,
    blocked_since: Option<Instant>,
    muted_until: Option<Instant>,
}

enum Event {
    Answered(Option<Answer>),
    Ready(io::Result<tokio::io::Ready>),
    Warmed(Result<u64, io::Error>),
    Timer,
    Stopping,
}

impl<D: Dispatch> Connection<D> {
    /// A connection that has just been accepted.
    pub fn new(stream: TcpStream, dispatch: Arc<D>, session: D::Session, context: ConnectionContext) -> Self {
        let now = context.env.clock.now();
        Self {
            frames: FrameReader::new(context.frame_len_max),
            timer: Timer::new(BUFFER_KEPT),
            stream,
            dispatch,
            session,
            context,
            pending: FuturesOrdered::new(),
            exclusive: false,
            finished: false,
            stop_at: None,
            outgoing: Outgoing::default(),
            unsent: VecDeque::new(),
            waits_since: None,
            warming: None,
            last_activity: now,
            frame_since: None,
            blocked_since: None,
            muted_until: None,
        }
    }

    /// Serves the connection until it ends, and says why it did.
    pub async fn run(mut self) -> Closed {
        loop {
            if let Err(closed) = self.step().await {
                return closed;
            }
        }
    }

    async fn step(&mut self) -> Result<(), Closed> {
        self.take_requests()?;
        self.flush()?;
        if self.finished && self.pending.is_empty() && self.outgoing.is_empty() {
            return Err(if self.stop_at.is_some() { Closed::Stopping } else { Closed::ByClient });
        }
        if self.may_read()? {
            self.frames.make_room(&self.context.memory).await?;
        }
        let wants_read = self.may_read()?;
        match self.next_event(wants_read).await {
            Event::Answered(Some((Some(response), _charge, asked))) => self.send(response, asked),
            Event::Answered(Some((None, _, _))) => return Err(Closed::Refused),
            Event::Answered(None) => {}
            Event::Ready(ready) => self.on_ready(ready.map_err(Closed::Failed)?)?,
            Event::Warmed(warmed) => {
                self.warming = None;
                self.outgoing.warmed(warmed.map_err(Closed::Failed)?);
            }
            Event::Timer => self.on_timer()?,
            Event::Stopping => {
                self.finished = true;
                self.stop_at = Some(self.context.env.clock.now() + LAST_ANSWERS_TIME);
                self.timer.at_latest(LAST_ANSWERS_TIME);
            }
        }
        Ok(())
    }

    async fn next_event(&mut self, wants_read: bool) -> Event {
        let wants_write = self.blocked_since.is_some();
        let interest = match (wants_read, wants_write) {
            (true, true) => Some(Interest::READABLE | Interest::WRITABLE),
            (true, false) => Some(Interest::READABLE),
            (false, true) => Some(Interest::WRITABLE),
            (false, false) => None,
        };
        let warming = async {
            match &mut self.warming {
                Some(warming) => warming.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            answer = self.pending.next(), if !self.pending.is_empty() => Event::Answered(answer),
            warmed = warming => Event::Warmed(warmed),
            ready = self.stream.ready(interest.unwrap_or(Interest::READABLE)), if interest.is_some() => Event::Ready(ready),
            () = self.timer.fired() => Event::Timer,
            _ = self.context.stopping.wait_for(|stopping| *stopping), if self.stop_at.is_none() => Event::Stopping,
        }
    }

    /// Whether there is room for the answer to one more request.
    fn may_start(&self) -> bool {
        let alone = self.exclusive && !self.pending.is_empty();
        !alone
            && self.stop_at.is_none()
            && self.muted_until.is_none()
            && self.pending.len() < PENDING_MAX
            && self.outgoing.len() < OUTGOING_MAX
    }

    /// Reading goes on while a request is being answered, to notice a client that leaves, but never past the next frame.
    fn may_read(&self) -> Result<bool, Closed> {
        let room = self.pending.len() < PENDING_MAX && self.outgoing.len() < OUTGOING_MAX;
        Ok(!self.finished && room && self.muted_until.is_none() && self.frames.peek()?.is_none())
    }

    fn on_ready(&mut self, ready: tokio::io::Ready) -> Result<(), Closed> {
        if ready.is_writable() {
            self.blocked_since = None;
        }
        if !ready.is_readable() || !self.may_read()? {
            return Ok(());
        }
        match self.frames.read(&self.stream) {
            Ok(0) => {
                self.finished = true;
                Ok(())
            }
            Ok(_) => {
                self.last_activity = self.context.env.clock.now();
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Err(Closed::ByClient),
            Err(error) => Err(Closed::Failed(error)),
        }
    }

    /// Starts every request that has arrived whole and may start now.
    fn take_requests(&mut self) -> Result<(), Closed> {
        while self.may_start() {
            let Some(next) = self.frames.peek()? else { break };
            let overlaps = self.dispatch.overlaps(next);
            if !overlaps && !self.pending.is_empty() {
                break;
            }
            let Some(frame) = self.frames.next_frame()? else { break };
            self.frame_since = None;
            self.exclusive = !overlaps;
            self.start(frame)?;
        }
        if self.waits_since.is_none() && self.frames.peek()?.is_some() {
            self.waits_since = Some(self.context.env.clock.now());
        }
        self.watch_frame()
    }

    fn start(&mut self, frame: Frame) -> Result<(), Closed> {
        let charge = frame.charge;
        let waited = self.waits_since.take().map_or(Duration::ZERO, |since| self.context.env.clock.now().since(since));
        let asked = Asked { key: frame.bytes.first_chunk().map_or(-1, |key| i16::from_be_bytes(*key)), waited };
        match self.dispatch.dispatch(&mut self.session, frame.bytes) {
            Reply::Now(response) if self.pending.is_empty() => self.send(response, asked),
            Reply::Now(response) => self.pending.push_back(Box::pin(async move { (Some(response), charge, asked) })),
            Reply::Later(answer) => self.pending.push_back(Box::pin(async move { (answer.await, charge, asked) })),
            Reply::Silent => {}
            Reply::Close => return Err(Closed::Refused),
        }
        Ok(())
    }

    fn send(&mut self, response: Response, asked: Asked) {
        let now = self.context.env.clock.now();
        self.last_activity = now;
        if !response.mute.is_zero() {
            self.muted_until = self.muted_until.max(Some(now + response.mute));
            self.timer.at_latest(response.mute);
            // What is not read because of a pause does not count as slow: the time of its frame begins after the pause.
            self.frame_since = None;
        }
        if !response.pieces.is_empty() {
            self.unsent.push_back((asked, now));
        }
        self.outgoing.push(response.pieces);
    }

    fn flush(&mut self) -> Result<(), Closed> {
        if self.blocked_since.is_some() || self.warming.is_some() || self.outgoing.is_empty() {
            return Ok(());
        }
        match self.outgoing.flush(&self.stream) {
            Ok(Flush::Done) => {
                let now = self.context.env.clock.now();
                for (asked, since) in self.unsent.drain(..) {
                    self.dispatch.sent(asked.key, asked.waited, now.since(since));
                }
            }
            Ok(Flush::Blocked) => {
                self.blocked_since = Some(self.context.env.clock.now());
                self.timer.at_latest(UNREAD_TIME);
            }
            Ok(Flush::Cold(range)) => self.warming = Some(Box::pin(warm(self.context.disk_pool.clone(), range))),
            Err(error) => return Err(Closed::Failed(error)),
        }
        Ok(())
    }

    /// Notes when the frame that is arriving began, and sets the timer for its end.
    fn watch_frame(&mut self) -> Result<(), Closed> {
        let arriving = self.frames.is_mid_frame() && self.frames.peek()?.is_none();
        if arriving && self.frame_since.is_none() && self.muted_until.is_none() {
            self.frame_since = Some(self.context.env.clock.now());
            self.timer.at_latest(FRAME_TIME);
        }
        Ok(())
    }

    fn on_timer(&mut self) -> Result<(), Closed> {
        let now = self.context.env.clock.now();
        if self.muted_until.is_some_and(|until| now >= until) {
            self.muted_until = None;
        }
        let mut next = vec![self.idle_left(now)?, self.frame_left(now)?, self.unread_left(now)?];
        if let Some(stop_at) = self.stop_at {
            if now >= stop_at {
                return Err(Closed::Stopping);
            }
            next.push(stop_at.since(now));
        }
        next.extend(self.muted_until.map(|until| until.since(now)));
        if !self.frames.is_mid_frame() && now.since(self.last_activity) >= BUFFER_KEPT {
            self.frames.release();
        }
        self.timer.reset(next.into_iter().min().unwrap_or(BUFFER_KEPT).max(Duration::from_millis(1)));
        Ok(())
    }

    fn idle_left(&self, now: Instant) -> Result<Duration, Closed> {
        let busy = !self.pending.is_empty() || !self.outgoing.is_empty();
        let silent = now.since(self.last_activity);
        if busy || self.context.idle_max.is_zero() {
            return Ok(BUFFER_KEPT.max(self.context.idle_max));
        }
        match self.context.idle_max.checked_sub(silent) {
            None | Some(Duration::ZERO) => Err(Closed::Idle),
            Some(left) if silent < BUFFER_KEPT => Ok(left.min(BUFFER_KEPT - silent)),
            Some(left) => Ok(left),
        }
    }

    fn frame_left(&self, now: Instant) -> Result<Duration, Closed> {
        let Some(since) = self.frame_since else { return Ok(UNREAD_TIME) };
        let len = self.frames.frame_len()?.unwrap_or(0) as u64;
        let limit = FRAME_TIME + Duration::from_secs(len / FRAME_BYTES_PER_SECOND);
        limit.checked_sub(now.since(since)).filter(|left| !left.is_zero()).ok_or(Closed::TooSlow)
    }

    fn unread_left(&self, now: Instant) -> Result<Duration, Closed> {
        let Some(since) = self.blocked_since else { return Ok(UNREAD_TIME) };
        UNREAD_TIME.checked_sub(now.since(since)).filter(|left| !left.is_zero()).ok_or(Closed::TooSlow)
    }
}

/// Reads a range on the disk pool so that the page cache holds it.
async fn warm(pool: Pool, range: FileRange) -> Result<u64, io::Error> {
    let len = range.len;
    let read = pool.run(move || {
        let mut scratch = vec![0; (64 << 10).min(range.len as usize)];
        let mut position = range.position;
        let end = range.position + range.len;
        while position < end {
            let want = scratch.len().min((end - position) as usize);
            match range.file.read_at(&mut scratch[..want], position)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => position += read as u64,
            }
        }
        Ok(len)
    });
    read.await.map_err(io::Error::other)?
}
