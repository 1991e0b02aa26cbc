//! AddPartitionsToTxn (24): partitions join a transaction, or are looked up in it.
//!
//! Versions 0-5.
//! - 2: a fenced producer is told so; before, that its epoch is not valid
//! - 4: for brokers: many transactions at once, and looking up without adding (KIP-890)
//! - 5: the same, by the rules of transaction version 2
//!
//! All partitions of a transaction are added, or none: where one does not exist, or may not be written to, the others are
//! not attempted.

use crate::access::Access;
use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::txn_fault::fenced_since;
use crate::{Api, ErrorCode};
use esker_coordinator::transaction::{Producer, TransactionCoordinator, TransactionVersion};
use esker_metadata::{AclOperation, ClusterImage};
use esker_model::{TopicPartition, is_internal_topic};
use esker_protocol::StrBytes;
use esker_protocol::messages::add_partitions_to_txn::{
    AddPartitionsToTxnPartitionResult, AddPartitionsToTxnResult, AddPartitionsToTxnTopic,
    AddPartitionsToTxnTopicResult, AddPartitionsToTxnTransaction,
};
use esker_protocol::messages::{AddPartitionsToTxnRequest, AddPartitionsToTxnResponse};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// First version that knows of fenced producers.
const FENCED_SINCE: i16 = 2;
/// First version that brokers speak, with many transactions in a request.
const BATCHES_SINCE: i16 = 4;

impl Respond for AddPartitionsToTxnResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        let batches = self.results_by_transaction.iter().flat_map(|transaction| &transaction.topic_results);
        let topics = self.results_by_topic_v3_and_below.iter().chain(batches);
        let rows = topics.flat_map(|topic| &topic.results_by_partition).map(|row| row.partition_error_code);
        std::iter::once(self.error_code).chain(rows)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: AddPartitionsToTxnRequest,
) -> Answer<AddPartitionsToTxnResponse> {
    let (transactions, image, version) =
        (Arc::clone(&api.services.transactions), api.services.image.current(), cx.version());
    let access = api.access(cx);
    if version >= BATCHES_SINCE
        && let Err(code) = access.require_cluster(AclOperation::ClusterAction)
    {
        let error_code = code.number();
        return Answer::Now(AddPartitionsToTxnResponse { error_code, ..AddPartitionsToTxnResponse::default() });
    }
    Answer::settle(async move {
        if version >= BATCHES_SINCE {
            let mut results = Vec::with_capacity(request.transactions.len());
            for transaction in request.transactions {
                results.push(one(&transactions, &image, &access, version, transaction).await);
            }
            return AddPartitionsToTxnResponse { results_by_transaction: results, ..Default::default() };
        }
        let transaction = AddPartitionsToTxnTransaction {
            transactional_id: request.v3_and_below_transactional_id,
            producer_id: request.v3_and_below_producer_id,
            producer_epoch: request.v3_and_below_producer_epoch,
            verify_only: false,
            topics: request.v3_and_below_topics,
        };
        let result = one(&transactions, &image, &access, version, transaction).await;
        AddPartitionsToTxnResponse { results_by_topic_v3_and_below: result.topic_results, ..Default::default() }
    })
}

/// What becomes of one transaction of a request.
async fn one(
    transactions: &Arc<TransactionCoordinator>,
    image: &ClusterImage,
    access: &Access,
    version: i16,
    asked: AddPartitionsToTxnTransaction,
) -> AddPartitionsToTxnResult {
    let id = asked.transactional_id;
    let wanted: BTreeSet<TopicPartition> = partitions(&asked.topics).collect();
    if version < BATCHES_SINCE && !access.transactional_id(AclOperation::Write, &id) {
        let codes = all(&wanted, ErrorCode::TransactionalIdAuthorizationFailed);
        return AddPartitionsToTxnResult { transactional_id: id.detach(), topic_results: rows(asked.topics, &codes) };
    }
    let refused = refusals(image, access, version, &wanted);
    let producer = Producer { id: asked.producer_id, epoch: asked.producer_epoch };
    let codes: BTreeMap<TopicPartition, ErrorCode> = if !refused.is_empty() {
        let code = |it: &TopicPartition| refused.get(it).copied().unwrap_or(ErrorCode::OperationNotAttempted);
        wanted.iter().map(|it| (it.clone(), code(it))).collect()
    } else if asked.verify_only {
        match transactions.verify_partitions(&id, producer, &wanted) {
            Ok(found) => {
                let code = |found| if found { ErrorCode::None } else { ErrorCode::TransactionAbortable };
                wanted.iter().cloned().zip(found.into_iter().map(code)).collect()
            }
            Err(error) => all(&wanted, error.into()),
        }
    } else {
        // Of clients come versions 0 to 3, which are those of the rules from before version 2.
        let rules = if version >= BATCHES_SINCE { TransactionVersion::V2 } else { TransactionVersion::V0 };
        let added = transactions.add_partitions(&id, producer, &wanted, rules).await;
        let code = added.map_or_else(|error| fenced_since(FENCED_SINCE, version, error.into()), |()| ErrorCode::None);
        all(&wanted, code)
    };
    AddPartitionsToTxnResult { transactional_id: id.detach(), topic_results: rows(asked.topics, &codes) }
}

fn partitions(topics: &[AddPartitionsToTxnTopic]) -> impl Iterator<Item = TopicPartition> {
    topics.iter().flat_map(|topic| {
        let name: Arc<str> = topic.name.as_str().into();
        topic.partitions.iter().map(move |partition| TopicPartition::new(Arc::clone(&name), *partition))
    })
}

/// Partitions that cannot be added, and why.
fn refusals(
    image: &ClusterImage,
    access: &Access,
    version: i16,
    wanted: &BTreeSet<TopicPartition>,
) -> BTreeMap<TopicPartition, ErrorCode> {
    let refusal = |it: &TopicPartition| {
        // A client has no business with the broker's own topics: offsets come by another request.
        let is_closed = || is_internal_topic(&it.topic) || !access.topic(AclOperation::Write, &it.topic);
        if version < BATCHES_SINCE && is_closed() {
            return Some(ErrorCode::TopicAuthorizationFailed);
        }
        let exists = image.topic_named(&it.topic).is_some_and(|topic| topic.partition(it.partition).is_some());
        (!exists).then_some(ErrorCode::UnknownTopicOrPartition)
    };
    wanted.iter().filter_map(|it| Some((it.clone(), refusal(it)?))).collect()
}

fn all(wanted: &BTreeSet<TopicPartition>, code: ErrorCode) -> BTreeMap<TopicPartition, ErrorCode> {
    wanted.iter().map(|it| (it.clone(), code)).collect()
}

/// One row for each partition as it was asked for.
fn rows(
    topics: Vec<AddPartitionsToTxnTopic>,
    codes: &BTreeMap<TopicPartition, ErrorCode>,
) -> Vec<AddPartitionsToTxnTopicResult> {
    let topic = |topic: AddPartitionsToTxnTopic| {
        let name: Arc<str> = topic.name.as_str().into();
        let row = |partition_index: i32| {
            let code = codes.get(&TopicPartition::new(Arc::clone(&name), partition_index)).copied();
            let partition_error_code = code.unwrap_or(ErrorCode::UnknownTopicOrPartition).number();
            AddPartitionsToTxnPartitionResult { partition_index, partition_error_code }
        };
        let results_by_partition = topic.partitions.into_iter().map(row).collect();
        AddPartitionsToTxnTopicResult { name: StrBytes::from(name.to_string()), results_by_partition }
    };
    topics.into_iter().map(topic).collect()
}
