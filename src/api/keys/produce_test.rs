//! Produce: what is appended, what is refused and how, and what is waited for.

use crate::testing::{Fixture, batch, broker, filled, led_by, topic_id};
use crate::{ErrorCode, Reply};
use bytes::Bytes;
use esker_env::Env;
use esker_metadata::{ConfigResource, Record};
use esker_protocol::ApiKey;
use esker_protocol::messages::produce::{PartitionProduceData, PartitionProduceResponse, TopicProduceData};
use esker_protocol::messages::{ApiVersionsRequest, ProduceRequest, ProduceResponse};
use esker_record::{Attributes, BatchBuilder, Codec, NewRecord, patch};

/// A request for one partition of the topic 0xa, named "t".
fn request(version: i16, acks: i16, partition: i32, records: &[u8]) -> ProduceRequest {
    let records = Some(Bytes::copy_from_slice(records));
    let topic = TopicProduceData {
        name: if version < 13 { "t".into() } else { "".into() },
        topic_id: if version < 13 { Default::default() } else { topic_id(0xa).0 },
        partition_data: vec![PartitionProduceData { index: partition, records }],
    };
    ProduceRequest { transactional_id: None, acks, timeout_ms: 10_000, topic_data: vec![topic] }
}

fn row(response: &ProduceResponse) -> &PartitionProduceResponse {
    assert_eq!((response.responses.len(), response.responses[0].partition_responses.len()), (1, 1));
    &response.responses[0].partition_responses[0]
}

fn with_topic(config: &str) -> Fixture {
    let mut fixture = Fixture::new(config);
    fixture.create_topic(0xa, "t", 2);
    fixture
}

fn produce(fixture: &mut Fixture, version: i16, records: &[u8]) -> PartitionProduceResponse {
    let response = fixture.ask(version, &request(version, -1, 0, records));
    row(&response).clone()
}

fn code(fixture: &mut Fixture, records: &[u8]) -> ErrorCode {
    ErrorCode::from_number(produce(fixture, 9, records).error_code).unwrap()
}

#[test]
fn every_version_appends_and_tells_the_offset() {
    let mut broker = with_topic("");
    for version in 3..=13 {
        for acks in [-1, 1] {
            let end = broker.bounds(0xa, 0).log_end;
            let response = broker.ask(version, &request(version, acks, 0, &batch(&["a", "b"])));
            let row = row(&response);
            assert_eq!((row.index, row.error_code, row.base_offset), (0, 0, end), "version {version}");
            assert_eq!(row.log_append_time_ms, -1, "records keep their own time");
            assert_eq!(row.log_start_offset, if version >= 5 { 0 } else { -1 });
            assert_eq!((response.throttle_time_ms, response.node_endpoints.len()), (0, 0));
            let topic = &response.responses[0];
            let expected = if version < 13 { ("t", Default::default()) } else { ("", topic_id(0xa).0) };
            assert_eq!((topic.name.as_str(), topic.topic_id), expected);
        }
    }
    assert_eq!(broker.bounds(0xa, 0).log_end, 2 * 2 * 11);
    let mut nothing = request(9, 1, 0, &batch(&["a"]));
    nothing.topic_data[0].partition_data.clear();
    assert!(broker.ask(9, &nothing).responses.is_empty(), "a topic of no partitions has no row");
}

#[test]
fn quirk_3_versions_from_0_are_advertised_and_those_below_3_close_the_connection() {
    let mut broker = with_topic("");
    let versions =
        broker.ask(3, &ApiVersionsRequest { client_software_name: "t".into(), client_software_version: "1".into() });
    let range = versions.api_keys.iter().find(|key| key.api_key == ApiKey::Produce.number()).unwrap();
    assert_eq!((range.min_version, range.max_version), (0, 13));
    for version in 0..3i16 {
        let frame =
            [&[0, 0][..], &version.to_be_bytes(), &[0, 0, 0, 7, 0, 1, b'c', 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]].concat();
        let reply = broker.api.dispatch(&mut broker.session, frame.into());
        assert!(matches!(reply, Reply::Close), "version {version}: {reply:?}");
    }
}

