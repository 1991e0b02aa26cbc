//! What the builder writes is read back, recompressed or not.

use crate::testing::{CODECS, Owned, build, limits, only_batch, owned_records, read};
use crate::*;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_records_come_back_in_every_codec_and_pass_inspection(records in owned_records()) {
        for codec in CODECS {
            let bytes = build(codec, &records);
            prop_assert_eq!(&read(&bytes), &records);
            let seen = inspect(&bytes, &limits()).unwrap();
            prop_assert_eq!(seen.max_timestamp, records.iter().map(|record| record.timestamp).max().unwrap());
            prop_assert!(!seen.misstates_max_timestamp());
            let first = records.iter().position(|record| record.timestamp == seen.max_timestamp).unwrap();
            prop_assert_eq!(seen.max_timestamp_offset_delta as usize, first);
        }
    }

    #[test]
    fn recompression_keeps_records_times_and_producer(records in owned_records(), from in 0usize..5, to in 0usize..5) {
        let mut builder = BatchBuilder::new(CODECS[from]).producer(7, 1, 5).transactional().base_offset(99).leader_epoch(4);
        records.iter().for_each(|record| record.append_to(&mut builder));
        let before = builder.build().unwrap();
        let after = recompress(&only_batch(&before), CODECS[to], None, 64 << 20).unwrap();
        prop_assert_eq!(&read(&after), &records);
        let (old, new) = (only_batch(&before).header, only_batch(&after).header);
        let expected = BatchHeader { attributes: new.attributes, batch_length: new.batch_length, crc: new.crc, ..old };
        prop_assert_eq!(new, expected);
        prop_assert_eq!(new.attributes, old.attributes.with_codec(CODECS[to]));
    }
}

#[test]
fn levels_beyond_what_a_codec_has_are_moved_to_the_nearest() {
    let records = [Owned::new(1, None, Some(&[7; 5000]))];
    for codec in CODECS {
        for level in [i32::MIN, -1, 0, 9, 100, i32::MAX] {
            let mut builder = BatchBuilder::new(codec).level(level);
            records[0].append_to(&mut builder);
            assert_eq!(read(&builder.build().unwrap()), records, "{codec:?} at {level}");
        }
    }
}

#[test]
fn offsets_may_leave_holes_but_not_go_back() {
    let record = NewRecord { timestamp: 5, ..NewRecord::default() };
    let mut builder = BatchBuilder::new(Codec::None).last_offset_delta(9);
    builder.append_at(2, &record).unwrap();
    assert_eq!(builder.append_at(2, &record), Err(BuildError::OffsetDelta(2)));
    builder.append_at(7, &record).unwrap();
    assert_eq!(builder.record_count(), 2);
    let bytes = builder.build().unwrap();
    let batch = only_batch(&bytes);
    assert_eq!((batch.header.last_offset_delta, batch.header.record_count), (9, 2));
    let deltas: Vec<_> = Records::new(batch.records(), 2).map(|record| record.unwrap().offset_delta).collect();
    assert_eq!(deltas, [2, 7]);
}

#[test]
fn a_batch_does_not_end_before_its_last_record() {
    let mut builder = BatchBuilder::new(Codec::None).last_offset_delta(0);
    builder.append_at(1, &NewRecord::default()).unwrap();
    assert_eq!(builder.build(), Err(BuildError::OffsetDelta(0)));
}

#[test]
fn append_time_replaces_the_largest_timestamp_and_keeps_the_deltas() {
    let mut builder = BatchBuilder::new(Codec::None).log_append_time(777);
    builder.append(&NewRecord { timestamp: 5, ..NewRecord::default() }).unwrap();
    let bytes = builder.build().unwrap();
    let header = only_batch(&bytes).header;
    assert_eq!(header.attributes.timestamp_type(), TimestampType::LogAppendTime);
    assert_eq!((header.base_timestamp, header.max_timestamp), (5, 777));
}

#[test]
fn timestamps_further_apart_than_64_bits_are_refused() {
    let mut builder = BatchBuilder::new(Codec::None);
    builder.append(&NewRecord { timestamp: i64::MIN, ..NewRecord::default() }).unwrap();
    let far = NewRecord { timestamp: 1, ..NewRecord::default() };
    assert_eq!(builder.append(&far), Err(BuildError::Timestamp(1)));
}

#[test]
fn malformed_control_records_are_named() {
    let parse = |key: Option<&[u8]>, value: Option<&[u8]>| {
        let bytes = build(Codec::None, &[Owned::new(0, key, value)]);
        ControlRecord::of_batch(&only_batch(&bytes))
    };
    assert_eq!(parse(None, None), Err(ControlError::Key));
    assert_eq!(parse(Some(&[0, 0, 0]), None), Err(ControlError::Key));
    assert_eq!(parse(Some(&[0xff, 0xff, 0, 1]), None), Err(ControlError::Key));
    assert_eq!(parse(Some(&[0, 0, 0, 1]), Some(&[0, 0, 0, 0, 1])), Err(ControlError::Value));
    assert_eq!(parse(Some(&[0, 0, 0, 0]), None), Err(ControlError::Value));
    assert_eq!(parse(Some(&[0, 0, 0, 2]), None), Ok(ControlRecord::Other(2)));
    // Later versions may append fields.
    let commit = ControlRecord::EndTransaction { marker: EndMarker::Commit, coordinator_epoch: 3 };
    assert_eq!(parse(Some(&[0, 1, 0, 1, 9]), Some(&[0, 1, 0, 0, 0, 3, 9])), Ok(commit));
    let empty = build(Codec::None, &[]);
    assert_eq!(ControlRecord::of_batch(&only_batch(&empty)), Err(ControlError::Empty));
}
