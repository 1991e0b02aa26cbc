//! The keys of quotas, and what quotas do to clients.

use crate::Reply;
use crate::asking;
use crate::testing::{Fixture, batch, read};
use bytes::Bytes;
use esker_protocol::StrBytes;
use esker_protocol::messages::alter_client_quotas::{EntityData, EntryData, OpData};
use esker_protocol::messages::create_topics::CreatableTopic;
use esker_protocol::messages::describe_client_quotas::ComponentData;
use esker_protocol::messages::fetch::{FetchPartition, FetchTopic};
use esker_protocol::messages::produce::{PartitionProduceData, TopicProduceData};
use esker_protocol::messages::{
    AlterClientQuotasRequest, CreateTopicsRequest, DeleteTopicsRequest, DescribeClientQuotasRequest,
    DescribeClusterRequest, FetchRequest, ProduceRequest,
};
use std::time::Duration;

fn entry(entity: &[(&str, Option<&str>)], key: &str, value: f64, remove: bool) -> EntryData {
    let part = |(kind, name): &(&str, Option<&str>)| EntityData {
        entity_type: (*kind).into(),
        entity_name: name.map(StrBytes::from),
    };
    EntryData { entity: entity.iter().map(part).collect(), ops: vec![OpData { key: key.into(), value, remove }] }
}

fn alter(broker: &mut Fixture, entry: EntryData, validate_only: bool) -> (i16, Option<String>) {
    let mut answer = broker.ask(1, &AlterClientQuotasRequest { entries: vec![entry], validate_only });
    let row = answer.entries.remove(0);
    (row.error_code, row.error_message.map(|text| text.to_string()))
}

