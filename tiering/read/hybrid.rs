//! foyer with a disk behind its memory, opened anew where the disk has been full.
//!
//! What is set here and why: entries go to disk when memory evicts them, not when they are inserted (inserting would write once for each
//! waiter, foyer-rs/foyer#1351); pread and pwrite on a thread pool (its io_uring engine spins, #1311); blocks of at most 64 MiB, because
//! each holds a file descriptor; buffer and queue as large as a burst of read-ahead, because what does not fit is dropped; no tombstone
//! log, because chunks never change.
//!
//! foyer does not get over writes that fail, and of a disk that is full nobody can tell whether one has failed. So one instance writes until the
//! disk is full for the first time, and only reads from then on. When there is room again, another one takes its place and finds on the disk
//! what was written whole.

use crate::read::disk_room::{DiskRoom, UntilFull};
use crate::read::foyer_cache::{block_bytes, shards, weight};
use crate::read::{CacheSettings, ChunkId};
use bytes::Bytes;
use esker_env::{Env, Instant};
use foyer::{
    BlockEngineConfig, DeviceBuilder, FsDeviceBuilder, HybridCache, HybridCacheBuilder, HybridCachePolicy,
    PsyncIoEngineConfig, RecoverMode, S3FifoConfig, Spawner, StorageFilter,
};
use parking_lot::{Mutex, RwLock};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

type Foyer = HybridCache<ChunkId, Bytes>;

/// How long an instance may take to end: one whose writing task is gone or waits for a block answers never.
const CLOSE_MAX: Duration = Duration::from_secs(10);
/// Pause after an instance could not be opened.
const RETRY_PAUSE: Duration = Duration::from_secs(10);

/// See the module.
#[derive(Debug)]
pub(super) struct Hybrid {
    settings: CacheSettings,
    env: Env,
    runtime: Handle,
    room: Arc<DiskRoom>,
    now: RwLock<Current>,
    renewal: Mutex<Renewal>,
}

#[derive(Debug)]
struct Current {
    foyer: Foyer,
    /// How often room had returned before it was opened.
    returns: u64,
    /// What the instances before it have written.
    written_before: u64,
}

#[derive(Debug, Default)]
struct Renewal {
    is_under_way: bool,
    /// After one that failed.
    not_before: Option<Instant>,
}

async fn open(settings: &CacheSettings, room: &Arc<DiskRoom>, runtime: &Handle) -> Result<(Foyer, u64), foyer::Error> {
    let memory = usize::try_from(settings.memory_bytes).unwrap_or(usize::MAX);
    let block = block_bytes(settings.disk_bytes) as usize;
    let disk = usize::try_from(settings.disk_bytes).unwrap_or(usize::MAX).max(4 * block);
    // A buffer must hold a chunk and its header; a queue as much as a burst evicts.
    let buffer = (memory / 2).clamp(16 << 20, 64 << 20);
    let device = FsDeviceBuilder::new(&settings.dir).with_capacity(disk);
    #[cfg(target_os = "linux")]
    let device = device.with_direct(settings.direct_io);
    let returns = room.returns();
    let until_full = UntilFull { room: Arc::clone(room), returns };
    let engine = BlockEngineConfig::new(device.build()?)
        .with_admission_filter(StorageFilter::new().with_condition(until_full))
        .with_block_size(block)
        .with_flushers(1)
        .with_reclaimers(1)
        .with_buffer_pool_size(buffer)
        .with_submit_queue_size_threshold(buffer * 2)
        .with_recover_concurrency(4)
        .with_indexer_shards(16)
        .with_tombstone_log(false);
    let foyer = HybridCacheBuilder::new()
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
        .with_spawner(Spawner::from(runtime.clone()))
        .build()
        .await?;
    Ok((foyer, returns))
}

impl Hybrid {
    pub(super) async fn open(settings: &CacheSettings, env: Env, runtime: Handle) -> Result<Arc<Self>, foyer::Error> {
        let burst = 2 * block_bytes(settings.disk_bytes);
        let room = Arc::new(DiskRoom::new(settings.dir.clone(), burst, env.clone()));
        let (foyer, returns) = open(settings, &room, &runtime).await?;
        let now = RwLock::new(Current { foyer, returns, written_before: 0 });
        Ok(Arc::new(Self { settings: settings.clone(), env, runtime, room, now, renewal: Mutex::default() }))
    }

    /// The instance that is read from.
    pub(super) fn now(&self) -> Foyer {
        self.now.read().foyer.clone()
    }

    /// Bytes written to the disk since the start.
    pub(super) fn written(&self) -> u64 {
        let now = self.now.read();
        now.written_before + now.foyer.statistics().disk_write_bytes() as u64
    }

    /// Whether what is inserted has a place, which it has not before an instance that may write is there.
    pub(super) fn has_room(self: &Arc<Self>) -> bool {
        let (is_there, is_fresh) = (self.room.is_there(), self.is_fresh());
        if is_there && !is_fresh {
            self.renew();
        }
        is_there && is_fresh
    }

    /// Whether the disk has not been full since the instance was opened.
    fn is_fresh(&self) -> bool {
        self.now.read().returns == self.room.returns()
    }

    pub(super) fn insert(self: &Arc<Self>, id: ChunkId, bytes: Bytes) {
        drop(self.now().insert(id, bytes));
    }

    /// Has another instance opened, unless that is under way.
    fn renew(self: &Arc<Self>) {
        let mut renewal = self.renewal.lock();
        let now = self.env.clock.now();
        if renewal.is_under_way || renewal.not_before.is_some_and(|time| now < time) {
            return;
        }
        renewal.is_under_way = true;
        drop(renewal);
        let this = Arc::clone(self);
        // A task of its own around the opening: foyer panics on directories that it cannot use.
        self.runtime.spawn(async move {
            let opening = Arc::clone(&this);
            let opened = this.runtime.spawn(async move { opening.replace().await }).await;
            let error = match opened {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(error) => Some(error.to_string()),
            };
            if let Some(error) = &error {
                tracing::warn!(error, "the tier's cache stays without its disk for now");
            }
            let not_before = error.map(|_| this.env.clock.now() + RETRY_PAUSE);
            *this.renewal.lock() = Renewal { is_under_way: false, not_before };
        });
    }

    async fn replace(&self) -> Result<(), foyer::Error> {
        self.end(self.now(), false).await;
        let (foyer, returns) = open(&self.settings, &self.room, &self.runtime).await?;
        let mut now = self.now.write();
        let written_before = now.written_before + now.foyer.statistics().disk_write_bytes() as u64;
        *now = Current { foyer, returns, written_before };
        Ok(())
    }

    pub(super) async fn close(&self) {
        self.end(self.now(), self.room.is_there() && self.is_fresh()).await;
    }

    /// Ends an instance, on a task of its own: one that met a full disk may panic.
    async fn end(&self, foyer: Foyer, may_write: bool) {
        let ending = self.runtime.spawn(async move {
            if !may_write {
                foyer.memory().clear(); // would be written to the disk
            }
            foyer.close().await
        });
        let error = match esker_env::timeout(CLOSE_MAX, ending).await {
            Some(Ok(Ok(()))) => return,
            Some(Ok(Err(error))) => error.to_string(),
            Some(Err(error)) => error.to_string(),
            None => "it does not end".to_owned(),
        };
        if may_write {
            tracing::warn!(error, "the chunk cache could not be closed; it begins empty or in part next time");
        } else {
            tracing::debug!(error, "the cache that met a full disk could not be closed");
        }
    }
}
