//! One step of a member towards its target.

use crate::group::consumer::group::ConsumerGroup;
use crate::group::consumer::member::{ConsumerMember, MemberState};
use crate::group::error::{GroupError, GroupFault};
use crate::group::record::{EpochPartitions, Partitions};
use esker_model::TopicId;
use std::collections::BTreeSet;

/// What a member is reconciled with.
pub(super) struct Reconciliation<'a> {
    pub group: &'a ConsumerGroup,
    /// Epoch of the target.
    pub target_epoch: i32,
    pub target: &'a Partitions,
    /// Topics that the member wants and that are there.
    pub subscribed: &'a BTreeSet<TopicId>,
    /// Whether what it wants has changed since its target was computed.
    pub resubscribed: bool,
    /// What it says that it has; `None` where it did not say.
    pub owned: Option<&'a Partitions>,
}

impl Reconciliation<'_> {
    /// The member after the step; the same where there is none to take.
    pub fn step(&self, member: &ConsumerMember) -> Result<ConsumerMember, GroupError> {
        if !self.resubscribed && member.is_reconciled_to(self.target_epoch) {
            return Ok(member.clone());
        }
        Ok(match member.state {
            MemberState::Stable if member.epoch != self.target_epoch => self.next(member, member.epoch),
            MemberState::Stable if self.resubscribed => self.drop_unwanted(member),
            MemberState::Stable => member.clone(),
            MemberState::UnrevokedPartitions if self.holds(&member.revoking) => {
                if self.resubscribed {
                    self.drop_unwanted(member)
                } else {
                    member.clone()
                }
            }
            MemberState::UnrevokedPartitions | MemberState::UnreleasedPartitions => self.next(member, member.epoch),
            MemberState::Unknown if self.owned.is_some_and(|owned| owned.is_empty()) => {
                self.next(member, self.target_epoch)
            }
            MemberState::Unknown => {
                return Err(GroupError::new(
                    GroupFault::FencedMemberEpoch,
                    "The consumer group member is in a unknown state. The member must abandon all its partitions and \
                     rejoin.",
                ));
            }
        })
    }

    /// Whether the member still has any of these; one that does not say is taken to have them.
    fn holds(&self, partitions: &EpochPartitions) -> bool {
        let Some(owned) = self.owned else { return true };
        partitions.iter().any(|(topic, numbers)| {
            owned.get(topic).is_some_and(|owned| numbers.keys().any(|partition| owned.contains(partition)))
        })
    }

    /// Takes away what the member does not want any more, before there is a target for what it wants now.
    fn drop_unwanted(&self, member: &ConsumerMember) -> ConsumerMember {
        let (kept, dropped): (EpochPartitions, EpochPartitions) =
            member.assigned.clone().into_iter().partition(|(topic, _)| self.subscribed.contains(topic));
        if dropped.is_empty() {
            return member.clone();
        }
        let mut updated = member.clone();
        updated.enter_epoch(member.epoch);
        updated.assigned = kept;
        let mut revoking = member.revoking.clone();
        for (topic, numbers) in dropped {
            revoking.entry(topic).or_default().extend(numbers);
        }
        if self.holds(&revoking) {
            updated.state = MemberState::UnrevokedPartitions;
            updated.revoking = revoking;
        }
        updated
    }

    /// Moves the member towards its target: first it gives back, then it gets what is free.
    fn next(&self, member: &ConsumerMember, epoch: i32) -> ConsumerMember {
        let (mut assigned, mut revoking) = (EpochPartitions::new(), EpochPartitions::new());
        for (topic, numbers) in &member.assigned {
            for (partition, since) in numbers {
                let keep = self.wants(*topic, *partition);
                let into = if keep { &mut assigned } else { &mut revoking };
                into.entry(*topic).or_default().insert(*partition, *since);
            }
        }
        let mut updated = member.clone();
        if !revoking.is_empty() && self.holds(&revoking) {
            updated.state = MemberState::UnrevokedPartitions;
            updated.enter_epoch(epoch);
            (updated.assigned, updated.revoking) = (assigned, revoking);
            return updated;
        }
        let waits = self.take_free(member, &mut assigned);
        updated.state = if waits { MemberState::UnreleasedPartitions } else { MemberState::Stable };
        updated.enter_epoch(self.target_epoch);
        (updated.assigned, updated.revoking) = (assigned, EpochPartitions::new());
        updated
    }

    fn wants(&self, topic: TopicId, partition: i32) -> bool {
        self.subscribed.contains(&topic) && self.target.get(&topic).is_some_and(|numbers| numbers.contains(&partition))
    }

    /// Gives the member those of its target's partitions that nobody has; says whether others are still taken.
    fn take_free(&self, member: &ConsumerMember, assigned: &mut EpochPartitions) -> bool {
        let mut waits = false;
        for (topic, numbers) in self.target.iter().filter(|(topic, _)| self.subscribed.contains(topic)) {
            for partition in numbers {
                if assigned.get(topic).is_some_and(|numbers| numbers.contains_key(partition)) {
                    continue;
                }
                let own = member.revoking.get(topic).is_some_and(|numbers| numbers.contains_key(partition));
                if self.group.owner_epoch(*topic, *partition).is_some() && !own {
                    waits = true;
                } else {
                    assigned.entry(*topic).or_default().insert(*partition, self.target_epoch);
                }
            }
        }
        waits
    }
}
