//! Transactional batches before they are appended: whether their transaction is open is asked of its coordinator (KIP-890).
//!
//! By version 12 and newer ones the partition joins the transaction with its first batch. Before, the producer has added it,
//! and it is only looked up. In either case the partition gives a guard out first: an end of the transaction takes it back, so
//! that no batch slips in behind.

use crate::access::Access;
use crate::session::RequestContext;
use crate::{Api, ErrorCode, faults};
use esker_config::Value;
use esker_coordinator::transaction::{Admission, NotAdmitted, Producer, TxnError};
use esker_log::{ToVerify, Verification, VerificationGuard};
use esker_metadata::{AclOperation, AclResourceType, ClusterImage, Topic};
use esker_model::{TopicId, TopicPartition};
use esker_protocol::messages::ProduceRequest;
use esker_record::BatchHeader;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// First version by which partitions join transactions with their first batch.
const JOINS_SINCE: i16 = 12;
/// First version whose clients know that a transaction can be aborted to go on.
const ABORTABLE_SINCE: i16 = 11;
/// First version in which topics go by their ids.
const TOPIC_IDS_SINCE: i16 = 13;

const ENABLED: &str = "transaction.partition.verification.enable";
const PATIENCE: &str = "add.partitions.to.txn.retry.backoff.max.ms";

/// Why a batch is not appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub code: ErrorCode,
    /// A sentence, where Kafka has one of its own.
    pub text: Option<String>,
}

impl Refusal {
    fn of(code: ErrorCode) -> Self {
        Self { code, text: None }
    }
}

/// What was found out about the transactional batches of a request.
#[derive(Debug, Default)]
pub(super) struct Admitted {
    /// Whether logs insist on guards.
    insists: bool,
    /// Why nothing of the request is appended.
    refused: Option<Refusal>,
    partitions: HashMap<(TopicId, i32), Result<Option<VerificationGuard>, Refusal>>,
}

impl Admitted {
    /// What a log is told about a batch for one of its partitions; or why it is not to be appended.
    pub fn verification(&self, topic: TopicId, partition: i32) -> Result<Verification, Refusal> {
        if let Some(refused) = &self.refused {
            return Err(refused.clone());
        }
        let guard = self.partitions.get(&(topic, partition)).cloned().unwrap_or(Ok(None))?;
        Ok(if self.insists { Verification::Needed(guard) } else { Verification::NotNeeded })
    }
}

/// A transactional batch of a request.
struct Batch {
    topic: TopicId,
    at: TopicPartition,
    header: BatchHeader,
}

/// Whether a request has something to be asked about before it is appended.
pub(super) fn is_transactional(request: &ProduceRequest) -> bool {
    request.transactional_id.is_some() && headers(request).any(|header| header.attributes.is_transactional())
}

/// The headers of all batches that have one.
pub(super) fn headers(request: &ProduceRequest) -> impl Iterator<Item = BatchHeader> {
    let partitions = request.topic_data.iter().flat_map(|topic| &topic.partition_data);
    partitions.filter_map(|partition| partition.records.as_deref().and_then(BatchHeader::parse))
}

/// Asks about all transactional batches of a request.
///
/// What whoever asks may not write joins no transaction: it is refused where it would be appended.
pub(super) async fn admit(api: &Api, cx: &RequestContext, request: &ProduceRequest) -> Admitted {
    let (version, access) = (cx.version(), api.access(cx));
    let values = api.services.configs.current();
    let insists = values.get(ENABLED) == Value::Boolean(true);
    let Some(id) = &request.transactional_id else { return Admitted { insists, ..Admitted::default() } };
    if !access.sees(AclOperation::Write, AclResourceType::TransactionalId, id) {
        return Admitted { insists, ..Admitted::default() };
    }
    let batches = batches(&api.services.image.current(), &access, version, request);
    let Some(first) = batches.first() else { return Admitted { insists, ..Admitted::default() } };
    let producer = Producer { id: first.header.producer_id, epoch: first.header.producer_epoch };
    let same = |it: &Batch| (it.header.producer_id, it.header.producer_epoch) == (producer.id, producer.epoch);
    if !batches.iter().all(same) {
        let refused = Some(Refusal::of(ErrorCode::InvalidProducerIdMapping));
        return Admitted { insists, refused, ..Admitted::default() };
    }
    let joins = version >= JOINS_SINCE;
    if !joins && !insists {
        return Admitted::default();
    }
    let mut partitions = begin(api, &batches, joins);
    let guarded = |it: &&Batch| matches!(partitions.get(&(it.topic, it.at.partition)), Some(Ok(Some(_))));
    let asked: BTreeMap<TopicPartition, TopicId> =
        batches.iter().filter(guarded).map(|it| (it.at.clone(), it.topic)).collect();
    let names: BTreeSet<TopicPartition> = asked.keys().cloned().collect();
    if !names.is_empty() {
        let how = if joins { Admission::Add } else { Admission::Verify };
        let patience = if joins { patience(api) } else { Duration::ZERO };
        let answers = api.services.transactions.admit(id, producer, &names, how, patience).await;
        for ((at, topic), answer) in asked.iter().zip(answers) {
            if let Err(fault) = answer {
                partitions.insert((*topic, at.partition), Err(refusal(version, fault)));
            }
        }
    }
    Admitted { insists, refused: None, partitions }
}

