//! Transactions through the keys that make them up: what each version answers, from the first request to the last marker.

use crate::testing::{Fixture, topic_id};
use crate::{ErrorCode, Reply};
use bytes::Bytes;
use esker_coordinator::StateLog;
use esker_env::Env;
use esker_log::Bounds;
use esker_metadata::{ConfigResource, Record};
use esker_protocol::messages::add_partitions_to_txn::{AddPartitionsToTxnTopic, AddPartitionsToTxnTransaction};
use esker_protocol::messages::describe_producers::TopicRequest;
use esker_protocol::messages::produce::{PartitionProduceData, PartitionProduceResponse, TopicProduceData};
use esker_protocol::messages::txn_offset_commit::TxnOffsetCommitRequestTopic;
use esker_protocol::messages::write_txn_markers::{WritableTxnMarker, WritableTxnMarkerTopic};
use esker_protocol::messages::{
    AddOffsetsToTxnRequest, AddPartitionsToTxnRequest, DescribeProducersRequest, DescribeTransactionsRequest,
    EndTxnRequest, EndTxnResponse, InitProducerIdRequest, InitProducerIdResponse, ListTransactionsRequest,
    ProduceRequest, TxnOffsetCommitRequest, WriteTxnMarkersRequest,
};
use esker_record::{BatchBuilder, Codec, NewRecord};

const TRANSACTIONS: u128 = 0x77;
const TOPIC: u128 = 0xa;

/// A broker that coordinates transactions, with the topic "t" of two partitions.
fn broker() -> Fixture {
    broker_with("")
}

fn broker_with(config: &str) -> Fixture {
    let mut broker = Fixture::new(config);
    broker.apply(Record::FeatureSet { name: "transaction.version".into(), level: 2 });
    broker.create_topic(TRANSACTIONS, "__transaction_state", 2);
    broker.create_topic(TOPIC, "t", 2);
    broker
}

/// Asks until the coordinator has loaded, and is done with what is under way.
fn settled(broker: &mut Fixture, mut ask: impl FnMut(&mut Fixture) -> i16) {
    let passing = [ErrorCode::NotCoordinator, ErrorCode::CoordinatorLoadInProgress, ErrorCode::ConcurrentTransactions];
    for _ in 0..2000 {
        let code = ask(broker);
        if !passing.iter().any(|passing| passing.number() == code) {
            return;
        }
        broker.pause();
    }
    panic!("the coordinator is busy for ever");
}

fn wish(id: &str) -> InitProducerIdRequest {
    InitProducerIdRequest {
        transactional_id: Some(id.into()),
        transaction_timeout_ms: 60_000,
        producer_id: -1,
        producer_epoch: -1,
        ..InitProducerIdRequest::default()
    }
}

fn init(broker: &mut Fixture, id: &str) -> (i64, i16) {
    let mut answer = InitProducerIdResponse::default();
    settled(broker, |broker| {
        answer = broker.ask(5, &wish(id));
        answer.error_code
    });
    assert_eq!(answer.error_code, 0);
    (answer.producer_id, answer.producer_epoch)
}

fn records(producer: (i64, i16), sequence: i32, values: &[&str]) -> Bytes {
    let mut batch = BatchBuilder::new(Codec::None).producer(producer.0, producer.1, sequence).transactional();
    let timestamp = Env::system().clock.wall_ms();
    for value in values {
        batch.append(&NewRecord { timestamp, value: Some(value.as_bytes()), ..NewRecord::default() }).unwrap();
    }
    batch.build().unwrap().into()
}

fn write(id: Option<&str>, partitions: &[(i32, Bytes)]) -> ProduceRequest {
    let data = |(index, records): &(i32, Bytes)| PartitionProduceData { index: *index, records: Some(records.clone()) };
    let topic = TopicProduceData {
        name: "t".into(),
        topic_id: Default::default(),
        partition_data: partitions.iter().map(data).collect(),
    };
    ProduceRequest { transactional_id: id.map(Into::into), acks: -1, timeout_ms: 10_000, topic_data: vec![topic] }
}

