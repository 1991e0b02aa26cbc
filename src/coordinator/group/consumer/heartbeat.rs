//! A consumer's heartbeat: what it says is taken over, the target follows, and the member moves a step towards it.

use crate::group::consumer::group::{ConsumerGroup, count_matched, count_wanted, decrement};
use crate::group::consumer::member::ConsumerMember;
use crate::group::consumer::reconcile::Reconciliation;
use crate::group::consumer::target::{Prospect, all_want_the_same};
use crate::group::consumer::topics::{metadata_hash, subscribed};
use crate::group::consumer::{MemberState, regex::RegexStatus};
use crate::group::cx::Cx;
use crate::group::effects::Effects;
use crate::group::error::{GroupError, GroupFault};
use crate::group::record::{Fact, GroupRecord, Partitions};
use crate::group::request::{ConsumerAnswer, ConsumerHeartbeat};
use crate::group::timers::{TimerKey, Timers};
use esker_model::TopicId;
use std::sync::Arc;

/// A consumer group in the hands of a decision. Its hard state changes only by the records that come of it.
pub(crate) struct Consumer<'a> {
    pub group: &'a mut ConsumerGroup,
    pub timers: &'a mut Timers,
    pub cx: &'a Cx<'a>,
    pub effects: &'a mut Effects,
}

