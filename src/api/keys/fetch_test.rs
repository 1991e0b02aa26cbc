//! Fetch: records, limits, waits, errors, and sessions as they look on the wire.

use crate::testing::{Fixture, batch, broker, filled, led_by, topic_id};
use crate::{ErrorCode, Piece, Reply};
use bytes::Bytes;
use esker_metadata::{ConfigResource, Record, TopicDeletion};
use esker_protocol::messages::fetch::{FetchPartition, FetchTopic, ForgottenTopic, PartitionData, ReplicaState};
use esker_protocol::messages::produce::{PartitionProduceData, TopicProduceData};
use esker_protocol::messages::{FetchRequest, FetchResponse, ProduceRequest};
use esker_record::{BatchBuilder, Batches, Codec};

const VERSIONS: std::ops::RangeInclusive<i16> = 4..=18;

fn partition(partition: i32, fetch_offset: i64) -> FetchPartition {
    FetchPartition { partition, fetch_offset, partition_max_bytes: 1 << 20, ..FetchPartition::default() }
}

/// A request that waits for nothing, for partitions of the topic 0xa, named "t".
fn request(version: i16, partitions: Vec<FetchPartition>) -> FetchRequest {
    let topic = FetchTopic {
        topic: if version < 13 { "t".into() } else { "".into() },
        topic_id: if version < 13 { Default::default() } else { topic_id(0xa).0 },
        partitions,
    };
    FetchRequest { max_wait_ms: 0, min_bytes: 1, topics: vec![topic], ..FetchRequest::default() }
}

fn rows(response: &FetchResponse) -> Vec<&PartitionData> {
    response.responses.iter().flat_map(|topic| &topic.partitions).collect()
}

fn only(response: &FetchResponse) -> &PartitionData {
    let rows = rows(response);
    assert_eq!(rows.len(), 1, "{response:?}");
    rows[0]
}

/// The base offsets of the batches in a row.
fn batches(row: &PartitionData) -> Vec<i64> {
    let records = row.records.as_ref().expect("records are never null");
    Batches::new(records).map(|batch| batch.unwrap().header.base_offset).collect()
}

fn append(fixture: &mut Fixture, partition: i32, records: &[u8]) {
    let partition_data =
        vec![PartitionProduceData { index: partition, records: Some(Bytes::copy_from_slice(records)) }];
    let topic = TopicProduceData { name: "t".into(), partition_data, ..Default::default() };
    let request = ProduceRequest { transactional_id: None, acks: 1, timeout_ms: 0, topic_data: vec![topic] };
    let response = fixture.ask(9, &request);
    assert_eq!(response.responses[0].partition_responses[0].error_code, 0);
}

/// A topic of three partitions; the first holds batches at 0 (three records) and 3 (one).
fn with_records(config: &str) -> Fixture {
    let mut fixture = Fixture::new(config);
    fixture.create_topic(0xa, "t", 3);
    append(&mut fixture, 0, &batch(&["a", "b", "c"]));
    append(&mut fixture, 0, &batch(&["d"]));
    fixture
}

fn code(fixture: &mut Fixture, version: i16, asked: FetchPartition) -> ErrorCode {
    let response = fixture.ask(version, &request(version, vec![asked]));
    ErrorCode::from_number(only(&response).error_code).unwrap()
}

#[test]
fn every_version_returns_records_and_the_offsets_of_the_partition() {
    let mut broker = with_records("");
    for version in VERSIONS {
        let response = broker.ask(version, &request(version, vec![partition(0, 0)]));
        let row = only(&response);
        assert_eq!((row.error_code, batches(row)), (0, vec![0, 3]), "version {version}");
        assert_eq!((row.high_watermark, row.last_stable_offset), (4, 4));
        assert_eq!(row.log_start_offset, if version >= 5 { 0 } else { -1 });
        assert_eq!((row.preferred_read_replica, response.session_id, response.throttle_time_ms), (-1, 0, 0));
        let topic = &response.responses[0];
        let expected = if version < 13 { ("t", Default::default()) } else { ("", topic_id(0xa).0) };
        assert_eq!((topic.topic.as_str(), topic.topic_id), expected, "topics are called what the client calls them");
    }
}

