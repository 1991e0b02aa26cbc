//! Rebuilding a cluster from its bucket: a broker with empty disks becomes the cluster's next generation.
//!
//! The order makes every end in between harmless. Everything is read and judged first. Then a mark on the disk says that a recovery is
//! under way, with which no broker starts; the next generation is claimed, so that whoever still runs of the earlier one leaves the bucket
//! alone; the metadata is written; the disk remembers its generation; the mark goes. A recovery that was cut short is begun again from
//! the start and claims one generation more: numbers are cheap.
//!
//! Committed offsets come back as logs of `__consumer_offsets`, written behind the metadata: the broker finds them as it
//! finds any of its own.

mod disk;
mod offsets;
mod plan;
#[cfg(test)]
mod plan_test;
mod read;
#[cfg(test)]
mod recover_test;
mod report;
#[cfg(test)]
mod testing;
mod write;

pub(crate) use disk::check_no_recovery_is_open;
pub use esker_coordinator::group::RestoredSummary;
pub use read::read_bucket;
pub use report::{LostTopic, RecoveredPartition, RecoveredTopic, RecoveryReport};

use crate::tier::GenerationError;
use esker_config::Startup;
use esker_env::Env;
use esker_metadata::Record;
use esker_tiering::bucket::BucketCluster;
use esker_tiering::{ClaimError, SnapshotError, StoreError};
use std::io;
use std::path::PathBuf;

/// What is accepted of a bucket that is not whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecoveryOptions {
    /// Whether damaged chains and missing objects are accepted: what they held is lost or waits for a repair.
    pub accept_damage: bool,
    /// Whether the newest snapshot of the metadata is passed over: topics are then made of what their folders say.
    pub without_snapshot: bool,
    /// Whether committed offsets are left where they are: groups begin anew.
    pub without_offsets: bool,
}

/// Why a cluster was not recovered. Nothing was changed unless the text says so.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The bucket does not hold the cluster.
    #[error("the bucket holds no generation of cluster {0}: it was never started there")]
    NoCluster(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The newest snapshot is not there or cannot be used.
    #[error(
        "the newest snapshot of the cluster's metadata: {0}. To make topics of what their folders say, give --without-snapshot"
    )]
    Snapshot(String),
    /// The bucket is damaged.
    #[error("the bucket is damaged, see above; with --accept-damage the rest is recovered")]
    Damaged,
    /// Committed offsets cannot be read or written.
    #[error("committed offsets: {0}. To do without them, give --without-offsets")]
    Offsets(String),
    /// What is to be written does not fit together.
    #[error("the metadata does not fit together: {0}")]
    Misfit(String),
    /// A directory of the broker is in use.
    #[error("{} is not empty, it holds {name:?}: a cluster is recovered with empty directories only", dir.display())]
    NotEmpty {
        /// The directory.
        dir: PathBuf,
        /// Something in it.
        name: String,
    },
    /// A directory cannot be read or written.
    #[error("{}: {error}", path.display())]
    Disk {
        /// The directory or file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The generation was not claimed.
    #[error("the next generation was not claimed: {0}")]
    Claim(#[from] ClaimError),
    /// What the disk remembers cannot be written.
    #[error(transparent)]
    Generation(#[from] GenerationError),
    /// The metadata quorum does not take the metadata.
    #[error("the metadata was not written: {0}. Run the recovery again")]
    Metadata(String),
}

impl From<SnapshotError> for RecoveryError {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::Store(error) => Self::Store(error),
            error => Self::Snapshot(error.to_string()),
        }
    }
}

/// Everything that is decided before anything is written.
#[derive(Debug)]
pub struct Recovery {
    /// What is recovered and what is lost.
    pub report: RecoveryReport,
    pub(super) records: Vec<Record>,
    pub(super) generation: u32,
    offsets: offsets::OffsetsPlan,
    accepts_damage: bool,
}

impl Recovery {
    /// Whether the bucket is damaged, and that was not accepted: nothing may be written then.
    pub fn is_refused(&self) -> bool {
        !self.accepts_damage && !self.report.damage.is_empty()
    }
}

/// Sees that the broker's directories are empty, apart from what an earlier recovery left.
///
/// # Errors
/// They are not.
pub fn check_directories(startup: &Startup, env: &Env) -> Result<(), RecoveryError> {
    disk::check_empty(&*env.disk, &startup.broker)
}

/// Writes what [`read_bucket`] decided. The broker can be started when this returns.
///
/// # Errors
/// Damage that was not accepted; another recovery that was quicker; a disk or the store that failed: then it is begun again.
pub async fn write_recovery(
    recovery: &Recovery,
    cluster: &BucketCluster,
    startup: Startup,
    env: &Env,
) -> Result<u32, RecoveryError> {
    if recovery.is_refused() {
        return Err(RecoveryError::Damaged);
    }
    write::write(recovery, cluster, startup, env).await
}
