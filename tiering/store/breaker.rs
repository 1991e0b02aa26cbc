//! The circuit breaker of a bucket: after a row of failures nothing is sent for a while, then one request tries.

use esker_env::Instant;
use std::time::Duration;

/// Failures in a row that open the breaker.
const FAILURES_TO_OPEN: u32 = 5;
const OPEN_MIN: Duration = Duration::from_millis(250);
/// Short, so that work resumes within seconds of the store's return.
const OPEN_MAX: Duration = Duration::from_secs(2);
/// A trial without an answer for so long lets another one try.
const TRIAL_MAX: Duration = Duration::from_secs(3);

/// Whether requests are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// They are.
    Closed,
    /// They are not.
    Open,
    /// One is, to see.
    Trial,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant, opened: u32 },
    Trial { since: Instant, opened: u32 },
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Breaker(State);

impl Breaker {
    pub(crate) fn new() -> Self {
        Self(State::Closed { failures: 0 })
    }

    /// Whether a request may be sent now; else how long to wait before asking again.
    pub(crate) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        match self.0 {
            State::Closed { .. } => Ok(()),
            State::Open { until, .. } if now < until => Err(until.since(now)),
            State::Trial { since, .. } if now.since(since) < TRIAL_MAX => Err(OPEN_MIN),
            State::Open { opened, .. } | State::Trial { opened, .. } => {
                self.0 = State::Trial { since: now, opened };
                Ok(())
            }
        }
    }

    /// Takes in how a request ended: `true` for any answer that shows the store at work.
    pub(crate) fn record(&mut self, works: bool, now: Instant) {
        self.0 = match self.0 {
            _ if works => State::Closed { failures: 0 },
            State::Closed { failures } if failures + 1 < FAILURES_TO_OPEN => State::Closed { failures: failures + 1 },
            State::Closed { .. } => State::Open { until: now + OPEN_MIN, opened: 0 },
            // Stragglers that were sent before it opened say nothing new.
            State::Open { until, opened } => State::Open { until, opened },
            State::Trial { opened, .. } => {
                let opened = (opened + 1).min(8);
                State::Open { until: now + (OPEN_MIN * (1 << opened)).min(OPEN_MAX), opened }
            }
        };
    }

    pub(crate) fn state(&self) -> BreakerState {
        match self.0 {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::Trial { .. } => BreakerState::Trial,
        }
    }
}
