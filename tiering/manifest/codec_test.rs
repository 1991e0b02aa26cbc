//! Versions survive the round trip; nothing damaged, foreign or newer is believed.

use crate::keys::PartitionHome;
use crate::manifest::test_roots::{HOME, entry, root_with, token};
use crate::manifest::{Garbage, PageRef, Pin, Root, RootError, decode_root, encode_root};
use esker_model::OffsetRange;
use esker_record::crc32c;
use proptest::prelude::*;
use uuid::Uuid;

pub(super) fn rich() -> Root {
    let mut root = root_with(5, 100);
    root.log_start = 130;
    root.dropped_to = 100;
    root.entries.remove(0);
    root.entries[2].home = Some(PartitionHome { partition: 8, ..HOME });
    root.entries[1].token = token(7);
    root.garbage = vec![
        Garbage::Object(entry(0, 100).id()),
        Garbage::PageTree(Uuid::from_u128(3)),
        Garbage::PageAlone(Uuid::from_u128(4)),
    ];
    root.pins = vec![Pin { id: Uuid::from_u128(8), range: OffsetRange::new(1, 2), expiry_ms: 12 }];
    root.firsts = vec![3, 8];
    (root.swept_to, root.fenced_at, root.pruned_to, root.dropped_bytes) = (5, 6, 3, 0);
    let (level, uuid) = (1, Uuid::from_u128(5));
    root.pages = vec![PageRef { level, uuid, base: 50, next: 100, entries: 3, bytes: 99, max_timestamp: -1 }];
    root.dropped_to = 60;
    root.log_start = 70;
    root
}

#[test]
fn a_version_survives_the_round_trip_and_has_one_encoding() {
    let root = rich();
    let bytes = encode_root(&root);
    assert_eq!(decode_root(&bytes, HOME, 9), Ok(root.clone()));
    assert_eq!(encode_root(&root), bytes);
}

#[test]
fn another_partition_s_or_number_s_version_is_refused() {
    let bytes = encode_root(&rich());
    assert!(decode_root(&bytes, HOME, 8).is_err());
    assert!(decode_root(&bytes, PartitionHome { partition: 5, ..HOME }, 9).is_err());
}

#[test]
fn every_damaged_byte_is_noticed() {
    let bytes = encode_root(&rich());
    for at in 0..bytes.len() {
        let mut bad = bytes.to_vec();
        bad[at] ^= 4;
        assert!(matches!(decode_root(&bad, HOME, 9), Err(RootError::Damaged(_))), "byte {at}");
        assert!(decode_root(&bytes[..at], HOME, 9).is_err());
    }
}

#[test]
fn a_version_of_a_later_release_is_recognised_as_such() {
    let mut bytes = encode_root(&rich()).to_vec();
    bytes[9] = 2;
    let body = bytes.len() - 4;
    let crc = crc32c(&bytes[..body]);
    bytes[body..].copy_from_slice(&crc.to_be_bytes());
    assert_eq!(decode_root(&bytes, HOME, 9), Err(RootError::TooNew(2)));
}

proptest! {
    /// A valid checksum around arbitrary bytes: what a malicious store could serve.
    #[test]
    fn hostile_bytes_with_a_good_checksum_never_panic(body in proptest::collection::vec(any::<u8>(), 0..400), cut in 0usize..200) {
        let mut bytes = encode_root(&rich()).to_vec();
        bytes.truncate(cut.min(bytes.len()));
        bytes.extend(body);
        let crc = crc32c(&bytes);
        bytes.extend(crc.to_be_bytes());
        if let Ok(root) = decode_root(&bytes, HOME, 9) {
            prop_assert_eq!(root.check(), Ok(()));
        }
    }
}
