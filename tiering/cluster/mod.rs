//! What the bucket holds of the cluster as a whole: generations, snapshots, topics.

mod generation;
mod snapshots;
mod topic;

pub use generation::ClaimError;
pub(crate) use generation::{claim_next, clusters_in, highest};
pub(crate) use snapshots::Snapshots;
pub use snapshots::{ClusterSnapshot, SnapshotError};
pub use topic::DeleteProgress;
pub(crate) use topic::{TopicDeletion, topic_file};
