//! Damage stops the start, names the file, and changes nothing.

use crate::disk_state::{self, QuorumState};
use crate::journal;
use crate::open::{OpenError, open};
use crate::snapshot_file::{self, StoredSnapshot};
use crate::testing::entry;
use crate::types::{SnapshotData, log_id};
use esker_env::Env;
use esker_env::sim::World;
use std::collections::BTreeMap;
use std::path::Path;

const DIR: &str = "/m";

fn dir() -> &'static Path {
    Path::new(DIR)
}

fn world_with(entries: u64, state: QuorumState) -> World {
    let world = World::new(1);
    let env = world.env();
    let opened = open(&env.disk, dir(), 1, 200).unwrap();
    for index in 0..entries {
        opened.journal.append(&[entry(index, &format!("text {index}"))]).unwrap();
    }
    disk_state::write(&*env.disk, dir(), 1, &state).unwrap();
    world
}

fn contents(env: &Env) -> BTreeMap<String, Vec<u8>> {
    let files = env.disk.list(dir()).unwrap();
    files
        .into_iter()
        .map(|file| (file.name.clone(), env.disk.read_small(&dir().join(file.name), 1 << 30).unwrap()))
        .collect()
}

/// Opening fails with a text that holds `words`, and changes nothing.
#[track_caller]
fn refuses(world: &World, words: &[&str]) {
    let env = world.env();
    let before = contents(&env);
    let error = open(&env.disk, dir(), 1, 200).expect_err("damage must stop the start");
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "{word:?} is not in: {error}");
    }
    assert_eq!(contents(&env), before, "a refused directory must stay as it is");
}

#[test]
fn every_flipped_bit_in_synced_entries_stops_the_start_and_deletes_nothing() {
    let len = {
        let world = world_with(9, QuorumState::default());
        world.env().disk.stat(&dir().join(journal::name(0))).unwrap().unwrap().len
    };
    for position in (0..len).step_by(3) {
        let world = world_with(9, QuorumState::default());
        world.disk.flip_bit(&dir().join(journal::name(0)), position, 5);
        refuses(&world, &["00000000000000000000.log", "nothing in it was changed"]);
    }
    // In the file that is written to, a later write shows that the flawed one had been synced.
    let world = world_with(9, QuorumState::default());
    world.disk.flip_bit(&dir().join(last_file(&world)), 20, 5);
    refuses(&world, &[&last_file(&world), "shows that it had been synced"]);
}

#[test]
fn a_missing_file_stops_the_start() {
    for (gone, words) in [(0, "entry 0 is missing"), (1, "the next file begins with entry")] {
        let world = world_with(20, QuorumState::default());
        let env = world.env();
        let mut bases: Vec<u64> = contents(&env).keys().filter_map(|name| journal::index_of(name)).collect();
        bases.sort_unstable();
        env.disk.remove_file(&dir().join(journal::name(bases[gone]))).unwrap();
        refuses(&world, &[words]);
    }
}

#[test]
fn a_committed_entry_that_the_log_lost_stops_the_start() {
    let state = QuorumState { committed: Some(log_id(1, 1, 8)), ..QuorumState::default() };
    let world = world_with(9, state);
    let last = last_file(&world);
    world.disk.flip_bit(&dir().join(&last), contents(&world.env())[&last].len() as u64 - 3, 1);
    refuses(&world, &["had been committed and is missing", "is damaged at position"]);
    let world = world_with(9, state);
    world.env().disk.remove_file(&dir().join(last_file(&world))).unwrap();
    refuses(&world, &["entry 8 had been committed and is missing"]);
    let world = world_with(9, state);
    assert!(open(&world.env().disk, dir(), 1, 200).is_ok(), "undamaged it opens");
}

fn last_file(world: &World) -> String {
    contents(&world.env()).into_keys().filter(|name| journal::index_of(name).is_some()).max().unwrap()
}

#[test]
fn a_lost_or_damaged_state_beside_a_log_stops_the_start() {
    let world = world_with(2, QuorumState::default());
    world.env().disk.remove_file(&dir().join("quorum-state")).unwrap();
    refuses(&world, &["quorum-state is missing"]);
    let len = {
        let world = world_with(2, QuorumState::default());
        contents(&world.env())["quorum-state"].len()
    };
    for position in 0..len {
        let world = world_with(2, QuorumState::default());
        world.disk.flip_bit(&dir().join("quorum-state"), position as u64, 2);
        refuses(&world, &["quorum-state", "damaged"]);
    }
}

#[test]
fn another_nodes_directory_is_refused() {
    let world = world_with(2, QuorumState::default());
    let error = open(&world.env().disk, dir(), 2, 200).unwrap_err().to_string();
    assert!(error.contains("belongs to node 1, and this is node 2"), "{error}");
}

#[test]
fn a_damaged_or_lost_snapshot_stops_the_start() {
    let purged = || {
        let world = world_with(12, QuorumState { purged: Some(log_id(1, 1, 7)), ..QuorumState::default() });
        let data = SnapshotData { next_offset: 8, state: bytes::Bytes::from_static(b"state") };
        let snapshot = StoredSnapshot { last: log_id(1, 1, 7), membership: Default::default(), data };
        snapshot_file::write(&*world.env().disk, dir(), &snapshot).unwrap();
        world
    };
    assert!(open(&purged().env().disk, dir(), 1, 200).is_ok());
    let world = purged();
    world.disk.flip_bit(&dir().join(snapshot_file::name(7)), 50, 0);
    refuses(&world, &["00000000000000000007.snapshot is damaged"]);
    let world = purged();
    world.env().disk.remove_file(&dir().join(snapshot_file::name(7))).unwrap();
    refuses(&world, &["were purged, and no snapshot holds them"]);
}

#[test]
fn a_file_that_cannot_be_read_stops_the_start() {
    let world = world_with(9, QuorumState::default());
    world.disk.fail_reads(&dir().join(journal::name(0)));
    let error = open(&world.env().disk, dir(), 1, 200).unwrap_err().to_string();
    assert!(error.contains("00000000000000000000.log cannot be read"), "{error}");
}

#[test]
fn a_directory_in_use_is_refused() {
    let world = World::new(1);
    let env = world.env();
    let first = open(&env.disk, dir(), 1, 200).unwrap();
    assert!(matches!(open(&env.disk, dir(), 1, 200), Err(OpenError::InUse(_))));
    drop(first);
    open(&env.disk, dir(), 1, 200).unwrap();
}

#[test]
fn leftovers_of_a_purge_and_of_a_snapshot_are_removed() {
    let world = world_with(30, QuorumState { purged: Some(log_id(1, 1, 25)), ..QuorumState::default() });
    let env = world.env();
    for index in [10, 25] {
        let data = SnapshotData { next_offset: 26, state: bytes::Bytes::new() };
        let snapshot = StoredSnapshot { last: log_id(1, 1, index), membership: Default::default(), data };
        snapshot_file::write(&*env.disk, dir(), &snapshot).unwrap();
    }
    env.disk.replace_small(&dir().join("x"), b"").unwrap();
    env.disk.rename(&dir().join("x"), &dir().join("00000000000000000026.snapshot.tmp")).unwrap();
    let opened = open(&env.disk, dir(), 1, 200).unwrap();
    assert_eq!(opened.journal.start(), 26);
    let names: Vec<String> = contents(&env).into_keys().collect();
    assert!(!names.iter().any(|name| name.ends_with(".tmp")) && !names.contains(&snapshot_file::name(10)), "{names:?}");
    assert!(!names.contains(&journal::name(0)), "{names:?}");
}
