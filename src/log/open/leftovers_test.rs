//! What an interrupted deletion or compaction left behind is finished or undone, never half of it.

use super::leftovers::{Leftovers, plan, settle};
use crate::testing::build;
use esker_env::Disk;
use esker_env::sim::SimDisk;
use esker_record::{BatchBuilder, Codec};
use std::path::Path;

fn planned(names: &[&str]) -> Leftovers {
    plan(names.iter().copied())
}

#[test]
fn a_tidy_directory_needs_nothing() {
    let names =
        ["00000000000000000000.log", "00000000000000000000.index", "partition.metadata", "leader-epoch-checkpoint"];
    assert_eq!(planned(&names), Leftovers::default());
}

#[test]
fn deleted_and_temporary_files_go() {
    let names = ["00000000000000000000.log.deleted", "partition.metadata.tmp", "00000000000000000009.log"];
    assert_eq!(planned(&names).remove, names[..2]);
}

#[test]
fn an_unfinished_compaction_goes_with_its_swaps() {
    let names = [
        "00000000000000000005.log.cleaned",
        "00000000000000000005.log.swap",
        "00000000000000000007.index.swap",
        "00000000000000000002.log.swap",
    ];
    let plan = planned(&names);
    assert_eq!(plan.remove, names[..3]);
    assert_eq!((plan.rename, plan.swapped), (vec![names[3].to_owned()], vec![2]));
}

#[test]
fn a_finished_compaction_replaces_what_it_was_made_of() {
    let (disk, dir) = (SimDisk::new(), Path::new("/"));
    let put = |name: &str, bytes: &[u8]| disk.replace_small(&dir.join(name), bytes).unwrap();
    for base in [0, 10, 20, 30] {
        for kind in ["log", "index", "snapshot"] {
            put(&format!("{base:020}.{kind}"), b"old");
        }
    }
    // One segment made of those at 10 and 20: it ends at 30.
    let compacted = build(BatchBuilder::new(Codec::None).base_offset(12).last_offset_delta(17), 1, 1, 5);
    put("00000000000000000010.log.swap", &compacted);
    put("00000000000000000010.index.swap", b"new");
    let names: Vec<String> = disk.list(dir).unwrap().into_iter().map(|entry| entry.name).collect();
    assert!(settle(&disk, dir, &names).unwrap());
    let mut left: Vec<String> = disk.list(dir).unwrap().into_iter().map(|entry| entry.name).collect();
    left.retain(|name| name.ends_with(".log") || name.ends_with(".swap"));
    left.sort();
    assert_eq!(left, ["00000000000000000000.log", "00000000000000000010.log", "00000000000000000030.log"]);
    assert_eq!(disk.read_small(&dir.join("00000000000000000010.log"), 9999).unwrap(), compacted);
    assert_eq!(disk.read_small(&dir.join("00000000000000000010.index"), 9).unwrap(), b"new");
    assert!(disk.stat(&dir.join("00000000000000000020.snapshot")).unwrap().is_some(), "snapshots are not the log's");
    let names: Vec<String> = disk.list(dir).unwrap().into_iter().map(|entry| entry.name).collect();
    assert!(!settle(&disk, dir, &names).unwrap(), "once is enough");
}

#[test]
fn a_compacted_segment_without_records_replaces_its_namesake() {
    let (disk, dir) = (SimDisk::new(), Path::new("/"));
    let put = |name: &str, bytes: &[u8]| disk.replace_small(&dir.join(name), bytes).unwrap();
    for kind in ["log", "index", "timeindex", "txnindex"] {
        put(&format!("00000000000000000010.{kind}"), b"old");
    }
    put("00000000000000000010.log.swap", b"");
    put("00000000000000000010.index.swap", b"");
    let names: Vec<String> = disk.list(dir).unwrap().into_iter().map(|entry| entry.name).collect();
    assert!(settle(&disk, dir, &names).unwrap());
    let mut left: Vec<String> = disk.list(dir).unwrap().into_iter().map(|entry| entry.name).collect();
    left.sort();
    assert_eq!(
        left,
        ["00000000000000000010.index", "00000000000000000010.log"],
        "its transactions are not the old one's"
    );
    assert_eq!(disk.read_small(&dir.join("00000000000000000010.log"), 9).unwrap(), b"");
}
