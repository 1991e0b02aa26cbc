//! The roofline: the least that a broker can do on one thread, speaking just enough of the protocol for the generators.
//!
//! One epoll loop takes framed requests, verifies each batch's CRC-32C, assigns its offset, appends it to one file per
//! partition and answers; it serves reads with `sendfile`. No topics (every name means the same partitions), no
//! recovery, no checks beyond the checksum: what a real broker costs more than this is the price of being one.

mod connection;
mod store;
mod syncer;

use crate::LoadError;
use crate::link::Link;
use crate::messages::{
    FETCH, FetchAnswer, FetchView, PRODUCE, RequestView, fetch_response_parts, write_produce_response,
};
use crate::poller::Poller;
use connection::Connection;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use store::Store;

/// Kafka's `socket.send.buffer.bytes`. What is sent stays in the cache until it is received: left to grow by itself, the
/// buffer costs consumers more than half of the throughput.
const SEND_BUFFER_BYTES: usize = 100 * 1024;
const LISTENER: usize = usize::MAX;
const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const CORRUPT_MESSAGE: i16 = 2;

/// How the skeleton runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the partitions' files are made.
    pub directory: PathBuf,
    /// Number of partitions.
    pub partitions: i32,
    /// Each file starts over at this size, in bytes, so that a run of any length fits the disk.
    pub wrap_bytes: u64,
    /// Whether the files are written once before the start and only overwritten later; else a full one is emptied.
    pub recycled: bool,
    /// Whether appends are made durable before they are acknowledged: one `fdatasync` per file and round of the loop,
    /// all files at once.
    pub sync: bool,
    /// It stops by itself after this long.
    pub time: Duration,
}

/// Serves until `settings.time` has passed; calls `listening` with its address first.
pub fn serve(settings: &Settings, listening: impl FnOnce(SocketAddr)) -> Result<(), LoadError> {
    let mut skeleton = Skeleton::new(settings)?;
    listening(skeleton.listener.local_addr()?);
    let end = Instant::now() + settings.time;
    let mut ready = Vec::new();
    while Instant::now() < end {
        skeleton.poller.wait(Duration::from_millis(20), &mut ready)?;
        for token in ready.drain(..) {
            match token {
                LISTENER => skeleton.accept()?,
                token => skeleton.serve_connection(token),
            }
        }
        skeleton.end_of_round()?;
    }
    Ok(())
}

/// A Fetch that waits for data.
struct Parked {
    connection: usize,
    request: FetchView,
    deadline: Instant,
}

struct Skeleton {
    listener: TcpListener,
    poller: Poller,
    store: Store,
    sync: bool,
    connections: Vec<Option<Connection>>,
    parked: Vec<Parked>,
    /// Connections with answers that wait for the end of the round.
    touched: Vec<usize>,
}

