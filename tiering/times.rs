//! How long something took: a histogram whose bounds double, counted without a lock.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper bounds are powers of two in milliseconds, from 1 ms to 65 s; the last bucket has none.
const BUCKETS: usize = 18;

/// The counters.
#[derive(Debug, Default)]
pub(crate) struct Times {
    buckets: [AtomicU64; BUCKETS],
    nanos: AtomicU64,
}

/// What was counted so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimesSeen {
    /// Upper bounds, ascending, each with how many took longer than the bound before and not longer than this; `None` is no bound.
    pub buckets: Vec<(Option<Duration>, u64)>,
    /// All times together.
    pub total: Duration,
}

impl Times {
    pub(crate) fn record(&self, took: Duration) {
        let millis = u64::try_from(took.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        let bits = millis.saturating_sub(1).checked_ilog2().map_or(0, |log| log as usize + 1);
        if let Some(bucket) = self.buckets.get(bits.min(BUCKETS - 1)) {
            bucket.fetch_add(1, Relaxed);
        }
        self.nanos.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }

    pub(crate) fn seen(&self) -> TimesSeen {
        let buckets = self.buckets.iter().enumerate().map(|(at, count)| {
            let bound = (at + 1 < BUCKETS).then(|| Duration::from_millis(1 << at));
            (bound, count.load(Relaxed))
        });
        TimesSeen { buckets: buckets.collect(), total: Duration::from_nanos(self.nanos.load(Relaxed)) }
    }
}
