//! DeleteRecords: how far, and what may not be deleted.

use crate::ErrorCode;
use crate::testing::{Fixture, batch, broker, led_by};
use bytes::Bytes;
use esker_metadata::{ConfigResource, Record};
use esker_protocol::messages::delete_records::{DeleteRecordsPartition, DeleteRecordsTopic};
use esker_protocol::messages::produce::{PartitionProduceData, TopicProduceData};
use esker_protocol::messages::{DeleteRecordsRequest, ProduceRequest};

fn request(topic: &str, partitions: &[(i32, i64)]) -> DeleteRecordsRequest {
    let partition = |(partition_index, offset): &(i32, i64)| DeleteRecordsPartition {
        partition_index: *partition_index,
        offset: *offset,
    };
    let topic = DeleteRecordsTopic { name: topic.into(), partitions: partitions.iter().map(partition).collect() };
    DeleteRecordsRequest { topics: vec![topic], timeout_ms: 5_000 }
}

fn delete(fixture: &mut Fixture, topic: &str, partition: i32, offset: i64) -> (ErrorCode, i64) {
    let response = fixture.ask(2, &request(topic, &[(partition, offset)]));
    let row = &response.topics[0].partitions[0];
    assert_eq!(row.partition_index, partition);
    (ErrorCode::from_number(row.error_code).unwrap(), row.low_watermark)
}

/// A topic "t" whose first partition has the offsets 0 to 4.
fn with_records() -> Fixture {
    let mut fixture = Fixture::new("");
    fixture.create_topic(0xa, "t", 2);
    append(&mut fixture);
    fixture
}

fn append(fixture: &mut Fixture) {
    let partition_data =
        vec![PartitionProduceData::<Bytes> { index: 0, records: Some(batch(&["a", "b", "c", "d"]).into()) }];
    let topic = TopicProduceData { name: "t".into(), partition_data, ..Default::default() };
    let request = ProduceRequest { transactional_id: None, acks: 1, timeout_ms: 0, topic_data: vec![topic] };
    assert_eq!(fixture.ask(9, &request).responses[0].partition_responses[0].error_code, 0);
}

#[test]
fn the_log_start_moves_forward_and_never_back() {
    let mut broker = with_records();
    assert_eq!(delete(&mut broker, "t", 0, 2), (ErrorCode::None, 2));
    assert_eq!(delete(&mut broker, "t", 0, 1), (ErrorCode::None, 2), "already gone");
    assert_eq!(delete(&mut broker, "t", 0, -1), (ErrorCode::None, 4), "-1 is the high watermark");
    assert_eq!(broker.bounds(0xa, 0).log_start, 4);
}

#[test]
fn every_version_answers() {
    for version in 0..=2 {
        let mut broker = with_records();
        let response = broker.ask(version, &request("t", &[(0, 3), (1, 0)]));
        let rows: Vec<_> =
            response.topics[0].partitions.iter().map(|row| (row.error_code, row.low_watermark)).collect();
        assert_eq!(rows, [(0, 3), (0, 0)]);
    }
}

#[test]
fn offsets_that_are_not_replicated_or_make_no_sense_are_out_of_range() {
    let mut fixture = with_records();
    for offset in [5, i64::MAX, -2, i64::MIN] {
        assert_eq!(delete(&mut fixture, "t", 0, offset), (ErrorCode::OffsetOutOfRange, -1), "{offset}");
    }
    fixture.apply(Record::BrokerRegistered(broker(2)));
    fixture.create_partitions(0xb, "u", 1, &led_by(1, &[1, 2]));
    assert_eq!(delete(&mut fixture, "u", 0, -1), (ErrorCode::None, 0));
    assert_eq!(fixture.bounds(0xa, 0).log_start, 0);
}

#[test]
fn a_topic_that_is_only_compacted_keeps_its_records() {
    let mut broker = with_records();
    broker.set(ConfigResource::topic("t"), "cleanup.policy", "compact");
    assert_eq!(delete(&mut broker, "t", 0, 2), (ErrorCode::PolicyViolation, -1));
    broker.set(ConfigResource::topic("t"), "cleanup.policy", "compact,delete");
    assert_eq!(delete(&mut broker, "t", 0, 2), (ErrorCode::None, 2));
}

#[test]
fn h47_internal_topics_unknown_ones_and_those_led_elsewhere() {
    let mut fixture = with_records();
    fixture.apply(Record::BrokerRegistered(broker(2)));
    fixture.create_topic(0xc, "__consumer_offsets", 1);
    fixture.create_partitions(0xb, "u", 1, &led_by(2, &[2]));
    assert_eq!(delete(&mut fixture, "__consumer_offsets", 0, 0), (ErrorCode::InvalidTopicException, -1));
    assert_eq!(delete(&mut fixture, "u", 0, 0), (ErrorCode::NotLeaderOrFollower, -1));
    assert_eq!(delete(&mut fixture, "nobody", 0, 0), (ErrorCode::UnknownTopicOrPartition, -1));
    for partition in [2, -1, i32::MIN] {
        assert_eq!(delete(&mut fixture, "t", partition, 0), (ErrorCode::UnknownTopicOrPartition, -1));
    }
}

#[test]
fn h22_of_a_partition_that_is_named_twice_the_last_offset_counts() {
    let mut broker = with_records();
    let mut twice = request("t", &[(0, 3), (1, 0), (0, 1)]);
    twice.topics.push(request("t", &[(0, 2)]).topics.remove(0));
    let response = broker.ask(2, &twice);
    assert_eq!(response.topics.len(), 1);
    let rows: Vec<_> = response.topics[0]
        .partitions
        .iter()
        .map(|row| (row.partition_index, row.error_code, row.low_watermark))
        .collect();
    assert_eq!(rows, [(0, 0, 2), (1, 0, 0)]);
}
