//! Groups: who reads what, and how far they have come.
//!
//! A request meets a group in a [`shard`](shard::GroupShard), which decides without I/O what follows: records to be stored,
//! answers to be sent, deadlines. What members and offsets are, is what their records say; a classic group's joining and
//! syncing is soft and begins anew after a change of coordinator, as its clients expect.

mod budget;
mod classic;
mod consumer;
mod coordinator;
#[cfg(test)]
mod coordinator_test;
#[cfg(test)]
mod crash_test;
mod cx;
mod decide;
mod effects;
mod embedded;
#[cfg(test)]
mod embedded_test;
mod error;
mod execute;
#[cfg(test)]
mod hostile_test;
mod migrate;
#[cfg(test)]
mod migrate_test;
#[cfg(test)]
mod model_test;
mod offsets;
mod pending;
pub mod record;
mod request;
mod saved;
#[cfg(test)]
mod saved_test;
#[cfg(test)]
mod scale_test;
mod settings;
mod shard;
#[cfg(test)]
mod testing;
mod timers;
#[cfg(test)]
mod timers_test;
mod world;

pub use classic::{ClassicDescription, ClassicMemberDescription};
pub use consumer::{AssignorKind, ConsumerDescription, ConsumerMemberDescription};
pub use coordinator::{GroupCoordinator, GroupCoordinatorOptions, ListedGroup, OFFSETS_TOPIC, TransactionEnd};
pub use error::{GroupError, GroupFault};
pub use pending::Pending;
pub use request::{
    Client, CommitAnswer, CommitPartition, CommitRequest, CommitTopic, ConsumerAnswer, ConsumerHeartbeat,
    DeleteOffsetsAnswer, FetchRequest, FetchTopic, FetchedOffset, FetchedTopic, HeartbeatRequest, JoinAnswer,
    JoinMember, JoinRequest, LeaveRequest, LeavingMember, LeftMember, SyncAnswer, SyncRequest, TopicFilter,
};
pub use saved::{RestoredOffsets, RestoredSummary, SavedMark, restore_offsets};
pub use settings::{ConsumerTimes, GroupSettings, Migration};
