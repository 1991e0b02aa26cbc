//! How long a broker takes to serve again, and how much memory it holds, with a tiered history and with one many times as long.
#![allow(clippy::disallowed_methods)] // measures the real machine

mod broker;
mod history;

use broker::Broker;
use clap::Parser;
use esker_benches::admin::{NewTopics, await_leaders, create_topics};
use esker_benches::frames::BatchShape;
use esker_benches::offsets::{EARLIEST, LATEST, LATEST_TIERED, offsets};
use esker_benches::produce::ProduceLoad;
use esker_benches::stats::Spread;
use esker_benches::usage::memory;
use esker_benches::{Bound, LoadError};
use std::path::PathBuf;
use std::time::{Duration, Instant};

const TOPIC: &str = "many";
const LOAD_MAX: Duration = Duration::from_secs(300);
const TIERED_MAX: Duration = Duration::from_secs(1200);
const RECORD: BatchShape = BatchShape { batch_bytes: 0, record_bytes: 128 };

/// Fills a tiered topic with many small segments, measures starts, makes the tiered history longer, and measures them again.
#[derive(Parser)]
struct Args {
    /// The broker's command; {port} and {dir} are filled in. Its tier must be file:{dir}/bucket and its data beneath {dir}.
    #[arg(long)]
    start: String,
    /// Where an empty directory for all that is made.
    #[arg(long)]
    dir: PathBuf,
    /// Partitions.
    #[arg(long, default_value_t = 1000)]
    partitions: i32,
    /// Segments of each, on the local disk and in the tier.
    #[arg(long, default_value_t = 100)]
    segments: u64,
    /// How many times as long the tiered history is in the end.
    #[arg(long, default_value_t = 100)]
    times: u64,
    /// Starts of each kind.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// Measurements of starts, by what was measured, in the order of the report.
#[derive(Default)]
struct Figures(Vec<(String, Vec<f64>)>);

impl Figures {
    fn add(&mut self, name: String, value: f64) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => self.0.push((name, vec![value])),
        }
    }
}

fn main() -> Result<(), LoadError> {
    let args = Args::parse();
    let directory = tempfile::TempDir::new_in(&args.dir)?;
    let mut broker = Broker::new(&args.start, directory.path())?;
    fill(&args, &mut broker)?;
    let once = rounds(&args, &mut broker)?;
    broker.stop()?;
    let began = Instant::now();
    let grown = history::lengthen(&directory.path().join("bucket"), args.times * args.segments)?;
    println!("{grown:?} in {:.1?}", began.elapsed());
    if grown.partitions < args.partitions as u64 || grown.entries < grown.partitions * args.times * args.segments {
        return Err(LoadError::Settings("the history did not become as long as it should".into()));
    }
    let many = rounds(&args, &mut broker)?;
    broker.stop()?;
    report(&args, &once, &many);
    Ok(())
}

fn produce(args: &Args, broker: &Broker, shape: BatchShape, each: u64) -> Result<(), LoadError> {
    // One connection takes the partitions in turn, so each gets the same.
    let batch = shape.batch(1)?.len() as u64;
    let (address, topic, partitions) = (broker.address, TOPIC.to_owned(), args.partitions);
    let load = ProduceLoad { address, topic, partitions, connections: 1, in_flight: 20, acks: -1, version: 9, shape };
    let outcome = load.run(Bound { time: LOAD_MAX, bytes: batch * each * partitions as u64 })?;
    let wanted = each * partitions as u64;
    let done = outcome.requests >= wanted;
    if done { Ok(()) } else { Err(LoadError::Settings(format!("{} of {wanted} requests in time", outcome.requests))) }
}

