//! How many changes of topics a client may make (KIP-599).
//!
//! What a request would change is known only once it is clear that it may. So it is checked first, each change that may be made is
//! taken from the client's account, and those for which the account has room are made.

use crate::answer::Failure;
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_env::Instant;
use esker_security::Mutations;

impl Api {
    /// The account of whoever sent a request. From version `strict_since` on a request that finds it overdrawn is refused; before, the
    /// client only has to pause.
    pub(crate) fn mutations(&self, cx: &RequestContext, strict_since: i16) -> Mutations {
        self.quotas.mutations(cx.client.principal().name(), cx.client_id(), cx.version() >= strict_since)
    }
}

/// Takes the changes of one row from the account.
///
/// # Errors
/// The answer where the account is overdrawn.
pub(crate) fn take(mutations: &Mutations, count: i32, now: Instant) -> Result<(), Failure> {
    if mutations.record(f64::from(count), now) {
        Ok(())
    } else {
        Err(Failure::new(ErrorCode::ThrottlingQuotaExceeded, "The throttling quota has been exceeded."))
    }
}

/// How long the client is told to pause.
pub(crate) fn throttle_ms(mutations: &Mutations, now: Instant) -> i32 {
    i32::try_from(mutations.throttle(now).as_millis()).unwrap_or(i32::MAX)
}

/// The outcomes that stand already, with the gaps between them filled from the others in their order.
pub(crate) fn fill<T>(standing: Vec<Option<T>>, others: Vec<T>) -> Vec<T> {
    let mut others = others.into_iter();
    standing.into_iter().filter_map(|outcome| outcome.or_else(|| others.next())).collect()
}