#[test]
fn quirk_20_acks_other_than_minus_1_0_and_1_are_refused_and_nothing_is_written() {
    let mut broker = with_topic("");
    for acks in [2, -2, 7, i16::MIN, i16::MAX] {
        let response = broker.ask(9, &request(9, acks, 0, &batch(&["a"])));
        let row = row(&response);
        assert_eq!(row.error_code, ErrorCode::InvalidRequiredAcks.number(), "{acks}");
        assert_eq!((row.base_offset, row.log_append_time_ms, row.log_start_offset), (-1, -1, -1));
    }
    assert_eq!(broker.bounds(0xa, 0).log_end, 0);
}

#[test]
fn quirk_20_with_acks_0_success_is_silent_and_an_error_closes_the_connection() {
    let mut broker = with_topic("");
    let reply = broker.send(9, &request(9, 0, 0, &batch(&["a"])));
    assert!(matches!(reply, Reply::Silent), "{reply:?}");
    assert_eq!(broker.bounds(0xa, 0).log_end, 1);
    for (partition, records) in [(7, batch(&["a"])), (0, Vec::new())] {
        let reply = broker.send(9, &request(9, 0, partition, &records));
        assert!(matches!(reply, Reply::Close), "{reply:?}");
    }
    let produced = broker.api.metrics().key(ApiKey::Produce).unwrap();
    assert_eq!(produced.requests(), 3, "requests without an answer are counted too");
}

#[test]
fn topics_and_partitions_that_do_not_exist() {
    let mut broker = with_topic("");
    for partition in [2, -1, i32::MIN, i32::MAX] {
        let response = broker.ask(9, &request(9, -1, partition, &batch(&["a"])));
        assert_eq!(row(&response).error_code, ErrorCode::UnknownTopicOrPartition.number(), "{partition}");
        assert_eq!((row(&response).index, row(&response).base_offset), (partition, -1));
    }
    let mut unknown = request(12, -1, 0, &batch(&["a"]));
    unknown.topic_data[0].name = "../x".into();
    assert_eq!(row(&broker.ask(12, &unknown)).error_code, ErrorCode::UnknownTopicOrPartition.number());
    let mut unknown = request(13, -1, 0, &batch(&["a"]));
    for id in [topic_id(0xb), topic_id(0)] {
        unknown.topic_data[0].topic_id = id.0;
        let response = broker.ask(13, &unknown);
        assert_eq!(row(&response).error_code, ErrorCode::UnknownTopicId.number());
        assert_eq!(response.responses[0].topic_id, id.0, "the id is echoed");
    }
    let beyond = broker.ask(13, &request(13, -1, 9, &batch(&["a"])));
    assert_eq!(row(&beyond).error_code, ErrorCode::UnknownTopicOrPartition.number());
}

#[test]
fn quirk_14_a_broker_that_does_not_lead_says_who_does() {
    let mut fixture = Fixture::new("");
    fixture.apply(Record::BrokerRegistered(broker(2)));
    fixture.create_partitions(0xa, "t", 1, &led_by(2, &[2]));
    for version in 3..=13 {
        let response = fixture.ask(version, &request(version, -1, 0, &batch(&["a"])));
        let row = row(&response);
        assert_eq!(row.error_code, ErrorCode::NotLeaderOrFollower.number());
        let told = (row.current_leader.leader_id, row.current_leader.leader_epoch);
        let nodes: Vec<_> = response.node_endpoints.iter().map(|it| (it.node_id, it.host.as_str(), it.port)).collect();
        if version < 10 {
            assert_eq!((told, nodes.len()), ((-1, -1), 0));
        } else {
            assert_eq!((told, nodes), ((2, 0), vec![(2, "example.org", 19093)]));
        }
    }
    // A leader that stopped being one: the client learns the new epoch.
    fixture.create_partitions(0xb, "u", 1, &led_by(1, &[1, 2]));
    fixture.elect(0xb, 0, Some(2));
    let mut moved = request(12, 1, 0, &batch(&["a"]));
    moved.topic_data[0].name = "u".into();
    let response = fixture.ask(12, &moved);
    let row = row(&response);
    assert_eq!(row.error_code, ErrorCode::NotLeaderOrFollower.number());
    assert_eq!((row.current_leader.leader_id, row.current_leader.leader_epoch), (2, 1));
}

/// A batch changed by `change`, its checksum made to fit again.
fn spoilt(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = batch(&["a", "b"]);
    change(&mut bytes);
    if bytes.len() >= 61 {
        let _ = patch::seal(&mut bytes);
    }
    bytes
}

fn with_attributes(change: impl FnOnce(Attributes) -> Attributes) -> Vec<u8> {
    spoilt(|bytes| {
        let attributes = change(Attributes::of(Codec::None)).0;
        bytes[21..23].copy_from_slice(&attributes.to_be_bytes());
    })
}

