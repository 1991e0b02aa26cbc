//! Bytes per second, as a debt that is paid by waiting; the rate may change at any time.

use esker_env::{Clock, Instant};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A bandwidth cap shared by all who move bytes of one kind.
#[derive(Debug)]
pub(crate) struct RateLimit {
    bytes_per_second: AtomicU64,
    clock: Arc<dyn Clock>,
    /// When everything taken so far is paid for.
    paid_at: Mutex<Instant>,
}

impl RateLimit {
    pub(crate) fn new(bytes_per_second: u64, clock: Arc<dyn Clock>) -> Self {
        let paid_at = Mutex::new(clock.now());
        Self { bytes_per_second: AtomicU64::new(bytes_per_second), clock, paid_at }
    }

    pub(crate) fn set(&self, bytes_per_second: u64) {
        self.bytes_per_second.store(bytes_per_second, Ordering::Relaxed);
    }

    /// Takes `bytes` and says how long to wait before moving them: until what was taken before is paid for.
    pub(crate) fn take(&self, bytes: u64) -> Duration {
        let rate = self.bytes_per_second.load(Ordering::Relaxed).max(1);
        if rate == u64::MAX {
            return Duration::ZERO; // no cap
        }
        let price = Duration::from_nanos(
            u64::try_from(u128::from(bytes) * 1_000_000_000 / u128::from(rate)).unwrap_or(u64::MAX),
        );
        let now = self.clock.now();
        let mut paid_at = self.paid_at.lock();
        let begins = (*paid_at).max(now);
        *paid_at = begins + price.min(Duration::from_secs(3600));
        begins.since(now)
    }

    /// Waits for one's turn to move `bytes`.
    pub(crate) async fn pass(&self, bytes: u64) {
        let wait = self.take(bytes);
        if !wait.is_zero() {
            esker_env::sleep(wait).await;
        }
    }
}
