//! What can go wrong, a struct or enum per operation. The API turns them into wire codes; nothing here knows those.

use crate::state::{EpochFault, NotEnoughReplicas, NotLeader};
use esker_log::AppendError;
use esker_model::{BrokerId, Offset};

/// Why a partition cannot be worked with on this broker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Absent {
    /// The cluster has no such partition.
    #[error("the partition does not exist")]
    Unknown,
    /// It exists, and is not, or not yet, on this broker.
    #[error(transparent)]
    NotLeader(#[from] NotLeader),
    /// It is on this broker and cannot be opened.
    #[error("{0}")]
    Storage(String),
}

/// Why the leader of a partition cannot serve at the moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unserved {
    /// The topic was deleted, or the replica moved away, while the request was under way.
    #[error("the partition is gone")]
    Gone,
    /// The client knows another leadership.
    #[error(transparent)]
    Epoch(#[from] EpochFault),
    /// This broker does not lead.
    #[error(transparent)]
    NotLeader(#[from] NotLeader),
    /// It leads, and has to learn from the bucket first; a client tries again.
    #[error("the partition is not ready: {0}")]
    NotReady(String),
}

/// Why a batch was not appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendFault {
    /// The topic was deleted meanwhile.
    #[error("the partition is gone")]
    Gone,
    /// The caller leads in another epoch.
    #[error(transparent)]
    Epoch(EpochFault),
    /// This broker does not lead.
    #[error(transparent)]
    NotLeader(NotLeader),
    /// It leads, and has to learn from the bucket first.
    #[error("the partition is not ready: {0}")]
    NotReady(String),
    /// Fewer replicas are in sync than acks=all needs.
    #[error(transparent)]
    NotEnoughReplicas(#[from] NotEnoughReplicas),
    /// The log refuses the batch, or cannot be written to.
    #[error(transparent)]
    Log(AppendError),
}

impl From<Unserved> for AppendFault {
    fn from(fault: Unserved) -> Self {
        match fault {
            Unserved::Gone => Self::Gone,
            Unserved::Epoch(fault) => Self::Epoch(fault),
            Unserved::NotLeader(fault) => Self::NotLeader(fault),
            Unserved::NotReady(reason) => Self::NotReady(reason),
        }
    }
}

/// Why an appended batch is not acknowledged. It may be in the log all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AckFault {
    /// Not all that has to have it has it in time.
    #[error("the records were not acknowledged in time")]
    TimedOut,
    /// The leadership in which it was appended is over.
    #[error(transparent)]
    NotLeader(NotLeader),
    /// It is replicated, to fewer replicas than are needed.
    #[error(transparent)]
    NotEnoughReplicas(NotEnoughReplicas),
    /// The topic was deleted meanwhile.
    #[error("the partition is gone")]
    Gone,
    /// The disk failed.
    #[error("{0}")]
    Storage(String),
}

/// Why nothing was fetched from a partition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchFault {
    /// The partition is not here.
    #[error(transparent)]
    Absent(#[from] Absent),
    /// The topic was deleted meanwhile.
    #[error("the partition is gone")]
    Gone,
    /// The client knows another leadership.
    #[error(transparent)]
    Epoch(EpochFault),
    /// This broker does not lead.
    #[error(transparent)]
    NotLeader(NotLeader),
    /// It leads, and has to learn from the bucket first; a client tries again.
    #[error("the partition is not ready: {0}")]
    NotReady(String),
    /// No record has or will get that offset.
    #[error("the offset is outside of {log_start} to {log_end}")]
    OutOfRange {
        /// First offset that anyone may see.
        log_start: Offset,
        /// First offset behind the last record.
        log_end: Offset,
        /// First offset that is not replicated.
        high_watermark: Offset,
    },
    /// A follower asks for what is in the tier only: it is to begin at the local log start.
    #[error("the offset is in the tier; the local log begins at {0}")]
    MovedToTier(Offset),
    /// A broker that is no replica fetches as one.
    #[error("broker {0} is no replica of the partition")]
    NotReplica(BrokerId),
    /// A follower fetches in a registration that is over.
    #[error("broker {0} fetches in a registration that is over")]
    StaleBroker(BrokerId),
    /// The disk, the store or an object failed.
    #[error("{0}")]
    Storage(String),
}

impl From<Unserved> for FetchFault {
    fn from(fault: Unserved) -> Self {
        match fault {
            Unserved::Gone => Self::Gone,
            Unserved::Epoch(fault) => Self::Epoch(fault),
            Unserved::NotLeader(fault) => Self::NotLeader(fault),
            Unserved::NotReady(reason) => Self::NotReady(reason),
        }
    }
}

/// Why an offset was not found out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListFault {
    /// The partition is not here.
    #[error(transparent)]
    Absent(#[from] Absent),
    /// Its leader cannot serve.
    #[error(transparent)]
    Unserved(#[from] Unserved),
    /// A new leader does not know yet how far its predecessor's records are replicated.
    #[error("the high watermark {high_watermark} is behind {epoch_start}, where the leader epoch began")]
    NotAvailable {
        /// The high watermark.
        high_watermark: Offset,
        /// Where the epoch began.
        epoch_start: Offset,
    },
    /// The tier did not answer in time.
    #[error("the tier did not answer in time")]
    TimedOut,
    /// The disk, the store or an object failed.
    #[error("{0}")]
    Storage(String),
}

/// Why the end of a leader epoch was not told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EpochEndFault {
    /// The partition is not here.
    #[error(transparent)]
    Absent(#[from] Absent),
    /// Its leader cannot serve.
    #[error(transparent)]
    Unserved(#[from] Unserved),
    /// The log cannot be used.
    #[error("{0}")]
    Storage(String),
}

/// Why records were not deleted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeleteFault {
    /// The partition is not here.
    #[error(transparent)]
    Absent(#[from] Absent),
    /// Its leader cannot serve.
    #[error(transparent)]
    Unserved(#[from] Unserved),
    /// Nothing at or behind the high watermark may be deleted.
    #[error("the offset {offset} is not within 0 to {high_watermark}")]
    OutOfRange {
        /// What was asked for.
        offset: Offset,
        /// The high watermark.
        high_watermark: Offset,
    },
    /// The topic's policy does not delete.
    #[error("records of the partition cannot be deleted: its cleanup policy does not say so")]
    Policy,
    /// The version of the manifest that holds the new log start was not confirmed in time. Readers see the new start already.
    #[error("the tier did not confirm the new log start in time")]
    TimedOut,
    /// The log cannot be changed.
    #[error("{0}")]
    Storage(String),
}
