//! Committed bytes become images; snapshots bring them back; what does not fit stops the node.

use crate::ImageMachine;
use bytes::Bytes;
use esker_metadata::{ConfigResource, Record};
use esker_quorum::StateMachine;

fn created() -> Record {
    Record::ClusterCreated { cluster_id: "c".parse().unwrap() }
}

fn set(key: &str) -> Record {
    Record::ConfigSet { resource: ConfigResource::cluster_default(), key: key.into(), value: Some("v".into()) }
}

fn encoded(records: &[Record]) -> Vec<Bytes> {
    records.iter().map(|record| Bytes::from(record.encode())).collect()
}

#[test]
fn what_was_applied_is_seen_once_it_is_published() {
    let machine = ImageMachine::new();
    let watch = machine.watch();
    machine.apply(0, &encoded(&[created(), set("a")])).unwrap();
    machine.apply(2, &encoded(&[set("b")])).unwrap();
    assert_eq!(watch.current().offset(), -1, "not published yet");
    machine.publish();
    assert_eq!(watch.current().offset(), 2);
    assert_eq!(watch.current().config(&ConfigResource::cluster_default(), "b"), Some("v"));
}

#[test]
fn a_snapshot_brings_the_state_back_in_another_machine() {
    let machine = ImageMachine::new();
    machine.apply(0, &encoded(&[created(), set("a")])).unwrap();
    let capture = machine.capture();
    machine.apply(2, &encoded(&[set("later")])).unwrap();
    let bytes = capture();
    let other = ImageMachine::new();
    other.restore(&bytes).unwrap();
    other.publish();
    let image = other.watch().current();
    assert_eq!((image.offset(), image.config(&ConfigResource::cluster_default(), "later")), (1, None));
    other.apply(2, &encoded(&[set("b")])).unwrap();
    other.publish();
    assert_eq!(other.watch().current().offset(), 2);
}

#[test]
fn records_that_do_not_fit_and_damaged_snapshots_are_refused() {
    let machine = ImageMachine::new();
    machine.apply(0, &encoded(&[created()])).unwrap();
    let twice = machine.apply(1, &encoded(&[created()])).unwrap_err();
    assert!(twice.0.contains("cluster c exists"), "{twice}");
    let gap = ImageMachine::new().apply(7, &encoded(&[created()])).unwrap_err();
    assert!(gap.0.contains("offset 7"), "{gap}");
    let newer = Bytes::from_static(br#"{"type":"from-the-future"}"#);
    let refused = ImageMachine::new().apply(0, &[newer]).unwrap_err();
    assert!(refused.0.contains("newer version"), "{refused}");
    let mut snapshot = machine.capture()();
    snapshot[3] ^= 1;
    assert!(ImageMachine::new().restore(&snapshot).unwrap_err().0.contains("checksum"));
}
