//! The cache of chunks, as a trait; made when it is first needed.

use crate::read::foyer_cache::FoyerCache;
use async_trait::async_trait;
use bytes::Bytes;
use esker_env::Env;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// A chunk of a segment object. Objects never change, so neither does a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ChunkId {
    pub(crate) object: Uuid,
    pub(crate) chunk: u32,
}

/// What a cache holds and did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Bytes in memory.
    pub memory_bytes: u64,
    /// Bytes written to the disk since the start.
    pub disk_written_bytes: u64,
    /// Chunks served from the cache.
    pub hits: u64,
    /// Chunks that had to be fetched.
    pub misses: u64,
    /// Chunks whose checksum did not match when they came out.
    pub damaged: u64,
    /// Errors of the cache; each was served as a miss.
    pub errors: u64,
}

/// A cache of chunks. Nothing in it is needed: any error is a miss, and its directory may vanish while it runs. It promises neither
/// that a chunk is kept nor that its bytes are right; callers check them.
#[async_trait]
pub(crate) trait ChunkCache: Send + Sync + Debug + 'static {
    /// Whether the chunk is probably there.
    fn contains(&self, id: ChunkId) -> bool;

    /// The chunk, from memory or disk.
    async fn get(&self, id: ChunkId) -> Option<Bytes>;

    /// Offers a chunk.
    fn insert(&self, id: ChunkId, bytes: Bytes);

    /// Forgets a chunk.
    fn remove(&self, id: ChunkId);

    /// Bytes in memory, bytes written to disk, errors.
    fn usage(&self) -> (u64, u64, u64);

    /// Writes what is in memory to the disk, for the next start.
    async fn close(&self);
}

/// Sizes and place of the cache.
#[derive(Clone, Debug)]
pub(crate) struct CacheSettings {
    pub(crate) dir: PathBuf,
    pub(crate) memory_bytes: u64,
    /// 0: no disk.
    pub(crate) disk_bytes: u64,
    pub(crate) direct_io: bool,
}

/// Opened by the first cold read, so that a broker that has none pays nothing for it.
#[derive(Debug)]
pub(crate) struct LazyCache {
    settings: CacheSettings,
    env: Env,
    runtime: Handle,
    cell: OnceCell<Arc<dyn ChunkCache>>,
}

impl LazyCache {
    pub(crate) fn new(settings: CacheSettings, env: Env, runtime: Handle) -> Self {
        Self { settings, env, runtime, cell: OnceCell::new() }
    }

    /// Opens the cache on a task of its own: foyer panics on directories that it cannot use, and that must not go further.
    async fn open(&self) -> Result<Arc<dyn ChunkCache>, String> {
        if self.settings.disk_bytes > 0 {
            self.env.disk.create_dir_all(&self.settings.dir).map_err(|error| error.to_string())?;
        }
        let (settings, runtime) = (self.settings.clone(), self.runtime.clone());
        let opening = self.runtime.spawn(async move { FoyerCache::open(&settings, runtime).await });
        let opened = opening.await.map_err(|error| error.to_string())?;
        Ok(Arc::new(opened.map_err(|error| error.to_string())?))
    }

    pub(crate) async fn get(&self) -> Arc<dyn ChunkCache> {
        match self.cell.get_or_try_init(|| self.open()).await {
            Ok(cache) => Arc::clone(cache),
            Err(error) => {
                tracing::warn!(%error, dir = %self.settings.dir.display(), "no disk cache for cold reads; memory only");
                let settings = CacheSettings { disk_bytes: 0, ..self.settings.clone() };
                let open = || async { Arc::new(FoyerCache::in_memory(&settings)) as Arc<dyn ChunkCache> };
                Arc::clone(self.cell.get_or_init(open).await)
            }
        }
    }

    /// The cache, where somebody has used it.
    pub(crate) fn opened(&self) -> Option<&Arc<dyn ChunkCache>> {
        self.cell.get()
    }

    pub(crate) fn memory_bytes(&self) -> u64 {
        self.settings.memory_bytes
    }
}