#[test]
fn records_leave_from_their_file_and_not_through_memory() {
    let mut broker = with_records("");
    let reply = broker.send(13, &request(13, vec![partition(0, 0), partition(1, 0)]));
    let Reply::Now(response) = reply else { panic!("{reply:?}") };
    let files = response.pieces.iter().filter(|piece| matches!(piece, Piece::File(_)));
    assert_eq!(files.map(Piece::len).sum::<u64>(), broker.replicas.partition(topic_id(0xa), 0).unwrap().log().size());
    let bytes = response.pieces.iter().filter(|piece| matches!(piece, Piece::Bytes(_)));
    assert!(bytes.map(Piece::len).sum::<u64>() < 200);
}

#[test]
fn quirk_23_the_whole_batch_that_holds_the_offset_is_returned() {
    let mut broker = with_records("");
    for (offset, expected) in [(1, vec![0, 3]), (2, vec![0, 3]), (3, vec![3]), (4, vec![])] {
        let response = broker.ask(12, &request(12, vec![partition(0, offset)]));
        assert_eq!(batches(only(&response)), expected, "from {offset}");
    }
}

#[test]
fn quirk_24_the_first_partition_with_records_may_exceed_the_limits_by_one_batch() {
    let mut broker = with_records("");
    append(&mut broker, 1, &batch(&["x"]));
    append(&mut broker, 2, &batch(&["y"]));
    let tight = FetchRequest { max_bytes: 1, ..request(12, vec![partition(0, 0), partition(1, 0), partition(2, 0)]) };
    let response = broker.ask(12, &tight);
    assert_eq!(rows(&response).into_iter().map(batches).collect::<Vec<_>>(), [vec![0], vec![], vec![]]);
    assert!(rows(&response).iter().all(|row| row.error_code == 0 && row.high_watermark > 0));
    // An empty partition does not use the exception up; a later one does.
    let behind = FetchRequest { max_bytes: 1, ..request(12, vec![partition(0, 4), partition(1, 0), partition(2, 0)]) };
    let response = broker.ask(12, &behind);
    assert_eq!(rows(&response).into_iter().map(batches).collect::<Vec<_>>(), [vec![], vec![0], vec![]]);
    // The limit of one partition holds too, except for its first batch.
    let mut narrow = vec![partition(1, 0), partition(0, 0)];
    narrow.iter_mut().for_each(|asked| asked.partition_max_bytes = 1);
    let response = broker.ask(12, &request(12, narrow));
    assert_eq!(rows(&response).into_iter().map(batches).collect::<Vec<_>>(), [vec![0], vec![]]);
}

#[test]
fn quirk_24_the_brokers_limit_caps_what_a_client_asks_for() {
    let mut broker = with_records("fetch.max.bytes=1024\n");
    let value = "x".repeat(400);
    for _ in 0..4 {
        append(&mut broker, 1, &batch(&[&value]));
    }
    let asked = FetchRequest { max_bytes: i32::MAX, min_bytes: i32::MAX, ..request(12, vec![partition(1, 0)]) };
    let response = broker.ask(12, &asked);
    assert_eq!(batches(only(&response)), [0, 1]);
}

#[test]
fn h60_no_number_of_partitions_makes_an_answer_larger_than_the_limit() {
    let mut fixture = Fixture::new("fetch.max.bytes=100000\n");
    fixture.create_topic(0xa, "t", 100);
    let records = batch(&["x".repeat(5000).as_str()]);
    (0..100).for_each(|partition| append(&mut fixture, partition, &records));
    let mut all: Vec<_> = (0..100).map(|number| partition(number, 0)).collect();
    all.iter_mut().for_each(|asked| asked.partition_max_bytes = i32::MAX);
    let asked = FetchRequest { max_bytes: i32::MAX, ..request(12, all) };
    let reply = fixture.send(12, &asked);
    let response = fixture.response(reply);
    assert!(response.len() < 100_000 + 20_000, "{}", response.len());
}

#[test]
fn h24_numbers_below_zero_are_taken_for_none() {
    let mut broker = with_records("");
    let mut asked = request(12, vec![FetchPartition { partition_max_bytes: i32::MIN, ..partition(0, 0) }]);
    (asked.max_bytes, asked.min_bytes, asked.max_wait_ms) = (i32::MIN, i32::MIN, i32::MIN);
    let response = broker.ask(12, &asked);
    assert_eq!(batches(only(&response)), [0], "one batch is always given");
}

