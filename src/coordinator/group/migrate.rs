//! A group changes the protocol while it has members.

use crate::group::classic::{CONSUMER_TYPE, ClassicGroup, ClassicMember, ClassicState};
use crate::group::consumer::{ConsumerGroup, ConsumerMember, MemberState, identified, in_epoch, metadata_hash, named};
use crate::group::cx::Cx;
use crate::group::embedded::{self, Assignment};
use crate::group::error::{GroupError, GroupFault};
use crate::group::record::{ClassicMetadata, MemberValue};
use std::sync::Arc;

/// Whether a classic group may become a consumer group, in Kafka's sentences where not.
pub(crate) fn check_upgrade(group: &ClassicGroup, cx: &Cx<'_>) -> Result<(), GroupError> {
    let why = if !cx.settings.migration.upgrade {
        "online upgrade is disabled"
    } else if !group.uses_consumer_protocol() {
        "the group does not use the consumer embedded protocol"
    } else if group.members.len() > cx.settings.consumer_size_max {
        "the group size exceeds the consumer group maximum size"
    } else {
        return Ok(());
    };
    Err(refused(group, why, "."))
}

fn refused(group: &ClassicGroup, why: &str, end: &str) -> GroupError {
    let text = format!("Cannot upgrade classic group {} to consumer group because {why}{end}", group.id);
    GroupError::new(GroupFault::GroupIdNotFound, text)
}

/// The consumer group that a classic one becomes: everybody keeps what they have, in the epoch that was their generation.
pub(crate) fn to_consumer(classic: &ClassicGroup, cx: &Cx<'_>) -> Result<ConsumerGroup, GroupError> {
    let mut group = ConsumerGroup::new(Arc::clone(&classic.id));
    (group.epoch, group.target_epoch) = (classic.generation, classic.generation);
    let protocol = classic.protocol.as_deref().unwrap_or_default();
    for member in classic.members.values() {
        let malformed = |_| refused(classic, "the embedded consumer protocol is malformed", ".");
        let assignment = if member.assignment.is_empty() {
            Assignment::default()
        } else {
            embedded::read_assignment(&member.assignment).map_err(malformed)?
        };
        if assignment.has_user_data {
            let rest =
                ". Please refer to the documentation or switch to a default assignor before re-attempting the upgrade.";
            return Err(refused(classic, "an unsupported custom assignor is in use", rest));
        }
        let subscription = embedded::read_subscription(&member.metadata(protocol)).map_err(malformed)?;
        let assigned = identified(&assignment.partitions, cx.image);
        group.target.insert(Arc::clone(&member.id), assigned.clone());
        let upgraded = ConsumerMember {
            id: Arc::clone(&member.id),
            says: MemberValue {
                instance: member.instance.clone(),
                rack: subscription.rack,
                client_id: Arc::clone(&member.client_id),
                client_host: Arc::clone(&member.client_host),
                topics: subscription.topics.into_iter().collect(),
                regex: None,
                rebalance_timeout: member.rebalance_timeout,
                assignor: None,
                classic: Some(ClassicMetadata {
                    session_timeout: member.session_timeout,
                    protocols: member.protocols.clone(),
                }),
            },
            epoch: classic.generation,
            previous_epoch: classic.generation,
            state: MemberState::Stable,
            assigned: in_epoch(&assigned, classic.generation),
            ..ConsumerMember::default()
        };
        // Consumers that assigned a partition twice cannot go on like that.
        group.put(upgraded).map_err(|_| refused(classic, "a partition is assigned to two of its members", "."))?;
    }
    group.metadata_hash = metadata_hash(&group.wanted, cx.image);
    Ok(group)
}

/// The classic group that a consumer group becomes without `leaving` and with `joining`, which takes the place of the static
/// member that leaves.
pub(crate) fn to_classic(
    group: &ConsumerGroup,
    leaving: &[ConsumerMember],
    joining: Option<&ConsumerMember>,
    cx: &Cx<'_>,
) -> Result<ClassicGroup, GroupError> {
    let mut classic = ClassicGroup::new(Arc::clone(&group.id), cx.wall_ms);
    (classic.state, classic.previous) = (ClassicState::Stable, ClassicState::Stable);
    classic.generation = group.epoch;
    classic.protocol_type = Some(Arc::from(CONSUMER_TYPE));
    let stays = |member: &&ConsumerMember| {
        !leaving.iter().any(|leaving| leaving.id == member.id) && joining.is_none_or(|joining| joining.id != member.id)
    };
    for member in group.members.values().filter(stays).chain(joining) {
        classic.add(downgraded(member)?);
    }
    classic.protocol = classic.elect_protocol();
    classic.topics = classic.read_topics();
    let protocol = classic.protocol.clone().unwrap_or_else(|| Arc::from(""));
    for id in classic.members.keys().cloned().collect::<Vec<_>>() {
        let before = joining.filter(|joining| joining.id == id).and_then(|_| leaving.first()).map(|left| &left.id);
        let target = group.target.get(before.unwrap_or(&id)).cloned().unwrap_or_default();
        let metadata = classic.members.get(&id).map(|member| member.metadata(&protocol)).unwrap_or_default();
        let version = embedded::read_version(&metadata).map_err(|error| {
            let text = format!("Cannot downgrade the classic group {}: {error}.", group.id);
            GroupError::new(GroupFault::GroupIdNotFound, text)
        })?;
        let assignment = embedded::write_assignment(version, &named(&target, cx.image));
        classic.change(&id, |member| member.assignment = assignment);
    }
    Ok(classic)
}

fn downgraded(member: &ConsumerMember) -> Result<ClassicMember, GroupError> {
    let classic = member.classic().ok_or(GroupFault::UnknownServerError)?;
    Ok(ClassicMember {
        id: Arc::clone(&member.id),
        instance: member.says.instance.clone(),
        client_id: Arc::clone(&member.says.client_id),
        client_host: Arc::clone(&member.says.client_host),
        rebalance_timeout: member.says.rebalance_timeout,
        session_timeout: classic.session_timeout,
        protocols: classic.protocols.clone(),
        assignment: bytes::Bytes::new(),
        joining: None,
        syncing: None,
        is_new: false,
    })
}
