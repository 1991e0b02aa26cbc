//! Subscriptions by pattern.

use crate::group::error::GroupFault;
use crate::group::record::Partitions;
use crate::group::request::{ConsumerAnswer, ConsumerHeartbeat};
use crate::group::testing::{Rig, entering, owning};

fn matching(member: &str, regex: &str) -> ConsumerHeartbeat {
    ConsumerHeartbeat { topics: Some(Vec::new()), regex: Some(regex.into()), ..entering("g", member, &[]) }
}

fn idle(answer: &ConsumerAnswer) -> ConsumerHeartbeat {
    ConsumerHeartbeat { owned: None, ..owning("g", answer, Partitions::new()) }
}

fn count(answer: &ConsumerAnswer) -> usize {
    answer.assignment.iter().flat_map(|assignment| assignment.values()).map(|numbers| numbers.len()).sum()
}

#[test]
fn topics_whose_whole_name_matches_are_assigned_once_they_were_looked_up() {
    let mut rig = Rig::new("");
    rig.cluster.topic("orders-eu", 2);
    rig.cluster.topic("orders-us", 2);
    rig.cluster.topic("old-orders-eu", 2);
    let first = rig.consumer(&matching("a", "orders-.*|never")).unwrap();
    assert_eq!((first.epoch, count(&first)), (1, 0));
    rig.resolve("g");
    rig.advance(1_000);
    let next = rig.consumer(&idle(&first)).unwrap();
    assert_eq!((next.epoch, count(&next)), (2, 4));
    // A second member with the same pattern needs no look-up.
    let second = rig.consumer(&matching("b", "orders-.*|never")).unwrap();
    assert_eq!(rig.consumer_group("g").regexes.len(), 1);
    rig.reload(None);
    assert_eq!(rig.consumer_group("g").regexes.values().next().unwrap().topics.len(), 2);
    assert!(rig.consumer(&idle(&second)).is_ok());
}

#[test]
fn a_topic_that_is_created_later_is_found() {
    let mut rig = Rig::new("");
    rig.cluster.topic("t1", 1);
    let first = rig.consumer(&matching("a", "t[0-9]")).unwrap();
    rig.resolve("g");
    rig.advance(11_000);
    let first = rig.consumer(&idle(&first)).unwrap();
    assert_eq!(count(&first), 1);
    rig.cluster.topic("t2", 1);
    rig.world.topics_created(rig.cluster.image.offset());
    rig.consumer(&idle(&first)).unwrap();
    assert!(rig.consumer_group("g").resolving);
    rig.resolve("g");
    rig.advance(1_000);
    assert_eq!(count(&rig.consumer(&idle(&first)).unwrap()), 2);
}

#[test]
fn a_pattern_that_nobody_has_any_more_is_forgotten() {
    let mut rig = Rig::new("");
    rig.cluster.topic("t1", 1);
    let first = rig.consumer(&matching("a", "t.")).unwrap();
    rig.resolve("g");
    rig.advance(1_000);
    let first = rig.consumer(&idle(&first)).unwrap();
    let none = ConsumerHeartbeat { regex: Some("".into()), ..idle(&first) };
    let told = rig.consumer(&none).unwrap();
    assert_eq!(count(&told), 0);
    let group = rig.consumer_group("g");
    assert!(group.regexes.is_empty() && group.regex_members.is_empty() && group.wanted.is_empty());
    let left = ConsumerHeartbeat { epoch: -1, ..idle(&told) };
    rig.consumer(&left).unwrap();
}

#[test]
fn what_is_no_pattern_is_refused_with_the_reason() {
    let mut rig = Rig::new("");
    let cases = [
        ("(", "missing closing )"),
        ("[a", "missing closing ]"),
        ("*a", "missing argument to repetition operator"),
        ("a)b(c", "unexpected )"),
    ];
    for (regex, why) in cases {
        let error = rig.consumer(&matching("a", regex)).unwrap_err();
        assert_eq!(error.fault, GroupFault::InvalidRegularExpression);
        let text = format!("SubscribedTopicRegex `{regex}` is not a valid regular expression: {why}.");
        assert_eq!(error.text, Some(text));
    }
    assert!(!rig.has_group("g"));
}

#[test]
fn a_pattern_that_would_take_others_for_ever_takes_no_longer_than_the_names_are_long() {
    let mut rig = Rig::new("");
    rig.cluster.topic(&"a".repeat(240), 1);
    let first = rig.consumer(&matching("a", "(a*)*b|(a|aa)+c")).unwrap();
    rig.resolve("g");
    assert_eq!(count(&first), 0);
    // One that would need too much memory is none.
    let error = rig.consumer(&matching("b", "((a{1000}){1000}){1000}")).unwrap_err();
    assert_eq!(error.fault, GroupFault::InvalidRegularExpression);
}
