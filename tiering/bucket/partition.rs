//! One partition as the bucket knows it.

use crate::bucket::{Bucket, BucketError};
use crate::chain::Chain;
use crate::keys::{Keys, PartitionHome};
use crate::manifest::{Found, Root};
use std::sync::Arc;

/// See the module. Cheap to clone.
#[derive(Clone, Debug)]
pub struct BucketPartition {
    pub(super) chain: Chain,
    label: Arc<str>,
}

impl BucketPartition {
    pub(super) fn new(bucket: Bucket, keys: Keys, home: PartitionHome, label: String) -> Self {
        let chain = Chain { store: bucket.store, keys, home, meta: bucket.meta };
        Self { chain, label: label.into() }
    }

    /// How it is called in what people read: `topic-partition`.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The newest version; `None` where there is none. Nothing falls back to an older one.
    pub(super) async fn newest(&self) -> Result<Option<Arc<Root>>, BucketError> {
        match self.chain.find(0).await? {
            Found::Version(root) => Ok(Some(root)),
            Found::Nothing => Ok(None),
            Found::Unreadable(reason) => {
                Err(BucketError::Unreadable { key: self.chain.keys.manifests(self.chain.home), reason })
            }
        }
    }

    pub(super) async fn expect_newest(&self) -> Result<Arc<Root>, BucketError> {
        self.newest().await?.ok_or_else(|| BucketError::NoManifest(self.label.to_string()))
    }
}
