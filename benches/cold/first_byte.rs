//! How long a first answer out of the tier takes, beside the store's own time to the first byte.

use crate::counts::Counts;
use crate::{Args, RUN_MAX, SHAPE, create_tiered, load, produce};
use esker_benches::{Bound, LoadError};

/// Segments that are looked at, half of them at their base, half within; the first one is left out, it takes the manifest along.
const SEGMENTS: u64 = 18;
/// Batches between two reads of one segment: further than one request reaches.
const APART: u64 = 35;

/// Reads at the base of segments, within others of which nothing is known yet, and there again elsewhere.
pub fn measure(args: &Args) -> Result<(), LoadError> {
    let topic = format!("first-{}", std::process::id());
    let batch = SHAPE.batch(0)?.len() as u64;
    let segment = args.segment_bytes / batch;
    if segment <= 2 * APART {
        return Err(LoadError::Settings("first bytes need segments of 8 MiB".into()));
    }
    create_tiered(args, &topic)?;
    let before = Counts::read(args.store)?.get("sent_bytes");
    produce(args, &topic, (SEGMENTS + 2) * args.segment_bytes * args.partitions as u64)?;
    Counts::settled(args.store, before + SEGMENTS * args.segment_bytes * args.partitions as u64, RUN_MAX)?;
    let first = |segment_at: u64, batch_at: u64| {
        let offset = (segment_at * segment + batch_at) * SHAPE.records() as u64;
        let mut load = load(args, &topic, 1, 64 << 10);
        load.from = offset as i64;
        Ok::<_, LoadError>(load.run(Bound { time: RUN_MAX, bytes: 1 })?.elapsed.as_secs_f64() * 1e3)
    };
    let every = |which: u64, batch_at: u64| -> Result<Vec<f64>, LoadError> {
        (which..SEGMENTS).step_by(2).map(|segment_at| first(segment_at, batch_at)).collect()
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
