//! Groups in the classic protocol: members join, one of them assigns, all are told.
//!
//! ```text
//!                  a member joins                 all have joined, or the time is up
//!   Empty ───────────────────────▶ PreparingRebalance ──────────────▶ CompletingRebalance
//!     ▲                              ▲         │ nobody is left             │ the leader's
//!     │                              │         ▼                            ▼ assignment is stored
//!     └──────────────────────────────┼─────  Empty            Stable ◀──────┘
//!                                    └── a member comes, goes or changes ──┘
//! ```

mod action;
mod describe;
mod group;
mod heartbeat;
mod join;
mod join_existing;
#[cfg(test)]
mod join_test;
mod leave;
mod member;
mod offsets;
mod rebalance;
#[cfg(test)]
mod rebalance_test;
mod static_member;
#[cfg(test)]
mod static_member_test;
mod sync;

pub(crate) use action::{Classic, UndoStatic};
pub use describe::{ClassicDescription, ClassicMemberDescription};
pub(crate) use group::{CONSUMER_TYPE, ClassicGroup, ClassicState};
pub(crate) use member::ClassicMember;
