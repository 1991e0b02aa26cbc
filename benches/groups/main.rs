//! What groups cost, from the command line: one run against one broker.
#![allow(clippy::disallowed_methods)] // runs on the real machine

use clap::{Args, Parser, Subcommand};
use esker_benches::groups::GroupLoad;
use esker_benches::measure::Watch;
use esker_benches::{Bound, LoadError, usage};
use std::net::SocketAddr;
use std::time::Duration;

/// Members, offsets and rebalances, by the same bytes for any broker.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Rebalances a classic group: from the last join to the last assignment, in each round.
    Rebalance {
        #[command(flatten)]
        common: Common,
        #[arg(long, default_value_t = 200)]
        members: usize,
        #[arg(long, default_value_t = 5)]
        times: usize,
    },
    /// Has consumers of the new protocol join a group, and counts heartbeats until all have what is theirs.
    Consumers {
        #[command(flatten)]
        common: Common,
        #[arg(long, default_value_t = 1000)]
        members: usize,
        /// Between heartbeats of a member; Kafka's own is 5,000.
        #[arg(long, default_value_t = 5000)]
        interval_ms: u64,
    },
    /// Commits offsets, one request at a time on each connection.
    Commits {
        #[command(flatten)]
        common: Common,
        #[arg(long, default_value_t = 16)]
        connections: usize,
        #[arg(long, default_value_t = 5.0)]
        seconds: f64,
    },
    /// Commits one offset of every partition in many groups, and tells the memory that each takes.
    Fill {
        #[command(flatten)]
        common: Common,
        #[arg(long, default_value_t = 10_000)]
        groups: usize,
    },
    /// Waits for the broker to start again, and for all those offsets.
    Loaded {
        #[command(flatten)]
        common: Common,
        #[arg(long, default_value_t = 10_000)]
        groups: usize,
    },
}

#[derive(Args)]
struct Common {
    /// The broker.
    #[arg(long)]
    broker: SocketAddr,
    /// Its process, to measure what it spends.
    #[arg(long)]
    pid: Option<u32>,
    /// An existing topic.
    #[arg(long, default_value = "blaster")]
    topic: String,
    /// Its partitions; for commits, how many of them each request names.
    #[arg(long)]
    partitions: i32,
}

impl Common {
    fn load(&self) -> GroupLoad {
        GroupLoad { address: self.broker, topic: self.topic.clone(), partitions: self.partitions }
    }

    fn resident(&self) -> Result<u64, LoadError> {
        Ok(self.pid.map(usage::memory).transpose()?.map_or(0, |memory| memory.resident))
    }

    /// A group that no earlier run has left.
    fn new_group(name: &str) -> String {
        format!("{name}-{}", std::process::id())
    }
}

fn show(name: &str, value: f64) {
    println!("{name:<26}{value:>14.3}");
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn main() -> Result<(), LoadError> {
    match Cli::parse().command {
        Command::Rebalance { common, members, times } => {
            for took in common.load().rebalance(&Common::new_group("rebalance"), members, times)? {
                show("rebalance ms", millis(took));
            }
        }
        Command::Consumers { common, members, interval_ms } => {
            let interval = Duration::from_millis(interval_ms);
            let settled = common.load().consumers(&Common::new_group("consumers"), members, interval)?;
            show("heartbeats of each", f64::from(settled.rounds));
            show("a heartbeat ms", millis(settled.heartbeat));
        }
        Command::Commits { common, connections, seconds } => {
            let watch = common.pid.map(Watch::start).transpose()?;
            let bound = Bound { time: Duration::from_secs_f64(seconds), bytes: u64::MAX };
            let sample = common.load().commit(connections, bound)?;
            let spent = watch.map(Watch::end).transpose()?;
            for (name, value) in sample.figures(spent.as_ref()) {
                show(name, value);
            }
        }
        Command::Fill { common, groups } => {
            let before = common.resident()?;
            common.load().fill(groups)?;
            let offsets = groups as f64 * f64::from(common.partitions);
            show("offsets", offsets);
            show("RSS bytes per offset", common.resident()?.saturating_sub(before) as f64 / offsets);
        }
        Command::Loaded { common, groups } => show("loaded after ms", millis(common.load().loaded(groups)?)),
    }
    Ok(())
}
