//! ListOffsets: every place that can be asked for, by version.

use crate::ErrorCode;
use crate::testing::{Fixture, broker, filled, led_by};
use bytes::Bytes;
use esker_metadata::Record;
use esker_protocol::messages::list_offsets::{ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsTopic};
use esker_protocol::messages::produce::{PartitionProduceData, TopicProduceData};
use esker_protocol::messages::{ListOffsetsRequest, ListOffsetsResponse, ProduceRequest};
use esker_record::{BatchBuilder, Codec, NewRecord};

fn request(partitions: &[(i32, i64)]) -> ListOffsetsRequest {
    let partition = |(partition_index, timestamp): &(i32, i64)| ListOffsetsPartition {
        partition_index: *partition_index,
        timestamp: *timestamp,
        current_leader_epoch: -1,
    };
    let topic = ListOffsetsTopic { name: "t".into(), partitions: partitions.iter().map(partition).collect() };
    ListOffsetsRequest { replica_id: -1, isolation_level: 0, topics: vec![topic], timeout_ms: 0 }
}

fn rows(response: &ListOffsetsResponse) -> &[ListOffsetsPartitionResponse] {
    assert_eq!((response.topics.len(), response.topics[0].name.as_str()), (1, "t"));
    &response.topics[0].partitions
}

/// Error, offset, timestamp and epoch of what `timestamp` means.
fn found(fixture: &mut Fixture, version: i16, timestamp: i64) -> (i16, i64, i64, i32) {
    let response = fixture.ask(version, &request(&[(0, timestamp)]));
    let row = &rows(&response)[0];
    (row.error_code, row.offset, row.timestamp, row.leader_epoch)
}

fn append(fixture: &mut Fixture, timestamps: &[i64]) {
    let mut builder = BatchBuilder::new(Codec::None);
    for timestamp in timestamps {
        builder.append(&NewRecord { timestamp: *timestamp, key: None, value: Some(b"v"), headers: &[] }).unwrap();
    }
    let partition_data =
        vec![PartitionProduceData::<Bytes> { index: 0, records: Some(builder.build().unwrap().into()) }];
    let topic = TopicProduceData { name: "t".into(), partition_data, ..Default::default() };
    let request = ProduceRequest { transactional_id: None, acks: 1, timeout_ms: 0, topic_data: vec![topic] };
    let response = fixture.ask(9, &request);
    assert_eq!(response.responses[0].partition_responses[0].error_code, 0);
}

/// Three batches, the last in a second leader epoch.
fn with_records() -> Fixture {
    let mut fixture = Fixture::new("");
    fixture.create_topic(0xa, "t", 2);
    append(&mut fixture, &[1000, 3000]);
    append(&mut fixture, &[2000]);
    fixture.elect(0xa, 0, Some(1));
    append(&mut fixture, &[2500, 2500]);
    fixture
}

#[test]
fn quirk_30_the_ends_of_a_partition_and_their_epochs() {
    let mut broker = with_records();
    for version in 1..=11 {
        let epoch = |epoch| if version >= 4 { epoch } else { -1 };
        assert_eq!(found(&mut broker, version, -1), (0, 5, -1, epoch(1)), "the latest offset has the current epoch");
        assert_eq!(found(&mut broker, version, -2), (0, 0, -1, epoch(0)), "the earliest one that of its record");
    }
}

#[test]
fn quirk_30_a_time_is_answered_with_the_first_record_that_is_not_older() {
    let mut broker = with_records();
    for version in 1..=11 {
        let epoch = |epoch| if version >= 4 { epoch } else { -1 };
        assert_eq!(found(&mut broker, version, 0), (0, 0, 1000, epoch(0)));
        assert_eq!(found(&mut broker, version, 1001), (0, 1, 3000, epoch(0)));
        assert_eq!(found(&mut broker, version, 3001), (0, -1, -1, -1), "no record is that young");
        assert_eq!(found(&mut broker, version, i64::MAX), (0, -1, -1, -1));
    }
}

#[test]
fn quirk_30_special_times_are_known_from_their_versions_on() {
    let mut broker = with_records();
    let special = [
        (-3, 7, (0, 1, 3000, 0)),
        (-4, 8, (0, 0, -1, 0)),
        // Without a tier nothing is in it, and nothing waits for it.
        (-5, 9, (0, -1, -1, -1)),
        (-6, 11, (0, -1, -1, -1)),
    ];
    let unsupported = (ErrorCode::UnsupportedVersion.number(), -1, -1, -1);
    for version in 1..=11 {
        for (timestamp, since, expected) in special {
            let expected = if version >= since { expected } else { unsupported };
            assert_eq!(found(&mut broker, version, timestamp), expected, "{timestamp} in version {version}");
        }
        for timestamp in [-7, -100, i64::MIN] {
            assert_eq!(found(&mut broker, version, timestamp), unsupported);
        }
    }
}

#[test]
fn an_empty_partition_has_ends_and_no_records() {
    let mut fixture = Fixture::new("");
    fixture.create_topic(0xa, "t", 1);
    assert_eq!(found(&mut fixture, 11, -1), (0, 0, -1, 0));
    assert_eq!(found(&mut fixture, 11, -2), (0, 0, -1, 0));
    assert_eq!(found(&mut fixture, 11, -3), (0, -1, -1, -1));
    assert_eq!(found(&mut fixture, 11, 0), (0, -1, -1, -1));
}

