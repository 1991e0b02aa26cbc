//! The chunk cache on foyer, in memory alone or with a disk behind it. Errors of the disk come out of a lookup as errors: here each is a miss.

use crate::object::CHUNK_LEN;
use crate::read::hybrid::Hybrid;
use crate::read::{CacheSettings, ChunkCache, ChunkId};
use async_trait::async_trait;
use bytes::Bytes;
use esker_env::Env;
use foyer::{Code, S3FifoConfig};
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
pub(super) fn block_bytes(disk_bytes: u64) -> u64 {
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
}

#[derive(Debug)]
enum Backing {
    Memory(foyer::Cache<ChunkId, Bytes>),
    Hybrid(Arc<Hybrid>),
}

pub(super) fn weight(_: &ChunkId, bytes: &Bytes) -> usize {
    ENTRY_OVERHEAD + bytes.len()
}

/// Shards of at least a few chunks each: an entry larger than its shard could not be kept.
pub(super) fn shards(memory_bytes: usize) -> usize {
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
        Self { backing: Backing::Memory(cache), errors: AtomicU64::new(0) }
    }

    pub(crate) async fn open(settings: &CacheSettings, env: Env, runtime: Handle) -> Result<Self, foyer::Error> {
        if settings.disk_bytes == 0 {
            return Ok(Self::in_memory(settings));
        }
        let hybrid = Hybrid::open(settings, env, runtime).await?;
        Ok(Self { backing: Backing::Hybrid(hybrid), errors: AtomicU64::new(0) })
    }
}

#[async_trait]
impl ChunkCache for FoyerCache {
    fn contains(&self, id: ChunkId) -> bool {
        match &self.backing {
            Backing::Memory(cache) => cache.contains(&id),
            Backing::Hybrid(hybrid) => hybrid.now().contains(&id),
        }
    }

    fn in_memory(&self, id: ChunkId, _is_read: bool) -> Option<Bytes> {
        match &self.backing {
            Backing::Memory(cache) => cache.get(&id).map(|entry| entry.value().clone()),
            Backing::Hybrid(hybrid) => hybrid.now().memory().get(&id).map(|entry| entry.value().clone()),
        }
    }

    async fn get(&self, id: ChunkId, _is_read: bool) -> Option<Bytes> {
        match &self.backing {
            Backing::Memory(cache) => cache.get(&id).map(|entry| entry.value().clone()),
            Backing::Hybrid(hybrid) => match hybrid.now().get(&id).await {
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
            Backing::Hybrid(hybrid) => hybrid.insert(id, bytes),
        }
    }

    fn has_room(&self) -> bool {
        match &self.backing {
            Backing::Memory(_) => true,
            Backing::Hybrid(hybrid) => hybrid.has_room(),
        }
    }

    fn remove(&self, id: ChunkId) {
        match &self.backing {
            Backing::Memory(cache) => drop(cache.remove(&id)),
            Backing::Hybrid(hybrid) => hybrid.now().remove(&id),
        }
    }

    fn usage(&self) -> (u64, u64, u64) {
        let (memory, written) = match &self.backing {
            Backing::Memory(cache) => (cache.usage(), 0),
            Backing::Hybrid(hybrid) => (hybrid.now().memory().usage(), hybrid.written()),
        };
        (memory as u64, written, self.errors.load(Ordering::Relaxed))
    }

    async fn close(&self) {
        if let Backing::Hybrid(hybrid) = &self.backing {
            hybrid.close().await;
        }
    }
}
