//! A member of a consumer group.

use crate::group::record::{
    ClassicMetadata, CurrentValue, EpochPartitions, Fact, GroupRecord, MemberValue, Partitions,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where a member stands on the way to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum MemberState {
    /// It has what it should have.
    #[default]
    Stable,
    /// It must give partitions back first.
    UnrevokedPartitions,
    /// It waits for others to let go.
    UnreleasedPartitions,
    /// A later version knows.
    Unknown,
}

impl MemberState {
    fn number(self) -> i8 {
        match self {
            MemberState::Stable => 0,
            MemberState::UnrevokedPartitions => 1,
            MemberState::UnreleasedPartitions => 2,
            MemberState::Unknown => 127,
        }
    }

    fn from_number(number: i8) -> Self {
        match number {
            0 => MemberState::Stable,
            1 => MemberState::UnrevokedPartitions,
            2 => MemberState::UnreleasedPartitions,
            _ => MemberState::Unknown,
        }
    }
}

/// Epoch of a member that has left.
pub(crate) const LEFT: i32 = -1;
/// Epoch of a static member that has left for a while.
pub(crate) const LEFT_FOR_A_WHILE: i32 = -2;

/// A member of a consumer group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConsumerMember {
    pub id: Arc<str>,
    /// What it said of itself.
    pub says: MemberValue,
    pub epoch: i32,
    pub previous_epoch: i32,
    pub state: MemberState,
    /// What it may read.
    pub assigned: EpochPartitions,
    /// What it must give back. Disjoint from `assigned`.
    pub revoking: EpochPartitions,
}

impl ConsumerMember {
    pub fn new(id: Arc<str>) -> Self {
        Self { id, says: MemberValue { rebalance_timeout: -1, ..MemberValue::default() }, ..Self::default() }
    }

    pub fn regex(&self) -> Option<&Arc<str>> {
        self.says.regex.as_ref().filter(|regex| !regex.is_empty())
    }

    pub fn classic(&self) -> Option<&ClassicMetadata> {
        self.says.classic.as_ref()
    }

    pub fn is_reconciled_to(&self, epoch: i32) -> bool {
        self.state == MemberState::Stable && self.epoch == epoch
    }

    /// Enters `epoch`, which may be the one that it has.
    pub fn enter_epoch(&mut self, epoch: i32) {
        self.previous_epoch = self.epoch;
        self.epoch = epoch;
    }

    /// Takes over what is stored of its assignment.
    pub fn set_current(&mut self, value: &CurrentValue) {
        self.epoch = value.epoch;
        self.previous_epoch = value.previous_epoch;
        self.state = MemberState::from_number(value.state);
        self.assigned = value.assigned.clone();
        self.revoking = value.revoking.clone();
    }

    pub fn current(&self) -> CurrentValue {
        CurrentValue {
            epoch: self.epoch,
            previous_epoch: self.previous_epoch,
            state: self.state.number(),
            assigned: self.assigned.clone(),
            revoking: self.revoking.clone(),
        }
    }

    pub fn member_record(&self, group: &Arc<str>) -> GroupRecord {
        let fact = Fact::Member(Arc::clone(&self.id), Some(self.says.clone()));
        GroupRecord { group: Arc::clone(group), fact }
    }

    pub fn current_record(&self, group: &Arc<str>) -> GroupRecord {
        let fact = Fact::Current(Arc::clone(&self.id), Some(self.current()));
        GroupRecord { group: Arc::clone(group), fact }
    }

    /// The epoch in which the member got a partition that it has or is about to give back.
    pub fn assignment_epoch(&self, topic: esker_model::TopicId, partition: i32) -> Option<i32> {
        let of = |partitions: &EpochPartitions| partitions.get(&topic)?.get(&partition).copied();
        of(&self.assigned).or_else(|| of(&self.revoking))
    }

    /// Memory that it takes, about.
    pub fn weight(&self) -> usize {
        let partitions = |of: &EpochPartitions| of.values().map(|numbers| 64 + 16 * numbers.len()).sum::<usize>();
        let names: usize = self.says.topics.iter().map(|topic| 48 + topic.len()).sum();
        let classic = self.classic().map_or(0, |classic| {
            classic.protocols.iter().map(|(name, data)| 64 + name.len() + data.len()).sum::<usize>()
        });
        let regex = self.says.regex.as_deref().map_or(0, str::len);
        512 + 3 * self.id.len() + names + classic + regex + partitions(&self.assigned) + partitions(&self.revoking)
    }
}

/// The same partitions without their epochs.
pub(crate) fn without_epochs(partitions: &EpochPartitions) -> Partitions {
    partitions.iter().map(|(topic, numbers)| (*topic, numbers.keys().copied().collect())).collect()
}

/// The same partitions, all in one epoch.
pub(crate) fn in_epoch(partitions: &Partitions, epoch: i32) -> EpochPartitions {
    let topic = |numbers: &std::collections::BTreeSet<i32>| -> BTreeMap<i32, i32> {
        numbers.iter().map(|number| (*number, epoch)).collect()
    };
    partitions.iter().map(|(id, numbers)| (*id, topic(numbers))).collect()
}
