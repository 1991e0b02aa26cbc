//! How often a disk can make a small append durable: what group commit is measured against.

use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Appends and `fdatasync`s per second of `bytes` each, one after the other, in a new file in `directory`.
pub fn syncs_per_second(directory: &Path, bytes: usize, time: Duration) -> io::Result<f64> {
    let mut file = tempfile::tempfile_in(directory)?;
    let data = vec![0x5a; bytes];
    let start = Instant::now();
    let mut count = 0u32;
    while start.elapsed() < time {
        file.write_all(&data)?;
        file.sync_data()?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}
