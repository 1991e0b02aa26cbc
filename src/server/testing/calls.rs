//! The requests that most tests make, each in one version that every broker of the last years has.

use super::Client;
use bytes::Bytes;
use esker_env::{Clock, SystemClock};
use esker_protocol::StrBytes;
use esker_protocol::messages::create_topics::{CreatableTopic, CreatableTopicConfig, CreateTopicsRequest};
use esker_protocol::messages::fetch::{FetchPartition, FetchRequest, FetchTopic, PartitionData};
use esker_protocol::messages::find_coordinator::FindCoordinatorRequest;
use esker_protocol::messages::metadata::{MetadataRequest, MetadataRequestTopic, MetadataResponse};
use esker_protocol::messages::offset_commit::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use esker_protocol::messages::offset_fetch::{OffsetFetchRequest, OffsetFetchRequestTopic};
use esker_protocol::messages::produce::{PartitionProduceData, ProduceRequest, TopicProduceData};
use esker_record::{BatchBuilder, Batches, Codec, NewRecord, Records};
use std::io;

const METADATA: i16 = 12;
const CREATE_TOPICS: i16 = 7;
const PRODUCE: i16 = 9;
const FETCH: i16 = 12;
const FIND_COORDINATOR: i16 = 3;
const OFFSET_COMMIT: i16 = 8;
const OFFSET_FETCH: i16 = 7;

/// Deadline of a request, by its own word.
const TIMEOUT_MS: i32 = 10_000;
/// Most bytes of one answer.
const FETCH_BYTES: i32 = 1 << 20;
/// How often a fetch that was told to come again does so.
const TRIES_MAX: u32 = 60;

fn text(text: &str) -> StrBytes {
    StrBytes::from(text.to_owned())
}

fn refused(what: &str, code: i16, message: Option<&StrBytes>) -> io::Error {
    io::Error::other(format!("{what}: error {code} {}", message.map_or("", |message| message.as_str())))
}

/// Asks until the answer's error code is none; the code comes with what is wanted.
fn again<T>(mut ask: impl FnMut() -> io::Result<(i16, T)>) -> io::Result<T> {
    let mut tries = 0;
    loop {
        match ask()? {
            (0, wanted) => return Ok(wanted),
            (code, _) if tries == TRIES_MAX => return Err(refused("a coordinator", code, None)),
            _ => tries += 1,
        }
        std::thread::park_timeout(std::time::Duration::from_millis(200));
    }
}

fn missing(what: &str) -> io::Error {
    io::Error::other(format!("the answer to {what} holds nothing"))
}

impl Client {
    /// Creates a topic of one replica with `configs`.
    pub fn create_topic(&mut self, name: &str, partitions: i32, configs: &[(&str, &str)]) -> io::Result<()> {
        let config = |(name, value): &(&str, &str)| CreatableTopicConfig { name: text(name), value: Some(text(value)) };
        let topic = CreatableTopic {
            name: text(name),
            num_partitions: partitions,
            replication_factor: 1,
            configs: configs.iter().map(config).collect(),
            ..CreatableTopic::default()
        };
        let request =
            CreateTopicsRequest { topics: vec![topic], timeout_ms: TIMEOUT_MS, ..CreateTopicsRequest::default() };
        let answer = self.ask(CREATE_TOPICS, &request)?;
        let created = answer.topics.first().ok_or_else(|| missing("CreateTopics"))?;
        match created.error_code {
            0 => Ok(()),
            code => Err(refused("CreateTopics", code, created.error_message.as_ref())),
        }
    }

    /// What the broker says of itself and of `topics`.
    pub fn metadata(&mut self, topics: &[&str]) -> io::Result<MetadataResponse> {
        let topic = |name: &&str| MetadataRequestTopic { name: Some(text(name)), ..MetadataRequestTopic::default() };
        let topics = Some(topics.iter().map(topic).collect());
        self.ask(METADATA, &MetadataRequest { topics, ..MetadataRequest::default() })
    }

    /// Appends one record with `acks=all`; its offset.
    pub fn produce(&mut self, topic: &str, partition: i32, value: &[u8]) -> io::Result<i64> {
        let mut batch = BatchBuilder::new(Codec::None);
        // Of today: what is older than the retention goes as soon as the broker has looked, half a minute after its start.
        let record = NewRecord { timestamp: SystemClock.wall_ms(), value: Some(value), ..NewRecord::default() };
        batch.append(&record).map_err(io::Error::other)?;
        self.produce_batch(topic, partition, Bytes::from(batch.build().map_err(io::Error::other)?))
    }

    /// Appends one batch with `acks=all`; the offset of its first record.
    pub fn produce_batch(&mut self, topic: &str, partition: i32, batch: Bytes) -> io::Result<i64> {
        let data = PartitionProduceData { index: partition, records: Some(batch) };
        let topic = TopicProduceData { name: text(topic), partition_data: vec![data], ..TopicProduceData::default() };
        let request =
            ProduceRequest { acks: -1, timeout_ms: TIMEOUT_MS, topic_data: vec![topic], ..ProduceRequest::default() };
        let answer = self.ask(PRODUCE, &request)?;
        let partition = answer.responses.first().and_then(|topic| topic.partition_responses.first());
        let partition = partition.ok_or_else(|| missing("Produce"))?;
        match partition.error_code {
            0 => Ok(partition.base_offset),
            code => Err(refused("Produce", code, partition.error_message.as_ref())),
        }
    }

