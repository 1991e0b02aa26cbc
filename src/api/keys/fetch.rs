//! Fetch (1): reads record batches, for consumers and for followers.
//!
//! Versions 4-18.
//! - 4: isolation level; 5: log start offsets. Before 6, KAFKA_STORAGE_ERROR is NOT_LEADER_OR_FOLLOWER
//! - 7: sessions (KIP-227); before, an error concerns single partitions only
//! - 9: the client names the leader epoch (KIP-320)
//! - 10: Zstandard; before, a topic that forces it is UNSUPPORTED_COMPRESSION_TYPE
//! - 11: rack, preferred read replica (KIP-392)
//! - 12: the epoch of the last record fetched, and where it diverges (KIP-595)
//! - 13: topic ids instead of names
//! - 15: a follower names its registration (KIP-903)
//! - 16: where the leader is (KIP-951); 17: directories, 18: high watermarks: of controllers, and ignored here
//!
//! Records are sent from where they lie, whole batches only: the batch that contains the offset asked for comes first.

mod answer;
mod ask;

use crate::answer::{Answer, Respond};
use crate::cluster_view::ClusterView;
use crate::fetch_session::SessionError;
use crate::fetched::Fetched;
use crate::session::RequestContext;
use crate::{Api, ErrorCode, Piece, Response};
use answer::Assembly;
use esker_protocol::messages::{FetchRequest, FetchResponse};
use esker_protocol::{EncodeError, pieces};
use esker_replication::Fetching;
use esker_security::QuotaKind;
use std::time::Duration;

impl Respond for FetchResponse<Fetched> {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        let partitions = self.responses.iter().flat_map(|topic| &topic.partitions);
        std::iter::once(self.error_code).chain(partitions.map(|partition| partition.error_code))
    }

    fn into_response(self, correlation_id: i32, version: i16) -> Result<Response, EncodeError> {
        let parts = pieces::response_pieces(correlation_id, version, self)?;
        let mut pieces = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                pieces::Piece::Bytes(bytes) => pieces.push(Piece::Bytes(bytes)),
                pieces::Piece::Records(records) => records.send_with(&mut pieces),
            }
        }
        Ok(Response { pieces, mute: Duration::ZERO })
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: FetchRequest) -> Answer<FetchResponse<Fetched>> {
    let image = api.services.image.current();
    let version = cx.version();
    let Some(terms) = ask::terms(&request, version, bytes_max(api, cx)) else {
        return Answer::Now(answer::refused(request, version, ErrorCode::UnknownServerError));
    };
    let name_of = |id| image.topic(id).map(|topic| topic.name.clone());
    let ask = ask::session_ask(request, version, name_of);
    let opened = match api.sessions.open(ask, cx.received, name_of) {
        Ok(opened) => opened,
        Err(error) => return Answer::Now(session_error(error, 0)),
    };
    let plan = ask::plan(opened.wanted, &image, &terms.reader(api.access(cx)));
    let fetching = match terms.request(&plan) {
        Some(request) => api.services.replicas.fetch(request),
        None => Fetching::Now(Vec::new()),
    };
    let reader = (!terms.is_follower()).then(|| cx.clone());
    let assembly = Assembly { context: opened.context, plan, version, committed: terms.is_committed(), reader };
    match fetching {
        Fetching::Now(answers) => {
            let view = ClusterView { image: &image, listener: cx.client.listener() };
            Answer::Now(assembly.finish(api, view, answers))
        }
        Fetching::Later(answers) => {
            let (api, client) = (api.clone(), cx.client.clone());
            Answer::later(async move {
                let answers = answers.await;
                let image = api.services.image.current();
                assembly.finish(&api, ClusterView { image: &image, listener: client.listener() }, answers)
            })
        }
    }
}

/// The most bytes of one answer: what is configured, and never so many that the client would have to pause for this one alone.
fn bytes_max(api: &Api, cx: &RequestContext) -> usize {
    let configured = api.services.config.network.fetch_bytes_max;
    let quota = api.quotas.most_at_once(QuotaKind::Fetch, cx.client.principal().name(), cx.client_id());
    quota.map_or(configured, |bytes| configured.min(bytes as usize))
}

/// The answer to a request that is not part of the session that it names.
fn session_error(error: SessionError, session_id: i32) -> FetchResponse<Fetched> {
    let code = match error {
        SessionError::NotFound => ErrorCode::FetchSessionIdNotFound,
        SessionError::WrongEpoch => ErrorCode::InvalidFetchSessionEpoch,
        SessionError::TopicIds => ErrorCode::FetchSessionTopicIdError,
    };
    FetchResponse { error_code: code.number(), session_id, ..FetchResponse::default() }
}
