//! Simulated twins of clock, disk and randomness.
//!
//! The disk lives in memory, keeps exactly the promises of [`Disk`](crate::Disk) and breaks every other one on request: it
//! records what was done to it, and hands out the states in which a power cut could have left it. Compiled always:
//! it is small, and the rooms above need it in tests and in their own crash runs.

mod clock;
mod crash;
#[cfg(test)]
mod crash_test;
mod disk;
#[cfg(test)]
mod disk_test;
mod faults;
mod random;
mod tree;

pub use clock::SimClock;
pub use crash::{CrashImage, CrashImages};
pub use disk::SimDisk;
pub use faults::NameFault;
pub use random::SeededRandom;

use crate::Env;
use std::sync::Arc;

/// One simulated machine: its disk, its clock, its randomness.
#[derive(Clone, Debug)]
pub struct World {
    /// The disk.
    pub disk: SimDisk,
    /// The clock; stands still until moved.
    pub clock: Arc<SimClock>,
    /// Randomness that a seed repeats exactly.
    pub random: Arc<SeededRandom>,
}

impl World {
    /// A machine with an empty disk that does not record.
    pub fn new(seed: u64) -> Self {
        Self::with_disk(SimDisk::new(), seed)
    }

    /// A machine with an empty disk that records, for [`SimDisk::crash_images`].
    pub fn recording(seed: u64) -> Self {
        Self::with_disk(SimDisk::recording(), seed)
    }

    /// A machine that finds `disk` as it is: the start after a crash.
    pub fn with_disk(disk: SimDisk, seed: u64) -> Self {
        let clock = Arc::new(SimClock::default());
        disk.date_by(Arc::clone(&clock));
        Self { disk, clock, random: Arc::new(SeededRandom::new(seed)) }
    }

    /// The machine as rooms see it.
    pub fn env(&self) -> Env {
        let (disk, clock, random) = (self.disk.clone(), Arc::clone(&self.clock), Arc::clone(&self.random));
        Env { disk: Arc::new(disk), clock, random }
    }
}
