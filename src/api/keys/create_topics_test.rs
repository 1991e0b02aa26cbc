//! CreateTopics, answer by answer.

use crate::testing::Fixture;
use esker_protocol::messages::create_topics::{CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig};
use esker_protocol::messages::{CreateTopicsRequest, CreateTopicsResponse};

fn topic(name: &str, num_partitions: i32, replication_factor: i16) -> CreatableTopic {
    CreatableTopic { name: name.into(), num_partitions, replication_factor, ..CreatableTopic::default() }
}

fn request(topics: Vec<CreatableTopic>) -> CreateTopicsRequest {
    CreateTopicsRequest { topics, ..CreateTopicsRequest::default() }
}

fn rows(answer: &CreateTopicsResponse) -> Vec<(&str, i16, &str)> {
    answer.topics.iter().map(|row| (&*row.name, row.error_code, row.error_message.as_deref().unwrap_or(""))).collect()
}

#[test]
fn topics_are_created_in_every_version_and_usable_at_once() {
    let mut broker = Fixture::new("");
    for version in 2..=7 {
        let name = format!("v{version}");
        let answer = broker.ask(version, &request(vec![topic(&name, 3, 1)]));
        assert_eq!(rows(&answer), [(name.as_str(), 0, "")]);
        let created = broker.image.topic_named(&name).unwrap();
        let row = &answer.topics[0];
        assert_eq!(row.error_message, None, "an empty sentence is not none");
        assert_eq!(row.topic_id, if version >= 7 { created.id.0 } else { Default::default() });
        let counts = if version >= 5 { (3, 1) } else { (-1, -1) };
        assert_eq!((row.num_partitions, row.replication_factor), counts);
        assert!(created.partitions.iter().all(|partition| partition.leader == Some(1)));
    }
}

#[test]
fn from_version_5_on_the_answer_holds_all_configurations_with_their_sources() {
    let mut broker = Fixture::new("log.segment.bytes=2097152\n");
    let config = CreatableTopicConfig { name: "retention.ms".into(), value: Some("5".into()) };
    let wanted = CreatableTopic { configs: vec![config], ..topic("t", 1, 1) };
    let answer = broker.ask(7, &request(vec![wanted]));
    let configs = answer.topics[0].configs.as_ref().unwrap();
    let named = |name: &str| {
        let config = configs.iter().find(|config| &*config.name == name).unwrap();
        (config.value.as_deref().unwrap(), config.config_source, config.read_only, config.is_sensitive)
    };
    assert_eq!(named("retention.ms"), ("5", 1, false, false));
    assert_eq!(named("segment.bytes"), ("2097152", 4, false, false));
    assert_eq!(named("cleanup.policy"), ("delete", 5, false, false));
    assert!(configs.windows(2).all(|pair| pair[0].name < pair[1].name), "by name");
}

#[test]
fn every_topic_is_judged_by_itself_with_kafkas_code() {
    let mut broker = Fixture::new("");
    broker.create_topic(1, "old.one", 1);
    let assigned = |name: &str, broker_ids: Vec<i32>| CreatableTopic {
        assignments: vec![CreatableReplicaAssignment { partition_index: 0, broker_ids }],
        ..topic(name, -1, -1)
    };
    let config = |name: &str, key: &str, value: Option<&str>| CreatableTopic {
        configs: vec![CreatableTopicConfig { name: key.into(), value: value.map(Into::into) }],
        ..topic(name, 1, 1)
    };
    let topics = vec![
        topic("b b", 1, 1),
        topic("old.one", 1, 1),
        topic("old_one", 1, 1),
        topic("p", 0, 1),
        topic("r", 1, 0),
        topic("many", 1, 3),
        assigned("a", vec![9]),
        config("c", "nope", Some("1")),
        config("n", "retention.ms", None),
        topic("__cluster_metadata", 1, 1),
        topic("good", 1, 1),
    ];
    let answer = broker.ask(7, &request(topics));
    let codes: Vec<i16> = answer.topics.iter().map(|row| row.error_code).collect();
    assert_eq!(codes, [17, 36, 17, 37, 38, 38, 39, 40, 40, 42, 0]);
    assert_eq!(rows(&answer)[1].2, "Topic 'old.one' already exists.");
    assert_eq!(rows(&answer)[9].2, "Creation of internal topic __cluster_metadata is prohibited.");
    assert_eq!(answer.topics[0].num_partitions, -1);
}

#[test]
fn a_name_that_comes_twice_is_refused_once_behind_the_others() {
    let mut broker = Fixture::new("");
    let topics = vec![topic("twice", 1, 1), topic("once", 1, 1), topic("twice", 2, 1), topic("twice", 3, 1)];
    let answer = broker.ask(7, &request(topics));
    assert_eq!(rows(&answer), [("once", 0, ""), ("twice", 42, "Duplicate topic name.")]);
    assert!(broker.image.topic_named("twice").is_none());
}

#[test]
fn a_question_creates_nothing_and_answers_as_if_it_had() {
    let mut broker = Fixture::new("");
    let ask = CreateTopicsRequest { validate_only: true, ..request(vec![topic("t", -1, -1)]) };
    let answer = broker.ask(7, &ask);
    assert_eq!((answer.topics[0].error_code, answer.topics[0].num_partitions), (0, 1));
    assert_eq!(broker.image.topic_count(), 0);
}

#[test]
fn without_time_nothing_is_created() {
    let mut broker = Fixture::new("");
    for timeout_ms in [0, -1, i32::MIN] {
        let answer = broker.ask(7, &CreateTopicsRequest { timeout_ms, ..request(vec![topic("t", 1, 1)]) });
        assert_eq!((rows(&answer), answer.topics[0].error_message.clone()), (vec![("t", 7, "")], None));
    }
    assert_eq!(broker.image.topic_count(), 0);
}

#[test]
fn too_many_partitions_at_once_fail_every_row() {
    let mut broker = Fixture::new("");
    let answer = broker.ask(7, &request(vec![topic("a", 10_001, 1), topic("b", 1, 1)]));
    let text = "Excessively large number of partitions per request.";
    assert_eq!(rows(&answer), [("a", 44, text), ("b", 44, text)]);
}

#[test]
fn a_metadata_log_that_cannot_be_written_is_an_error_that_clients_retry() {
    let mut broker = Fixture::new("");
    broker.stop_quorum();
    let answer = broker.ask(7, &request(vec![topic("a", 1, 1)]));
    let code = crate::ErrorCode::from_number(answer.topics[0].error_code).unwrap();
    assert!(code.is_retriable(), "{}", code.name());
}
