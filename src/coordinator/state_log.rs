//! The seam to the log: what a coordinator needs of the partitions of its topic.

use async_trait::async_trait;
use bytes::Bytes;
use esker_model::{LeaderEpoch, Offset};
use std::fmt::Debug;
use std::time::Duration;

/// A coordinator's topic as this broker sees it. One log for each internal topic.
#[async_trait]
pub trait StateLog: Send + Sync + Debug + 'static {
    /// How many partitions the topic has; `None` while it does not exist.
    fn partition_count(&self) -> Option<i32>;

    /// The epoch in which this broker leads the partition, where it does.
    fn leadership(&self, partition: i32) -> Option<LeaderEpoch>;

    /// Appends one batch to a partition that is led in `epoch` and returns the offset behind it. Appends of one partition
    /// take effect in the order of the calls, which never wait for a disk or a replica.
    ///
    /// # Errors
    /// [`StateLogError::is_refusal`] says whether the log is certainly as it was before.
    fn append(&self, partition: i32, epoch: LeaderEpoch, batch: Bytes) -> Result<Offset, StateLogError>;

    /// The offset below which everything survives a change of leader, in a partition that is led in `epoch`.
    fn high_watermark(&self, partition: i32, epoch: LeaderEpoch) -> Result<Offset, StateLogError>;

    /// Waits until the high watermark has reached `end`, for no longer than `limit`.
    async fn committed(
        &self,
        partition: i32,
        epoch: LeaderEpoch,
        end: Offset,
        limit: Duration,
    ) -> Result<(), StateLogError>;

    /// Reads whole batches from `from`, or from the log's start where that lies behind it. Control batches are among them,
    /// and batches of transactions that are open or aborted.
    async fn read(&self, partition: i32, from: Offset) -> Result<StateRead, StateLogError>;
}

/// A piece of a coordinator's log.
#[derive(Clone, Debug, Default)]
pub struct StateRead {
    /// Runs of whole batches, in the log's order. Empty only where nothing lies between `next` and `end`.
    pub batches: Vec<Bytes>,
    /// Where to go on.
    pub next: Offset,
    /// The log's end as it is now.
    pub end: Offset,
}

/// Why a coordinator's log did not do as it was told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateLogError {
    /// This broker does not lead the partition, or not in that epoch.
    #[error("this broker does not lead the partition in that epoch")]
    NotLeader,
    /// Too few replicas are in sync; nothing was appended.
    #[error("too few replicas are in sync")]
    NotEnoughReplicas,
    /// The batch is larger than the topic takes; nothing was appended.
    #[error("the batch is larger than the topic takes")]
    TooLarge,
    /// The batch is of an older epoch of its producer; nothing was appended.
    #[error("the batch is of an older epoch of its producer")]
    ProducerFenced,
    /// The marker is of an older transaction coordinator; nothing was appended.
    #[error("the marker is of an older transaction coordinator")]
    CoordinatorFenced,
    /// The batch does not fit the state of its producer's transaction; nothing was appended.
    #[error("the batch does not fit the state of its producer's transaction")]
    TransactionState,
    /// The replicas did not get that far in time. What was appended stays in the log.
    #[error("the replicas did not follow in time")]
    TimedOut,
    /// The log cannot be written or read. What it holds is known only after it was read again.
    #[error("the log failed: {0}")]
    Storage(String),
}

impl StateLogError {
    /// Whether nothing was appended, so that what is in memory still is what the log says.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::NotEnoughReplicas
                | Self::TooLarge
                | Self::ProducerFenced
                | Self::CoordinatorFenced
                | Self::TransactionState
        )
    }
}
