//! How many producers all logs of a process may remember together.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A count shared by all logs. A log that would exceed it forgets its own oldest producers first, so that a flood of producer ids costs
/// bounded memory and hurts whoever shares the flooded partition, nobody else.
#[derive(Debug)]
pub struct ProducerLimit {
    max: usize,
    used: AtomicUsize,
}

/// Every log may remember so many producers whatever the others do.
pub(crate) const GUARANTEED: usize = 16;

impl ProducerLimit {
    /// Room for `max` producers over all logs.
    pub fn new(max: usize) -> Self {
        Self { max, used: AtomicUsize::new(0) }
    }

    /// Producers remembered now.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    pub(crate) fn is_exhausted(&self) -> bool {
        self.used() >= self.max
    }

    pub(crate) fn add(&self, count: usize) {
        self.used.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn remove(&self, count: usize) {
        let before = self.used.fetch_sub(count, Ordering::Relaxed);
        assert!(before >= count, "{count} producers are given back and only {before} were counted");
    }
}
