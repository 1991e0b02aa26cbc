//! AlterPartition's checks, in Kafka's order.

use crate::testing::*;
use crate::{ErrorKind, IsrChange, IsrProposal, isr};
use esker_metadata::{ConfigResource, LeaderRecovery, Partition, Record};
use esker_model::BrokerId;

fn paper() -> Paper {
    let mut paper = Paper::new(&[1, 2, 3], "");
    paper.topic(1, "a", state(&[1, 2, 3], &[1, 2]));
    paper
}

fn wanted(isr: &[BrokerId]) -> IsrChange {
    let isr = isr.iter().map(|id| (*id, Some(i64::from(*id) + 100))).collect();
    let proposal = IsrProposal { isr, leader_epoch: 5, partition_epoch: 9, recovery: LeaderRecovery::Recovered };
    IsrChange { topic_id: topic_id(1), partition: 0, proposal }
}

fn refusal(paper: &Paper, from: BrokerId, change: IsrChange) -> ErrorKind {
    let decision = isr::decide(paper.cluster(), from, i64::from(from) + 100, &[change]).unwrap();
    assert!(decision.records.is_empty());
    decision.answer.into_iter().next().unwrap().unwrap_err().kind
}

fn edited(isr: &[BrokerId], edit: impl FnOnce(&mut IsrProposal)) -> IsrChange {
    let mut change = wanted(isr);
    edit(&mut change.proposal);
    change
}

#[test]
fn an_in_sync_set_grows_and_shrinks() {
    let mut paper = paper();
    let decision = isr::decide(paper.cluster(), 1, 101, &[wanted(&[1, 2, 3])]).unwrap();
    let answer = paper.take(decision).pop().unwrap().unwrap();
    assert_eq!((&*answer.isr, answer.partition_epoch, answer.leader_epoch), (&[1, 2, 3][..], 10, 5));
    assert_eq!(*answer, paper.partition(1));
    let shrink = edited(&[1], |proposal| proposal.partition_epoch = 10);
    let decision = isr::decide(paper.cluster(), 1, 101, &[shrink]).unwrap();
    paper.take(decision);
    assert_eq!(&*paper.partition(1).isr, &[1]);
}

#[test]
fn what_is_so_already_is_answered_without_a_record() {
    let paper = paper();
    let decision = isr::decide(paper.cluster(), 1, 101, &[wanted(&[1, 2])]).unwrap();
    assert!(decision.records.is_empty());
    assert_eq!(**decision.answer[0].as_ref().unwrap(), paper.partition(1));
}

#[test]
fn a_stale_registration_is_refused_as_a_whole() {
    let error = isr::decide(paper().cluster(), 1, 7, &[wanted(&[1])]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::StaleBrokerEpoch);
    assert_eq!(error.to_string(), "Expected broker epoch 101, but got broker epoch 7");
}

#[test]
fn epochs_are_compared_before_anything_else() {
    let paper = paper();
    let unknown = IsrChange { topic_id: topic_id(9), ..wanted(&[1]) };
    assert_eq!(refusal(&paper, 1, unknown), ErrorKind::TopicIdUnknown);
    assert_eq!(refusal(&paper, 1, IsrChange { partition: 4, ..wanted(&[1]) }), ErrorKind::TopicUnknown);
    assert_eq!(refusal(&paper, 2, edited(&[1], |it| it.leader_epoch = 6)), ErrorKind::NotController);
    assert_eq!(refusal(&paper, 2, edited(&[1], |it| it.partition_epoch = 10)), ErrorKind::NotController);
    assert_eq!(refusal(&paper, 2, edited(&[1], |it| it.leader_epoch = 4)), ErrorKind::FencedLeaderEpoch);
    assert_eq!(refusal(&paper, 2, edited(&[9], |it| it.partition_epoch = 8)), ErrorKind::InvalidRequest);
    assert_eq!(refusal(&paper, 1, edited(&[9], |it| it.partition_epoch = 8)), ErrorKind::StalePartitionEpoch);
}