#[test]
fn h22_a_partition_that_is_named_twice_is_an_invalid_request_once() {
    let mut broker = with_records();
    let mut twice = request(&[(0, -1), (1, -1), (0, -2)]);
    twice.topics.push(request(&[(0, -1)]).topics.remove(0));
    let response = broker.ask(11, &twice);
    let rows: Vec<_> = rows(&response).iter().map(|row| (row.partition_index, row.error_code, row.offset)).collect();
    assert_eq!(rows, [(0, ErrorCode::InvalidRequest.number(), -1), (1, 0, 0)]);
}

#[test]
fn partitions_that_do_not_exist_or_are_led_elsewhere() {
    let mut fixture = with_records();
    fixture.apply(Record::BrokerRegistered(broker(2)));
    fixture.create_partitions(0xb, "u", 1, &led_by(2, &[2]));
    let mut asked = request(&[(9, -1), (-1, -1), (i32::MIN, 5)]);
    let mut elsewhere = request(&[(0, -1)]).topics.remove(0);
    elsewhere.name = "u".into();
    let mut unknown = elsewhere.clone();
    unknown.name = "nobody".into();
    asked.topics.extend([elsewhere, unknown]);
    let response = fixture.ask(11, &asked);
    let codes: Vec<Vec<_>> =
        response.topics.iter().map(|topic| topic.partitions.iter().map(|row| row.error_code).collect()).collect();
    let missing = ErrorCode::UnknownTopicOrPartition.number();
    assert_eq!(codes, [vec![missing; 3], vec![ErrorCode::NotLeaderOrFollower.number()], vec![missing]]);
}

#[test]
fn quirk_28_a_leader_epoch_that_is_not_the_current_one() {
    let mut broker = with_records();
    for (epoch, expected) in
        [(0, ErrorCode::FencedLeaderEpoch), (1, ErrorCode::None), (2, ErrorCode::UnknownLeaderEpoch)]
    {
        let mut asked = request(&[(0, -1)]);
        asked.topics[0].partitions[0].current_leader_epoch = epoch;
        assert_eq!(rows(&broker.ask(11, &asked))[0].error_code, expected.number(), "{epoch}");
    }
}

#[test]
fn an_isolation_level_that_does_not_exist_is_an_error_of_every_partition() {
    let mut broker = with_records();
    let asked = ListOffsetsRequest { isolation_level: 7, ..request(&[(0, -1), (1, -1)]) };
    let response = broker.ask(11, &asked);
    assert!(rows(&response).iter().all(|row| row.error_code == ErrorCode::UnknownServerError.number()));
}

#[test]
fn consumers_are_told_the_high_watermark_and_others_the_log_end() {
    let mut fixture = Fixture::new("");
    fixture.apply(Record::BrokerRegistered(broker(2)));
    fixture.create_partitions(0xa, "t", 1, &led_by(1, &[1, 2]));
    append(&mut fixture, &[1000]);
    for isolation_level in [0, 1] {
        let asked = ListOffsetsRequest { isolation_level, ..request(&[(0, -1)]) };
        assert_eq!(rows(&fixture.ask(11, &asked))[0].offset, 0, "nothing is replicated");
    }
    assert_eq!(found(&mut fixture, 11, 0), (0, -1, -1, -1), "nor is a record shown");
    let debugging = ListOffsetsRequest { replica_id: -2, ..request(&[(0, -1)]) };
    assert_eq!(rows(&fixture.ask(11, &debugging))[0].offset, 1);
}

#[test]
fn a_new_leader_that_does_not_know_what_is_acknowledged_says_so() {
    let mut fixture = Fixture::new("");
    fixture.apply(Record::BrokerRegistered(broker(2)));
    fixture.create_partitions(0xa, "t", 1, &led_by(1, &[1, 2]));
    append(&mut fixture, &[1000]);
    fixture.elect(0xa, 0, Some(2));
    fixture.elect(0xa, 0, Some(1));
    for version in 1..=11 {
        let expected = if version < 5 { ErrorCode::LeaderNotAvailable } else { ErrorCode::OffsetNotAvailable };
        assert_eq!(found(&mut fixture, version, -1), (expected.number(), -1, -1, -1), "version {version}");
    }
}

#[test]
fn compressed_records_are_found_by_their_times_too() {
    let mut fixture = Fixture::new("");
    fixture.create_topic(0xa, "t", 1);
    let records = filled(BatchBuilder::new(Codec::Zstd), &["a", "b"]);
    let partition_data = vec![PartitionProduceData::<Bytes> { index: 0, records: Some(records.into()) }];
    let topic = TopicProduceData { name: "t".into(), partition_data, ..Default::default() };
    let request = ProduceRequest { transactional_id: None, acks: 1, timeout_ms: 0, topic_data: vec![topic] };
    fixture.ask(9, &request);
    let (code, offset, timestamp, _) = found(&mut fixture, 11, 1);
    assert!(code == 0 && offset == 0 && timestamp > 1);
}
