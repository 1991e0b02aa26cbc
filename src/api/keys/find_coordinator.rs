//! FindCoordinator (10): which broker coordinates a group or a transaction.
//!
//! Versions 0-6.
//! - 1: the client says what kind of coordinator it means; sentences
//! - 4: several keys at once, each with a code of its own
//! - 5: an error of transactions; 6: coordinators of share groups
//!
//! The first question creates the coordinator's topic; until it has leaders the coordinator is not available. Share groups
//! are not served.

use crate::answer::{Answer, Respond};
use crate::cluster_view::ClusterView;
use crate::groups::shown;
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_coordinator::group::OFFSETS_TOPIC;
use esker_coordinator::partition_of;
use esker_coordinator::transaction::TRANSACTION_STATE_TOPIC;
use esker_metadata::AclOperation;
use esker_protocol::StrBytes;
use esker_protocol::messages::find_coordinator::Coordinator;
use esker_protocol::messages::{FindCoordinatorRequest, FindCoordinatorResponse};

const GROUP: i8 = 0;
const TRANSACTION: i8 = 1;
const SHARE: i8 = 2;

impl Respond for FindCoordinatorResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        let each = self.coordinators.iter().map(|coordinator| coordinator.error_code);
        let whole = self.coordinators.is_empty().then_some(self.error_code);
        each.chain(whole)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: FindCoordinatorRequest,
) -> Answer<FindCoordinatorResponse> {
    let kind = if cx.version() == 0 { GROUP } else { request.key_type };
    if cx.version() >= 4 {
        let row = |key: &StrBytes| Coordinator { error_message: told(kind), ..found(key, find(api, cx, kind, key)) };
        let coordinators = request.coordinator_keys.iter().map(row).collect();
        return Answer::Now(FindCoordinatorResponse { coordinators, ..FindCoordinatorResponse::default() });
    }
    let Coordinator { node_id, host, port, error_code, .. } = found(&request.key, find(api, cx, kind, &request.key));
    let error_message = Some(StrBytes::from_static(sentence(error_code)));
    Answer::Now(FindCoordinatorResponse { error_code, error_message, node_id, host, port, ..Default::default() })
}

/// Of the newer versions Kafka fills the sentence where it does not know the kind, and no other.
fn told(kind: i8) -> Option<StrBytes> {
    let known = (GROUP..=SHARE).contains(&kind);
    Some(if known { StrBytes::default() } else { StrBytes::from_static(sentence(ErrorCode::InvalidRequest.number())) })
}

/// Kafka fills the sentence of the older versions whether anything went wrong or not.
pub(super) fn sentence(code: i16) -> &'static str {
    match ErrorCode::from_number(code) {
        Some(ErrorCode::None) => "NONE",
        Some(ErrorCode::CoordinatorNotAvailable) => "The coordinator is not available.",
        Some(ErrorCode::GroupAuthorizationFailed) => "Group authorization failed.",
        Some(ErrorCode::TransactionalIdAuthorizationFailed) => "Transactional Id authorization failed.",
        _ => {
            "This most likely occurs because of a request being malformed by the client library or the message was sent \
             to an incompatible broker. See the broker logs for more details."
        }
    }
}

/// Where a coordinator is.
struct Place {
    id: i32,
    host: String,
    port: u16,
}

fn found(key: &StrBytes, place: Result<Place, ErrorCode>) -> Coordinator {
    let code = place.as_ref().err().map_or(0, |code| code.number());
    let place = place.unwrap_or(Place { id: -1, host: String::new(), port: 0 });
    Coordinator {
        key: key.detach(),
        node_id: place.id,
        host: shown(&place.host),
        port: if place.id < 0 { -1 } else { i32::from(place.port) },
        error_code: code,
        error_message: Some(StrBytes::default()),
    }
}

fn find(api: &Api, cx: &RequestContext, kind: i8, key: &str) -> Result<Place, ErrorCode> {
    let access = api.access(cx);
    let topic = match kind {
        GROUP if !access.group(AclOperation::Describe, key) => return Err(ErrorCode::GroupAuthorizationFailed),
        GROUP => OFFSETS_TOPIC,
        TRANSACTION if !access.transactional_id(AclOperation::Describe, key) => {
            return Err(ErrorCode::TransactionalIdAuthorizationFailed);
        }
        TRANSACTION => TRANSACTION_STATE_TOPIC,
        _ => return Err(ErrorCode::InvalidRequest),
    };
    let image = api.services.image.current();
    let Some(topic) = image.topic_named(topic) else {
        api.auto_creation.start(&api.services, std::iter::once(topic));
        return Err(ErrorCode::CoordinatorNotAvailable);
    };
    let view = ClusterView { image: &image, listener: cx.client.listener() };
    let leader =
        topic.partition(partition_of(key, topic.partition_count().max(1))).and_then(|state| view.leader(state));
    let unfenced = leader.filter(|leader| image.broker(*leader).is_some_and(|broker| !broker.fenced));
    let endpoint = unfenced.and_then(|leader| Some((leader, view.endpoint(leader)?)));
    let (id, endpoint) = endpoint.ok_or(ErrorCode::CoordinatorNotAvailable)?;
    Ok(Place { id, host: endpoint.host.clone(), port: endpoint.port })
}