#[test]
fn h57_offsets_outside_of_the_log_are_out_of_range() {
    let mut broker = with_records("");
    for version in VERSIONS {
        for offset in [5, -1, i64::MIN, i64::MAX] {
            assert_eq!(code(&mut broker, version, partition(0, offset)), ErrorCode::OffsetOutOfRange, "{offset}");
        }
    }
    let response = broker.ask(12, &request(12, vec![partition(0, 99)]));
    let row = only(&response);
    let offsets = (row.high_watermark, row.last_stable_offset, row.log_start_offset);
    assert_eq!((offsets, row.records.as_deref()), ((-1, -1, -1), Some(&[][..])), "an error has no offsets");
}

#[test]
fn quirk_25_a_request_waits_for_records_and_is_answered_when_they_come() {
    let mut broker = with_records("");
    let waiting = FetchRequest { max_wait_ms: 20_000, ..request(12, vec![partition(0, 4)]) };
    let reply = broker.send(12, &waiting);
    assert!(matches!(reply, Reply::Later(_)), "{reply:?}");
    append(&mut broker, 0, &batch(&["e"]));
    let response = broker.read::<FetchRequest>(reply, 12);
    assert_eq!((batches(only(&response)), only(&response).high_watermark), (vec![4], 5));
}

#[test]
fn quirk_25_a_request_that_finds_nothing_is_answered_at_its_deadline() {
    let mut broker = with_records("");
    let waiting = FetchRequest { max_wait_ms: 30, ..request(12, vec![partition(0, 4), partition(1, 0)]) };
    let response = broker.ask(12, &waiting);
    assert!(rows(&response).iter().all(|row| row.error_code == 0 && batches(row).is_empty()));
}

#[test]
fn quirk_25_an_error_is_told_at_once() {
    let mut broker = with_records("");
    let waiting = FetchRequest { max_wait_ms: 20_000, ..request(12, vec![partition(0, 4), partition(1, 7)]) };
    let reply = broker.send(12, &waiting);
    assert!(matches!(reply, Reply::Now(_)), "{reply:?}");
    let unknown = FetchRequest { max_wait_ms: 20_000, ..request(12, vec![partition(99, 0)]) };
    assert!(matches!(broker.send(12, &unknown), Reply::Now(_)), "there is nothing to wait for");
}

#[test]
fn quirk_25_a_change_of_leadership_ends_the_wait() {
    let mut fixture = Fixture::new("");
    fixture.apply(Record::BrokerRegistered(broker(2)));
    fixture.create_partitions(0xa, "t", 1, &led_by(1, &[1, 2]));
    let waiting = FetchRequest { max_wait_ms: 20_000, ..request(16, vec![partition(0, 0)]) };
    let reply = fixture.send(16, &waiting);
    assert!(matches!(reply, Reply::Later(_)), "{reply:?}");
    fixture.elect(0xa, 0, Some(2));
    let response = fixture.read::<FetchRequest>(reply, 16);
    assert_eq!(only(&response).error_code, ErrorCode::NotLeaderOrFollower.number());
    assert_eq!((only(&response).current_leader.leader_id, only(&response).current_leader.leader_epoch), (2, 1));
}

#[test]
fn quirk_14_a_broker_that_does_not_lead_says_who_does() {
    let mut fixture = Fixture::new("");
    fixture.apply(Record::BrokerRegistered(broker(2)));
    fixture.create_partitions(0xa, "t", 1, &led_by(2, &[2]));
    for version in VERSIONS {
        let response = fixture.ask(version, &request(version, vec![partition(0, 0)]));
        let row = only(&response);
        assert_eq!(row.error_code, ErrorCode::NotLeaderOrFollower.number());
        let told = (row.current_leader.leader_id, row.current_leader.leader_epoch);
        let nodes: Vec<_> = response.node_endpoints.iter().map(|it| (it.node_id, it.port)).collect();
        let expected = if version >= 16 { ((2, 0), vec![(2, 19093)]) } else { ((-1, -1), vec![]) };
        assert_eq!((told, nodes), expected, "version {version}");
    }
}

#[test]
fn quirk_28_a_leader_epoch_that_is_not_the_current_one() {
    let mut broker = with_records("");
    broker.elect(0xa, 0, Some(1));
    let named = |epoch| FetchPartition { current_leader_epoch: epoch, ..partition(0, 0) };
    for version in 9..=18 {
        assert_eq!(code(&mut broker, version, named(0)), ErrorCode::FencedLeaderEpoch);
        assert_eq!(code(&mut broker, version, named(1)), ErrorCode::None);
        assert_eq!(code(&mut broker, version, named(2)), ErrorCode::UnknownLeaderEpoch);
        assert_eq!(code(&mut broker, version, named(-1)), ErrorCode::None);
    }
    let response = broker.ask(16, &request(16, vec![named(0)]));
    assert_eq!((only(&response).current_leader.leader_id, only(&response).current_leader.leader_epoch), (1, 1));
    assert_eq!(response.node_endpoints.len(), 1);
}

