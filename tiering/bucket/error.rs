//! Why a question about the bucket has no answer.

use crate::chain::ChainError;
use crate::store::StoreError;

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BucketError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is there is not what was written.
    #[error("{key}: {reason}")]
    Unreadable {
        /// Of which object.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The partition has no manifest: nothing of it is in the bucket.
    #[error("{0} has no manifest")]
    NoManifest(String),
}

impl From<ChainError> for BucketError {
    fn from(error: ChainError) -> Self {
        match error {
            ChainError::Store(error) => Self::Store(error),
            ChainError::Unreadable { key, reason } => Self::Unreadable { key, reason },
        }
    }
}
