//! Open-loop latency: records leave by the clock, whether or not the broker keeps up, and every latency counts from the
//! moment at which the record should have left. So a broker that stalls pays for all that was due meanwhile.

use crate::frames::BatchShape;
use crate::link::Link;
use crate::messages::{
    FetchPartition, FetchSettings, fetch_request, parse_fetch_response, parse_produce_response, produce_request,
};
use crate::poller::Poller;
use crate::{LoadError, SILENCE_MAX};
use esker_record::{Batches, Records, patch};
use hdrhistogram::Histogram;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

/// A histogram of nanoseconds with three digits up to a minute; what is longer counts as a minute.
pub fn histogram() -> Histogram<u64> {
    match Histogram::new_with_bounds(1, 60_000_000_000, 3) {
        Ok(histogram) => histogram,
        Err(_) => unreachable!("the bounds are constants that the library accepts"),
    }
}

/// One record per request, at a fixed rate, to one partition, read back by one consumer.
#[derive(Clone, Debug)]
pub struct OpenLoop {
    /// The broker.
    pub address: SocketAddr,
    /// An existing topic; its partition 0 is used.
    pub topic: String,
    /// Records per second.
    pub rate: f64,
    /// Size of each record's value in bytes; at least 8.
    pub record_bytes: usize,
    /// Required acknowledgements: -1 or 1.
    pub acks: i16,
    /// How long records are due.
    pub time: Duration,
    /// Never sleeps: finer, at the price of a whole core.
    pub spin: bool,
}

/// Latencies in nanoseconds from the moment at which a record should have left.
#[derive(Clone, Debug)]
pub struct Latencies {
    /// To its acknowledgement.
    pub produce_ns: Histogram<u64>,
    /// To its arrival at the consumer.
    pub end_to_end_ns: Histogram<u64>,
    /// Records that were due.
    pub sent: u64,
    /// From the first due record to the last arrival.
    pub elapsed: Duration,
}

impl OpenLoop {
    /// Sends what is due for `time`, then waits for the last records to arrive.
    pub fn run(&self) -> Result<Latencies, LoadError> {
        if self.record_bytes < 8 || self.rate <= 0.0 || self.acks == 0 {
            return Err(LoadError::Settings("a record needs 8 bytes, a rate and an acknowledgement".into()));
        }
        let mut run = Run::connect(self)?;
        let total = (self.rate * self.time.as_secs_f64()) as u64;
        let mut ready = Vec::new();
        loop {
            run.send_due(self, total)?;
            run.receive_acknowledgements()?;
            run.receive_records(self)?;
            if run.arrived >= total && run.in_flight.is_empty() {
                break;
            }
            run.check_silence()?;
            let wait = if self.spin { Duration::ZERO } else { run.until_due(self, total) };
            run.poller.wait(wait, &mut ready)?;
            ready.clear();
        }
        let elapsed = run.start.elapsed();
        Ok(Latencies { produce_ns: run.produce_ns, end_to_end_ns: run.end_to_end_ns, sent: run.sent, elapsed })
    }
}

struct Run {
    poller: Poller,
    producer: Link,
    consumer: Link,
    /// The one request, whose time and checksum are written anew for each record.
    frame: Vec<u8>,
    batch: Range<usize>,
    /// Bytes that are due and not yet sent.
    outbound: Vec<u8>,
    written: usize,
    fetch: Vec<u8>,
    fetch_written: usize,
    next_offset: i64,
    start: Instant,
    last_answer: Instant,
    /// When each record in flight should have left.
    in_flight: VecDeque<Duration>,
    sent: u64,
    arrived: u64,
    produce_ns: Histogram<u64>,
    end_to_end_ns: Histogram<u64>,
}

/// Where the eight bytes of time lie: the value is the end of the only record but for its count of headers.
fn time_at(batch: &Range<usize>, record_bytes: usize) -> Range<usize> {
    let value_at = batch.end - 1 - record_bytes;
    value_at..value_at + 8
}

impl Run {
    fn connect(load: &OpenLoop) -> Result<Self, LoadError> {
        let shape = BatchShape { batch_bytes: 0, record_bytes: load.record_bytes };
        let (frame, batch) = produce_request(9, 0, load.acks, &load.topic, 0, &shape.batch(1)?);
        let mut producer = Link::connect(load.address)?;
        let consumer = Link::connect(load.address)?;
        let next_offset = first_record(&mut producer, &frame)? + 1;
        let poller = Poller::new()?;
        poller.add(&producer, 0)?;
        poller.add(&consumer, 1)?;
        let now = Instant::now();
        let mut run = Self {
            poller,
            producer,
            consumer,
            frame,
            batch,
            outbound: Vec::new(),
            written: 0,
            fetch: Vec::new(),
            fetch_written: 0,
            next_offset,
            start: now,
            last_answer: now,
            in_flight: VecDeque::new(),
            sent: 0,
            arrived: 0,
            produce_ns: histogram(),
            end_to_end_ns: histogram(),
        };
        run.ask(load);
        run.start = Instant::now();
        Ok(run)
    }

