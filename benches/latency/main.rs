//! Open-loop latency from the command line: one run against one broker.
#![allow(clippy::disallowed_methods)] // runs on the real machine

use clap::Parser;
use esker_benches::LoadError;
use esker_benches::measure::{Sample, Watch};
use esker_benches::open_loop::OpenLoop;
use std::net::SocketAddr;
use std::time::Duration;

/// Produces single records at a fixed rate and reads them back; latencies count from when a record was due.
#[derive(Parser)]
struct Args {
    /// The broker.
    #[arg(long)]
    broker: SocketAddr,
    /// Its process, to measure what it spends.
    #[arg(long)]
    pid: Option<u32>,
    /// An existing topic; its partition 0 is used.
    #[arg(long, default_value = "latency")]
    topic: String,
    /// Records per second.
    #[arg(long, default_value_t = 10_000.0)]
    rate: f64,
    /// Size of a record's value in bytes.
    #[arg(long, default_value_t = 1024)]
    record_bytes: usize,
    /// Required acknowledgements: -1 or 1.
    #[arg(long, default_value_t = -1, allow_hyphen_values = true)]
    acks: i16,
    /// How long.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Never sleep.
    #[arg(long)]
    spin: bool,
}

fn main() -> Result<(), LoadError> {
    let args = Args::parse();
    let load = OpenLoop {
        address: args.broker,
        topic: args.topic,
        rate: args.rate,
        record_bytes: args.record_bytes,
        acks: args.acks,
        time: Duration::from_secs_f64(args.seconds),
        spin: args.spin,
    };
    let watch = args.pid.map(Watch::start).transpose()?;
    let sample = Sample::from(load.run()?);
    let spent = watch.map(Watch::end).transpose()?;
    for (name, value) in sample.figures(spent.as_ref()) {
        println!("{name:<26}{value:>14.3}");
    }
    Ok(())
}
