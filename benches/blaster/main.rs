//! Raw wire load from the command line: one run against one broker.
#![allow(clippy::disallowed_methods)] // runs on the real machine

use clap::{Args, Parser, Subcommand};
use esker_benches::admin::{NewTopics, await_leaders, create_topics, delete_topics};
use esker_benches::fetch::FetchLoad;
use esker_benches::frames::BatchShape;
use esker_benches::measure::{Sample, Watch};
use esker_benches::produce::ProduceLoad;
use esker_benches::scatter::Scatter;
use esker_benches::sync_probe::syncs_per_second;
use esker_benches::transactions::TransactionLoad;
use esker_benches::{Bound, LoadError};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Sends the same pre-encoded requests to any broker.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Produces as fast as the broker acknowledges.
    Produce {
        #[command(flatten)]
        common: Common,
        /// Requests in flight on each connection.
        #[arg(long, default_value_t = 5)]
        in_flight: usize,
        /// Required acknowledgements: -1, 0 or 1.
        #[arg(long, default_value_t = -1, allow_hyphen_values = true)]
        acks: i16,
        /// Version of Produce, 9 to 12.
        #[arg(long, default_value_t = 9)]
        version: i16,
        /// Size of a batch in bytes; 0 for one record a batch.
        #[arg(long, default_value_t = 1_000_000)]
        batch_bytes: usize,
        /// Size of a record's value in bytes.
        #[arg(long, default_value_t = 1024)]
        record_bytes: usize,
    },
    /// Fetches in a circle from the start of every partition.
    Fetch {
        #[command(flatten)]
        common: Common,
        /// Most bytes of one partition in an answer.
        #[arg(long, default_value_t = 1 << 20)]
        partition_max_bytes: i32,
        /// Most bytes of an answer.
        #[arg(long, default_value_t = 50 << 20)]
        max_bytes: i32,
        /// Verify each batch's checksum.
        #[arg(long)]
        verify: bool,
    },
    /// Fetches scattered over what is in the remote tier only, each record anywhere; latencies are those of the fetches.
    Scatter {
        #[command(flatten)]
        common: Common,
        /// Fetches in all; --seconds and --bytes end nothing.
        #[arg(long, default_value_t = 10_000)]
        fetches: u64,
        /// Most bytes of an answer.
        #[arg(long, default_value_t = 1 << 16)]
        max_bytes: i32,
        /// Where the dice begin.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Commits transactions one after the other on each connection; requests are transactions, latencies those of commits.
    Transactions {
        #[command(flatten)]
        common: Common,
        /// Records of a transaction, over all partitions.
        #[arg(long, default_value_t = 100)]
        records: usize,
        /// Size of a record's value in bytes.
        #[arg(long, default_value_t = 1024)]
        record_bytes: usize,
    },
    /// Creates a topic and waits for its leaders (not for the skeleton, which has every topic).
    Create {
        /// The broker.
        #[arg(long)]
        broker: SocketAddr,
        /// Name.
        #[arg(long, default_value = "blaster")]
        topic: String,
        /// Partitions.
        #[arg(long, default_value_t = 16)]
        partitions: i32,
        /// A topic config, as key=value; may be repeated.
        #[arg(long)]
        config: Vec<String>,
    },
    /// Deletes a topic.
    Delete {
        /// The broker.
        #[arg(long)]
        broker: SocketAddr,
        /// Name.
        #[arg(long, default_value = "blaster")]
        topic: String,
    },
    /// Measures how many 4 KiB appends a second a disk makes durable one by one.
    SyncRate {
        /// A directory on that disk.
        #[arg(long)]
        dir: PathBuf,
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
    /// Its partitions.
    #[arg(long, default_value_t = 16)]
    partitions: i32,
    /// Connections.
    #[arg(long, default_value_t = 4)]
    connections: usize,
    /// Stop after so many seconds.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Stop after so many bytes of batches.
    #[arg(long, default_value_t = u64::MAX)]
    bytes: u64,
}

impl Common {
    fn measured(&self, run: impl FnOnce(Bound) -> Result<Sample, LoadError>) -> Result<(), LoadError> {
        let watch = self.pid.map(Watch::start).transpose()?;
        let sample = run(Bound { time: Duration::from_secs_f64(self.seconds), bytes: self.bytes })?;
        let spent = watch.map(Watch::end).transpose()?;
        println!("{:<26}{:>14.3}", "seconds", sample.elapsed.as_secs_f64());
        for (name, value) in sample.figures(spent.as_ref()) {
            println!("{name:<26}{value:>14.3}");
        }
        Ok(())
    }
}

fn main() -> Result<(), LoadError> {
    match Cli::parse().command {
        Command::Produce { common, in_flight, acks, version, batch_bytes, record_bytes } => {
            let load = ProduceLoad {
                address: common.broker,
                topic: common.topic.clone(),
                partitions: common.partitions,
                connections: common.connections,
                in_flight,
                acks,
                version,
                shape: BatchShape { batch_bytes, record_bytes },
            };
            common.measured(|bound| load.run(bound).map(Sample::from))
        }
        Command::Fetch { common, partition_max_bytes, max_bytes, verify } => {
            let load = FetchLoad {
                address: common.broker,
                topic: common.topic.clone(),
                partitions: common.partitions,
                from: 0,
                connections: common.connections,
                partition_max_bytes,
                max_bytes,
                verify,
            };
            common.measured(|bound| load.run(bound).map(Sample::from))
        }
        Command::Scatter { common, fetches, max_bytes, seed } => {
            let load = Scatter {
                address: common.broker,
                topic: common.topic.clone(),
                partitions: common.partitions,
                connections: common.connections,
                fetches,
                max_bytes,
                seed,
            };
            common.measured(|_| load.run().map(Sample::from))
        }
        Command::Transactions { common, records, record_bytes } => {
            let load = TransactionLoad {
                address: common.broker,
                topic: common.topic.clone(),
                partitions: common.partitions,
                connections: common.connections,
                records,
                record_bytes,
            };
            common.measured(|bound| load.run(bound))
        }
        Command::Create { broker, topic, partitions, config } => {
            let pair = |text: &String| text.split_once('=').map(|(key, value)| (key.into(), value.into()));
            let configs: Option<_> = config.iter().map(pair).collect();
            let configs = configs.ok_or(LoadError::Settings("a config is key=value".into()))?;
            create_topics(broker, &NewTopics { names: vec![topic.clone()], partitions, configs })?;
            await_leaders(broker, &topic, partitions)
        }
        Command::Delete { broker, topic } => delete_topics(broker, &[topic]),
        Command::SyncRate { dir } => {
            println!("{:.0} syncs/s", syncs_per_second(&dir, 4096, Duration::from_secs(3))?);
            Ok(())
        }
    }
}
