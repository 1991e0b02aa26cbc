//! When garbage may go: a grace after this collector first saw it, by its own monotonic clock.
//!
//! A new leader has a new collector and begins to count again, so readers with an old version always have the whole grace.

use crate::manifest::Garbage;
use esker_env::Instant;
use std::collections::BTreeMap;
use std::time::Duration;

/// Remembers when each item of a garbage list was first seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collector {
    seen: BTreeMap<Garbage, Instant>,
}

impl Collector {
    /// Takes the garbage list of the newest version in.
    pub(crate) fn observe(&mut self, garbage: &[Garbage], now: Instant) {
        if garbage.is_empty() {
            self.seen = BTreeMap::new();
            return;
        }
        self.seen = garbage.iter().map(|item| (*item, self.seen.get(item).copied().unwrap_or(now))).collect();
    }

    /// Up to `count_max` items whose grace has passed.
    pub(crate) fn due(&self, grace: Duration, now: Instant, count_max: usize) -> Vec<Garbage> {
        let ripe = self.seen.iter().filter(|(_, seen)| now.since(**seen) >= grace);
        ripe.map(|(item, _)| *item).take(count_max).collect()
    }

    /// When the next item is due.
    pub(crate) fn next_due(&self, grace: Duration) -> Option<Instant> {
        self.seen.values().min().map(|seen| *seen + grace)
    }
}