fn produce(broker: &mut Fixture, version: i16, request: &ProduceRequest) -> Vec<PartitionProduceResponse> {
    broker.ask(version, request).responses.remove(0).partition_responses
}

fn codes(rows: &[PartitionProduceResponse]) -> Vec<ErrorCode> {
    rows.iter().map(|row| ErrorCode::from_number(row.error_code).unwrap()).collect()
}

fn add(id: &str, producer: (i64, i16), topic: &str, partitions: &[i32]) -> AddPartitionsToTxnRequest {
    AddPartitionsToTxnRequest {
        v3_and_below_transactional_id: id.into(),
        v3_and_below_producer_id: producer.0,
        v3_and_below_producer_epoch: producer.1,
        v3_and_below_topics: vec![AddPartitionsToTxnTopic { name: topic.into(), partitions: partitions.to_vec() }],
        ..AddPartitionsToTxnRequest::default()
    }
}

fn end(broker: &mut Fixture, version: i16, id: &str, producer: (i64, i16), committed: bool) -> EndTxnResponse {
    let request =
        EndTxnRequest { transactional_id: id.into(), producer_id: producer.0, producer_epoch: producer.1, committed };
    broker.ask(version, &request)
}

/// Waits until the markers of a transaction are written.
fn complete(broker: &mut Fixture, id: &str) -> String {
    let mut state = String::new();
    for _ in 0..2000 {
        let request = DescribeTransactionsRequest { transactional_ids: vec![id.into()] };
        state = broker.ask(0, &request).transaction_states[0].transaction_state.to_string();
        if state.starts_with("Complete") {
            break;
        }
        broker.pause();
    }
    state
}

fn bounds(broker: &Fixture, partition: i32) -> (i64, i64) {
    let bounds: Bounds = broker.bounds(TOPIC, partition);
    (bounds.log_end, bounds.last_stable())
}

#[test]
fn a_transaction_by_the_new_rules_needs_no_request_to_join() {
    let mut broker = broker();
    let producer = init(&mut broker, "a");
    let request = write(Some("a"), &[(0, records(producer, 0, &["x", "y"])), (1, records(producer, 0, &["z"]))]);
    assert_eq!(codes(&produce(&mut broker, 12, &request)), [ErrorCode::None; 2]);
    assert_eq!((bounds(&broker, 0), bounds(&broker, 1)), ((2, 0), (1, 0)), "readers of committed records wait");
    let ended = end(&mut broker, 5, "a", producer, true);
    assert_eq!((ended.error_code, ended.producer_id, ended.producer_epoch), (0, producer.0, producer.1 + 1));
    assert_eq!(complete(&mut broker, "a"), "CompleteCommit");
    assert_eq!((bounds(&broker, 0), bounds(&broker, 1)), ((3, 3), (2, 2)));
    // What comes late in the epoch of before is fenced, and the next transaction begins in the new one.
    let late = write(Some("a"), &[(0, records(producer, 2, &["late"]))]);
    assert_eq!(codes(&produce(&mut broker, 12, &late)), [ErrorCode::InvalidProducerEpoch]);
    let next = (producer.0, producer.1 + 1);
    let request = write(Some("a"), &[(0, records(next, 0, &["w"]))]);
    assert_eq!(codes(&produce(&mut broker, 12, &request)), [ErrorCode::None]);
    assert_eq!(end(&mut broker, 5, "a", next, false).producer_epoch, next.1 + 1);
    assert_eq!(complete(&mut broker, "a"), "CompleteAbort");
    let log = broker.replicas.partition(topic_id(TOPIC), 0).unwrap();
    assert_eq!(log.log().aborted_transactions(0, 5).unwrap().len(), 1);
}

