//! AddOffsetsToTxn (25): the offsets of a group join a transaction, by the partition that will hold them.
//!
//! Versions 0-4; by the rules of transaction version 2 clients do not send it.
//! - 2: a fenced producer is told so; before, that its epoch is not valid

use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::txn_fault::fenced_since;
use crate::{Api, ErrorCode};
use esker_coordinator::group::OFFSETS_TOPIC;
use esker_coordinator::partition_of;
use esker_coordinator::transaction::{Producer, TransactionVersion};
use esker_metadata::AclOperation;
use esker_model::TopicPartition;
use esker_protocol::messages::{AddOffsetsToTxnRequest, AddOffsetsToTxnResponse};
use std::collections::BTreeSet;
use std::sync::Arc;

/// First version that knows of fenced producers.
const FENCED_SINCE: i16 = 2;
const OFFSETS_PARTITIONS: &str = "offsets.topic.num.partitions";

impl Respond for AddOffsetsToTxnResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: AddOffsetsToTxnRequest,
) -> Answer<AddOffsetsToTxnResponse> {
    let access = api.access(cx);
    let refused = if !access.transactional_id(AclOperation::Write, &request.transactional_id) {
        Some(ErrorCode::TransactionalIdAuthorizationFailed)
    } else if !access.group(AclOperation::Read, &request.group_id) {
        Some(ErrorCode::GroupAuthorizationFailed)
    } else {
        None
    };
    if let Some(code) = refused {
        let error_code = code.number();
        return Answer::Now(AddOffsetsToTxnResponse { error_code, ..AddOffsetsToTxnResponse::default() });
    }
    let (transactions, version) = (Arc::clone(&api.services.transactions), cx.version());
    let partitions = BTreeSet::from([offsets_partition(api, &request.group_id)]);
    Answer::settle(async move {
        let producer = Producer { id: request.producer_id, epoch: request.producer_epoch };
        let id = &request.transactional_id;
        let added = transactions.add_partitions(id, producer, &partitions, TransactionVersion::V0).await;
        let code = added.map_or_else(|error| fenced_since(FENCED_SINCE, version, error.into()), |()| ErrorCode::None);
        AddOffsetsToTxnResponse { error_code: code.number(), ..AddOffsetsToTxnResponse::default() }
    })
}

/// The partition that holds the offsets of a group, or will once the topic is there.
fn offsets_partition(api: &Api, group: &str) -> TopicPartition {
    let image = api.services.image.current();
    let there = image.topic_named(OFFSETS_TOPIC).map(|topic| topic.partitions.len());
    let wanted = || api.services.configs.current().get(OFFSETS_PARTITIONS).as_i64();
    let count = there.and_then(|count| i32::try_from(count).ok()).or_else(|| i32::try_from(wanted()?).ok());
    TopicPartition::new(OFFSETS_TOPIC, partition_of(group, count.unwrap_or(1).max(1)))
}
