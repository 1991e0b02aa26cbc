//! The remote tier: object layout, manifest chain, upload, cold reads, chunk cache, remote retention.
//!
//! Closed segments of a partition's local log settle into object storage and are read back through a local cache. The
//! order makes every crash harmless: segment object, then manifest version, then (and only then) local deletion and the
//! announcement to followers. The truth about what is tiered is the manifest chain in the bucket and nothing else.

pub mod bucket;
mod chain;
mod checkpoint;
#[cfg(test)]
mod checkpoint_test;
#[cfg(test)]
mod checkpoint_trouble_test;
mod clock_guard;
#[cfg(test)]
mod clock_guard_test;
mod cluster;
mod codec;
#[cfg(test)]
mod codec_test;
pub mod cost;
#[cfg(test)]
mod crash_matrix_test;
#[cfg(test)]
mod crash_matrix_world;

mod flights;
#[cfg(test)]
mod history_test;
mod keys;
#[cfg(test)]
mod keys_test;
mod local_log;
mod manifest;
mod meta_cache;
#[cfg(test)]
mod meta_cache_test;
mod object;
mod options;
mod partition;
mod pieces;
#[cfg(test)]
mod pieces_test;
mod probe;
#[cfg(test)]
mod probe_test;
mod process;
mod rate;
#[cfg(test)]
mod rate_test;
mod read;
#[cfg(test)]
mod requests_test;
#[cfg(test)]
mod rules_test;
#[cfg(test)]
mod simulation;
mod store;
#[cfg(test)]
mod test_clock;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod tier;
#[cfg(test)]
mod tier_test;
#[cfg(test)]
mod tier_test_world;
mod times;
#[cfg(test)]
mod times_test;
mod token;
mod upload;
mod url;
#[cfg(test)]
mod url_test;

pub use cluster::{ClaimError, ClusterSnapshot, DeleteProgress, SnapshotError};
pub use codec::DecodeError;
pub use local_log::{
    LocalBounds, LocalLog, LocalLogError, SegmentBytes, TieredEndState, TieredUpTo, UploadPolicy, UploadSource,
};
pub use object::{AbortedTransaction, Damage, DamageKind, OpenTransaction, Outcome};
pub use options::{TierOptions, TierTopicConfig};
pub use partition::{PartitionMetrics, RaiseError, Readiness, Standing, TierBounds, TierPartition};
pub use process::TierState;
pub use read::{CacheStats, TierRead, TierReadError, TimestampHit};
pub use store::{
    BreakerState, CloudEnvironment, Operation, Reason, RequestCount, S3Options, StoreError, StoreErrorKind,
    TopicRequests,
};
pub use tier::{Tier, TierMetrics, TierOpenError};
pub use times::TimesSeen;
pub use token::WriterToken;
pub use url::{TierUrl, TierUrlError};
