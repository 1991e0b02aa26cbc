//! Batch by batch: what goes, what stays, and when.

use super::filter::{Filter, LastTraces, Remains, last_traces};
use super::key_hash::KeyHash;
use super::offset_map::OffsetMap;
use super::transactions::Transactions;
use crate::producer::ProducerState;
use crate::txn_index::AbortedTxn;
use esker_record::{BatchBuilder, BatchHeader, Batches, Codec, EndMarker, NewRecord, Records, end_marker_batch, patch};
use std::sync::Arc;

const NOW: i64 = 1_800_000_000_000;
const RETENTION: i64 = 1000;

fn newest(entries: &[(&[u8], i64)], latest: i64) -> OffsetMap {
    let mut map = OffsetMap::new(1 << 20, 100, 0.9, 0, KeyHash::new(1, 2));
    entries.iter().for_each(|(key, offset)| assert!(map.put(key, *offset)));
    map.advance(latest);
    map
}

fn filter(map: &OffsetMap, now_ms: i64) -> Filter<'_> {
    Filter {
        map,
        transactions: Transactions::default(),
        producers: LastTraces::default(),
        round_end: 1000,
        now_ms,
        delete_retention_ms: RETENTION,
        keyless: 0,
    }
}

/// The same record again and again.
const ROW: Row<'static> = (Some(b"a"), Some(b"1"));

type Row<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