#[test]
fn quirk_28_a_client_whose_history_diverges_is_told_where() {
    let mut broker = with_records("");
    broker.elect(0xa, 0, Some(1));
    append(&mut broker, 0, &batch(&["e"]));
    let asked = |offset, epoch| FetchPartition { last_fetched_epoch: epoch, ..partition(0, offset) };
    for version in 12..=18 {
        let waiting = FetchRequest { max_wait_ms: 20_000, min_bytes: 1, ..request(version, vec![asked(5, 0)]) };
        let reply = broker.send(version, &waiting);
        assert!(matches!(reply, Reply::Now(_)), "{reply:?}");
        let response = broker.read::<FetchRequest>(reply, version);
        let row = only(&response);
        assert_eq!((row.diverging_epoch.epoch, row.diverging_epoch.end_offset), (0, 4));
        assert_eq!((row.error_code, batches(row), row.high_watermark), (0, vec![], 5));
    }
    let response = broker.ask(12, &request(12, vec![asked(4, 0)]));
    assert_eq!((only(&response).diverging_epoch.epoch, batches(only(&response))), (-1, vec![4]));
}

#[test]
fn quirk_29_aborted_transactions_are_null_for_whoever_sees_everything() {
    let mut broker = with_records("");
    let response = broker.ask(12, &request(12, vec![partition(0, 0)]));
    assert_eq!(only(&response).aborted_transactions, None);
    let committed = FetchRequest { isolation_level: 1, ..request(12, vec![partition(0, 0), partition(0, 4)]) };
    let response = broker.ask(12, &committed);
    assert!(rows(&response).iter().all(|row| row.aborted_transactions == Some(Vec::new())));
}

#[test]
fn an_isolation_level_that_does_not_exist() {
    let mut broker = with_records("");
    for version in VERSIONS {
        let asked = FetchRequest { isolation_level: 2, ..request(version, vec![partition(0, 0)]) };
        let response = broker.ask(version, &asked);
        let unknown = ErrorCode::UnknownServerError.number();
        assert_eq!(response.error_code, if version >= 7 { unknown } else { 0 });
        let codes: Vec<_> = rows(&response).iter().map(|row| row.error_code).collect();
        assert_eq!(codes, if version < 13 { vec![unknown] } else { vec![] });
    }
}

#[test]
fn topics_and_partitions_that_do_not_exist() {
    let mut broker = with_records("");
    for version in VERSIONS {
        for number in [3, -1, i32::MIN, i32::MAX] {
            assert_eq!(code(&mut broker, version, partition(number, 0)), ErrorCode::UnknownTopicOrPartition);
        }
        let mut unknown = request(version, vec![partition(0, 0)]);
        unknown.topics[0].topic = if version < 13 { "nobody".into() } else { "".into() };
        unknown.topics[0].topic_id = if version < 13 { Default::default() } else { topic_id(0xbad).0 };
        let expected = if version < 13 { ErrorCode::UnknownTopicOrPartition } else { ErrorCode::UnknownTopicId };
        let response = broker.ask(version, &unknown);
        let row = only(&response);
        assert_eq!((row.error_code, row.high_watermark), (expected.number(), -1));
        assert_eq!(row.records.as_deref(), Some(&[][..]), "clients do not expect null");
        assert_eq!(response.responses[0].topic_id, unknown.topics[0].topic_id, "ids are echoed");
    }
}

#[test]
fn h22_of_a_partition_that_is_named_twice_the_last_offset_counts() {
    let mut broker = with_records("");
    let mut twice = request(12, vec![partition(0, 99), partition(1, 0)]);
    twice.topics.push(request(12, vec![partition(0, 3)]).topics.remove(0));
    let response = broker.ask(12, &twice);
    assert_eq!(response.responses.len(), 1, "neighbours of one topic are one entry");
    let found: Vec<_> = rows(&response).iter().map(|row| (row.partition_index, batches(row))).collect();
    assert_eq!(found, [(0, vec![3]), (1, vec![])]);
}

