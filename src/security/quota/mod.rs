//! How much of the cluster a client may use: Kafka's quotas of bytes, of the broker's time and of changes of topics.
//!
//! What a client has used lies in sensors, one for each that a quota tells apart, made when it is first needed and dropped after an
//! hour of silence. There are never more than [`SENSORS_MAX`] of each kind: clients that come later share one, so that
//! making up client ids neither fills the memory nor escapes a quota.

pub mod alter;
#[cfg(test)]
mod alter_test;
mod bucket;
#[cfg(test)]
mod bucket_test;
pub mod filter;
#[cfg(test)]
mod filter_test;
mod limits;
#[cfg(test)]
mod limits_test;
mod mutations;
mod rate;
#[cfg(test)]
mod rate_test;
mod sensors;
#[cfg(test)]
mod sensors_test;

pub use mutations::Mutations;

use arc_swap::ArcSwap;
use bucket::Bucket;
use esker_config::QuotaConfig;
use esker_env::Instant;
use esker_metadata::ImageWatch;
use limits::{Limit, Limits};
use parking_lot::Mutex;
use rate::{Rate, Window};
use sensors::Sensors;
use std::sync::Arc;
use std::time::Duration;

/// Most sensors of one kind of quota.
pub(crate) const SENSORS_MAX: usize = 50_000;

/// What a quota limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuotaKind {
    /// Bytes of produce requests a second.
    Produce,
    /// Bytes of fetch answers a second.
    Fetch,
    /// Share of one thread's time, in percent.
    Request,
    /// Partitions created and deleted a second.
    Mutation,
}

impl QuotaKind {
    pub(crate) const ALL: [QuotaKind; 4] =
        [QuotaKind::Produce, QuotaKind::Fetch, QuotaKind::Request, QuotaKind::Mutation];

    /// Kafka's name of the quota.
    pub fn key(self) -> &'static str {
        match self {
            QuotaKind::Produce => "producer_byte_rate",
            QuotaKind::Fetch => "consumer_byte_rate",
            QuotaKind::Request => "request_percentage",
            QuotaKind::Mutation => "controller_mutation_rate",
        }
    }
}

/// What clients may use, and what they have used.
#[derive(Debug)]
pub struct Quotas {
    image: ImageWatch,
    limits: ArcSwap<Limits>,
    window: Window,
    mutation_window: Window,
    produce: Mutex<Sensors<Rate>>,
    fetch: Mutex<Sensors<Rate>>,
    request: Mutex<Sensors<Rate>>,
    mutation: Mutex<Sensors<Bucket>>,
}

impl Quotas {
    /// Quotas by what `image` says.
    pub fn new(config: &QuotaConfig, image: ImageWatch) -> Arc<Self> {
        Arc::new(Self {
            limits: ArcSwap::from_pointee(Limits::default()),
            window: Window::new(config.samples, config.sample_seconds),
            mutation_window: Window::new(config.mutation_samples, config.mutation_sample_seconds),
            image,
            produce: Mutex::default(),
            fetch: Mutex::default(),
            request: Mutex::default(),
            mutation: Mutex::default(),
        })
    }

    /// Whether anybody's use of this is limited.
    pub fn limits_any(&self, kind: QuotaKind) -> bool {
        self.limits().of(kind).is_some()
    }

    /// Notes that a client has used something, and says how long it must pause to get back to its limit: zero within it.
    ///
    /// Of the broker's time no more than the length of one sample is made up for at once.
    pub fn record(&self, kind: QuotaKind, user: &str, client_id: &str, value: f64, now: Instant) -> Duration {
        let Some(limit) = self.limit(kind, user, client_id) else { return Duration::ZERO };
        let (Some(sensors), window) = (self.rates(kind), self.window) else { return Duration::ZERO };
        let mut sensors = sensors.lock();
        let rate = sensors.get(limit.key, now, Rate::default);
        rate.record(window, value, now);
        let throttle = rate.over(window, limit.value, now);
        if kind == QuotaKind::Request { throttle.min(window.sample()) } else { throttle }
    }

    /// Notes use without asking whether it is too much; a negative value takes back what was noted.
    pub fn note(&self, kind: QuotaKind, user: &str, client_id: &str, value: f64, now: Instant) {
        if let (Some(limit), Some(sensors)) = (self.limit(kind, user, client_id), self.rates(kind)) {
            sensors.lock().get(limit.key, now, Rate::default).record(self.window, value, now);
        }
    }

    /// The most that a client can use at once without being sure to pause; `None` for any amount.
    pub fn most_at_once(&self, kind: QuotaKind, user: &str, client_id: &str) -> Option<f64> {
        let limit = self.limit(kind, user, client_id)?;
        Some(limit.value * self.window.full_samples() as f64 * self.window.sample().as_secs_f64())
    }

    /// A client's account of changes of topics, for one request. A strict one lets a request that finds the account
    /// overdrawn change nothing; any other lets it and makes the client pause.
    pub fn mutations(self: &Arc<Self>, user: &str, client_id: &str, strict: bool) -> Mutations {
        let account = self.limits_any(QuotaKind::Mutation).then(|| (Arc::clone(self), user.into(), client_id.into()));
        Mutations::new(account, strict)
    }

    /// Takes `count` from a client's account. What must be waited for until the account is even again: before the count is taken
    /// where `strict`, and then it is not; else after.
    pub(crate) fn mutate(&self, user: &str, client_id: &str, strict: bool, count: f64, now: Instant) -> Duration {
        let Some(limit) = self.limit(QuotaKind::Mutation, user, client_id) else { return Duration::ZERO };
        let window = self.mutation_window;
        let mut sensors = self.mutation.lock();
        let bucket = sensors.get(limit.key, now, || Bucket::full(window, limit.value, now));
        if strict {
            let missing = bucket.missing(window, limit.value, now);
            if missing.is_zero() {
                bucket.take(window, limit.value, count, now);
            }
            missing
        } else {
            bucket.take(window, limit.value, count, now);
            bucket.missing(window, limit.value, now)
        }
    }

    fn rates(&self, kind: QuotaKind) -> Option<&Mutex<Sensors<Rate>>> {
        match kind {
            QuotaKind::Produce => Some(&self.produce),
            QuotaKind::Fetch => Some(&self.fetch),
            QuotaKind::Request => Some(&self.request),
            QuotaKind::Mutation => None,
        }
    }

    fn limit(&self, kind: QuotaKind, user: &str, client_id: &str) -> Option<Limit> {
        self.limits().of(kind)?.find(user, client_id)
    }

    /// The limits as the newest image has them, worked out again only where they differ.
    fn limits(&self) -> Arc<Limits> {
        let known = self.limits.load();
        let image = self.image.current();
        if known.are_of(image.quotas()) {
            return Arc::clone(&known);
        }
        let limits = Arc::new(Limits::new(image.quotas()));
        self.limits.store(Arc::clone(&limits));
        limits
    }
}
