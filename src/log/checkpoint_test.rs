//! Checkpoints are read and written as Kafka does, and nonsense is refused with a reason.

use crate::checkpoint::{OffsetsByPartition, read_epochs, read_offsets, write_epochs, write_offsets};
use esker_env::Disk;
use esker_env::sim::SimDisk;
use esker_model::{EpochEntry, EpochHistory, TopicPartition};
use std::path::Path;

const PATH: &str = "/checkpoint";

fn disk_with(text: &str) -> SimDisk {
    let disk = SimDisk::new();
    disk.replace_small(Path::new(PATH), text.as_bytes()).unwrap();
    disk
}

#[test]
fn offsets_are_written_in_kafkas_text() {
    let disk = SimDisk::new();
    let offsets = OffsetsByPartition::from([
        (TopicPartition::new("orders", 10), 7),
        (TopicPartition::new("orders", 2), i64::MAX),
    ]);
    write_offsets(&disk, Path::new(PATH), &offsets).unwrap();
    let text = disk.read_small(Path::new(PATH), 1000).unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), "0\n2\norders 2 9223372036854775807\norders 10 7\n");
    assert_eq!(read_offsets(&disk, Path::new(PATH)).unwrap(), Some(offsets));
}

#[test]
fn an_absent_checkpoint_is_not_an_empty_one() {
    assert_eq!(read_offsets(&SimDisk::new(), Path::new(PATH)).unwrap(), None);
    for text in ["", "0\n0\n", "0\n0"] {
        assert_eq!(read_offsets(&disk_with(text), Path::new(PATH)).unwrap(), Some(OffsetsByPartition::new()));
    }
}

#[test]
fn nonsense_is_refused_with_a_reason() {
    for (text, reason) in [
        ("1\n0\n", "version \"1\""),
        ("0\nx\n", "\"x\" entries"),
        ("0\n2\na 0 1\n", "2 entries and holds 1"),
        ("0\n1\na 0\n", "line \"a 0\""),
        ("0\n1\na 0 1 2\n", "line \"a 0 1 2\""),
        ("0\n1\na 0 9223372036854775808\n", "line"),
    ] {
        let error = read_offsets(&disk_with(text), Path::new(PATH)).unwrap_err().to_string();
        assert!(error.contains(reason) && error.contains(PATH), "{text:?}: {error}");
    }
}

#[test]
fn epoch_histories_survive_the_round_trip_and_must_grow() {
    let entry = |epoch, start_offset| EpochEntry { epoch, start_offset };
    let history = EpochHistory::from_entries(vec![entry(0, 0), entry(4, 51200)]).unwrap();
    let disk = SimDisk::new();
    write_epochs(&disk, Path::new(PATH), &history).unwrap();
    assert_eq!(disk.read_small(Path::new(PATH), 100).unwrap(), b"0\n2\n0 0\n4 51200\n");
    assert_eq!(read_epochs(&disk, Path::new(PATH)).unwrap(), Some(history));
    let error = read_epochs(&disk_with("0\n2\n4 0\n3 9\n"), Path::new(PATH)).unwrap_err();
    assert!(error.to_string().contains("do not grow"));
}