impl Consumer<'_> {
    /// A member joins, or says that it is alive.
    pub fn heartbeat(&mut self, request: &ConsumerHeartbeat) -> Result<ConsumerAnswer, GroupError> {
        self.check_size(&request.member)?;
        let id = if request.member.is_empty() {
            Arc::from(TopicId(self.cx.random.uuid()).to_string())
        } else {
            Arc::clone(&request.member)
        };
        let member = self.member_for(request, &id)?;
        let mut updated = member.clone();
        take_over(&mut updated, request);
        let renamed = self.store_member(&member, &updated);
        let regex = self.update_regexes(&member, &updated, &request.client.topics)?;
        let bump = renamed || regex == RegexStatus::Resolved;
        let to = self.advance_epoch(&member, &updated, bump);
        let (target_epoch, target) = self.target_for(&member, &updated, &to);
        let resubscribed = renamed || regex != RegexStatus::Unchanged;
        let updated = self.reconcile(updated, target_epoch, &target, resubscribed, request.owned.as_ref())?;
        let times = self.cx.times(&self.group.id);
        let session = self.member_key(TimerKey::ConsumerSession, &id);
        self.timers.set(session, self.cx.now + times.session);
        let full = request.rebalance_timeout != -1
            && (request.topics.is_some() || request.regex.is_some())
            && request.owned.is_some();
        let tell = request.epoch == 0 || full || member.assigned != updated.assigned;
        Ok(ConsumerAnswer {
            member: id,
            epoch: updated.epoch,
            heartbeat_ms: times.heartbeat_ms,
            assignment: tell.then(|| super::member::without_epochs(&updated.assigned)),
        })
    }

    pub(super) fn member_key(&self, kind: fn(Arc<str>, Arc<str>) -> TimerKey, member: &Arc<str>) -> TimerKey {
        kind(Arc::clone(&self.group.id), Arc::clone(member))
    }

    pub(super) fn record(&mut self, fact: Fact) {
        self.effects.records.push(GroupRecord { group: Arc::clone(&self.group.id), fact });
    }

    pub(super) fn check_size(&self, member: &str) -> Result<(), GroupError> {
        let max = self.cx.settings.consumer_size_max;
        if self.group.members.len() < max || self.group.members.contains_key(member) {
            return Ok(());
        }
        let text = format!("The consumer group has reached its maximum capacity of {max} members.");
        Err(GroupError::new(GroupFault::GroupMaxSizeReached, text))
    }

    /// Stores what a member says where it is new; true where it wants other topics by name.
    pub(super) fn store_member(&mut self, old: &ConsumerMember, updated: &ConsumerMember) -> bool {
        let known = self.group.members.contains_key(&updated.id) || self.replaces(updated).is_some();
        if !known || old.says != updated.says {
            self.effects.records.push(updated.member_record(&self.group.id));
        }
        old.says.topics != updated.says.topics
    }

    /// Raises the group's epoch where its members want something else or the topics have changed.
    pub(super) fn advance_epoch(&mut self, old: &ConsumerMember, updated: &ConsumerMember, bump: bool) -> Prospect {
        let image = self.cx.image;
        let group = &*self.group;
        let looked = group.looked_at == image.offset() && group.epoch >= group.looked_epoch;
        if !bump && looked {
            let same = all_want_the_same(&group.wanted, &group.regex_members, group.members.len());
            return Prospect { epoch: group.epoch, same };
        }
        let mut wanted = group.wanted.clone();
        let mut regexes = group.regex_members.clone();
        count_wanted(&mut wanted, old, -1);
        if let Some(regex) = old.regex() {
            decrement(&mut regexes, regex);
            if !regexes.contains_key(regex)
                && updated.regex() != Some(regex)
                && let Some(matched) = group.regexes.get(regex)
            {
                count_matched(&mut wanted, matched, -1);
            }
        }
        count_wanted(&mut wanted, updated, 1);
        if let Some(regex) = updated.regex() {
            *regexes.entry(Arc::clone(regex)).or_default() += 1;
        }
        let known = group.members.contains_key(&updated.id) || self.replaces(updated).is_some();
        let members = group.members.len() + usize::from(!known);
        let hash = metadata_hash(&wanted, image);
        let mut epoch = group.epoch;
        if bump || hash != group.metadata_hash {
            epoch += 1;
            self.record(Fact::Epoch(Some((epoch, hash))));
        }
        (self.group.looked_at, self.group.looked_epoch) = (image.offset(), epoch);
        Prospect { epoch, same: all_want_the_same(&wanted, &regexes, members) }
    }

    /// The id under which a static member is known, where that is another than its present one.
    pub(super) fn replaces(&self, member: &ConsumerMember) -> Option<&Arc<str>> {
        let known = self.group.static_members.get(member.says.instance.as_ref()?)?;
        (*known != member.id).then_some(known)
    }

    /// Moves a member a step towards its target, and stores that.
    pub(super) fn reconcile(
        &mut self,
        member: ConsumerMember,
        target_epoch: i32,
        target: &Partitions,
        resubscribed: bool,
        owned: Option<&Partitions>,
    ) -> Result<ConsumerMember, GroupError> {
        let wanted = subscribed(self.group, &member, self.cx.image);
        let reconciliation =
            Reconciliation { group: self.group, target_epoch, target, subscribed: &wanted, resubscribed, owned };
        let updated = reconciliation.step(&member)?;
        if updated == member {
            return Ok(member);
        }
        self.effects.records.push(updated.current_record(&self.group.id));
        if updated.classic().is_none() {
            let key = self.member_key(TimerKey::ConsumerRevoke, &updated.id);
            match updated.state {
                MemberState::UnrevokedPartitions => {
                    self.timers.set(key, self.cx.after_ms(updated.says.rebalance_timeout));
                }
                _ => self.timers.cancel(&key),
            }
        }
        Ok(updated)
    }
}

/// Takes over what a heartbeat says of its member; what it leaves out stays.
fn take_over(member: &mut ConsumerMember, request: &ConsumerHeartbeat) {
    let says = &mut member.says;
    says.instance = request.instance.clone().or(says.instance.take());
    says.rack = request.rack.clone().or(says.rack.take());
    if request.rebalance_timeout != -1 {
        says.rebalance_timeout = request.rebalance_timeout;
    }
    says.assignor = request.assignor.clone().or(says.assignor.take());
    if let Some(topics) = &request.topics {
        says.topics = topics.iter().cloned().collect();
    }
    says.regex = request.regex.clone().or(says.regex.take());
    says.client_id = Arc::clone(&request.client.id);
    says.client_host = Arc::clone(&request.client.host);
    says.classic = None;
}
