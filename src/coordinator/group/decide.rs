//! From a request about one group to the decision: which kind of group it meets, and whether it makes or changes one.

use crate::group::classic::{Classic, ClassicGroup, ClassicMember};
use crate::group::consumer::{Consumer, ConsumerGroup, ConsumerMember, Fenced, JoinOutcome, MemberState};
use crate::group::cx::Cx;
use crate::group::effects::{After, Effects, Reply, Ticket};
use crate::group::error::{GroupError, GroupFault};
use crate::group::migrate;
use crate::group::record::{Fact, GroupRecord};
use crate::group::request::{
    ConsumerAnswer, ConsumerHeartbeat, HeartbeatRequest, JoinAnswer, JoinRequest, LeaveRequest, LeftMember, SyncRequest,
};
use crate::group::shard::{Group, GroupShard, Kind};
use crate::group::timers::{TimerKey, Timers};
use std::sync::Arc;

impl GroupShard {
    /// A member joins in the classic protocol; `ticket` is answered now or later.
    pub(crate) fn join(&mut self, request: &JoinRequest, ticket: Ticket, cx: &Cx<'_>, effects: &mut Effects) {
        let refuse = |effects: &mut Effects, fault| {
            effects.reply(ticket, Reply::Join(JoinAnswer::refused(&request.member, fault)));
        };
        let brings = request.protocols.iter().map(|(name, data)| name.len() + data.len()).sum();
        let (room, may_grow) = (self.has_room_for(brings), self.may_grow(brings));
        let timers = &mut self.timers;
        match self.groups.get_mut(&request.group).map(|group| &mut group.kind) {
            Some(Kind::Classic(group)) => {
                let fits = |known: &ClassicMember| may_grow || brings <= known.weight();
                if !room && !group.members.get(&request.member).is_some_and(fits) {
                    return refuse(effects, GroupFault::GroupMaxSizeReached);
                }
                Classic { group, timers, cx, effects }.join(request, ticket);
                self.settle(&request.group);
            }
            Some(Kind::Consumer(group)) if !group.members.is_empty() => {
                let fits = |known: &ConsumerMember| may_grow || brings <= known.weight();
                if !room && !group.members.get(&request.member).is_some_and(fits) {
                    return refuse(effects, GroupFault::GroupMaxSizeReached);
                }
                let outcome = Consumer { group, timers, cx, effects }.join_classic(request);
                match outcome {
                    Ok(JoinOutcome::Now(answer)) => effects.reply(ticket, Reply::Join(answer)),
                    Ok(JoinOutcome::Stored(answer)) => effects.after.push(After::Answer(ticket, Reply::Join(answer))),
                    Err(error) => {
                        effects.records.clear();
                        refuse(effects, error.fault);
                    }
                }
            }
            // A member with an id had it from a group that is gone.
            _ if !request.member.is_empty() => refuse(effects, GroupFault::UnknownMemberId),
            _ if !room => {
                timers.make_room(cx.now);
                refuse(effects, GroupFault::GroupMaxSizeReached);
            }
            _ => self.join_new_group(request, ticket, cx, effects),
        }
    }

    /// The first member of a group that is new, or was a consumer group and has no members any more.
    fn join_new_group(&mut self, request: &JoinRequest, ticket: Ticket, cx: &Cx<'_>, effects: &mut Effects) {
        let mut group = ClassicGroup::new(Arc::clone(&request.group), cx.wall_ms);
        let first = group.first_record();
        Classic { group: &mut group, timers: &mut self.timers, cx, effects }.join(request, ticket);
        if let Some(Kind::Consumer(before)) = self.groups.get(&request.group).map(|group| &group.kind) {
            effects.records.extend(before.tombstones(Arc::clone));
        }
        effects.records.push(first);
        effects.install = Some(Box::new(group));
        // What is answered already is answered once the group is there to come back to.
        for (ticket, reply) in std::mem::take(&mut effects.replies) {
            effects.after.push(After::Answer(ticket, reply));
        }
        effects.after.push(After::NewGroup(ticket));
    }

    /// A member asks for its assignment in the classic protocol; `ticket` is answered now or later.
    pub(crate) fn sync(&mut self, request: &SyncRequest, ticket: Ticket, cx: &Cx<'_>, effects: &mut Effects) {
        let brings = request.assignments.iter().map(|(member, data)| member.len() + data.len()).sum();
        if !self.may_grow(brings) {
            return effects.reply(ticket, Reply::Sync(GroupFault::GroupMaxSizeReached.into()));
        }
        let timers = &mut self.timers;
        match self.groups.get_mut(&request.group).map(|group| &mut group.kind) {
            Some(Kind::Classic(group)) if !group.is_empty() => {
                Classic { group, timers, cx, effects }.sync(request, ticket);
                self.settle(&request.group);
            }
            Some(Kind::Consumer(group)) if !group.members.is_empty() => {
                let answer = Consumer { group, timers, cx, effects }.sync_classic(request);
                let answer = answer.unwrap_or_else(|error| error.fault.into());
                effects.reply(ticket, Reply::Sync(answer));
            }
            _ => effects.reply(ticket, Reply::Sync(GroupFault::UnknownMemberId.into())),
        }
    }

