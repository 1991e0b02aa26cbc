//! Partitions: leadership, high watermark, appends, waits, and reads over both tiers.

#[cfg(test)]
mod ack_test;
mod acks;
mod background;
mod deletion;
#[cfg(test)]
mod disk_test;
mod fault;
mod fetch;
mod local_log;
mod manager;
#[cfg(test)]
mod manager_test;
mod partition;
mod purgatory;
#[cfg(test)]
mod purgatory_test;
mod settings;
#[cfg(test)]
mod start_over_test;
mod state;
#[cfg(test)]
mod state_test;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tier_limits_test;
#[cfg(test)]
mod tiered_test;
mod traffic;
#[cfg(test)]
mod traffic_test;

pub use acks::{AckTicket, Acks, done_now};
pub use deletion::FinishDeletion;
pub use fault::{Absent, AckFault, AppendFault, DeleteFault, EpochEndFault, FetchFault, ListFault, Unserved};
pub use fetch::{
    Aborted, FetchAnswer, FetchPartition, FetchRequest, Fetched, FetchedRecords, Fetching, FollowerInfo, Isolation,
};
pub use manager::{ListOffset, LogDirView, LogView, ReplicaManager, ReplicaOptions};
pub use partition::{Append, Appended, FoundOffset, OffsetSpec, Partition};
pub use purgatory::{Edge, Fired, Purgatory, WaitLists, WaitSet, Waiter};
pub use settings::log_config_for;
pub use state::{
    Assigned, Assignment, EpochFault, FollowerFault, FollowerFetch, IsrAnswer, IsrProposal, LogEnds, NotEnoughReplicas,
    NotLeader, PartitionState, Replicated, Term,
};
pub use traffic::{BrokerTraffic, Traffic};
