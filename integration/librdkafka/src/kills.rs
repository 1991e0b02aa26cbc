//! kill -9 under load: idempotent producers write while the broker is killed and started again and again; afterwards every
//! acknowledged record is in the log once, in order, at its offset.

use crate::Failure;
use crate::broker::Broker;
use crate::kills_ledger::{Ledger, ReadLog, Sent};
use crate::records;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseRecord, NoCustomPartitioner, Producer, ProducerContext, ThreadedProducer};
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// One topic stays local, the other one's closed segments go to the tier while all this happens.
const TOPICS: [&str; 2] = ["plain", "tiered"];
const PARTITIONS: i32 = 3;
const SESSIONS: u32 = 2;
const VALUE_BYTES: usize = 500;
const PATIENCE: Duration = Duration::from_secs(180);
/// Records per second and session: enough to always have some in flight, little enough for any machine.
const RATE: u64 = 4000;

#[derive(Clone, Default)]
struct Deliveries(Arc<Mutex<Ledger>>);

impl Deliveries {
    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl ClientContext for Deliveries {}

impl ProducerContext<NoCustomPartitioner> for Deliveries {
    type DeliveryOpaque = Box<Sent>;

    fn delivery(&self, result: &DeliveryResult<'_>, sent: Box<Sent>) {
        let mut ledger = self.ledger();
        match result {
            Ok(message) => {
                ledger.acknowledged.insert(*sent, message.offset());
            }
            Err((error, _)) => ledger.failed.push((*sent, error.to_string())),
        }
    }
}

/// Kills the broker `count` times, `seconds` apart, under load.
pub fn run(count: u64, seconds: u64) -> Result<(), Failure> {
    let broker = Broker::start()?;
    broker.create_topic("plain", PARTITIONS, &[("retention.ms", "-1"), ("segment.bytes", "1048576")])?;
    let tiered = [
        ("remote.storage.enable", "true"),
        ("segment.bytes", "1048576"),
        ("local.retention.bytes", "2097152"),
        ("retention.ms", "-1"),
    ];
    broker.create_topic("tiered", PARTITIONS, &tiered)?;

    let deliveries = Deliveries::default();
    let stop = Arc::new(AtomicBool::new(false));
    let sessions: Vec<_> = (0..SESSIONS).map(|n| session(&broker, n, &deliveries, &stop)).collect::<Result<_, _>>()?;
    let killed = kill_again_and_again(&broker, &deliveries, count, seconds);
    stop.store(true, Ordering::Relaxed);
    for handle in sessions {
        handle.join().map_err(|_| "a producer thread died")??;
    }
    killed?;

    let ledger = deliveries.ledger();
    if let Some((sent, error)) = ledger.failed.first() {
        return Err(format!("{} records failed, the first: {sent:?}: {error}", ledger.failed.len()).into());
    }
    let mut there = 0;
    for topic in TOPICS {
        for partition in 0..PARTITIONS {
            let log = read(&broker, topic, partition)?;
            ledger.compare(&log)?;
            there += log.records.len();
        }
    }
    let acknowledged = ledger.acknowledged.len();
    println!(
        "{count} kills: {acknowledged} records acknowledged, {there} in the log, each once, in order, at its offset"
    );
    broker.stop()
}

fn kill_again_and_again(broker: &Broker, deliveries: &Deliveries, count: u64, seconds: u64) -> Result<(), Failure> {
    for n in 1..=count {
        std::thread::sleep(Duration::from_secs(seconds));
        let before = deliveries.ledger().acknowledged.len();
        broker.kill()?;
        let ready = broker.restart()?;
        let began = Instant::now();
        while deliveries.ledger().acknowledged.len() <= before {
            if began.elapsed() > PATIENCE {
                return Err(format!("nothing was acknowledged for {PATIENCE:?} after kill {n}").into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        println!(
            "kill {n}: {before} acknowledged before, ready after {:.1} s, the next acknowledgement {:.1} s later",
            ready.as_secs_f64(),
            began.elapsed().as_secs_f64()
        );
    }
    std::thread::sleep(Duration::from_secs(seconds));
    Ok(())
}

/// One idempotent producer that writes to every partition in turn until it is told to stop, then flushes.
fn session(
    broker: &Broker,
    session: u32,
    deliveries: &Deliveries,
    stop: &Arc<AtomicBool>,
) -> Result<JoinHandle<Result<(), Failure>>, Failure> {
    let timeout = PATIENCE.as_millis().to_string();
    let settings = [
        ("enable.idempotence", "true"),
        ("acks", "all"),
        ("linger.ms", "2"),
        ("compression.codec", if session == 0 { "none" } else { "lz4" }),
        ("message.timeout.ms", timeout.as_str()),
        ("reconnect.backoff.max.ms", "500"),
        ("topic.metadata.refresh.interval.ms", "1000"),
        ("queue.buffering.max.messages", "20000"),
    ];
    let producer: ThreadedProducer<Deliveries> = broker.client(&settings).create_with_context(deliveries.clone())?;
    let stop = Arc::clone(stop);
    Ok(std::thread::spawn(move || {
        let mut round = 0;
        let began = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            for topic in TOPICS {
                for partition in 0..PARTITIONS {
                    send(&producer, Sent { session, topic, partition, number: round }, &stop)?;
                }
            }
            round += 1;
            let due = Duration::from_micros(round * PARTITIONS as u64 * TOPICS.len() as u64 * 1_000_000 / RATE);
            std::thread::sleep(due.saturating_sub(began.elapsed()));
        }
        producer.flush(PATIENCE)?;
        Ok(())
    }))
}

fn send(producer: &ThreadedProducer<Deliveries>, sent: Sent, stop: &AtomicBool) -> Result<(), Failure> {
    let mut value = sent.label().into_bytes();
    value.extend(records::value(sent.number, VALUE_BYTES));
    let mut record = BaseRecord::<(), _, _>::with_opaque_to(sent.topic, Box::new(sent.clone()))
        .partition(sent.partition)
        .payload(&value);
    while let Err((error, back)) = producer.send(record) {
        if error != KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) {
            return Err(error.into());
        }
        if stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        record = back;
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// A whole partition from its beginning to its end; offsets are dense and each value is as it was sent.
fn read(broker: &Broker, topic: &'static str, partition: i32) -> Result<ReadLog, Failure> {
    let settings = [
        ("group.id", "unused"),
        ("enable.auto.commit", "false"),
        ("auto.offset.reset", "error"),
        ("check.crcs", "true"),
    ];
    let consumer: BaseConsumer = broker.client(&settings).create()?;
    let (low, high) = consumer.fetch_watermarks(topic, partition, Duration::from_secs(20))?;
    if low != 0 {
        return Err(format!("{topic}-{partition} starts at {low}").into());
    }
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_offset(topic, partition, Offset::Offset(0))?;
    consumer.assign(&assignment)?;
    let mut records = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    while (records.len() as i64) < high {
        if Instant::now() > deadline {
            return Err(format!("{topic}-{partition}: {} of {high} records came", records.len()).into());
        }
        let Some(message) = consumer.poll(Duration::from_millis(500)) else { continue };
        let message = message?;
        if message.offset() != records.len() as i64 {
            return Err(
                format!("{topic}-{partition}: offset {} came as number {}", message.offset(), records.len()).into()
            );
        }
        let value = message.payload().unwrap_or_default();
        let sent = Sent::parse(topic, partition, value)?;
        if value[sent.label().len()..] != records::value(sent.number, VALUE_BYTES) {
            return Err(
                format!("{topic}-{partition} offset {}: the value is not what was sent", message.offset()).into()
            );
        }
        records.push(sent);
    }
    Ok(ReadLog { topic, partition, records })
}
