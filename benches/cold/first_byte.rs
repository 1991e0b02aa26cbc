//! How long a first answer out of the tier takes, beside the store's own time to the first byte.

use crate::{Args, RUN_MAX, SHAPE, load};
use esker_benches::{Bound, LoadError};

/// Segments that are looked at, each of them once by every kind of read; the first one is left out, it takes the manifest along.
const SEGMENTS_MAX: u64 = 9;
/// Batches between two reads of one segment: further than one request reaches.
const APART: u64 = 35;

/// Reads at the base of segments, within others of which nothing is known yet, and there again elsewhere.
pub fn measure(args: &Args, topic: &str) -> Result<(), LoadError> {
    let batch = SHAPE.batch(0)?.len() as u64;
    let segment = args.segment_bytes / batch;
    let there = args.tiered_bytes() / args.partitions as u64 / (segment * batch);
    let segments: Vec<u64> = (0..there.min(2 * SEGMENTS_MAX)).collect();
    if segments.len() < 4 || segment <= 2 * APART {
        return Err(LoadError::Settings("first bytes need four segments of 8 MiB in a partition".into()));
    }
    let first = |segment_at: u64, batch_at: u64| {
        let offset = (segment_at * segment + batch_at) * SHAPE.records() as u64;
        let mut load = load(args, topic, 1, 64 << 10);
        load.from = offset as i64;
        Ok::<_, LoadError>(load.run(Bound { time: RUN_MAX, bytes: 1 })?.elapsed.as_secs_f64() * 1e3)
    };
    let every = |which: usize, batch_at: u64| -> Result<Vec<f64>, LoadError> {
        segments.iter().skip(which).step_by(2).map(|segment_at| first(*segment_at, batch_at)).collect()
    };
    print("at a segment's base", args, every(0, 0)?);
    print("within a segment of which nothing is known", args, every(1, APART)?);
    print("within a segment whose trailer is known", args, every(1, 2 * APART)?);
    Ok(())
}

fn print(what: &str, args: &Args, mut milliseconds: Vec<f64>) {
    milliseconds.remove(0);
    milliseconds.sort_by(f64::total_cmp);
    let median = milliseconds[milliseconds.len() / 2];
    let chunk_ms = 1048.576 / args.megabytes_per_second;
    println!(
        "first byte {what}: {median:.1} ms ({:.1} to {:.1}), {:.2} of the store's {} ms and {:.2} of those with the first chunk",
        milliseconds[0],
        milliseconds[milliseconds.len() - 1],
        median / args.first_byte_ms,
        args.first_byte_ms,
        median / (args.first_byte_ms + chunk_ms)
    );
}
