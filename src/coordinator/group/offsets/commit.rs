//! Offsets are committed.

use crate::group::classic::{Classic, ClassicState};
use crate::group::consumer::{ConsumerMember, check_partition};
use crate::group::cx::Cx;
use crate::group::effects::Effects;
use crate::group::error::{GroupError, GroupFault};
use crate::group::record::{CommittedOffset, Fact, GroupRecord};
use crate::group::request::{CommitAnswer, CommitPartition, CommitRequest, CommitTopic};
use crate::group::shard::{GroupShard, Kind};
use esker_model::TopicId;
use std::sync::Arc;

impl GroupShard {
    pub(crate) fn commit(
        &mut self,
        request: &CommitRequest,
        cx: &Cx<'_>,
        effects: &mut Effects,
    ) -> Result<CommitAnswer, GroupError> {
        if let Err(error) = self.check_commit_room(request) {
            self.timers.make_room(cx.now);
            return Err(error);
        }
        let member = self.check_commit(request).map_err(|error| in_transaction(request, error))?;
        let mut records = Vec::new();
        let mut answer = CommitAnswer::with_capacity(request.topics.len());
        for topic in &request.topics {
            let id = topic_id(topic, request, cx);
            if member.is_some() && request.producer.is_some() && id.is_zero() {
                return Err(GroupFault::IllegalGeneration.into());
            }
            let mut faults = Vec::with_capacity(topic.partitions.len());
            for partition in &topic.partitions {
                if is_too_long(partition, cx.settings.offset_metadata_max) {
                    faults.push(Some(GroupFault::OffsetMetadataTooLarge));
                    continue;
                }
                if let Some(member) = member {
                    check_partition(member, request.generation, &topic.name, id, partition.partition)
                        .map_err(|error| in_transaction(request, error))?;
                }
                faults.push(None);
                records.push(record(request, topic, partition, cx));
            }
            answer.push(faults);
        }
        effects.records.append(&mut records);
        self.renew_committer(request, cx, effects);
        Ok(answer)
    }

    /// Refuses offsets of groups and partitions that are not known yet, and longer texts beside those that are, where there is no memory for more.
    fn check_commit_room(&self, request: &CommitRequest) -> Result<(), GroupError> {
        let len = |partition: &CommitPartition| partition.metadata.as_deref().map_or(0, str::len);
        let texts = request.topics.iter().flat_map(|topic| &topic.partitions).map(len).sum();
        if self.has_room_for(texts) {
            return Ok(());
        }
        let may_grow = self.may_grow(texts);
        let fits = |topic: &CommitTopic, partition: &CommitPartition| {
            let known = self.groups.get(&request.group)?.offsets.get(&topic.name, partition.partition)?;
            Some(may_grow || len(partition) <= known.value.metadata.len())
        };
        let all_fit = |topic: &CommitTopic| topic.partitions.iter().all(|one| fits(topic, one) == Some(true));
        if request.topics.iter().all(all_fit) { Ok(()) } else { Err(self.no_room()) }
    }

    /// Whether the request may commit; the member where that depends on the partition.
    fn check_commit(&self, request: &CommitRequest) -> Result<Option<&ConsumerMember>, GroupError> {
        match self.groups.get(&request.group).map(|group| &group.kind) {
            None if request.generation < 0 => Ok(None),
            None if request.member_epochs && request.producer.is_none() => Err(self.unknown_group(&request.group)),
            None => Err(GroupFault::IllegalGeneration.into()),
            Some(Kind::Simple) if request.generation < 0 => Ok(None),
            Some(Kind::Simple) => Err(GroupFault::UnknownMemberId.into()),
            Some(Kind::Classic(group)) => Ok(group.check_commit(request).map(|()| None)?),
            Some(Kind::Consumer(group)) => group.check_commit(request),
        }
    }

    /// A classic member that commits is alive.
    fn renew_committer(&mut self, request: &CommitRequest, cx: &Cx<'_>, effects: &mut Effects) {
        let Some(group) = self.groups.get_mut(&request.group) else { return };
        let Kind::Classic(classic) = &mut group.kind else { return };
        let rests = matches!(classic.state, ClassicState::Stable | ClassicState::PreparingRebalance);
        if rests && request.producer.is_none() {
            let mut action = Classic { group: classic, timers: &mut self.timers, cx, effects };
            action.renew_session(&request.member);
        }
    }
}

/// The topic that is meant; in a transaction it is named only.
fn topic_id(topic: &CommitTopic, request: &CommitRequest, cx: &Cx<'_>) -> TopicId {
    if request.producer.is_some() {
        return cx.image.topic_named(&topic.name).map_or(TopicId::ZERO, |topic| topic.id);
    }
    topic.id
}

/// Transactions know generations only.
fn in_transaction(request: &CommitRequest, error: GroupError) -> GroupError {
    match error.fault {
        GroupFault::StaleMemberEpoch if request.producer.is_some() => GroupFault::IllegalGeneration.into(),
        _ => error,
    }
}

/// Kafka counts UTF-16 units; there are never more of those than bytes.
fn is_too_long(partition: &CommitPartition, max: usize) -> bool {
    let metadata = partition.metadata.as_deref().unwrap_or_default();
    metadata.len() > max && metadata.encode_utf16().count() > max
}

fn record(request: &CommitRequest, topic: &CommitTopic, partition: &CommitPartition, cx: &Cx<'_>) -> GroupRecord {
    let expires_at = if request.retention_ms == -1 { -1 } else { cx.wall_ms.saturating_add(request.retention_ms) };
    let value = CommittedOffset {
        offset: partition.offset,
        leader_epoch: partition.leader_epoch,
        metadata: partition.metadata.clone().unwrap_or_default(),
        committed_at: cx.wall_ms,
        expires_at: expires_at.max(-1),
        topic_id: if request.producer.is_some() { TopicId::ZERO } else { topic.id },
    };
    let fact = Fact::Offset { topic: Arc::clone(&topic.name), partition: partition.partition, value: Some(value) };
    GroupRecord { group: Arc::clone(&request.group), fact }
}
