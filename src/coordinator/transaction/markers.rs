//! The seam to the partitions: where the end of a transaction is written.

use super::state::{Outcome, TransactionVersion};
use super::txn::Producer;
use async_trait::async_trait;
use esker_model::{LeaderEpoch, TopicPartition};
use std::fmt::Debug;
use std::time::Duration;

/// The end of a producer's transaction, as it is written to each of its partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marker {
    /// The producer, in the epoch that fences everything before.
    pub producer: Producer,
    /// How the transaction ends.
    pub outcome: Outcome,
    /// The epoch of the coordinator: the leader epoch of the partition that holds the transactional id.
    pub coordinator_epoch: LeaderEpoch,
    /// By which rules the epoch is judged (KIP-1228).
    pub version: TransactionVersion,
}

/// Why a partition has no marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarkerFault {
    /// It may work later: the leader is moving, replicas are missing, a disk is full.
    #[error("not possible now")]
    Retry,
    /// The partition does not exist any more: nobody will miss the marker.
    #[error("the partition does not exist any more")]
    Gone,
    /// A newer producer or coordinator has been there: this coordinator must not go on.
    #[error("a newer producer or coordinator has been there")]
    Fenced,
}

/// Writes markers.
#[async_trait]
pub trait MarkerTarget: Send + Sync + Debug + 'static {
    /// Writes the marker to each of the partitions and returns once it is replicated there as `acks=all` asks, or `limit`
    /// has passed. The results come in the order of the partitions. A marker that is there already may be written again.
    async fn write(
        &self,
        marker: &Marker,
        partitions: &[TopicPartition],
        limit: Duration,
    ) -> Vec<Result<(), MarkerFault>>;
}
