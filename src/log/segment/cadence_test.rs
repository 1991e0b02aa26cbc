//! Which batches get index entries: as in a broker's own files.

use super::cadence::IndexCadence;
use super::index::{OffsetEntry, TimeEntry, check_offset_entries, check_time_entries};
use super::walk::PlacedBatch;
use crate::lookup::TimestampOffset;
use esker_record::{BatchBuilder, BatchHeader, Codec};

fn placed(base_offset: i64, position: u64, size: u64, max_timestamp: i64) -> PlacedBatch {
    let bytes = crate::testing::build(BatchBuilder::new(Codec::None).base_offset(base_offset), 1, 2, 1);
    let header = BatchHeader { max_timestamp, ..BatchHeader::parse(&bytes).unwrap() };
    PlacedBatch { position, size, header }
}

#[test]
fn an_entry_is_due_once_more_than_the_interval_lies_behind_the_last() {
    let mut cadence = IndexCadence::new(100);
    let mut entries = Vec::new();
    for n in 0..6 {
        let (offset, time) = cadence.take(&placed(100 + 2 * n, 60 * n as u64, 60, 1000 + n % 4), 100);
        entries.push((offset.map(|entry| (entry.relative_offset, entry.position)), time.map(|entry| entry.timestamp)));
    }
    let none = (None, None);
    let expected = [none, none, (Some((5, 120)), Some(1002)), none, (Some((9, 240)), Some(1003)), none];
    assert_eq!(entries, expected, "the first batch has none; an entry's own batch counts for the next");
    assert_eq!(cadence.time_entry(), None, "nothing larger came since");
    assert_eq!(cadence.largest(), TimestampOffset { timestamp: 1003, offset: 107 });
}

#[test]
fn closing_adds_the_largest_timestamp_once() {
    let mut cadence = IndexCadence::new(0);
    cadence.take(&placed(0, 0, 60, 77), 100);
    assert_eq!(cadence.time_entry(), Some(TimeEntry { timestamp: 77, relative_offset: 1 }));
    assert_eq!(cadence.time_entry(), None);
    let mut empty = IndexCadence::new(0);
    empty.take(&placed(0, 0, 60, -1), 100);
    assert_eq!(empty.time_entry(), None, "no timestamp, no entry");
}

#[test]
fn entries_that_could_not_be_written_are_owed_to_the_next_batch() {
    let mut cadence = IndexCadence::new(0);
    cadence.take(&placed(0, 0, 200, 5), 100);
    let before = cadence;
    let second = placed(2, 200, 10, 6);
    assert!(cadence.take(&second, 100).0.is_some());
    cadence.owe_entries(before, &second);
    let (offset, time) = cadence.take(&placed(4, 210, 10, 6), 100);
    assert_eq!(offset.map(|entry| entry.position), Some(210));
    assert_eq!(time, Some(TimeEntry { timestamp: 6, relative_offset: 3 }));
}

#[test]
fn unsound_entries_are_counted_from_where_they_begin() {
    let offsets = |entries: &[(u32, u32)]| -> Vec<u8> {
        entries
            .iter()
            .flat_map(|&(relative_offset, position)| OffsetEntry { relative_offset, position }.to_bytes())
            .collect()
    };
    assert_eq!(check_offset_entries(&offsets(&[(5, 100), (9, 200)]), 300), 2);
    for (bad, sound) in [
        (offsets(&[(5, 100), (5, 200)]), 1),
        (offsets(&[(5, 100), (9, 100)]), 1),
        (offsets(&[(5, 100), (9, 300)]), 1),
        (offsets(&[(5, 100), (0, 0)]), 1),
        (offsets(&[(0, 0)]), 0),
        (offsets(&[(1 << 31, 5)]), 0),
    ] {
        assert_eq!(check_offset_entries(&bad, 300), sound);
    }
    let times = |entries: &[(i64, u32)]| -> Vec<u8> {
        entries
            .iter()
            .flat_map(|&(timestamp, relative_offset)| TimeEntry { timestamp, relative_offset }.to_bytes())
            .collect()
    };
    assert_eq!(check_time_entries(&times(&[(5, 1), (6, 1), (7, 3)])), 3);
    assert_eq!(check_time_entries(&times(&[(5, 1), (5, 2)])), 1);
    assert_eq!(check_time_entries(&times(&[(5, 2), (6, 1)])), 1);
    assert_eq!(check_time_entries(&times(&[(-5, 2)])), 0);
    assert_eq!(check_time_entries(&[0; 12]), 0);
}
