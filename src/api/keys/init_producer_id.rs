//! InitProducerId (22): an identity for an idempotent producer.
//!
//! Versions 0-5.
//! - 3: the client says which identity it has had (KIP-360)
//! - 4: a fenced producer has an error of its own; 5: transactions of the second kind (KIP-890)
//!
//! Without a transactional id any broker answers, with a new identity each time. With one it is the transaction coordinator's to
//! answer, and this broker coordinates none.

use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_model::{NO_PRODUCER_ID, ProducerEpoch, ProducerId};
use esker_protocol::messages::{InitProducerIdRequest, InitProducerIdResponse};
use std::sync::Arc;

const NO_PRODUCER_EPOCH: ProducerEpoch = -1;

impl Respond for InitProducerIdResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    _cx: &RequestContext,
    request: InitProducerIdRequest,
) -> Answer<InitProducerIdResponse> {
    if (request.producer_id == NO_PRODUCER_ID) != (request.producer_epoch == NO_PRODUCER_EPOCH) {
        return Answer::Now(refusal(ErrorCode::InvalidRequest));
    }
    match &request.transactional_id {
        None => without_transactions(api),
        Some(id) => Answer::Now(refusal(transactional(api, id, request.transaction_timeout_ms))),
    }
}

/// A new identity. One that the client names is of no interest: nothing is remembered of it.
fn without_transactions(api: &Api) -> Answer<InitProducerIdResponse> {
    let services = Arc::clone(&api.services);
    Answer::later(async move {
        match services.producer_ids.next(services.config.network.request_timeout).await {
            Ok(id) => granted(id, 0),
            Err(error) => {
                tracing::warn!(%error, "no producer id could be had");
                refusal(ErrorCode::CoordinatorLoadInProgress)
            }
        }
    })
}

/// Why a transactional producer gets no identity here.
fn transactional(api: &Api, transactional_id: &str, timeout_ms: i32) -> ErrorCode {
    let longest = api.services.configs.current().get("transaction.max.timeout.ms").as_i64().unwrap_or(0);
    if transactional_id.is_empty() {
        ErrorCode::InvalidRequest
    } else if timeout_ms <= 0 || i64::from(timeout_ms) > longest {
        ErrorCode::InvalidTransactionTimeout
    } else {
        ErrorCode::NotCoordinator
    }
}

fn granted(producer_id: ProducerId, producer_epoch: ProducerEpoch) -> InitProducerIdResponse {
    InitProducerIdResponse { producer_id, producer_epoch, ..InitProducerIdResponse::default() }
}

fn refusal(code: ErrorCode) -> InitProducerIdResponse {
    InitProducerIdResponse {
        error_code: code.number(),
        producer_id: NO_PRODUCER_ID,
        producer_epoch: NO_PRODUCER_EPOCH,
        ..InitProducerIdResponse::default()
    }
}
