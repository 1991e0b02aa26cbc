//! A member that speaks the classic protocol joins a consumer group. To the group it is a member like any other; its epoch is
//! the generation that it is told, and it takes a step towards its target each time it joins.

use crate::group::classic::ClassicGroup;
use crate::group::consumer::heartbeat::Consumer;
use crate::group::consumer::member::ConsumerMember;
use crate::group::consumer::regex::RegexStatus;
use crate::group::consumer::topics::identified;
use crate::group::embedded::{self, Subscription};
use crate::group::error::{GroupError, GroupFault};
use crate::group::migrate;
use crate::group::record::ClassicMetadata;
use crate::group::request::{JoinAnswer, JoinRequest};
use crate::group::timers::TimerKey;
use std::sync::Arc;

/// What came of a join.
#[derive(Debug)]
pub(crate) enum JoinOutcome {
    /// The member is told at once, and nothing is stored.
    Now(JoinAnswer),
    /// The member is told once the records are safe.
    Stored(JoinAnswer),
}

impl Consumer<'_> {
    pub fn join_classic(&mut self, request: &JoinRequest) -> Result<JoinOutcome, GroupError> {
        let migration = self.cx.settings.migration;
        if !migration.upgrade && !migration.downgrade {
            let text = format!(
                "Cannot join the consumer group {} with the classic protocol because the group migration is disabled.",
                self.group.id
            );
            return Err(GroupError::new(GroupFault::InconsistentGroupProtocol, text));
        }
        let unknown = request.member.is_empty();
        let id: Arc<str> = if unknown {
            esker_model::TopicId(self.cx.random.uuid()).to_string().into()
        } else {
            Arc::clone(&request.member)
        };
        self.check_size(&id)?;
        self.check_protocols(request, &id)?;
        if unknown && request.instance.is_none() && request.known_member_required {
            return Ok(JoinOutcome::Now(JoinAnswer::refused(&id, GroupFault::MemberIdRequired)));
        }
        let subscription = request.protocols.first().map(|(_, metadata)| embedded::read_subscription(metadata));
        let subscription = subscription.and_then(Result::ok).ok_or(GroupFault::InconsistentGroupProtocol)?;
        let member = match &request.instance {
            None => self.dynamic_member(&id, true)?,
            Some(instance) if unknown => self.joining_static_member(&id, instance, true)?,
            Some(instance) => self.known_static_member(&id, instance)?.clone(),
        };
        let updated = self.take_join(&member, request, &subscription)?;
        let key = self.member_key(TimerKey::ConsumerJoin, &id);
        self.timers.cancel(&key);
        let protocol = request.protocols.first().map(|(name, _)| Arc::clone(name));
        Ok(JoinOutcome::Stored(JoinAnswer {
            fault: None,
            generation: updated.epoch,
            protocol_type: Some(Arc::from(crate::group::classic::CONSUMER_TYPE)),
            protocol,
            // Nobody leads: the coordinator assigns.
            leader: Arc::from(""),
            skip_assignment: false,
            member: id,
            members: Vec::new(),
        }))
    }

    fn check_protocols(&self, request: &JoinRequest, id: &str) -> Result<(), GroupError> {
        let by_all = |name: &Arc<str>| {
            self.group.classic_protocols.get(name).copied().unwrap_or(0) == self.group.classic_members
        };
        let supported = &*request.protocol_type == crate::group::classic::CONSUMER_TYPE
            && request.protocols.iter().any(|(name, _)| by_all(name));
        if supported {
            return Ok(());
        }
        let text = format!("Member {id}'s protocols are not supported.");
        Err(GroupError::new(GroupFault::InconsistentGroupProtocol, text))
    }

    fn take_join(
        &mut self,
        member: &ConsumerMember,
        request: &JoinRequest,
        subscription: &Subscription,
    ) -> Result<ConsumerMember, GroupError> {
        let updated = with_join(member, request, subscription);
        let renamed = self.store_member(member, &updated);
        let regex = self.update_regexes(member, &updated, &request.client.topics)?;
        let bump = renamed || regex != RegexStatus::Unchanged;
        let to = self.advance_epoch(member, &updated, bump);
        let owned = identified(&subscription.owned, self.cx.image);
        let replaced = request.instance.as_ref().and_then(|instance| self.group.static_member(instance)).cloned();
        if let Some(replaced) = replaced.filter(|replaced| self.can_downgrade_replacing(replaced)) {
            let stale = self.group.target_epoch < to.epoch;
            let mut joined = updated;
            if !stale {
                let (epoch, target) = (self.group.target_epoch, self.group.target_of(&joined));
                joined = self.reconcile(joined, epoch, &target, bump, Some(&owned))?;
            }
            let classic = self.downgraded(&replaced, &joined)?;
            let tombstones = self.group.tombstones(|id| Arc::clone(if *id == replaced.id { &joined.id } else { id }));
            self.become_classic(classic, tombstones, stale);
            return Ok(joined);
        }
        let (epoch, target) = self.target_for(member, &updated, &to);
        let updated = self.reconcile(updated, epoch, &target, bump, Some(&owned))?;
        let session = self.member_key(TimerKey::ConsumerSession, &updated.id);
        self.timers.set(session, self.cx.after_ms(request.session_timeout));
        let sync = self.member_key(TimerKey::ConsumerSync, &updated.id);
        self.timers.set(sync, self.cx.after_ms(request.rebalance_timeout));
        Ok(updated)
    }

    /// Whether the group speaks the classic protocol again once this member is replaced by one that does.
    fn can_downgrade_replacing(&self, replaced: &ConsumerMember) -> bool {
        let settings = self.cx.settings;
        self.group.all_classic_but(replaced)
            && settings.migration.downgrade
            && self.group.members.len() <= settings.classic_size_max
    }

    fn downgraded(&self, replaced: &ConsumerMember, joined: &ConsumerMember) -> Result<ClassicGroup, GroupError> {
        migrate::to_classic(self.group, std::slice::from_ref(replaced), Some(joined), self.cx)
    }
}

fn with_join(member: &ConsumerMember, request: &JoinRequest, subscription: &Subscription) -> ConsumerMember {
    let mut updated = member.clone();
    let says = &mut updated.says;
    says.instance = request.instance.clone().or(says.instance.take());
    says.rack = subscription.rack.clone().or(says.rack.take());
    if request.rebalance_timeout != -1 {
        says.rebalance_timeout = request.rebalance_timeout;
    }
    says.topics = subscription.topics.iter().cloned().collect();
    says.regex = Some(Arc::from(""));
    says.client_id = Arc::clone(&request.client.id);
    says.client_host = Arc::clone(&request.client.host);
    says.classic =
        Some(ClassicMetadata { session_timeout: request.session_timeout, protocols: request.protocols.clone() });
    updated
}
