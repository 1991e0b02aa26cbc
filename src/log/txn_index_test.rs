//! Transaction indexes are Kafka's bytes and refuse what is not an index.

use crate::txn_index::{self, AbortedTxn, ENTRY_LEN};
use esker_env::Disk;
use esker_env::sim::SimDisk;
use std::path::Path;

const PATH: &str = "/00000000000000000000.txnindex";

fn aborted(producer_id: i64, first_offset: i64, last_offset: i64, last_stable_offset: i64) -> AbortedTxn {
    AbortedTxn { producer_id, first_offset, last_offset, last_stable_offset }
}

#[test]
fn entries_are_thirty_four_big_endian_bytes() {
    let bytes = aborted(1, 2, 3, 4).to_bytes();
    let mut expected = vec![0, 0];
    for field in 1..=4i64 {
        expected.extend(field.to_be_bytes());
    }
    assert_eq!(bytes.to_vec(), expected);
    assert_eq!(bytes.len(), ENTRY_LEN);
}

#[test]
fn entries_are_appended_read_and_cut_by_their_marker() {
    let (disk, path) = (SimDisk::new(), Path::new(PATH));
    assert_eq!(txn_index::read(&disk, path).unwrap(), []);
    txn_index::truncate(&disk, path, 0).unwrap();
    let entries = [aborted(1, 0, 10, 5), aborted(2, 5, 12, 13), aborted(1, 20, 30, 31)];
    for entry in entries {
        txn_index::append(&disk, path, entry).unwrap();
    }
    assert_eq!(txn_index::read(&disk, path).unwrap(), entries);
    txn_index::truncate(&disk, path, 13).unwrap();
    assert_eq!(txn_index::read(&disk, path).unwrap(), entries[..2]);
    txn_index::truncate(&disk, path, 12).unwrap();
    assert_eq!(txn_index::read(&disk, path).unwrap(), entries[..1]);
}

#[test]
fn overlap_is_judged_by_first_record_and_marker() {
    let txn = aborted(1, 10, 20, 21);
    assert!(txn.overlaps(20, 100) && txn.overlaps(0, 11) && txn.overlaps(12, 13));
    assert!(!txn.overlaps(21, 100) && !txn.overlaps(0, 10));
}

#[test]
fn torn_and_disordered_indexes_are_refused() {
    let one = aborted(1, 0, 10, 5).to_bytes();
    assert!(txn_index::parse(&one[..33]).unwrap_err().contains("entry 0"));
    assert!(txn_index::parse(&[one, one].concat()).unwrap_err().contains("not behind"));
    let mut versioned = one;
    versioned[1] = 1;
    assert!(txn_index::parse(&versioned).is_err());
    let disk = SimDisk::new();
    disk.replace_small(Path::new(PATH), &[&one[..], &one[..7]].concat()).unwrap();
    assert!(txn_index::read(&disk, Path::new(PATH)).unwrap_err().to_string().contains("txnindex"));
    txn_index::truncate(&disk, Path::new(PATH), 100).unwrap();
    assert_eq!(txn_index::read(&disk, Path::new(PATH)).unwrap().len(), 1, "cutting drops the torn rest");
}
