//! A simulated broker's logs for the tests of this room.

use crate::config::LogConfig;
use crate::log::{AppendContext, AppendError, AppendInfo, PartitionLog, ReadRequest, UpTo};
use crate::manager::{LoadReport, LogManager, ManagerConfig};
use crate::pressure::DiskMarks;
use crate::segment::Access;
use esker_env::Clock;
use esker_env::sim::World;
use esker_model::{Offset, TopicId, TopicIdPartition, TopicPartition};
use esker_record::{BatchBuilder, Batches, Codec, NewRecord, Records};
use std::path::PathBuf;
use std::sync::Arc;
use uuid::Uuid;

/// Small segments and indexes, so that a test sees many of them.
pub(crate) fn small() -> LogConfig {
    LogConfig {
        segment_bytes: 4096,
        segment_index_bytes: 1024,
        index_interval_bytes: 200,
        file_delete_delay_ms: 1000,
        ..LogConfig::default()
    }
}

/// One simulated machine with one broker's logs.
pub(crate) struct Fixture {
    pub(crate) world: World,
    pub(crate) manager: Arc<LogManager>,
    pub(crate) report: LoadReport,
    pub(crate) config: Arc<LogConfig>,
    dirs: Vec<PathBuf>,
}

impl Fixture {
    pub(crate) fn new(config: LogConfig) -> Self {
        Self::start(World::new(1), Arc::new(config), vec![PathBuf::from("/data")])
    }

    pub(crate) fn start(world: World, config: Arc<LogConfig>, dirs: Vec<PathBuf>) -> Self {
        Self::with_marks(world, config, dirs, DiskMarks::NONE)
    }

    /// On disks that may become so full.
    pub(crate) fn with_marks(world: World, config: Arc<LogConfig>, dirs: Vec<PathBuf>, marks: DiskMarks) -> Self {
        let manager_config = ManagerConfig {
            marks,
            sync_threads_per_dir: 0,
            open_segments_max: 3,
            ..ManagerConfig::new(dirs.clone(), "test".parse().unwrap(), 1)
        };
        let for_topics = Arc::clone(&config);
        let opened = LogManager::open(&world.env(), &manager_config, &move |_| Arc::clone(&for_topics));
        let (manager, report) = opened.unwrap();
        Self { world, manager: Arc::new(manager), report, config, dirs }
    }

    /// Ends the process without a word and starts it again on the same disk: nothing is lost but what was in memory.
    pub(crate) fn crash(self) -> Self {
        let Self { world, manager, config, dirs, .. } = self;
        drop(manager);
        world.disk.release_locks();
        Self::start(world, config, dirs)
    }

    /// Stops cleanly and starts again.
    pub(crate) fn restart(self) -> Self {
        self.manager.shut_down(7);
        self.crash()
    }

    /// Partition `number` of a topic `t`, created where it is not there.
    pub(crate) fn log(&self, number: i32) -> Arc<PartitionLog> {
        self.manager.get_or_create(&partition(number), Arc::clone(&self.config)).unwrap()
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.world.clock.wall_ms()
    }

    /// Appends one batch of `count` records without a producer, each of about `len` bytes, dated now.
    pub(crate) fn append(&self, log: &PartitionLog, count: i32, len: usize) -> AppendInfo {
        self.try_append(log, &batch(self.now_ms(), count, len)).unwrap()
    }

    pub(crate) fn try_append(&self, log: &PartitionLog, batch: &[u8]) -> Result<AppendInfo, AppendError> {
        let info = log.append_as_leader(batch, &AppendContext::client(0, self.now_ms()))?;
        log.advance_high_watermark(info.last_offset + 1);
        Ok(info)
    }
}

pub(crate) fn partition(number: i32) -> TopicIdPartition {
    TopicIdPartition { topic_id: TopicId(Uuid::from_u128(42)), topic_partition: TopicPartition::new("t", number) }
}

/// A batch as a client sends it.
pub(crate) fn batch(timestamp: i64, count: i32, len: usize) -> Vec<u8> {
    build(BatchBuilder::new(Codec::None), timestamp, count, len)
}

/// A batch of an idempotent producer.
pub(crate) fn produced(id: i64, epoch: i16, sequence: i32, count: i32, timestamp: i64) -> Vec<u8> {
    build(BatchBuilder::new(Codec::None).producer(id, epoch, sequence), timestamp, count, 10)
}

pub(crate) fn build(mut builder: BatchBuilder, timestamp: i64, count: i32, len: usize) -> Vec<u8> {
    for number in 0..count {
        let value = vec![b'a' + (number % 26) as u8; len];
        builder.append(&NewRecord { timestamp, key: Some(b"key"), value: Some(&value), headers: &[] }).unwrap();
    }
    builder.build().unwrap()
}

/// Everything from `from` up to the high watermark, read piece by piece: offset and value of each record.
pub(crate) fn read_all(log: &PartitionLog, from: Offset) -> Vec<(Offset, Vec<u8>)> {
    let (mut records, mut next) = (Vec::new(), from);
    loop {
        let found = log.read(&whole(next)).unwrap();
        let Some(slice) = found.slice else { return records };
        let bytes = slice.read().unwrap();
        for batch in Batches::new(&bytes) {
            let batch = batch.unwrap();
            assert!(batch.crc_matches());
            let plain = batch.decompressed(1 << 20).unwrap();
            for record in Records::new(&plain, batch.header.record_count) {
                let record = record.unwrap();
                records
                    .push((batch.header.base_offset + i64::from(record.offset_delta), record.value.unwrap().to_vec()));
            }
            next = batch.header.next_offset();
        }
    }
}

/// A consumer's read of up to a megabyte.
pub(crate) fn whole(offset: Offset) -> ReadRequest {
    ReadRequest {
        offset,
        max_bytes: 1 << 20,
        up_to: UpTo::HighWatermark,
        min_one_batch: true,
        access: Access::MayBlock,
    }
}

/// Names in a partition's directory, sorted.
pub(crate) fn files(log: &PartitionLog) -> Vec<String> {
    let mut names: Vec<String> = log.disk().list(log.path()).unwrap().into_iter().map(|entry| entry.name).collect();
    names.sort();
    names
}
