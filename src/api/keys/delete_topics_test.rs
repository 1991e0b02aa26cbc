//! DeleteTopics, answer by answer.

use crate::testing::{Fixture, topic_id};
use esker_metadata::{ConfigResource, REMOTE_STORAGE_ENABLE};
use esker_protocol::messages::delete_topics::DeleteTopicState;
use esker_protocol::messages::{DeleteTopicsRequest, DeleteTopicsResponse};

fn names(names: &[&str]) -> DeleteTopicsRequest {
    let topic_names = names.iter().map(|name| (*name).into()).collect();
    DeleteTopicsRequest { topic_names, timeout_ms: 30_000, ..DeleteTopicsRequest::default() }
}

/// Topics by name and id; 0 for no id.
fn topics(topics: &[(Option<&str>, u128)]) -> DeleteTopicsRequest {
    let state =
        |(name, id): &(Option<&str>, u128)| DeleteTopicState { name: name.map(Into::into), topic_id: topic_id(*id).0 };
    let topics = topics.iter().map(state).collect();
    DeleteTopicsRequest { topics, timeout_ms: 30_000, ..DeleteTopicsRequest::default() }
}

fn rows(answer: &DeleteTopicsResponse) -> Vec<(Option<&str>, i16, &str)> {
    let mut rows: Vec<_> = answer
        .responses
        .iter()
        .map(|row| (row.name.as_deref(), row.error_code, row.error_message.as_deref().unwrap_or("")))
        .collect();
    rows.sort();
    rows
}

fn with_topics() -> Fixture {
    let mut fixture = Fixture::new("");
    for (id, name) in [(1, "a"), (2, "b"), (3, "c")] {
        fixture.create_topic(id, name, 1);
    }
    fixture
}

#[test]
fn topics_are_deleted_by_name_in_every_version() {
    for version in 1..=5 {
        let mut broker = with_topics();
        let answer = broker.ask(version, &names(&["a", "nope"]));
        let text = if version >= 5 { "This server does not host this topic-partition." } else { "" };
        assert_eq!(rows(&answer), [(Some("a"), 0, ""), (Some("nope"), 3, text)]);
        assert!(broker.image.topic_named("a").is_none() && broker.image.topic_named("b").is_some());
    }
}

#[test]
fn from_version_6_on_topics_go_by_name_or_id() {
    let mut broker = with_topics();
    let answer = broker.ask(6, &topics(&[(None, 1), (Some("b"), 0), (None, 77)]));
    let unknown = (None, 100, "This server does not host this topic ID.");
    assert_eq!(rows(&answer), [unknown, (Some("a"), 0, ""), (Some("b"), 0, "")]);
    let by_name = answer.responses.iter().find(|row| row.name.as_deref() == Some("b")).unwrap();
    assert_eq!(by_name.topic_id, topic_id(2).0);
    assert_eq!(broker.image.topic_count(), 1);
}

#[test]
fn a_topic_that_is_named_twice_in_whatever_way_stays() {
    let mut broker = with_topics();
    assert_eq!(rows(&broker.ask(5, &names(&["a", "a", "a"]))), [(Some("a"), 42, "Duplicate topic name.")]);
    let answer =
        broker.ask(6, &topics(&[(None, 1), (None, 1), (Some("b"), 0), (Some("b"), 0), (None, 3), (Some("c"), 0)]));
    let text = "The provided topic name maps to an ID that was already supplied.";
    let expected = [(None, 42, "Duplicate topic id."), (Some("b"), 42, "Duplicate topic name."), (Some("c"), 42, text)];
    assert_eq!(rows(&answer), expected);
    let answer = broker.ask(6, &topics(&[(None, 1), (None, 1), (Some("a"), 0)]));
    assert_eq!(rows(&answer), [(None, 42, "Duplicate topic id."), (Some("a"), 42, text)]);
    assert_eq!(broker.image.topic_count(), 3);
}

#[test]
fn a_topic_needs_a_name_or_an_id_and_not_both() {
    let mut broker = with_topics();
    let answer = broker.ask(6, &topics(&[(None, 0), (Some("a"), 1)]));
    let neither = (None, 42, "Neither topic name nor id were specified.");
    assert_eq!(rows(&answer), [neither, (Some("a"), 42, "You may not specify both topic name and topic id.")]);
    assert_eq!(broker.image.topic_count(), 3);
}

#[test]
fn a_broker_that_deletes_no_topics_says_so() {
    let mut broker = Fixture::new("delete.topic.enable=false\n");
    broker.create_topic(1, "a", 1);
    for (version, code) in [(1, 42), (2, 42), (3, 73), (5, 73)] {
        assert_eq!(rows(&broker.ask(version, &names(&["a"]))), [(Some("a"), code, "")]);
    }
    assert_eq!(rows(&broker.ask(6, &topics(&[(None, 1)]))), [(None, 73, "")]);
    assert_eq!(broker.image.topic_count(), 1);
}

#[test]
fn without_time_nothing_is_deleted() {
    let mut broker = with_topics();
    let answer = broker.ask(5, &DeleteTopicsRequest { timeout_ms: 0, ..names(&["a"]) });
    assert_eq!((rows(&answer), broker.image.topic_count()), (vec![(Some("a"), 7, "")], 3));
}

#[test]
fn a_tiered_topic_leaves_a_job_behind() {
    let mut broker = with_topics();
    broker.set(ConfigResource::topic("a"), REMOTE_STORAGE_ENABLE, "true");
    broker.ask(5, &names(&["a", "b"]));
    let jobs: Vec<_> = broker.image.topic_deletions().map(|job| (&*job.name, job.tiered)).collect();
    assert_eq!(jobs, [("a", true)]);
}
