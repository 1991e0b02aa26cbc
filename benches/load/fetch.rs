//! Closed-loop Fetch load: one request in flight on every connection, as consumers do, from one thread.

use crate::link::Link;
use crate::messages::{FetchPartition, FetchSettings, Fetched, fetch_request, parse_fetch_response};
use crate::poller::Poller;
use crate::{Bound, LoadError, SILENCE_MAX};
use esker_record::Batches;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const OFFSET_OUT_OF_RANGE: i16 = 1;

/// What is consumed, and how. Who reaches the end of a partition begins again at its start.
#[derive(Clone, Debug)]
pub struct FetchLoad {
    /// The broker.
    pub address: SocketAddr,
    /// A topic that holds records.
    pub topic: String,
    /// Its partitions.
    pub partitions: i32,
    /// The offset of each partition at which its consumer begins.
    pub from: i64,
    /// Consumers; each reads every `connections`-th partition.
    pub connections: usize,
    /// Most bytes of one partition in an answer (`max.partition.fetch.bytes`).
    pub partition_max_bytes: i32,
    /// Most bytes of an answer (`fetch.max.bytes`).
    pub max_bytes: i32,
    /// Whether each batch's checksum is verified.
    pub verify: bool,
}

/// What a run achieved.
#[derive(Clone, Copy, Debug)]
pub struct FetchOutcome {
    /// Answers received.
    pub requests: u64,
    /// Bytes of record batches in them.
    pub bytes: u64,
    /// Records in whole batches.
    pub records: u64,
    /// From the first request to the last answer.
    pub elapsed: Duration,
}

impl FetchLoad {
    /// Runs until `bound`.
    pub fn run(&self, bound: Bound) -> Result<FetchOutcome, LoadError> {
        if self.connections == 0 || self.connections > self.partitions.max(0) as usize {
            return Err(LoadError::Settings("each consumer needs a partition".into()));
        }
        let mut poller = Poller::new()?;
        let mut consumers = Vec::with_capacity(self.connections);
        for connection in 0..self.connections {
            let consumer = Consumer::connect(self, connection)?;
            poller.add(&consumer.link, connection)?;
            consumers.push(consumer);
        }
        let start = Instant::now();
        let mut outcome = FetchOutcome { requests: 0, bytes: 0, records: 0, elapsed: Duration::ZERO };
        let mut last_answer = start;
        let mut ready: Vec<usize> = (0..self.connections).collect();
        while outcome.bytes < bound.bytes && start.elapsed() < bound.time {
            for connection in ready.drain(..) {
                if consumers[connection].step(self, &mut outcome)? {
                    last_answer = Instant::now();
                }
            }
            if last_answer.elapsed() > SILENCE_MAX {
                return Err(LoadError::Silent(SILENCE_MAX));
            }
            poller.wait(Duration::from_millis(50), &mut ready)?;
        }
        outcome.elapsed = last_answer.duration_since(start);
        Ok(outcome)
    }
}

struct Consumer {
    link: Link,
    partitions: Vec<FetchPartition>,
    request: Vec<u8>,
    written: usize,
    waiting: bool,
}

impl Consumer {
    fn connect(load: &FetchLoad, connection: usize) -> Result<Self, LoadError> {
        let mine = (0..load.partitions).filter(|partition| *partition as usize % load.connections == connection);
        let partitions = mine
            .map(|partition| FetchPartition { partition, offset: load.from, max_bytes: load.partition_max_bytes })
            .collect();
        Ok(Self { link: Link::connect(load.address)?, partitions, request: Vec::new(), written: 0, waiting: false })
    }

    /// Takes the answer, if it is there, and asks for more; `true` where an answer came.
    fn step(&mut self, load: &FetchLoad, outcome: &mut FetchOutcome) -> Result<bool, LoadError> {
        let mut answered = false;
        if self.waiting
            && let Some(answer) = self.link.next_frame()?
        {
            read_answer(answer, &mut self.partitions, load.verify, outcome)?;
            self.waiting = false;
            answered = true;
        }
        if self.link.has_ended() {
            return Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into());
        }
        if !self.waiting {
            // The next partition comes first: brokers fill an answer in the order of the request.
            self.partitions.rotate_left(1);
            let settings = FetchSettings { max_wait_ms: 500, max_bytes: load.max_bytes };
            self.request = fetch_request(0, settings, &load.topic, &self.partitions);
            (self.written, self.waiting) = (0, true);
        }
        self.link.write(&self.request, &mut self.written)?;
        Ok(answered)
    }
}

fn read_answer(
    answer: &[u8],
    partitions: &mut [FetchPartition],
    verify: bool,
    outcome: &mut FetchOutcome,
) -> Result<(), LoadError> {
    let mut result = Ok(());
    let parsed = parse_fetch_response(answer, |fetched| {
        let place = partitions.iter_mut().find(|place| place.partition == fetched.partition);
        if let Some(place) = place
            && result.is_ok()
        {
            result = advance(place, &fetched, verify, outcome);
        }
    });
    let (_, code) = parsed.ok_or(LoadError::Malformed("Fetch"))?;
    if code != 0 {
        return Err(LoadError::Refused { request: "Fetch", code });
    }
    outcome.requests += 1;
    result
}

/// Counts what came of one partition and moves its place behind the last whole batch.
fn advance(
    place: &mut FetchPartition,
    fetched: &Fetched<'_>,
    verify: bool,
    outcome: &mut FetchOutcome,
) -> Result<(), LoadError> {
    match fetched.code {
        0 => {}
        OFFSET_OUT_OF_RANGE => {
            place.offset = fetched.log_start.max(0);
            return Ok(());
        }
        code => return Err(LoadError::Refused { request: "Fetch", code }),
    }
    outcome.bytes += fetched.records.len() as u64;
    // The last batch may be cut: it ends the iteration with an error that means nothing here.
    for batch in Batches::new(fetched.records).flatten() {
        if verify && !batch.crc_matches() {
            return Err(LoadError::Malformed("Fetch"));
        }
        place.offset = batch.header.next_offset();
        outcome.records += batch.header.record_count.max(0) as u64;
    }
    if place.offset >= fetched.high_watermark {
        place.offset = fetched.log_start.max(0);
    }
    Ok(())
}
