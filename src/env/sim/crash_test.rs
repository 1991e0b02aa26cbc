//! Crash images hold all that was synced, and every shade of what was not.

use super::SimDisk;
use crate::{Disk, OpenMode};
use std::collections::BTreeSet;
use std::io::IoSlice;
use std::path::Path;

/// The contents of `/f` over all images taken at the end of the run.
fn final_contents(disk: &SimDisk) -> BTreeSet<Option<Vec<u8>>> {
    let last = disk.op_count();
    let images = disk.crash_images(1, 64).filter(|image| image.ops == last);
    images.map(|image| image.disk.read_small(Path::new("/f"), 1 << 20).ok()).collect()
}

#[test]
fn a_file_and_its_name_are_durable_apart() {
    let disk = SimDisk::recording();
    let file = disk.open(Path::new("/f"), OpenMode::CreateNew).unwrap();
    file.write_all_at(&[IoSlice::new(b"ab")], 0).unwrap();
    file.sync_data().unwrap();
    assert_eq!(final_contents(&disk), BTreeSet::from([None, Some(b"ab".to_vec())]));
    disk.sync_dir(Path::new("/")).unwrap();
    assert_eq!(final_contents(&disk), BTreeSet::from([Some(b"ab".to_vec())]));
}

#[test]
fn unsynced_writes_survive_in_any_combination() {
    let disk = SimDisk::recording();
    let file = disk.open(Path::new("/f"), OpenMode::CreateNew).unwrap();
    disk.sync_dir(Path::new("/")).unwrap();
    file.write_all_at(&[IoSlice::new(b"a")], 0).unwrap();
    file.write_all_at(&[IoSlice::new(b"b")], 1).unwrap();
    let contents = final_contents(&disk);
    for expected in [&b""[..], b"a", b"\0b", b"ab", b"a\0"] {
        assert!(contents.contains(&Some(expected.to_vec())), "{expected:?} is missing");
    }
}

#[test]
fn the_last_write_may_be_torn_at_a_sector() {
    let disk = SimDisk::recording();
    let file = disk.open(Path::new("/f"), OpenMode::CreateNew).unwrap();
    disk.sync_dir(Path::new("/")).unwrap();
    file.write_all_at(&[IoSlice::new(&[1; 1000])], 100).unwrap();
    let lengths: BTreeSet<_> = final_contents(&disk).into_iter().flatten().map(|bytes| bytes.len()).collect();
    assert!(lengths.contains(&512) || lengths.contains(&1024), "{lengths:?}");
    assert!(lengths.contains(&0) && lengths.contains(&1100));
}

#[test]
fn replacing_a_small_file_leaves_the_old_or_the_new_content_at_every_moment() {
    let disk = SimDisk::recording();
    disk.replace_small(Path::new("/f"), b"old").unwrap();
    let settled = disk.op_count();
    disk.replace_small(Path::new("/f"), b"new!").unwrap();
    let mut seen = BTreeSet::new();
    for image in disk.crash_images(1, 64).filter(|image| image.ops >= settled) {
        seen.insert(image.disk.read_small(Path::new("/f"), 9).expect("one of both is there"));
    }
    assert_eq!(seen, BTreeSet::from([b"old".to_vec(), b"new!".to_vec()]));
}

#[test]
fn what_a_failed_sync_was_asked_for_is_never_durable() {
    let disk = SimDisk::recording();
    let file = disk.open(Path::new("/f"), OpenMode::CreateNew).unwrap();
    disk.sync_dir(Path::new("/")).unwrap();
    file.write_all_at(&[IoSlice::new(b"x")], 0).unwrap();
    disk.fail_sync(1);
    file.sync_data().unwrap_err();
    file.sync_data().unwrap();
    assert!(final_contents(&disk).contains(&Some(Vec::new())), "the later success proves nothing");
}

#[test]
fn files_in_a_directory_that_was_not_synced_are_gone_with_it() {
    let disk = SimDisk::recording();
    disk.create_dir_all(Path::new("/d")).unwrap();
    disk.replace_small(Path::new("/d/f"), b"x").unwrap();
    let last = disk.op_count();
    let lost = disk.crash_images(1, 64).filter(|image| image.ops == last);
    assert!(lost.into_iter().any(|image| image.disk.stat(Path::new("/d")).unwrap().is_none()));
}
