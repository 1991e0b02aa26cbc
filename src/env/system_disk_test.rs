//! The real disk keeps the promises that the trait makes.

use crate::{Disk, OpenMode, SystemDisk};
use std::io::{ErrorKind, IoSlice};

#[test]
fn a_file_is_written_in_slices_and_read_back_by_position() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let file = SystemDisk.open(&path, OpenMode::CreateNew).unwrap();
    file.write_all_at(&[IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cd")], 3).unwrap();
    assert_eq!(file.len().unwrap(), 7);
    let mut bytes = [0; 4];
    file.read_exact_at(&mut bytes, 3).unwrap();
    assert_eq!(&bytes, b"abcd");
    assert_eq!(file.read_exact_at(&mut bytes, 4).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert_eq!(SystemDisk.open(&path, OpenMode::CreateNew).unwrap_err().kind(), ErrorKind::AlreadyExists);
}

#[test]
fn reserved_room_is_not_part_of_the_length() {
    let dir = tempfile::tempdir().unwrap();
    let file = SystemDisk.open(&dir.path().join("file"), OpenMode::CreateNew).unwrap();
    file.reserve(0, 1 << 20).unwrap();
    assert_eq!(file.len().unwrap(), 0);
    file.write_all_at(&[IoSlice::new(b"x")], 0).unwrap();
    file.release_reserved().unwrap();
    assert_eq!(file.len().unwrap(), 1);
}

#[test]
fn a_lock_is_exclusive_until_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(".lock");
    let held = SystemDisk.lock(&path).unwrap();
    assert_eq!(SystemDisk.lock(&path).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(held);
    SystemDisk.lock(&path).unwrap();
}

#[test]
fn replacing_a_small_file_leaves_no_other_name_behind() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("checkpoint");
    SystemDisk.replace_small(&path, b"old").unwrap();
    SystemDisk.replace_small(&path, b"new").unwrap();
    assert_eq!(SystemDisk.read_small(&path, 3).unwrap(), b"new");
    assert_eq!(SystemDisk.read_small(&path, 2).unwrap_err().kind(), ErrorKind::InvalidData);
    assert_eq!(SystemDisk.list(dir.path()).unwrap().len(), 1);
}

#[test]
fn a_mapping_shows_the_file_and_writes_through() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index");
    let file = SystemDisk.open(&path, OpenMode::CreateNew).unwrap();
    file.set_len(16).unwrap();
    let map = file.map(16).unwrap();
    map.write(8, b"12345678");
    let mut bytes = [0; 8];
    file.read_exact_at(&mut bytes, 8).unwrap();
    assert_eq!(&bytes, b"12345678");
    assert_eq!(file.map(17).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
#[should_panic(expected = "leaves the mapping")]
fn an_access_beyond_a_mapping_panics() {
    let dir = tempfile::tempdir().unwrap();
    let file = SystemDisk.open(&dir.path().join("index"), OpenMode::CreateNew).unwrap();
    file.set_len(8).unwrap();
    file.map(8).unwrap().read(1, &mut [0; 8]);
}

#[test]
#[should_panic(expected = "mapped for reading")]
fn a_read_only_mapping_refuses_writes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index");
    SystemDisk.replace_small(&path, &[0; 8]).unwrap();
    SystemDisk.open(&path, OpenMode::Read).unwrap().map(8).unwrap().write(0, &[1]);
}
