//! The target of a group: what each member is to have in the end.

use crate::group::consumer::assignor::{AssignorKind, MemberSpec, Spec, assign};
use crate::group::consumer::group::{ConsumerGroup, WantedTopics, decrement};
use crate::group::consumer::heartbeat::Consumer;
use crate::group::consumer::member::ConsumerMember;
use crate::group::consumer::topics::subscribed;
use crate::group::record::{Fact, GroupRecord, Partitions};
use esker_model::TopicId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A group as it is about to be.
pub(super) struct Prospect {
    pub epoch: i32,
    /// Whether all members want the same topics.
    pub same: bool,
}

impl Consumer<'_> {
    /// The target of `updated`, and its epoch. Computes a new one for the whole group where the group's epoch has moved and
    /// the last one is old enough.
    pub(super) fn target_for(
        &mut self,
        old: &ConsumerMember,
        updated: &ConsumerMember,
        to: &Prospect,
    ) -> (i32, Partitions) {
        let group = &*self.group;
        if group.target_epoch >= to.epoch || !self.is_target_due() {
            return (group.target_epoch, group.target_of(updated));
        }
        let kind = preferred_assignor(group, old, updated, &self.cx.settings.assignors);
        let partitions = |topic: TopicId| self.cx.image.topic(topic).map_or(0, |topic| topic.partition_count());
        let spec = Spec { members: self.member_specs(updated), same: to.same, partitions: &partitions };
        let assigned = assign(kind, &spec);
        let (id, members) = (&group.id, spec.members.len());
        tracing::debug!(group = %id, epoch = to.epoch, assignor = kind.name(), members, "target computed");
        let mut own = Partitions::new();
        for member in spec.members.keys() {
            let target = assigned.get(member).cloned().unwrap_or_default();
            if *member == updated.id {
                own = target.clone();
            }
            if group.target.get(member) != Some(&target) {
                let fact = Fact::Target(Arc::clone(member), Some(target));
                self.effects.records.push(GroupRecord { group: Arc::clone(id), fact });
            }
        }
        let fact = Fact::TargetEpoch(Some((to.epoch, self.cx.wall_ms)));
        self.effects.records.push(GroupRecord { group: Arc::clone(id), fact });
        (to.epoch, own)
    }

    /// Whether the last target is old enough to be replaced. One from the future, left by a clock that was wrong, is.
    fn is_target_due(&self) -> bool {
        let interval = self.cx.times(&self.group.id).assignment_interval.as_millis() as i64;
        let age = self.cx.wall_ms.saturating_sub(self.group.target_computed_at);
        age >= interval || age < 0
    }

    /// The members as they are about to be. A static member that comes back is in the place of the one that it was.
    fn member_specs(&self, updated: &ConsumerMember) -> BTreeMap<Arc<str>, MemberSpec> {
        let replaced = updated.says.instance.as_ref().and_then(|instance| self.group.static_members.get(instance));
        let others =
            self.group.members.values().filter(|member| member.id != updated.id && Some(&member.id) != replaced);
        let mut last: Option<(&ConsumerMember, Arc<BTreeSet<TopicId>>)> = None;
        let mut specs = BTreeMap::new();
        for member in others.chain([updated]) {
            // Neighbours mostly want the same.
            let wanted = match &last {
                Some((before, wanted))
                    if before.says.topics == member.says.topics && before.regex() == member.regex() =>
                {
                    Arc::clone(wanted)
                }
                _ => Arc::new(subscribed(self.group, member, self.cx.image)),
            };
            last = Some((member, Arc::clone(&wanted)));
            let assigned = self.group.target_of(member);
            let spec = MemberSpec { instance: member.says.instance.clone(), subscribed: wanted, assigned };
            specs.insert(Arc::clone(&member.id), spec);
        }
        specs
    }
}

/// The assignor that most members prefer; the default where none does.
fn preferred_assignor(
    group: &ConsumerGroup,
    old: &ConsumerMember,
    new: &ConsumerMember,
    known: &[AssignorKind],
) -> AssignorKind {
    let mut counts = group.assignors.clone();
    if let (Some(assignor), true) = (&old.says.assignor, group.members.contains_key(&old.id)) {
        decrement(&mut counts, assignor);
    }
    if let Some(assignor) = &new.says.assignor {
        *counts.entry(Arc::clone(assignor)).or_default() += 1;
    }
    let default = known.first().copied().unwrap_or(AssignorKind::Uniform);
    let most = counts.into_iter().max_by_key(|(_, count)| *count).and_then(|(name, _)| AssignorKind::named(&name));
    most.filter(|kind| known.contains(kind)).unwrap_or(default)
}

/// Whether all members want the same topics, out of how often each is wanted.
pub(super) fn all_want_the_same(wanted: &WantedTopics, regexes: &BTreeMap<Arc<str>, usize>, members: usize) -> bool {
    match regexes.values().next() {
        None => wanted.values().all(|wanted| wanted.by_name == members && wanted.by_regex == 0),
        Some(count) if *count == members => wanted.values().all(|wanted| wanted.by_regex == 1 && wanted.by_name == 0),
        Some(_) => false,
    }
}
