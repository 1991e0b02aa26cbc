//! An account that fills steadily and may be overdrawn once: Kafka's token bucket.

use super::rate::Window;
use esker_env::Instant;
use std::time::Duration;

/// What is left of a client's allowance.
#[derive(Debug)]
pub(crate) struct Bucket {
    tokens: f64,
    updated: Instant,
}

fn burst(window: Window, limit: f64) -> f64 {
    window.whole().as_secs_f64() * limit
}

impl Bucket {
    /// A full one.
    pub fn full(window: Window, limit: f64, now: Instant) -> Self {
        Self { tokens: burst(window, limit), updated: now }
    }

    fn refill(&mut self, window: Window, limit: f64, now: Instant) {
        let gained = limit * now.since(self.updated).as_secs_f64();
        self.tokens = (self.tokens + gained).min(burst(window, limit));
        self.updated = now;
    }

    /// Takes `count`, whether it is there or not.
    pub fn take(&mut self, window: Window, limit: f64, count: f64, now: Instant) {
        self.refill(window, limit, now);
        self.tokens = (self.tokens - count).min(burst(window, limit));
    }

    /// How long it takes until nothing is owed.
    pub fn missing(&mut self, window: Window, limit: f64, now: Instant) -> Duration {
        self.refill(window, limit, now);
        if self.tokens >= 0.0 {
            return Duration::ZERO;
        }
        let millis = (-self.tokens / limit * 1000.0 + 0.5).floor();
        // What is owed for less than half a millisecond is still owed.
        Duration::from_millis(millis.clamp(1.0, f64::from(i32::MAX)) as u64)
    }
}
