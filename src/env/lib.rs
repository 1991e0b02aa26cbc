//! Clock, disk, randomness and tasks: the only room that touches the world.
//!
//! Every other room receives an [`Env`] and calls through it, so that a simulated twin can stand in
//! its place: a clock that a test moves, a disk that loses what was not synced, seeded randomness.
//! Clippy's disallowed lists send whoever reaches past this room back to it.
#![allow(clippy::disallowed_methods)] // this room is the place that the lists point to

use std::sync::Arc;

mod clock;
mod disk;
mod host;
#[cfg(test)]
mod host_test;
mod mapping;
mod process;
#[cfg(test)]
mod process_test;
mod random;
pub mod sim;
mod system_disk;
#[cfg(test)]
mod system_disk_test;
mod task;
#[cfg(test)]
mod task_test;

pub use clock::{Clock, Instant, SystemClock};
pub use disk::{DirEntry, Disk, DiskFile, DiskSpace, OpenMode, PathLock};
pub use host::{hostname, read_kernel_file, resolve_host};
pub use mapping::Mapping;
pub use process::{ProcessUsage, raise_open_files_limit, use_ordinary_pages};
pub use random::{Random, SystemRandom};
pub use system_disk::SystemDisk;
pub use task::{Pool, PoolError, TaskHandle, Thread, Timer, give_way, parallel, sleep, spawn, timeout};

/// The world as one broker sees it. Cheap to clone; all clones share the same twins.
#[derive(Clone, Debug)]
pub struct Env {
    /// Files and directories.
    pub disk: Arc<dyn Disk>,
    /// Wall time and elapsed time.
    pub clock: Arc<dyn Clock>,
    /// Unpredictable bytes.
    pub random: Arc<dyn Random>,
}

impl Env {
    /// The real world: the machine's disk, clocks and entropy.
    pub fn system() -> Self {
        Self { disk: Arc::new(SystemDisk), clock: Arc::new(SystemClock), random: Arc::new(SystemRandom) }
    }
}
