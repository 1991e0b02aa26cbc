//! DescribeTransactions (65): transactional ids in full, for tools (KIP-664).
//!
//! Version 0.

use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_coordinator::transaction::TxnData;
use esker_metadata::AclOperation;
use esker_protocol::StrBytes;
use esker_protocol::messages::describe_transactions::{TopicData, TransactionState};
use esker_protocol::messages::{DescribeTransactionsRequest, DescribeTransactionsResponse};

impl Respond for DescribeTransactionsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.transaction_states.iter().map(|state| state.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: DescribeTransactionsRequest,
) -> Answer<DescribeTransactionsResponse> {
    let access = api.access(cx);
    let failed = |id: StrBytes, code: ErrorCode| TransactionState {
        error_code: code.number(),
        transactional_id: id.detach(),
        ..TransactionState::default()
    };
    let describe = |id: StrBytes| match api.services.transactions.describe(&id) {
        _ if !access.transactional_id(AclOperation::Describe, &id) => {
            failed(id, ErrorCode::TransactionalIdAuthorizationFailed)
        }
        Ok(data) => {
            let mut state = state(id, &data);
            state.topics.retain(|topic| access.topic(AclOperation::Describe, &topic.topic));
            state
        }
        Err(error) => failed(id, ErrorCode::from(error)),
    };
    Answer::Now(DescribeTransactionsResponse {
        transaction_states: request.transactional_ids.into_iter().map(describe).collect(),
        ..DescribeTransactionsResponse::default()
    })
}

fn state(id: StrBytes, data: &TxnData) -> TransactionState {
    TransactionState {
        error_code: ErrorCode::None.number(),
        transactional_id: id.detach(),
        transaction_state: data.state.name().into(),
        transaction_timeout_ms: data.timeout_ms,
        transaction_start_time_ms: data.start_ms,
        producer_id: data.producer_id,
        producer_epoch: data.epoch,
        topics: topics(data),
    }
}

/// The partitions of the transaction that still lack a marker, by topic.
fn topics(data: &TxnData) -> Vec<TopicData> {
    let mut topics: Vec<TopicData> = Vec::new();
    // They come sorted, so that those of a topic stand together.
    for partition in &data.partitions {
        match topics.last_mut().filter(|last| last.topic.as_str() == &*partition.topic) {
            Some(last) => last.partitions.push(partition.partition),
            None => topics
                .push(TopicData { topic: partition.topic.to_string().into(), partitions: vec![partition.partition] }),
        }
    }
    topics
}
