//! A clock that moves when a test moves it.

use crate::{Clock, Instant};
use parking_lot::Mutex;
use std::time::Duration;

/// Where a simulated clock starts: 2026-01-01T00:00:00Z, so that no timestamp is by accident near zero.
const START_MS: i64 = 1_767_225_600_000;

/// Wall and boot time under a test's control.
#[derive(Debug)]
pub struct SimClock(Mutex<(i64, Duration)>);

impl Default for SimClock {
    fn default() -> Self {
        Self(Mutex::new((START_MS, Duration::ZERO)))
    }
}

impl SimClock {
    /// Lets `by` pass on both clocks.
    pub fn advance(&self, by: Duration) {
        let mut times = self.0.lock();
        times.0 = times.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX));
        times.1 = times.1.saturating_add(by);
    }

    /// Sets the wall clock, in milliseconds since the epoch, as an operator or a bad time server would: no time passes.
    pub fn set_wall_ms(&self, wall_ms: i64) {
        self.0.lock().0 = wall_ms;
    }
}

impl Clock for SimClock {
    fn wall_ms(&self) -> i64 {
        self.0.lock().0
    }

    fn now(&self) -> Instant {
        Instant::from_start(self.0.lock().1)
    }
}
