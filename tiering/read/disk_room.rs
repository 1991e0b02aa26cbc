//! Whether the cache's disk has room. Where it has not, nothing more is written; reads go on, and writing does when there is room again.
//!
//! A cache that writes until its disk is full takes the room from whoever shares it. And foyer does not get over writes that fail: a block that
//! one of them was to begin is never used again, and where several are under way the task that writes ends with a panic (flusher.rs,
//! `submit_io_task`). Somebody else may take all the room between two looks, so where there was none the cache is opened anew (`hybrid`).

use esker_env::{DiskSpace, Env, Instant};
use foyer::{Statistics, StorageFilterCondition, StorageFilterResult};
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long one look at the disk counts.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// What is left to others: a twentieth of the disk, and this at most.
const RESERVE_MAX: u64 = 256 << 20;

/// See the module.
#[derive(Debug)]
pub(crate) struct DiskRoom {
    dir: PathBuf,
    /// What may be written between two looks.
    burst_bytes: u64,
    env: Env,
    looked: Mutex<Looked>,
    returns: AtomicU64,
}

#[derive(Debug, Default)]
struct Looked {
    at: Option<Instant>,
    is_full: bool,
    /// Bytes that may have been written since.
    bytes: u64,
}

impl DiskRoom {
    /// For the disk that holds `dir`, which is written to in bursts of at most `burst_bytes`.
    pub(crate) fn new(dir: PathBuf, burst_bytes: u64, env: Env) -> Self {
        Self { dir, burst_bytes, env, looked: Mutex::default(), returns: AtomicU64::new(0) }
    }

    /// Whether anything may be written now.
    pub(crate) fn is_there(&self) -> bool {
        self.is_there_for(0)
    }

    /// Whether so many bytes may be written now. They are taken to be.
    pub(crate) fn is_there_for(&self, bytes: u64) -> bool {
        let now = self.env.clock.now();
        let mut looked = self.looked.lock();
        looked.bytes += bytes;
        if looked.bytes >= self.burst_bytes / 2 || looked.at.is_none_or(|at| now.since(at) >= LOOK_INTERVAL) {
            (looked.at, looked.bytes) = (Some(now), 0);
            let was_full = looked.is_full;
            looked.is_full = self.look(was_full);
            if looked.is_full != was_full {
                self.returns.fetch_add(u64::from(was_full), Ordering::Relaxed);
                self.tell(looked.is_full);
            }
        }
        !looked.is_full
    }

    /// How often there was room again where there had been none.
    pub(crate) fn returns(&self) -> u64 {
        self.returns.load(Ordering::Relaxed)
    }

    /// Once it is full, it takes twice the room that is left to others before it is not.
    fn look(&self, was_full: bool) -> bool {
        match self.env.disk.space(&self.dir) {
            Ok(DiskSpace { total, available }) => {
                let reserve = (total / 20).min(RESERVE_MAX).max(self.burst_bytes);
                available < if was_full { 2 * reserve } else { reserve }
            }
            Err(error) => {
                tracing::debug!(%error, "the room on the cache's disk is not known");
                was_full
            }
        }
    }

    fn tell(&self, is_full: bool) {
        let dir = self.dir.display();
        if is_full {
            tracing::warn!(%dir, "the disk of the tier's cache is nearly full: nothing more is cached on it until there is room");
        } else {
            tracing::info!(%dir, "there is room again for the tier's cache");
        }
    }
}

/// Lets foyer write until the disk is full for the first time.
#[derive(Debug)]
pub(crate) struct UntilFull {
    pub(crate) room: Arc<DiskRoom>,
    /// How often room had returned before.
    pub(crate) returns: u64,
}

impl StorageFilterCondition for UntilFull {
    fn filter(&self, _: &Arc<Statistics>, _: u64, bytes: usize) -> StorageFilterResult {
        let may = self.room.is_there_for(bytes as u64) && self.room.returns() == self.returns;
        if may { StorageFilterResult::Admit } else { StorageFilterResult::Reject }
    }
}