#[test]
fn hostile_batches_are_refused_with_their_codes_and_nothing_is_written() {
    let mut broker = with_topic("");
    let mut bad_crc = batch(&["a"]);
    *bad_crc.last_mut().unwrap() ^= 1;
    let two = [batch(&["a"]), batch(&["b"])].concat();
    let cases: [(&str, Vec<u8>, ErrorCode); 15] = [
        ("H25 a wrong checksum", bad_crc, ErrorCode::CorruptMessage),
        (
            "H26 a length beyond the end",
            spoilt(|it| it[8..12].copy_from_slice(&5000i32.to_be_bytes())),
            ErrorCode::InvalidRecord,
        ),
        (
            "H26 a negative length",
            spoilt(|it| it[8..12].copy_from_slice(&(-1i32).to_be_bytes())),
            ErrorCode::CorruptMessage,
        ),
        (
            "H27 a count that does not fit",
            spoilt(|it| it[57..61].copy_from_slice(&3i32.to_be_bytes())),
            ErrorCode::InvalidRecord,
        ),
        (
            "H27 a negative count",
            spoilt(|it| it[57..61].copy_from_slice(&(-2i32).to_be_bytes())),
            ErrorCode::InvalidRecord,
        ),
        ("H28 format 0", spoilt(|it| it[16] = 0), ErrorCode::InvalidRecord),
        ("H28 format 1", spoilt(|it| it[16] = 1), ErrorCode::InvalidRecord),
        ("H28 format 3", spoilt(|it| it[16] = 3), ErrorCode::CorruptMessage),
        ("H29 a control batch", with_attributes(|it| it.with_control(true)), ErrorCode::InvalidRecord),
        ("H30 two batches", two, ErrorCode::InvalidRecord),
        ("H31 nothing", Vec::new(), ErrorCode::InvalidRecord),
        ("H31 half a header", batch(&["a"])[..40].to_vec(), ErrorCode::InvalidRecord),
        ("H32 a record length that lies", spoilt(|it| it[61] = 0x7e), ErrorCode::InvalidRecord),
        ("H34 a codec that does not exist", spoilt(|it| it[22] = 6), ErrorCode::UnsupportedCompressionType),
        ("a base offset", spoilt(|it| it[7] = 1), ErrorCode::InvalidRecord),
    ];
    for (what, records, expected) in cases {
        assert_eq!(code(&mut broker, &records), expected, "{what}");
        let row = produce(&mut broker, 13, &records);
        let message = match what {
            "H28 format 3" => Some("Invalid magic found in record: 3"),
            "H26 a negative length" => Some("Record size -1 is less than the minimum record overhead (14)"),
            _ => None,
        };
        assert_eq!((row.base_offset, row.log_append_time_ms), (-1, -1), "{what}");
        assert_eq!((row.error_message.as_deref(), row.record_errors.len()), (message, 0), "{what}");
    }
    let mut null = request(9, 1, 0, &[]);
    null.topic_data[0].partition_data[0].records = None;
    assert_eq!(row(&broker.ask(9, &null)).error_code, ErrorCode::InvalidRecord.number());
    assert_eq!(broker.bounds(0xa, 0).log_end, 0);
    assert_eq!(code(&mut broker, &batch(&["a"])), ErrorCode::None, "and a good batch goes in");
}

#[test]
fn h33_a_bomb_is_refused_whatever_its_codec() {
    let mut broker = with_topic("");
    let zeros = vec![0; 70 << 20];
    for codec in [Codec::Gzip, Codec::Lz4, Codec::Zstd, Codec::Snappy] {
        let mut builder = BatchBuilder::new(codec);
        let record = NewRecord { timestamp: 1, key: None, value: Some(&zeros), headers: &[] };
        builder.append(&record).unwrap();
        let bomb = builder.build().unwrap();
        assert_eq!(code(&mut broker, &bomb), ErrorCode::MessageTooLarge, "{codec:?}, {} bytes", bomb.len());
    }
}

#[test]
fn quirk_16_zstd_needs_version_7() {
    let mut broker = with_topic("");
    let zstd = filled(BatchBuilder::new(Codec::Zstd), &["a"]);
    for version in 3..=13 {
        let expected = if version < 7 { ErrorCode::UnsupportedCompressionType } else { ErrorCode::None };
        assert_eq!(produce(&mut broker, version, &zstd).error_code, expected.number(), "version {version}");
    }
}

