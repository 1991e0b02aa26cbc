//! Why the controller did not do what it was asked for.

use esker_config::{Rejection, RejectionKind};
use esker_model::TopicNameError;
use esker_quorum::ProposeError;

/// What kind of refusal it is: what whoever asked can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A broker of this id with a live session is another process.
    BrokerTaken,
    /// The broker is not registered.
    BrokerUnknown,
    /// The cluster has another identity.
    ClusterMismatch,
    /// The partition is led as it is wanted to be.
    ElectionNotNeeded,
    /// Nobody can lead the partition.
    EligibleLeadersNotAvailable,
    /// The proposal was made in a leadership that is over.
    FencedLeaderEpoch,
    /// A member that was proposed may not be in sync.
    IneligibleReplica,
    /// A configuration that cannot be.
    InvalidConfig,
    /// A count of partitions that cannot be.
    InvalidPartitions,
    /// A registration that cannot be.
    InvalidRegistration,
    /// An assignment of replicas that cannot be.
    InvalidReplicaAssignment,
    /// A replication factor that cannot be, or not now.
    InvalidReplicationFactor,
    /// The request contradicts itself or what is.
    InvalidRequest,
    /// A text that cannot name a topic.
    InvalidTopicName,
    /// A level of a feature that cannot be.
    InvalidUpdateVersion,
    /// The change was made, and with it another replica leads.
    NewLeaderElected,
    /// The partition's replicas are not being moved.
    NoReassignment,
    /// Another node decides, or knows more than this one.
    NotController,
    /// The request asks for too much at once.
    PolicyViolation,
    /// The first replica cannot lead.
    PreferredLeaderNotAvailable,
    /// The broker has registered anew since.
    StaleBrokerEpoch,
    /// The proposal builds on an older state of the partition.
    StalePartitionEpoch,
    /// The time is over. The change may still be made.
    Timeout,
    /// A topic of that name exists.
    TopicExists,
    /// No topic of that name, or no such partition, exists.
    TopicUnknown,
    /// No topic of that identity exists.
    TopicIdUnknown,
    /// The broker cannot work with a finalised feature.
    UnsupportedFeature,
    /// The quorum cannot commit: a disk failed or is full, or the node is stopping.
    Unavailable,
}

/// A refusal. Nothing was changed, except after [`ErrorKind::Timeout`] and [`ErrorKind::NewLeaderElected`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", text.as_deref().unwrap_or("refused"))]
pub struct ControllerError {
    /// What kind of refusal it is.
    pub kind: ErrorKind,
    /// The sentence for people, Kafka's where Kafka has one; `None` where Kafka sends none.
    pub text: Option<String>,
}

impl ControllerError {
    /// A refusal with a sentence.
    pub(crate) fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self { kind, text: Some(text.into()) }
    }

    /// A refusal without a sentence.
    pub(crate) fn bare(kind: ErrorKind) -> Self {
        Self { kind, text: None }
    }

    /// The answer to a request whose records would be too many.
    pub(crate) fn too_large() -> Self {
        Self::new(ErrorKind::PolicyViolation, "Unable to perform excessively large batch operation.")
    }
}

impl From<Rejection> for ControllerError {
    fn from(rejection: Rejection) -> Self {
        let kind = match rejection.kind {
            RejectionKind::InvalidConfig => ErrorKind::InvalidConfig,
            RejectionKind::InvalidRequest => ErrorKind::InvalidRequest,
        };
        Self::new(kind, rejection.text)
    }
}

impl From<TopicNameError> for ControllerError {
    fn from(error: TopicNameError) -> Self {
        Self::new(ErrorKind::InvalidTopicName, error.to_string())
    }
}

impl From<ProposeError> for ControllerError {
    fn from(error: ProposeError) -> Self {
        let kind = match error {
            ProposeError::NotLeader { .. } | ProposeError::Conflict { .. } => ErrorKind::NotController,
            ProposeError::Timeout => return Self::bare(ErrorKind::Timeout),
            ProposeError::TooLarge { .. } => return Self::too_large(),
            ProposeError::DiskFull { .. } | ProposeError::Unavailable(_) => ErrorKind::Unavailable,
        };
        Self::new(kind, error.to_string())
    }
}
