//! EndTxn (26): a producer commits or aborts its transaction.
//!
//! Versions 0-5.
//! - 2: a fenced producer is told so; before, that its epoch is not valid
//! - 5: by the rules of transaction version 2: the transaction's end makes the epoch grow, and the answer says to what (KIP-890)

use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::txn_fault::fenced_since;
use crate::{Api, ErrorCode};
use esker_coordinator::transaction::{NO_PRODUCER_EPOCH, NO_PRODUCER_ID, Outcome, Producer, TransactionVersion};
use esker_metadata::AclOperation;
use esker_protocol::messages::{EndTxnRequest, EndTxnResponse};
use std::sync::Arc;

/// First version that knows of fenced producers.
const FENCED_SINCE: i16 = 2;
/// First version by whose rules every transaction has its own epoch.
const EPOCHS_SINCE: i16 = 5;

impl Respond for EndTxnResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: EndTxnRequest) -> Answer<EndTxnResponse> {
    if !api.access(cx).transactional_id(AclOperation::Write, &request.transactional_id) {
        let error_code = ErrorCode::TransactionalIdAuthorizationFailed.number();
        return Answer::Now(EndTxnResponse { error_code, ..EndTxnResponse::default() });
    }
    let (transactions, version) = (Arc::clone(&api.services.transactions), cx.version());
    Answer::settle(async move {
        let producer = Producer { id: request.producer_id, epoch: request.producer_epoch };
        let outcome = if request.committed { Outcome::Commit } else { Outcome::Abort };
        let rules = if version >= EPOCHS_SINCE { TransactionVersion::V2 } else { TransactionVersion::V0 };
        let ended = transactions.end(&request.transactional_id, producer, outcome, rules).await;
        let none = Producer { id: NO_PRODUCER_ID, epoch: NO_PRODUCER_EPOCH };
        let (code, producer) = match ended {
            Ok(producer) => (ErrorCode::None, producer),
            Err(error) => (fenced_since(FENCED_SINCE, version, error.into()), none),
        };
        let told = if version >= EPOCHS_SINCE { producer } else { none };
        EndTxnResponse {
            error_code: code.number(),
            producer_id: told.id,
            producer_epoch: told.epoch,
            ..EndTxnResponse::default()
        }
    })
}
