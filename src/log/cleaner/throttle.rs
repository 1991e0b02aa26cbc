//! The speed limit of compaction (`log.cleaner.io.max.bytes.per.second`), all threads together.

use esker_env::Instant;
use parking_lot::Mutex;
use std::time::Duration;

/// Bytes that may pass without a wait after a pause.
const BURST: Duration = Duration::from_millis(300);

/// Counts bytes against time.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    /// When all that has passed so far would have passed at the limit.
    busy_until: Mutex<Instant>,
}

impl Throttle {
    /// Lets `bytes` pass; how long the caller has to wait then.
    pub(crate) fn pass(&self, bytes: u64, bytes_per_second: f64, now: Instant) -> Duration {
        if !bytes_per_second.is_finite() || bytes_per_second >= f64::MAX || bytes_per_second <= 0.0 {
            return Duration::ZERO;
        }
        let takes = Duration::try_from_secs_f64(bytes as f64 / bytes_per_second).unwrap_or(Duration::MAX);
        let mut busy_until = self.busy_until.lock();
        // What was not used for longer than a burst is lost.
        let from = if *busy_until + BURST < now { now - BURST } else { *busy_until };
        *busy_until = from + takes;
        busy_until.since(now)
    }
}
