//! What a coordinator brings along: a machine that its log moves.

use crate::runtime::Serving;
use esker_env::Instant;
use esker_record::{BatchRef, Records};

/// The state of one shard. It changes only by what its log holds; soft state such as sessions begins anew with each load.
pub trait Machine: Send + Sized + 'static {
    /// Applies one batch while the log is read. `records` are its records, decompressed; those of a control batch too.
    ///
    /// # Errors
    /// Records that cannot be understood: the shard is not served then, rather than with a hole in what it knows.
    fn replay(&mut self, batch: &BatchRef<'_>, records: Records<'_>) -> Result<(), ReplayError>;

    /// The log was read to its end: the shard is served from now on.
    fn loaded(_shard: &mut Serving<Self>, _now: Instant) {}

    /// When [`Machine::on_deadline`] wants to be called. Asked again after every call that could have moved it.
    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// The deadline has passed. Must move it, or it is called again at once.
    fn on_deadline(_shard: &mut Serving<Self>, _now: Instant) {}
}

/// Why a record of a coordinator's log cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReplayError(pub String);
