//! Who gets which partition.

#[cfg(test)]
mod assignor_test;
mod range;
mod spread;
mod uniform_mixed;
mod uniform_same;

use crate::group::record::Partitions;
use esker_model::TopicId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An assignor on the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AssignorKind {
    /// Everybody gets as much, and keeps what they have where that allows it.
    Uniform,
    /// Topic by topic, neighbours in neighbouring hands.
    Range,
}

impl AssignorKind {
    /// The name that clients call it by.
    pub fn name(self) -> &'static str {
        match self {
            AssignorKind::Uniform => "uniform",
            AssignorKind::Range => "range",
        }
    }

    /// The assignor of that name; Kafka's class names are names too.
    pub fn named(name: &str) -> Option<Self> {
        match name.rsplit('.').next() {
            Some("uniform" | "UniformAssignor") => Some(AssignorKind::Uniform),
            Some("range" | "RangeAssignor") => Some(AssignorKind::Range),
            _ => None,
        }
    }
}

/// A member as an assignor sees it.
#[derive(Clone, Debug)]
pub(crate) struct MemberSpec {
    pub instance: Option<Arc<str>>,
    /// Topics that it wants and that are there.
    pub subscribed: Arc<BTreeSet<TopicId>>,
    /// What it was to have so far.
    pub assigned: Partitions,
}

/// What an assignor is given.
pub(crate) struct Spec<'a> {
    pub members: BTreeMap<Arc<str>, MemberSpec>,
    /// Whether all members want the same topics.
    pub same: bool,
    /// How many partitions a topic has.
    pub partitions: &'a dyn Fn(TopicId) -> i32,
}

/// What each member is to have.
pub(crate) type Assigned = BTreeMap<Arc<str>, Partitions>;

/// Assigns every partition of every topic that anybody wants to exactly one of those who want it.
pub(crate) fn assign(kind: AssignorKind, spec: &Spec<'_>) -> Assigned {
    match (kind, spec.same) {
        _ if spec.members.is_empty() => Assigned::new(),
        (AssignorKind::Uniform, true) => uniform_same::assign(spec),
        (AssignorKind::Uniform, false) => uniform_mixed::assign(spec),
        (AssignorKind::Range, _) => range::assign(spec),
    }
}
