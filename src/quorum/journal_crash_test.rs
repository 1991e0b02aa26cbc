//! Power cuts at every operation of a journal's life: what was acknowledged is there, and the start never refuses.

use crate::disk_state::{self, QuorumState};
use crate::open;
use crate::testing::entry;
use crate::types::{Entry, log_id};
use esker_env::sim::World;
use std::collections::BTreeMap;
use std::path::Path;

const DIR: &str = "/data/m";

/// What must be there from the moment on at which so many operations had been done.
#[derive(Clone, Default)]
struct Promise {
    /// Entries, by index.
    entries: BTreeMap<u64, Entry>,
    /// Entries that were cut off, and must not come back.
    cut: Vec<Entry>,
    purged: Option<u64>,
}

struct Run {
    world: World,
    promises: Vec<(usize, Promise)>,
    now: Promise,
}

impl Run {
    fn promise(&mut self) {
        self.promises.push((self.world.disk.op_count(), self.now.clone()));
    }
}

fn life() -> Run {
    let world = World::recording(3);
    let env = world.env();
    let mut run = Run { world, promises: Vec::new(), now: Promise::default() };
    let journal = open::open(&env.disk, Path::new(DIR), 1, 150).unwrap().journal;
    run.promise();
    let append = |run: &mut Run, entries: Vec<Entry>| {
        journal.append(&entries).unwrap();
        run.now.entries.extend(entries.into_iter().map(|entry| (entry.log_id.index, entry)));
        run.promise();
    };
    append(&mut run, vec![entry(0, "first")]);
    append(&mut run, vec![entry(1, "two at"), entry(2, "once")]);
    append(&mut run, vec![entry(3, "x".repeat(120).as_str())]);
    append(&mut run, vec![entry(4, "in another file"), entry(5, "and"), entry(6, "one more")]);
    // Entries 2 and later are in doubt while they are cut, and gone afterwards.
    let cut = run.now.entries.split_off(&2);
    run.promise();
    journal.truncate(2, Some(log_id(1, 1, 1))).unwrap();
    run.now.cut = cut.into_values().collect();
    run.promise();
    for index in 2..9 {
        append(&mut run, vec![entry(index, &format!("anew {index}"))]);
    }
    // A purge: the decision first, then the files.
    run.now.purged = Some(5);
    run.promise();
    let state = QuorumState { purged: Some(log_id(1, 1, 5)), ..QuorumState::default() };
    let snapshot = snapshot_upto(5);
    crate::snapshot_file::write(&*env.disk, Path::new(DIR), &snapshot).unwrap();
    disk_state::write(&*env.disk, Path::new(DIR), 1, &state).unwrap();
    journal.purge(log_id(1, 1, 5));
    run.now.entries.retain(|index, _| *index > 5);
    append(&mut run, vec![entry(9, "last")]);
    run
}

fn snapshot_upto(index: u64) -> crate::snapshot_file::StoredSnapshot {
    crate::snapshot_file::StoredSnapshot {
        last: log_id(1, 1, index),
        membership: Default::default(),
        data: crate::types::SnapshotData { next_offset: 1, state: bytes::Bytes::from_static(b"s") },
    }
}

#[test]
fn no_power_cut_loses_what_was_acknowledged_or_stops_the_start() {
    let run = life();
    let mut images = 0;
    for image in run.world.disk.crash_images(11, 40) {
        images += 1;
        let promise = run.promises.iter().rev().find(|(ops, _)| *ops <= image.ops).map(|(_, promise)| promise);
        let env = World::with_disk(image.disk, 1).env();
        let opened = open::open(&env.disk, Path::new(DIR), 1, 150)
            .unwrap_or_else(|error| panic!("after {} operations, {}: {error}", image.ops, image.story));
        let found: BTreeMap<u64, Entry> =
            opened.journal.read(0..99).unwrap().into_iter().map(|entry| (entry.log_id.index, entry)).collect();
        for (index, entry) in promise.into_iter().flat_map(|promise| &promise.entries) {
            let purged = promise.and_then(|promise| promise.purged).is_some_and(|purged| *index <= purged);
            let here = found.get(index);
            let fits = here == Some(entry) || (purged && here.is_none());
            assert!(fits, "entry {index} after {} operations, {}: {here:?}", image.ops, image.story);
        }
        for cut in promise.into_iter().flat_map(|promise| &promise.cut) {
            let back = found.values().any(|entry| entry == cut);
            assert!(!back, "{cut:?} came back after {} operations, {}", image.ops, image.story);
        }
        // Whatever was found, the journal goes on.
        let next = opened.journal.last().map_or(0, |last| last.index + 1);
        opened.journal.append(&[entry(next, "after the crash")]).unwrap();
    }
    assert!(images > 200, "only {images} crash images were tried");
}

/// A process killed between write and sync leaves an entry in the page cache. The next process counts it (it may vote and
/// commit on its strength), so from then on no power cut may take it away.
#[test]
fn what_a_killed_process_left_in_the_page_cache_is_made_durable_before_it_counts() {
    let world = World::recording(4);
    let env = world.env();
    let path = Path::new(DIR).join(crate::journal::name(0));
    drop(open::open(&env.disk, Path::new(DIR), 1, 150).unwrap());
    let mut frame = Vec::new();
    crate::frame::write_frame(&mut frame, 0, |into| crate::entry::encode_entry(&entry(0, "not synced"), into));
    let file = env.disk.open(&path, esker_env::OpenMode::CreateNew).unwrap();
    file.write_all_at(&[std::io::IoSlice::new(&frame)], 0).unwrap();
    let opened = open::open(&env.disk, Path::new(DIR), 1, 150).unwrap();
    assert_eq!(opened.journal.read(0..9).unwrap(), [entry(0, "not synced")]);
    let counted = world.disk.op_count();
    env.disk.create_dir_all(Path::new("/elsewhere")).unwrap();
    let mut images = 0;
    for image in world.disk.crash_images(1, 40).filter(|image| image.ops >= counted) {
        images += 1;
        let env = World::with_disk(image.disk, 1).env();
        let found = open::open(&env.disk, Path::new(DIR), 1, 150).unwrap().journal.read(0..9).unwrap();
        assert_eq!(found, [entry(0, "not synced")], "{}", image.story);
    }
    assert!(images > 0, "no crash image was tried");
}
