//! Snapshots are Kafka's bytes, and damage is noticed.

use super::entry::{BatchMark, ProducerEntry};
use super::snapshot::{SnapshotError, parse_snapshot, write_snapshot};

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// What a Kafka 4.3.1 broker wrote for one idempotent producer.
fn of_kafka() -> Vec<u8> {
    hex(
        "0001 573f4981 00000001 0000000000000000 0000 000003ff 00000000000003ff 0000000f 000001a1fc97657d ffffffff ffffffffffffffff",
    )
}

#[test]
fn a_brokers_snapshot_is_read_and_written_back_byte_for_byte() {
    let producers = parse_snapshot(&of_kafka()).unwrap();
    let [producer] = &producers[..] else { panic!("{producers:?}") };
    assert_eq!((producer.producer_id, producer.epoch, producer.coordinator_epoch), (0, 0, -1));
    let last = BatchMark { last_sequence: 1023, last_offset: 1023, offset_delta: 15, timestamp: 0x1a1_fc97_657d };
    assert_eq!(producer.batches(), [last]);
    assert_eq!(write_snapshot(producers.iter()), of_kafka());
}

#[test]
fn transactions_and_producers_known_by_a_marker_alone_survive() {
    let mut open = ProducerEntry::new(1);
    open.enter_epoch(2);
    open.remember(BatchMark { last_sequence: 5, last_offset: 99, offset_delta: 3, timestamp: 7 });
    open.txn_first_offset = Some(96);
    let mut marked = ProducerEntry::new(9);
    marked.enter_epoch(3);
    marked.coordinator_epoch = 4;
    marked.last_timestamp = 8;
    let producers = vec![open, marked];
    assert_eq!(parse_snapshot(&write_snapshot(producers.iter())).unwrap(), producers);
}

#[test]
fn every_flipped_bit_and_every_cut_is_noticed() {
    let good = of_kafka();
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            parse_snapshot(&bad).unwrap_err();
        }
        parse_snapshot(&good[..at]).unwrap_err();
    }
    assert_eq!(parse_snapshot(&[&good[..], b"x"].concat()), Err(SnapshotError::Length { len: 57 }));
}

#[test]
fn a_count_beyond_the_bytes_reserves_nothing() {
    let mut bytes = write_snapshot([].iter());
    assert_eq!(parse_snapshot(&bytes), Ok(vec![]));
    bytes[6..10].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(parse_snapshot(&bytes), Err(SnapshotError::Length { len: 10 }));
}
