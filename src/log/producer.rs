//! What a log knows of the producers that write to it: sequences, so that a repeated batch is answered and not
//! appended again, and open transactions, so that read-committed readers stop before them.

mod check;
#[cfg(test)]
mod check_test;
mod entry;
mod limit;
mod snapshot;
#[cfg(test)]
mod snapshot_test;
mod state;
#[cfg(test)]
mod state_test;
mod verification;
#[cfg(test)]
mod verification_test;

pub(crate) use check::Verdict;
pub use check::{MarkerRule, ProducerError};
pub use entry::{BatchMark, ProducerEntry};
pub use limit::ProducerLimit;
pub use snapshot::{SnapshotError, parse_snapshot};
pub(crate) use state::ProducerState;
pub use state::{CompletedTxn, OpenTxn};
pub use verification::{ToVerify, Verification, VerificationGuard};
