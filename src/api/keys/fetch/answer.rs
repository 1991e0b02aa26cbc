//! From what replication answers to the response.

use super::ask::{Plan, TOPIC_IDS_SINCE};
use super::session_error;
use crate::cluster_view::ClusterView;
use crate::fetch_session::{Context, PartitionKey, SessionError, Shown, TopicKey, Wanted};
use crate::fetched::Fetched;
use crate::leaders::Leaders;
use crate::session::RequestContext;
use crate::{Api, ErrorCode, faults};
use esker_log::Compression;
use esker_model::TopicId;
use esker_protocol::StrBytes;
use esker_protocol::messages::fetch::{
    AbortedTransaction, EpochEndOffset, FetchableTopicResponse, LeaderIdAndEpoch, NodeEndpoint, PartitionData,
};
use esker_protocol::messages::{FetchRequest, FetchResponse};
use esker_protocol::wire::encode::RecordSource;
use esker_record::Codec;
use esker_replication::{Aborted, FetchAnswer};
use esker_security::QuotaKind;
use std::time::Duration;

type Row = PartitionData<Fetched>;

/// About how many bytes of an answer a partition takes without records.
const ROW_BYTES: usize = 40;
/// First version that says where the leader is.
const LEADERS_SINCE: i16 = 16;
/// First version whose clients know Zstandard.
const ZSTD_SINCE: i16 = 10;
/// Last version whose clients do not know KAFKA_STORAGE_ERROR.
const NO_STORAGE_ERROR_UNTIL: i16 = 5;

/// An answer to be put together.
pub(super) struct Assembly {
    pub context: Context,
    pub plan: Plan,
    pub version: i16,
    /// Whether aborted transactions are told.
    pub committed: bool,
    /// The request of a consumer, whose bytes count; `None` for a follower's.
    pub reader: Option<RequestContext>,
}

impl Assembly {
    /// The response, once every fetched partition has its answer.
    pub fn finish(self, api: &Api, view: ClusterView<'_>, answers: Vec<FetchAnswer>) -> FetchResponse<Fetched> {
        let Plan { wanted, fetched, refused } = self.plan;
        assert_eq!(answers.len(), fetched.len(), "each fetched partition has one answer");
        let mut maker = Rows { version: self.version, committed: self.committed, leaders: Leaders::new(view) };
        let mut rows = Vec::with_capacity(wanted.len());
        for ((answer, topic), wanted) in answers.into_iter().zip(&fetched).zip(&wanted) {
            rows.push(maker.row(answer, *topic, wanted));
        }
        let unknown = wanted[fetched.len()..].iter().zip(refused);
        rows.extend(unknown.map(|(wanted, code)| without_records(wanted.key.partition, code)));
        if let Some(throttle) = pause(api, self.reader.as_ref(), &rows) {
            return told_nothing(api.sessions.pass(&self.context), throttle);
        }
        let shown: Vec<Shown> = rows.iter().map(shown).collect();
        let closing = api.sessions.close(self.context, &wanted, &shown, api.services.env.clock.now());
        let told = match closing.told {
            Ok(told) => told,
            Err(error) => return session_error(error, closing.session_id),
        };
        if self.version < ZSTD_SINCE {
            refuse_zstd(api, &fetched, &mut rows);
        }
        let told = rows.into_iter().zip(wanted).zip(told).filter(|(_, told)| *told).map(|(row, _)| row);
        FetchResponse {
            session_id: closing.session_id,
            responses: by_topic(told),
            // Followers know the brokers from the metadata.
            node_endpoints: if self.reader.is_some() { endpoints(maker.leaders) } else { Vec::new() },
            ..FetchResponse::default()
        }
    }
}

/// How long a consumer must pause before it is sent these rows; `None` where it is within its quota. What is not sent does not count.
fn pause(api: &Api, reader: Option<&RequestContext>, rows: &[Row]) -> Option<Duration> {
    let cx = reader.filter(|_| api.quotas.limits_any(QuotaKind::Fetch))?;
    let records = rows.iter().filter_map(|row| row.records.as_ref()).map(RecordSource::record_bytes);
    let bytes = (records.sum::<usize>() + rows.len() * ROW_BYTES) as f64;
    let (user, client_id, now) = (cx.client.principal().name(), cx.client_id(), api.services.env.clock.now());
    let throttle = api.quotas.record(QuotaKind::Fetch, user, client_id, bytes, now);
    if throttle.is_zero() {
        return None;
    }
    api.quotas.note(QuotaKind::Fetch, user, client_id, -bytes, now);
    Some(throttle)
}

/// The answer to a consumer that must pause.
fn told_nothing(session: Result<i32, SessionError>, throttle: Duration) -> FetchResponse<Fetched> {
    let answer = match session {
        Ok(session_id) => FetchResponse { session_id, ..FetchResponse::default() },
        Err(error) => session_error(error, 0),
    };
    FetchResponse { throttle_time_ms: i32::try_from(throttle.as_millis()).unwrap_or(i32::MAX), ..answer }
}

/// Makes rows of answers, and collects the leaders that they tell.
struct Rows<'a> {
    version: i16,
    committed: bool,
    leaders: Leaders<'a>,
}

