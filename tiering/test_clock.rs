//! A clock that a test moves.

use esker_env::{Clock, Env, Instant};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct ManualClock {
    now: Mutex<(Duration, i64)>,
}

impl Default for ManualClock {
    fn default() -> Self {
        Self { now: Mutex::new((Duration::from_secs(1000), 1_700_000_000_000)) }
    }
}

impl ManualClock {
    /// Moves both clocks.
    pub(crate) fn advance(&self, by: Duration) {
        let mut now = self.now.lock();
        now.0 += by;
        now.1 += by.as_millis() as i64;
    }

    /// Moves the wall clock alone.
    pub(crate) fn jump_wall(&self, by_ms: i64) {
        self.now.lock().1 += by_ms;
    }
}

impl Clock for ManualClock {
    fn wall_ms(&self) -> i64 {
        self.now.lock().1
    }

    fn now(&self) -> Instant {
        Instant::from_start(self.now.lock().0)
    }
}

/// The real world but for its clock.
pub(crate) fn manual_env() -> (Env, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    (Env { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..Env::system() }, clock)
}