#[test]
fn a_transaction_by_the_old_rules_adds_its_partitions_first() {
    let mut broker = broker();
    let producer = init(&mut broker, "a");
    let request = write(Some("a"), &[(0, records(producer, 0, &["x"]))]);
    // Nobody has added the partition. The sentence and the code depend on what a client knows.
    let rows = produce(&mut broker, 10, &request);
    assert_eq!(codes(&rows), [ErrorCode::InvalidTxnState]);
    assert_eq!(rows[0].error_message.as_deref(), Some("Partition was not added to the transaction"));
    assert_eq!(codes(&produce(&mut broker, 11, &request)), [ErrorCode::TransactionAbortable]);
    assert_eq!(bounds(&broker, 0), (0, 0));
    for version in 0..=3 {
        let answer = broker.ask(version, &add("a", producer, "t", &[0]));
        let row = &answer.results_by_topic_v3_and_below[0];
        assert_eq!((row.name.as_str(), row.results_by_partition[0].partition_error_code), ("t", 0));
    }
    assert_eq!(codes(&produce(&mut broker, 10, &request)), [ErrorCode::None]);
    let ended = end(&mut broker, 4, "a", producer, true);
    assert_eq!((ended.error_code, ended.producer_id, ended.producer_epoch), (0, -1, -1));
    assert_eq!(complete(&mut broker, "a"), "CompleteCommit");
    assert_eq!(bounds(&broker, 0), (2, 2));
    assert_eq!(end(&mut broker, 4, "a", producer, true).error_code, 0, "once more");
    assert_eq!(end(&mut broker, 4, "a", producer, false).error_code, ErrorCode::InvalidTxnState.number());
}

#[test]
fn all_partitions_are_added_or_none() {
    let mut broker = broker();
    let producer = init(&mut broker, "a");
    let rows = |broker: &mut Fixture, request: &AddPartitionsToTxnRequest| -> Vec<i16> {
        let answer = broker.ask(3, request);
        let topics = answer.results_by_topic_v3_and_below.iter();
        topics.flat_map(|topic| &topic.results_by_partition).map(|row| row.partition_error_code).collect()
    };
    assert_eq!(rows(&mut broker, &add("a", producer, "t", &[0, 9])), [55, 3]);
    assert_eq!(rows(&mut broker, &add("a", producer, "nothing", &[0])), [3]);
    assert_eq!(rows(&mut broker, &add("a", producer, "__transaction_state", &[0])), [29]);
    assert_eq!(rows(&mut broker, &add("", producer, "t", &[0])), [42]);
    assert_eq!(rows(&mut broker, &add("b", producer, "t", &[0])), [49], "nobody has that id");
    let zombie = add("a", (producer.0, producer.1 + 7), "t", &[0]);
    assert_eq!(rows(&mut broker, &zombie), [90]);
    let old = broker.ask(1, &zombie).results_by_topic_v3_and_below[0].results_by_partition[0].partition_error_code;
    assert_eq!(old, 47, "old clients know of epochs only");
}

#[test]
fn brokers_add_and_verify_many_transactions_at_once() {
    let mut broker = broker();
    let (first, second) = (init(&mut broker, "a"), init(&mut broker, "b"));
    let one = |id: &str, producer: (i64, i16), verify_only, partitions: &[i32]| AddPartitionsToTxnTransaction {
        transactional_id: id.into(),
        producer_id: producer.0,
        producer_epoch: producer.1,
        verify_only,
        topics: vec![AddPartitionsToTxnTopic { name: "t".into(), partitions: partitions.to_vec() }],
    };
    for version in 4..=5 {
        let transactions =
            vec![one("a", first, false, &[0]), one("b", second, true, &[1]), one("a", first, true, &[0, 1])];
        let request = AddPartitionsToTxnRequest { transactions, ..AddPartitionsToTxnRequest::default() };
        let answer = broker.ask(version, &request);
        let rows = |at: usize| -> Vec<i16> {
            let topics = &answer.results_by_transaction[at].topic_results;
            topics[0].results_by_partition.iter().map(|row| row.partition_error_code).collect()
        };
        assert_eq!((answer.error_code, rows(0), rows(1), rows(2)), (0, vec![0], vec![120], vec![0, 120]));
    }
}

