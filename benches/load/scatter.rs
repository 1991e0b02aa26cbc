//! Fetches scattered over the part of a topic that is in the remote tier only: no two after each other, so that nothing that is read ahead or
//! cached is of use to the next.

use crate::blocking::Blocking;
use crate::messages::{FetchPartition, FetchSettings, fetch_request, parse_fetch_response};
use crate::offsets::{EARLIEST, EARLIEST_LOCAL, offsets};
use crate::open_loop::histogram;
use crate::{LoadError, SILENCE_MAX};
use esker_record::Batches;
use hdrhistogram::Histogram;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What is fetched, and how.
#[derive(Clone, Debug)]
pub struct Scatter {
    /// The broker.
    pub address: SocketAddr,
    /// A tiered topic.
    pub topic: String,
    /// Its partitions.
    pub partitions: i32,
    /// Consumers, each with one fetch at a time.
    pub connections: usize,
    /// Fetches in all.
    pub fetches: u64,
    /// Most bytes of an answer.
    pub max_bytes: i32,
    /// Where the dice begin.
    pub seed: u64,
}

/// What a run achieved.
#[derive(Clone, Debug)]
pub struct ScatterOutcome {
    /// Fetches that brought the record that was asked for.
    pub fetches: u64,
    /// Bytes of record batches in the answers.
    pub bytes: u64,
    /// Answers without a record: the broker's time for a remote read had passed, and the fetch was repeated.
    pub repeated: u64,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// Nanoseconds from a fetch's first request to the record.
    pub latency_ns: Histogram<u64>,
}

/// Numbers by a seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}

impl Scatter {
    /// Runs until all fetches are done.
    pub fn run(&self) -> Result<ScatterOutcome, LoadError> {
        let tiered = self.tiered()?;
        let (left, began) = (AtomicU64::new(self.fetches), Instant::now());
        let outcomes: Result<Vec<ScatterOutcome>, LoadError> = std::thread::scope(|scope| {
            let consume = |consumer: usize| self.consume(Dice(self.seed + consumer as u64), &tiered, &left);
            let consumers: Vec<_> = (0..self.connections).map(|at| scope.spawn(move || consume(at))).collect();
            let broken = || LoadError::Settings("a consumer panicked".into());
            consumers.into_iter().map(|consumer| consumer.join().unwrap_or_else(|_| Err(broken()))).collect()
        });
        let mut all = ScatterOutcome::none();
        for outcome in outcomes? {
            all.fetches += outcome.fetches;
            all.bytes += outcome.bytes;
            all.repeated += outcome.repeated;
            all.latency_ns.add(outcome.latency_ns).map_err(|error| LoadError::Settings(error.to_string()))?;
        }
        Ok(ScatterOutcome { elapsed: began.elapsed(), ..all })
    }

    /// The offsets of each partition that are in the remote tier and nowhere else.
    fn tiered(&self) -> Result<Vec<Range<i64>>, LoadError> {
        let of = |time| offsets(self.address, &self.topic, self.partitions, time);
        let ranges: Vec<Range<i64>> =
            of(EARLIEST)?.into_iter().zip(of(EARLIEST_LOCAL)?).map(|(start, end)| start..end).collect();
        match ranges.iter().all(|range| range.start >= 0 && !range.is_empty()) {
            true => Ok(ranges),
            false => Err(LoadError::Settings("a partition has nothing that is in the remote tier only".into())),
        }
    }

    fn consume(&self, mut dice: Dice, tiered: &[Range<i64>], left: &AtomicU64) -> Result<ScatterOutcome, LoadError> {
        let mut connection = Blocking::connect(self.address)?;
        let mut outcome = ScatterOutcome::none();
        let take = |left: u64| left.checked_sub(1);
        while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
            let partition = dice.below(tiered.len() as u64) as usize;
            let range = &tiered[partition];
            let offset = range.start + dice.below((range.end - range.start) as u64) as i64;
            self.fetch(&mut connection, partition as i32, offset, &mut outcome)?;
        }
        Ok(outcome)
    }

    /// Asks until the record is there.
    fn fetch(
        &self,
        connection: &mut Blocking,
        partition: i32,
        offset: i64,
        outcome: &mut ScatterOutcome,
    ) -> Result<(), LoadError> {
        let settings = FetchSettings { max_wait_ms: 500, max_bytes: self.max_bytes };
        let place = FetchPartition { partition, offset, max_bytes: self.max_bytes };
        let request = fetch_request(0, settings, &self.topic, &[place]);
        let began = Instant::now();
        while began.elapsed() < SILENCE_MAX {
            let bytes = records(connection.ask(&request)?, offset)?;
            outcome.bytes += bytes;
            if bytes > 0 {
                outcome.fetches += 1;
                outcome.latency_ns.saturating_record(began.elapsed().as_nanos() as u64);
                return Ok(());
            }
            outcome.repeated += 1;
        }
        Err(LoadError::Silent(SILENCE_MAX))
    }
}

impl ScatterOutcome {
    fn none() -> Self {
        Self { fetches: 0, bytes: 0, repeated: 0, elapsed: Duration::ZERO, latency_ns: histogram() }
    }
}

/// Bytes of records in an answer, whose first batch must hold `offset` and be whole.
fn records(answer: &[u8], offset: i64) -> Result<u64, LoadError> {
    let mut result = Ok(0);
    let parsed = parse_fetch_response(answer, |fetched| {
        result = match (fetched.code, Batches::new(fetched.records).next()) {
            (0, None) => Ok(0),
            (0, Some(Ok(batch)))
                if batch.crc_matches() && (batch.header.base_offset..batch.header.next_offset()).contains(&offset) =>
            {
                Ok(fetched.records.len() as u64)
            }
            (0, _) => Err(LoadError::Malformed("Fetch")),
            (code, _) => Err(LoadError::Refused { request: "Fetch", code }),
        };
    });
    let (_, code) = parsed.ok_or(LoadError::Malformed("Fetch"))?;
    if code == 0 { result } else { Err(LoadError::Refused { request: "Fetch", code }) }
}
