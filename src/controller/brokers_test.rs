//! Brokers register, are fenced, stop and return, on paper; leadership follows.

use crate::testing::*;
use crate::{ErrorKind, NewBroker, brokers};
use esker_metadata::{LeaderRecovery, Record};
use uuid::Uuid;

fn refusal(paper: &Paper, new: &NewBroker) -> (ErrorKind, String) {
    let error = brokers::register(paper.cluster(), new, false).unwrap_err();
    (error.kind, error.to_string())
}

fn register(paper: &mut Paper, new: &NewBroker) -> i64 {
    let decision = brokers::register(paper.cluster(), new, false).unwrap();
    paper.take(decision)
}

fn set(paper: &mut Paper, id: i32, fenced: Option<bool>, stopping: Option<bool>) {
    let epoch = paper.image.broker(id).unwrap().epoch;
    let decision = brokers::change_state(paper.cluster(), id, epoch, fenced, stopping).unwrap();
    paper.take(decision);
}

#[test]
fn a_broker_is_registered_fenced_and_its_epoch_is_its_records_offset() {
    let mut paper = Paper::new(&[], "");
    let epoch = register(&mut paper, &newcomer(1, 1));
    assert_eq!(epoch, paper.image.offset());
    let broker = paper.image.broker(1).unwrap();
    assert_eq!((broker.epoch, broker.fenced, broker.in_controlled_shutdown), (epoch, true, false));
}

#[test]
fn the_same_run_registers_again_under_its_epoch() {
    let mut paper = Paper::new(&[], "");
    let epoch = register(&mut paper, &newcomer(1, 1));
    set(&mut paper, 1, Some(false), None);
    let moved = NewBroker { rack: Some("r".into()), ..newcomer(1, 1) };
    assert_eq!(register(&mut paper, &moved), epoch);
    let broker = paper.image.broker(1).unwrap();
    assert_eq!((broker.fenced, broker.rack.as_deref()), (false, Some("r")));
}

#[test]
fn a_registration_that_cannot_be_is_refused_in_kafkas_words() {
    let paper = Paper::new(&[2], "");
    let invalid = |text: &str| (ErrorKind::InvalidRegistration, text.to_owned());
    let new = || newcomer(1, 1);
    let with_dirs = |log_dirs: Vec<Uuid>| NewBroker { log_dirs, ..new() };
    assert_eq!(refusal(&paper, &with_dirs(vec![])), invalid("No directories specified in request"));
    assert_eq!(refusal(&paper, &with_dirs(vec![Uuid::nil()])), invalid("Reserved directory ID in request"));
    assert_eq!(refusal(&paper, &with_dirs(vec![dir(1), dir(1)])), invalid("Duplicate directory ID in request"));
    let taken = refusal(&paper, &with_dirs(vec![dir(2)])).1;
    assert!(taken.starts_with("Broker 2 is already registered with directory"), "{taken}");
    let elsewhere = NewBroker { cluster_id: Some("other".parse().unwrap()), ..new() };
    let text = "Expected cluster ID paper-cluster, but got cluster ID other";
    assert_eq!(refusal(&paper, &elsewhere), (ErrorKind::ClusterMismatch, text.into()));
    let mut old = new();
    old.features.get_mut("metadata.version").unwrap().max = 20;
    let text = "Unable to register because the broker does not support finalized version 30 of metadata.version. The \
                broker wants a version between 0 and 20, inclusive.";
    assert_eq!(refusal(&paper, &old), (ErrorKind::UnsupportedFeature, text.into()));
    old.features.remove("metadata.version");
    assert_eq!(refusal(&paper, &old).0, ErrorKind::UnsupportedFeature);
}

#[test]
fn an_id_whose_broker_is_running_is_not_given_to_another() {
    let paper = Paper::new(&[1], "");
    let error = brokers::register(paper.cluster(), &newcomer(1, 2), true).unwrap_err();
    assert_eq!(error.kind, ErrorKind::BrokerTaken);
}

#[test]
fn leadership_moves_when_a_broker_is_fenced_and_does_not_return_by_itself() {
    let mut paper = Paper::new(&[1, 2], "");
    paper.topic(1, "a", state(&[1, 2], &[1, 2]));
    set(&mut paper, 1, Some(true), None);
    let partition = paper.partition(1);
    assert_eq!((partition.leader, &*partition.isr, partition.leader_epoch), (Some(2), &[2][..], 6));
    set(&mut paper, 1, Some(false), None);
    assert_eq!(paper.partition(1), partition);
}

