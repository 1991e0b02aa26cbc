//! What the rooms above see of the quorum.

use crate::Cursor;
use async_trait::async_trait;
use bytes::Bytes;
use esker_model::{BrokerId, Offset};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Records that are to be committed together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    /// The offset that the first record must get, or `None` for whichever is next. A proposal decided on an image that
    /// is no longer the newest is refused as a whole, by every member alike, whoever led in between.
    pub expected: Option<Offset>,
    /// The records; none makes a barrier, which commits after everything that was proposed before it.
    pub records: Vec<Bytes>,
}

/// Why a proposal has no offset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProposeError {
    /// Another member leads. The proposal was not accepted.
    #[error("not the leader of the metadata quorum; node {leader:?} is")]
    NotLeader {
        /// Who leads, where that is known.
        leader: Option<BrokerId>,
    },
    /// The log has moved on since the decision. The proposal was not accepted.
    #[error("the metadata log is at offset {next}, not at {expected}")]
    Conflict {
        /// What the proposal expected.
        expected: Offset,
        /// The offset of the next record.
        next: Offset,
    },
    /// The time is over. Whether the proposal is or will be committed is not known.
    #[error("the metadata quorum did not answer in time")]
    Timeout,
    /// The records exceed what one proposal may hold. It was not accepted.
    #[error("{bytes} bytes are more than the {max} that one metadata proposal may hold")]
    TooLarge {
        /// Size of the records.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The file system is nearly full. The proposal was not accepted; a later one may be.
    #[error("the disk of the metadata log has only {available} bytes left")]
    DiskFull {
        /// What is left, in bytes.
        available: u64,
    },
    /// The quorum has stopped: a disk failed or the node is shutting down. Only a restart helps.
    #[error("the metadata quorum has stopped: {0}")]
    Unavailable(Arc<str>),
}

/// One commit, as readers of the log see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedBatch {
    /// Offset of the first record.
    pub base_offset: Offset,
    /// The records, at consecutive offsets. Never empty.
    pub records: Vec<Bytes>,
}

/// The state up to some offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumSnapshot {
    /// Offset of the first record that is not in it.
    pub next_offset: Offset,
    /// What [`StateMachine::capture`] made of it.
    pub state: Bytes,
}

/// Why a cursor cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// The records were purged: take [`MetadataQuorum::snapshot`] and go on at its end.
    #[error("metadata offset {wanted} is only in a snapshot; the log begins at {first}")]
    InSnapshot {
        /// What was asked for.
        wanted: Offset,
        /// The first offset that the log holds.
        first: Offset,
    },
    /// The log cannot be read, or the quorum has stopped.
    #[error("the metadata log cannot be read: {0}")]
    Unreadable(Arc<str>),
}

/// One controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its `node.id`.
    pub id: BrokerId,
    /// Where its peers reach it, as `host:port`.
    pub address: String,
    /// Whether it has a vote; a member without one is catching up.
    pub voter: bool,
}

/// Who leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leadership {
    /// The leader, where one is known.
    pub leader: Option<BrokerId>,
    /// Number of the leadership; grows with each election.
    pub term: u64,
}

/// A change of the membership did not go through.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the members of the metadata quorum stay as they are: {0}")]
pub struct MembershipError(pub String);

/// A replicated log of opaque records.
///
/// All methods may be called by many tasks at once.
#[async_trait]
pub trait MetadataQuorum: Send + Sync + 'static {
    /// Commits the records of `proposal`, all or none, and says at which offset the first one is.
    ///
    /// Durability: when it returns `Ok` the records are on the disks of a majority of voters and applied to the state machine of this
    /// node, published included. Ordering: a proposal is committed behind everything that was committed when the call began.
    /// After [`ProposeError::Timeout`] it may be committed or not, now or later, yet never twice; a proposal with
    /// [`Proposal::expected`] can be made again safely, because at most one of the two fits.
    async fn propose(&self, proposal: Proposal, limit: Duration) -> Result<Offset, ProposeError>;

    /// A cursor that yields committed records from `offset` on, on any member, leader or not.
    fn committed_from(&self, offset: Offset) -> Cursor;

    /// The offset behind the last record that is committed and applied here. Only goes forward.
    fn committed_end(&self) -> Offset;

    /// The whole state at the present end, for a reader whose offset has been purged. Taken in memory; nothing is written.
    async fn snapshot(&self) -> Result<QuorumSnapshot, CursorError>;

    /// The members as this node knows them, in the order of their ids.
    fn members(&self) -> Vec<Member>;

    /// Who leads, and a wake-up when that changes. What a deposed leader proposes is refused, whatever this says.
    fn leader(&self) -> watch::Receiver<Leadership>;

    /// Completes when this node cannot take part any more, with the reason. The process should then stop: it must read
    /// its disk again before it may be trusted.
    async fn failed(&self) -> Arc<str>;
}

/// Records could not be applied or a snapshot not restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MachineError(pub String);

/// What the committed records are applied to.
///
/// `apply` and `restore` are called by one task, one after the other; `capture` may be called at any time between them.
pub trait StateMachine: Send + Sync + 'static {
    /// Applies records that were committed together, the first of them at `offset`. Offsets follow one another without gaps.
    ///
    /// # Errors
    /// Stop the node for good: going on would leave it with another state than its peers have.
    fn apply(&self, offset: Offset, records: &[Bytes]) -> Result<(), MachineError>;

    /// Lets others see what was applied. Called after one or several calls of `apply` or `restore`.
    fn publish(&self);

    /// Takes hold of the present state, quickly; the returned closure turns it into bytes, on another thread.
    fn capture(&self) -> Box<dyn FnOnce() -> Vec<u8> + Send>;

    /// Replaces the state by the one that `snapshot` holds.
    ///
    /// # Errors
    /// Where the bytes are damaged or of a newer version. The state is then undefined and the node stops.
    fn restore(&self, snapshot: &[u8]) -> Result<(), MachineError>;
}