#[test]
fn transactional_batches_need_an_id_and_one_producer() {
    let mut broker = broker();
    let (first, second) = (init(&mut broker, "a"), init(&mut broker, "b"));
    let without = write(None, &[(0, records(first, 0, &["x"]))]);
    assert_eq!(codes(&produce(&mut broker, 12, &without)), [ErrorCode::TransactionalIdAuthorizationFailed]);
    let mixed = write(Some("a"), &[(0, records(first, 0, &["x"])), (1, records(second, 0, &["x"]))]);
    assert_eq!(codes(&produce(&mut broker, 12, &mixed)), [ErrorCode::InvalidProducerIdMapping; 2]);
    let stranger = write(Some("a"), &[(0, records(second, 0, &["x"]))]);
    assert_eq!(codes(&produce(&mut broker, 12, &stranger)), [ErrorCode::InvalidProducerIdMapping]);
    let nobody = write(Some("nobody"), &[(0, records(first, 0, &["x"]))]);
    assert_eq!(codes(&produce(&mut broker, 12, &nobody)), [ErrorCode::InvalidProducerIdMapping]);
    let mut there_and_not = write(Some("a"), &[(0, records(first, 0, &["x"])), (7, records(first, 0, &["x"]))]);
    let rows = produce(&mut broker, 12, &there_and_not);
    assert_eq!(codes(&rows), [ErrorCode::None, ErrorCode::UnknownTopicOrPartition]);
    there_and_not.acks = 0;
    assert!(matches!(broker.send(12, &there_and_not), Reply::Close));
}

#[test]
fn a_coordinator_that_is_away_is_a_reason_to_come_again() {
    let mut broker = Fixture::new("");
    broker.create_topic(TOPIC, "t", 1);
    for version in [10, 11, 12] {
        let rows = produce(&mut broker, version, &write(Some("a"), &[(0, records((7, 0), 0, &["x"]))]));
        assert_eq!(codes(&rows), [ErrorCode::NotEnoughReplicas]);
        let text =
            "Unable to verify the partition has been added to the transaction. Underlying error: NOT_COORDINATOR";
        assert_eq!(rows[0].error_message.as_deref(), Some(text));
    }
    assert_eq!(broker.ask(5, &wish("a")).error_code, ErrorCode::NotCoordinator.number());
    assert_eq!(end(&mut broker, 5, "a", (7, 0), true).error_code, ErrorCode::NotCoordinator.number());
    assert_eq!(broker.ask(2, &ListTransactionsRequest { duration_filter: -1, ..Default::default() }).error_code, 0);
}

#[test]
fn verification_can_be_switched_off_for_old_clients() {
    let mut broker = broker();
    let producer = init(&mut broker, "a");
    let broker_resource = ConfigResource::cluster_default();
    broker.set(broker_resource, "transaction.partition.verification.enable", "false");
    let request = write(Some("a"), &[(0, records(producer, 0, &["x"]))]);
    assert_eq!(codes(&produce(&mut broker, 10, &request)), [ErrorCode::None]);
}

#[test]
fn h56_whoever_takes_an_id_over_fences_and_versions_differ_in_how_they_say_so() {
    let mut broker = broker();
    let first = init(&mut broker, "a");
    assert_eq!(
        codes(&produce(&mut broker, 12, &write(Some("a"), &[(0, records(first, 0, &["x"]))]))),
        [ErrorCode::None]
    );
    assert_eq!(broker.ask(5, &wish("a")).error_code, ErrorCode::ConcurrentTransactions.number());
    let second = init(&mut broker, "a");
    assert_eq!(second, (first.0, first.1 + 2));
    assert_eq!(end(&mut broker, 5, "a", first, true).error_code, ErrorCode::ProducerFenced.number());
    assert_eq!(end(&mut broker, 2, "a", first, true).error_code, ErrorCode::ProducerFenced.number());
    assert_eq!(end(&mut broker, 1, "a", first, true).error_code, ErrorCode::InvalidProducerEpoch.number());
    let zombie = InitProducerIdRequest { producer_id: first.0, producer_epoch: first.1, ..wish("a") };
    assert_eq!(broker.ask(4, &zombie).error_code, ErrorCode::ProducerFenced.number());
    assert_eq!(broker.ask(3, &zombie).error_code, ErrorCode::InvalidProducerEpoch.number());
    let half = InitProducerIdRequest { producer_id: first.0, ..wish("a") };
    assert_eq!(broker.ask(4, &half).error_code, ErrorCode::InvalidRequest.number());
    let hasty = InitProducerIdRequest { transaction_timeout_ms: 900_001, ..wish("a") };
    assert_eq!(broker.ask(5, &hasty).error_code, ErrorCode::InvalidTransactionTimeout.number());
    assert_eq!(broker.ask(5, &wish("")).error_code, ErrorCode::InvalidRequest.number());
}

