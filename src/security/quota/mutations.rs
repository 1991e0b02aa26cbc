//! One request's use of its client's account of changes.

use super::Quotas;
use esker_env::Instant;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

/// The account of changes of topics that one request draws on.
#[derive(Debug)]
pub struct Mutations {
    /// The accounts, user and client id; `None` where nobody's changes are limited.
    account: Option<(Arc<Quotas>, Arc<str>, Arc<str>)>,
    strict: bool,
    /// The last pause, and when it began.
    paused: Mutex<(Duration, Instant)>,
}

impl Mutations {
    pub(crate) fn new(account: Option<(Arc<Quotas>, Arc<str>, Arc<str>)>, strict: bool) -> Self {
        Self { account, strict, paused: Mutex::default() }
    }

    /// Whether anybody's changes are limited.
    pub fn are_limited(&self) -> bool {
        self.account.is_some()
    }

    /// Takes `count` changes from the account. Says whether they may be made.
    pub fn record(&self, count: f64, now: Instant) -> bool {
        let Some((quotas, user, client_id)) = &self.account else { return true };
        let pause = quotas.mutate(user, client_id, self.strict, count, now);
        if !pause.is_zero() {
            *self.paused.lock() = (pause, now);
        }
        pause.is_zero() || !self.strict
    }

    /// Whether a change was refused.
    pub fn is_exceeded(&self) -> bool {
        self.strict && !self.paused.lock().0.is_zero()
    }

    /// How long the client must still pause.
    pub fn throttle(&self, now: Instant) -> Duration {
        let (pause, since) = *self.paused.lock();
        pause.saturating_sub(now.since(since))
    }
}
