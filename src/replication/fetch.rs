//! Fetching from many partitions under one budget of bytes and time.
//!
//! What is local and in the page cache is answered at once. What needs the disk is looked for on the disk pool, what is in the tier is
//! read from there, all partitions at the same time; what is not ready at the deadline is left out. A request that finds
//! too little waits in the purgatory for the offsets that its partitions lack, or for its own deadline.
//!
//! The budget: partitions have a share in the order of the request, and all shares together are never more than the request's bytes. The first
//! partition with records may exceed that by one batch (KIP-74), once.

mod job;
mod slot;

pub(crate) use job::{Job, Means};

use crate::fault::FetchFault;
use esker_log::FileSlice;
use esker_model::{BrokerEpoch, BrokerId, LeaderEpoch, Offset, ProducerId, TopicId};
use esker_tiering::TierRead;
use futures::future::BoxFuture;
use std::fmt;
use std::time::Duration;

/// What a consumer may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// What is replicated.
    Uncommitted,
    /// What is replicated and decided.
    Committed,
}

/// A follower that fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollowerInfo {
    /// The follower.
    pub id: BrokerId,
    /// Its registration; `None` where it says nothing.
    pub broker_epoch: Option<BrokerEpoch>,
}

/// A fetch from many partitions.
#[derive(Clone, Debug)]
pub struct FetchRequest {
    /// Longest wait for `min_bytes`.
    pub max_wait: Duration,
    /// Bytes to wait for.
    pub min_bytes: usize,
    /// Most bytes of all partitions together.
    pub max_bytes: usize,
    /// What may be seen; followers see everything.
    pub isolation: Isolation,
    /// The follower that fetches; `None` for a consumer.
    pub replica: Option<FollowerInfo>,
    /// The partitions, in the order in which they are served.
    pub partitions: Vec<FetchPartition>,
}

/// One partition of a fetch.
#[derive(Clone, Copy, Debug)]
pub struct FetchPartition {
    /// The topic.
    pub topic_id: TopicId,
    /// The partition's number.
    pub partition: i32,
    /// First offset wanted.
    pub offset: Offset,
    /// Most bytes of this partition.
    pub max_bytes: usize,
    /// The leader epoch that the client knows; `None` asks for no check.
    pub current_leader_epoch: Option<LeaderEpoch>,
    /// The epoch of the last record that the client has; `None` asks for no check.
    pub last_fetched_epoch: Option<LeaderEpoch>,
    /// Where a follower's log starts; -1 of a consumer.
    pub log_start: Offset,
}

/// An aborted transaction of which a consumer must leave records out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aborted {
    /// Whose it was.
    pub producer_id: ProducerId,
    /// Offset of its first record.
    pub first_offset: Offset,
}

/// Where the records are.
#[derive(Debug)]
pub enum FetchedRecords {
    /// There are none.
    Empty,
    /// In a local file, to be sent from there.
    File(FileSlice),
    /// In memory, out of the tier. Their memory is budgeted: keep this until they are sent.
    Tiered(TierRead),
}

impl FetchedRecords {
    /// Their length in bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::File(slice) => slice.len,
            Self::Tiered(read) => usize::try_from(read.len).unwrap_or(usize::MAX),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What was fetched from a partition.
#[derive(Debug)]
pub struct Fetched {
    /// First offset that is not replicated.
    pub high_watermark: Offset,
    /// First offset that is not decided.
    pub last_stable: Offset,
    /// First offset that anyone may see.
    pub log_start: Offset,
    /// Whole batches; the first holds the offset that was asked for, or is the next behind it.
    pub records: FetchedRecords,
    /// Transactions of which a read-committed consumer must leave records out, in the order of their ends.
    pub aborted: Vec<Aborted>,
    /// Where the client's history parts from the log's: epoch, and first offset that is not of it. Then there are no records.
    pub diverging: Option<(LeaderEpoch, Offset)>,
}

/// The answer for one partition.
pub type FetchAnswer = Result<Fetched, FetchFault>;

/// The answers of a fetch, in the order of the request.
pub enum Fetching {
    /// They are here.
    Now(Vec<FetchAnswer>),
    /// They come when there is enough, or at the deadline.
    Later(BoxFuture<'static, Vec<FetchAnswer>>),
}

impl fmt::Debug for Fetching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now(answers) => f.debug_tuple("Now").field(answers).finish(),
            Self::Later(_) => f.write_str("Later"),
        }
    }
}
