//! One partition in the tier: what other rooms hold of it.

mod driver;
mod examine;
mod handle;
mod jobs;
mod scrub;
#[cfg(test)]
mod scrub_test;
mod tasks;
#[cfg(test)]
mod tasks_test;
mod upkeep;
mod uploads;
mod view;

pub(crate) use driver::Driver;
pub(crate) use examine::ScrubBudget;
pub(crate) use handle::{Command, Shared};
pub use handle::{PartitionMetrics, RaiseError, TierBounds, TierPartition};
pub(crate) use view::{Known, Role, View};
pub use view::{Readiness, Standing};
