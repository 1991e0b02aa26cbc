//! Groups in Kafka's words: faults as codes, requests' texts without the frames that they came in.

use crate::ErrorCode;
use crate::access::{Access, java_address};
use crate::answer::{Answer, Failure};
use crate::session::RequestContext;
use bytes::Bytes;
use esker_coordinator::group::{Client, GroupError, GroupFault, Pending, TopicFilter};
use esker_metadata::{AclOperation, AclResourceType};
use esker_protocol::StrBytes;
use std::sync::Arc;

impl From<GroupFault> for ErrorCode {
    fn from(fault: GroupFault) -> Self {
        match fault {
            GroupFault::NotCoordinator => ErrorCode::NotCoordinator,
            GroupFault::CoordinatorNotAvailable => ErrorCode::CoordinatorNotAvailable,
            GroupFault::CoordinatorLoading => ErrorCode::CoordinatorLoadInProgress,
            GroupFault::InvalidGroupId => ErrorCode::InvalidGroupId,
            GroupFault::GroupIdNotFound => ErrorCode::GroupIdNotFound,
            GroupFault::NonEmptyGroup => ErrorCode::NonEmptyGroup,
            GroupFault::GroupSubscribedToTopic => ErrorCode::GroupSubscribedToTopic,
            GroupFault::GroupMaxSizeReached => ErrorCode::GroupMaxSizeReached,
            GroupFault::UnknownMemberId => ErrorCode::UnknownMemberId,
            GroupFault::MemberIdRequired => ErrorCode::MemberIdRequired,
            GroupFault::FencedInstanceId => ErrorCode::FencedInstanceId,
            GroupFault::UnreleasedInstanceId => ErrorCode::UnreleasedInstanceId,
            GroupFault::IllegalGeneration => ErrorCode::IllegalGeneration,
            GroupFault::RebalanceInProgress => ErrorCode::RebalanceInProgress,
            GroupFault::InconsistentGroupProtocol => ErrorCode::InconsistentGroupProtocol,
            GroupFault::InvalidSessionTimeout => ErrorCode::InvalidSessionTimeout,
            GroupFault::FencedMemberEpoch => ErrorCode::FencedMemberEpoch,
            GroupFault::StaleMemberEpoch => ErrorCode::StaleMemberEpoch,
            GroupFault::UnsupportedAssignor => ErrorCode::UnsupportedAssignor,
            GroupFault::InvalidRegularExpression => ErrorCode::InvalidRegularExpression,
            GroupFault::InvalidRequest => ErrorCode::InvalidRequest,
            GroupFault::UnsupportedVersion => ErrorCode::UnsupportedVersion,
            GroupFault::OffsetMetadataTooLarge => ErrorCode::OffsetMetadataTooLarge,
            GroupFault::UnstableOffsetCommit => ErrorCode::UnstableOffsetCommit,
            GroupFault::InvalidProducerEpoch => ErrorCode::InvalidProducerEpoch,
            GroupFault::InvalidTxnState => ErrorCode::InvalidTxnState,
            GroupFault::TransactionCoordinatorFenced => ErrorCode::TransactionCoordinatorFenced,
            GroupFault::UnknownServerError => ErrorCode::UnknownServerError,
        }
    }
}

impl From<GroupError> for Failure {
    fn from(error: GroupError) -> Self {
        Self { code: error.fault.into(), text: error.text }
    }
}

/// The code of a fault, or of none.
pub(crate) fn number(fault: Option<GroupFault>) -> i16 {
    fault.map_or(ErrorCode::None, ErrorCode::from).number()
}

/// An answer that is made of the coordinator's.
pub(crate) fn answer<T: Send + 'static, A: Send + 'static>(
    pending: Pending<T>,
    make: impl FnOnce(T) -> A + Send + 'static,
) -> Answer<A> {
    match pending.map(make) {
        Pending::Now(answer) => Answer::Now(answer),
        Pending::Later(answer) => Answer::Later(answer),
    }
}

/// A text apart from its frame.
pub(crate) fn text(text: &StrBytes) -> Arc<str> {
    Arc::from(text.as_str())
}

/// A text apart from its frame, where there is one.
pub(crate) fn optional(text: &Option<StrBytes>) -> Option<Arc<str>> {
    text.as_deref().map(Arc::from)
}

/// A text for an answer.
pub(crate) fn shown(text: &str) -> StrBytes {
    StrBytes::from(text.to_owned())
}

/// Bytes apart from their frame: what a group remembers must not hold a whole request.
pub(crate) fn detached(bytes: &Bytes) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

/// Who asks, and which topics it may know of.
pub(crate) fn client(cx: &RequestContext, access: &Access) -> Client {
    let access = access.clone();
    Client {
        id: cx.client_id().into(),
        host: format!("/{}", java_address(cx.client.peer().ip())).into(),
        topics: TopicFilter::new(move |topic| access.sees(AclOperation::Describe, AclResourceType::Topic, topic)),
    }
}

/// The code for a group that must not be touched.
pub(crate) const DENIED: i16 = ErrorCode::GroupAuthorizationFailed.number();
