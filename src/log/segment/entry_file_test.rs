//! Index files: what is appended is found, in memory and on disk, by readers that hold on to what they have.

use super::entry_file::EntryFile;
use esker_env::sim::SimDisk;
use esker_env::{Disk, Env};
use std::path::Path;

const PATH: &str = "/index";

fn entry(n: u64) -> [u8; 8] {
    n.to_be_bytes()
}

#[test]
fn entries_are_found_by_binary_search() {
    let (disk, path) = (SimDisk::new(), Path::new(PATH));
    let file = EntryFile::<8>::create(&disk, path, 100).unwrap();
    assert!(file.entries().unwrap().last().is_none());
    for n in 0..100 {
        assert!(file.append(&disk, path, 100, entry(2 * n)).unwrap());
    }
    assert!(!file.append(&disk, path, 100, entry(200)).unwrap(), "it is full");
    let entries = file.entries().unwrap();
    let find = |wanted: u64| entries.last_where(|bytes| u64::from_be_bytes(bytes) <= wanted).map(u64::from_be_bytes);
    assert_eq!([find(0), find(1), find(2), find(57), find(198), find(999)], [0, 0, 2, 56, 198, 198].map(Some));
    assert_eq!(entries.last_where(|_| false), None);
}

#[test]
fn the_file_is_full_length_until_trimmed_and_grows_again_when_reopened() {
    let (disk, path) = (SimDisk::new(), Path::new(PATH));
    let file = EntryFile::<8>::create(&disk, path, 50).unwrap();
    let len = || disk.stat(path).unwrap().unwrap().len;
    assert_eq!(len(), 400);
    for n in 1..4 {
        file.append(&disk, path, 50, entry(n)).unwrap();
    }
    let held = file.entries().unwrap();
    file.trim(&disk, path).unwrap();
    assert_eq!(len(), 24);
    assert_eq!(held.last(), Some(entry(3)), "a reader's mapping stays good");
    let reopened = EntryFile::<8>::with_count(3);
    let short = reopened.open(&disk, path, |_| 3).unwrap().unwrap();
    reopened.append(&disk, path, 50, entry(4)).unwrap();
    assert_eq!((len(), short.last()), (400, Some(entry(3))));
    assert_eq!(reopened.entries().unwrap().last(), Some(entry(4)));
}

#[test]
fn an_unknown_file_is_checked_when_first_opened() {
    let (disk, path) = (SimDisk::new(), Path::new(PATH));
    assert!(EntryFile::<8>::unopened().open(&disk, path, |_| 0).unwrap().is_none(), "it is missing");
    disk.replace_small(path, &[1; 24]).unwrap();
    assert!(EntryFile::<8>::unopened().open(&disk, path, |_| 2).unwrap().is_none(), "one entry is unsound");
    assert!(EntryFile::<8>::unopened().open(&disk, path, |_| 3).unwrap().is_some());
    disk.replace_small(path, &[1; 25]).unwrap();
    assert!(EntryFile::<8>::unopened().open(&disk, path, |_| 3).unwrap().is_none(), "part of an entry is left over");
    disk.fail_reads(path);
    assert!(EntryFile::<8>::unopened().open(&disk, path, |_| 3).is_err(), "a bad sector is an error, not a crash");
}

#[test]
fn a_full_disk_is_an_error_before_memory_is_touched() {
    let (disk, path) = (SimDisk::new(), Path::new(PATH));
    let file = EntryFile::<8>::create(&disk, path, 10_000).unwrap();
    disk.limit_space(Some(0));
    assert!(file.append(&disk, path, 10_000, entry(1)).is_err());
    assert_eq!(file.count(), Some(0));
    disk.limit_space(Some(16 << 10));
    let mut appended = 0;
    while file.append(&disk, path, 10_000, entry(appended + 1)).is_ok() {
        appended += 1;
    }
    assert_eq!(appended, 2048, "as many as fit the blocks that could be reserved");
    assert_eq!(file.entries().unwrap().last(), Some(entry(2048)));
}

#[test]
fn the_real_disk_agrees() {
    let dir = tempfile::tempdir().unwrap();
    let (disk, path) = (Env::system().disk, dir.path().join("index"));
    let file = EntryFile::<12>::create(&*disk, &path, 5000).unwrap();
    for n in 0..5000u64 {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&n.to_be_bytes());
        assert!(file.append(&*disk, &path, 5000, bytes).unwrap());
    }
    file.trim(&*disk, &path).unwrap();
    let reopened = EntryFile::<12>::unopened();
    let entries = reopened.open(&*disk, &path, |bytes| bytes.len() / 12).unwrap().unwrap();
    assert_eq!(entries.get(4999)[..8], 4999u64.to_be_bytes());
    reopened.unmap();
    assert!(reopened.entries().is_none());
    assert_eq!(entries.get(0), [0; 12], "whoever holds the map keeps it");
}
