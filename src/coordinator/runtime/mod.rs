//! Shards: loading, serving, timers and unloading, the same for every coordinator.

mod load;
mod machine;
mod serving;
mod shards;
#[cfg(test)]
mod shards_test;

pub use machine::{Machine, ReplayError};
pub use serving::Serving;
pub use shards::{Shards, ShardsOptions, Unavailable};
