//! What the controller refuses, in Kafka's codes.

use crate::ErrorCode;
use crate::answer::Failure;
use esker_controller::{ControllerError, ErrorKind};
use std::time::Duration;

impl From<ControllerError> for Failure {
    fn from(error: ControllerError) -> Self {
        Self { code: code(error.kind), text: error.text }
    }
}

fn code(kind: ErrorKind) -> ErrorCode {
    match kind {
        ErrorKind::BrokerTaken => ErrorCode::DuplicateBrokerRegistration,
        ErrorKind::BrokerUnknown => ErrorCode::BrokerIdNotRegistered,
        ErrorKind::ClusterMismatch => ErrorCode::InconsistentClusterId,
        ErrorKind::ElectionNotNeeded => ErrorCode::ElectionNotNeeded,
        ErrorKind::EligibleLeadersNotAvailable => ErrorCode::EligibleLeadersNotAvailable,
        ErrorKind::FencedLeaderEpoch => ErrorCode::FencedLeaderEpoch,
        ErrorKind::IneligibleReplica => ErrorCode::IneligibleReplica,
        ErrorKind::InvalidConfig => ErrorCode::InvalidConfig,
        ErrorKind::InvalidPartitions => ErrorCode::InvalidPartitions,
        ErrorKind::InvalidRegistration => ErrorCode::InvalidRegistration,
        ErrorKind::InvalidReplicaAssignment => ErrorCode::InvalidReplicaAssignment,
        ErrorKind::InvalidReplicationFactor => ErrorCode::InvalidReplicationFactor,
        ErrorKind::InvalidRequest => ErrorCode::InvalidRequest,
        ErrorKind::InvalidTopicName => ErrorCode::InvalidTopicException,
        ErrorKind::InvalidUpdateVersion => ErrorCode::InvalidUpdateVersion,
        ErrorKind::NewLeaderElected => ErrorCode::NewLeaderElected,
        ErrorKind::NoReassignment => ErrorCode::NoReassignmentInProgress,
        ErrorKind::NotController => ErrorCode::NotController,
        ErrorKind::PolicyViolation => ErrorCode::PolicyViolation,
        ErrorKind::PreferredLeaderNotAvailable => ErrorCode::PreferredLeaderNotAvailable,
        ErrorKind::StaleBrokerEpoch => ErrorCode::StaleBrokerEpoch,
        ErrorKind::StalePartitionEpoch => ErrorCode::InvalidUpdateVersion,
        ErrorKind::Timeout => ErrorCode::RequestTimedOut,
        ErrorKind::TopicExists => ErrorCode::TopicAlreadyExists,
        ErrorKind::TopicIdUnknown => ErrorCode::UnknownTopicId,
        ErrorKind::TopicUnknown => ErrorCode::UnknownTopicOrPartition,
        ErrorKind::UnsupportedFeature => ErrorCode::UnsupportedVersion,
        // Clients try again by themselves: another node may lead by then, or this one have room.
        ErrorKind::Unavailable => ErrorCode::KafkaStorageError,
    }
}

/// The time that a client gives; none where it gives none.
pub(crate) fn limit(timeout_ms: i32) -> Duration {
    Duration::from_millis(u64::try_from(timeout_ms).unwrap_or(0))
}