    /// Moment at which record `number` is due, from the start.
    fn due(load: &OpenLoop, number: u64) -> Duration {
        Duration::from_secs_f64(number as f64 / load.rate)
    }

    fn until_due(&self, load: &OpenLoop, total: u64) -> Duration {
        let idle = Duration::from_millis(100);
        if self.sent == total {
            return idle;
        }
        Self::due(load, self.sent).saturating_sub(self.start.elapsed()).min(idle)
    }

    fn send_due(&mut self, load: &OpenLoop, total: u64) -> Result<(), LoadError> {
        while self.sent < total && Self::due(load, self.sent) <= self.start.elapsed() {
            let due = Self::due(load, self.sent);
            let time = time_at(&self.batch, load.record_bytes);
            self.frame[time].copy_from_slice(&(due.as_nanos() as u64).to_be_bytes());
            let sealed = patch::seal(&mut self.frame[self.batch.clone()]);
            sealed.map_err(|error| LoadError::Settings(error.to_string()))?;
            self.outbound.extend_from_slice(&self.frame);
            self.in_flight.push_back(due);
            self.sent += 1;
        }
        if self.producer.write(&self.outbound, &mut self.written)? {
            self.outbound.clear();
            self.written = 0;
        }
        Ok(())
    }

    fn receive_acknowledgements(&mut self) -> Result<(), LoadError> {
        while let Some(answer) = self.producer.next_frame()? {
            let (_, code, _) = parse_produce_response(answer).ok_or(LoadError::Malformed("Produce"))?;
            if code != 0 {
                return Err(LoadError::Refused { request: "Produce", code });
            }
            let due = self.in_flight.pop_front().ok_or(LoadError::Malformed("Produce"))?;
            let latency = self.start.elapsed().saturating_sub(due);
            self.produce_ns.saturating_record(latency.as_nanos() as u64);
            self.last_answer = Instant::now();
        }
        Ok(())
    }

    fn ask(&mut self, load: &OpenLoop) {
        let settings = FetchSettings { max_wait_ms: 500, max_bytes: 8 << 20 };
        let place = FetchPartition { partition: 0, offset: self.next_offset, max_bytes: 1 << 20 };
        self.fetch = fetch_request(0, settings, &load.topic, &[place]);
        self.fetch_written = 0;
    }

    fn receive_records(&mut self, load: &OpenLoop) -> Result<(), LoadError> {
        loop {
            self.consumer.write(&self.fetch, &mut self.fetch_written)?;
            let Some(answer) = self.consumer.next_frame()? else { return Ok(()) };
            let now = self.start.elapsed();
            let (mut next_offset, mut codes) = (self.next_offset, 0);
            let (arrived, histogram) = (&mut self.arrived, &mut self.end_to_end_ns);
            let parsed = parse_fetch_response(answer, |fetched| {
                codes |= fetched.code;
                for batch in Batches::new(fetched.records).flatten() {
                    next_offset = batch.header.next_offset();
                    for record in Records::new(batch.records(), batch.header.record_count).flatten() {
                        let due = record.value.and_then(|value| value.first_chunk()).map(|ns| u64::from_be_bytes(*ns));
                        histogram.saturating_record((now.as_nanos() as u64).saturating_sub(due.unwrap_or(0)));
                        *arrived += 1;
                    }
                }
            });
            let (_, code) = parsed.ok_or(LoadError::Malformed("Fetch"))?;
            if code | codes != 0 {
                return Err(LoadError::Refused { request: "Fetch", code: code | codes });
            }
            self.next_offset = next_offset;
            self.last_answer = Instant::now();
            self.ask(load);
        }
    }

    fn check_silence(&self) -> Result<(), LoadError> {
        for link in [&self.producer, &self.consumer] {
            if link.has_ended() {
                return Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into());
            }
        }
        let silent = self.last_answer.elapsed() > SILENCE_MAX;
        if silent { Err(LoadError::Silent(SILENCE_MAX)) } else { Ok(()) }
    }
}

/// Produces one record and waits for it: its offset says where the log ends.
fn first_record(producer: &mut Link, frame: &[u8]) -> Result<i64, LoadError> {
    let mut poller = Poller::new()?;
    poller.add(&*producer, 0)?;
    let (start, mut written, mut ready) = (Instant::now(), 0, Vec::new());
    while start.elapsed() < SILENCE_MAX {
        producer.write(frame, &mut written)?;
        if let Some(answer) = producer.next_frame()? {
            let (_, code, offset) = parse_produce_response(answer).ok_or(LoadError::Malformed("Produce"))?;
            return if code == 0 { Ok(offset) } else { Err(LoadError::Refused { request: "Produce", code }) };
        }
        poller.wait(Duration::from_millis(50), &mut ready)?;
        ready.clear();
    }
    Err(LoadError::Silent(SILENCE_MAX))
}
