//! Headers are read, written and patched where Kafka has the fields.

use crate::*;
use proptest::prelude::*;

fn header(batch_length: i32) -> BatchHeader {
    BatchHeader {
        base_offset: 7,
        batch_length,
        partition_leader_epoch: 3,
        magic: MAGIC_V2,
        crc: 0,
        attributes: Attributes::of(Codec::Zstd),
        last_offset_delta: 4,
        base_timestamp: 1_000,
        max_timestamp: 2_000,
        producer_id: 9,
        producer_epoch: 1,
        base_sequence: i32::MAX - 1,
        record_count: 5,
    }
}

fn batch(records: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; HEADER_LEN];
    let len = i32::try_from(HEADER_LEN - LOG_OVERHEAD + records.len()).unwrap();
    header(len).write(bytes.first_chunk_mut().unwrap());
    bytes.extend_from_slice(records);
    patch::seal(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_written_header_is_read_back() {
    let bytes = batch(b"records");
    let read = BatchHeader::parse(&bytes).unwrap();
    assert_eq!(BatchHeader { crc: 0, ..read }, header(49 + 7));
    assert_eq!((read.size(), read.last_offset(), read.next_offset()), (Some(bytes.len()), 11, 12));
    assert_eq!(read.last_sequence(), 2, "sequences wrap to zero");
    assert_eq!(BatchHeader::parse(&bytes[..60]), None);
}

#[test]
fn assigning_an_offset_leaves_the_checksum_valid_and_a_flipped_bit_does_not() {
    let mut bytes = batch(b"records");
    patch::assign(&mut bytes, 99, 8).unwrap();
    let read = Batches::new(&bytes).next().unwrap().unwrap();
    assert_eq!((read.header.base_offset, read.header.partition_leader_epoch), (99, 8));
    assert!(read.crc_matches());
    bytes[HEADER_LEN] ^= 1;
    assert!(!Batches::new(&bytes).next().unwrap().unwrap().crc_matches());
}

#[test]
fn log_append_time_is_stamped_under_a_new_checksum() {
    let mut bytes = batch(b"records");
    patch::log_append_time(&mut bytes, 5_000).unwrap();
    let read = Batches::new(&bytes).next().unwrap().unwrap();
    assert_eq!(read.header.attributes.timestamp_type(), TimestampType::LogAppendTime);
    assert_eq!(read.header.attributes.codec(), Some(Codec::Zstd));
    assert_eq!(read.header.max_timestamp, 5_000);
    assert!(read.crc_matches());
}

#[test]
fn a_run_of_batches_ends_at_the_first_that_is_not_whole() {
    let mut bytes = batch(b"one");
    bytes.extend_from_slice(&batch(b"three"));
    let torn = &bytes[..bytes.len() - 1];
    let mut batches = Batches::new(torn);
    assert_eq!(batches.next().unwrap().unwrap().records(), b"one");
    assert_eq!(batches.position(), 64);
    assert!(matches!(batches.next(), Some(Err(FrameError::Truncated { position: 64, needed: 66, available: 65 }))));
    assert!(batches.next().is_none());
}

#[test]
fn impossible_lengths_and_other_formats_are_named() {
    let mut bytes = batch(b"");
    for bad in [-1, 0, 48, i32::MIN] {
        bytes[8..12].copy_from_slice(&i32::to_be_bytes(bad));
        let error = Batches::new(&bytes).next().unwrap().unwrap_err();
        assert_eq!(error, FrameError::BadLength { position: 0, batch_length: bad });
    }
    bytes[16] = 1;
    assert!(matches!(Batches::new(&bytes).next(), Some(Err(FrameError::BadMagic { magic: 1, .. }))));
}

proptest! {
    #[test]
    fn no_bytes_make_iteration_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for batch in Batches::new(&bytes).flatten() {
            prop_assert!(batch.bytes.len() >= HEADER_LEN);
            batch.crc_matches();
        }
    }
}