fn batches(image: &ClusterImage, access: &Access, version: i16, request: &ProduceRequest) -> Vec<Batch> {
    let mut batches = Vec::new();
    for topic in &request.topic_data {
        let found = match version >= TOPIC_IDS_SINCE {
            true => image.topic(TopicId(topic.topic_id)),
            false => image.topic_named(&topic.name),
        };
        let may_write = |topic: &&Topic| access.sees(AclOperation::Write, AclResourceType::Topic, &topic.name);
        let Some(found) = found.map(|found| &**found).filter(may_write) else { continue };
        let name: Arc<str> = found.name.as_ref().into();
        for partition in &topic.partition_data {
            let header = partition.records.as_deref().and_then(BatchHeader::parse);
            if let Some(header) = header.filter(|header| header.attributes.is_transactional()) {
                let at = TopicPartition::new(Arc::clone(&name), partition.index);
                batches.push(Batch { topic: found.id, at, header });
            }
        }
    }
    batches
}

/// A guard for each partition in which the transaction is not open yet.
fn begin(
    api: &Api,
    batches: &[Batch],
    joins: bool,
) -> HashMap<(TopicId, i32), Result<Option<VerificationGuard>, Refusal>> {
    let begin = |it: &Batch| {
        let partition = api.services.replicas.partition(it.topic, it.at.partition);
        let partition = partition.map_err(|fault| Refusal::of(faults::absent(&fault)))?;
        let who = ToVerify {
            producer_id: it.header.producer_id,
            epoch: it.header.producer_epoch,
            base_sequence: it.header.base_sequence,
            bumps_epoch: joins,
        };
        partition.begin_verification(&who).map_err(|fault| Refusal::of(faults::append(&fault)))
    };
    batches.iter().map(|it| ((it.topic, it.at.partition), begin(it))).collect()
}

fn patience(api: &Api) -> Duration {
    let configured = api.services.configs.current().get(PATIENCE).as_i64().unwrap_or(0);
    let configured = Duration::from_millis(u64::try_from(configured).unwrap_or(0));
    configured.min(api.services.config.network.request_timeout)
}

/// What a client of a version is told of a batch that was not admitted.
fn refusal(version: i16, fault: NotAdmitted) -> Refusal {
    let error = match fault {
        NotAdmitted::NotAdded if version >= ABORTABLE_SINCE => return Refusal::of(ErrorCode::TransactionAbortable),
        NotAdmitted::NotAdded => return not_added(),
        NotAdmitted::Txn(error) => error,
    };
    match (error, ErrorCode::from(error)) {
        (TxnError::Fenced, _) => Refusal::of(ErrorCode::InvalidProducerEpoch),
        (TxnError::Concurrent, code) if version >= JOINS_SINCE => Refusal::of(code),
        // Every client tries again where replicas are missing.
        (
            TxnError::Concurrent
            | TxnError::NotCoordinator
            | TxnError::Loading
            | TxnError::NotAvailable
            | TxnError::NoProducerId,
            code,
        ) => Refusal {
            code: ErrorCode::NotEnoughReplicas,
            text: Some(format!(
                "Unable to verify the partition has been added to the transaction. Underlying error: {}",
                code.name()
            )),
        },
        (TxnError::InvalidState, _) => not_added(),
        (_, code) => Refusal::of(code),
    }
}

fn not_added() -> Refusal {
    let text = Some("Partition was not added to the transaction".to_owned());
    Refusal { code: ErrorCode::InvalidTxnState, text }
}
