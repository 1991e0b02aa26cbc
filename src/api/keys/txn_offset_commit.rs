//! TxnOffsetCommit (28): offsets of a group are committed with a transaction, or not at all.
//!
//! Versions 0-5.
//! - 2: leader epochs; before, a coordinator that loads is one that is not available
//! - 3: the member is named, so that zombies of a group are fenced (KIP-447)
//! - 4: a transaction can be aborted to go on; 5: the group's partition joins the transaction by itself (KIP-890)
//!
//! The transaction's coordinator is asked first, as before a transaction's first record. Then the offsets are the group's to
//! take; they count once the end of the transaction is written to the group's partition.

use crate::answer::{Answer, Respond};
use crate::groups::{number, optional, text};
use crate::session::RequestContext;
use crate::{Api, ErrorCode, faults};
use esker_config::Value;
use esker_coordinator::group::{CommitAnswer, CommitPartition, CommitRequest, CommitTopic, GroupError, OFFSETS_TOPIC};
use esker_coordinator::transaction::{Admission, NotAdmitted, Producer, TxnError};
use esker_log::ToVerify;
use esker_metadata::AclOperation;
use esker_model::TopicPartition;
use esker_protocol::messages::txn_offset_commit::{
    TxnOffsetCommitRequestTopic, TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
};
use esker_protocol::messages::{TxnOffsetCommitRequest, TxnOffsetCommitResponse};
use std::collections::BTreeSet;
use std::time::Duration;

/// First version whose clients know of coordinators that load.
const LOADING_SINCE: i16 = 2;
/// First version whose clients know that a transaction can be aborted to go on.
const ABORTABLE_SINCE: i16 = 4;
/// First version by which the group's partition joins by itself.
const JOINS_SINCE: i16 = 5;

const VERIFICATION: &str = "transaction.partition.verification.enable";
const PATIENCE: &str = "add.partitions.to.txn.retry.backoff.max.ms";

impl Respond for TxnOffsetCommitResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.topics.iter().flat_map(|topic| &topic.partitions).map(|partition| partition.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: TxnOffsetCommitRequest,
) -> Answer<TxnOffsetCommitResponse> {
    let (access, image, version) = (api.access(cx), api.services.image.current(), cx.version());
    let denied = if !access.transactional_id(AclOperation::Write, &request.transactional_id) {
        Some(ErrorCode::TransactionalIdAuthorizationFailed)
    } else if !access.group(AclOperation::Read, &request.group_id) {
        Some(ErrorCode::GroupAuthorizationFailed)
    } else {
        None
    };
    let refuse = |topic: &str, partition: i32| {
        denied.or_else(|| {
            let readable = access.topic(AclOperation::Read, topic);
            let exists = image.topic_named(topic).is_some_and(|topic| topic.partition(partition).is_some());
            match (readable, exists) {
                (false, _) => Some(ErrorCode::TopicAuthorizationFailed),
                (true, false) => Some(ErrorCode::UnknownTopicOrPartition),
                (true, true) => None,
            }
        })
    };
    let (rows, topics) = sort(&request.topics, refuse);
    if topics.is_empty() {
        return Answer::Now(TxnOffsetCommitResponse { throttle_time_ms: 0, topics: rows });
    }
    let api = api.clone();
    Answer::settle(async move {
        let committed = match admit(&api, version, &request).await {
            Err(code) => Err(code),
            Ok(()) => commit(&api, &request, topics).await.map_err(|error| ErrorCode::from(error.fault)),
        };
        fill(rows, version, &committed)
    })
}

/// The row of each partition, refused ones with their code, and what goes to the group's coordinator.
fn sort(
    asked: &[TxnOffsetCommitRequestTopic],
    refuse: impl Fn(&str, i32) -> Option<ErrorCode>,
) -> (Vec<TxnOffsetCommitResponseTopic>, Vec<CommitTopic>) {
    let mut topics = Vec::new();
    let rows = asked.iter().map(|topic| {
        let mut taken = Vec::new();
        let partitions = topic.partitions.iter().map(|one| {
            let code = refuse(&topic.name, one.partition_index);
            if code.is_none() {
                taken.push(CommitPartition {
                    partition: one.partition_index,
                    offset: one.committed_offset,
                    leader_epoch: one.committed_leader_epoch,
                    metadata: one.committed_metadata.as_deref().map(Box::from),
                });
            }
            let error_code = code.unwrap_or(ErrorCode::None).number();
            TxnOffsetCommitResponsePartition { partition_index: one.partition_index, error_code }
        });
        let partitions = partitions.collect();
        if !taken.is_empty() {
            topics.push(CommitTopic { name: text(&topic.name), partitions: taken, ..CommitTopic::default() });
        }
        TxnOffsetCommitResponseTopic { name: topic.name.detach(), partitions }
    });
    let rows = rows.collect();
    (rows, topics)
}

