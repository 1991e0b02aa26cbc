//! File and directory names are Kafka's, and only those are taken for ours.

use crate::files::{DirKind, SegmentFile, retired_dir_name};
use esker_model::TopicPartition;
use uuid::Uuid;

#[test]
fn segment_files_are_named_by_twenty_digits() {
    assert_eq!(SegmentFile::Log.name(0), "00000000000000000000.log");
    assert_eq!(SegmentFile::TimeIndex.name(i64::MAX), "09223372036854775807.timeindex");
    for kind in SegmentFile::ALL {
        assert_eq!(SegmentFile::parse(&kind.name(42)), Some((kind, 42)));
    }
}

#[test]
fn other_files_are_not_taken_for_segments() {
    for name in [
        "1.log",
        "00000000000000000000.log.deleted",
        "00000000000000000000",
        "0000000000000000000x.log",
        "99999999999999999999.log",
        "partition.metadata",
        "leader-epoch-checkpoint",
        "+0000000000000000001.log",
    ] {
        assert_eq!(SegmentFile::parse(name), None, "{name}");
    }
}

#[test]
fn directories_are_recognised() {
    let partition = |topic: &str, n| DirKind::Partition(TopicPartition::new(topic, n));
    assert_eq!(DirKind::of("orders-3"), partition("orders", 3));
    assert_eq!(DirKind::of("a-b.c-10"), partition("a-b.c", 10));
    assert_eq!(DirKind::of("orders-3.0123456789abcdef0123456789abcdef-delete"), DirKind::Deleted);
    assert_eq!(DirKind::of("orders-3.0123456789abcdef0123456789abcdef-stray"), DirKind::Stray);
    assert_eq!(DirKind::of("orders-3.0123456789abcdef0123456789abcdef-future"), DirKind::Future);
    for other in ["orders", "orders-", "-1", "orders-x", "orders-+1", "lost+found", "a-99999999999"] {
        assert_eq!(DirKind::of(other), DirKind::Other, "{other}");
    }
}

#[test]
fn a_retired_directory_of_the_longest_topic_still_fits_a_file_name() {
    let topic = "t".repeat(249);
    let name = retired_dir_name(&TopicPartition::new(topic, 123), Uuid::from_u128(7), "delete");
    assert_eq!(name.len(), 255);
    assert!(name.ends_with("t-123.00000000000000000000000000000007-delete"));
    assert_eq!(DirKind::of(&name), DirKind::Deleted);
}
