//! The bucket without a broker: what is in it, shown, exported and checked. Only what is opened for writing can write.
//!
//! Everything here works beside a running broker: objects are never changed, versions are only added, and what vanishes between two
//! requests is looked for again in a newer version before it counts as missing.

mod error;
mod export;
mod growth;
#[cfg(any(test, feature = "testing"))]
mod lengthen;
mod objects;
mod partition;
mod progress;
mod repair;
mod repair_pages;
mod report;
mod rights;
mod state;
mod survey;
#[cfg(test)]
mod testing;
mod topics;
mod verify;
mod verify_object;
mod walk;

#[cfg(test)]
mod export_test;
#[cfg(test)]
mod growth_test;
#[cfg(test)]
mod lengthen_test;
#[cfg(test)]
mod repair_test;
#[cfg(test)]
mod verify_test;

pub use error::BucketError;
pub use export::{Export, Exported};
pub use growth::{Growth, Uploads};
#[cfg(any(test, feature = "testing"))]
pub use lengthen::Lengthened;
pub(crate) use objects::read_trailer;
pub use objects::{ChunkSummary, ObjectSummary};
pub use partition::BucketPartition;
pub use progress::{VerifyCounts, VerifyProgress};
#[cfg(test)]
pub(crate) use repair::{Judge, Known, Worth};
pub use repair::{Repair, RepairError};
#[cfg(test)]
pub(crate) use repair_pages::seal;
pub use report::{Finding, FindingKind, Severity, VerifyReport};
pub use rights::Rights;
pub use state::{ChainDamage, ChainState};
pub use survey::{EntrySummary, PageSummary, PartitionSummary, VersionDetails, VersionSummary};
pub use topics::BucketTopic;
pub use verify::{VerifyDepth, VerifyOptions};
pub(crate) use verify_object::LogCheck;

use crate::cluster::{ClaimError, ClusterSnapshot, SnapshotError, Snapshots, claim_next, clusters_in, highest};
use crate::keys::Keys;
use crate::meta_cache::MetaCache;
use crate::options::TierOptions;
use crate::store::{
    Backend, FileBackend, MemoryBackend, Reason, Store, StoreError, StoreLimits, open_azure, open_google, open_s3,
};
use crate::tier::TierOpenError;
use crate::url::TierUrl;
use esker_env::{Env, Pool};
use esker_model::ClusterId;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// Decoded manifests, pages and trailer heads in memory, bytes.
const META_BYTES: usize = 32 << 20;
/// How long a failing request is repeated: somebody waits for the tool.
const RETRY_MAX: Duration = Duration::from_secs(15);
/// Jobs that wait for a disk thread.
const DISK_QUEUE_MAX: usize = 4096;

/// A bucket, or a directory that stands for one.
#[derive(Clone, Debug)]
pub struct Bucket {
    store: Store,
    env: Env,
    meta: Arc<MetaCache>,
}

/// What a bucket is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketAccess {
    /// Nothing is written, not even a directory; one that does not exist is an error.
    Read,
    /// Repairs may be written.
    Write,
}

impl Bucket {
    /// Opens the bucket at `url`. Nothing is asked of the store yet.
    pub fn open(
        url: &TierUrl,
        access: BucketAccess,
        options: &TierOptions,
        env: Env,
        runtime: Handle,
    ) -> Result<Self, TierOpenError> {
        let pool = Pool::new(runtime, options.disk_threads, DISK_QUEUE_MAX);
        let backend: Arc<dyn Backend> = match url {
            TierUrl::Memory => Arc::new(MemoryBackend::new(env.clone())),
            TierUrl::S3 { bucket, prefix } => open_s3(&env, bucket, prefix, &options.s3)?,
            TierUrl::Google { bucket, prefix } => open_google(bucket, prefix, &options.cloud)?,
            TierUrl::Azure { container, prefix } => open_azure(container, prefix, &options.cloud)?,
            TierUrl::File(path) => {
                let opened = match access {
                    BucketAccess::Read => FileBackend::open_existing(path.clone(), env.clone(), pool),
                    BucketAccess::Write => FileBackend::open(path.clone(), env.clone(), pool),
                };
                let wrong = |error| TierOpenError::Directory { path: path.display().to_string(), error };
                Arc::new(opened.map_err(wrong)?)
            }
        };
        Ok(Self::with_backend(backend, options, env))
    }

    pub(crate) fn with_backend(backend: Arc<dyn Backend>, options: &TierOptions, env: Env) -> Self {
        let limits = StoreLimits {
            requests_max: options.requests_max,
            request_timeout: options.request_timeout,
            retry_timeout: options.retry_timeout.min(RETRY_MAX),
            ..StoreLimits::default()
        };
        let store = Store::new(backend, env.clone(), limits);
        Self { store, env, meta: Arc::new(MetaCache::new(META_BYTES)) }
    }

    /// The clusters that were ever started beneath the prefix.
    pub async fn clusters(&self) -> Result<Vec<ClusterId>, StoreError> {
        clusters_in(&self.store).await
    }

    /// What the bucket holds of one cluster.
    pub fn cluster(&self, id: &ClusterId) -> BucketCluster {
        BucketCluster { bucket: self.clone(), id: id.clone(), keys: Keys::new(id) }
    }
}

/// What a bucket holds of one cluster. Cheap to clone.
#[derive(Clone, Debug)]
pub struct BucketCluster {
    bucket: Bucket,
    id: ClusterId,
    keys: Keys,
}

impl BucketCluster {
    /// Which cluster.
    pub fn id(&self) -> &ClusterId {
        &self.id
    }

    /// Its highest generation; `None` where it was never started here.
    pub async fn generation(&self) -> Result<Option<u32>, StoreError> {
        highest(&self.bucket.store, &self.keys).await
    }

    /// Claims the generation behind `expected`, which must be the highest there.
    pub async fn claim_generation(&self, expected: u32) -> Result<u32, ClaimError> {
        claim_next(&self.bucket.store, &self.keys, &self.bucket.env, Some(expected)).await
    }

    /// The newest snapshot of its metadata.
    pub async fn snapshot(&self) -> Result<Option<ClusterSnapshot>, SnapshotError> {
        self.chain_of(self.keys.snapshots()).latest().await
    }

    /// What each broker knew last of its groups' offsets.
    pub async fn group_offsets(&self) -> Result<Vec<ClusterSnapshot>, SnapshotError> {
        let mut newest = Vec::new();
        for broker in self.bucket.store.list_dirs(Reason::Cluster, &self.keys.group_offsets()).await? {
            let chain = self.chain_of(format!("{}{broker}/", self.keys.group_offsets()));
            newest.extend(chain.latest().await?);
        }
        Ok(newest)
    }

    fn chain_of(&self, prefix: String) -> Snapshots {
        let Bucket { store, env, .. } = &self.bucket;
        Snapshots { store: store.clone(), prefix, env: env.clone() }
    }
}
