//! Snapshot files: whole or refused.

use crate::snapshot_file::*;
use crate::types::*;
use bytes::Bytes;
use esker_env::sim::World;
use std::path::Path;

fn sample(index: u64) -> StoredSnapshot {
    let nodes: std::collections::BTreeMap<u64, openraft::BasicNode> = [(1, openraft::BasicNode::new("a:1"))].into();
    let membership = Membership::new(vec![[1].into()], nodes);
    StoredSnapshot {
        last: log_id(2, 1, index),
        membership: StoredMembership::new(Some(log_id(1, 1, 0)), membership),
        data: SnapshotData { next_offset: 812, state: Bytes::from_static(b"all that there is") },
    }
}

#[test]
fn names_hold_the_index() {
    assert_eq!(index_of(&name(815)), Some(815));
    for other in ["815.snapshot", "0000000000000000081x.snapshot", "00000000000000000815.snapshot.tmp", "quorum-state"]
    {
        assert_eq!(index_of(other), None, "{other}");
    }
}

#[test]
fn what_is_written_is_read_and_every_flaw_is_named() {
    let env = World::new(1).env();
    let (disk, dir) = (&*env.disk, Path::new("/m"));
    disk.create_dir_all(dir).unwrap();
    write(disk, dir, &sample(5)).unwrap();
    assert_eq!(read(disk, dir, 5).unwrap(), sample(5));
    let path = dir.join(name(5));
    let bytes = disk.read_small(&path, 1 << 20).unwrap();
    for len in 0..bytes.len() {
        disk.replace_small(&path, &bytes[..len]).unwrap();
        assert!(read(disk, dir, 5).unwrap_err().contains("00000000000000000005.snapshot is damaged"), "cut at {len}");
    }
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        disk.replace_small(&path, &flipped).unwrap();
        assert!(read(disk, dir, 5).is_err(), "flipped at {at}");
    }
    disk.replace_small(&dir.join(name(6)), &bytes).unwrap();
    assert!(read(disk, dir, 6).unwrap_err().contains("not with the one in its name"));
    assert!(read(disk, dir, 7).unwrap_err().contains("cannot be read"));
}