#[test]
fn offsets_of_a_group_join_by_their_partition() {
    let mut broker = broker();
    let producer = init(&mut broker, "a");
    let request = AddOffsetsToTxnRequest {
        transactional_id: "a".into(),
        producer_id: producer.0,
        producer_epoch: producer.1,
        group_id: "test-group".into(),
    };
    for version in 0..=4 {
        assert_eq!(broker.ask(version, &request).error_code, 0);
    }
    let described = broker.ask(0, &DescribeTransactionsRequest { transactional_ids: vec!["a".into()] });
    let topics = &described.transaction_states[0].topics;
    assert_eq!((topics[0].topic.as_str(), &topics[0].partitions[..]), ("__consumer_offsets", &[12][..]));
    let nobody = TxnOffsetCommitRequest {
        transactional_id: "a".into(),
        producer_id: producer.0,
        producer_epoch: producer.1,
        topics: vec![TxnOffsetCommitRequestTopic { name: "t".into(), partitions: vec![Default::default()] }],
        ..TxnOffsetCommitRequest::default()
    };
    for version in 0..=5 {
        let committed = broker.ask(version, &nobody);
        assert_eq!(committed.topics[0].partitions[0].error_code, 24, "a group has a name, version {version}");
    }
    let zombie = AddOffsetsToTxnRequest { producer_epoch: producer.1 + 1, ..request };
    assert_eq!((broker.ask(1, &zombie).error_code, broker.ask(2, &zombie).error_code), (47, 90));
}

#[test]
fn transactions_are_listed_and_described() {
    let mut broker = broker();
    let (first, _) = (init(&mut broker, "orders"), init(&mut broker, "audit"));
    broker.ask(3, &add("orders", first, "t", &[0, 1]));
    let all = ListTransactionsRequest { duration_filter: -1, ..ListTransactionsRequest::default() };
    let ids = |broker: &mut Fixture, version, request: &ListTransactionsRequest| {
        let answer = broker.ask(version, request);
        let mut ids: Vec<String> =
            answer.transaction_states.iter().map(|state| state.transactional_id.to_string()).collect();
        ids.sort_unstable();
        (answer.error_code, ids)
    };
    assert_eq!(ids(&mut broker, 0, &all), (0, vec!["audit".into(), "orders".into()]));
    let ongoing = ListTransactionsRequest { state_filters: vec!["Ongoing".into(), "Odd".into()], ..all.clone() };
    assert_eq!(ids(&mut broker, 1, &ongoing), (0, vec!["orders".into()]));
    assert_eq!(broker.ask(1, &ongoing).unknown_state_filters, ["Odd"]);
    let pattern = |text: &str| ListTransactionsRequest { transactional_id_pattern: Some(text.into()), ..all.clone() };
    assert_eq!(ids(&mut broker, 2, &pattern("a.*")), (0, vec!["audit".into()]));
    assert_eq!(ids(&mut broker, 2, &pattern("")).1.len(), 2);
    assert_eq!(ids(&mut broker, 2, &pattern("(")), (128, vec![]));

    let request = DescribeTransactionsRequest { transactional_ids: vec!["orders".into(), "nobody".into(), "".into()] };
    let states = broker.ask(0, &request).transaction_states;
    let state = &states[0];
    assert_eq!((state.error_code, state.transaction_state.as_str(), state.producer_id), (0, "Ongoing", first.0));
    assert_eq!((state.transaction_timeout_ms, state.topics[0].partitions.clone()), (60_000, vec![0, 1]));
    assert!(state.transaction_start_time_ms > 0);
    assert_eq!((states[1].error_code, states[2].error_code), (105, 42));
}