    /// A member says that it is alive in the classic protocol.
    pub(crate) fn heartbeat(
        &mut self,
        request: &HeartbeatRequest,
        cx: &Cx<'_>,
        effects: &mut Effects,
    ) -> Result<(), GroupError> {
        let timers = &mut self.timers;
        match self.groups.get_mut(&request.group).map(|group| &mut group.kind) {
            Some(Kind::Classic(group)) => Ok(Classic { group, timers, cx, effects }.heartbeat(request)?),
            Some(Kind::Consumer(group)) => Consumer { group, timers, cx, effects }.heartbeat_classic(request),
            _ => Err(GroupFault::UnknownMemberId.into()),
        }
    }

    /// Members leave in the classic protocol.
    pub(crate) fn leave(
        &mut self,
        request: &LeaveRequest,
        cx: &Cx<'_>,
        effects: &mut Effects,
    ) -> Result<Vec<LeftMember>, GroupError> {
        let timers = &mut self.timers;
        let left = match self.groups.get_mut(&request.group).map(|group| &mut group.kind) {
            Some(Kind::Classic(group)) => Classic { group, timers, cx, effects }.leave(&request.members),
            Some(Kind::Consumer(group)) => Consumer { group, timers, cx, effects }.leave_classic(&request.members)?,
            _ => return Err(GroupFault::UnknownMemberId.into()),
        };
        self.settle(&request.group);
        Ok(left)
    }

    /// A member of a consumer group joins, is alive, or leaves.
    pub(crate) fn consumer_heartbeat(
        &mut self,
        request: &ConsumerHeartbeat,
        cx: &Cx<'_>,
        effects: &mut Effects,
    ) -> Result<ConsumerAnswer, GroupError> {
        if request.epoch < 0 {
            return self.consumer_leave(request, cx, effects);
        }
        let joins = request.epoch == 0;
        let id = &request.group;
        let names: usize = request.topics.iter().flatten().map(|topic| topic.len()).sum();
        let brings = names + request.regex.as_ref().map_or(0, |regex| regex.len());
        let (room, may_grow) = (self.has_room_for(brings), self.may_grow(brings));
        let timers = &mut self.timers;
        match self.groups.get_mut(id).map(|group| &mut group.kind) {
            Some(Kind::Consumer(group)) => {
                let known = group.members.get(&request.member);
                let fits = may_grow || known.is_some_and(|known| brings <= known.weight());
                if !fits || (joins && !room && known.is_none()) {
                    return Err(self.no_room());
                }
                Consumer { group, timers, cx, effects }.heartbeat(request)
            }
            None if !joins => {
                let text = format!("Consumer group {id} not found.");
                Err(GroupError::new(GroupFault::GroupIdNotFound, text))
            }
            Some(_) if !joins => Err(not_a_consumer_group(id)),
            _ if !room => {
                timers.make_room(cx.now);
                Err(self.no_room())
            }
            Some(Kind::Classic(classic)) if !classic.is_empty() => {
                migrate::check_upgrade(classic, cx)?;
                let group = migrate::to_consumer(classic, cx)?;
                effects.records.extend(classic_tombstone(id));
                effects.records.extend(group.records());
                start_sessions(&group, timers, cx);
                tracing::info!(group = %id, "group speaks the consumer protocol from now on");
                first_heartbeat(group, request, timers, cx, effects)
            }
            Some(Kind::Simple | Kind::Classic(_)) => {
                effects.records.extend(classic_tombstone(id));
                first_heartbeat(ConsumerGroup::new(Arc::clone(id)), request, timers, cx, effects)
            }
            None => first_heartbeat(ConsumerGroup::new(Arc::clone(id)), request, timers, cx, effects),
        }
    }

    fn consumer_leave(
        &mut self,
        request: &ConsumerHeartbeat,
        cx: &Cx<'_>,
        effects: &mut Effects,
    ) -> Result<ConsumerAnswer, GroupError> {
        let timers = &mut self.timers;
        match self.groups.get_mut(&request.group).map(|group| &mut group.kind) {
            Some(Kind::Consumer(group)) => Consumer { group, timers, cx, effects }.leave(request),
            Some(_) => Err(not_a_consumer_group(&request.group)),
            None => Err(self.unknown_group(&request.group)),
        }
    }

