//! The types that openraft is instantiated with.

use bytes::Bytes;
use esker_model::Offset;
use serde::{Deserialize, Serialize};

openraft::declare_raft_types!(
    /// openraft, as this room uses it.
    pub TypeConfig:
        D = Batch,
        R = Outcomes,
        SnapshotData = SnapshotData,
);

pub type Entry = openraft::Entry<TypeConfig>;
pub type Payload = openraft::EntryPayload<TypeConfig>;
pub type LogId = openraft::LogId<u64>;
pub type Vote = openraft::Vote<u64>;
pub type Membership = openraft::Membership<u64, openraft::BasicNode>;
pub type StoredMembership = openraft::StoredMembership<u64, openraft::BasicNode>;
pub type SnapshotMeta = openraft::SnapshotMeta<u64, openraft::BasicNode>;
pub type Snapshot = openraft::Snapshot<TypeConfig>;
pub type StorageError = openraft::StorageError<u64>;
pub type StorageIoError = openraft::StorageIOError<u64>;

/// What one entry of the log carries: the proposals that waited at the same moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    pub proposals: Vec<StoredProposal>,
}

/// A proposal as the log holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredProposal {
    pub expected: Option<Offset>,
    pub records: Vec<Bytes>,
}

impl StoredProposal {
    /// Whether a log whose next record has offset `next` takes it. Every member comes to the same answer.
    pub fn fits(&self, next: Offset) -> bool {
        self.expected.is_none_or(|expected| expected == next)
    }

    /// How many offsets it takes up.
    pub fn len(&self) -> Offset {
        Offset::try_from(self.records.len()).unwrap_or(Offset::MAX)
    }
}

/// What became of an entry's proposals, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes(pub Vec<Outcome>);

/// What became of one proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Its first record is at this offset.
    Accepted(Offset),
    /// It expected another offset than this, the next one.
    Refused(Offset),
}

/// A snapshot's content in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapshotData {
    /// Offset of the first record that is not in it.
    pub next_offset: Offset,
    /// The state machine's bytes.
    pub state: Bytes,
}

/// The log id with these numbers.
pub fn log_id(term: u64, node: u64, index: u64) -> LogId {
    LogId::new(openraft::CommittedLeaderId::new(term, node), index)
}
