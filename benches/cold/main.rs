//! Cold reads of a real broker whose bucket lies in the slow store: upload, catch-up, first byte, and a warm second pass.
#![allow(clippy::disallowed_methods)] // measures the real machine

mod counts;
mod first_byte;
mod roof;

use clap::Parser;
use counts::Counts;
use esker_benches::admin::{NewTopics, await_leaders, create_topics};
use esker_benches::fetch::{FetchLoad, FetchOutcome};
use esker_benches::frames::BatchShape;
use esker_benches::produce::ProduceLoad;
use esker_benches::usage::cpu_seconds;
use esker_benches::{Bound, LoadError};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const RUN_MAX: Duration = Duration::from_secs(300);
const SHAPE: BatchShape = BatchShape { batch_bytes: 100_000, record_bytes: 1024 };

/// Fills a tiered topic, waits until its segments are in the store, and reads it from the beginning twice.
#[derive(Parser)]
struct Args {
    /// A running broker with esker.tier.url=s3://... in the store.
    #[arg(long)]
    broker: SocketAddr,
    /// Its process.
    #[arg(long)]
    pid: u32,
    /// The slow store.
    #[arg(long)]
    store: SocketAddr,
    /// The store's time to the first byte.
    #[arg(long, default_value_t = 20.0)]
    first_byte_ms: f64,
    /// The store's speed of a connection.
    #[arg(long, default_value_t = 90.0)]
    megabytes_per_second: f64,
    /// Partitions, each read by a consumer of its own.
    #[arg(long, default_value_t = 1)]
    partitions: i32,
    /// Bytes in all.
    #[arg(long, default_value_t = 1 << 29)]
    bytes: u64,
    /// Bytes of a segment.
    #[arg(long, default_value_t = 8 << 20)]
    segment_bytes: u64,
    /// The broker's esker.tier.read.ahead.max.bytes: how much may be on its way for one reader.
    #[arg(long, default_value_t = 16 << 20)]
    read_ahead_bytes: u64,
}

impl Args {
    /// The end of each partition is local still; nobody reads that far.
    fn tiered_bytes(&self) -> u64 {
        self.bytes - self.bytes.min(2 * self.segment_bytes * self.partitions as u64)
    }
}

fn main() -> Result<(), LoadError> {
    let args = Args::parse();
    let (hot, old) = (format!("hot-{}", std::process::id()), format!("cold-{}", std::process::id()));
    let produced = local(&args, &hot)?;
    let hot = pass("local pass", &args, &hot, args.bytes)?;
    upload(&args, &old, produced)?;
    let tiered = args.tiered_bytes();
    let before = Counts::read(args.store)?;
    let cold = pass("cold pass", &args, &old, tiered)?;
    let counts = Counts::read(args.store)?.since(&before);
    explain(&args, &cold, &counts);
    let before = Counts::read(args.store)?;
    let warm = pass("second pass", &args, &old, tiered)?;
    let gets = Counts::read(args.store)?.since(&before).get("get");
    println!(
        "  GETs {gets}; {:.2} of the cold pass, {:.2} of the local one",
        speed(&warm) / speed(&cold),
        speed(&warm) / speed(&hot)
    );
    first_byte::measure(&args)
}

fn speed(outcome: &FetchOutcome) -> f64 {
    outcome.bytes as f64 / outcome.elapsed.as_secs_f64()
}

fn create(args: &Args, topic: &str, more: &[(&str, &str)]) -> Result<(), LoadError> {
    let mut configs: Vec<_> = more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    configs.push(("segment.bytes".to_owned(), args.segment_bytes.to_string()));
    let topics = NewTopics { names: vec![topic.to_owned()], partitions: args.partitions, configs };
    create_topics(args.broker, &topics)?;
    await_leaders(args.broker, topic, args.partitions)
}

/// CPU seconds of the broker a GB.
fn produce(args: &Args, topic: &str, bytes: u64) -> Result<f64, LoadError> {
    let load = ProduceLoad {
        address: args.broker,
        topic: topic.to_owned(),
        partitions: args.partitions,
        connections: 1,
        in_flight: 5,
        acks: -1,
        version: 9,
        shape: SHAPE,
    };
    let cpu = cpu_seconds(args.pid)?;
    load.run(Bound { time: RUN_MAX, bytes })?;
    Ok((cpu_seconds(args.pid)? - cpu) / (bytes as f64 / 1e9))
}

