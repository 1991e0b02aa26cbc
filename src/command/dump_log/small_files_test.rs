//! What is shown of the small files, and what is said of files that are none.

use super::testing::Files;
use super::{DumpLog, FileKind};

fn shown(name: &str, bytes: &[u8]) -> String {
    let (text, sound) = Files::new().write(name, bytes).dump(name, &DumpLog::default()).unwrap();
    assert!(sound);
    text
}

fn refused(name: &str, bytes: &[u8]) -> String {
    Files::new().write(name, bytes).dump(name, &DumpLog::default()).unwrap_err().to_string()
}

#[test]
fn checkpoints_and_properties_are_shown() {
    assert_eq!(
        shown("leader-epoch-checkpoint", b"0\n2\n0 0\n4 51200\n"),
        "epoch: 0 startOffset: 0\nepoch: 4 startOffset: 51200\n"
    );
    assert_eq!(
        shown("recovery-point-offset-checkpoint", b"0\n1\norders 3 77\n"),
        "topic: orders partition: 3 offset: 77\n"
    );
    let topic = "version: 0\ntopic_id: AAAAAAAAQACAAAAAAAAAAQ";
    assert_eq!(shown("partition.metadata", topic.as_bytes()), "topicId: AAAAAAAAQACAAAAAAAAAAQ\n");
    let meta = "version=1\ncluster.id=abc\nnode.id=7\ndirectory.id=AAAAAAAAQACAAAAAAAAAAQ\n";
    assert_eq!(
        shown("meta.properties", meta.as_bytes()),
        "clusterId: abc nodeId: 7 directoryId: AAAAAAAAQACAAAAAAAAAAQ\n"
    );
}

#[test]
fn producers_are_shown() {
    // One producer, the file's checksum over all that follows it.
    let mut entry = Vec::new();
    entry.extend(9i64.to_be_bytes());
    entry.extend(1i16.to_be_bytes());
    entry.extend(29i32.to_be_bytes());
    entry.extend(129i64.to_be_bytes());
    entry.extend(4i32.to_be_bytes());
    entry.extend(5_000i64.to_be_bytes());
    entry.extend((-1i32).to_be_bytes());
    entry.extend(110i64.to_be_bytes());
    let body = [&1u32.to_be_bytes()[..], &entry].concat();
    let bytes = [&1i16.to_be_bytes()[..], &esker_record::crc32c(&body).to_be_bytes(), &body].concat();
    assert_eq!(
        shown("00000000000000000130.snapshot", &bytes),
        "producerId: 9 producerEpoch: 1 coordinatorEpoch: -1 currentTxnFirstOffset: OptionalLong[110] lastTimestamp: 5000 \
         firstSequence: 25 lastSequence: 29 lastOffset: 129 offsetDelta: 4 timestamp: 5000\n"
    );
    let mut damaged = bytes.clone();
    damaged[20] ^= 1;
    assert!(refused("00000000000000000130.snapshot", &damaged).contains("checksum"));
}

#[test]
fn what_is_no_file_of_a_log_is_refused_by_name() {
    assert!(refused("leader-epoch-checkpoint", b"0\n2\n0 0\n").contains("states 2 entries and holds 1"));
    assert!(refused("notes.txt", b"hello").contains("is not a file of a log directory"));
    let error = Files::new().dump("00000000000000000000.log", &DumpLog::default()).unwrap_err().to_string();
    assert!(error.contains("there is no such file"), "{error}");
}

#[test]
fn files_on_their_way_out_are_what_they_were() {
    assert_eq!(FileKind::of("00000000000000000100.log.deleted"), Some(FileKind::Log(100)));
    assert_eq!(FileKind::of("00000000000000000100.timeindex.swap"), Some(FileKind::TimeIndex(100)));
    assert_eq!(FileKind::of("-5.log"), None);
    assert_eq!(FileKind::of(".log"), None);
}
