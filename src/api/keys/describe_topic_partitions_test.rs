//! DescribeTopicPartitions, page by page.

use crate::testing::Fixture;
use esker_protocol::messages::describe_topic_partitions::{Cursor, TopicRequest};
use esker_protocol::messages::{DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse};

fn ask(
    broker: &mut Fixture,
    topics: &[&str],
    limit: i32,
    cursor: Option<(&str, i32)>,
) -> DescribeTopicPartitionsResponse {
    let request = DescribeTopicPartitionsRequest {
        topics: topics.iter().map(|name| TopicRequest { name: (*name).into() }).collect(),
        response_partition_limit: limit,
        cursor: cursor.map(|(topic, partition)| Cursor { topic_name: topic.into(), partition_index: partition }),
    };
    broker.ask(0, &request)
}

fn rows(answer: &DescribeTopicPartitionsResponse) -> Vec<(&str, i16, Vec<i32>)> {
    let numbers =
        |topic: &esker_protocol::messages::describe_topic_partitions::DescribeTopicPartitionsResponseTopic| {
            topic.partitions.iter().map(|partition| partition.partition_index).collect()
        };
    answer.topics.iter().map(|it| (it.name.as_deref().unwrap(), it.error_code, numbers(it))).collect()
}

fn next(answer: &DescribeTopicPartitionsResponse) -> Option<(&str, i32)> {
    answer.next_cursor.as_ref().map(|cursor| (cursor.topic_name.as_str(), cursor.partition_index))
}

fn with_topics() -> Fixture {
    let mut fixture = Fixture::new("max.request.partition.size.limit=4\n");
    fixture.create_topic(0xa, "a", 2);
    fixture.create_topic(0xb, "b.x", 1);
    fixture.create_topic(0xc, "c", 3);
    fixture
}

#[test]
fn topics_come_sorted_by_name_each_once_with_those_that_are_missing_between() {
    let mut broker = with_topics();
    let answer = ask(&mut broker, &["b.x", "nope", "a", "bad name", "a"], 2000, None);
    let expected = [("a", 0, vec![0, 1]), ("b.x", 0, vec![0]), ("bad name", 17, vec![]), ("nope", 3, vec![])];
    assert_eq!((rows(&answer), next(&answer)), (expected.to_vec(), None));
    let operations: Vec<i32> = answer.topics.iter().map(|topic| topic.topic_authorized_operations).collect();
    assert_eq!(operations, [3576, 3576, i32::MIN, 3576], "nothing can be done to what cannot be");
    let partition = &answer.topics[0].partitions[1];
    assert_eq!(
        (partition.leader_id, partition.leader_epoch, &*partition.replica_nodes, &*partition.isr_nodes),
        (1, 0, &[1][..], &[1][..])
    );
    assert_eq!(
        (partition.eligible_leader_replicas.as_deref(), partition.last_known_elr.as_deref()),
        (Some(&[][..]), Some(&[][..]))
    );
}

#[test]
fn a_page_ends_where_the_limit_is_reached_and_the_next_one_goes_on_there() {
    let mut broker = with_topics();
    let mut cursor: Option<(String, i32)> = None;
    let mut pages = Vec::new();
    loop {
        let from = cursor.as_ref().map(|(topic, partition)| (topic.as_str(), *partition));
        let answer = ask(&mut broker, &[], 2, from);
        pages.push(
            rows(&answer).into_iter().map(|(name, _, numbers)| format!("{name} {numbers:?}")).collect::<Vec<_>>(),
        );
        cursor = next(&answer).map(|(topic, partition)| (topic.to_owned(), partition));
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(pages, [vec!["a [0, 1]"], vec!["b.x [0]", "c [0]"], vec!["c [1, 2]"]]);
}

#[test]
fn the_brokers_limit_counts_where_the_clients_is_larger_and_one_partition_always_fits() {
    let mut broker = with_topics();
    assert_eq!(next(&ask(&mut broker, &[], i32::MAX, None)), Some(("c", 1)));
    for limit in [0, -1, i32::MIN, 1] {
        let answer = ask(&mut broker, &["a"], limit, None);
        assert_eq!((rows(&answer), next(&answer)), (vec![("a", 0, vec![0])], Some(("a", 1))));
    }
}

#[test]
fn a_full_page_stops_before_a_missing_topic_and_missing_ones_take_no_room() {
    let mut broker = with_topics();
    assert_eq!(next(&ask(&mut broker, &["a", "nope"], 2, None)), Some(("nope", 0)));
    let answer = ask(&mut broker, &["nope", "nopf", "nopg"], 1, None);
    assert_eq!((answer.topics.len(), next(&answer)), (3, None));
}

#[test]
fn a_cursor_may_name_a_topic_that_has_gone_but_not_one_outside_of_the_list() {
    let mut broker = with_topics();
    assert_eq!(rows(&ask(&mut broker, &[], 2000, Some(("aa", 7)))), [("b.x", 0, vec![0]), ("c", 0, vec![0, 1, 2])]);
    for cursor in [("b", 0), ("a", -1)] {
        let answer = ask(&mut broker, &["a"], 2000, Some(cursor));
        assert_eq!((rows(&answer), next(&answer)), (vec![("a", 42, vec![])], None));
        assert_eq!(answer.topics[0].topic_authorized_operations, i32::MIN);
    }
    for beyond in [2, 5, i32::MAX] {
        let answer = ask(&mut broker, &["a"], 2000, Some(("a", beyond)));
        assert_eq!((rows(&answer), next(&answer)), (vec![("a", 0, vec![])], None));
    }
}
