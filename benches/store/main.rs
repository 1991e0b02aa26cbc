//! The slow object store as a process: S3 over loopback, 20 ms to the first byte and 90 MB/s a connection unless told otherwise.

use clap::Parser;
use esker_benches::LoadError;
use esker_benches::slow_store::{COUNTS_PATH, Slowness, serve};
use std::net::SocketAddr;
use std::time::Duration;

/// Serves any bucket from memory until it is killed.
#[derive(Parser)]
struct Args {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:19000")]
    listen: SocketAddr,
    /// Milliseconds from a request to the first byte of its answer.
    #[arg(long, default_value_t = 20.0)]
    first_byte_ms: f64,
    /// Megabytes a second of each connection.
    #[arg(long, default_value_t = 90.0)]
    megabytes_per_second: f64,
}

fn main() -> Result<(), LoadError> {
    let args = Args::parse();
    let slowness = Slowness {
        first_byte: Duration::from_secs_f64(args.first_byte_ms / 1e3),
        bytes_per_second: (args.megabytes_per_second * 1e6) as u64,
    };
    let address = serve(args.listen, slowness)?;
    println!("pid {}, http://{address}, counts at {COUNTS_PATH}", std::process::id());
    loop {
        std::thread::park();
    }
}