    /// Decides what follows from a deadline that has passed.
    pub(crate) fn on_timer(&mut self, key: TimerKey, cx: &Cx<'_>, effects: &mut Effects) {
        let timers = &mut self.timers;
        let id = match &key {
            TimerKey::ClassicSession(id, _)
            | TimerKey::ClassicJoin(id)
            | TimerKey::ClassicSync(id)
            | TimerKey::ConsumerSession(id, _)
            | TimerKey::ConsumerRevoke(id, _)
            | TimerKey::ConsumerJoin(id, _)
            | TimerKey::ConsumerSync(id, _) => Arc::clone(id),
            TimerKey::Expiry => return,
        };
        match self.groups.get_mut(&id).map(|group| &mut group.kind) {
            Some(Kind::Classic(group)) => {
                let mut action = Classic { group, timers, cx, effects };
                match &key {
                    TimerKey::ClassicSession(_, member) => action.session_expired(member),
                    TimerKey::ClassicJoin(_) => action.join_expired(),
                    TimerKey::ClassicSync(_) => action.sync_expired(),
                    _ => {}
                }
            }
            Some(Kind::Consumer(group)) => {
                let mut action = Consumer { group, timers, cx, effects };
                match &key {
                    TimerKey::ConsumerSession(_, member) => action.fence(member, Fenced::Silent),
                    TimerKey::ConsumerRevoke(_, member) => action.revoke_expired(member),
                    TimerKey::ConsumerJoin(_, member) => action.fence(member, Fenced::DidNotJoin),
                    TimerKey::ConsumerSync(_, member) => action.fence(member, Fenced::DidNotSync),
                    _ => {}
                }
            }
            Some(Kind::Simple) | None => {}
        }
        self.settle(&id);
    }

    /// Starts the clocks of everything that was loaded.
    pub(crate) fn start_clocks(&mut self, cx: &Cx<'_>, effects: &mut Effects) {
        let ids: Vec<Arc<str>> = self.groups.keys().cloned().collect();
        for id in ids {
            let timers = &mut self.timers;
            match self.groups.get_mut(&id).map(|group| &mut group.kind) {
                Some(Kind::Classic(group)) => {
                    let members: Vec<Arc<str>> = group.members.keys().cloned().collect();
                    let oversized = members.len() > cx.settings.classic_size_max;
                    let mut action = Classic { group, timers, cx, effects };
                    members.iter().for_each(|member| action.renew_session(member));
                    if oversized {
                        action.prepare_rebalance("the group is larger than it may be");
                    }
                }
                Some(Kind::Consumer(group)) => start_sessions(group, timers, cx),
                Some(Kind::Simple) | None => {}
            }
        }
        self.timers.set(TimerKey::Expiry, cx.now + cx.settings.expiry_interval);
    }

    pub(crate) fn classic(&mut self, id: &str) -> Option<(&mut ClassicGroup, &mut Timers)> {
        match self.groups.get_mut(id).map(|group: &mut Group| &mut group.kind) {
            Some(Kind::Classic(group)) => Some((group, &mut self.timers)),
            _ => None,
        }
    }
}

fn first_heartbeat(
    mut group: ConsumerGroup,
    request: &ConsumerHeartbeat,
    timers: &mut Timers,
    cx: &Cx<'_>,
    effects: &mut Effects,
) -> Result<ConsumerAnswer, GroupError> {
    Consumer { group: &mut group, timers, cx, effects }.heartbeat(request)
}

fn start_sessions(group: &ConsumerGroup, timers: &mut Timers, cx: &Cx<'_>) {
    let session = cx.times(&group.id).session;
    for member in group.members.values() {
        let key = TimerKey::ConsumerSession(Arc::clone(&group.id), Arc::clone(&member.id));
        let at = match member.classic() {
            Some(classic) => cx.after_ms(classic.session_timeout),
            None => cx.now + session,
        };
        timers.set(key, at);
        if member.state == MemberState::UnrevokedPartitions {
            let key = TimerKey::ConsumerRevoke(Arc::clone(&group.id), Arc::clone(&member.id));
            timers.set(key, cx.after_ms(member.says.rebalance_timeout));
        }
    }
}

fn classic_tombstone(id: &Arc<str>) -> Option<GroupRecord> {
    let fact = Fact::Classic(None);
    Some(GroupRecord { group: Arc::clone(id), fact })
}

fn not_a_consumer_group(id: &str) -> GroupError {
    GroupError::new(GroupFault::GroupIdNotFound, format!("Group {id} is not a consumer group."))
}
