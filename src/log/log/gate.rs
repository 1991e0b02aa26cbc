//! Who may change closed segments: compaction while nobody else wants to, and it yields at once to whoever does.

use parking_lot::{Condvar, Mutex};
use std::sync::atomic::{AtomicU32, Ordering};

/// Keeps compaction apart from truncation, retention, closing and deletion.
#[derive(Debug, Default)]
pub(crate) struct CleaningGate {
    is_running: Mutex<bool>,
    ended: Condvar,
    /// How many want compaction to stay away.
    holds: AtomicU32,
}

/// A compaction that is under way.
#[derive(Debug)]
pub(crate) struct Cleaning<'a>(&'a CleaningGate);

/// The promise that no compaction is under way or begins.
#[derive(Debug)]
pub(crate) struct Hold<'a>(&'a CleaningGate);

impl CleaningGate {
    /// Begins a compaction; `None` where one is under way or somebody keeps it away.
    pub(crate) fn begin(&self) -> Option<Cleaning<'_>> {
        let mut is_running = self.is_running.lock();
        if *is_running || self.is_held() {
            return None;
        }
        *is_running = true;
        Some(Cleaning(self))
    }

    /// Keeps compaction away until the promise is dropped. One that is under way is told to give up, and its end is waited for: it
    /// looks up after every piece that it reads.
    pub(crate) fn hold(&self) -> Hold<'_> {
        self.holds.fetch_add(1, Ordering::AcqRel);
        let mut is_running = self.is_running.lock();
        while *is_running {
            self.ended.wait(&mut is_running);
        }
        Hold(self)
    }

    /// Whether a compaction that is under way should give up.
    pub(crate) fn is_held(&self) -> bool {
        self.holds.load(Ordering::Acquire) > 0
    }
}

impl Drop for Cleaning<'_> {
    fn drop(&mut self) {
        *self.0.is_running.lock() = false;
        self.0.ended.notify_all();
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.0.holds.fetch_sub(1, Ordering::AcqRel);
    }
}