#[test]
fn the_last_replica_takes_its_partitions_offline_and_brings_them_back() {
    let mut paper = Paper::new(&[1], "");
    paper.topic(1, "a", state(&[1], &[1]));
    set(&mut paper, 1, Some(true), None);
    assert_eq!((paper.partition(1).leader, &*paper.partition(1).elr), (None, &[1][..]));
    set(&mut paper, 1, Some(false), None);
    let back = paper.partition(1);
    assert_eq!((back.leader, &*back.isr, back.recovery), (Some(1), &[1][..], LeaderRecovery::Recovered));
}

#[test]
fn no_image_between_shows_a_leader_that_is_fenced() {
    let mut paper = Paper::new(&[1, 2], "");
    paper.topic(1, "a", state(&[1, 2], &[1, 2]));
    let decision = brokers::change_state(paper.cluster(), 1, 101, Some(true), None).unwrap();
    assert!(matches!(decision.records[..], [Record::PartitionChanged { .. }, Record::BrokerChanged { .. }]));
}

#[test]
fn a_broker_that_stops_gives_its_leadership_away_and_is_fenced_without_more_ado() {
    let mut paper = Paper::new(&[1, 2], "");
    paper.topic(1, "a", state(&[1, 2], &[1, 2]));
    set(&mut paper, 1, None, Some(true));
    assert_eq!((paper.partition(1).leader, &*paper.partition(1).isr), (Some(2), &[2][..]));
    let decision = brokers::change_state(paper.cluster(), 1, 101, Some(true), None).unwrap();
    assert_eq!(decision.records.len(), 1);
}

#[test]
fn what_is_so_already_needs_no_record_and_an_old_epoch_changes_nothing() {
    let paper = Paper::new(&[1], "");
    assert!(brokers::change_state(paper.cluster(), 1, 101, Some(false), None).unwrap().records.is_empty());
    let stale = brokers::change_state(paper.cluster(), 1, 7, Some(true), None).unwrap_err();
    assert_eq!(stale.kind, ErrorKind::StaleBrokerEpoch);
    let unknown = brokers::change_state(paper.cluster(), 9, 7, Some(true), None).unwrap_err();
    assert_eq!(unknown.to_string(), "No broker registration found for broker id 9");
}

#[test]
fn after_a_clean_stop_a_broker_leads_again_as_if_nothing_had_been() {
    let mut paper = Paper::new(&[], "");
    let epoch = register(&mut paper, &newcomer(1, 1));
    set(&mut paper, 1, Some(false), None);
    paper.topic(1, "a", state(&[1], &[1]));
    register(&mut paper, &NewBroker { previous_epoch: Some(epoch), ..newcomer(1, 2) });
    assert_eq!((paper.partition(1).leader, &*paper.partition(1).elr), (None, &[1][..]));
    set(&mut paper, 1, Some(false), None);
    assert_eq!((paper.partition(1).leader, paper.partition(1).recovery), (Some(1), LeaderRecovery::Recovered));
}

#[test]
fn after_a_crash_the_only_replica_leads_again_and_must_recover() {
    let mut paper = Paper::new(&[], "");
    let epoch = register(&mut paper, &newcomer(1, 1));
    set(&mut paper, 1, Some(false), None);
    paper.topic(1, "a", state(&[1], &[1]));
    let crashed = register(&mut paper, &newcomer(1, 2));
    assert!(crashed > epoch && crashed == paper.image.offset());
    assert!(paper.partition(1).elr.is_empty());
    set(&mut paper, 1, Some(false), None);
    assert_eq!((paper.partition(1).leader, paper.partition(1).recovery), (Some(1), LeaderRecovery::Recovering));
}

#[test]
fn after_a_crash_another_in_sync_replica_leads_and_the_crashed_one_must_catch_up() {
    let mut paper = Paper::new(&[2], "");
    register(&mut paper, &newcomer(1, 1));
    set(&mut paper, 1, Some(false), None);
    paper.topic(1, "a", state(&[1, 2], &[1, 2]));
    register(&mut paper, &newcomer(1, 2));
    set(&mut paper, 1, Some(false), None);
    let partition = paper.partition(1);
    assert_eq!((partition.leader, &*partition.isr, partition.elr.len()), (Some(2), &[2][..], 0));
}

#[test]
fn a_broker_that_is_unregistered_leads_nothing_and_is_gone() {
    let mut paper = Paper::new(&[1, 2], "");
    paper.topic(1, "t", state(&[1, 2], &[1, 2]));
    let decision = brokers::unregister(paper.cluster(), 1).unwrap();
    paper.take(decision);
    assert!(paper.image.broker(1).is_none());
    assert_eq!((paper.partition(1).leader, &paper.partition(1).isr[..]), (Some(2), &[2][..]));
    let refusal = brokers::unregister(paper.cluster(), 99).unwrap_err();
    assert_eq!(
        (refusal.kind, &*refusal.text.unwrap()),
        (ErrorKind::BrokerUnknown, "Broker ID 99 is not currently registered")
    );
}
