//! The map finds what was put into it, stays within its memory, and its hash is the published one.

use super::key_hash::{KeyHash, siphash_128};
use super::offset_map::{OffsetMap, SLOT_LEN};
use proptest::prelude::*;
use std::collections::HashMap;

const HASH: (u64, u64) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);

fn map(bytes: u64, records: u64, load_factor: f64) -> OffsetMap {
    OffsetMap::new(bytes, records, load_factor, 10, KeyHash::new(HASH.0, HASH.1))
}

#[test]
fn the_hash_is_siphash_2_4_with_128_bits() {
    let published: [(&[u8], [u8; 16]); 3] = [
        (&[], [0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93]),
        (&[0], [0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45]),
        (&[0, 1], [0x81, 0x77, 0x22, 0x8d, 0xa4, 0xa4, 0x5d, 0xc7, 0xfc, 0xa3, 0x8b, 0xde, 0xf6, 0x0a, 0xff, 0xe4]),
    ];
    for (bytes, expected) in published {
        let [low, high] = siphash_128::<2, 4>(HASH.0, HASH.1, bytes);
        assert_eq!([low.to_le_bytes(), high.to_le_bytes()].concat(), expected, "{bytes:?}");
    }
}

#[test]
fn it_is_full_at_its_load_factor_and_never_grows() {
    let mut map = map(100 * SLOT_LEN as u64, u64::MAX, 0.9);
    let fitted = (0u32..).take_while(|n| map.put(&n.to_be_bytes(), 10 + i64::from(*n))).count();
    assert_eq!((fitted, map.len()), (90, 90));
    assert_eq!(map.utilization(), 0.9);
    assert!(!map.put(&0u32.to_be_bytes(), 500), "not even for a key that is there, as Kafka");
    assert_eq!(map.get(&89u32.to_be_bytes()), Some(99));
    assert_eq!(map.get(&90u32.to_be_bytes()), None);
}

#[test]
fn it_takes_no_more_memory_than_its_records_need() {
    let mut map = map(1 << 40, 3, 0.9);
    for n in 0u8..3 {
        assert!(map.put(&[n], 10 + i64::from(n)));
    }
    assert!(map.utilization() >= 0.5, "a handful of slots");
}

#[test]
fn nothing_is_covered_before_it_was_read() {
    let mut map = map(1 << 20, 3, 0.9);
    assert_eq!(map.latest(), 9);
    map.advance(12);
    map.advance(11);
    assert_eq!(map.latest(), 12);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn it_answers_as_a_hash_map_does(keys in proptest::collection::vec(0u16..400, 1..900), load in 0.3f64..1.0) {
        let mut map = map(1 << 20, keys.len() as u64, load);
        let mut model = HashMap::new();
        for (offset, key) in keys.iter().enumerate() {
            prop_assert!(map.put(&key.to_be_bytes(), offset as i64));
            model.insert(*key, offset as i64);
        }
        for key in 0u16..500 {
            prop_assert_eq!(map.get(&key.to_be_bytes()), model.get(&key).copied());
        }
        prop_assert_eq!(map.len(), model.len());
    }
}