#[test]
fn the_set_must_be_of_replicas_and_hold_the_leader() {
    let paper = paper();
    for bad in [&[1, 9][..], &[2, 3], &[1, 1], &[]] {
        assert_eq!(refusal(&paper, 1, wanted(bad)), ErrorKind::InvalidRequest, "{bad:?}");
    }
}

#[test]
fn recovery_goes_one_way() {
    let mut paper = paper();
    let back = edited(&[1], |it| it.recovery = LeaderRecovery::Recovering);
    assert_eq!(refusal(&paper, 1, back), ErrorKind::InvalidRequest);
    paper.topic(2, "b", Partition { recovery: LeaderRecovery::Recovering, ..state(&[1, 2], &[1]) });
    let on_b = |change: IsrChange| IsrChange { topic_id: topic_id(2), ..change };
    let two = on_b(edited(&[1, 2], |it| it.recovery = LeaderRecovery::Recovering));
    assert_eq!(refusal(&paper, 1, two), ErrorKind::InvalidRequest);
    let decision = isr::decide(paper.cluster(), 1, 101, &[on_b(wanted(&[1]))]).unwrap();
    paper.take(decision);
    assert_eq!(paper.partition(2).recovery, LeaderRecovery::Recovered);
}

#[test]
fn a_member_that_is_away_stopping_or_registered_anew_is_not_eligible() {
    let mut paper = paper();
    let stale = edited(&[1, 2, 3], |it| it.isr[2].1 = Some(7));
    assert_eq!(refusal(&paper, 1, stale), ErrorKind::IneligibleReplica);
    paper.apply(Record::BrokerChanged { broker: 3, epoch: 103, fenced: None, in_controlled_shutdown: Some(true) });
    assert_eq!(refusal(&paper, 1, wanted(&[1, 2, 3])), ErrorKind::IneligibleReplica);
    paper.apply(Record::BrokerChanged {
        broker: 3,
        epoch: 103,
        fenced: Some(true),
        in_controlled_shutdown: Some(false),
    });
    assert_eq!(refusal(&paper, 1, wanted(&[1, 2, 3])), ErrorKind::IneligibleReplica);
    let unsaid = edited(&[1, 2], |it| it.isr[1].1 = None);
    assert!(isr::decide(paper.cluster(), 1, 101, &[unsaid]).unwrap().answer[0].is_ok());
}

#[test]
fn below_the_topics_minimum_the_old_members_become_eligible_leaders() {
    let mut paper = paper();
    paper.set(ConfigResource::topic("a"), "min.insync.replicas", "2");
    let decision = isr::decide(paper.cluster(), 1, 101, &[wanted(&[1])]).unwrap();
    paper.take(decision);
    assert_eq!((&*paper.partition(1).isr, &*paper.partition(1).elr), (&[1][..], &[2][..]));
}

#[test]
fn a_leader_that_a_finished_reassignment_removes_is_told_that_another_leads() {
    let mut paper = paper();
    paper.topic(2, "b", Partition { removing: [1].into(), adding: [3].into(), ..state(&[1, 2, 3], &[1, 2]) });
    let change = IsrChange { topic_id: topic_id(2), ..wanted(&[1, 2, 3]) };
    let decision = isr::decide(paper.cluster(), 1, 101, &[change]).unwrap();
    assert_eq!(decision.answer[0].as_ref().unwrap_err().kind, ErrorKind::NewLeaderElected);
    paper.take(decision);
    let partition = paper.partition(2);
    assert_eq!((&*partition.replicas, partition.leader, partition.leader_epoch), (&[2, 3][..], Some(2), 6));
}

#[test]
fn a_partition_that_comes_twice_is_changed_once() {
    let paper = paper();
    let decision = isr::decide(paper.cluster(), 1, 101, &[wanted(&[1]), wanted(&[1, 2, 3])]).unwrap();
    assert_eq!(decision.records.len(), 1);
    assert_eq!(decision.answer[1].as_ref().unwrap_err().kind, ErrorKind::InvalidRequest);
}
