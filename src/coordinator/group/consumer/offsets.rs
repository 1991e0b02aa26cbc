//! Who may commit and fetch the offsets of a consumer group.

use crate::group::consumer::group::ConsumerGroup;
use crate::group::consumer::member::ConsumerMember;
use crate::group::error::{GroupError, GroupFault};
use crate::group::request::CommitRequest;
use esker_model::TopicId;

impl ConsumerGroup {
    /// Whether the request may commit; `Some` member where that depends on the partition, because its epoch is an older one.
    pub fn check_commit(&self, request: &CommitRequest) -> Result<Option<&ConsumerMember>, GroupError> {
        let transactional = request.producer.is_some();
        if request.generation < 0 && self.members.is_empty() {
            return Ok(None);
        }
        if transactional && request.generation == -1 && request.member.is_empty() && request.instance.is_none() {
            return Ok(None);
        }
        let member = self.member(&request.member)?;
        if !transactional && member.classic().is_none() && !request.member_epochs {
            return Err(GroupError::new(
                GroupFault::UnsupportedVersion,
                "OffsetCommit version 9 or above must be used by members using the consumer group protocol",
            ));
        }
        if request.generation > member.epoch {
            let what = if member.classic().is_some() { "generation id" } else { "member epoch" };
            let (sent, own) = (request.generation, member.epoch);
            return Err(stale(member, format!("Received {what} {sent} is newer than current member epoch {own}.")));
        }
        Ok((request.generation != member.epoch).then_some(member))
    }

    fn member(&self, id: &str) -> Result<&ConsumerMember, GroupError> {
        self.members.get(id).ok_or_else(|| {
            GroupError::new(GroupFault::UnknownMemberId, format!("Member {id} is not a member of group {}.", self.id))
        })
    }

    /// Whether a member, or anybody where none is named, may fetch.
    pub fn check_fetch(&self, member: Option<&str>, epoch: i32) -> Result<(), GroupError> {
        if member.is_none() && epoch < 0 {
            return Ok(());
        }
        let member = self.member(member.unwrap_or_default())?;
        if epoch == member.epoch {
            return Ok(());
        }
        let what = if member.classic().is_some() { "generation id" } else { "member epoch" };
        let own = member.epoch;
        Err(stale(member, format!("The received {what} {epoch} does not match the expected member epoch {own}.")))
    }
}

/// Whether a member with an older epoch may commit for a partition: it had it in that epoch and has it still.
pub(crate) fn check_partition(
    member: &ConsumerMember,
    epoch: i32,
    name: &str,
    topic: TopicId,
    partition: i32,
) -> Result<(), GroupError> {
    match member.assignment_epoch(topic, partition) {
        None => Err(stale(
            member,
            format!("Partition {name}-{partition} is not assigned or pending revocation for member."),
        )),
        Some(since) if epoch < since => {
            let what = if member.classic().is_some() { "generation id" } else { "member epoch" };
            Err(stale(
                member,
                format!(
                    "Received {what} {epoch} is older than assignment epoch {since} for partition {name}-{partition}."
                ),
            ))
        }
        Some(_) => Ok(()),
    }
}

fn stale(member: &ConsumerMember, text: String) -> GroupError {
    let fault = if member.classic().is_some() { GroupFault::IllegalGeneration } else { GroupFault::StaleMemberEpoch };
    GroupError::new(fault, text)
}