#[test]
fn a_topic_that_forces_zstd_cannot_be_read_before_version_10() {
    let mut broker = with_records("");
    broker.set(ConfigResource::topic("t"), "compression.type", "zstd");
    for version in VERSIONS {
        let expected = if version < 10 { ErrorCode::UnsupportedCompressionType } else { ErrorCode::None };
        assert_eq!(code(&mut broker, version, partition(0, 0)), expected, "version {version}");
    }
    broker.set(ConfigResource::topic("t"), "compression.type", "producer");
    append(&mut broker, 1, &filled(BatchBuilder::new(Codec::Zstd), &["z"]));
    assert_eq!(
        code(&mut broker, 4, partition(1, 0)),
        ErrorCode::None,
        "what a producer chose is the client's business"
    );
}

#[test]
fn a_broker_that_is_no_replica_cannot_fetch_as_one() {
    let mut broker = with_records("");
    let follower = |version: i16, epoch| {
        let asked = FetchPartition { current_leader_epoch: epoch, ..partition(0, 0) };
        let mut request = request(version, vec![asked]);
        if version < 15 {
            request.replica_id = 9;
        } else {
            request.replica_state = ReplicaState { replica_id: 9, replica_epoch: 1 };
        }
        request
    };
    for version in 9..=18 {
        let response = broker.ask(version, &follower(version, -1));
        assert_eq!(only(&response).error_code, ErrorCode::NotLeaderOrFollower.number());
        let response = broker.ask(version, &follower(version, 0));
        assert_eq!(only(&response).error_code, ErrorCode::UnknownLeaderEpoch.number());
    }
}

#[test]
fn a_follower_sees_what_is_not_replicated_and_moves_the_high_watermark() {
    let mut fixture = Fixture::new("");
    fixture.apply(Record::BrokerRegistered(broker(2)));
    fixture.create_partitions(0xa, "t", 1, &led_by(1, &[1, 2]));
    append(&mut fixture, 0, &batch(&["a"]));
    let consumer = fixture.ask(17, &request(17, vec![partition(0, 0)]));
    assert_eq!((only(&consumer).high_watermark, batches(only(&consumer))), (0, vec![]));
    let follower = |offset| FetchRequest {
        replica_state: ReplicaState { replica_id: 2, replica_epoch: 2 },
        ..request(17, vec![partition(0, offset)])
    };
    let fetched = fixture.ask(17, &follower(0));
    assert_eq!((only(&fetched).high_watermark, batches(only(&fetched))), (0, vec![0]));
    fixture.ask(17, &follower(1));
    let consumer = fixture.ask(17, &request(17, vec![partition(0, 0)]));
    assert_eq!((only(&consumer).high_watermark, batches(only(&consumer))), (1, vec![0]));
}

/// A request of a session.
fn of_session(id: i32, epoch: i32, version: i16, partitions: Vec<FetchPartition>) -> FetchRequest {
    let mut request = FetchRequest { session_id: id, session_epoch: epoch, ..request(version, partitions) };
    request.topics.retain(|topic| !topic.partitions.is_empty());
    request
}

#[test]
fn quirk_26_a_session_tells_only_what_has_changed() {
    for version in 7..=18 {
        let mut broker = with_records("");
        let all = vec![partition(0, 4), partition(1, 0), partition(2, 0)];
        let first = broker.ask(version, &of_session(0, 0, version, all));
        assert!(first.session_id > 0 && rows(&first).len() == 3);
        let id = first.session_id;
        let quiet = broker.ask(version, &of_session(id, 1, version, Vec::new()));
        assert_eq!((quiet.error_code, quiet.session_id, quiet.responses.len()), (0, id, 0));
        append(&mut broker, 1, &batch(&["x"]));
        let news = broker.ask(version, &of_session(id, 2, version, Vec::new()));
        assert_eq!((only(&news).partition_index, batches(only(&news))), (1, vec![0]));
        let moved = broker.ask(version, &of_session(id, 3, version, vec![partition(1, 1)]));
        assert_eq!(rows(&moved).len(), 0, "the client is behind nothing");
        let mut forgetful = of_session(id, 4, version, Vec::new());
        forgetful.forgotten_topics_data = vec![ForgottenTopic {
            topic: if version < 13 { "t".into() } else { "".into() },
            topic_id: if version < 13 { Default::default() } else { topic_id(0xa).0 },
            partitions: vec![0, 1],
        }];
        broker.ask(version, &forgetful);
        append(&mut broker, 1, &batch(&["y"]));
        let silent = broker.ask(version, &of_session(id, 5, version, Vec::new()));
        assert_eq!(rows(&silent).len(), 0, "what was forgotten is not served");
        let over = broker.ask(version, &of_session(id, -1, version, vec![partition(0, 0)]));
        assert_eq!((over.session_id, batches(only(&over))), (0, vec![0, 3]));
        assert_eq!(broker.api.fetch_sessions().sessions, 0);
    }
}

