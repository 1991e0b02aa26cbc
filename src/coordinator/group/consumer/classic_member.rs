//! Members of a consumer group that speak the classic protocol ask for their assignments, say that they are alive, and leave.

use crate::group::classic::CONSUMER_TYPE;
use crate::group::consumer::heartbeat::Consumer;
use crate::group::consumer::member::{ConsumerMember, MemberState, without_epochs};
use crate::group::consumer::subscribe::check_fenced;
use crate::group::consumer::topics::named;
use crate::group::embedded;
use crate::group::error::{GroupError, GroupFault};
use crate::group::request::{HeartbeatRequest, LeavingMember, LeftMember, SyncAnswer, SyncRequest};
use crate::group::timers::TimerKey;
use std::sync::Arc;

impl Consumer<'_> {
    /// A classic member asks for its assignment.
    pub fn sync_classic(&mut self, request: &SyncRequest) -> Result<SyncAnswer, GroupError> {
        let member = self.classic_member(&request.member, request.instance.as_deref(), request.generation)?.clone();
        let (own, metadata) = member
            .classic()
            .and_then(|classic| classic.protocols.first().cloned())
            .ok_or(GroupFault::InconsistentGroupProtocol)?;
        check_protocol(&member, request, &own)?;
        if self.group.target_epoch > member.epoch && member.state != MemberState::UnrevokedPartitions {
            self.expect_join(&member);
            let text = format!(
                "A new rebalance is triggered in group {} and member {} should rejoin to catch up.",
                self.group.id, member.id
            );
            return Err(GroupError::new(GroupFault::RebalanceInProgress, text));
        }
        let key = self.member_key(TimerKey::ConsumerSync, &member.id);
        self.timers.cancel(&key);
        self.renew_classic_session(&member);
        let version = embedded::read_version(&metadata).map_err(|_| GroupFault::UnknownServerError)?;
        Ok(SyncAnswer {
            fault: None,
            protocol_type: request.protocol_type.clone(),
            protocol: request.protocol.clone(),
            assignment: embedded::write_assignment(version, &named(&without_epochs(&member.assigned), self.cx.image)),
        })
    }

    /// A classic member says that it is alive, and is told whether it can come closer to its target by joining again.
    pub fn heartbeat_classic(&mut self, request: &HeartbeatRequest) -> Result<(), GroupError> {
        let member = self.classic_member(&request.member, request.instance.as_deref(), request.generation)?.clone();
        self.renew_classic_session(&member);
        let released = member.state == MemberState::UnreleasedPartitions && !self.group.waits_for_others(&member);
        let behind = member.epoch < self.group.epoch || member.state == MemberState::UnrevokedPartitions;
        if behind || released {
            self.expect_join(&member);
            return Err(GroupFault::RebalanceInProgress.into());
        }
        Ok(())
    }

    fn renew_classic_session(&mut self, member: &ConsumerMember) {
        let timeout = member.classic().map_or(0, |classic| classic.session_timeout);
        let key = self.member_key(TimerKey::ConsumerSession, &member.id);
        self.timers.set(key, self.cx.after_ms(timeout));
    }

    fn expect_join(&mut self, member: &ConsumerMember) {
        let key = self.member_key(TimerKey::ConsumerJoin, &member.id);
        self.timers.set_if_absent(key, self.cx.after_ms(member.says.rebalance_timeout));
    }

    fn classic_member(&self, id: &str, instance: Option<&str>, generation: i32) -> Result<&ConsumerMember, GroupError> {
        let member = match instance {
            None => self.group.members.get(id).ok_or_else(|| self.unknown_member(id))?,
            Some(instance) => {
                let member = self.group.static_member(instance).ok_or_else(|| {
                    let text =
                        format!("Member with instance id {instance} is not a member of group {}.", self.group.id);
                    GroupError::new(GroupFault::UnknownMemberId, text)
                })?;
                check_fenced(member, id, instance)?;
                member
            }
        };
        check_classic(member)?;
        if member.epoch == generation {
            return Ok(member);
        }
        let text = format!(
            "The request generation id {generation} is not equal to the member epoch {} of member {id}.",
            member.epoch
        );
        Err(GroupError::new(GroupFault::IllegalGeneration, text))
    }

    /// Classic members leave. Those that speak the consumer protocol leave by their heartbeat.
    pub fn leave_classic(&mut self, members: &[LeavingMember]) -> Result<Vec<LeftMember>, GroupError> {
        let (mut left, mut gone): (Vec<LeftMember>, Vec<ConsumerMember>) = (Vec::new(), Vec::new());
        for leaving in members {
            let found = self.leaving_member(leaving);
            let member = found.as_ref().map_or_else(|_| Arc::clone(&leaving.member), |found| Arc::clone(&found.id));
            let fault = match found {
                Ok(found) if gone.iter().any(|gone| gone.id == found.id) => Some(GroupFault::UnknownMemberId),
                Ok(found) => {
                    gone.push(found);
                    None
                }
                Err(error) => Some(error.fault),
            };
            left.push(LeftMember { member, instance: leaving.instance.clone(), fault });
        }
        if !gone.is_empty() {
            self.remove_members(&gone)?;
        }
        Ok(left)
    }

    fn leaving_member(&self, leaving: &LeavingMember) -> Result<ConsumerMember, GroupError> {
        let member = match &leaving.instance {
            None => self.group.members.get(&leaving.member).ok_or_else(|| self.unknown_member(&leaving.member))?,
            // An operator may give the instance id alone.
            Some(instance) if leaving.member.is_empty() => self.group.static_member(instance).ok_or_else(|| {
                GroupError::new(GroupFault::UnknownMemberId, format!("Instance id {instance} is unknown."))
            })?,
            Some(instance) => self.known_static_member(&leaving.member, instance)?,
        };
        check_classic(member)?;
        Ok(member.clone())
    }
}

fn check_classic(member: &ConsumerMember) -> Result<(), GroupError> {
    if member.classic().is_some() {
        return Ok(());
    }
    let text = format!("Member {} does not use the classic protocol.", member.id);
    Err(GroupError::new(GroupFault::UnknownMemberId, text))
}

fn check_protocol(member: &ConsumerMember, request: &SyncRequest, own: &str) -> Result<(), GroupError> {
    let text = match (&request.protocol_type, &request.protocol) {
        (Some(kind), _) if &**kind != CONSUMER_TYPE => format!(
            "The protocol type {kind} from member {} request is not equal to the group protocol type {CONSUMER_TYPE}.",
            member.id
        ),
        (_, Some(name)) if &**name != own => format!(
            "The protocol name {name} from member {} request is not equal to the protocol name {own} returned in the \
             join response.",
            member.id
        ),
        _ => return Ok(()),
    };
    Err(GroupError::new(GroupFault::InconsistentGroupProtocol, text))
}
