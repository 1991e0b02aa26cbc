//! CreatePartitions, answer by answer.

use crate::testing::Fixture;
use esker_protocol::messages::create_partitions::{CreatePartitionsAssignment, CreatePartitionsTopic};
use esker_protocol::messages::{CreatePartitionsRequest, CreatePartitionsResponse};

fn topic(name: &str, count: i32) -> CreatePartitionsTopic {
    CreatePartitionsTopic { name: name.into(), count, assignments: None }
}

fn request(topics: Vec<CreatePartitionsTopic>) -> CreatePartitionsRequest {
    CreatePartitionsRequest { topics, timeout_ms: 30_000, validate_only: false }
}

fn rows(answer: &CreatePartitionsResponse) -> Vec<(&str, i16, Option<&str>)> {
    answer.results.iter().map(|row| (&*row.name, row.error_code, row.error_message.as_deref())).collect()
}

fn with_topic() -> Fixture {
    let mut fixture = Fixture::new("");
    fixture.create_topic(1, "a", 2);
    fixture
}

#[test]
fn topics_grow_in_every_version() {
    let mut broker = with_topic();
    for version in 0..=3 {
        let count = 3 + i32::from(version);
        assert_eq!(rows(&broker.ask(version, &request(vec![topic("a", count)]))), [("a", 0, None)]);
        assert_eq!(broker.image.topic_named("a").unwrap().partition_count(), count);
    }
}

#[test]
fn each_topic_is_judged_by_itself_and_one_that_comes_twice_stays() {
    let mut broker = with_topic();
    broker.create_topic(2, "b", 2);
    broker.create_topic(3, "c", 2);
    let topics = vec![topic("a", 2), topic("b", 1), topic("nope", 5), topic("c", 3), topic("c", 4)];
    let expected = [
        ("c", 42, Some("Duplicate topic name.")),
        ("a", 37, Some("Topic already has 2 partition(s).")),
        ("b", 37, Some("The topic b currently has 2 partition(s); 1 would not be an increase.")),
        ("nope", 3, None),
    ];
    assert_eq!(rows(&broker.ask(3, &request(topics))), expected);
}

#[test]
fn assigned_replicas_are_taken_or_refused() {
    let mut broker = with_topic();
    let assigned = |count, lists: &[&[i32]]| {
        let list = |ids: &&[i32]| CreatePartitionsAssignment { broker_ids: ids.to_vec() };
        request(vec![CreatePartitionsTopic {
            assignments: Some(lists.iter().map(list).collect()),
            ..topic("a", count)
        }])
    };
    let text = "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.";
    assert_eq!(rows(&broker.ask(3, &assigned(4, &[&[1]]))), [("a", 39, Some(text))]);
    let text = "The manual partition assignment includes broker 9, but no such broker is registered.";
    assert_eq!(rows(&broker.ask(3, &assigned(3, &[&[9]]))), [("a", 39, Some(text))]);
    assert_eq!(rows(&broker.ask(3, &assigned(3, &[&[1]]))), [("a", 0, None)]);
}

#[test]
fn a_question_adds_nothing_and_neither_does_a_request_without_time() {
    let mut broker = with_topic();
    let question = CreatePartitionsRequest { validate_only: true, ..request(vec![topic("a", 5)]) };
    assert_eq!(rows(&broker.ask(3, &question)), [("a", 0, None)]);
    let late = CreatePartitionsRequest { timeout_ms: 0, ..request(vec![topic("a", 5)]) };
    assert_eq!(rows(&broker.ask(3, &late)), [("a", 7, None)]);
    assert_eq!(broker.image.topic_named("a").unwrap().partition_count(), 2);
}

#[test]
fn more_than_ten_thousand_at_once_are_refused_and_none_is_added() {
    let mut broker = with_topic();
    let answer = broker.ask(3, &request(vec![topic("a", i32::MAX)]));
    assert_eq!(answer.results[0].error_code, 44);
    assert_eq!(broker.image.topic_named("a").unwrap().partition_count(), 2);
}
