//! Whether the wall clock can be believed for deleting by time.
//!
//! The boot clock never jumps. When the wall clock has moved by an hour more or less than the boot clock since they last agreed,
//! retention by time stops until both have run side by side for an hour, or until an operator says that the jump was right.

use esker_env::{Clock, Instant};
use std::time::Duration;

const JUMP_MS: i64 = 3_600_000;
const AGREEMENT: Duration = Duration::from_secs(3600);

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClockGuard {
    /// Wall time minus boot time, milliseconds, when they last agreed.
    difference_ms: i64,
    /// Since when the clocks have agreed on another difference.
    distrusted_since: Option<Instant>,
}

fn difference_ms(clock: &dyn Clock) -> i64 {
    let elapsed = clock.now().since(Instant::default()).as_millis();
    clock.wall_ms().saturating_sub(i64::try_from(elapsed).unwrap_or(i64::MAX))
}

impl ClockGuard {
    pub(crate) fn new(clock: &dyn Clock) -> Self {
        Self { difference_ms: difference_ms(clock), distrusted_since: None }
    }

    /// Looks at the clocks and says whether wall time may be used to delete.
    pub(crate) fn is_trusted(&mut self, clock: &dyn Clock) -> bool {
        let now = difference_ms(clock);
        let jumped = now.saturating_sub(self.difference_ms).saturating_abs() > JUMP_MS;
        // Small corrections are followed; a jump starts the hour of agreement, another jump starts it again.
        self.difference_ms = now;
        if jumped {
            tracing::warn!(
                "the wall clock has jumped by more than an hour; retention by time waits for an hour of agreement"
            );
            self.distrusted_since = Some(clock.now());
        }
        match self.distrusted_since {
            Some(since) if clock.now().since(since) < AGREEMENT => false,
            _ => {
                self.distrusted_since = None;
                true
            }
        }
    }

    /// An operator says that the clock is right.
    pub(crate) fn confirm(&mut self) {
        self.distrusted_since = None;
    }
}
