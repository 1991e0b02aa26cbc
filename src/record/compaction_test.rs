//! A batch loses records and nothing else: offsets, times, headers, producer and codec stay.

use crate::testing::{CODECS, Owned, only_batch, owned_records, read};
use crate::*;
use proptest::prelude::*;

fn batch(codec: Codec, records: &[Owned]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(codec).producer(7, 1, 5).transactional().base_offset(99).leader_epoch(4);
    records.iter().for_each(|record| record.append_to(&mut builder));
    builder.build().unwrap()
}

/// Offsets of a batch's records.
fn offsets(bytes: &[u8]) -> Vec<i64> {
    let batch = only_batch(bytes);
    let plain = batch.decompressed(64 << 20).unwrap();
    let records = Records::new(&plain, batch.header.record_count);
    records.map(|record| batch.header.base_offset + i64::from(record.unwrap().offset_delta)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_kept_keeps_its_offset_time_and_content(
        records in owned_records(),
        keep in proptest::collection::vec(any::<bool>(), 64),
        codec in 0usize..5,
        horizon in proptest::option::of(0i64..1 << 50),
    ) {
        let before = batch(CODECS[codec], &records);
        let whole = only_batch(&before);
        let plain = whole.decompressed(64 << 20).unwrap();
        let stays = |at: usize| keep[at % keep.len()];
        let selection = select(&whole.header, &plain, |record| stays(record.offset_delta as usize)).unwrap();
        let expected: Vec<Owned> =
            records.iter().enumerate().filter(|(at, _)| stays(*at)).map(|(_, record)| record.clone()).collect();
        prop_assert_eq!(selection.kept() as usize, expected.len());
        prop_assert_eq!(selection.is_whole(), expected.len() == records.len());
        prop_assert_eq!(selection.has_tombstones(), expected.iter().any(|record| record.value.is_none()));
        if expected.is_empty() {
            return Ok(());
        }
        let after = selection.write(&whole.header, horizon).unwrap();
        prop_assert_eq!(&read(&after), &expected);
        let kept_offsets: Vec<i64> = (0..records.len()).filter(|at| stays(*at)).map(|at| 99 + at as i64).collect();
        prop_assert_eq!(offsets(&after), kept_offsets);
        let (old, new) = (whole.header, only_batch(&after).header);
        let largest = expected.iter().map(|record| record.timestamp).max().unwrap();
        prop_assert_eq!(new.max_timestamp, largest);
        prop_assert_eq!(new.delete_horizon(), horizon);
        let untouched = BatchHeader {
            batch_length: new.batch_length,
            crc: new.crc,
            attributes: old.attributes.with_delete_horizon(horizon.is_some()),
            base_timestamp: horizon.unwrap_or(old.base_timestamp),
            max_timestamp: largest,
            record_count: expected.len() as i32,
            ..old
        };
        prop_assert_eq!(new, untouched);
    }
}

#[test]
fn the_brokers_time_is_not_the_records_to_change() {
    let mut builder = BatchBuilder::new(Codec::None).log_append_time(5000);
    for timestamp in [1, 2] {
        Owned::new(timestamp, Some(b"k"), None).append_to(&mut builder);
    }
    let bytes = builder.build().unwrap();
    let batch = only_batch(&bytes);
    let selection = select(&batch.header, batch.records(), |record| record.offset_delta == 0).unwrap();
    let after = selection.write(&batch.header, Some(9000)).unwrap();
    let header = only_batch(&after).header;
    assert_eq!((header.max_timestamp, header.delete_horizon()), (5000, Some(9000)));
    assert_eq!(header.attributes.timestamp_type(), TimestampType::LogAppendTime);
}

#[test]
fn an_empty_batch_remembers_offsets_and_sequence() {
    let before = batch(Codec::Zstd, &[Owned::new(7, Some(b"a"), None), Owned::new(8, Some(b"b"), None)]);
    let old = only_batch(&before).header;
    let after = empty_batch(&old).unwrap();
    assert_eq!(after.len(), HEADER_LEN);
    let batch = only_batch(&after);
    assert!(batch.crc_matches());
    let new = batch.header;
    assert_eq!((new.base_offset, new.last_offset(), new.last_sequence()), (99, 100, 6));
    assert_eq!((new.record_count, new.base_timestamp, new.max_timestamp), (0, -1, 8));
    assert!(new.attributes.is_transactional() && new.attributes.codec() == Some(Codec::None));
    assert_eq!(new.partition_leader_epoch, 4);
}
