//! Creating topics on paper: each of Kafka's checks with its sentence, and the records of what passes.

use crate::testing::*;
use crate::{ControllerError, ErrorKind, NewTopic, create_topics};
use esker_metadata::{ConfigResource, Record};
use esker_model::BrokerId;

fn paper() -> Paper {
    Paper::new(&[1], "")
}

fn topic(name: &str, partitions: i32, replication_factor: i16) -> NewTopic {
    NewTopic { partitions, replication_factor, ..NewTopic::named(name) }
}

fn with(name: &str, configs: &[(&str, Option<&str>)]) -> NewTopic {
    let configs = configs.iter().map(|(key, value)| ((*key).into(), value.map(str::to_owned))).collect();
    NewTopic { configs, ..topic(name, 1, 1) }
}

fn assigned(name: &str, assignments: &[(i32, &[BrokerId])]) -> NewTopic {
    let assignments = assignments.iter().map(|(number, replicas)| (*number, replicas.to_vec())).collect();
    NewTopic { assignments, ..NewTopic::named(name) }
}

fn refusal(paper: &Paper, topic: NewTopic) -> (ErrorKind, String) {
    let ControllerError { kind, text } = paper.create(topic).unwrap_err();
    (kind, text.unwrap())
}

#[test]
fn a_topic_is_created_with_its_configurations_before_its_partitions() {
    let mut paper = paper();
    let wanted =
        NewTopic { partitions: 2, ..with("orders", &[("retention.ms", Some("5")), ("retention.ms", Some("6"))]) };
    let decision = create_topics::decide(paper.cluster(), &[wanted], &*paper.world.random).unwrap();
    let kinds: Vec<_> = decision.records.iter().map(std::mem::discriminant).collect();
    let config = Record::ConfigSet {
        resource: ConfigResource::topic("orders"),
        key: "retention.ms".into(),
        value: Some("6".into()),
    };
    assert_eq!(decision.records[1], config, "of two values the later one counts");
    assert_eq!((kinds.len(), kinds[2] == kinds[3]), (4, true));
    let created = paper.take(decision).pop().unwrap().unwrap();
    let topic = paper.image.topic_named("orders").unwrap();
    assert_eq!((created.id, created.partitions, created.replication_factor), (topic.id, 2, 1));
    let partition = topic.partition(1).unwrap();
    assert_eq!((partition.leader, &*partition.isr, partition.leader_epoch), (Some(1), &[1][..], 0));
    assert_eq!(&*partition.directories, &[dir(1)], "a broker with one directory has chosen");
}

#[test]
fn counts_that_are_not_given_are_the_brokers_defaults() {
    let paper = Paper::new(&[1, 2, 3], "num.partitions=7\ndefault.replication.factor=2\n");
    let created = paper.create(NewTopic::named("t")).unwrap();
    assert_eq!((created.partitions, created.replication_factor), (7, 2));
}

#[test]
fn names_are_checked_first_and_internal_metadata_is_forbidden() {
    let paper = paper();
    assert_eq!(
        refusal(&paper, topic("a b", 0, 0)).1,
        "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
    );
    assert_eq!(refusal(&paper, topic("", 1, 1)).0, ErrorKind::InvalidTopicName);
    assert_eq!(
        refusal(&paper, topic("__cluster_metadata", 1, 1)),
        (ErrorKind::InvalidRequest, "Creation of internal topic __cluster_metadata is prohibited.".into())
    );
}

#[test]
fn a_topic_that_exists_or_collides_is_refused() {
    let mut paper = paper();
    paper.topic(1, "a.b", state(&[1], &[1]));
    assert_eq!(refusal(&paper, topic("a.b", 1, 1)), (ErrorKind::TopicExists, "Topic 'a.b' already exists.".into()));
    assert_eq!(
        refusal(&paper, topic("a_b", 1, 1)),
        (ErrorKind::InvalidTopicName, "Topic 'a_b' collides with existing topic: a.b".into())
    );
}

#[test]
fn counts_that_cannot_be_are_refused() {
    let paper = paper();
    let partitions = "Number of partitions was set to an invalid non-positive value.";
    for count in [0, -2, i32::MIN] {
        assert_eq!(refusal(&paper, topic("t", count, 1)), (ErrorKind::InvalidPartitions, partitions.into()));
    }
    let factor = "Replication factor must be larger than 0, or -1 to use the default value.";
    for count in [0, -2, i16::MIN] {
        assert_eq!(refusal(&paper, topic("t", 0, count)), (ErrorKind::InvalidReplicationFactor, factor.into()));
    }
    let (kind, text) = refusal(&paper, topic("t", 1, 3));
    assert_eq!(kind, ErrorKind::InvalidReplicationFactor);
    assert!(
        text.starts_with("Unable to replicate the partition 3 time(s): The target replication factor of 3"),
        "{text}"
    );
}

#[test]
fn a_cluster_without_an_active_broker_creates_nothing() {
    let mut paper = paper();
    paper.apply(Record::BrokerChanged { broker: 1, epoch: 101, fenced: Some(true), in_controlled_shutdown: None });
    let (kind, text) = refusal(&paper, topic("t", 1, 1));
    assert_eq!(kind, ErrorKind::InvalidReplicationFactor);
    assert!(text.ends_with("All brokers are currently fenced, or have all their log directories cordoned."), "{text}");
    assert_eq!(
        refusal(&paper, assigned("t", &[(0, &[1])])),
        (
            ErrorKind::InvalidReplicaAssignment,
            "All brokers specified in the manual partition assignment for partition 0 are fenced or in controlled \
             shutdown."
                .into()
        )
    );
}

