//! InitProducerId (22): an identity for an idempotent producer.
//!
//! Versions 0-5.
//! - 3: the client says which identity it has had (KIP-360)
//! - 4: a fenced producer has an error of its own; 5: transactions of the second kind (KIP-890)
//!
//! Without a transactional id any broker answers, with a new identity each time. With one it is the business of its coordinator,
//! which remembers who has it.

use crate::access::{Access, CLUSTER_NAME};
use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::txn_fault::fenced_since;
use crate::{Api, ErrorCode};
use esker_coordinator::transaction::{InitProducer, NO_PRODUCER_EPOCH, Producer};
use esker_metadata::{AclOperation, AclResourceType};
use esker_model::{NO_PRODUCER_ID, ProducerEpoch, ProducerId};
use esker_protocol::messages::{InitProducerIdRequest, InitProducerIdResponse};
use std::sync::Arc;

/// First version that knows of fenced producers.
const FENCED_SINCE: i16 = 4;

impl Respond for InitProducerIdResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: InitProducerIdRequest) -> Answer<InitProducerIdResponse> {
    if let Err(code) = check(&api.access(cx), request.transactional_id.as_deref()) {
        return Answer::Now(refusal(code));
    }
    if (request.producer_id == NO_PRODUCER_ID) != (request.producer_epoch == NO_PRODUCER_EPOCH) {
        return Answer::Now(refusal(ErrorCode::InvalidRequest));
    }
    match request.transactional_id.is_some() {
        false => without_transactions(api),
        true => with_transactions(api, cx.version(), request),
    }
}

/// The identity of the transactional id, in an epoch that fences whoever had it before.
fn with_transactions(api: &Api, version: i16, request: InitProducerIdRequest) -> Answer<InitProducerIdResponse> {
    let transactions = Arc::clone(&api.services.transactions);
    Answer::settle(async move {
        let named = Producer { id: request.producer_id, epoch: request.producer_epoch };
        let expected = (named.id != NO_PRODUCER_ID).then_some(named);
        let wish = InitProducer { timeout_ms: request.transaction_timeout_ms, expected };
        let id = request.transactional_id.unwrap_or_default();
        match transactions.init_producer(&id, wish).await {
            Ok(producer) => granted(producer.id, producer.epoch),
            Err(error) => refusal(fenced_since(FENCED_SINCE, version, error.into())),
        }
    })
}

/// Whether a producer may have an identity: one without transactions if it may write anywhere.
fn check(access: &Access, transactional_id: Option<&str>) -> Result<(), ErrorCode> {
    match transactional_id {
        Some(id) if !access.transactional_id(AclOperation::Write, id) => {
            Err(ErrorCode::TransactionalIdAuthorizationFailed)
        }
        None if !access.sees(AclOperation::IdempotentWrite, AclResourceType::Cluster, CLUSTER_NAME)
            && !access.any(AclOperation::Write, AclResourceType::Topic) =>
        {
            Err(ErrorCode::ClusterAuthorizationFailed)
        }
        _ => Ok(()),
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
