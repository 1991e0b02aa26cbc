//! Coordinators: what groups and transactions remember lies in compacted topics, and is decided here.
//!
//! A coordinator is split into shards, one for each partition of its topic. Whoever leads the partition serves the shard:
//! it reads the log from its start, and from then on every change is appended first and seen by anybody afterwards.
//! What is decided is decided by machines without I/O; [`runtime`] carries them.

pub mod group;
mod hash;
#[cfg(test)]
mod hash_test;
pub mod runtime;
mod state_log;
#[cfg(test)]
mod testing;
pub mod transaction;

pub use hash::partition_of;
pub use state_log::{StateLog, StateLogError, StateRead};