/// What the same records cost that stay where they are. Twice: the first time memory is touched that nothing has touched before.
fn local(args: &Args, topic: &str) -> Result<f64, LoadError> {
    create(args, topic, &[("remote.storage.enable", "false")])?;
    let first = produce(args, topic, args.bytes)?;
    let second = produce(args, topic, args.bytes)?;
    println!("local produce: {first:.2}, then {second:.2} CPU-s/GB");
    pass("local, once to warm up", args, topic, args.bytes)?;
    Ok(second)
}

fn create_tiered(args: &Args, topic: &str) -> Result<(), LoadError> {
    create(
        args,
        topic,
        &[("remote.storage.enable", "true"), ("local.retention.bytes", "1"), ("file.delete.delay.ms", "0")],
    )
}

/// Produces everything and waits until the store has it.
fn upload(args: &Args, topic: &str, local: f64) -> Result<(), LoadError> {
    create_tiered(args, topic)?;
    let (before, cpu, begun) = (Counts::read(args.store)?, cpu_seconds(args.pid)?, Instant::now());
    produce(args, topic, args.bytes)?;
    let (counts, last) = Counts::settled(args.store, before.get("sent_bytes") + args.tiered_bytes(), RUN_MAX)?;
    let counts = counts.since(&before);
    let (cpu, gigabytes) = (cpu_seconds(args.pid)? - cpu, counts.get("sent_bytes") as f64 / 1e9);
    let writes = counts.get("put") + counts.get("create") + counts.get("put_part") + counts.get("multipart");
    let segments = (args.bytes as f64 / args.segment_bytes as f64).max(1.0);
    let roof = roof::upload()?;
    println!(
        "upload: {gigabytes:.2} GB; {:.2} writes a segment, {} listings; {:.2} CPU-s/GB more than produced locally ({roof:.2} to read, \
         check and send a file); {:.0} MB/s from the first record to the last version",
        writes as f64 / segments,
        counts.get("list"),
        cpu / gigabytes - local,
        gigabytes * 1e3 / (last - begun).as_secs_f64()
    );
    Ok(())
}

fn load(args: &Args, topic: &str, partitions: i32, bytes: i32) -> FetchLoad {
    FetchLoad {
        address: args.broker,
        topic: topic.to_owned(),
        partitions,
        from: 0,
        connections: partitions as usize,
        partition_max_bytes: bytes,
        max_bytes: 50 << 20,
        verify: false,
    }
}

fn pass(name: &str, args: &Args, topic: &str, bytes: u64) -> Result<FetchOutcome, LoadError> {
    let cpu = cpu_seconds(args.pid)?;
    let outcome = load(args, topic, args.partitions, 1 << 20).run(Bound { time: RUN_MAX, bytes })?;
    let cpu = (cpu_seconds(args.pid)? - cpu) / (outcome.bytes as f64 / 1e9);
    println!("{name}: {:.0} MB/s, {cpu:.2} CPU-s/GB", speed(&outcome) / 1e6);
    Ok(outcome)
}

/// The cold pass against what the store could give at best.
fn explain(args: &Args, outcome: &FetchOutcome, counts: &Counts) {
    let (gets, moved) = (counts.get("get").max(1) as f64, counts.get("get_bytes") as f64);
    let served = outcome.bytes as f64;
    let request = moved / gets;
    let one = request / (args.first_byte_ms / 1e3 + request / (args.megabytes_per_second * 1e6));
    let in_flight = (args.read_ahead_bytes as f64 / request).max(1.0) * f64::from(args.partitions);
    let busy = counts.get("get_busy_us") as f64 / 1e6 / outcome.elapsed.as_secs_f64();
    println!(
        "  {:.0} GETs a GB of {:.1} MB, {:.3} bytes fetched per byte served, {} listings; {busy:.1} requests under way on average",
        gets / (served / 1e9),
        request / 1e6,
        moved / served,
        counts.get("list")
    );
    println!(
        "  {:.2} of in flight x chunk / (TTFB + chunk / bandwidth) with {in_flight:.1} in flight as configured, {:.2} with those under way",
        speed(outcome) / (in_flight * one),
        speed(outcome) / (busy * one)
    );
}
