//! Every codec: far more data than the local disk may keep, read back from the beginning with equal checksums.

use crate::Failure;
use crate::broker::Broker;
use crate::local_start::local_start;
use crate::records::{PartitionDigest, value};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseRecord, NoCustomPartitioner, Producer, ProducerContext, ThreadedProducer};
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];
const VALUE_BYTES: usize = 1000;
const SEGMENT_BYTES: u64 = 1 << 20;
const LOCAL_RETENTION_BYTES: u64 = 4 << 20;
/// Data is about half as large when compressed, and one partition must hold more than the local limit and a segment.
const MEGABYTES_MIN: u64 = 12;
/// So long may uploading, local deletion or reading back take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Counts what the broker acknowledged and what it did not.
#[derive(Default)]
struct Counts {
    acknowledged: AtomicU64,
    failed: AtomicU64,
}

impl ClientContext for Counts {}

impl ProducerContext<NoCustomPartitioner> for Counts {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => self.acknowledged.fetch_add(1, Ordering::Relaxed),
            Err((error, _)) => {
                eprintln!("a record was not acknowledged: {error}");
                self.failed.fetch_add(1, Ordering::Relaxed)
            }
        };
    }
}

/// Writes `megabytes` of values in each codec to a broker of its own; the tier's place comes from `BROKER_OPTIONS`.
pub fn run(megabytes: u64) -> Result<(), Failure> {
    if megabytes < MEGABYTES_MIN {
        return Err(format!("at least {MEGABYTES_MIN} megabytes").into());
    }
    let partitions = if megabytes < 2 * MEGABYTES_MIN { 1 } else { 2 };
    let broker = Broker::start()?;
    for codec in CODECS {
        one_codec(&broker, codec, partitions, megabytes)?;
    }
    broker.stop()?;
    println!("every codec came back equal: {megabytes} MB each");
    Ok(())
}

fn one_codec(broker: &Broker, codec: &str, partitions: i32, megabytes: u64) -> Result<(), Failure> {
    let topic = format!("codec-{codec}");
    let (segment, local) = (SEGMENT_BYTES.to_string(), LOCAL_RETENTION_BYTES.to_string());
    let configs = [
        ("remote.storage.enable", "true"),
        ("segment.bytes", segment.as_str()),
        ("local.retention.bytes", local.as_str()),
        ("retention.ms", "-1"),
    ];
    broker.create_topic(&topic, partitions, &configs)?;
    let began = Instant::now();
    let written = write(broker, &topic, codec, partitions, megabytes * 1_000_000 / VALUE_BYTES as u64)?;
    let write_seconds = began.elapsed().as_secs_f64();
    let counts: Vec<u64> = written.iter().map(|d| d.count).collect();
    let began = Instant::now();
    let starts = wait_until_tiered(broker, &topic, partitions)?;
    let tier_seconds = began.elapsed().as_secs_f64();
    let written: Vec<String> = written.into_iter().map(PartitionDigest::hex).collect();
    let began = Instant::now();
    let read = read(broker, &topic, &counts)?;
    let read_seconds = began.elapsed().as_secs_f64();
    if written != read {
        return Err(format!("{topic}: wrote {written:?}, read {read:?}").into());
    }
    println!(
        "{codec:7} {megabytes} MB written in {write_seconds:.1} s, local again under its limit after {tier_seconds:.1} s \
         (local log starts at {starts:?} of {counts:?}), read back in {read_seconds:.1} s, checksums equal"
    );
    Ok(())
}

