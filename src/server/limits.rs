//! How many connections there may be, and how fast new ones may come.

use esker_env::Instant;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

/// How many connections there may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// All connections of the broker (`max.connections`).
    pub total: usize,
    /// Connections of one address (`max.connections.per.ip`).
    pub per_ip: usize,
    /// Addresses with a limit of their own (`max.connections.per.ip.overrides`).
    pub overrides: HashMap<IpAddr, usize>,
    /// New connections a second (`max.connection.creation.rate`).
    pub rate: usize,
}

impl Default for ConnectionLimits {
    /// No limits.
    fn default() -> Self {
        Self { total: usize::MAX, per_ip: usize::MAX, overrides: HashMap::new(), rate: usize::MAX }
    }
}

impl ConnectionLimits {
    /// The limit of one address.
    pub(crate) fn of(&self, ip: IpAddr) -> usize {
        self.overrides.get(&ip).copied().unwrap_or(self.per_ip)
    }
}

/// Rates from here on are as good as none: the kernel does not accept faster.
const UNBOUNDED: usize = 1_000_000;

/// Spreads events so that no second has many more than its share. What was not used in the last second may be caught up on.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// When the next event is due by the rate alone.
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// Notes an event at `now`; how long it has to wait where `rate` a second are allowed.
    pub(crate) fn delay(&self, now: Instant, rate: usize) -> Duration {
        if rate >= UNBOUNDED {
            return Duration::ZERO;
        }
        let step = Duration::from_secs(1) / u32::try_from(rate.max(1)).unwrap_or(u32::MAX);
        let mut next = self.next.lock();
        // A second's worth of events may come at once.
        let earliest = now - Duration::from_secs(1) + step;
        let due = next.map_or(earliest, |next| next.max(earliest));
        *next = Some(due + step);
        due.since(now)
    }
}
