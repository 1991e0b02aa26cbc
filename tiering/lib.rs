//! The remote tier: object layout, manifest chain, upload, cold reads, chunk cache, remote retention.
//!
//! Closed segments of a partition's local log settle into object storage and are read back through a local cache. The
//! order makes every crash harmless: segment object, then manifest version, then (and only then) local deletion and the
//! announcement to followers. The truth about what is tiered is the manifest chain in the bucket and nothing else.

mod codec;
#[cfg(test)]
mod codec_test;
mod keys;
#[cfg(test)]
mod keys_test;
mod manifest;
mod object;
mod probe;
#[cfg(test)]
mod probe_test;
mod store;
#[cfg(test)]
mod test_batches;
#[cfg(test)]
mod test_clock;
mod token;
mod url;
#[cfg(test)]
mod url_test;

pub use codec::DecodeError;
pub use keys::{ObjectId, PartitionHome};
pub use object::{AbortedTransaction, Damage, DamageKind, OpenTransaction, Outcome};
pub use store::{BreakerState, Operation, Reason, RequestCount, S3Options, StoreError, StoreErrorKind};
pub use token::WriterToken;
pub use url::{TierUrl, TierUrlError};
