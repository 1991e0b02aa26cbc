//! Memory for groups, all shards together. Names, members and offsets come from clients: they are refused before memory runs out.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How much memory groups take, about, and how much they may.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    used: Arc<AtomicUsize>,
    max: usize,
}

impl Budget {
    pub fn new(max: usize) -> Self {
        Self { used: Arc::default(), max }
    }

    /// Whether something new may be taken in.
    pub fn has_room(&self) -> bool {
        self.used() < self.max
    }

    /// Whether what is there already may grow by so much: an eighth beyond the limit is kept for it, so that groups which are there go on
    /// rebalancing when no others are taken in.
    pub fn may_grow(&self, by: usize) -> bool {
        self.used().saturating_add(by) <= self.max.saturating_add(self.max / 8)
    }

    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Accounts for something that weighed `before` and weighs `now`.
    pub fn adjust(&self, before: usize, now: usize) {
        if now >= before {
            self.used.fetch_add(now - before, Ordering::Relaxed);
        } else {
            self.used.fetch_sub(before - now, Ordering::Relaxed);
        }
    }
}
