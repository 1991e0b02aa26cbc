//! Which member a request is about: a known one, a new one, or a static one that comes back under a new id.

use crate::group::consumer::heartbeat::Consumer;
use crate::group::consumer::member::{ConsumerMember, LEFT_FOR_A_WHILE};
use crate::group::error::{GroupError, GroupFault};
use crate::group::record::{Fact, Partitions};
use crate::group::request::ConsumerHeartbeat;
use std::sync::Arc;

impl Consumer<'_> {
    /// The member that a consumer's heartbeat is about, as it was before.
    pub(super) fn member_for(
        &mut self,
        request: &ConsumerHeartbeat,
        id: &Arc<str>,
    ) -> Result<ConsumerMember, GroupError> {
        let joins = request.epoch == 0;
        let Some(instance) = &request.instance else {
            let member = self.dynamic_member(id, joins)?;
            check_epoch(&member, request.epoch, request.owned.as_ref())?;
            return Ok(member);
        };
        if joins {
            return self.joining_static_member(id, instance, false);
        }
        let member = self.known_static_member(id, instance)?.clone();
        check_epoch(&member, request.epoch, request.owned.as_ref())?;
        Ok(member)
    }

    pub(super) fn dynamic_member(&self, id: &Arc<str>, create: bool) -> Result<ConsumerMember, GroupError> {
        match self.group.members.get(id) {
            Some(member) => Ok(member.clone()),
            None if create => Ok(ConsumerMember::new(Arc::clone(id))),
            None => Err(self.unknown_member(id)),
        }
    }

    pub(super) fn unknown_member(&self, id: &str) -> GroupError {
        let text = format!("Member {id} is not a member of group {}.", self.group.id);
        GroupError::new(GroupFault::UnknownMemberId, text)
    }

    /// A static member that joins takes the place of the one with its instance id, once that has left.
    pub(super) fn joining_static_member(
        &mut self,
        id: &Arc<str>,
        instance: &Arc<str>,
        classic: bool,
    ) -> Result<ConsumerMember, GroupError> {
        let Some(known) = self.group.static_member(instance).cloned() else { return self.dynamic_member(id, true) };
        if !classic && known.classic().is_none() && known.epoch != LEFT_FOR_A_WHILE {
            let text = format!(
                "Static member {id} with instance id {instance} cannot join the group because the instance id is owned \
                 by {} member.",
                known.id
            );
            return Err(GroupError::new(GroupFault::UnreleasedInstanceId, text));
        }
        let mut member = known.clone();
        member.id = Arc::clone(id);
        (member.epoch, member.previous_epoch) = (0, 0);
        self.replace(&known, &member);
        Ok(member)
    }

    /// Takes the member's old id away and writes everything of it under the new one.
    fn replace(&mut self, old: &ConsumerMember, new: &ConsumerMember) {
        self.remove_records(&old.id);
        let target = self.group.target.get(&old.id).cloned().unwrap_or_default();
        self.effects.records.push(new.member_record(&self.group.id));
        self.record(Fact::Target(Arc::clone(&new.id), Some(target)));
        self.effects.records.push(new.current_record(&self.group.id));
    }

    /// The order matters: a member is not taken away while it has something.
    pub(super) fn remove_records(&mut self, id: &Arc<str>) {
        self.record(Fact::Current(Arc::clone(id), None));
        self.record(Fact::Target(Arc::clone(id), None));
        self.record(Fact::Member(Arc::clone(id), None));
    }

    /// The static member with that instance id, which must be the one who asks.
    pub(super) fn known_static_member(&self, id: &str, instance: &str) -> Result<&ConsumerMember, GroupError> {
        let unknown = || GroupError::new(GroupFault::UnknownMemberId, format!("Instance id {instance} is unknown."));
        let member = self.group.static_member(instance).ok_or_else(unknown)?;
        check_fenced(member, id, instance)?;
        Ok(member)
    }
}

/// Whether the static member is the one who asks.
pub(super) fn check_fenced(member: &ConsumerMember, id: &str, instance: &str) -> Result<(), GroupError> {
    if &*member.id == id {
        return Ok(());
    }
    let text = format!("Static member {id} with instance id {instance} was fenced by member {}.", member.id);
    Err(GroupError::new(GroupFault::FencedInstanceId, text))
}

/// Whether the epoch is the member's own. The one before is good too where the member has nothing that it should not
/// have: the answer with the new one may have been lost.
fn check_epoch(member: &ConsumerMember, epoch: i32, owned: Option<&Partitions>) -> Result<(), GroupError> {
    let how = match epoch {
        0 => return Ok(()),
        epoch if epoch > member.epoch => "greater",
        epoch if epoch < member.epoch && (epoch != member.previous_epoch || !has_only(owned, member)) => "smaller",
        _ => return Ok(()),
    };
    let text = format!(
        "The consumer group member has a {how} member epoch ({epoch}) than the one known by the group coordinator ({}). \
         The member must abandon all its partitions and rejoin.",
        member.epoch
    );
    Err(GroupError::new(GroupFault::FencedMemberEpoch, text))
}

fn has_only(owned: Option<&Partitions>, member: &ConsumerMember) -> bool {
    let Some(owned) = owned else { return false };
    owned.iter().all(|(topic, numbers)| {
        let assigned = member.assigned.get(topic);
        assigned.is_some_and(|assigned| numbers.iter().all(|partition| assigned.contains_key(partition)))
    })
}
