//! A rate over the last few samples, computed as Kafka computes it.
//!
//! A sample gathers what happens from its first event on until its length is over; the next event opens another. The rate is the sum
//! of what is kept by the time since the oldest sample began, where at least all samples but the one in progress count as whole:
//! a client that begins does not look fast.

use esker_env::Instant;
use std::time::Duration;

/// How many samples there are, and how long each is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    samples: usize,
    sample: Duration,
}

impl Window {
    pub fn new(samples: usize, seconds: u64) -> Self {
        Self { samples: samples.max(1), sample: Duration::from_secs(seconds.max(1)) }
    }

    /// Length of a sample.
    pub fn sample(self) -> Duration {
        self.sample
    }

    /// How many samples count as whole at least.
    pub fn full_samples(self) -> u32 {
        u32::try_from(self.samples - 1).unwrap_or(u32::MAX)
    }

    /// Length of all samples.
    pub fn whole(self) -> Duration {
        self.sample.saturating_mul(u32::try_from(self.samples).unwrap_or(u32::MAX))
    }
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    start: Instant,
    last: Instant,
    value: f64,
}

impl Sample {
    fn empty(now: Instant) -> Self {
        Self { start: now, last: now, value: 0.0 }
    }
}

/// What happened in the last few samples.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    /// At most one more than the window has: the oldest may reach into it.
    samples: Vec<Sample>,
    current: usize,
}

impl Rate {
    /// Notes that `value` happened.
    pub fn record(&mut self, window: Window, value: f64, now: Instant) {
        if self.samples.is_empty() {
            self.samples.push(Sample::empty(now));
        } else if self.samples.get(self.current).is_some_and(|sample| now.since(sample.start) >= window.sample) {
            self.current = (self.current + 1) % (window.samples + 1);
            match self.samples.get_mut(self.current) {
                Some(oldest) => *oldest = Sample::empty(now),
                None => self.samples.push(Sample::empty(now)),
            }
        }
        if let Some(sample) = self.samples.get_mut(self.current) {
            sample.value += value;
            sample.last = now;
        }
    }

    /// How long nothing may happen until the rate is at most `limit` a second; zero where it is.
    pub fn over(&mut self, window: Window, limit: f64, now: Instant) -> Duration {
        let span = self.span(window, now);
        let rate = self.sum() / span.as_secs_f64();
        if rate <= limit {
            return Duration::ZERO;
        }
        // With rate O over the time W, O * W / (W + X) is the limit T after X = (O - T) / T * W.
        let millis = (rate - limit) / limit * span.as_secs_f64() * 1000.0;
        Duration::from_millis((millis + 0.5).floor().clamp(0.0, f64::from(i32::MAX)) as u64)
    }

    fn sum(&self) -> f64 {
        self.samples.iter().map(|sample| sample.value).sum()
    }

    /// The time over which the kept samples are taken to have happened.
    fn span(&mut self, window: Window, now: Instant) -> Duration {
        for sample in self.samples.iter_mut().filter(|sample| now.since(sample.last) >= window.whole()) {
            *sample = Sample::empty(now);
        }
        let start = self.samples.iter().map(|sample| sample.start).min().unwrap_or(now);
        let elapsed = now.since(start);
        let full = u32::try_from(elapsed.as_millis() / window.sample.as_millis()).unwrap_or(u32::MAX);
        let missing = window.full_samples().saturating_sub(full);
        (elapsed + window.sample.saturating_mul(missing)).max(Duration::from_millis(1))
    }
}