/// Has the group's partition join the transaction, or looks whether it was added.
async fn admit(api: &Api, version: i16, request: &TxnOffsetCommitRequest) -> Result<(), ErrorCode> {
    if request.group_id.is_empty() {
        return Err(ErrorCode::InvalidGroupId);
    }
    let joins = version >= JOINS_SINCE;
    let values = api.services.configs.current();
    if !joins && values.get(VERIFICATION) != Value::Boolean(true) {
        return Ok(());
    }
    let number = api.services.groups.partition_for(&request.group_id).ok_or(ErrorCode::NotCoordinator)?;
    let producer = Producer { id: request.producer_id, epoch: request.producer_epoch };
    if is_open(api, number, producer, joins)? {
        return Ok(());
    }
    let partitions = BTreeSet::from([TopicPartition::new(OFFSETS_TOPIC, number)]);
    let patience = values.get(PATIENCE).as_i64().and_then(|millis| u64::try_from(millis).ok()).unwrap_or(0);
    let (how, patience) = match joins {
        true => (Admission::Add, Duration::from_millis(patience)),
        false => (Admission::Verify, Duration::ZERO),
    };
    let id = &request.transactional_id;
    let answers = api.services.transactions.admit(id, producer, &partitions, how, patience).await;
    match answers.into_iter().next() {
        Some(Err(NotAdmitted::NotAdded)) if version >= ABORTABLE_SINCE => Err(ErrorCode::TransactionAbortable),
        Some(Err(NotAdmitted::NotAdded)) => Err(ErrorCode::InvalidTxnState),
        Some(Err(NotAdmitted::Txn(TxnError::Fenced))) => Err(ErrorCode::InvalidProducerEpoch),
        Some(Err(NotAdmitted::Txn(error))) => Err(error.into()),
        Some(Ok(())) | None => Ok(()),
    }
}

/// Whether the producer's transaction has written to the group's partition already.
fn is_open(api: &Api, number: i32, producer: Producer, joins: bool) -> Result<bool, ErrorCode> {
    let image = api.services.image.current();
    let topic = image.topic_named(OFFSETS_TOPIC).ok_or(ErrorCode::NotCoordinator)?;
    let partition = api.services.replicas.partition(topic.id, number).map_err(|_| ErrorCode::NotCoordinator)?;
    let who = ToVerify { producer_id: producer.id, epoch: producer.epoch, base_sequence: -1, bumps_epoch: joins };
    let guard = partition.begin_verification(&who).map_err(|fault| match faults::append(&fault) {
        ErrorCode::NotLeaderOrFollower | ErrorCode::KafkaStorageError => ErrorCode::NotCoordinator,
        code => code,
    })?;
    Ok(guard.is_none())
}

async fn commit(
    api: &Api,
    request: &TxnOffsetCommitRequest,
    topics: Vec<CommitTopic>,
) -> Result<CommitAnswer, GroupError> {
    let commit = CommitRequest {
        group: text(&request.group_id),
        generation: request.generation_id,
        member: text(&request.member_id),
        instance: optional(&request.group_instance_id),
        retention_ms: -1,
        topics,
        member_epochs: true,
        producer: Some((request.producer_id, request.producer_epoch)),
    };
    api.services.groups.commit(&commit).wait().await
}

/// Puts what became of the offsets into the rows that were not refused.
fn fill(
    mut rows: Vec<TxnOffsetCommitResponseTopic>,
    version: i16,
    committed: &Result<CommitAnswer, ErrorCode>,
) -> TxnOffsetCommitResponse {
    let told = |code: i16| match ErrorCode::from_number(code) {
        Some(ErrorCode::CoordinatorLoadInProgress) if version < LOADING_SINCE => {
            ErrorCode::CoordinatorNotAvailable.number()
        }
        _ => code,
    };
    let mut topic_at = 0;
    for row in &mut rows {
        let mut partition_at = 0;
        for partition in row.partitions.iter_mut().filter(|partition| partition.error_code == 0) {
            partition.error_code = told(match committed {
                Err(code) => code.number(),
                Ok(faults) => {
                    let fault = faults.get(topic_at).and_then(|faults| faults.get(partition_at)).copied().flatten();
                    number(fault)
                }
            });
            partition_at += 1;
        }
        topic_at += usize::from(partition_at > 0);
    }
    TxnOffsetCommitResponse { throttle_time_ms: 0, topics: rows }
}
