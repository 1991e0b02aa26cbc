//! Epochs and invariants of one partition.

use crate::samples::partition;
use crate::*;

#[test]
fn the_leader_epoch_rises_with_every_named_leader_and_the_partition_epoch_with_every_change() {
    let start = partition(&[1, 2]);
    let shrink = PartitionChange { isr: Some([1].into()), ..PartitionChange::default() };
    let shrunk = start.with(&shrink);
    assert_eq!((shrunk.leader_epoch, shrunk.partition_epoch), (0, 1));
    let same_again = PartitionChange { leader: Some(Some(1)), ..PartitionChange::default() };
    let led = shrunk.with(&same_again);
    assert_eq!((led.leader, led.leader_epoch, led.partition_epoch), (Some(1), 1, 2));
    let offline = PartitionChange { leader: Some(None), isr: Some([].into()), ..PartitionChange::default() };
    let off = led.with(&offline);
    assert_eq!((off.leader, off.leader_epoch, off.partition_epoch), (None, 2, 3));
    assert!(off.check().is_ok() && !off.has_preferred_leader() && led.has_preferred_leader());
}

#[test]
fn what_never_holds_of_a_partition_is_named() {
    let good = partition(&[1, 2]);
    let broken = [
        Partition { replicas: [].into(), ..Partition::default() },
        Partition { isr: [3].into(), leader: None, ..good.clone() },
        Partition { elr: [2].into(), ..good.clone() },
        Partition { leader: Some(9), ..good.clone() },
        Partition { adding: [5].into(), ..good.clone() },
        Partition { directories: [uuid::Uuid::nil()].into(), ..good.clone() },
        Partition { leader_epoch: -1, ..good.clone() },
    ];
    for partition in broken {
        assert!(partition.check().is_err(), "{partition:?}");
    }
    assert!(good.check().is_ok());
}

#[test]
fn a_change_to_no_leader_survives_writing_and_reading() {
    for leader in [None, Some(None), Some(Some(3))] {
        let change = PartitionChange { leader, ..PartitionChange::default() };
        let text = serde_json::to_string(&change).unwrap();
        assert_eq!(serde_json::from_str::<PartitionChange>(&text).unwrap(), change, "{text}");
    }
}