/// First a segment of as many offsets as the long history needs, which goes from the local disk as soon as it is in the tier; then segments of
/// one record, which stay.
fn fill(args: &Args, broker: &mut Broker) -> Result<(), LoadError> {
    broker.start()?;
    let since = Instant::now();
    let one = RECORD.batch(1)?.len() as u64;
    let config = |key: &str, value: String| (key.to_owned(), value);
    let configs = vec![
        config("remote.storage.enable", "true".into()),
        config("retention.ms", "-1".into()),
        // A record takes a segment of its own, by the broker's clock.
        config("segment.ms", "1".into()),
        config("message.timestamp.type", "LogAppendTime".into()),
        config("local.retention.bytes", (one * args.segments).to_string()),
    ];
    await_port(broker)?;
    create_topics(broker.address, &NewTopics { names: vec![TOPIC.into()], partitions: args.partitions, configs })?;
    await_leaders(broker.address, TOPIC, args.partitions)?;
    let offsets_wanted = (args.times * args.segments) as usize;
    let wide = BatchShape { batch_bytes: offsets_wanted * 26 + 100, record_bytes: 1 };
    produce(args, broker, wide, 1)?;
    produce(args, broker, RECORD, args.segments + 2)?;
    await_tiered(args, broker)?;
    println!("filled in {:.0?}", since.elapsed());
    Ok(())
}

fn await_port(broker: &Broker) -> Result<(), LoadError> {
    let began = Instant::now();
    while std::net::TcpStream::connect(broker.address).is_err() {
        if began.elapsed() > Duration::from_secs(60) {
            return Err(LoadError::Silent(began.elapsed()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Everything but the active segment.
fn await_tiered(args: &Args, broker: &Broker) -> Result<(), LoadError> {
    let began = Instant::now();
    let of = |time| offsets(broker.address, TOPIC, args.partitions, time);
    while of(LATEST)?.iter().zip(of(LATEST_TIERED)?).any(|(end, tiered)| tiered < end - 3) {
        if began.elapsed() > TIERED_MAX {
            return Err(LoadError::Settings("the segments were not uploaded in time".into()));
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    broker.await_rest()?;
    Ok(())
}

fn rounds(args: &Args, broker: &mut Broker) -> Result<Figures, LoadError> {
    let mut figures = Figures::default();
    // Not counted: it meets what was written meanwhile for the first time.
    measure(args, broker, "first", &mut Figures::default())?;
    for _ in 0..args.rounds {
        broker.stop()?;
        measure(args, broker, "clean", &mut figures)?;
        produce(args, broker, RECORD, 1)?;
        broker.kill()?;
        measure(args, broker, "killed", &mut figures)?;
    }
    Ok(figures)
}

fn measure(args: &Args, broker: &mut Broker, kind: &str, figures: &mut Figures) -> Result<(), LoadError> {
    broker.stop()?;
    let since = broker.start()?;
    let served = broker.await_served(TOPIC, args.partitions, since)?;
    let mut add = |what: &str, value: f64| figures.add(format!("{kind}: {what}"), value);
    add("s until every partition answers", served.as_secs_f64());
    for (what, said) in
        [("s until its logs are open", "logs opened"), ("s until it serves anything", "compose: serving")]
    {
        if let Some(seconds) = broker.seconds_until(said) {
            add(what, seconds);
        }
    }
    let pid = broker.pid()?;
    add("CPU s until it rests", broker.await_rest()?);
    add("MiB resident then", memory(pid)?.resident as f64 / f64::from(1 << 20));
    for (name, time) in [("earliest", EARLIEST), ("latest", LATEST), ("first by time", 1)] {
        let began = Instant::now();
        let found = offsets(broker.address, TOPIC, args.partitions, time)?;
        add(&format!("s for ListOffsets, {name}"), began.elapsed().as_secs_f64());
        if time != LATEST && found.iter().any(|offset| *offset != 0) {
            return Err(LoadError::Settings(format!("{name} is not the first record everywhere")));
        }
    }
    add("MiB resident after those", memory(pid)?.resident as f64 / f64::from(1 << 20));
    add("MiB at most", memory(pid)?.peak as f64 / f64::from(1 << 20));
    Ok(())
}

fn report(args: &Args, once: &Figures, many: &Figures) {
    println!(
        "{} partitions of {} segments; the tiered history once and {} times:",
        args.partitions, args.segments, args.times
    );
    for ((name, once), (_, many)) in once.0.iter().zip(&many.0) {
        let (once, many) = (Spread::of(once), Spread::of(many));
        println!("{name:<45}{once:>28.3}{many:>28.3}{:>8.2}", many.median / once.median);
    }
}
