//! Consumer groups (KIP-848): members say what they want, the coordinator assigns, and each member moves towards what it
//! should have without ever sharing a partition with another.
//!
//! The group's epoch grows with every change of what its members want or of the topics. A target assignment is computed for
//! it; a member has reached an epoch once it has given back all that the target takes from it.
//!
//! ```text
//!             must give partitions back                     has given them back
//!   Stable ───────────────────────────▶ UnrevokedPartitions ────────────────────▶ Stable, or
//!     │                                                                             UnreleasedPartitions
//!     └── what it should get is still with others ──▶ UnreleasedPartitions ── they have let go ──▶ Stable
//! ```

mod assignor;
mod classic_join;
mod classic_member;
mod describe;
mod fence;
mod group;
mod heartbeat;
#[cfg(test)]
mod heartbeat_test;
mod member;
mod offsets;
mod reconcile;
mod regex;
#[cfg(test)]
mod regex_test;
mod subscribe;
mod target;
mod topics;
mod validate;

pub use assignor::AssignorKind;
pub(crate) use classic_join::JoinOutcome;
pub use describe::{ConsumerDescription, ConsumerMemberDescription};
pub(crate) use fence::Fenced;
pub(crate) use group::ConsumerGroup;
pub(crate) use heartbeat::Consumer;
pub(crate) use member::{ConsumerMember, MemberState, in_epoch};
pub(crate) use offsets::check_partition;
pub(crate) use regex::resolve;
pub(crate) use topics::{identified, metadata_hash, named};
pub(crate) use validate::check_heartbeat;
