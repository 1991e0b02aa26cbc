//! Elections, eligible leader replicas and reassignments, one partition at a time.

use crate::partition_builder::{Election, PartitionBuilder};
use crate::testing::*;
use esker_metadata::{LeaderRecovery, Partition, PartitionChange, Record};
use esker_model::BrokerId;

/// The change that `prepare` leads to, in a cluster in which only `active` may lead.
fn change(
    before: &Partition,
    min_isr: usize,
    active: &[BrokerId],
    prepare: impl FnOnce(&mut PartitionBuilder<'_>),
) -> Option<PartitionChange> {
    let paper = Paper::new(&[1, 2, 3], "");
    let may_lead = |id: BrokerId| active.contains(&id);
    let mut builder = PartitionBuilder::new(before, paper.cluster(), min_isr, &may_lead);
    prepare(&mut builder);
    let change = builder.build();
    if let Some(change) = &change {
        before.with(change).check().unwrap();
    }
    change
}

fn after(
    before: &Partition,
    min_isr: usize,
    active: &[BrokerId],
    prepare: impl FnOnce(&mut PartitionBuilder<'_>),
) -> Partition {
    change(before, min_isr, active, prepare).map_or_else(|| before.clone(), |change| before.with(&change))
}

#[test]
fn nothing_changes_where_nothing_happened() {
    assert_eq!(change(&state(&[1, 2, 3], &[1, 2, 3]), 1, &[1, 2, 3], |_| {}), None);
}

#[test]
fn a_smaller_in_sync_set_keeps_leader_and_leader_epoch() {
    let before = state(&[1, 2, 3], &[1, 2, 3]);
    let after = after(&before, 1, &[1, 2, 3], |builder| builder.isr = vec![1, 2]);
    assert_eq!((&*after.isr, after.leader, after.leader_epoch, after.partition_epoch), (&[1, 2][..], Some(1), 5, 10));
}

#[test]
fn the_first_in_sync_replica_in_assignment_order_is_elected() {
    let before = Partition { leader: Some(3), ..state(&[2, 1, 3], &[3, 1, 2]) };
    let after = after(&before, 1, &[1, 2], |builder| builder.isr = vec![1, 2]);
    assert_eq!((after.leader, after.leader_epoch), (Some(2), 6));
}

#[test]
fn the_preferred_replica_is_elected_only_where_that_is_asked_for() {
    let before = Partition { leader: Some(2), ..state(&[1, 2], &[1, 2]) };
    assert_eq!(change(&before, 1, &[1, 2], |_| {}), None);
    let prefer = |builder: &mut PartitionBuilder<'_>| builder.election = Election::Preferred;
    assert_eq!(after(&before, 1, &[1, 2], prefer).leader, Some(1));
    assert_eq!(change(&before, 1, &[2], prefer), None, "a preferred replica that is away is no reason to change");
}

#[test]
fn below_the_minimum_whoever_was_in_sync_stays_eligible() {
    let before = state(&[1, 2, 3], &[1, 2, 3]);
    let two = after(&before, 2, &[1, 2, 3], |builder| builder.isr = vec![1, 2]);
    assert!(two.elr.is_empty(), "two are enough: the high watermark may move on without the third");
    let one = after(&two, 2, &[1, 2, 3], |builder| builder.isr = vec![1]);
    assert_eq!((&*one.isr, &*one.elr), (&[1][..], &[2][..]));
    let none = after(&one, 2, &[2, 3], |builder| builder.isr = vec![]);
    assert_eq!((none.leader, &*none.isr, &*none.elr), (Some(2), &[2][..], &[1][..]), "an eligible replica takes over");
    assert_eq!(none.recovery, LeaderRecovery::Recovered);
    let back = after(&none, 2, &[1, 2, 3], |builder| builder.isr = vec![2, 1]);
    assert!(back.elr.is_empty());
}

#[test]
fn without_anybody_left_the_partition_is_offline_and_remembers_its_leader() {
    let before = state(&[1], &[1]);
    let offline = after(&before, 1, &[], |builder| builder.isr = vec![]);
    assert_eq!((offline.leader, offline.isr.len(), &*offline.elr), (None, 0, &[1][..]));
    assert_eq!((&*offline.last_known_elr, offline.leader_epoch), (&[1][..], 6));
    let again = after(&offline, 1, &[1], |_| {});
    assert_eq!((again.leader, &*again.isr, again.elr.len()), (Some(1), &[1][..], 0), "it had everything");
    assert_eq!((again.recovery, again.last_known_elr.len()), (LeaderRecovery::Recovered, 0));
}

#[test]
fn a_replica_that_may_have_lost_data_is_not_eligible_but_the_last_resort() {
    let before = state(&[1], &[1]);
    let offline = after(&before, 1, &[], |builder| {
        builder.isr = vec![];
        builder.unclean_shutdown = Some(1);
    });
    assert_eq!((offline.leader, offline.elr.len(), &*offline.last_known_elr), (None, 0, &[1][..]));
    let again = after(&offline, 1, &[1], |_| {});
    assert_eq!((again.leader, &*again.isr, again.recovery), (Some(1), &[1][..], LeaderRecovery::Recovering));
    assert_eq!(change(&offline, 1, &[], |_| {}), None, "not while it is away");
}

#[test]
fn an_unclean_election_takes_any_replica_and_gives_up_what_only_others_hold() {
    let offline = Partition { leader: None, elr: [1].into(), isr: [].into(), ..state(&[1, 2, 3], &[1]) };
    assert_eq!(change(&offline, 2, &[2, 3], |_| {}), None, "not unless it is allowed");
    let unclean = after(&offline, 2, &[2, 3], |builder| builder.election = Election::Unclean);
    assert_eq!((unclean.leader, &*unclean.isr, unclean.elr.len()), (Some(2), &[2][..], 0));
    assert_eq!(unclean.recovery, LeaderRecovery::Recovering);
}

#[test]
fn a_reassignment_ends_when_all_new_replicas_are_in_sync() {
    let before = Partition { adding: [3].into(), removing: [1].into(), ..state(&[1, 2, 3], &[1, 2]) };
    let waiting = after(&before, 1, &[1, 2, 3], |_| {});
    assert_eq!(waiting, before);
    let done = after(&before, 1, &[1, 2, 3], |builder| builder.isr = vec![1, 2, 3]);
    assert_eq!((&*done.replicas, &*done.isr, done.leader), (&[2, 3][..], &[2, 3][..], Some(2)));
    assert!(done.adding.is_empty() && done.removing.is_empty());
}

#[test]
fn the_leader_epoch_grows_when_a_replica_leaves_the_assignment() {
    let before = Partition { removing: [3].into(), ..state(&[1, 2, 3], &[1, 2]) };
    let done = after(&before, 1, &[1, 2, 3], |_| {});
    assert_eq!((&*done.replicas, done.leader, done.leader_epoch), (&[1, 2][..], Some(1), 6));
}

#[test]
fn without_the_feature_the_last_in_sync_replica_stays_in_the_set() {
    let mut paper = Paper::new(&[1], "");
    paper.apply(Record::FeatureSet { name: "eligible.leader.replicas.version".into(), level: 0 });
    let before = state(&[1], &[1]);
    let nobody = |_: BrokerId| false;
    let mut builder = PartitionBuilder::new(&before, paper.cluster(), 1, &nobody);
    builder.isr = vec![];
    let change = builder.build().unwrap();
    let offline = before.with(&change);
    assert_eq!((offline.leader, &*offline.isr, offline.elr.len()), (None, &[1][..], 0));
}