fn write(
    broker: &Broker,
    topic: &str,
    codec: &str,
    partitions: i32,
    count: u64,
) -> Result<Vec<PartitionDigest>, Failure> {
    let settings = [
        ("compression.codec", codec),
        ("enable.idempotence", "true"),
        ("linger.ms", "5"),
        ("message.timeout.ms", "60000"),
        ("queue.buffering.max.kbytes", "65536"),
    ];
    let producer: ThreadedProducer<Counts> = broker.client(&settings).create_with_context(Counts::default())?;
    let mut digests: Vec<PartitionDigest> = (0..partitions).map(|_| PartitionDigest::default()).collect();
    for n in 0..count {
        let partition = (n % partitions as u64) as i32;
        let (key, value, timestamp) =
            (format!("key-{n}").into_bytes(), value(n, VALUE_BYTES), 1_700_000_000_000 + n as i64);
        digests[partition as usize].add(&key, &value, timestamp);
        let mut record = BaseRecord::to(topic).partition(partition).key(&key).payload(&value).timestamp(timestamp);
        while let Err((error, back)) = producer.send(record) {
            if error != KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) {
                return Err(error.into());
            }
            record = back;
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    producer.flush(PATIENCE)?;
    let context = producer.context();
    let acknowledged = context.acknowledged.load(Ordering::Relaxed);
    if acknowledged != count {
        return Err(format!("{acknowledged} of {count} records were acknowledged").into());
    }
    Ok(digests)
}

/// Waits until each partition's local log starts later than its log, and its files are near the limit again.
fn wait_until_tiered(broker: &Broker, topic: &str, partitions: i32) -> Result<Vec<i64>, Failure> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let starts: Vec<i64> =
            (0..partitions).map(|p| local_start(&broker.bootstrap(), topic, p)).collect::<Result<_, _>>()?;
        let sizes: Vec<u64> = (0..partitions).map(|p| local_bytes(broker, topic, p)).collect::<Result<_, _>>()?;
        // The active segment and one that is not whole above the limit stay.
        let limit = LOCAL_RETENTION_BYTES + 2 * SEGMENT_BYTES;
        if starts.iter().all(|s| *s > 0) && sizes.iter().all(|s| *s <= limit) {
            return Ok(starts);
        }
        if Instant::now() > deadline {
            return Err(format!("{topic}: local log starts at {starts:?} with {sizes:?} bytes, limit {limit}").into());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// What the partition's segments take on the local disk.
fn local_bytes(broker: &Broker, topic: &str, partition: i32) -> Result<u64, Failure> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(broker.partition_directory(topic, partition))? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "log") {
            // A segment may go between listing and asking.
            bytes += path.metadata().map(|m| m.len()).unwrap_or(0);
        }
    }
    Ok(bytes)
}

fn read(broker: &Broker, topic: &str, counts: &[u64]) -> Result<Vec<String>, Failure> {
    let settings = [
        ("group.id", "unused"),
        ("enable.auto.commit", "false"),
        ("auto.offset.reset", "error"),
        ("check.crcs", "true"),
    ];
    let consumer: BaseConsumer = broker.client(&settings).create()?;
    let partitions = counts.len() as i32;
    let mut assignment = TopicPartitionList::new();
    for partition in 0..partitions {
        assignment.add_partition_offset(topic, partition, Offset::Offset(0))?;
    }
    consumer.assign(&assignment)?;
    let mut digests: Vec<PartitionDigest> = (0..partitions).map(|_| PartitionDigest::default()).collect();
    let mut left: u64 = counts.iter().sum();
    let deadline = Instant::now() + PATIENCE;
    while left > 0 {
        if Instant::now() > deadline {
            return Err(format!("{topic}: {left} records did not come").into());
        }
        let Some(message) = consumer.poll(Duration::from_millis(500)) else { continue };
        let message = message?;
        let digest = &mut digests[message.partition() as usize];
        if message.offset() as u64 != digest.count {
            return Err(format!(
                "{topic}-{}: offset {} came as number {}",
                message.partition(),
                message.offset(),
                digest.count
            )
            .into());
        }
        let timestamp = message.timestamp().to_millis().ok_or("a record without a timestamp")?;
        digest.add(message.key().unwrap_or_default(), message.payload().unwrap_or_default(), timestamp);
        left -= 1;
    }
    for (partition, count) in (0..partitions).zip(counts) {
        let (low, high) = consumer.fetch_watermarks(topic, partition, Duration::from_secs(10))?;
        if (low, high) != (0, *count as i64) {
            return Err(format!("{topic}-{partition}: watermarks {low} and {high}, written were {count}").into());
        }
    }
    Ok(digests.into_iter().map(PartitionDigest::hex).collect())
}
