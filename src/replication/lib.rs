//! Partitions: leadership, high watermark, appends, waits, and reads over both tiers.

mod purgatory;
#[cfg(test)]
mod purgatory_test;
mod state;
#[cfg(test)]
mod state_test;

pub use purgatory::{Edge, Fired, Purgatory, WaitLists, WaitSet};
pub use state::{
    Assigned, Assignment, EpochFault, FollowerFault, FollowerFetch, IsrAnswer, IsrProposal, LogEnds, NotEnoughReplicas,
    NotLeader, PartitionState, Replicated, Term,
};