fn built(builder: BatchBuilder, base_offset: i64, rows: &[Row<'_>]) -> Vec<u8> {
    let mut builder = builder.base_offset(base_offset);
    for (at, (key, value)) in rows.iter().enumerate() {
        let timestamp = NOW - 50 + at as i64;
        builder.append(&NewRecord { timestamp, key: *key, value: *value, headers: &[] }).unwrap();
    }
    builder.build().unwrap()
}

fn batch(base_offset: i64, rows: &[Row<'_>]) -> Vec<u8> {
    built(BatchBuilder::new(Codec::None), base_offset, rows)
}

fn marker(producer: i64, offset: i64, marker: EndMarker) -> Vec<u8> {
    let mut bytes = end_marker_batch(producer, 0, marker, 0, NOW).unwrap();
    patch::assign(&mut bytes, offset, 0).unwrap();
    bytes
}

fn apply(filter: &mut Filter<'_>, bytes: &[u8]) -> Remains {
    filter.apply(&Batches::new(bytes).next().unwrap().unwrap()).unwrap()
}

fn header(bytes: &[u8]) -> BatchHeader {
    BatchHeader::parse(bytes).unwrap()
}

/// Offsets that a batch holds.
fn offsets(remains: &Remains) -> Vec<i64> {
    let Remains::Written(bytes, _) = remains else { panic!("{remains:?} is not written anew") };
    let batch = Batches::new(bytes).next().unwrap().unwrap();
    assert!(batch.crc_matches());
    let plain = batch.decompressed(1 << 20).unwrap().into_owned();
    let records = Records::new(&plain, batch.header.record_count);
    records.map(|record| batch.header.base_offset + i64::from(record.unwrap().offset_delta)).collect()
}

#[test]
fn of_each_key_the_newest_stays_and_what_is_not_covered_is_not_touched() {
    let map = newest(&[(b"a", 12), (b"b", 11)], 12);
    let mut filter = filter(&map, NOW);
    let mixed = batch(10, &[(Some(b"a"), Some(b"1")), (Some(b"b"), Some(b"2")), (Some(b"a"), Some(b"3"))]);
    assert_eq!(offsets(&apply(&mut filter, &mixed)), [11, 12]);
    let old = batch(2, &[(Some(b"a"), Some(b"0"))]);
    assert_eq!(apply(&mut filter, &old), Remains::Nothing);
    let other = batch(4, &[(Some(b"c"), Some(b"0"))]);
    assert_eq!(apply(&mut filter, &other), Remains::Whole(1), "the only one of its key");
    let behind = batch(13, &[(Some(b"a"), Some(b"4")), (None, Some(b"5"))]);
    assert_eq!(apply(&mut filter, &behind), Remains::Whole(2), "behind the map's reach nothing goes");
    let keyless = batch(6, &[(None, Some(b"x")), (Some(b"d"), Some(b"y"))]);
    assert_eq!(offsets(&apply(&mut filter, &keyless)), [7]);
    assert_eq!(filter.keyless, 1);
}

#[test]
fn every_codec_is_kept() {
    for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let map = newest(&[(b"a", 11)], 11);
        let bytes = built(BatchBuilder::new(codec), 10, &[(Some(b"a"), Some(b"1")), (Some(b"a"), Some(b"2"))]);
        let remains = apply(&mut filter(&map, NOW), &bytes);
        assert_eq!(offsets(&remains), [11]);
        let Remains::Written(bytes, 1) = remains else { panic!("one record stays") };
        assert_eq!(header(&bytes).attributes.codec(), Some(codec));
    }
}

#[test]
fn a_tombstone_gets_a_horizon_and_goes_once_it_has_passed() {
    let map = newest(&[(b"a", 10)], 20);
    let sent = batch(10, &[(Some(b"a"), None), (Some(b"b"), Some(b"v"))]);
    let Remains::Written(stamped, 2) = apply(&mut filter(&map, NOW), &sent) else { panic!("a horizon is stamped") };
    assert_eq!(header(&stamped).delete_horizon(), Some(NOW + RETENTION));
    assert_eq!(apply(&mut filter(&map, NOW + RETENTION - 1), &stamped), Remains::Whole(2), "stamped once");
    let left = apply(&mut filter(&map, NOW + RETENTION), &stamped);
    assert_eq!(offsets(&left), [11]);
    let Remains::Written(left, _) = left else { panic!("the value stays") };
    assert_eq!(header(&left).max_timestamp, NOW - 49, "timestamps survive the change of base");
    assert_eq!(apply(&mut filter(&map, NOW + 2 * RETENTION), &left), Remains::Whole(1));
}

#[test]
fn aborted_records_go_at_once_and_their_marker_after_its_horizon() {
    let map = newest(&[], 50);
    let sent = |base| {
        built(BatchBuilder::new(Codec::None).producer(7, 0, 0).transactional(), base, &[(Some(b"a"), Some(b"1"))])
    };
    let txn = AbortedTxn { producer_id: 7, first_offset: 10, last_offset: 11, last_stable_offset: 12 };
    let mut first = filter(&map, NOW);
    first.transactions.expect([txn]);
    assert_eq!(apply(&mut first, &sent(10)), Remains::Nothing);
    let abort = marker(7, 11, EndMarker::Abort);
    assert_eq!(apply(&mut first, &abort), Remains::Whole(1), "its records were there until now");
    assert_eq!(first.transactions.take_kept(), [txn]);
    assert_eq!(apply(&mut first, &sent(12)), Remains::Whole(1), "the producer's next transaction is another");

    let mut second = filter(&map, NOW);
    second.transactions.expect([txn]);
    let Remains::Written(stamped, 1) = apply(&mut second, &abort) else { panic!("nothing of it is left: a horizon") };
    assert_eq!(header(&stamped).delete_horizon(), Some(NOW + RETENTION));
    assert_eq!(second.transactions.take_kept(), []);
    assert_eq!(apply(&mut filter(&map, NOW + RETENTION - 1), &stamped), Remains::Whole(1));
    assert_eq!(apply(&mut filter(&map, NOW + RETENTION), &stamped), Remains::Nothing);
}

#[test]
fn a_commit_marker_stays_as_long_as_anything_of_its_transaction() {
    let map = newest(&[(b"a", 10)], 50);
    let sent = built(BatchBuilder::new(Codec::None).producer(7, 0, 0).transactional(), 10, &[(Some(b"a"), Some(b"1"))]);
    let commit = marker(7, 11, EndMarker::Commit);
    let mut first = filter(&map, NOW);
    assert_eq!(apply(&mut first, &sent), Remains::Whole(1));
    assert_eq!(apply(&mut first, &commit), Remains::Whole(1));
    assert!(matches!(apply(&mut filter(&map, NOW), &commit), Remains::Written(..)), "alone it gets a horizon");
}

#[test]
fn the_last_batch_of_a_producer_and_of_the_round_stay_as_headers() {
    let map = newest(&[(b"a", 90)], 90);
    let mut known = ProducerState::new(Arc::new(crate::producer::ProducerLimit::new(10)));
    let sent = built(BatchBuilder::new(Codec::Lz4).producer(7, 3, 40), 10, &[ROW; 3]);
    known.take_batch(&header(&sent));
    let mut filter = filter(&map, NOW);
    filter.producers = last_traces(&known.producers().into_iter().cloned().collect::<Vec<_>>());
    let Remains::Written(left, 0) = apply(&mut filter, &sent) else { panic!("a header stays") };
    let left_header = header(&left);
    assert_eq!((left_header.last_offset(), left_header.last_sequence(), left_header.producer_epoch), (12, 42, 3));
    assert_eq!(apply(&mut filter, &left), Remains::Whole(0), "and is not written again");
    filter.round_end = 23;
    let last = batch(20, &[ROW; 3]);
    assert!(matches!(apply(&mut filter, &last), Remains::Written(_, 0)));
}

#[test]
fn the_last_marker_of_a_producer_keeps_its_epoch() {
    let map = newest(&[], 50);
    let abort = marker(7, 11, EndMarker::Abort);
    let mut known = ProducerState::new(Arc::new(crate::producer::ProducerLimit::new(10)));
    known.take_marker(&header(&abort), EndMarker::Abort, 0);
    let traces = last_traces(&known.producers().into_iter().cloned().collect::<Vec<_>>());
    let Remains::Written(stamped, 1) = apply(&mut filter(&map, NOW), &abort) else { panic!("a horizon") };
    let mut later = filter(&map, NOW + RETENTION);
    later.producers = traces;
    let Remains::Written(left, 0) = apply(&mut later, &stamped) else { panic!("a header stays") };
    assert!(header(&left).attributes.is_control() && header(&left).producer_epoch == 0);
    assert_eq!(apply(&mut later, &left), Remains::Whole(0));
}
