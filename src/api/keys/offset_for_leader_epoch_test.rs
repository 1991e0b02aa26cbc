//! OffsetForLeaderEpoch: where each epoch ended, and what stands in the way of an answer.

use crate::ErrorCode;
use crate::testing::{Fixture, batch, broker, led_by};
use bytes::Bytes;
use esker_metadata::Record;
use esker_protocol::messages::offset_for_leader_epoch::{OffsetForLeaderPartition, OffsetForLeaderTopic};
use esker_protocol::messages::produce::{PartitionProduceData, TopicProduceData};
use esker_protocol::messages::{OffsetForLeaderEpochRequest, ProduceRequest};

fn ask(
    fixture: &mut Fixture,
    version: i16,
    topic: &str,
    partition: i32,
    current: i32,
    epoch: i32,
) -> (ErrorCode, i32, i64) {
    let partition = OffsetForLeaderPartition { partition, current_leader_epoch: current, leader_epoch: epoch };
    let topic = OffsetForLeaderTopic { topic: topic.into(), partitions: vec![partition] };
    let request = OffsetForLeaderEpochRequest { replica_id: -2, topics: vec![topic] };
    let response = fixture.ask(version, &request);
    let row = &response.topics[0].partitions[0];
    (ErrorCode::from_number(row.error_code).unwrap(), row.leader_epoch, row.end_offset)
}

fn append(fixture: &mut Fixture, values: &[&str]) {
    let partition_data = vec![PartitionProduceData::<Bytes> { index: 0, records: Some(batch(values).into()) }];
    let topic = TopicProduceData { name: "t".into(), partition_data, ..Default::default() };
    let request = ProduceRequest { transactional_id: None, acks: 1, timeout_ms: 0, topic_data: vec![topic] };
    assert_eq!(fixture.ask(9, &request).responses[0].partition_responses[0].error_code, 0);
}

/// Epoch 1 holds 0 to 2, epoch 3 is empty, epoch 4 holds 2 to 3.
fn with_epochs() -> Fixture {
    let mut fixture = Fixture::new("");
    fixture.apply(Record::BrokerRegistered(broker(2)));
    let state = esker_metadata::Partition { leader_epoch: 1, ..led_by(1, &[1, 2]) };
    fixture.create_partitions(0xa, "t", 1, &state);
    append(&mut fixture, &["a", "b"]);
    fixture.elect(0xa, 0, Some(2));
    fixture.elect(0xa, 0, Some(1));
    fixture.elect(0xa, 0, Some(1));
    append(&mut fixture, &["c"]);
    fixture
}

#[test]
fn quirk_31_each_kind_of_epoch() {
    let mut fixture = with_epochs();
    for version in 2..=4 {
        let mut end = |epoch| ask(&mut fixture, version, "t", 0, -1, epoch);
        assert_eq!(end(4), (ErrorCode::None, 4, 3), "the current epoch ends at the log end");
        assert_eq!(end(5), (ErrorCode::None, -1, -1), "a later one is not known");
        assert_eq!(end(1), (ErrorCode::None, 1, 2));
        assert_eq!(end(2), (ErrorCode::None, 1, 2), "one that was led elsewhere and left nothing here");
        assert_eq!(end(0), (ErrorCode::None, 0, 0), "one before all that are known");
    }
}

#[test]
fn an_epoch_that_the_client_names_must_be_the_current_one() {
    let mut fixture = with_epochs();
    assert_eq!(ask(&mut fixture, 4, "t", 0, 4, 1).0, ErrorCode::None);
    assert_eq!(ask(&mut fixture, 4, "t", 0, 3, 1), (ErrorCode::FencedLeaderEpoch, -1, -1));
    assert_eq!(ask(&mut fixture, 4, "t", 0, 9, 1), (ErrorCode::UnknownLeaderEpoch, -1, -1));
}

#[test]
fn partitions_that_do_not_exist_or_are_led_elsewhere() {
    let mut fixture = with_epochs();
    let unknown = (ErrorCode::UnknownTopicOrPartition, -1, -1);
    assert_eq!(ask(&mut fixture, 4, "nobody", 0, -1, 1), unknown);
    for partition in [1, -1, i32::MIN, i32::MAX] {
        assert_eq!(ask(&mut fixture, 4, "t", partition, -1, 1), unknown);
    }
    fixture.elect(0xa, 0, Some(2));
    assert_eq!(ask(&mut fixture, 4, "t", 0, -1, 1), (ErrorCode::NotLeaderOrFollower, -1, -1));
    fixture.create_partitions(0xb, "u", 1, &led_by(2, &[2]));
    assert_eq!(ask(&mut fixture, 4, "u", 0, -1, 1), (ErrorCode::NotLeaderOrFollower, -1, -1));
}