#[test]
fn quirk_26_what_is_wrong_with_a_session_is_told_of_the_whole_answer() {
    let mut broker = with_records("");
    let id = broker.ask(12, &of_session(0, 0, 12, vec![partition(0, 0)])).session_id;
    let cases = [
        (id.wrapping_add(1), 1, 12, ErrorCode::FetchSessionIdNotFound),
        (id, 5, 12, ErrorCode::InvalidFetchSessionEpoch),
        (id, 1, 13, ErrorCode::FetchSessionTopicIdError),
        (0, 1, 12, ErrorCode::FetchSessionIdNotFound),
    ];
    for (id, epoch, version, expected) in cases {
        let response = broker.ask(version, &of_session(id, epoch, version, Vec::new()));
        let told = (response.error_code, response.session_id, response.responses.len());
        assert_eq!(told, (expected.number(), 0, 0));
    }
    assert_eq!(broker.ask(12, &of_session(id, 1, 12, Vec::new())).error_code, 0, "the session goes on");
}

#[test]
fn h59_sessions_are_evicted_or_refused_and_never_grow_beyond_their_slots() {
    let mut broker = with_records("max.incremental.fetch.session.cache.slots=3\n");
    let ids: Vec<_> =
        (0..10).map(|_| broker.ask(12, &of_session(0, 0, 12, vec![partition(0, 0)])).session_id).collect();
    assert_eq!(ids.iter().filter(|id| **id > 0).count(), 3);
    assert_eq!(broker.api.fetch_sessions().sessions, 3);
}

#[test]
fn partitions_that_returned_records_are_served_last_the_next_time() {
    let mut broker = with_records("");
    append(&mut broker, 1, &batch(&["x"]));
    let tight = |mut request: FetchRequest| {
        request.max_bytes = 1;
        request
    };
    let first = broker.ask(12, &tight(of_session(0, 0, 12, vec![partition(0, 0), partition(1, 0)])));
    let id = first.session_id;
    let served: Vec<_> = (1..4)
        .map(|epoch| {
            let response = broker.ask(12, &tight(of_session(id, epoch, 12, Vec::new())));
            let with_records = rows(&response).into_iter().find(|row| !batches(row).is_empty());
            with_records.map(|row| row.partition_index)
        })
        .collect();
    assert_eq!(served, [Some(0), Some(1), Some(0)], "a session begins in the order of its first request, then rotates");
}

#[test]
fn quirk_27_a_session_learns_that_its_topic_was_created_anew() {
    let mut fixture = with_records("");
    let first = fixture.ask(13, &of_session(0, 0, 13, vec![partition(0, 0)]));
    let deleted = TopicDeletion { topic_id: topic_id(0xa), name: "t".into(), partitions: 3, tiered: false };
    fixture.apply(Record::TopicDeleted(deleted));
    let gone = fixture.ask(13, &of_session(first.session_id, 1, 13, Vec::new()));
    assert_eq!(only(&gone).error_code, ErrorCode::UnknownTopicOrPartition.number());
    fixture.create_topic(0xb, "t", 1);
    let anew = fixture.ask(13, &of_session(first.session_id, 2, 13, Vec::new()));
    assert_eq!(only(&anew).error_code, ErrorCode::InconsistentTopicId.number());
    let sessionless = fixture.ask(13, &request(13, vec![partition(0, 0)]));
    assert_eq!(only(&sessionless).error_code, ErrorCode::UnknownTopicId.number());
}

#[test]
fn h18_a_request_that_decodes_to_more_than_its_budget_closes_the_connection() {
    let mut broker = with_records("");
    let reply = broker.send(12, &request(12, (0..200_000).map(|number| partition(number, 0)).collect()));
    assert!(matches!(reply, Reply::Close), "{reply:?}");
}

#[test]
fn h23_a_hundred_thousand_partitions_are_answered() {
    let mut broker = with_records("");
    let response = broker.ask(12, &of_session(0, 0, 12, (0..100_000).map(|number| partition(number, 0)).collect()));
    assert_eq!(rows(&response).len(), 100_000);
    let unknown = rows(&response).iter().filter(|row| row.error_code == 3).count();
    assert_eq!(unknown, 100_000 - 3);
}
