//! The rows of a response, and what must still happen before it leaves.

use crate::cluster_view::ClusterView;
use crate::leaders::Leaders;
use crate::{ErrorCode, faults};
use esker_log::AppendError;
use esker_metadata::Topic;
use esker_model::{Offset, TopicId};
use esker_protocol::StrBytes;
use esker_protocol::messages::ProduceResponse;
use esker_protocol::messages::produce::{
    BatchIndexAndErrorMessage, LeaderIdAndEpoch, NodeEndpoint, PartitionProduceResponse, TopicProduceResponse,
};
use esker_record::{InspectError, Rejection, RejectionReason, Rejections, Severity};
use esker_replication::{AckFault, AckTicket, AppendFault, Appended};

/// First version that says where the leader is.
const LEADERS_SINCE: i16 = 10;
/// Length of the smallest record that ever was, one of format 0.
const RECORD_OVERHEAD: i32 = 14;
/// Refused records that Kafka's sentence for people names.
const NAMED_REJECTIONS: usize = 3;

/// The rows of a response that is being written.
#[derive(Debug)]
pub(super) struct Rows {
    topics: Vec<TopicProduceResponse>,
    /// The identity of each topic, where it has one.
    ids: Vec<TopicId>,
    /// What is waited for, and in which row: number of the topic, then of the partition.
    tickets: Vec<AckTicket>,
    waiting: Vec<(usize, usize)>,
    any_failed: bool,
}

impl Rows {
    /// Rows for so many topics.
    pub fn with_capacity(topics: usize) -> Self {
        let (waiting, tickets) = (Vec::new(), Vec::new());
        Self {
            topics: Vec::with_capacity(topics),
            ids: Vec::with_capacity(topics),
            tickets,
            waiting,
            any_failed: false,
        }
    }

    /// Begins a topic, by the name or id that the client gave it.
    pub fn topic(&mut self, name: StrBytes, named_id: TopicId, id: TopicId, partitions: usize) {
        let partition_responses = Vec::with_capacity(partitions);
        // The response may wait, and must not keep the request's records in memory.
        self.topics.push(TopicProduceResponse { name: name.detach(), topic_id: named_id.0, partition_responses });
        self.ids.push(id);
    }

    /// A batch that was appended.
    pub fn appended(&mut self, index: i32, appended: Appended) {
        let info = appended.info;
        self.push(PartitionProduceResponse {
            index,
            base_offset: info.base_offset,
            log_append_time_ms: info.log_append_time_ms,
            log_start_offset: info.log_start_offset,
            ..PartitionProduceResponse::default()
        });
        let topic = self.topics.len() - 1;
        self.waiting.push((topic, self.topics[topic].partition_responses.len() - 1));
        self.tickets.push(appended.ticket);
    }

    /// A partition to which nothing could be appended.
    pub fn failed(&mut self, index: i32, code: ErrorCode) {
        self.any_failed = true;
        self.push(PartitionProduceResponse {
            index,
            error_code: code.number(),
            base_offset: -1,
            ..PartitionProduceResponse::default()
        });
    }

    /// A partition to which nothing could be appended, with a sentence for people.
    pub fn failed_with(&mut self, index: i32, code: ErrorCode, text: Option<String>) {
        self.failed(index, code);
        if let Some(row) = self.topics.last_mut().and_then(|topic| topic.partition_responses.last_mut()) {
            row.error_message = text.map(StrBytes::from);
        }
    }

    /// A batch that the log of a partition refused.
    pub fn refused(&mut self, index: i32, topic: &Topic, log_start: Offset, fault: &AppendFault) {
        self.failed(index, faults::append(fault));
        let Some(row) = self.topics.last_mut().and_then(|topic| topic.partition_responses.last_mut()) else { return };
        if tells_log_start(fault) {
            row.log_start_offset = log_start;
        }
        if let AppendFault::Log(AppendError::Rejected(rejected)) = fault {
            match rejected {
                InspectError::Rejected(rejections) => {
                    row.record_errors = rejections.first.iter().map(|it| record_error(it, topic, index)).collect();
                    row.error_message = Some(sentence(rejections, &row.record_errors).into());
                }
                InspectError::UnknownFormat(magic) => {
                    row.error_message = Some(format!("Invalid magic found in record: {magic}").into());
                }
                InspectError::BatchLength(length) if *length < RECORD_OVERHEAD => {
                    let overhead = RECORD_OVERHEAD;
                    let text = format!("Record size {length} is less than the minimum record overhead ({overhead})");
                    row.error_message = Some(text.into());
                }
                _ => {}
            }
        }
    }

