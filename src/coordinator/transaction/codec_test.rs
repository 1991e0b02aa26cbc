//! Records against bytes that Kafka 4.3.1's own classes wrote, and against damage.

use super::codec::{CodecError, decode_key, decode_value, encode_key, encode_value};
use super::state::{TransactionVersion, TxnState};
use super::txn::TxnData;
use esker_model::TopicPartition;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn empty() -> TxnData {
    TxnData {
        producer_id: 1000,
        previous_producer_id: 1000,
        next_producer_id: -1,
        epoch: 0,
        last_epoch: -1,
        timeout_ms: 60_000,
        state: TxnState::Empty,
        partitions: BTreeSet::new(),
        start_ms: -1,
        updated_ms: 1_700_000_000_000,
        client_version: TransactionVersion::V0,
    }
}

fn orders() -> BTreeSet<TopicPartition> {
    [0, 3].map(|partition| TopicPartition::new("orders", partition)).into()
}

fn ongoing() -> TxnData {
    TxnData {
        epoch: 5,
        state: TxnState::Ongoing,
        partitions: orders(),
        start_ms: 1_700_000_000_001,
        updated_ms: 1_700_000_000_002,
        ..empty()
    }
}

/// Each with what Kafka writes for it at level 2.
fn golden() -> [(TxnData, &'static str); 4] {
    let client_version = TransactionVersion::V2;
    let prepared = TxnData {
        next_producer_id: 2000,
        epoch: i16::MAX,
        state: TxnState::PrepareCommit,
        updated_ms: 1_700_000_000_003,
        client_version,
        ..ongoing()
    };
    let complete = TxnData {
        producer_id: 2000,
        next_producer_id: -1,
        epoch: 0,
        state: TxnState::CompleteCommit,
        partitions: BTreeSet::new(),
        updated_ms: 1_700_000_000_004,
        ..prepared.clone()
    };
    [
        (
            empty(),
            "0001 00000000000003e8 0000 0000ea60 00 00 0000018bcfe56800 ffffffffffffffff 01 00 08 00000000000003e8",
        ),
        (
            TxnData { client_version, ..ongoing() },
            "0001 00000000000003e8 0005 0000ea60 01 02 07 6f7264657273 03 00000000 00000003 00 \
             0000018bcfe56802 0000018bcfe56801 02 00 08 00000000000003e8 02 02 0002",
        ),
        (
            prepared,
            "0001 00000000000003e8 7fff 0000ea60 02 02 07 6f7264657273 03 00000000 00000003 00 \
             0000018bcfe56803 0000018bcfe56801 03 00 08 00000000000003e8 01 08 00000000000007d0 02 02 0002",
        ),
        (
            complete,
            "0001 00000000000007d0 0000 0000ea60 04 01 0000018bcfe56804 0000018bcfe56801 \
             02 00 08 00000000000003e8 02 02 0002",
        ),
    ]
}

#[test]
fn a_key_is_kafkas() {
    assert_eq!(encode_key("my-tx"), Some(hex("0000 0005 6d792d7478")));
    assert_eq!(decode_key(&hex("0000 0005 6d792d7478")), Ok("my-tx"));
    assert_eq!(decode_key(&hex("0001 0005 6d792d7478")), Err(CodecError::KeyVersion(1)));
    assert_eq!(decode_key(&hex("0000 ffff")), Err(CodecError::Short));
    assert_eq!(decode_key(&hex("0000 0001 ff")), Err(CodecError::Text));
    assert_eq!(encode_key(&"x".repeat(i16::MAX as usize + 1)), None);
}

#[test]
fn flexible_values_are_kafkas() {
    for (data, bytes) in golden() {
        let bytes = hex(bytes);
        assert_eq!(encode_value(&data, TransactionVersion::V2), bytes, "{data:?}");
        assert_eq!(encode_value(&data, TransactionVersion::V1), bytes, "{data:?}");
        assert_eq!(decode_value(&bytes).unwrap(), data);
    }
}

#[test]
fn values_of_level_0_are_kafkas_and_carry_no_tags() {
    let empty_bytes = "0000 00000000000003e8 0000 0000ea60 00 ffffffff 0000018bcfe56800 ffffffffffffffff";
    let ongoing_bytes = "0000 00000000000003e8 0005 0000ea60 01 00000001 0006 6f7264657273 00000002 00000000 00000003 \
                         0000018bcfe56802 0000018bcfe56801";
    for (data, bytes) in [(empty(), empty_bytes), (ongoing(), ongoing_bytes)] {
        assert_eq!(encode_value(&data, TransactionVersion::V0), hex(bytes));
        assert_eq!(decode_value(&hex(bytes)).unwrap(), TxnData { previous_producer_id: -1, ..data });
    }
}

#[test]
fn tags_of_the_future_are_skipped() {
    let with_next_epoch = "0001 00000000000003e8 0000 0000ea60 00 00 0000018bcfe56800 ffffffffffffffff \
                           02 00 08 00000000000003e8 03 02 0007";
    assert_eq!(decode_value(&hex(with_next_epoch)).unwrap(), empty());
}

#[test]
fn what_is_never_stored_or_not_known_is_refused() {
    let with_state = |state: i8| {
        let mut value = encode_value(&empty(), TransactionVersion::V2);
        value[16] = state as u8;
        decode_value(&value)
    };
    for state in [6, 7, 8, -1] {
        assert_eq!(with_state(state), Err(CodecError::State(state)));
    }
    assert_eq!(decode_value(&hex("0002 00000000000003e8")), Err(CodecError::ValueVersion(2)));
}

#[test]
fn every_cut_is_noticed() {
    for (data, _) in golden() {
        for level in [TransactionVersion::V0, TransactionVersion::V2] {
            let value = encode_value(&data, level);
            for len in 0..value.len() {
                assert_eq!(decode_value(&value[..len]), Err(CodecError::Short), "{len} of {}", value.len());
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_within_bounds(bytes in proptest::collection::vec(any::<u8>(), 0..200), version in 0_u8..2) {
        let value = [&[0, version], &bytes[..]].concat();
        if let Ok(data) = decode_value(&value) {
            // A partition takes four bytes at least: a count that lies conjures nothing up.
            prop_assert!(data.partitions.len() <= bytes.len() / 4);
        }
        let _ = decode_key(&bytes);
    }

    #[test]
    fn what_is_written_is_read(
        partitions in proptest::collection::btree_set(("[a-z]{1,9}", 0_i32..1000), 0..40),
        (producer_id, epoch, next) in (0_i64.., 0_i16.., prop_oneof![Just(-1_i64), 0_i64..]),
    ) {
        let partitions = partitions.into_iter().map(|(topic, partition)| TopicPartition::new(topic, partition)).collect();
        let data = TxnData { producer_id, epoch, next_producer_id: next, partitions, ..ongoing() };
        prop_assert_eq!(decode_value(&encode_value(&data, TransactionVersion::V2)).unwrap(), data);
    }
}
