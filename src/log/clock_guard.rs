//! Whether the wall clock may be believed when it says that records have grown old. Pure.
//!
//! A date set wrong by a year must not delete a year of records. A jump against the boot clock of more than an hour makes the date
//! doubtful, until an hour has passed in which it agreed with itself or an operator has said that it is right.

use esker_env::Instant;
use std::time::Duration;

/// A jump up to this is a correction, and the time after which a new date is believed.
const HOUR: Duration = Duration::from_secs(3600);

/// Compares the wall clock with the boot clock from call to call.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClockGuard {
    last: Option<(i64, Instant)>,
    doubted_since: Option<Instant>,
}

impl ClockGuard {
    /// Takes both clocks' present readings in; whether age may delete now.
    pub fn observe(&mut self, wall_ms: i64, now: Instant) -> bool {
        if let Some((last_wall_ms, last)) = self.last {
            let passed_ms = i64::try_from(now.since(last).as_millis()).unwrap_or(i64::MAX);
            let jump_ms = wall_ms.saturating_sub(last_wall_ms.saturating_add(passed_ms)).unsigned_abs();
            if Duration::from_millis(jump_ms) > HOUR {
                self.doubted_since = Some(now);
            }
        }
        self.last = Some((wall_ms, now));
        if self.doubted_since.is_some_and(|since| now.since(since) >= HOUR) {
            self.doubted_since = None;
        }
        self.doubted_since.is_none()
    }

    /// An operator has checked the date.
    pub fn confirm(&mut self) {
        self.doubted_since = None;
    }
}
