//! What is shown of indexes, and that each entry is compared with the segment.

use super::DumpLog;
use super::testing::{Files, SEGMENT, batch};
use esker_record::Codec;

const OFFSETS: &str = "00000000000000000100.index";
const TIMES: &str = "00000000000000000100.timeindex";

/// A segment of three batches, and where each begins.
fn segment(files: &Files) -> [u32; 3] {
    let batches =
        [batch(100, Codec::None, &["a", "b"]), batch(102, Codec::None, &["c"]), batch(103, Codec::None, &["d"])];
    files.write(SEGMENT, &batches.concat());
    [0, batches[0].len() as u32, (batches[0].len() + batches[1].len()) as u32]
}

fn offset_entry(relative: u32, position: u32) -> Vec<u8> {
    [relative.to_be_bytes(), position.to_be_bytes()].concat()
}

fn time_entry(timestamp: i64, relative: u32) -> Vec<u8> {
    [&timestamp.to_be_bytes()[..], &relative.to_be_bytes()].concat()
}

#[test]
fn an_index_in_use_ends_at_its_zeros() {
    let files = Files::new();
    let [_, second, third] = segment(&files);
    files.write(OFFSETS, &[offset_entry(2, second), offset_entry(3, third), vec![0; 80]].concat());
    let (text, sound) = files.dump(OFFSETS, &DumpLog::default()).unwrap();
    assert_eq!(text, format!("offset: 102 position: {second}\noffset: 103 position: {third}\n"));
    assert!(sound);
    files.write(TIMES, &[time_entry(102_000, 2), time_entry(103_000, 3), vec![0; 120]].concat());
    let (text, sound) = files.dump(TIMES, &DumpLog::default()).unwrap();
    assert_eq!(text, "timestamp: 102000 offset: 102\ntimestamp: 103000 offset: 103\n");
    assert!(sound);
}

#[test]
fn entries_that_do_not_fit_the_segment_are_damage() {
    let files = Files::new();
    let [_, second, third] = segment(&files);
    files.write(OFFSETS, &[offset_entry(2, second + 1), offset_entry(9, third)].concat());
    let (text, sound) = files.dump(OFFSETS, &DumpLog { verify_index_only: true, ..DumpLog::default() }).unwrap();
    assert!(!sound && text.starts_with("Mismatches in :"), "{text}");
    assert!(text.contains("Index offset: 102, log offset: none there"), "{text}");
    assert!(text.contains("Index offset: 109, log offset: 103"), "{text}");
    files.write(TIMES, &[time_entry(103_000, 3), time_entry(7, 3)].concat());
    let (text, sound) = files.dump(TIMES, &DumpLog::default()).unwrap();
    assert!(!sound && text.contains("Index timestamp: 7, log timestamp: 103000"), "{text}");
    assert!(text.contains("Index timestamp: 7, Previously indexed timestamp: 103000"), "{text}");
}

#[test]
fn a_torn_entry_is_damage() {
    let files = Files::new();
    let [_, second, _] = segment(&files);
    files.write(OFFSETS, &[offset_entry(2, second), vec![0, 0, 0]].concat());
    let (text, sound) = files.dump(OFFSETS, &DumpLog::default()).unwrap();
    assert!(!sound && text.ends_with("3 bytes that are no whole entry\n"), "{text}");
}

#[test]
fn aborted_transactions_are_shown() {
    let files = Files::new();
    let name = "00000000000000000100.txnindex";
    let entry = esker_log::AbortedTxn { producer_id: 9, first_offset: 100, last_offset: 104, last_stable_offset: 105 };
    let (text, sound) = files.write(name, &entry.to_bytes()).dump(name, &DumpLog::default()).unwrap();
    assert_eq!(text, "version: 0 producerId: 9 firstOffset: 100 lastOffset: 104 lastStableOffset: 105\n");
    assert!(sound);
    let error = files.write(name, &entry.to_bytes()[..33]).dump(name, &DumpLog::default()).unwrap_err();
    assert!(error.to_string().contains("entry 0 makes no sense"), "{error}");
}
