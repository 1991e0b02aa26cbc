//! Compaction of a log beside a plain copy of the same bytes to another durable file: their ratio is what the work on records costs.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use esker_env::{Disk, Env, OpenMode};
use esker_log::{
    AppendContext, Cleaner, CleanerConfig, CleanupPolicy, LogConfig, LogManager, ManagerConfig, PartitionLog,
};
use esker_model::{TopicId, TopicIdPartition, TopicPartition};
use esker_record::{BatchBuilder, Codec, NewRecord};
use std::io::IoSlice;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// Bytes of the log that is compacted.
const LOG_BYTES: usize = 64 << 20;
const RECORD_BYTES: usize = 1024;
const RECORDS_PER_BATCH: usize = 100;
/// Every key is written so often: as much of the log goes.
const VERSIONS: usize = 2;

/// A log that is to be compacted, in a directory of its own.
struct Prepared {
    manager: Arc<LogManager>,
    log: Arc<PartitionLog>,
    // The last field, so that the directory goes after what uses it.
    _dir: TempDir,
}

fn prepare(codec: Codec) -> Result<Prepared, Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let config = Arc::new(LogConfig {
        cleanup_policy: CleanupPolicy { delete: false, compact: true },
        min_cleanable_dirty_ratio: 0.0,
        ..LogConfig::default()
    });
    let env = Env::system();
    let manager_config = ManagerConfig::new(vec![dir.path().to_owned()], "bench".parse()?, 1);
    let for_topics = Arc::clone(&config);
    let manager = Arc::new(LogManager::open(&env, &manager_config, &move |_| Arc::clone(&for_topics))?.0);
    let topic_partition = TopicPartition::new("table", 0);
    let id = TopicIdPartition { topic_id: TopicId(env.random.uuid()), topic_partition };
    let log = manager.get_or_create(&id, config)?;
    let keys = LOG_BYTES / RECORD_BYTES / VERSIONS;
    for first in (0..LOG_BYTES / RECORD_BYTES).step_by(RECORDS_PER_BATCH) {
        let batch = batch(codec, first, keys, env.clock.wall_ms())?;
        log.append_as_leader(&batch, &AppendContext::client(0, env.clock.wall_ms()))?;
    }
    log.advance_high_watermark(log.log_end());
    log.roll_now()?;
    log.flush()?;
    Ok(Prepared { manager, log, _dir: dir })
}

/// The records from number `first` on: half of a value repeats itself, as text does.
fn batch(codec: Codec, first: usize, keys: usize, now_ms: i64) -> Result<Vec<u8>, esker_record::BuildError> {
    let mut builder = BatchBuilder::new(codec);
    for number in first..first + RECORDS_PER_BATCH {
        let key = format!("key-{:012}", number % keys);
        let mut state = number as u64 | 1;
        let value: Vec<u8> = (0..RECORD_BYTES - key.len())
            .map(|at| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                if at % 2 == 0 { b'x' } else { (state >> 56) as u8 }
            })
            .collect();
        builder.append(&NewRecord {
            timestamp: now_ms,
            key: Some(key.as_bytes()),
            value: Some(&value),
            headers: &[],
        })?;
    }
    builder.build()
}

fn compact(prepared: &Prepared) -> bool {
    let config = CleanerConfig { threads: 0, ..CleanerConfig::default() };
    Cleaner::start(Arc::clone(&prepared.manager), config).is_ok_and(|cleaner| cleaner.run_once())
}

/// Reads every segment and writes it to a new file, durably: the least that compaction could do.
fn copy(prepared: &Prepared) -> std::io::Result<u64> {
    let disk = Env::system().disk;
    let mut copied = 0;
    for entry in disk.list(prepared.log.path())?.iter().filter(|entry| entry.name.ends_with(".log")) {
        copied += copy_file(&*disk, &prepared.log.path().join(&entry.name), entry.len)?;
    }
    Ok(copied)
}

fn copy_file(disk: &dyn Disk, path: &Path, len: u64) -> std::io::Result<u64> {
    let (from, to) = (disk.open(path, OpenMode::Read)?, disk.open(&path.with_extension("copy"), OpenMode::Truncate)?);
    let mut buffer = vec![0; 256 << 10];
    let mut position = 0;
    while position < len {
        let n = from.read_at(&mut buffer, position)?;
        to.write_all_at(&[IoSlice::new(&buffer[..n])], position)?;
        position += n as u64;
    }
    to.sync_data()?;
    Ok(len)
}

pub(crate) fn compaction(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("compaction");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(LOG_BYTES as u64));
    let prepared = |codec| prepare(codec).unwrap_or_else(|error| panic!("the log could not be made: {error}"));
    group.bench_function("plain copy", |bencher| {
        bencher.iter_batched_ref(|| prepared(Codec::None), |log| copy(log), BatchSize::PerIteration);
    });
    for codec in [Codec::None, Codec::Lz4, Codec::Zstd] {
        group.bench_function(BenchmarkId::new("compact", codec.name()), |bencher| {
            bencher.iter_batched_ref(|| prepared(codec), |log| assert!(compact(log)), BatchSize::PerIteration);
        });
    }
}