#[test]
fn quirk_17_the_largest_batch_is_the_topics_and_a_segments() {
    let mut broker = with_topic("");
    let value = "x".repeat(1_500_000);
    assert_eq!(code(&mut broker, &batch(&[&value])), ErrorCode::MessageTooLarge);
    broker.set(ConfigResource::topic("t"), "max.message.bytes", "2000000");
    broker.set(ConfigResource::topic("t"), "segment.bytes", "1048576");
    assert_eq!(code(&mut broker, &batch(&[&value])), ErrorCode::RecordListTooLarge);
    let compressed = filled(BatchBuilder::new(Codec::Gzip), &[&value]);
    assert_eq!(code(&mut broker, &compressed), ErrorCode::None, "the size is that of the batch as it was sent");
}

#[test]
fn quirk_18_refused_records_are_listed_from_version_8_on() {
    let mut broker = with_topic("");
    broker.set(ConfigResource::topic("t"), "cleanup.policy", "compact");
    let mut builder = BatchBuilder::new(Codec::None);
    for key in [Some(&b"k"[..]), None, None] {
        builder.append(&NewRecord { timestamp: 1, key, value: Some(b"v"), headers: &[] }).unwrap();
    }
    let records = builder.build().unwrap();
    for version in 3..=13 {
        let row = produce(&mut broker, version, &records);
        assert_eq!(row.error_code, ErrorCode::InvalidRecord.number());
        assert_eq!(row.log_start_offset, if version >= 5 { 0 } else { -1 });
        let listed: Vec<_> =
            row.record_errors.iter().map(|it| (it.batch_index, it.batch_index_error_message.as_deref())).collect();
        if version < 8 {
            assert_eq!((listed.len(), row.error_message), (0, None));
            continue;
        }
        let message = "Compacted topic cannot accept message without key in topic partition t-0";
        assert_eq!(listed, [(1, Some(message)), (2, Some(message))]);
        let sentence = format!(
            "One or more records have been rejected due to 2 record errors in total, and only showing the first three errors at most: \
             [RecordError(batchIndex=1, message='{message}'), RecordError(batchIndex=2, message='{message}')]"
        );
        assert_eq!(row.error_message.as_deref(), Some(sentence.as_str()));
    }
}

#[test]
fn quirk_18_a_timestamp_out_of_range_is_its_own_error() {
    let mut broker = with_topic("");
    broker.set(ConfigResource::topic("t"), "message.timestamp.after.max.ms", "1000");
    let late = Env::system().clock.wall_ms() + 3_600_000;
    for timestamp in [late, i64::MAX / 2] {
        let mut builder = BatchBuilder::new(Codec::Gzip);
        builder.append(&NewRecord { timestamp, key: None, value: None, headers: &[] }).unwrap();
        let row = produce(&mut broker, 9, &builder.build().unwrap());
        assert_eq!(row.error_code, ErrorCode::InvalidTimestamp.number());
        let sentence = "One or more records have been rejected due to invalid timestamp";
        assert_eq!(row.error_message.as_deref(), Some(sentence));
        let message = row.record_errors[0].batch_index_error_message.clone().unwrap();
        let begin =
            format!("Timestamp {timestamp} of message with offset 0 is out of range. The timestamp should be within [");
        assert!(message.starts_with(&begin), "{message}");
    }
}

#[test]
fn quirk_19_a_topic_that_stamps_records_tells_the_time() {
    let mut broker = with_topic("");
    broker.set(ConfigResource::topic("t"), "message.timestamp.type", "LogAppendTime");
    let before = Env::system().clock.wall_ms();
    let row = produce(&mut broker, 9, &batch(&["a"]));
    assert!(row.error_code == 0 && row.log_append_time_ms >= before, "{row:?}");
}

fn of_producer(epoch: i16, sequence: i32, values: &[&str]) -> Vec<u8> {
    filled(BatchBuilder::new(Codec::None).producer(5000, epoch, sequence), values)
}

#[test]
fn quirk_21_a_repeated_batch_is_acknowledged_with_its_first_offset() {
    let mut broker = with_topic("");
    for sequence in 0..5 {
        assert_eq!(produce(&mut broker, 9, &of_producer(0, sequence, &["a"])).base_offset, i64::from(sequence));
    }
    for sequence in 0..5 {
        let row = produce(&mut broker, 9, &of_producer(0, sequence, &["a"]));
        assert_eq!((row.error_code, row.base_offset), (0, i64::from(sequence)));
    }
    assert_eq!(broker.bounds(0xa, 0).log_end, 5);
}

