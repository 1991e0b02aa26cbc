//! ListTransactions (66): the transactional ids that this broker coordinates, for tools (KIP-664).
//!
//! Versions 0-2.
//! - 1: only those that are open for longer than a duration (KIP-994)
//! - 2: only those whose id matches a pattern (KIP-1152)

use crate::access::Access;
use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_coordinator::transaction::{IdPattern, ListFilter, Listed, TxnError};
use esker_metadata::{AclOperation, AclResourceType};
use esker_protocol::messages::list_transactions::TransactionState;
use esker_protocol::messages::{ListTransactionsRequest, ListTransactionsResponse};

impl Respond for ListTransactionsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: ListTransactionsRequest,
) -> Answer<ListTransactionsResponse> {
    Answer::Now(list(api, &api.access(cx), request).unwrap_or_else(|code| ListTransactionsResponse {
        error_code: code.number(),
        ..ListTransactionsResponse::default()
    }))
}

fn list(api: &Api, access: &Access, request: ListTransactionsRequest) -> Result<ListTransactionsResponse, ErrorCode> {
    let text = request.transactional_id_pattern.filter(|text| !text.is_empty());
    let pattern = text.map(|text| IdPattern::new(&text)).transpose();
    let filter = ListFilter {
        producer_ids: request.producer_id_filters.into_iter().collect(),
        states: request.state_filters.iter().map(|name| name.to_string()).collect(),
        duration_ms: request.duration_filter,
        pattern: pattern.as_ref().ok().cloned().flatten(),
    };
    let listed = api.services.transactions.list(&filter).map_err(|error: TxnError| ErrorCode::from(error))?;
    // A coordinator that loads says so before it looks at the pattern.
    pattern.map_err(|_| ErrorCode::InvalidRegularExpression)?;
    let seen = |listed: &Listed| access.sees(AclOperation::Describe, AclResourceType::TransactionalId, &listed.id);
    Ok(ListTransactionsResponse {
        unknown_state_filters: filter.unknown_states().map(|name| name.to_owned().into()).collect(),
        transaction_states: listed.into_iter().filter(seen).map(row).collect(),
        ..ListTransactionsResponse::default()
    })
}

fn row(listed: Listed) -> TransactionState {
    TransactionState {
        transactional_id: listed.id.into(),
        producer_id: listed.producer_id,
        transaction_state: listed.state.name().into(),
    }
}