impl Skeleton {
    fn new(settings: &Settings) -> Result<Self, LoadError> {
        let listener = TcpListener::bind(settings.listen)?;
        listener.set_nonblocking(true)?;
        let poller = Poller::new()?;
        poller.add(&listener, LISTENER)?;
        let store = Store::create(settings)?;
        let (connections, parked, touched) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { listener, poller, store, sync: settings.sync, connections, parked, touched })
    }

    fn accept(&mut self) -> Result<(), LoadError> {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    rustix::net::sockopt::set_socket_send_buffer_size(&stream, SEND_BUFFER_BYTES)
                        .map_err(std::io::Error::from)?;
                    let link = Link::new(stream)?;
                    let token = self.connections.len();
                    self.poller.add(&link, token)?;
                    self.connections.push(Some(Connection::new(link)));
                    self.serve_connection(token);
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Serves all that has arrived on one connection; one that breaks or sends nonsense is closed.
    fn serve_connection(&mut self, token: usize) {
        let Some(mut connection) = self.connections[token].take() else { return };
        let served = self.serve_frames(token, &mut connection);
        let flushed = if self.sync { Ok(()) } else { connection.flush(&self.store) };
        self.touched.push(token);
        if served.is_some() && flushed.is_ok() && !connection.link.has_ended() {
            self.connections[token] = Some(connection);
        } else {
            self.parked.retain(|parked| parked.connection != token);
        }
    }

    fn serve_frames(&mut self, token: usize, connection: &mut Connection) -> Option<()> {
        while let Some(frame) = connection.link.next_frame().ok()? {
            let request = RequestView::parse(frame)?;
            match request.key {
                PRODUCE => {
                    let correlation = request.correlation;
                    let view = request.produce()?;
                    let (acks, partition, topic) = (view.acks, view.partition, view.topic.to_vec());
                    let batch = view.batch_at..view.batch_at + view.batch_len;
                    let (code, base) = match self.store.append(partition, &mut frame[batch]) {
                        Ok(base) => (0, base),
                        Err(store::Refused::Corrupt) => (CORRUPT_MESSAGE, -1),
                        Err(store::Refused::Unknown) => (UNKNOWN_TOPIC_OR_PARTITION, -1),
                        Err(store::Refused::Io) => return None,
                    };
                    if acks != 0 {
                        let out = connection.bytes_out();
                        write_produce_response(out, correlation, &topic, partition, code, base);
                    }
                }
                FETCH => {
                    let request = request.fetch()?;
                    let wait = Duration::from_millis(u64::try_from(request.max_wait_ms).ok()?);
                    self.parked.push(Parked { connection: token, request, deadline: Instant::now() + wait });
                    if let Some(parked) = self.parked.pop_if(|parked| answer(&self.store, parked, connection)) {
                        drop(parked);
                    }
                }
                _ => return None,
            }
        }
        Some(())
    }

    /// Makes appends durable, answers fetches that have something now or have waited long enough, sends what is left.
    fn end_of_round(&mut self) -> Result<(), LoadError> {
        if self.sync {
            self.store.sync()?;
        }
        let (store, connections, touched) = (&self.store, &mut self.connections, &mut self.touched);
        self.parked.retain(|parked| {
            let Some(Some(connection)) = connections.get_mut(parked.connection) else { return false };
            let answered = answer(store, parked, connection);
            if answered {
                touched.push(parked.connection);
            }
            !answered
        });
        for token in self.touched.drain(..) {
            if let Some(connection) = &mut self.connections[token]
                && connection.flush(&self.store).is_err()
            {
                self.connections[token] = None;
            }
        }
        Ok(())
    }
}

/// Answers a Fetch if there is anything to say; `false` where it must wait on.
fn answer(store: &Store, parked: &Parked, connection: &mut Connection) -> bool {
    let request = &parked.request;
    let mut room = usize::try_from(request.max_bytes).unwrap_or(0);
    let mut ranges = Vec::with_capacity(request.partitions.len());
    let mut answers = Vec::with_capacity(request.partitions.len());
    for wanted in &request.partitions {
        let max = room.min(usize::try_from(wanted.max_bytes).unwrap_or(0));
        let found = store.read(wanted.partition, wanted.offset, max, ranges.is_empty());
        room = room.saturating_sub(found.len);
        answers.push(FetchAnswer {
            partition: wanted.partition,
            code: found.code,
            high_watermark: found.end_offset,
            log_start: found.start_offset,
            records_len: found.len,
        });
        if found.len > 0 {
            ranges.push((answers.len() - 1, found));
        }
    }
    let nothing = ranges.is_empty() && answers.iter().all(|answer| answer.code == 0);
    if nothing && Instant::now() < parked.deadline {
        return false;
    }
    let parts = fetch_response_parts(request.correlation, &request.topic, &answers);
    let mut ranges = ranges.into_iter().peekable();
    for (at, part) in parts.into_iter().enumerate() {
        connection.bytes_out().extend_from_slice(&part);
        if let Some((_, found)) = ranges.next_if(|(partition, _)| *partition == at) {
            connection.file_out(request.partitions[at].partition, found.position, found.len);
        }
    }
    true
}