#[test]
fn h36_sequences_and_epochs_that_do_not_follow_are_refused() {
    let mut broker = with_topic("");
    assert_eq!(code(&mut broker, &of_producer(3, 10, &["a"])), ErrorCode::None, "an unknown producer begins anywhere");
    assert_eq!(code(&mut broker, &of_producer(3, 12, &["a"])), ErrorCode::OutOfOrderSequenceNumber);
    assert_eq!(code(&mut broker, &of_producer(2, 11, &["a"])), ErrorCode::InvalidProducerEpoch);
    assert_eq!(code(&mut broker, &of_producer(4, 1, &["a"])), ErrorCode::OutOfOrderSequenceNumber);
    assert_eq!(code(&mut broker, &of_producer(4, 0, &["a"])), ErrorCode::None);
    assert_eq!(code(&mut broker, &of_producer(4, -1, &["a"])), ErrorCode::InvalidRecord);
    let other = |sequence| filled(BatchBuilder::new(Codec::None).producer(6000, 0, sequence), &["a", "b"]);
    assert_eq!(code(&mut broker, &other(i32::MAX - 1)), ErrorCode::None);
    assert_eq!(code(&mut broker, &other(0)), ErrorCode::None, "sequences wrap to 0");
    let row = produce(&mut broker, 9, &of_producer(4, 9, &["a"]));
    assert_eq!((row.base_offset, row.log_start_offset, row.error_message), (-1, 0, None));
}

#[test]
fn h38_transactional_batches_are_refused_where_nobody_knows_their_transaction() {
    let mut broker = with_topic("");
    let records = filled(BatchBuilder::new(Codec::None).producer(1, 0, 0).transactional(), &["a"]);
    let mut both = request(9, -1, 0, &records);
    let plain = PartitionProduceData { index: 1, records: Some(batch(&["a"]).into()) };
    both.topic_data[0].partition_data.push(plain);
    let nameless = broker.ask(9, &both);
    let codes: Vec<_> = nameless.responses[0].partition_responses.iter().map(|row| row.error_code).collect();
    assert_eq!(codes, [ErrorCode::TransactionalIdAuthorizationFailed.number(); 2], "the request is refused as a whole");
    both.transactional_id = Some("id".into());
    let named = broker.ask(9, &both);
    let codes: Vec<_> = named.responses[0].partition_responses.iter().map(|row| row.error_code).collect();
    assert_eq!(codes, [ErrorCode::NotEnoughReplicas.number(), 0], "there is no coordinator to ask");
    assert_eq!((broker.bounds(0xa, 0).log_end, broker.bounds(0xa, 1).log_end), (0, 1));
}

#[test]
fn acks_all_needs_enough_replicas_in_sync_and_acks_1_does_not() {
    let mut fixture = Fixture::new("");
    let state = esker_metadata::Partition { isr: [1].into(), ..led_by(1, &[1, 2]) };
    fixture.create_partitions(0xa, "t", 1, &state);
    fixture.set(ConfigResource::topic("t"), "min.insync.replicas", "2");
    let all = fixture.ask(9, &request(9, -1, 0, &batch(&["a"])));
    assert_eq!(row(&all).error_code, ErrorCode::NotEnoughReplicas.number());
    assert_eq!((row(&all).base_offset, row(&all).log_start_offset), (-1, 0));
    assert_eq!(row(&fixture.ask(9, &request(9, 1, 0, &batch(&["a"])))).error_code, 0);
}

#[test]
fn acks_all_waits_for_all_in_sync_replicas_until_the_clients_deadline() {
    let mut fixture = Fixture::new("");
    fixture.apply(Record::BrokerRegistered(broker(2)));
    fixture.create_partitions(0xa, "t", 1, &led_by(1, &[1, 2]));
    let late = ProduceRequest { timeout_ms: 50, ..request(9, -1, 0, &batch(&["a"])) };
    let reply = fixture.send(9, &late);
    assert!(matches!(reply, Reply::Later(_)), "{reply:?}");
    let response = fixture.read::<ProduceRequest>(reply, 9);
    let row = row(&response);
    assert_eq!((row.error_code, row.base_offset), (ErrorCode::RequestTimedOut.number(), 0), "the record stays");
    assert_eq!(fixture.bounds(0xa, 0).log_end, 1);
}

