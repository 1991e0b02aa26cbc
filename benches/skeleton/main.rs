//! The roofline broker as a process of its own.
#![allow(clippy::disallowed_methods)] // runs on the real machine

use clap::Parser;
use esker_benches::LoadError;
use esker_benches::skeleton::{Settings, serve};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The least that a broker can do: the bound that Esker is compared with.
#[derive(Parser)]
struct Args {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:19990")]
    listen: SocketAddr,
    /// Where to put one file per partition.
    #[arg(long)]
    dir: PathBuf,
    /// Number of partitions.
    #[arg(long, default_value_t = 16)]
    partitions: i32,
    /// Size in bytes at which a partition's file starts over.
    #[arg(long, default_value_t = 256 << 20)]
    wrap_bytes: u64,
    /// Write the files once beforehand, so that appends only overwrite.
    #[arg(long)]
    recycled: bool,
    /// Make appends durable before acknowledging them.
    #[arg(long)]
    sync: bool,
    /// Stop after so many seconds.
    #[arg(long, default_value_t = 3600)]
    seconds: u64,
}

fn main() -> Result<(), LoadError> {
    let args = Args::parse();
    let settings = Settings {
        listen: args.listen,
        directory: args.dir,
        partitions: args.partitions,
        wrap_bytes: args.wrap_bytes,
        recycled: args.recycled,
        sync: args.sync,
        time: Duration::from_secs(args.seconds),
    };
    serve(&settings, |address| println!("listening on {address}, process {}", std::process::id()))
}
