//! Closed-loop Produce load: as many requests in flight as allowed, on every connection, from one thread.

use crate::frames::{BatchShape, ProduceFrame};
use crate::link::Link;
use crate::messages::parse_produce_response;
use crate::open_loop::histogram;
use crate::poller::Poller;
use crate::{Bound, LoadError, SILENCE_MAX};
use hdrhistogram::Histogram;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What is produced, and how.
#[derive(Clone, Debug)]
pub struct ProduceLoad {
    /// The broker.
    pub address: SocketAddr,
    /// An existing topic.
    pub topic: String,
    /// Its partitions; each request holds one batch for one of them.
    pub partitions: i32,
    /// Connections; each serves every `connections`-th partition.
    pub connections: usize,
    /// Requests in flight on each connection.
    pub in_flight: usize,
    /// Required acknowledgements: -1, 0 or 1.
    pub acks: i16,
    /// Version of the request, 9 to 12.
    pub version: i16,
    /// Size of batches and records.
    pub shape: BatchShape,
}

/// What a run achieved.
#[derive(Clone, Debug)]
pub struct ProduceOutcome {
    /// Requests acknowledged (with `acks` 0: written).
    pub requests: u64,
    /// Bytes of their batches.
    pub bytes: u64,
    /// Records in them.
    pub records: u64,
    /// From the first byte sent to the last acknowledgement.
    pub elapsed: Duration,
    /// Nanoseconds from a request's first byte to its acknowledgement.
    pub latency_ns: Histogram<u64>,
}

impl ProduceLoad {
    fn check(&self) -> Result<(), LoadError> {
        let wrong = |text: &str| Err(LoadError::Settings(text.into()));
        match self {
            Self { partitions: ..=0, .. } => wrong("at least one partition is needed"),
            Self { connections: 0, .. } | Self { in_flight: 0, .. } => wrong("at least one request must be in flight"),
            Self { version: ..=8 | 13.., .. } => wrong("only versions 9 to 12 of Produce name their topics"),
            _ => Ok(()),
        }
    }

    fn frames_of(&self, connection: usize) -> Result<Vec<ProduceFrame>, LoadError> {
        let frame = |partition| ProduceFrame::new(self.version, self.acks, &self.topic, partition, self.shape);
        let mine: Vec<i32> =
            (0..self.partitions).filter(|partition| *partition as usize % self.connections == connection).collect();
        match mine.is_empty() {
            // More connections than partitions: they share.
            true => Ok(vec![frame(connection as i32 % self.partitions)?]),
            false => mine.into_iter().map(frame).collect(),
        }
    }

    /// Runs until `bound` and waits for what is still in flight.
    pub fn run(&self, bound: Bound) -> Result<ProduceOutcome, LoadError> {
        self.check()?;
        let mut poller = Poller::new()?;
        let mut producers = Vec::with_capacity(self.connections);
        for connection in 0..self.connections {
            let producer = Producer::connect(self, connection)?;
            poller.add(&producer.link, connection)?;
            producers.push(producer);
        }
        let records_per_request = self.shape.records() as u64;
        let mut run = Run::start(self, bound);
        let mut ready: Vec<usize> = (0..self.connections).collect();
        loop {
            for connection in ready.drain(..) {
                producers[connection].step(&mut run)?;
            }
            if run.is_over() && producers.iter().all(Producer::is_idle) {
                break;
            }
            run.check_silence()?;
            poller.wait(Duration::from_millis(50), &mut ready)?;
        }
        Ok(ProduceOutcome {
            requests: run.requests,
            bytes: run.bytes,
            records: run.requests * records_per_request,
            elapsed: run.last_answer.duration_since(run.start),
            latency_ns: run.latency_ns,
        })
    }
}

/// What all connections of a run share.
struct Run {
    acks: i16,
    in_flight_max: usize,
    bound: Bound,
    start: Instant,
    last_answer: Instant,
    bytes_started: u64,
    requests: u64,
    bytes: u64,
    latency_ns: Histogram<u64>,
}

impl Run {
    fn start(load: &ProduceLoad, bound: Bound) -> Self {
        let now = Instant::now();
        Self {
            acks: load.acks,
            in_flight_max: load.in_flight,
            bound,
            start: now,
            last_answer: now,
            bytes_started: 0,
            requests: 0,
            bytes: 0,
            latency_ns: histogram(),
        }
    }

    fn is_over(&self) -> bool {
        self.bytes_started >= self.bound.bytes || self.start.elapsed() >= self.bound.time
    }

    fn check_silence(&self) -> Result<(), LoadError> {
        let silent = self.last_answer.elapsed() > SILENCE_MAX;
        if silent { Err(LoadError::Silent(SILENCE_MAX)) } else { Ok(()) }
    }

    fn acknowledged(&mut self, bytes: u64, sent: Instant) {
        self.last_answer = Instant::now();
        self.requests += 1;
        self.bytes += bytes;
        self.latency_ns.saturating_record(self.last_answer.duration_since(sent).as_nanos() as u64);
    }
}

/// A request that was begun.
struct Sent {
    frame: usize,
    at: Instant,
}

struct Producer {
    link: Link,
    frames: Vec<ProduceFrame>,
    /// The frame to be sent next, or the one being sent.
    next: usize,
    /// Bytes of it that were sent; above 0 a request is half sent.
    written: usize,
    in_flight: VecDeque<Sent>,
}

impl Producer {
    fn connect(load: &ProduceLoad, connection: usize) -> Result<Self, LoadError> {
        let link = Link::connect(load.address)?;
        let frames = load.frames_of(connection)?;
        Ok(Self { link, frames, next: 0, written: 0, in_flight: VecDeque::new() })
    }

    fn is_idle(&self) -> bool {
        self.in_flight.is_empty() && self.written == 0
    }

    /// Takes what has arrived, then fills the window again: whatever arrives or drains later is reported anew.
    fn step(&mut self, run: &mut Run) -> Result<(), LoadError> {
        self.receive(run)?;
        self.send(run)
    }

    fn send(&mut self, run: &mut Run) -> Result<(), LoadError> {
        while self.written > 0 || (self.in_flight.len() < run.in_flight_max && !run.is_over()) {
            let frame = &self.frames[self.next];
            if self.written == 0 {
                run.bytes_started += frame.batch_bytes;
                self.in_flight.push_back(Sent { frame: self.next, at: Instant::now() });
            }
            if !self.link.write(&frame.bytes, &mut self.written)? {
                return Ok(());
            }
            self.written = 0;
            self.next = (self.next + 1) % self.frames.len();
            if run.acks == 0
                && let Some(sent) = self.in_flight.pop_back()
            {
                run.acknowledged(self.frames[sent.frame].batch_bytes, sent.at);
            }
        }
        Ok(())
    }

    fn receive(&mut self, run: &mut Run) -> Result<(), LoadError> {
        while let Some(answer) = self.link.next_frame()? {
            let malformed = LoadError::Malformed("Produce");
            let (correlation, code, _) = parse_produce_response(answer).ok_or(malformed)?;
            let sent = self.in_flight.pop_front().ok_or(LoadError::Malformed("Produce"))?;
            let frame = &self.frames[sent.frame];
            if frame.correlation != correlation {
                return Err(LoadError::Malformed("Produce"));
            }
            if code != 0 {
                return Err(LoadError::Refused { request: "Produce", code });
            }
            run.acknowledged(frame.batch_bytes, sent.at);
        }
        if self.link.has_ended() && !self.is_idle() {
            return Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into());
        }
        Ok(())
    }
}
