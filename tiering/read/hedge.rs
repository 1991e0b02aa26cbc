//! When a request is slow enough to send a second one: past what nearly all others took, and never more than one in twenty.

use std::time::Duration;

const SAMPLES: usize = 64;
const SAMPLES_MIN: usize = 16;
const THRESHOLD_MIN: Duration = Duration::from_millis(20);
const THRESHOLD_MAX: Duration = Duration::from_secs(2);
/// Before enough is known.
const THRESHOLD_FIRST: Duration = Duration::from_millis(500);
/// Requests that earn the right to one hedge.
const REQUESTS_PER_HEDGE: u32 = 20;
const HEDGES_SAVED_MAX: u32 = 5;

/// The times to first byte of recent requests, and the right to hedge that they earned.
#[derive(Debug)]
pub(crate) struct Hedge {
    samples: [Duration; SAMPLES],
    count: usize,
    /// In requests: a hedge costs [`REQUESTS_PER_HEDGE`].
    earned: u32,
}

impl Hedge {
    pub(crate) fn new() -> Self {
        Self { samples: [Duration::ZERO; SAMPLES], count: 0, earned: REQUESTS_PER_HEDGE }
    }

    /// Takes in how long a first byte took.
    pub(crate) fn record(&mut self, ttfb: Duration) {
        self.samples[self.count % SAMPLES] = ttfb;
        self.count += 1;
        self.earned = (self.earned + 1).min(REQUESTS_PER_HEDGE * HEDGES_SAVED_MAX);
    }

    /// How long to wait for a first byte before hedging: half again the slowest twentieth of recent requests.
    pub(crate) fn threshold(&self) -> Duration {
        let known = self.count.min(SAMPLES);
        if known < SAMPLES_MIN {
            return THRESHOLD_FIRST;
        }
        let mut sorted = self.samples;
        let sorted = &mut sorted[..known];
        sorted.sort_unstable();
        let slow = sorted[known - 1 - known / 20];
        (slow + slow / 2).clamp(THRESHOLD_MIN, THRESHOLD_MAX)
    }

    /// Whether one more hedge may be sent; it is then counted as sent.
    pub(crate) fn spend(&mut self) -> bool {
        let may = self.earned >= REQUESTS_PER_HEDGE;
        if may {
            self.earned -= REQUESTS_PER_HEDGE;
        }
        may
    }
}
