//! What is shown of segments, sound and damaged.

use super::DumpLog;
use super::testing::{Files, SEGMENT, batch};
use esker_record::{Codec, EndMarker, end_marker_batch, patch};

fn deep() -> DumpLog {
    DumpLog { print_data_log: true, ..DumpLog::default() }
}

#[test]
fn batches_and_records_are_shown_as_kafka_s_tool_shows_them() {
    let files = Files::new();
    let (first, second) = (batch(100, Codec::None, &["a", "b"]), batch(102, Codec::Lz4, &["c"]));
    files.write(SEGMENT, &[first.clone(), second].concat());
    let (text, sound) = files.dump(SEGMENT, &deep()).unwrap();
    assert!(sound);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 6, "{text}");
    assert_eq!(lines[0], "Log starting offset: 100");
    let (before_crc, after_crc) = lines[1].split_once(" crc: ").unwrap();
    let expected = format!(
        "baseOffset: 100 lastOffset: 101 count: 2 baseSequence: 0 lastSequence: 1 producerId: 9 producerEpoch: 1 \
         partitionLeaderEpoch: 4 isTransactional: false isControl: false deleteHorizonMs: OptionalLong.empty position: 0 \
         CreateTime: 101000 size: {} magic: 2 compresscodec: none",
        first.len()
    );
    assert_eq!(before_crc, expected);
    assert!(after_crc.ends_with(" isvalid: true"), "{after_crc}");
    assert_eq!(
        lines[3],
        "| offset: 101 CreateTime: 101000 keySize: 1 valueSize: 5 sequence: 1 headerKeys: [kind] key: b payload: value"
    );
    assert!(lines[4].contains(&format!("position: {} ", first.len())) && lines[4].contains("compresscodec: lz4"));
    assert!(lines[5].starts_with("| offset: 102 "), "{text}");
}

#[test]
fn records_come_only_when_asked_for() {
    let files = Files::new();
    files.write(SEGMENT, &batch(100, Codec::Zstd, &["a"]));
    assert_eq!(files.dump(SEGMENT, &DumpLog::default()).unwrap().0.lines().count(), 2);
    let (text, _) = files.dump(SEGMENT, &DumpLog { deep_iteration: true, ..DumpLog::default() }).unwrap();
    assert!(text.ends_with("headerKeys: [kind]\n"), "no key, no value: {text}");
    let (text, _) = files.dump(SEGMENT, &DumpLog { skip_record_metadata: true, ..deep() }).unwrap();
    assert!(text.ends_with("\n| key: a payload: value\n"), "{text}");
}

#[test]
fn markers_say_how_a_transaction_ended() {
    let files = Files::new();
    let mut marker = end_marker_batch(9, 1, EndMarker::Abort, 3, 5_000).unwrap();
    patch::assign(&mut marker, 100, 4).unwrap();
    files.write(SEGMENT, &marker);
    let (text, sound) = files.dump(SEGMENT, &deep()).unwrap();
    assert!(sound);
    assert!(text.contains("isTransactional: true isControl: true"), "{text}");
    assert!(text.ends_with("sequence: -1 headerKeys: [] endTxnMarker: ABORT coordinatorEpoch: 3\n"), "{text}");
}

#[test]
fn a_flipped_bit_a_torn_end_and_a_repeated_offset_are_damage() {
    let files = Files::new();
    let whole = batch(100, Codec::None, &["a"]);
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let (text, sound) = files.write(SEGMENT, &flipped).dump(SEGMENT, &deep()).unwrap();
    assert!(!sound && text.ends_with(" isvalid: false\n"), "{text}");
    let torn = [&whole[..], &whole[..40]].concat();
    let (text, sound) = files.write(SEGMENT, &torn).dump(SEGMENT, &deep()).unwrap();
    assert!(!sound && text.ends_with(&format!("Found 40 invalid bytes at the end of {SEGMENT}\n")), "{text}");
    let (text, sound) = files.write(SEGMENT, &[whole.clone(), whole].concat()).dump(SEGMENT, &deep()).unwrap();
    assert!(!sound && text.contains("does not lie behind its predecessor"), "{text}");
}

#[test]
fn a_segment_may_be_shown_in_part() {
    let files = Files::new();
    let (first, second) = (batch(100, Codec::None, &["a"]), batch(101, Codec::None, &["b"]));
    files.write(SEGMENT, &[first, second].concat());
    let (text, sound) = files.dump(SEGMENT, &DumpLog { max_bytes: Some(10), ..deep() }).unwrap();
    assert!(sound && text.contains("key: a") && !text.contains("key: b"), "{text}");
}
