//! Whether the cache's disk has room. Where it has not, nothing more is written; reads go on, and writing does when there is room again.
//!
//! A cache that writes until its disk is full takes the room from whoever shares it. And foyer does not get over writes that fail: a block that
//! one of them was to begin is never used again, until none is left (flusher.rs, `submit_io_task`).

use esker_env::{DiskSpace, Env, Instant};
use foyer::{Statistics, StorageFilterCondition, StorageFilterResult};
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;
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
}

#[derive(Debug, Default)]
struct Looked {
    at: Option<Instant>,
    is_full: bool,
}

impl DiskRoom {
    /// For the disk that holds `dir`, which is written to in bursts of at most `burst_bytes`.
    pub(crate) fn new(dir: PathBuf, burst_bytes: u64, env: Env) -> Self {
        Self { dir, burst_bytes, env, looked: Mutex::default() }
    }

    /// Whether a chunk may be written now.
    pub(crate) fn is_there(&self) -> bool {
        let now = self.env.clock.now();
        let mut looked = self.looked.lock();
        if looked.at.is_none_or(|at| now.since(at) >= LOOK_INTERVAL) {
            looked.at = Some(now);
            let was_full = looked.is_full;
            looked.is_full = self.look(was_full);
            if looked.is_full != was_full {
                self.tell(looked.is_full);
            }
        }
        !looked.is_full
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

/// Lets foyer write while there is room.
#[derive(Debug)]
pub(crate) struct WhileThereIsRoom(pub(crate) Arc<DiskRoom>);

impl StorageFilterCondition for WhileThereIsRoom {
    fn filter(&self, _: &Arc<Statistics>, _: u64, _: usize) -> StorageFilterResult {
        if self.0.is_there() { StorageFilterResult::Admit } else { StorageFilterResult::Reject }
    }
}