impl Rows<'_> {
    fn row(&mut self, answer: FetchAnswer, topic: TopicId, wanted: &Wanted) -> Row {
        let partition = wanted.key.partition;
        let fetched = match answer {
            Ok(fetched) => fetched,
            Err(fault) => {
                let code = faults::fetch(&fault, wanted.asked.current_leader_epoch.is_some());
                return self.failed(code, topic, partition);
            }
        };
        let aborted = |it: Aborted| AbortedTransaction { producer_id: it.producer_id, first_offset: it.first_offset };
        let diverging = fetched.diverging.map(|(epoch, end_offset)| EpochEndOffset { epoch, end_offset });
        PartitionData {
            partition_index: partition,
            high_watermark: fetched.high_watermark,
            last_stable_offset: fetched.last_stable,
            log_start_offset: fetched.log_start,
            diverging_epoch: diverging.unwrap_or_default(),
            // To a consumer that sees everything null says that nothing is to be left out.
            aborted_transactions: self.committed.then(|| fetched.aborted.into_iter().map(aborted).collect()),
            records: Some(Fetched(fetched.records)),
            ..PartitionData::default()
        }
    }

    fn failed(&mut self, code: ErrorCode, topic: TopicId, partition: i32) -> Row {
        let mut row = without_records(partition, for_version(code, self.version));
        row.aborted_transactions = None;
        let looks_for_leader = matches!(code, ErrorCode::NotLeaderOrFollower | ErrorCode::FencedLeaderEpoch);
        if self.version >= LEADERS_SINCE && looks_for_leader {
            let (leader_id, leader_epoch) = self.leaders.tell(topic, partition);
            row.current_leader = LeaderIdAndEpoch { leader_id, leader_epoch };
        }
        row
    }
}

/// A row that tells an error. Records are there and empty: clients do not expect null.
fn without_records(partition: i32, code: ErrorCode) -> Row {
    PartitionData {
        partition_index: partition,
        error_code: code.number(),
        high_watermark: -1,
        records: Some(Fetched::nothing()),
        ..PartitionData::default()
    }
}

fn for_version(code: ErrorCode, version: i16) -> ErrorCode {
    match code {
        ErrorCode::KafkaStorageError if version <= NO_STORAGE_ERROR_UNTIL => ErrorCode::NotLeaderOrFollower,
        code => code,
    }
}

/// What a row tells, for its session.
fn shown(row: &Row) -> Shown {
    Shown {
        high_watermark: row.high_watermark,
        log_start: row.log_start_offset,
        has_records: row.records.as_ref().is_some_and(|records| records.record_bytes() > 0),
        failed: row.error_code != 0,
        urgent: row.diverging_epoch != EpochEndOffset::default() || row.preferred_read_replica >= 0,
    }
}

/// Takes the records of topics that force Zstandard from a client that cannot read it.
fn refuse_zstd(api: &Api, fetched: &[TopicId], rows: &mut [Row]) {
    for (row, topic) in rows.iter_mut().zip(fetched) {
        let partition = api.services.replicas.partition(*topic, row.partition_index);
        let compression = partition.map(|partition| partition.log().config().compression);
        if matches!(compression, Ok(Compression::Forced(Codec::Zstd))) {
            *row = without_records(row.partition_index, ErrorCode::UnsupportedCompressionType);
        }
    }
}

/// Neighbours of one topic become one entry, as Kafka groups them.
fn by_topic(rows: impl Iterator<Item = (Row, Wanted)>) -> Vec<FetchableTopicResponse<Fetched>> {
    let mut topics: Vec<FetchableTopicResponse<Fetched>> = Vec::new();
    let mut last: Option<TopicKey> = None;
    for (row, Wanted { key: PartitionKey { topic: key, .. }, .. }) in rows {
        match topics.last_mut() {
            Some(topic) if last.as_ref() == Some(&key) => topic.partitions.push(row),
            _ => {
                topics.push(FetchableTopicResponse { partitions: vec![row], ..named(&key) });
                last = Some(key);
            }
        }
    }
    topics
}

fn named(key: &TopicKey) -> FetchableTopicResponse<Fetched> {
    match key {
        TopicKey::Name(name) => FetchableTopicResponse { topic: StrBytes::from(&**name), ..Default::default() },
        TopicKey::Id(id) => FetchableTopicResponse { topic_id: id.0, ..Default::default() },
    }
}

fn endpoints(leaders: Leaders<'_>) -> Vec<NodeEndpoint> {
    let endpoint = |it: crate::leaders::LeaderEndpoint| NodeEndpoint {
        node_id: it.node_id,
        host: it.host,
        port: it.port,
        rack: it.rack,
    };
    leaders.into_endpoints().map(endpoint).collect()
}

/// The answer to a request that makes no sense as a whole. Clients up to version 12 look for errors at the partitions.
pub(super) fn refused(request: FetchRequest, version: i16, code: ErrorCode) -> FetchResponse<Fetched> {
    let topics = if version < TOPIC_IDS_SINCE { request.topics } else { Vec::new() };
    let responses = topics.into_iter().map(|topic| FetchableTopicResponse {
        topic: topic.topic,
        topic_id: topic.topic_id,
        partitions: topic.partitions.iter().map(|partition| without_records(partition.partition, code)).collect(),
    });
    FetchResponse {
        error_code: code.number(),
        session_id: request.session_id,
        responses: responses.collect(),
        ..FetchResponse::default()
    }
}
