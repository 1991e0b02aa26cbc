//! One partition in the tier: what other rooms hold of it.
//!
//! A leader is a [`Planner`](planner::Planner), which decides, and a [`Driver`], which does. The planner knows no I/O, no clock and no lock: it is simulated
//! together with the chain's writer.

mod announcing;
mod driver;
mod examine;
mod handle;
mod jobs;
mod planner;
mod rewrite;
mod scrub;
#[cfg(test)]
mod scrub_pages_test;
#[cfg(test)]
mod scrub_test;
mod tasks;
#[cfg(test)]
mod tasks_test;
mod upkeep;
mod uploads;
#[cfg(test)]
mod uploads_test;
mod view;

pub(crate) use driver::Driver;
pub(crate) use examine::ScrubBudget;
pub(crate) use handle::{Command, Shared};
pub use handle::{PartitionMetrics, RaiseError, TierBounds, TierPartition};
#[cfg(test)]
pub(crate) use jobs::Done;
#[cfg(test)]
pub(crate) use planner::{Effect, Input, Planner, PlannerSettings, Sight};
pub(crate) use view::{Known, Role, View};
pub use view::{Readiness, Standing};