    /// Commits a group's offset in a partition as somebody who is no member. What is to be tried again is.
    pub fn commit_offset(&mut self, group: &str, topic: &str, partition: i32, offset: i64) -> io::Result<()> {
        // The first question for a coordinator makes the topic in which groups are kept.
        self.ask(FIND_COORDINATOR, &FindCoordinatorRequest { key: text(group), ..FindCoordinatorRequest::default() })?;
        let partition = OffsetCommitRequestPartition {
            partition_index: partition,
            committed_offset: offset,
            committed_leader_epoch: -1,
            ..OffsetCommitRequestPartition::default()
        };
        let topic = OffsetCommitRequestTopic { name: text(topic), partitions: vec![partition], ..Default::default() };
        let request = OffsetCommitRequest {
            group_id: text(group),
            generation_id_or_member_epoch: -1,
            topics: vec![topic],
            ..OffsetCommitRequest::default()
        };
        again(|| {
            let answer = self.ask(OFFSET_COMMIT, &request)?;
            let partition = answer.topics.first().and_then(|topic| topic.partitions.first());
            Ok((partition.ok_or_else(|| missing("OffsetCommit"))?.error_code, ()))
        })
    }

    /// A group's committed offset in a partition; -1 where it has none. What is to be tried again is.
    pub fn committed_offset(&mut self, group: &str, topic: &str, partition: i32) -> io::Result<i64> {
        let topic = OffsetFetchRequestTopic { name: text(topic), partition_indexes: vec![partition] };
        let request =
            OffsetFetchRequest { group_id: text(group), topics: Some(vec![topic]), ..OffsetFetchRequest::default() };
        again(|| {
            let answer = self.ask(OFFSET_FETCH, &request)?;
            let partition = answer.topics.first().and_then(|topic| topic.partitions.first());
            Ok((answer.error_code, partition.map_or(-1, |partition| partition.committed_offset)))
        })
    }

    /// Asks for what a partition holds from `offset` on, without waiting for the answer: see [`Client::fetched`].
    pub fn send_fetch(&mut self, topic: &str, partition: i32, offset: i64, max_wait_ms: i32) -> io::Result<()> {
        let partition = FetchPartition {
            partition,
            current_leader_epoch: -1,
            fetch_offset: offset,
            last_fetched_epoch: -1,
            log_start_offset: -1,
            partition_max_bytes: FETCH_BYTES,
            ..FetchPartition::default()
        };
        let topic = FetchTopic { topic: text(topic), partitions: vec![partition], ..FetchTopic::default() };
        let request = FetchRequest {
            replica_id: -1,
            max_wait_ms,
            min_bytes: 1,
            max_bytes: FETCH_BYTES,
            session_epoch: -1,
            topics: vec![topic],
            ..FetchRequest::default()
        };
        self.send(FETCH, &request)
    }

    /// The answer to [`Client::send_fetch`].
    pub fn fetched(&mut self) -> io::Result<PartitionData> {
        let answer = self.answer::<FetchRequest>(FETCH)?;
        let partition = answer.responses.into_iter().next().and_then(|topic| topic.partitions.into_iter().next());
        partition.ok_or_else(|| missing("Fetch"))
    }

    /// Values of all records of a partition from `offset` up to its high watermark. What is to be tried again is.
    pub fn fetch_all(&mut self, topic: &str, partition: i32, mut offset: i64) -> io::Result<Vec<Vec<u8>>> {
        let (mut values, mut tries) = (Vec::new(), 0);
        loop {
            self.send_fetch(topic, partition, offset, 500)?;
            let data = self.fetched()?;
            let records = data.records.unwrap_or_default();
            if data.error_code != 0 || (records.is_empty() && offset < data.high_watermark) {
                tries += 1;
                if tries == TRIES_MAX {
                    return Err(refused(&format!("Fetch at offset {offset}"), data.error_code, None));
                }
                std::thread::park_timeout(std::time::Duration::from_millis(200));
                continue;
            }
            offset = take_values(&records, offset, &mut values)?;
            if offset >= data.high_watermark {
                return Ok(values);
            }
        }
    }
}

/// Appends the values of the records from `offset` on; the offset to go on at.
fn take_values(run: &[u8], offset: i64, values: &mut Vec<Vec<u8>>) -> io::Result<i64> {
    let mut next = offset;
    for batch in Batches::new(run).map_while(Result::ok) {
        if !batch.crc_matches() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a batch came with a checksum that does not fit"));
        }
        for record in Records::new(batch.records(), batch.header.record_count) {
            let record = record.map_err(io::Error::other)?;
            if batch.header.base_offset + i64::from(record.offset_delta) >= offset {
                values.push(record.value.unwrap_or_default().to_vec());
            }
        }
        next = batch.header.next_offset();
    }
    Ok(next)
}
