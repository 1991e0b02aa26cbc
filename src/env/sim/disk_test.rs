//! The simulated disk behaves like the real one until it is told to fail.

use super::{NameFault, SimDisk, World};
use crate::{Disk, DiskFile, Env, OpenMode};
use std::io::{ErrorKind, IoSlice};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn file(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Arc<dyn DiskFile> {
    let file = disk.open(path, OpenMode::CreateNew).unwrap();
    file.write_all_at(&[IoSlice::new(bytes)], 0).unwrap();
    file
}

/// What both disks must do alike; run on each.
fn behaves_like_a_file_system(disk: &dyn Disk, dir: &Path) {
    disk.create_dir_all(&dir.join("a/b")).unwrap();
    let path = dir.join("a/b/file");
    let one = file(disk, &path, b"hello");
    assert_eq!(disk.open(&path, OpenMode::CreateNew).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(disk.open(&dir.join("none"), OpenMode::Read).unwrap_err().kind(), ErrorKind::NotFound);
    one.set_len(8).unwrap();
    assert_eq!(disk.read_small(&path, 8).unwrap(), b"hello\0\0\0");
    let map = one.map(8).unwrap();
    map.write(5, b"!!!");
    assert_eq!(disk.read_small(&path, 8).unwrap(), b"hello!!!");
    assert!(disk.open(&path, OpenMode::Read).unwrap().set_len(0).is_err());

    disk.rename(&dir.join("a"), &dir.join("c")).unwrap();
    let moved = dir.join("c/b/file");
    assert_eq!(disk.stat(&path).unwrap(), None);
    assert_eq!(disk.stat(&moved).unwrap().unwrap().len, 8);
    disk.hard_link(&moved, &dir.join("link")).unwrap();
    assert_eq!(disk.hard_link(&moved, &dir.join("link")).unwrap_err().kind(), ErrorKind::AlreadyExists);
    disk.remove_file(&moved).unwrap();
    assert_eq!(disk.remove_file(&moved).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(disk.read_small(&dir.join("link"), 8).unwrap(), b"hello!!!");

    disk.replace_small(&dir.join("link"), b"new").unwrap();
    let mut bytes = [0; 5];
    one.read_exact_at(&mut bytes, 0).unwrap();
    assert_eq!(&bytes, b"hello", "an open file outlives its names");
    disk.remove_dir_all(&dir.join("c")).unwrap();
    let names: Vec<_> =
        disk.list(dir).unwrap().into_iter().map(|entry| (entry.name, entry.len, entry.is_dir)).collect();
    assert_eq!(names, [("link".to_owned(), 3, false)]);
}

#[test]
fn the_simulated_disk_is_a_file_system() {
    let disk = SimDisk::new();
    disk.create_dir_all(Path::new("/data")).unwrap();
    behaves_like_a_file_system(&disk, Path::new("/data"));
}

#[test]
fn the_real_disk_is_a_file_system() {
    let dir = tempfile::tempdir().unwrap();
    behaves_like_a_file_system(&*Env::system().disk, dir.path());
}

#[test]
fn the_nth_sync_fails_and_only_that_one() {
    let disk = SimDisk::new();
    let file = file(&disk, Path::new("/f"), b"x");
    disk.fail_sync(2);
    file.sync_data().unwrap();
    assert_eq!(file.sync_data().unwrap_err().raw_os_error(), Some(5));
    file.sync_data().unwrap();
    assert_eq!(disk.sync_count(), 3);
}

#[test]
fn a_full_disk_takes_what_fits_and_then_refuses() {
    let disk = SimDisk::new();
    disk.limit_space(Some(10));
    let file = file(&disk, Path::new("/f"), b"12345678");
    assert_eq!(file.reserve(8, 3).unwrap_err().kind(), ErrorKind::StorageFull);
    assert_eq!(file.write_all_at(&[IoSlice::new(b"abcd")], 8).unwrap_err().kind(), ErrorKind::StorageFull);
    assert_eq!(file.len().unwrap(), 10);
    file.write_all_at(&[IoSlice::new(b"over")], 0).unwrap();
    disk.limit_space(None);
    file.write_all_at(&[IoSlice::new(b"abcd")], 8).unwrap();
    assert_eq!(disk.read_small(Path::new("/f"), 12).unwrap(), b"over5678abcd");
}

#[test]
fn faults_can_be_set_on_single_files() {
    let disk = SimDisk::new();
    let path = Path::new("/f");
    let file = file(&disk, path, &[0; 4]);
    disk.flip_bit(path, 2, 7);
    assert_eq!(disk.read_small(path, 4).unwrap(), [0, 0, 0x80, 0]);
    disk.set_cold(true);
    assert_eq!(file.read_cached_at(&mut [0], 0).unwrap_err().kind(), ErrorKind::WouldBlock);
    disk.set_cold(false);
    assert_eq!(file.read_cached_at(&mut [0], 0).unwrap(), 1);
    disk.fail_writes(path);
    assert_eq!(file.write_all_at(&[IoSlice::new(b"x")], 0).unwrap_err().raw_os_error(), Some(5));
    disk.fail_reads(path);
    assert_eq!(file.read_at(&mut [0], 0).unwrap_err().raw_os_error(), Some(5));
}

#[test]
fn files_are_dated_by_the_simulated_clock() {
    let world = World::new(1);
    let env = world.env();
    file(&*env.disk, Path::new("/f"), b"x");
    let written = env.disk.stat(Path::new("/f")).unwrap().unwrap().modified_ms;
    assert_eq!(written, env.clock.wall_ms());
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(env.clock.wall_ms(), written + 60_000);
    let before = env.clock.now();
    world.clock.set_wall_ms(0);
    assert_eq!(env.clock.now(), before, "setting the date lets no time pass");
}

#[test]
fn a_seed_repeats_the_same_numbers() {
    let draw = |seed| {
        let env = World::new(seed).env();
        (env.random.next_u64(), env.random.uuid(), env.random.below(10))
    };
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}

#[test]
fn what_is_to_go_wrong_with_a_name_goes_wrong_with_what_is_renamed_to_it_too() {
    let disk = SimDisk::new();
    let (path, other) = (Path::new("/a"), Path::new("/b"));
    for fault in [NameFault::Open, NameFault::Write, NameFault::Full, NameFault::Sync, NameFault::Rename] {
        disk.fail_named(path, Some(fault));
        let kind = disk.replace_small(path, b"one").unwrap_err().kind();
        assert_eq!(kind == ErrorKind::StorageFull, fault == NameFault::Full, "{fault:?}");
        assert_eq!(disk.stat(path).unwrap(), None, "{fault:?}");
        disk.replace_small(other, b"two").unwrap();
        disk.fail_named(path, None);
        disk.replace_small(path, b"one").unwrap();
        disk.remove_file(path).unwrap();
    }
    disk.replace_small(path, b"one").unwrap();
    disk.fail_named(path, Some(NameFault::Read));
    assert!(disk.read_small(path, 9).is_err());
    assert_eq!(disk.read_small(other, 9).unwrap(), b"two");
}
