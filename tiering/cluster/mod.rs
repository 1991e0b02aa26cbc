//! What the bucket holds of the cluster as a whole: generations, snapshots, topics.

mod deletion;
mod generation;
mod snapshots;
mod topic;

pub use deletion::DeleteProgress;
#[cfg(test)]
pub(crate) use deletion::{Answer, Ask, Deletion, Next, Part};
pub use generation::ClaimError;
pub(crate) use generation::{claim_next, clusters_in, highest};
pub(crate) use snapshots::Snapshots;
pub use snapshots::{ClusterSnapshot, SnapshotError};
pub(crate) use topic::{TopicDeletion, topic_file};
