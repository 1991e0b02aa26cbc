//! Transactions as fast as a broker commits them: each connection is a producer that writes to some partitions and commits, one
//! transaction after the other, by the rules of transaction version 2 (KIP-890): two round trips each.

use crate::blocking::Blocking;
use crate::measure::Sample;
use crate::transaction_messages::{
    END_TXN, FIND_COORDINATOR, INIT_PRODUCER_ID, ProducerState, end_txn_request, find_coordinator_request,
    init_producer_id_request, parse_end_txn, parse_found_coordinator, parse_init_producer_id, parse_produce_codes,
    transactional_produce_request,
};
use crate::{Bound, LoadError};
use esker_record::{BatchBuilder, Codec, NewRecord};
use hdrhistogram::Histogram;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// What is written in a transaction.
#[derive(Clone, Debug)]
pub struct TransactionLoad {
    /// The broker; it must coordinate and lead everything.
    pub address: SocketAddr,
    /// An existing topic.
    pub topic: String,
    /// Partitions that each transaction writes to.
    pub partitions: i32,
    /// Producers, each with a connection and a thread.
    pub connections: usize,
    /// Records of a transaction, over all partitions.
    pub records: usize,
    /// Size of a record's value in bytes.
    pub record_bytes: usize,
}

impl TransactionLoad {
    /// Runs until the bound; requests are transactions, latencies those of commits.
    pub fn run(&self, bound: Bound) -> Result<Sample, LoadError> {
        let began = Instant::now();
        let bytes = AtomicU64::new(0);
        let results: Vec<Result<(u64, Histogram<u64>), LoadError>> = std::thread::scope(|scope| {
            let bytes = &bytes;
            let start = |number| scope.spawn(move || self.produce(number, bound, began, bytes));
            let threads: Vec<_> = (0..self.connections).map(start).collect();
            let lost = || LoadError::Settings("a producer's thread panicked".into());
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(lost()))).collect()
        });
        let mut all = histogram()?;
        let mut transactions = 0;
        for result in results {
            let (count, latencies) = result?;
            transactions += count;
            all.add(&latencies).map_err(|error| LoadError::Settings(error.to_string()))?;
        }
        Ok(Sample {
            bytes: bytes.load(Ordering::Relaxed),
            requests: transactions,
            records: transactions * self.records as u64,
            elapsed: began.elapsed(),
            produce_ns: Some(all),
            end_to_end_ns: None,
        })
    }

    fn produce(
        &self,
        number: usize,
        bound: Bound,
        began: Instant,
        bytes: &AtomicU64,
    ) -> Result<(u64, Histogram<u64>), LoadError> {
        let id = format!("blaster-{number}");
        let mut link = Blocking::connect(self.address)?;
        let mut producer = link.become_producer(&id)?;
        let (mut transactions, mut latencies) = (0, histogram()?);
        let value = vec![b'x'; self.record_bytes];
        while began.elapsed() < bound.time && bytes.load(Ordering::Relaxed) < bound.bytes {
            let batches: Vec<(i32, Vec<u8>)> = (0..self.partitions)
                .map(|partition| Ok((partition, self.batch(partition, producer, &value)?)))
                .collect::<Result<_, LoadError>>()?;
            let size: usize = batches.iter().map(|(_, batch)| batch.len()).sum();
            link.write_batches(&id, &self.topic, &batches)?;
            let asked = Instant::now();
            producer = link.commit(&id, producer)?;
            let waited = u64::try_from(asked.elapsed().as_nanos()).unwrap_or(u64::MAX);
            latencies.record(waited).map_err(|error| LoadError::Settings(error.to_string()))?;
            bytes.fetch_add(size as u64, Ordering::Relaxed);
            transactions += 1;
        }
        Ok((transactions, latencies))
    }

    /// The records of one partition; the epoch is new with every transaction, so that sequences begin at 0.
    fn batch(&self, partition: i32, producer: ProducerState, value: &[u8]) -> Result<Vec<u8>, LoadError> {
        let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64;
        let mut batch = BatchBuilder::new(Codec::None).producer(producer.id, producer.epoch, 0).transactional();
        let (partition, partitions) = (partition as usize, self.partitions.max(1) as usize);
        for _ in (partition..self.records).step_by(partitions) {
            let record = NewRecord { timestamp, value: Some(value), ..NewRecord::default() };
            batch.append(&record).map_err(|error| LoadError::Settings(error.to_string()))?;
        }
        batch.build().map_err(|error| LoadError::Settings(error.to_string()))
    }
}

fn histogram() -> Result<Histogram<u64>, LoadError> {
    Histogram::new(3).map_err(|error| LoadError::Settings(error.to_string()))
}

impl Blocking {
    fn become_producer(&mut self, id: &str) -> Result<ProducerState, LoadError> {
        self.insist(FIND_COORDINATOR.1, &find_coordinator_request(id), parse_found_coordinator)?;
        self.insist(INIT_PRODUCER_ID.1, &init_producer_id_request(id), parse_init_producer_id)
    }

    fn write_batches(&mut self, id: &str, topic: &str, batches: &[(i32, Vec<u8>)]) -> Result<(), LoadError> {
        let request = transactional_produce_request(id, topic, batches);
        self.insist("Produce", &request, parse_produce_codes)
    }

    fn commit(&mut self, id: &str, producer: ProducerState) -> Result<ProducerState, LoadError> {
        self.insist(END_TXN.1, &end_txn_request(id, producer), parse_end_txn)
    }
}
