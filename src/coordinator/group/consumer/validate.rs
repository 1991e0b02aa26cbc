//! What of a heartbeat can be judged without knowing the group.

use crate::group::consumer::member::{LEFT, LEFT_FOR_A_WHILE};
use crate::group::error::{GroupError, GroupFault};
use crate::group::request::ConsumerHeartbeat;
use crate::group::settings::GroupSettings;

/// Whether the request makes sense. The sentences are Kafka's.
pub(crate) fn check_heartbeat(request: &ConsumerHeartbeat, settings: &GroupSettings) -> Result<(), GroupError> {
    if request.member_id_required || request.epoch > 0 || request.epoch == LEFT {
        not_blank(Some(&request.member), "MemberId can't be empty.")?;
    }
    not_blank(Some(&request.group), "GroupId can't be empty.")?;
    not_blank(request.instance.as_deref(), "InstanceId can't be empty.")?;
    not_blank(request.rack.as_deref(), "RackId can't be empty.")?;
    match request.epoch {
        0 => check_first(request)?,
        LEFT_FOR_A_WHILE if request.instance.is_none() => return Err(invalid("InstanceId can't be null.")),
        epoch if epoch < LEFT_FOR_A_WHILE => return Err(invalid("MemberEpoch is invalid.")),
        _ => {}
    }
    if let Some(assignor) = &request.assignor
        && !settings.assignors.iter().any(|known| known.name() == &**assignor)
    {
        let known: Vec<&str> = settings.assignors.iter().map(|known| known.name()).collect();
        let known = known.join(", ");
        let text = format!("ServerAssignor {assignor} is not supported. Supported assignors: {known}.");
        return Err(GroupError::new(GroupFault::UnsupportedAssignor, text));
    }
    Ok(())
}

fn check_first(request: &ConsumerHeartbeat) -> Result<(), GroupError> {
    if request.rebalance_timeout == -1 {
        return Err(invalid("RebalanceTimeoutMs must be provided in first request."));
    }
    if request.owned.as_ref().is_none_or(|owned| !owned.is_empty()) {
        return Err(invalid("TopicPartitions must be empty when (re-)joining."));
    }
    if request.topics.is_none() && request.regex.is_none() {
        return Err(invalid("Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining."));
    }
    Ok(())
}

fn not_blank(text: Option<&str>, why: &str) -> Result<(), GroupError> {
    match text {
        Some(text) if text.trim_matches(|c: char| c <= ' ').is_empty() => Err(invalid(why)),
        _ => Ok(()),
    }
}

fn invalid(why: &str) -> GroupError {
    GroupError::new(GroupFault::InvalidRequest, why)
}
