//! The journal without crashes: append, read, cut at both ends, fail.

use crate::journal::*;
use crate::open;
use crate::testing::entry;
use crate::types::{Entry, log_id};
use esker_env::sim::{SimDisk, World};
use esker_env::{Disk, Env};
use std::path::Path;
use std::sync::Arc;

const DIR: &str = "/m";

fn open_in(env: &Env) -> Journal {
    open::open(&env.disk, Path::new(DIR), 1, 200).unwrap().journal
}

fn indexes(entries: &[Entry]) -> Vec<u64> {
    entries.iter().map(|entry| entry.log_id.index).collect()
}

fn filled(env: &Env, until: u64) -> Journal {
    let journal = open_in(env);
    for index in 0..until {
        journal.append(&[entry(index, &format!("text {index}"))]).unwrap();
    }
    journal
}

fn log_files(env: &Env) -> usize {
    env.disk.list(Path::new(DIR)).unwrap().iter().filter(|file| index_of(&file.name).is_some()).count()
}

#[test]
fn entries_are_read_back_across_files_and_restarts() {
    let env = World::new(1).env();
    let journal = filled(&env, 20);
    assert!(log_files(&env) > 3);
    assert_eq!(indexes(&journal.read(3..17).unwrap()), (3..17).collect::<Vec<_>>());
    assert_eq!(journal.read(5..6).unwrap(), [entry(5, "text 5")]);
    assert_eq!(indexes(&journal.read(18..u64::MAX).unwrap()), [18, 19]);
    assert!(journal.read(20..30).unwrap().is_empty());
    drop(journal);
    let again = open_in(&env);
    assert_eq!(again.last(), Some(log_id(1, 1, 19)));
    assert_eq!(indexes(&again.read(0..20).unwrap()), (0..20).collect::<Vec<_>>());
}

#[test]
fn one_append_of_many_entries_costs_one_sync() {
    let world = World::new(1);
    let journal = open_in(&world.env());
    let before = world.disk.sync_count();
    journal.append(&(0..50).map(|index| entry(index, "x")).collect::<Vec<_>>()).unwrap();
    assert_eq!(world.disk.sync_count() - before, 1);
    assert_eq!(journal.read(0..50).unwrap().len(), 50);
}

#[test]
fn a_gap_is_refused() {
    let env = World::new(1).env();
    let journal = filled(&env, 3);
    assert!(journal.append(&[entry(4, "x")]).unwrap_err().to_string().contains("cannot follow"));
}

#[test]
fn a_cut_end_is_gone_and_can_be_written_anew() {
    for since in 0..=12u64 {
        let env = World::new(1).env();
        let journal = filled(&env, 12);
        let before = since.checked_sub(1).map(|index| log_id(1, 1, index));
        journal.truncate(since, before).unwrap();
        assert_eq!(journal.last(), before);
        journal.append(&[entry(since, "other")]).unwrap();
        drop(journal);
        let again = open_in(&env);
        assert_eq!(indexes(&again.read(0..99).unwrap()), (0..=since).collect::<Vec<_>>());
        assert_eq!(again.read(since..since + 1).unwrap(), [entry(since, "other")]);
    }
}

#[test]
fn a_purged_front_is_not_read_and_its_files_go() {
    let env = World::new(1).env();
    let journal = filled(&env, 20);
    let (files, bytes) = (log_files(&env), journal.bytes());
    journal.purge(log_id(1, 1, 9));
    assert_eq!(indexes(&journal.read(0..99).unwrap()), (10..20).collect::<Vec<_>>());
    assert!(log_files(&env) < files && journal.bytes() < bytes);
    assert_eq!((journal.start(), journal.last()), (10, Some(log_id(1, 1, 19))));
    journal.purge(log_id(2, 1, 40));
    assert_eq!((log_files(&env), journal.last()), (0, Some(log_id(2, 1, 40))));
    journal.append(&[entry(41, "behind an installed snapshot")]).unwrap();
    assert_eq!(indexes(&journal.read(0..99).unwrap()), [41]);
}

#[test]
fn reads_for_a_peer_are_bounded_yet_never_empty() {
    let journal = filled(&World::new(1).env(), 20);
    assert_eq!(journal.fitting(4..20, 0), 4..5);
    assert_eq!(journal.fitting(4..20, u64::MAX), 4..20);
    let some = journal.fitting(4..20, 200);
    assert!(some.end > 5 && some.end < 20);
    assert_eq!(journal.fitting(20..30, 100), 20..20);
}

#[test]
fn after_a_failed_sync_nothing_is_written_any_more() {
    let world = World::new(1);
    let journal = filled(&world.env(), 3);
    world.disk.fail_sync(1);
    assert!(journal.append(&[entry(3, "x")]).is_err());
    let error = journal.append(&[entry(3, "x")]).unwrap_err();
    assert!(error.to_string().contains("failed before"), "a failed sync is never retried: {error}");
    assert!(journal.truncate(1, None).is_err());
    assert_eq!(journal.last(), Some(log_id(1, 1, 2)), "what was synced before can still be read");
}

#[test]
fn rot_under_a_running_journal_is_noticed_when_read() {
    let world = World::new(1);
    let journal = filled(&world.env(), 3);
    world.disk.flip_bit(&Path::new(DIR).join(name(0)), 60, 3);
    let error = journal.read(0..3).unwrap_err().to_string();
    assert!(error.contains("00000000000000000000.log") && error.contains("checksum"), "{error}");
}

#[test]
fn names_hold_the_index_of_the_first_entry() {
    assert_eq!(index_of(&name(17)), Some(17));
    assert_eq!(index_of("00000000000000000017.snapshot"), None);
    assert_eq!(index_of("99999999999999999999.log"), None, "more than 64 bits");
    let _: Arc<dyn Disk> = Arc::new(SimDisk::new());
}