    fn push(&mut self, row: PartitionProduceResponse) {
        if let Some(topic) = self.topics.last_mut() {
            topic.partition_responses.push(row);
        }
    }

    /// Whether any row has an error.
    pub fn any_failed(&self) -> bool {
        self.any_failed
    }

    /// What must still happen.
    pub fn take_tickets(&mut self) -> Vec<AckTicket> {
        std::mem::take(&mut self.tickets)
    }

    /// The response, once it is decided what became of each ticket.
    pub fn finish(
        mut self,
        acknowledged: Vec<Result<(), AckFault>>,
        view: ClusterView<'_>,
        version: i16,
    ) -> ProduceResponse {
        assert_eq!(acknowledged.len(), self.waiting.len(), "each ticket has one result");
        for ((topic, row), result) in self.waiting.iter().zip(acknowledged) {
            if let Err(fault) = result {
                // The offset stays: the records are in the log, whatever becomes of them.
                self.topics[*topic].partition_responses[*row].error_code = faults::ack(&fault).number();
            }
        }
        let node_endpoints = if version >= LEADERS_SINCE { self.tell_leaders(view) } else { Vec::new() };
        ProduceResponse { responses: self.topics, throttle_time_ms: 0, node_endpoints }
    }

    /// Tells whoever asked the wrong broker where the leaders are.
    fn tell_leaders(&mut self, view: ClusterView<'_>) -> Vec<NodeEndpoint> {
        let mut leaders = Leaders::new(view);
        for (topic, id) in self.topics.iter_mut().zip(&self.ids) {
            let astray =
                |row: &&mut PartitionProduceResponse| row.error_code == ErrorCode::NotLeaderOrFollower.number();
            for row in topic.partition_responses.iter_mut().filter(astray) {
                let (leader_id, leader_epoch) = leaders.tell(*id, row.index);
                row.current_leader = LeaderIdAndEpoch { leader_id, leader_epoch };
            }
        }
        let endpoints = leaders.into_endpoints();
        endpoints.map(|it| NodeEndpoint { node_id: it.node_id, host: it.host, port: it.port, rack: it.rack }).collect()
    }
}

/// Whether the row of a batch that was refused tells the log start: Kafka does where the log itself refused the batch for what is in it, and
/// not where it is damaged, too large, or no single batch at all.
fn tells_log_start(fault: &AppendFault) -> bool {
    match fault {
        AppendFault::NotEnoughReplicas(_) => true,
        AppendFault::Log(AppendError::Rejected(rejected)) => match rejected {
            InspectError::NoBatch { .. }
            | InspectError::OldFormat(_)
            | InspectError::MoreThanOneBatch { .. }
            | InspectError::ZstdNotAllowed => false,
            _ => matches!(rejected.severity(), Severity::InvalidRecord | Severity::InvalidTimestamp),
        },
        AppendFault::Log(AppendError::Producer(_)) => true,
        _ => false,
    }
}

fn record_error(rejection: &Rejection, topic: &Topic, partition: i32) -> BatchIndexAndErrorMessage {
    let message = match rejection.reason {
        RejectionReason::NoKey => {
            format!("Compacted topic cannot accept message without key in topic partition {}-{partition}", topic.name)
        }
        RejectionReason::Timestamp { timestamp, earliest, latest } => format!(
            "Timestamp {timestamp} of message with offset {} is out of range. The timestamp should be within [{earliest}, {latest}]",
            rejection.index
        ),
    };
    BatchIndexAndErrorMessage { batch_index: rejection.index, batch_index_error_message: Some(message.into()) }
}

/// Kafka's sentence about all refused records.
fn sentence(rejections: &Rejections, errors: &[BatchIndexAndErrorMessage]) -> String {
    if rejections.any_timestamp {
        return "One or more records have been rejected due to invalid timestamp".into();
    }
    let named = errors.iter().take(NAMED_REJECTIONS).map(|error| {
        let message = error.batch_index_error_message.as_deref().unwrap_or_default();
        format!("RecordError(batchIndex={}, message='{message}')", error.batch_index)
    });
    let named: Vec<String> = named.collect();
    format!(
        "One or more records have been rejected due to {} record errors in total, and only showing the first three errors at most: [{}]",
        rejections.total,
        named.join(", ")
    )
}
