//! UnregisterBroker (64): a broker leaves the cluster for good (KIP-631).
//!
//! Version 0.

use crate::Api;
use crate::answer::{Answer, Failure, Respond};
use crate::session::RequestContext;
use esker_metadata::AclOperation;
use esker_protocol::messages::{UnregisterBrokerRequest, UnregisterBrokerResponse};
use std::sync::Arc;

impl Respond for UnregisterBrokerResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: UnregisterBrokerRequest,
) -> Answer<UnregisterBrokerResponse> {
    if let Err(code) = api.access(cx).require_cluster(AclOperation::Alter) {
        return Answer::Now(answer(Some(code.into())));
    }
    let services = Arc::clone(&api.services);
    Answer::later(async move {
        let limit = services.config.network.request_timeout;
        let outcome = services.controller.unregister_broker(request.broker_id, limit).await;
        answer(outcome.err().map(Failure::from))
    })
}

fn answer(failure: Option<Failure>) -> UnregisterBrokerResponse {
    let (error_code, error_message) = Failure::parts(failure);
    UnregisterBrokerResponse { error_code, error_message, throttle_time_ms: 0 }
}
