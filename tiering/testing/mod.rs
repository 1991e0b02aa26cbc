//! For tests of this room and of those above: record batches and a local log in memory.

mod batches;
mod memory_log;

pub use batches::{batch, run};
pub use memory_log::MemoryLog;
