//! A bound on log lines that clients can cause.

use esker_env::Instant;
use parking_lot::Mutex;
use std::time::Duration;

const WINDOW: Duration = Duration::from_secs(10);
const LINES_PER_WINDOW: u32 = 10;

/// Lets a few lines through in each stretch of ten seconds and counts the rest.
#[derive(Debug, Default)]
pub(crate) struct LogLimit {
    window: Mutex<Window>,
}

#[derive(Debug, Default)]
struct Window {
    began: Option<Instant>,
    lines: u32,
    dropped: u64,
}

impl LogLimit {
    /// Whether a line may be written now; if so, how many were dropped since the last one.
    pub fn admit(&self, now: Instant) -> Option<u64> {
        let mut window = self.window.lock();
        if window.began.is_none_or(|began| now.since(began) >= WINDOW) {
            window.began = Some(now);
            window.lines = 0;
        }
        if window.lines == LINES_PER_WINDOW {
            window.dropped += 1;
            return None;
        }
        window.lines += 1;
        Some(std::mem::take(&mut window.dropped))
    }
}