#[test]
fn records_that_wait_when_their_leader_goes_are_not_acknowledged() {
    let mut fixture = Fixture::new("");
    fixture.apply(Record::BrokerRegistered(broker(2)));
    fixture.create_partitions(0xa, "t", 1, &led_by(1, &[1, 2]));
    let reply = fixture.send(10, &request(10, -1, 0, &batch(&["a"])));
    assert!(matches!(reply, Reply::Later(_)), "{reply:?}");
    fixture.elect(0xa, 0, Some(2));
    let response = fixture.read::<ProduceRequest>(reply, 10);
    assert_eq!(row(&response).error_code, ErrorCode::NotLeaderOrFollower.number());
    assert_eq!(row(&response).current_leader.leader_id, 2, "as of now, not as of the request");
}

#[test]
fn flush_messages_1_is_acknowledged_once_the_record_is_durable() {
    let mut broker = with_topic("");
    broker.set(ConfigResource::topic("t"), "flush.messages", "1");
    for acks in [1, -1] {
        let end = broker.bounds(0xa, 0).log_end;
        let response = broker.ask(9, &request(9, acks, 0, &batch(&["a"])));
        assert_eq!((row(&response).error_code, row(&response).base_offset), (0, end));
        let recovery_point = broker.replicas.partition(topic_id(0xa), 0).unwrap().log().recovery_point();
        assert!(recovery_point > end, "acks {acks}: durable up to {recovery_point}");
    }
}

#[test]
fn h47_quirk_22_only_the_admin_client_writes_to_internal_topics() {
    let mut fixture = Fixture::new("");
    fixture.create_topic(0xa, "__consumer_offsets", 1);
    let request = request(13, 1, 0, &batch(&["a"]));
    let refused = fixture.ask(13, &request);
    assert_eq!(row(&refused).error_code, ErrorCode::InvalidTopicException.number());
    let reply = fixture.send_as("__admin_client", 13, &request);
    assert_eq!(row(&fixture.read::<ProduceRequest>(reply, 13)).error_code, 0);
}

#[test]
fn h22_a_partition_that_is_named_twice_takes_both_batches_in_order() {
    let mut broker = with_topic("");
    let mut twice = request(9, -1, 0, &batch(&["a"]));
    twice.topic_data.push(request(9, -1, 0, &batch(&["b", "c"])).topic_data.remove(0));
    let again = PartitionProduceData { index: 0, records: Some(batch(&["d"]).into()) };
    twice.topic_data[0].partition_data.push(again);
    let response = broker.ask(9, &twice);
    let offsets: Vec<Vec<_>> = response
        .responses
        .iter()
        .map(|topic| topic.partition_responses.iter().map(|row| (row.error_code, row.base_offset)).collect())
        .collect();
    assert_eq!(offsets, [vec![(0, 0), (0, 1)], vec![(0, 2)]]);
}

#[test]
fn one_bad_partition_leaves_the_others_alone() {
    let mut broker = with_topic("");
    let mut mixed = request(9, -1, 0, &[]);
    mixed.topic_data[0].partition_data.push(PartitionProduceData { index: 1, records: Some(batch(&["a"]).into()) });
    let response = broker.ask(9, &mixed);
    let codes: Vec<_> = response.responses[0].partition_responses.iter().map(|row| row.error_code).collect();
    assert_eq!(codes, [ErrorCode::InvalidRecord.number(), 0]);
}

#[test]
fn h18_a_request_that_decodes_to_more_than_its_budget_closes_the_connection() {
    let mut broker = with_topic("");
    let partitions = (0..300_000).map(|index| PartitionProduceData::<Bytes> { index, records: None }).collect();
    let topic = TopicProduceData { name: "t".into(), partition_data: partitions, ..Default::default() };
    let huge = ProduceRequest { transactional_id: None, acks: -1, timeout_ms: 0, topic_data: vec![topic] };
    let reply = broker.send(9, &huge);
    assert!(matches!(reply, Reply::Close), "{reply:?}");
}

#[test]
fn timeouts_below_zero_are_none() {
    let mut broker = with_topic("");
    let request = ProduceRequest { timeout_ms: i32::MIN, ..request(9, -1, 0, &batch(&["a"])) };
    assert_eq!(row(&broker.ask(9, &request)).error_code, 0);
}
