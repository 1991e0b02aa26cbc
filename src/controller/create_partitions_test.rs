//! Topics grow on paper.

use crate::testing::*;
use crate::{ErrorKind, MorePartitions, create_partitions};
use esker_model::BrokerId;

fn more(topic: &str, count: i32, assignments: Option<&[&[BrokerId]]>) -> MorePartitions {
    let assignments = assignments.map(|lists| lists.iter().map(|list| list.to_vec()).collect());
    MorePartitions { topic: topic.into(), count, assignments }
}

fn paper() -> Paper {
    let mut paper = Paper::new(&[1, 2], "");
    paper.topic(1, "a", state(&[1, 2], &[1, 2]));
    paper
}

fn refusal(wanted: MorePartitions) -> (ErrorKind, Option<String>) {
    let paper = paper();
    let mut decision = create_partitions::decide(paper.cluster(), &[wanted], &*paper.world.random).unwrap();
    assert!(decision.records.is_empty());
    let error = decision.answer.pop().unwrap().unwrap_err();
    (error.kind, error.text)
}

#[test]
fn new_partitions_follow_the_last_with_as_many_replicas_as_the_first() {
    let mut paper = paper();
    let wanted = [more("a", 4, None)];
    let decision = create_partitions::decide(paper.cluster(), &wanted, &*paper.world.random).unwrap();
    assert_eq!(paper.take(decision), [Ok(())]);
    let topic = paper.image.topic_named("a").unwrap();
    assert_eq!(topic.partitions.iter().map(|state| state.replicas.len()).collect::<Vec<_>>(), [2, 2, 2, 2]);
    let wanted = [more("a", 6, Some(&[&[2, 1], &[1, 2]]))];
    let decision = create_partitions::decide(paper.cluster(), &wanted, &*paper.world.random).unwrap();
    paper.take(decision);
    let topic = paper.image.topic_named("a").unwrap();
    assert_eq!((topic.partition_count(), topic.partition(4).unwrap().leader), (6, Some(2)));
}

#[test]
fn what_is_no_growth_is_refused_in_kafkas_words() {
    let partitions = |text: &str| (ErrorKind::InvalidPartitions, Some(text.to_owned()));
    assert_eq!(refusal(more("a", 1, None)), partitions("Topic already has 1 partition(s)."));
    let text = "The topic a currently has 1 partition(s); -3 would not be an increase.";
    assert_eq!(refusal(more("a", -3, None)), partitions(text));
    assert_eq!(refusal(more("nope", 3, None)), (ErrorKind::TopicUnknown, None));
}

#[test]
fn assignments_must_match_in_number_and_size() {
    let bad = |text: &str| (ErrorKind::InvalidReplicaAssignment, Some(text.to_owned()));
    let text = "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.";
    assert_eq!(refusal(more("a", 3, Some(&[&[1, 2]]))), bad(text));
    let text = "The manual partition assignment includes a partition with 1 replica(s), but this is not consistent with \
                previous partitions, which have 2 replica(s).";
    assert_eq!(refusal(more("a", 2, Some(&[&[1]]))), bad(text));
}

#[test]
fn a_topic_that_comes_twice_does_not_grow() {
    let paper = paper();
    let wanted = [more("a", 2, None), more("a", 3, None)];
    let decision = create_partitions::decide(paper.cluster(), &wanted, &*paper.world.random).unwrap();
    assert!(decision.records.is_empty());
    assert!(decision.answer.iter().all(|row| row.as_ref().unwrap_err().to_string() == "Duplicate topic name."));
}

#[test]
fn one_request_adds_at_most_ten_thousand_partitions_and_else_none() {
    let paper = paper();
    for count in [10_002, i32::MAX] {
        let wanted = [more("a", count, None)];
        let error = create_partitions::decide(paper.cluster(), &wanted, &*paper.world.random).unwrap_err();
        assert_eq!(error.kind, ErrorKind::PolicyViolation);
    }
    assert!(create_partitions::decide(paper.cluster(), &[more("a", 10_001, None)], &*paper.world.random).is_ok());
}
