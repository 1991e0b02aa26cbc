//! Elections on demand: who is elected, and why nobody is.

use crate::ErrorKind;
use crate::elect_leaders::{ElectionRows, WantedLeader, decide};
use crate::testing::{Paper, state};
use esker_metadata::Partition;

fn kinds(rows: &ElectionRows) -> Vec<(&str, i32, Option<ErrorKind>)> {
    let rows = rows.iter().flat_map(|(topic, rows)| rows.iter().map(move |(number, row)| (topic, number, row)));
    rows.map(|(topic, number, row)| (&**topic, *number, row.as_ref().err().map(|error| error.kind))).collect()
}

#[test]
fn the_preferred_replica_is_elected_where_it_is_in_sync() {
    let mut paper = Paper::new(&[1, 2], "");
    paper.topic(1, "moved", Partition { leader: Some(2), ..state(&[1, 2], &[1, 2]) });
    paper.topic(2, "behind", Partition { leader: Some(2), ..state(&[1, 2], &[2]) });
    paper.topic(3, "fine", state(&[1, 2], &[1, 2]));
    let asked: Vec<(String, Vec<i32>)> = ["moved", "behind", "fine", "none"]
        .iter()
        .map(|name| ((*name).to_owned(), vec![0]))
        .chain([("moved".to_owned(), vec![0, 7])])
        .collect();
    let decision = decide(paper.cluster(), WantedLeader::Preferred, Some(&asked)).unwrap();
    assert_eq!(
        kinds(&decision.answer),
        [
            ("moved", 0, None),
            ("behind", 0, Some(ErrorKind::PreferredLeaderNotAvailable)),
            ("fine", 0, Some(ErrorKind::ElectionNotNeeded)),
            ("none", 0, Some(ErrorKind::TopicUnknown)),
            ("moved", 0, None),
            ("moved", 7, Some(ErrorKind::TopicUnknown)),
        ]
    );
    assert_eq!(decision.records.len(), 1, "asked for twice, elected once");
    paper.take(decision);
    assert_eq!(paper.partition(1).leader, Some(1));
}

#[test]
fn without_a_list_only_what_needs_an_election_is_told() {
    let mut paper = Paper::new(&[1, 2], "");
    paper.topic(1, "a", Partition { leader: Some(2), ..state(&[1, 2], &[1, 2]) });
    paper.topic(2, "b", state(&[1, 2], &[1, 2]));
    let decision = decide(paper.cluster(), WantedLeader::Preferred, None).unwrap();
    assert_eq!(kinds(&decision.answer), [("a", 0, None)]);
    assert_eq!(decision.answer.len(), 2, "a topic is named even so");
}

#[test]
fn an_unclean_election_is_for_partitions_without_a_leader() {
    let mut paper = Paper::new(&[1], "");
    paper.topic(1, "dark", Partition { leader: None, ..state(&[1, 2], &[2]) });
    paper.topic(2, "led", state(&[1], &[1]));
    let asked = [("dark".to_owned(), vec![0]), ("led".to_owned(), vec![0])];
    let decision = decide(paper.cluster(), WantedLeader::Anybody, Some(&asked)).unwrap();
    assert_eq!(kinds(&decision.answer), [("dark", 0, None), ("led", 0, Some(ErrorKind::ElectionNotNeeded))]);
    paper.take(decision);
    assert_eq!((paper.partition(1).leader, &paper.partition(1).isr[..]), (Some(1), &[1][..]));
}
