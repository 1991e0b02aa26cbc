//! Members of a consumer group leave, or are taken for gone.

use crate::group::classic::{Classic, ClassicGroup};
use crate::group::consumer::group::{ConsumerGroup, count_matched, count_wanted};
use crate::group::consumer::heartbeat::Consumer;
use crate::group::consumer::member::{ConsumerMember, LEFT_FOR_A_WHILE, MemberState};
use crate::group::consumer::topics::metadata_hash;
use crate::group::error::GroupError;
use crate::group::migrate;
use crate::group::record::{EpochPartitions, Fact, GroupRecord};
use crate::group::request::{ConsumerAnswer, ConsumerHeartbeat};
use crate::group::timers::TimerKey;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why a member is taken out of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fenced {
    Silent,
    KeptPartitions,
    DidNotJoin,
    DidNotSync,
}

impl Fenced {
    fn name(self) -> &'static str {
        match self {
            Fenced::Silent => "its session expired",
            Fenced::KeptPartitions => "it did not give partitions back in time",
            Fenced::DidNotJoin => "it did not join again in time",
            Fenced::DidNotSync => "it did not ask for its assignment in time",
        }
    }
}

impl Consumer<'_> {
    /// A member leaves, a static one perhaps only for a while.
    pub fn leave(&mut self, request: &ConsumerHeartbeat) -> Result<ConsumerAnswer, GroupError> {
        let answer = ConsumerAnswer {
            member: Arc::clone(&request.member),
            epoch: request.epoch,
            heartbeat_ms: 0,
            assignment: None,
        };
        let member = match &request.instance {
            None => self.dynamic_member(&request.member, false)?,
            Some(instance) => self.known_static_member(&request.member, instance)?.clone(),
        };
        if request.instance.is_some() && request.epoch == LEFT_FOR_A_WHILE {
            self.leave_for_a_while(member);
        } else {
            tracing::info!(group = %self.group.id, member = %member.id, "member leaves");
            self.remove_members(&[member])?;
        }
        Ok(answer)
    }

    /// The member keeps its place and what it is to have until its session ends; what it was to give back it has given.
    fn leave_for_a_while(&mut self, mut member: ConsumerMember) {
        member.epoch = LEFT_FOR_A_WHILE;
        member.revoking = EpochPartitions::new();
        for epoch in member.assigned.values_mut().flat_map(BTreeMap::values_mut) {
            *epoch = 0;
        }
        self.effects.records.push(member.current_record(&self.group.id));
    }

    /// A member had to give partitions back by now.
    pub fn revoke_expired(&mut self, id: &Arc<str>) {
        let keeps = |member: &ConsumerMember| member.state == MemberState::UnrevokedPartitions;
        if self.group.members.get(id).is_some_and(keeps) {
            self.fence(id, Fenced::KeptPartitions);
        }
    }

    /// A member is taken for gone.
    pub fn fence(&mut self, id: &Arc<str>, why: Fenced) {
        let Some(member) = self.group.members.get(id).cloned() else { return };
        tracing::info!(group = %self.group.id, member = %id, reason = why.name(), "member is fenced");
        if let Err(error) = self.remove_members(&[member]) {
            tracing::warn!(group = %self.group.id, member = %id, %error, "member cannot be fenced");
        }
    }

    /// Takes members out. Where only members are left that speak the classic protocol, the group speaks it again.
    pub(super) fn remove_members(&mut self, leaving: &[ConsumerMember]) -> Result<(), GroupError> {
        if self.can_downgrade(leaving) {
            return self.downgrade(leaving);
        }
        let mut wanted = self.group.wanted.clone();
        let mut counts: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        for member in leaving {
            self.remove_records(&member.id);
            count_wanted(&mut wanted, member, -1);
            if let Some(regex) = member.regex() {
                *counts.entry(Arc::clone(regex)).or_default() += 1;
            }
        }
        for (regex, count) in counts {
            if self.group.regex_members.get(&regex) == Some(&count) {
                if let Some(matched) = self.group.regexes.get(&regex) {
                    count_matched(&mut wanted, matched, -1);
                }
                self.record(Fact::Regex(regex, None));
            }
        }
        let epoch = self.group.epoch + 1;
        self.record(Fact::Epoch(Some((epoch, metadata_hash(&wanted, self.cx.image)))));
        leaving.iter().for_each(|member| self.forget_timers(&member.id));
        Ok(())
    }

    pub(super) fn forget_timers(&mut self, id: &Arc<str>) {
        let key = |kind: fn(Arc<str>, Arc<str>) -> TimerKey| self.member_key(kind, id);
        let keys = [
            key(TimerKey::ConsumerSession),
            key(TimerKey::ConsumerRevoke),
            key(TimerKey::ConsumerJoin),
            key(TimerKey::ConsumerSync),
        ];
        keys.iter().for_each(|key| self.timers.cancel(key));
    }

    fn can_downgrade(&self, leaving: &[ConsumerMember]) -> bool {
        let classic_leaving = leaving.iter().filter(|member| member.classic().is_some()).count();
        let left = self.group.members.len() - leaving.len();
        left > 0
            && self.group.classic_members - classic_leaving == left
            && self.cx.settings.migration.downgrade
            && left <= self.cx.settings.classic_size_max
    }

    fn downgrade(&mut self, leaving: &[ConsumerMember]) -> Result<(), GroupError> {
        let classic = migrate::to_classic(self.group, leaving, None, self.cx)?;
        let tombstones = self.group.tombstones(Arc::clone);
        self.become_classic(classic, tombstones, true);
        Ok(())
    }

    /// Has the group replaced by a classic one, which may have to rebalance at once.
    pub(super) fn become_classic(&mut self, mut classic: ClassicGroup, tombstones: Vec<GroupRecord>, rebalance: bool) {
        self.effects.records.extend(tombstones);
        self.effects.records.push(classic.record(None));
        let ids: Vec<Arc<str>> = classic.members.keys().cloned().collect();
        let mut action = Classic { group: &mut classic, timers: self.timers, cx: self.cx, effects: self.effects };
        ids.iter().for_each(|id| action.renew_session(id));
        if rebalance {
            action.prepare_rebalance("the group speaks the classic protocol again");
        }
        tracing::info!(group = %self.group.id, "group speaks the classic protocol again");
        self.effects.install = Some(Box::new(classic));
    }
}

impl ConsumerGroup {
    /// Whether all but this one speak the classic protocol.
    pub(super) fn all_classic_but(&self, member: &ConsumerMember) -> bool {
        member.classic().is_none() && self.classic_members + 1 == self.members.len()
    }
}
