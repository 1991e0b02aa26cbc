//! The chunk cache on foyer: memory first, then disk, surviving restarts.
//!
//! What is set here and why: entries go to disk when memory evicts them, not when they are inserted (inserting would write once for each
//! waiter, foyer-rs/foyer#1351); pread and pwrite on a thread pool (its io_uring engine spins, #1311); blocks of at most 64 MiB, because
//! each holds a file descriptor; buffer and queue as large as a burst of read-ahead, because what does not fit is dropped; no tombstone
//! log, because chunks never change. Errors of the disk come out of a lookup as errors: here each is a miss.

use crate::object::CHUNK_LEN;
use crate::read::disk_room::{DiskRoom, WhileThereIsRoom};
use crate::read::{CacheSettings, ChunkCache, ChunkId};
use async_trait::async_trait;
use bytes::Bytes;
use esker_env::Env;
use foyer::{
    BlockEngineConfig, Code, DeviceBuilder, FsDeviceBuilder, HybridCache, HybridCacheBuilder, HybridCachePolicy,
    PsyncIoEngineConfig, RecoverMode, S3FifoConfig, Spawner, StorageFilter,
};
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::runtime::Handle;
use uuid::Uuid;

const ENTRY_OVERHEAD: usize = 64;
const BLOCK_BYTES_MAX: u64 = 64 << 20;
const BLOCK_BYTES_MIN: u64 = 4 << 20;
/// What lies beside a chunk in its block, rounded up to whole pages.
const BLOCK_OVERHEAD: u64 = 4 << 10;
/// Blocks that are being written or emptied.
const BLOCKS_SPARE: u64 = 2;

/// At least four blocks, so that reclaiming one does not empty the cache.
fn block_bytes(disk_bytes: u64) -> u64 {
    (disk_bytes / 16).clamp(BLOCK_BYTES_MIN, BLOCK_BYTES_MAX)
}

/// Bytes of chunks that a disk of this size holds before one goes for another.
pub(crate) fn room_on(disk_bytes: u64) -> u64 {
    let block = block_bytes(disk_bytes);
    let chunks = block / (CHUNK_LEN + BLOCK_OVERHEAD);
    (disk_bytes / block).saturating_sub(BLOCKS_SPARE).max(1) * chunks * CHUNK_LEN
}

impl Code for ChunkId {
    fn encode(&self, writer: &mut impl Write) -> foyer::Result<()> {
        writer.write_all(self.object.as_bytes()).map_err(foyer::Error::io_error)?;
        writer.write_all(&self.chunk.to_be_bytes()).map_err(foyer::Error::io_error)
    }

    fn decode(reader: &mut impl Read) -> foyer::Result<Self> {
        let (mut object, mut chunk) = ([0; 16], [0; 4]);
        reader.read_exact(&mut object).map_err(foyer::Error::io_error)?;
        reader.read_exact(&mut chunk).map_err(foyer::Error::io_error)?;
        Ok(Self { object: Uuid::from_bytes(object), chunk: u32::from_be_bytes(chunk) })
    }