#[test]
fn replicas_that_are_assigned_are_checked_one_after_the_other() {
    let paper = Paper::new(&[1, 2], "");
    let bad: [(NewTopic, &str); 7] = [
        (assigned("t", &[(1, &[1])]), "partitions should be a consecutive 0-based integer sequence"),
        (assigned("t", &[(0, &[1, 1])]), "The manual partition assignment includes the broker 1 more than once."),
        (
            assigned("t", &[(0, &[9])]),
            "The manual partition assignment includes broker 9, but no such broker is registered.",
        ),
        (assigned("t", &[(0, &[])]), "The manual partition assignment includes an empty replica list."),
        (assigned("t", &[(0, &[1]), (0, &[1])]), "Found multiple manual partition assignments for partition 0"),
        (
            assigned("t", &[(0, &[1]), (1, &[1, 2])]),
            "The manual partition assignment includes a partition with 2 replica(s), but this is not consistent with \
             previous partitions, which have 1 replica(s).",
        ),
        (assigned("t", &[(-1, &[1]), (0, &[1])]), "partitions should be a consecutive 0-based integer sequence"),
    ];
    for (topic, text) in bad {
        assert_eq!(refusal(&paper, topic), (ErrorKind::InvalidReplicaAssignment, text.into()));
    }
    let both = "A manual partition assignment was specified, but";
    let factor = NewTopic { replication_factor: 1, ..assigned("t", &[(0, &[1])]) };
    assert_eq!(
        refusal(&paper, factor),
        (ErrorKind::InvalidRequest, format!("{both} replication factor was not set to -1."))
    );
    let count = NewTopic { partitions: 1, ..assigned("t", &[(0, &[1])]) };
    assert_eq!(refusal(&paper, count), (ErrorKind::InvalidRequest, format!("{both} numPartitions was not set to -1.")));
    let created = paper.create(assigned("t", &[(1, &[2, 1]), (0, &[1, 2])])).unwrap();
    assert_eq!((created.partitions, created.replication_factor), (2, 2));
}

#[test]
fn configurations_are_checked_before_counts() {
    let paper = paper();
    let nope = NewTopic { partitions: 0, ..with("t", &[("nope", Some("1"))]) };
    assert_eq!(refusal(&paper, nope), (ErrorKind::InvalidConfig, "Unknown topic config name: nope".into()));
    let nulls = with("t", &[("retention.ms", None), ("segment.ms", None)]);
    let text = "Null value not supported for topic configs: retention.ms,segment.ms";
    assert_eq!(refusal(&paper, nulls), (ErrorKind::InvalidConfig, text.into()));
    let small = with("t", &[("segment.bytes", Some("14"))]);
    let text = "Invalid value 14 for configuration segment.bytes: Value must be at least 1048576";
    assert_eq!(refusal(&paper, small), (ErrorKind::InvalidConfig, text.into()));
    let long = "x".repeat(40_000);
    let (kind, text) = refusal(&paper, with("t", &[("follower.replication.throttled.replicas", Some(&long))]));
    assert!(kind == ErrorKind::InvalidConfig && text.ends_with("exceeds the maximum value size of 32767 bytes."));
}

#[test]
fn a_new_topic_is_tiered_where_the_broker_says_so() {
    let paper = Paper::new(&[1], "esker.tier.url=file:///bucket\nesker.tier.topics.default=true\n");
    let created = paper.create(topic("t", 1, 1)).unwrap();
    assert_eq!(created.configs.get("remote.storage.enable").map(String::as_str), Some("true"));
    let compacted = paper.create(with("c", &[("cleanup.policy", Some("compact"))])).unwrap();
    assert_eq!(compacted.configs.get("remote.storage.enable"), None);
}

#[test]
fn a_name_that_comes_twice_is_created_not_even_once() {
    let paper = paper();
    let topics = [topic("twice", 1, 1), topic("once", 1, 1), topic("twice", 2, 1)];
    let decision = create_topics::decide(paper.cluster(), &topics, &*paper.world.random).unwrap();
    let texts: Vec<_> = decision.answer.iter().map(|row| row.as_ref().err().map(ToString::to_string)).collect();
    let twice = Some("Duplicate topic name.".to_owned());
    assert_eq!(texts, [twice.clone(), None, twice]);
    assert_eq!(decision.records.len(), 2);
}

#[test]
fn one_request_creates_at_most_ten_thousand_records() {
    let paper = paper();
    let refused = |topics: &[NewTopic]| {
        let error = create_topics::decide(paper.cluster(), topics, &*paper.world.random).unwrap_err();
        assert_eq!(error.kind, ErrorKind::PolicyViolation);
        error.to_string()
    };
    let too_many = "Excessively large number of partitions per request.";
    assert_eq!(refused(&[topic("a", 10_001, 1)]), too_many);
    assert_eq!(refused(&[topic("a", 9_000, 1), topic("b", 1_001, 1)]), too_many);
    assert_eq!(refused(&[topic("a", i32::MAX, 1), topic("b", i32::MAX, 1)]), too_many);
    assert_eq!(refused(&[topic("a", 10_000, 1)]), "Unable to perform excessively large batch operation.");
    assert!(paper.create(topic("a", 9_999, 1)).is_ok());
}
