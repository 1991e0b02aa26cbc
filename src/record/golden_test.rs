//! Batches that other programs wrote are read, and ours are the same bytes where nothing is left to choice.

use crate::testing::{Owned, limits, only_batch, read};
use crate::*;

const JAVA: [(Codec, &[u8]); 5] = [
    (Codec::None, include_bytes!("fixtures/java-none.bin")),
    (Codec::Gzip, include_bytes!("fixtures/java-gzip.bin")),
    (Codec::Snappy, include_bytes!("fixtures/java-snappy.bin")),
    (Codec::Lz4, include_bytes!("fixtures/java-lz4.bin")),
    (Codec::Zstd, include_bytes!("fixtures/java-zstd.bin")),
];
const LIBRDKAFKA: [(Codec, &[u8]); 4] = [
    (Codec::Gzip, include_bytes!("fixtures/librdkafka-gzip.bin")),
    (Codec::Snappy, include_bytes!("fixtures/librdkafka-snappy.bin")),
    (Codec::Lz4, include_bytes!("fixtures/librdkafka-lz4.bin")),
    (Codec::Zstd, include_bytes!("fixtures/librdkafka-zstd.bin")),
];
const COMMIT: &[u8] = include_bytes!("fixtures/java-commit-marker.bin");
const ABORT: &[u8] = include_bytes!("fixtures/java-abort-marker.bin");

/// What the Java program was given: big values span several blocks of every codec.
fn java_records(codec: Codec) -> Vec<Owned> {
    let big: u32 = if codec == Codec::None { 300 } else { 70_000 };
    let pattern: Vec<u8> = (0..big).map(|i| (i % 251) as u8).collect();
    let mut second = Owned::new(1001, None, None);
    second.headers = vec![("h".into(), None), ("käse".into(), Some(b"ok".to_vec())), (String::new(), Some(vec![]))];
    let mut records =
        vec![Owned::new(1000, Some(b"k1"), Some(b"v1")), second, Owned::new(999, Some(b""), Some(&pattern))];
    for i in 0..20 {
        let (key, value) = (format!("key-{i}"), format!("value-{i}"));
        records.push(Owned::new(2000 + i, Some(key.as_bytes()), Some(value.as_bytes())));
    }
    records
}

#[test]
fn batches_of_the_java_client_are_read_in_every_codec() {
    for (codec, bytes) in JAVA {
        assert_eq!(read(bytes), java_records(codec), "{codec:?}");
        let header = only_batch(bytes).header;
        assert_eq!(header.attributes.codec(), Some(codec));
        assert_eq!((header.producer_id, header.producer_epoch, header.base_sequence), (77, 3, 11));
        assert_eq!((header.base_timestamp, header.max_timestamp, header.last_offset_delta), (1000, 2019, 22));
    }
}

#[test]
fn batches_of_the_java_client_pass_inspection() {
    for (codec, bytes) in JAVA {
        let inspection = inspect(bytes, &limits()).unwrap();
        assert_eq!((inspection.codec, inspection.max_timestamp), (codec, 2019));
        assert_eq!(inspection.max_timestamp_offset_delta, 22);
        assert!(!inspection.misstates_max_timestamp());
    }
}

#[test]
fn batches_of_librdkafka_are_read_in_every_codec() {
    for (codec, bytes) in LIBRDKAFKA {
        let records = read(bytes);
        assert_eq!(records.len(), only_batch(bytes).header.record_count as usize);
        assert!(records.len() >= 99, "{codec:?}");
        let last = records.last().unwrap();
        assert_eq!(last.key.as_deref(), Some(&b"key-99"[..]), "{codec:?}");
        assert!(last.value.as_deref().unwrap().starts_with(b"value-99-abcdefgh"));
    }
}

#[test]
fn the_builder_writes_what_java_writes() {
    let mut builder = BatchBuilder::new(Codec::None).producer(77, 3, 11);
    java_records(Codec::None).iter().for_each(|record| record.append_to(&mut builder));
    assert_eq!(builder.uncompressed_len(), JAVA[0].1.len());
    assert_eq!(builder.build().unwrap(), JAVA[0].1);
}

#[test]
fn end_markers_are_java_s_byte_for_byte_and_are_read_back() {
    for (golden, marker, base_offset, now) in
        [(COMMIT, EndMarker::Commit, 42, 1_234_567), (ABORT, EndMarker::Abort, 43, 1_234_568)]
    {
        let mut ours = end_marker_batch(77, 3, marker, 9, now).unwrap();
        patch::assign(&mut ours, base_offset, 5).unwrap();
        assert_eq!(ours, golden);
        let read = ControlRecord::of_batch(&only_batch(golden)).unwrap();
        assert_eq!(read, ControlRecord::EndTransaction { marker, coordinator_epoch: 9 });
    }
}