    fn estimated_size(&self) -> usize {
        20
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct FoyerCache {
    backing: Backing,
    errors: AtomicU64,
    written: AtomicU64,
}

#[derive(Debug)]
enum Backing {
    Memory(foyer::Cache<ChunkId, Bytes>),
    Hybrid(HybridCache<ChunkId, Bytes>, Arc<DiskRoom>),
}

fn weight(_: &ChunkId, bytes: &Bytes) -> usize {
    ENTRY_OVERHEAD + bytes.len()
}

/// Shards of at least a few chunks each: an entry larger than its shard could not be kept.
fn shards(memory_bytes: usize) -> usize {
    (memory_bytes / (16 << 20)).clamp(1, 8)
}

impl FoyerCache {
    pub(crate) fn in_memory(settings: &CacheSettings) -> Self {
        let capacity = usize::try_from(settings.memory_bytes).unwrap_or(usize::MAX);
        let cache = foyer::CacheBuilder::new(capacity)
            .with_shards(shards(capacity))
            .with_eviction_config(S3FifoConfig::default())
            .with_weighter(weight)
            .build();
        Self { backing: Backing::Memory(cache), errors: AtomicU64::new(0), written: AtomicU64::new(0) }
    }

    pub(crate) async fn open(settings: &CacheSettings, env: Env, runtime: Handle) -> Result<Self, foyer::Error> {
        if settings.disk_bytes == 0 {
            return Ok(Self::in_memory(settings));
        }
        let memory = usize::try_from(settings.memory_bytes).unwrap_or(usize::MAX);
        let block = block_bytes(settings.disk_bytes) as usize;
        let disk = usize::try_from(settings.disk_bytes).unwrap_or(usize::MAX).max(4 * block);
        // A buffer must hold a chunk and its header; a queue as much as a burst evicts.
        let buffer = (memory / 2).clamp(16 << 20, 64 << 20);
        let device = FsDeviceBuilder::new(&settings.dir).with_capacity(disk);
        #[cfg(target_os = "linux")]
        let device = device.with_direct(settings.direct_io);
        let room = Arc::new(DiskRoom::new(settings.dir.clone(), 2 * block as u64, env));
        let engine = BlockEngineConfig::new(device.build()?)
            .with_admission_filter(StorageFilter::new().with_condition(WhileThereIsRoom(Arc::clone(&room))))
            .with_block_size(block)
            .with_flushers(1)
            .with_reclaimers(1)
            .with_buffer_pool_size(buffer)
            .with_submit_queue_size_threshold(buffer * 2)
            .with_recover_concurrency(4)
            .with_indexer_shards(16)
            .with_tombstone_log(false);
        let cache = HybridCacheBuilder::new()
            .with_name("esker-chunks")
            .with_policy(HybridCachePolicy::WriteOnEviction)
            .with_flush_on_close(true)
            .memory(memory)
            .with_shards(shards(memory))
            .with_eviction_config(S3FifoConfig::default())
            .with_weighter(weight)
            .storage()
            .with_io_engine_config(PsyncIoEngineConfig::new())
            .with_engine_config(engine)
            .with_recover_mode(RecoverMode::Quiet)
            .with_spawner(Spawner::from(runtime))
            .build()
            .await?;
        Ok(Self { backing: Backing::Hybrid(cache, room), errors: AtomicU64::new(0), written: AtomicU64::new(0) })
    }
}

#[async_trait]
impl ChunkCache for FoyerCache {
    fn contains(&self, id: ChunkId) -> bool {
        match &self.backing {
            Backing::Memory(cache) => cache.contains(&id),
            Backing::Hybrid(cache, _) => cache.contains(&id),
        }
    }

    fn in_memory(&self, id: ChunkId, _is_read: bool) -> Option<Bytes> {
        match &self.backing {
            Backing::Memory(cache) => cache.get(&id).map(|entry| entry.value().clone()),
            Backing::Hybrid(cache, _) => cache.memory().get(&id).map(|entry| entry.value().clone()),
        }
    }

    async fn get(&self, id: ChunkId, _is_read: bool) -> Option<Bytes> {
        match &self.backing {
            Backing::Memory(cache) => cache.get(&id).map(|entry| entry.value().clone()),
            Backing::Hybrid(cache, _) => match cache.get(&id).await {
                Ok(found) => found.map(|entry| entry.value().clone()),
                Err(error) => {
                    self.errors.fetch_add(1, Ordering::Relaxed);
                    tracing::debug!(%error, "the chunk cache failed; taken for a miss");
                    None
                }
            },
        }
    }

    fn insert(&self, id: ChunkId, bytes: Bytes, _is_read: bool) {
        match &self.backing {
            Backing::Memory(cache) => drop(cache.insert(id, bytes)),
            Backing::Hybrid(cache, _) => drop(cache.insert(id, bytes)),
        }
    }

    fn has_room(&self) -> bool {
        match &self.backing {
            Backing::Memory(_) => true,
            Backing::Hybrid(_, room) => room.is_there(),
        }
    }

    fn remove(&self, id: ChunkId) {
        match &self.backing {
            Backing::Memory(cache) => drop(cache.remove(&id)),
            Backing::Hybrid(cache, _) => cache.remove(&id),
        }
    }

    fn usage(&self) -> (u64, u64, u64) {
        let (memory, written) = match &self.backing {
            Backing::Memory(cache) => (cache.usage(), 0),
            Backing::Hybrid(cache, _) => (cache.memory().usage(), cache.statistics().disk_write_bytes() as u64),
        };
        self.written.store(written, Ordering::Relaxed);
        (memory as u64, written, self.errors.load(Ordering::Relaxed))
    }

    async fn close(&self) {
        if let Backing::Hybrid(cache, _) = &self.backing
            && let Err(error) = cache.close().await
        {
            tracing::warn!(%error, "the chunk cache could not be closed; it begins empty or in part next time");
        }
    }
}
