//! Moves of partitions: begun, finished at once, called off, refused.

use crate::reassign::{Reassignment, decide};
use crate::testing::{Paper, state};
use crate::{ControllerError, ErrorKind};
use esker_metadata::Partition;

fn ask(paper: &mut Paper, replicas: Option<&[i32]>, may_resize: bool) -> Result<(), ControllerError> {
    let wanted = Reassignment { partition: 0, replicas: replicas.map(<[i32]>::to_vec) };
    let decision = decide(paper.cluster(), &[("t".to_owned(), vec![wanted])], may_resize).unwrap();
    let mut answer = paper.take(decision);
    answer.remove(0).1.remove(0).1
}

fn lists(partition: &Partition) -> (&[i32], &[i32], &[i32], &[i32]) {
    (&partition.replicas, &partition.isr, &partition.adding, &partition.removing)
}

#[test]
fn a_move_adds_first_and_ends_when_the_new_ones_are_in_sync() {
    let mut paper = Paper::new(&[1, 2, 3], "");
    paper.topic(1, "t", state(&[1, 2], &[1, 2]));
    ask(&mut paper, Some(&[2, 3]), true).unwrap();
    assert_eq!(lists(&paper.partition(1)), (&[2, 3, 1][..], &[1, 2][..], &[3][..], &[1][..]));
    assert_eq!(paper.partition(1).leader, Some(1));
    ask(&mut paper, None, true).unwrap();
    assert_eq!(lists(&paper.partition(1)), (&[2, 1][..], &[1, 2][..], &[][..], &[][..]), "called off");
    assert_eq!(ask(&mut paper, None, true).unwrap_err().kind, ErrorKind::NoReassignment);
}

#[test]
fn a_move_that_waits_for_nobody_ends_at_once() {
    let mut paper = Paper::new(&[1, 2], "");
    paper.topic(1, "t", state(&[1, 2], &[1, 2]));
    ask(&mut paper, Some(&[2, 1]), true).unwrap();
    assert_eq!(lists(&paper.partition(1)), (&[2, 1][..], &[1, 2][..], &[][..], &[][..]));
    let epoch = paper.partition(1).leader_epoch;
    ask(&mut paper, Some(&[2]), true).unwrap();
    assert_eq!(lists(&paper.partition(1)), (&[2][..], &[2][..], &[][..], &[][..]));
    assert_eq!(paper.partition(1).leader, Some(2));
    assert!(paper.partition(1).leader_epoch > epoch);
    let before = paper.partition(1);
    ask(&mut paper, Some(&[2]), true).unwrap();
    assert_eq!(paper.partition(1), before, "where everything is as wanted nothing changes");
}

#[test]
fn what_cannot_be_is_refused_in_kafkas_words() {
    let mut paper = Paper::new(&[1, 2], "");
    paper.topic(1, "t", state(&[1], &[1]));
    let text = |outcome: Result<(), ControllerError>| outcome.unwrap_err().text.unwrap();
    let manual = "The manual partition assignment includes";
    assert_eq!(text(ask(&mut paper, Some(&[]), true)), format!("{manual} an empty replica list."));
    assert_eq!(text(ask(&mut paper, Some(&[1, 1]), true)), format!("{manual} the broker 1 more than once."));
    assert_eq!(
        text(ask(&mut paper, Some(&[9]), true)),
        format!("{manual} broker 9, but no such broker is registered.")
    );
    assert_eq!(text(ask(&mut paper, Some(&[1, 2]), false)), "The replication factor is changed from 1 to 2");
    let asked = [
        ("none".to_owned(), vec![Reassignment { partition: 0, replicas: None }]),
        ("t".to_owned(), vec![Reassignment { partition: 4, replicas: None }]),
    ];
    let rows = decide(paper.cluster(), &asked, true).unwrap().answer;
    assert_eq!(rows[0].1[0].1.as_ref().unwrap_err().text.as_deref(), Some("Unable to find a topic named none."));
    assert_eq!(rows[1].1[0].1.as_ref().unwrap_err().text.as_deref(), Some("Unable to find partition t:4."));
}

#[test]
fn a_move_whose_old_replicas_have_all_fallen_behind_is_not_called_off_uncleanly() {
    let mut paper = Paper::new(&[1, 2], "");
    let moving = Partition { adding: [2].into(), removing: [1].into(), ..state(&[2, 1], &[2]) };
    paper.topic(1, "t", moving);
    let refusal = ask(&mut paper, None, true).unwrap_err();
    assert_eq!(
        refusal.text.as_deref(),
        Some("Unable to revert partition assignment for t:0 because it would require an unclean leader election.")
    );
}