#[test]
fn markers_are_written_by_hand_and_producers_described() {
    let mut broker = broker();
    let producer = init(&mut broker, "a");
    produce(&mut broker, 12, &write(Some("a"), &[(0, records(producer, 0, &["x", "y"]))]));
    let described = |broker: &mut Fixture, name: &str, partition| {
        let topics = vec![TopicRequest { name: name.into(), partition_indexes: vec![partition] }];
        broker.ask(0, &DescribeProducersRequest { topics }).topics.remove(0).partitions.remove(0)
    };
    let open = &described(&mut broker, "t", 0).active_producers[0];
    assert_eq!((open.producer_id, open.producer_epoch, open.last_sequence), (producer.0, i32::from(producer.1), 1));
    assert_eq!((open.coordinator_epoch, open.current_txn_start_offset), (-1, 0));
    assert_eq!(described(&mut broker, "t", 7).error_code, 3);
    let missing = described(&mut broker, "nothing", 0);
    assert_eq!(missing.error_message.as_deref(), Some("This server does not host this topic-partition."));
    assert_eq!(described(&mut broker, "no/name", 0).error_code, 17);

    let marker = |epoch, coordinator_epoch, transaction_version| WriteTxnMarkersRequest {
        markers: vec![WritableTxnMarker {
            producer_id: producer.0,
            producer_epoch: epoch,
            transaction_result: false,
            topics: vec![WritableTxnMarkerTopic { name: "t".into(), partition_indexes: vec![0, 9] }],
            coordinator_epoch,
            transaction_version,
        }],
    };
    let codes = |broker: &mut Fixture, version, request: &WriteTxnMarkersRequest| -> Vec<i16> {
        let answer = broker.ask(version, request);
        answer.markers[0].topics[0].partitions.iter().map(|partition| partition.error_code).collect()
    };
    // By the new rules a marker in the transaction's own epoch may be one of the transaction before, which comes late.
    assert_eq!(codes(&mut broker, 2, &marker(producer.1, 3, 2)), [47, 3]);
    assert_eq!(codes(&mut broker, 1, &marker(producer.1, 3, 0)), [0, 3]);
    assert_eq!(bounds(&broker, 0), (3, 3));
    assert_eq!(codes(&mut broker, 1, &marker(producer.1, 2, 0)), [52, 3], "another coordinator was there");
    let ended = &described(&mut broker, "t", 0).active_producers[0];
    assert_eq!((ended.coordinator_epoch, ended.current_txn_start_offset), (3, -1));
    let mut nowhere = marker(producer.1, 3, 0);
    nowhere.markers[0].topics[0].partition_indexes.clear();
    assert!(broker.ask(1, &nowhere).markers.is_empty(), "a marker for no partitions has no row");
}

#[test]
fn a_write_behind_an_end_waits_for_its_markers() {
    let mut broker = broker();
    let mut producer = init(&mut broker, "a");
    for round in 0..200 {
        let both = [(0, records(producer, 0, &["x"])), (1, records(producer, 0, &["y"]))];
        let rows = produce(&mut broker, 12, &write(Some("a"), &both));
        assert_eq!(codes(&rows), [ErrorCode::None; 2], "round {round}");
        let ended = end(&mut broker, 5, "a", producer, round % 3 > 0);
        assert_eq!(ended.error_code, 0, "round {round}");
        producer = (ended.producer_id, ended.producer_epoch);
    }
    complete(&mut broker, "a");
    assert_eq!((bounds(&broker, 0), bounds(&broker, 1)), ((400, 400), (400, 400)));
    let log = crate::TopicLog::new("__transaction_state", broker.api.services.image.clone(), broker.replicas.clone());
    assert_eq!(log.partition_count(), Some(2));
}
