//! The cache of chunks, as a trait; made when it is first needed.

use crate::read::admission::Admission;
use crate::read::foyer_cache::{FoyerCache, room_on};
use crate::read::two_stage::TwoStage;
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
    /// The disk is nearly full, and nothing is written to it until there is room.
    pub disk_is_full: bool,
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

    /// The chunk, where it is in memory. `is_read` where somebody reads it.
    fn in_memory(&self, id: ChunkId, is_read: bool) -> Option<Bytes>;

    /// The chunk, from memory or disk. `is_read` where somebody waits for it.
    async fn get(&self, id: ChunkId, is_read: bool) -> Option<Bytes>;

    /// Offers a chunk. `is_read` where somebody waited for it; else its reader is still to come.
    fn insert(&self, id: ChunkId, bytes: Bytes, is_read: bool);

    /// Whether what is offered has a place. What has none is not counted as let in either.
    fn has_room(&self) -> bool {
        true
    }

    /// Forgets a chunk.
    fn remove(&self, id: ChunkId);

    /// Bytes that may be read ahead now.
    fn room_ahead(&self) -> u64 {
        0
    }

    /// The same with the room of readers who ask for themselves.
    fn room_for_following(&self) -> u64 {
        0
    }

    /// How much was let in to stay, and how much of that a next start will find.
    fn used(&self) -> u64 {
        0
    }

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

/// Beside the cache's own files: how full it was when it was closed.
const USED_FILE: &str = "esker-used";

impl CacheSettings {
    /// Three quarters of the memory are for what has just come.
    fn landing_bytes(&self) -> u64 {
        self.memory_bytes - self.memory_bytes / 4
    }

    fn kept(&self) -> Self {
        Self { memory_bytes: self.memory_bytes / 4, ..self.clone() }
    }
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
        if self.settings.disk_bytes == 0 {
            return Ok(self.in_memory());
        }
        self.env.disk.create_dir_all(&self.settings.dir).map_err(|error| error.to_string())?;
        let used = self.used_at_last_close();
        let kept = match self.open_kept(self.settings.direct_io).await {
            Err(error) if self.settings.direct_io => {
                tracing::info!(error, "the cache's file system has no direct I/O; the page cache is used");
                self.open_kept(false).await?
            }
            opened => opened?,
        };
        let admission = Admission::new(room_on(self.settings.disk_bytes), used);
        Ok(Arc::new(TwoStage::new(self.settings.landing_bytes(), admission, Arc::new(kept))))
    }

    async fn open_kept(&self, direct_io: bool) -> Result<FoyerCache, String> {
        let settings = CacheSettings { direct_io, ..self.settings.kept() };
        let (env, runtime) = (self.env.clone(), self.runtime.clone());
        let opening = self.runtime.spawn(async move { FoyerCache::open(&settings, env, runtime).await });
        let opened = opening.await.map_err(|error| error.to_string())?;
        opened.map_err(|error| error.to_string())
    }

    fn in_memory(&self) -> Arc<dyn ChunkCache> {
        let kept = self.settings.kept();
        // Entries weigh a little more than their chunks.
        let admission = Admission::new(kept.memory_bytes - kept.memory_bytes / 8, 0);
        Arc::new(TwoStage::new(self.settings.landing_bytes(), admission, Arc::new(FoyerCache::in_memory(&kept))))
    }

    /// How much of the disk the cache held when it was closed. After a crash, or where nobody knows, it counts as full: then nothing
    /// that is there is driven out by what is fetched once.
    fn used_at_last_close(&self) -> u64 {
        let (disk, path) = (&self.env.disk, self.settings.dir.join(USED_FILE));
        let written = disk.read_small(&path, 64).ok().and_then(|text| String::from_utf8(text).ok());
        let used = written.and_then(|text| text.trim().parse().ok());
        let is_new = || disk.list(&self.settings.dir).is_ok_and(|entries| entries.is_empty());
        let used = used.unwrap_or_else(|| if is_new() { 0 } else { self.settings.disk_bytes });
        let _ = disk.remove_file(&path); // so that it never speaks of an earlier run
        used
    }

    /// Writes what is in memory to the disk, for the next start.
    pub(crate) async fn close(&self) {
        let Some(cache) = self.cell.get() else { return };
        cache.close().await;
        if self.settings.disk_bytes > 0 {
            let path = self.settings.dir.join(USED_FILE);
            let written = self.env.disk.replace_small(&path, cache.used().to_string().as_bytes());
            if let Err(error) = written {
                tracing::debug!(%error, "the cache's fill is not known to the next start");
            }
        }
    }

    pub(crate) async fn get(&self) -> Arc<dyn ChunkCache> {
        match self.cell.get_or_try_init(|| self.open()).await {
            Ok(cache) => Arc::clone(cache),
            Err(error) => {
                tracing::warn!(%error, dir = %self.settings.dir.display(), "no disk cache for cold reads; memory only");
                Arc::clone(self.cell.get_or_init(|| async { self.in_memory() }).await)
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
