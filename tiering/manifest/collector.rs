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
    seen: BTreeMap<Garbage, Sighting>,
}

#[derive(Clone, Copy, Debug)]
struct Sighting {
    since: Instant,
    /// Deleted: it stays on the list until a version without it is written, which may take a while.
    is_gone: bool,
}

impl Collector {
    /// Takes the garbage list of the newest version in.
    pub(crate) fn observe(&mut self, garbage: &[Garbage], now: Instant) {
        if garbage.is_empty() {
            self.seen = BTreeMap::new();
            return;
        }
        let new = Sighting { since: now, is_gone: false };
        self.seen = garbage.iter().map(|item| (*item, self.seen.get(item).copied().unwrap_or(new))).collect();
    }

    /// These are deleted, and not due any more.
    pub(crate) fn collected(&mut self, items: &[Garbage]) {
        for item in items {
            self.seen.entry(*item).and_modify(|sighting| sighting.is_gone = true);
        }
    }

    /// Up to `count_max` items whose grace has passed.
    pub(crate) fn due(&self, grace: Duration, now: Instant, count_max: usize) -> Vec<Garbage> {
        let ripe = self.seen.iter().filter(|(_, seen)| !seen.is_gone && now.since(seen.since) >= grace);
        ripe.map(|(item, _)| *item).take(count_max).collect()
    }

    /// When the next item is due.
    pub(crate) fn next_due(&self, grace: Duration) -> Option<Instant> {
        self.seen.values().filter(|seen| !seen.is_gone).map(|seen| seen.since + grace).min()
    }
}