fn component(kind: &str, match_type: i8, name: Option<&str>) -> ComponentData {
    ComponentData { entity_type: kind.into(), match_type, r#match: name.map(StrBytes::from) }
}

#[test]
fn quotas_are_set_described_and_removed() {
    let mut broker = Fixture::new("");
    let user: &[(&str, Option<&str>)] = &[("user", Some("u"))];
    assert_eq!(alter(&mut broker, entry(user, "producer_byte_rate", 5.0, false), true), (0, None));
    assert!(broker.image.quotas().is_empty(), "only checked");
    alter(&mut broker, entry(user, "producer_byte_rate", 5.0, false), false);
    alter(&mut broker, entry(&[("user", Some("u")), ("client-id", None)], "consumer_byte_rate", 7.0, false), false);
    let describe =
        |broker: &mut Fixture, components, strict| broker.ask(1, &DescribeClientQuotasRequest { components, strict });
    let answer = describe(&mut broker, vec![component("user", 0, Some("u"))], true);
    assert_eq!((answer.error_code, answer.error_message.as_deref()), (0, Some("")));
    let entries = answer.entries.unwrap();
    assert_eq!(
        (entries.len(), entries[0].values[0].key.as_str(), entries[0].values[0].value),
        (1, "producer_byte_rate", 5.0)
    );
    let entries = describe(&mut broker, vec![component("client-id", 1, None)], false).entries.unwrap();
    let parts: Vec<_> =
        entries[0].entity.iter().map(|part| (part.entity_type.as_str(), part.entity_name.as_deref())).collect();
    assert_eq!(parts, [("user", Some("u")), ("client-id", None)]);
    alter(&mut broker, entry(user, "producer_byte_rate", 0.0, true), false);
    assert_eq!(describe(&mut broker, vec![], false).entries.unwrap().len(), 1);
    let invalid = alter(&mut broker, entry(user, "producer_byte_rate", 0.0, false), false);
    assert_eq!(invalid, (42, Some("Quota producer_byte_rate must be greater than 0".to_owned())));
}

#[test]
fn filters_that_cannot_be_are_refused() {
    let mut broker = Fixture::new("");
    let table = [
        (component("", 2, None), 42, "Invalid empty entity type."),
        (component("group", 2, None), 35, "Unsupported entity type group"),
        (component("user", 0, None), 42, "Request specified MATCH_TYPE_EXACT, but set match string to null."),
        (
            component("user", 1, Some("u")),
            42,
            "Request specified MATCH_TYPE_DEFAULT, but also specified a match string.",
        ),
        (
            component("user", 2, Some("u")),
            42,
            "Request specified MATCH_TYPE_SPECIFIED, but also specified a match string.",
        ),
        (component("user", 9, None), 42, "Unknown match type 9"),
    ];
    for (component, code, text) in table {
        let answer = broker.ask(0, &DescribeClientQuotasRequest { components: vec![component], strict: false });
        assert_eq!((answer.error_code, answer.error_message.as_deref(), answer.entries), (code, Some(text), None));
    }
}

fn topics(names: &[&str]) -> CreateTopicsRequest {
    let topic = |name: &&str| CreatableTopic {
        name: (*name).into(),
        num_partitions: 4,
        replication_factor: 1,
        ..CreatableTopic::default()
    };
    CreateTopicsRequest { topics: names.iter().map(topic).collect(), timeout_ms: 30_000, validate_only: false }
}

#[test]
fn changes_beyond_the_quota_are_refused_to_new_clients_and_paused_for_by_old_ones() {
    let mut broker = Fixture::new("controller.quota.window.num=2\n");
    // Two a second over two seconds: four at once, and the first that overdraws.
    alter(&mut broker, entry(&[("user", None)], "controller_mutation_rate", 2.0, false), false);
    let answer = broker.ask(7, &topics(&["a", "b", "c"]));
    let rows: Vec<_> = answer.topics.iter().map(|row| (row.error_code, row.error_message.as_deref())).collect();
    assert_eq!(rows, [(0, None), (0, None), (89, Some("The throttling quota has been exceeded."))]);
    assert!((1..=2_000).contains(&answer.throttle_time_ms), "{} ms", answer.throttle_time_ms);
    assert!(broker.image.topic_named("b").is_some() && broker.image.topic_named("c").is_none());
    let answer = broker.ask(
        6,
        &DeleteTopicsRequest {
            topics: vec![esker_protocol::messages::delete_topics::DeleteTopicState {
                name: Some("a".into()),
                ..Default::default()
            }],
            timeout_ms: 30_000,
            ..Default::default()
        },
    );
    assert_eq!(answer.responses[0].error_code, 89);
    let answer = broker.ask(5, &topics(&["c"]));
    assert_eq!(answer.topics[0].error_code, 0, "an old client is let");
    assert!(answer.throttle_time_ms >= 2_000, "and pauses for {} ms", answer.throttle_time_ms);
}

#[test]
fn whoever_uses_too_much_time_is_told_to_pause_and_not_read_from() {
    let mut broker = Fixture::new("");
    let reply = broker.send(2, &DescribeClusterRequest::default());
    let Reply::Now(response) = reply else { panic!("an answer at once") };
    assert_eq!(response.mute, Duration::ZERO);
    alter(&mut broker, entry(&[("client-id", Some("test"))], "request_percentage", 1e-9, false), false);
    let Reply::Now(response) = broker.send(2, &DescribeClusterRequest::default()) else { panic!("an answer at once") };
    assert_eq!(response.mute, Duration::from_secs(1), "no longer than a sample");
    let answer = read::<DescribeClusterRequest>(response, 2);
    assert_eq!((answer.error_code, answer.throttle_time_ms), (0, 1_000));
}

#[test]
fn a_producer_beyond_its_quota_pauses_with_and_without_an_answer() {
    let mut broker = Fixture::new("quota.window.num=2\n");
    broker.create_topic(1, "t", 1);
    alter(&mut broker, entry(&[("client-id", Some("test"))], "producer_byte_rate", 10.0, false), false);
    let topic = || TopicProduceData {
        name: "t".into(),
        partition_data: vec![PartitionProduceData { index: 0, records: Some(Bytes::from(batch(&["a"]))) }],
        ..TopicProduceData::default()
    };
    let request = |acks| ProduceRequest { acks, timeout_ms: 30_000, topic_data: vec![topic()], ..Default::default() };
    let reply = broker.send(9, &request(-1));
    let response = broker.response(reply);
    let mute = response.mute;
    let answer = read::<ProduceRequest>(response, 9);
    assert_eq!(
        (answer.responses[0].partition_responses[0].error_code, i128::from(answer.throttle_time_ms)),
        (0, mute.as_millis() as i128)
    );
    assert!(mute > Duration::from_secs(5), "more than a hundred bytes at ten a second: {mute:?}");
    let Reply::Now(response) = broker.send(9, &request(0)) else { panic!("a pause is told even so") };
    assert!(response.is_empty() && response.mute > mute);
    assert!(matches!(broker.send_as("other", 9, &request(0)), Reply::Silent));
}

#[test]
fn a_consumer_beyond_its_quota_is_sent_nothing_and_pauses() {
    let mut broker = Fixture::new("quota.window.num=2\n");
    broker.create_topic(1, "t", 1);
    let produced = asking::produce(&mut broker);
    assert_eq!(produced, 0);
    let fetch = |broker: &mut Fixture, session_id, session_epoch| {
        let partition = FetchPartition { partition_max_bytes: 10_000, ..Default::default() };
        let topics = vec![FetchTopic { topic: "t".into(), partitions: vec![partition], ..Default::default() }];
        let request = FetchRequest { max_bytes: 10_000, topics, session_id, session_epoch, ..Default::default() };
        broker.ask(11, &request)
    };
    let first = fetch(&mut broker, 0, 0);
    assert!(first.session_id > 0 && first.throttle_time_ms == 0);
    alter(&mut broker, entry(&[("user", Some("ANONYMOUS"))], "consumer_byte_rate", 30.0, false), false);
    let second = fetch(&mut broker, first.session_id, 1);
    assert!(second.throttle_time_ms > 0, "a batch is more than thirty bytes");
    assert_eq!((second.error_code, second.session_id, second.responses.len()), (0, first.session_id, 0));
    alter(&mut broker, entry(&[("user", Some("ANONYMOUS"))], "consumer_byte_rate", 0.0, true), false);
    let third = fetch(&mut broker, first.session_id, 2);
    assert_eq!((third.throttle_time_ms, third.responses.len()), (0, 1), "what was held back comes with the next");
}
