//! Brokers side by side: the skeleton and any others, run in turn, reported as medians of paired ratios.
#![allow(clippy::disallowed_methods)] // runs on the real machine

mod memory;
mod peers;
mod report;
mod scenarios;

use clap::{Parser, ValueEnum};
use esker_benches::LoadError;
use peers::Peer;
use scenarios::{Plan, Scenario};
use std::path::PathBuf;
use std::time::Duration;

/// Runs each scenario against the skeleton and all peers, interleaved in random order.
#[derive(Parser)]
struct Args {
    /// A running broker: NAME=ADDRESS,PID; may be repeated.
    #[arg(long)]
    peer: Vec<String>,
    /// A broker to start: NAME=COMMAND, in which {port} and {dir} are filled in; may be repeated.
    #[arg(long)]
    start: Vec<String>,
    /// What to run; everything by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    scenarios: Vec<Scenario>,
    /// Rounds; each runs every broker once.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Longest time of one run in seconds.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Most bytes of one run.
    #[arg(long, default_value_t = 1 << 30)]
    bytes: u64,
    /// Number of idle partitions for the memory figures.
    #[arg(long, default_value_t = 1000)]
    idle_partitions: i32,
    /// Where data of the brokers that are started goes, and where the disk is probed.
    #[arg(long, default_value = "/tmp")]
    dir: PathBuf,
    /// Keep brokers on core 0 and the generator on core 1.
    #[arg(long)]
    pin: bool,
    /// Let the skeleton overwrite files that it wrote beforehand: the bound for a broker that recycles its segments.
    #[arg(long)]
    recycled: bool,
}

fn main() -> Result<(), LoadError> {
    let args = Args::parse();
    let mut peers = Vec::new();
    for text in &args.peer {
        peers.push(Peer::attach(text)?);
    }
    for text in &args.start {
        peers.push(Peer::start(text, &args.dir)?);
    }
    if args.pin {
        esker_benches::usage::pin(std::process::id(), 1)?;
    }
    let plan = Plan {
        rounds: args.rounds,
        time: Duration::from_secs_f64(args.seconds),
        bytes: args.bytes,
        directory: args.dir,
        pin: args.pin,
        recycled: args.recycled,
    };
    report::machine()?;
    let wanted = if args.scenarios.is_empty() { Scenario::value_variants() } else { &args.scenarios };
    if wanted.contains(&Scenario::Memory) {
        memory::idle(&peers)?;
    }
    for scenario in wanted {
        match scenario {
            Scenario::Memory => memory::per_partition(&peers, args.idle_partitions)?,
            scenario => report::print(*scenario, &scenarios::run(*scenario, &plan, &peers)?),
        }
    }
    Ok(())
}
