//! Why a group did not do what was asked of it.

use crate::StateLogError;
use crate::runtime::Unavailable;

/// What went wrong, by what the caller should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupFault {
    /// Another broker coordinates the group.
    NotCoordinator,
    /// The coordinator cannot answer now.
    CoordinatorNotAvailable,
    /// The group is being loaded.
    CoordinatorLoading,
    /// A group needs a name.
    InvalidGroupId,
    /// There is no such group of that kind.
    GroupIdNotFound,
    /// The group has members.
    NonEmptyGroup,
    /// The group reads the topic.
    GroupSubscribedToTopic,
    /// The group is full, or the coordinator is.
    GroupMaxSizeReached,
    /// The member is not in the group.
    UnknownMemberId,
    /// The member should ask again with the id that it was given.
    MemberIdRequired,
    /// Another member has the instance id now.
    FencedInstanceId,
    /// The instance id belongs to a member that has not left.
    UnreleasedInstanceId,
    /// The generation is not the group's.
    IllegalGeneration,
    /// The member should join again.
    RebalanceInProgress,
    /// The member's protocols do not fit the group's.
    InconsistentGroupProtocol,
    /// The session timeout is not within the bounds.
    InvalidSessionTimeout,
    /// The member's epoch is not the one that it has.
    FencedMemberEpoch,
    /// The member's epoch is too old for what it wants to commit or fetch.
    StaleMemberEpoch,
    /// There is no such assignor.
    UnsupportedAssignor,
    /// The pattern is none.
    InvalidRegularExpression,
    /// The request contradicts itself.
    InvalidRequest,
    /// The request is of a version in which the member cannot ask.
    UnsupportedVersion,
    /// The text beside an offset is too long.
    OffsetMetadataTooLarge,
    /// A transaction with an offset for the partition is open.
    UnstableOffsetCommit,
    /// The producer of the transaction has a newer epoch.
    InvalidProducerEpoch,
    /// The transaction is not in a state for that.
    InvalidTxnState,
    /// The marker is of an older transaction coordinator.
    TransactionCoordinatorFenced,
    /// Nobody knows.
    UnknownServerError,
}

/// A fault, with a sentence for people where one is worth more than the fault's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault:?}: {}", .text.as_deref().unwrap_or_default())]
pub struct GroupError {
    /// What went wrong.
    pub fault: GroupFault,
    /// The sentence.
    pub text: Option<String>,
}

impl GroupError {
    /// A fault with a sentence.
    pub fn new(fault: GroupFault, text: impl Into<String>) -> Self {
        Self { fault, text: Some(text.into()) }
    }
}

impl From<GroupFault> for GroupError {
    fn from(fault: GroupFault) -> Self {
        Self { fault, text: None }
    }
}

impl From<Unavailable> for GroupError {
    fn from(why: Unavailable) -> Self {
        match why {
            Unavailable::NotCoordinator => GroupFault::NotCoordinator.into(),
            Unavailable::Loading => GroupFault::CoordinatorLoading.into(),
        }
    }
}

impl From<StateLogError> for GroupError {
    fn from(error: StateLogError) -> Self {
        let fault = match error {
            StateLogError::NotLeader | StateLogError::Storage(_) => GroupFault::NotCoordinator,
            StateLogError::NotEnoughReplicas | StateLogError::TimedOut => GroupFault::CoordinatorNotAvailable,
            StateLogError::TooLarge => GroupFault::UnknownServerError,
            StateLogError::ProducerFenced => GroupFault::InvalidProducerEpoch,
            StateLogError::TransactionState => GroupFault::InvalidTxnState,
            StateLogError::CoordinatorFenced => GroupFault::TransactionCoordinatorFenced,
        };
        fault.into()
    }
}
