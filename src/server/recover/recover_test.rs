//! A cluster whose disk is lost comes back from its bucket, byte for byte; a spoiled bucket is refused or reported by name.

use super::testing::{Gone, files, flip, read, remove, write};
use super::{RecoveryError, RecoveryOptions, RestoredSummary, check_directories, write_recovery};
use crate::testing::Client;
use crate::{IdentityError, StartError};
use esker_env::{Disk, Env, SystemDisk};
use std::path::Path;

const STRICT: RecoveryOptions =
    RecoveryOptions { accept_damage: false, without_snapshot: false, without_offsets: false };

/// Recovers for real, and says under which generation.
fn recover(gone: &Gone) -> u32 {
    let recovery = gone.read(&gone.world.bucket(), STRICT).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cluster = gone.open(&gone.world.bucket(), &runtime);
    check_directories(&gone.world.startup(), &Env::system()).unwrap();
    runtime.block_on(write_recovery(&recovery, &cluster, gone.world.startup(), &Env::system())).unwrap()
}

#[test]
fn a_broker_with_an_empty_disk_serves_what_the_bucket_holds_byte_for_byte_and_goes_on_behind_it() {
    let gone = Gone::new();
    let report = gone.read(&gone.world.bucket(), STRICT).unwrap().report;
    assert_eq!((report.damage.as_slice(), report.lost.as_slice()), ([].as_slice(), [].as_slice()));
    let orders = report.topics.iter().find(|topic| topic.name == "orders").unwrap();
    let (start, end) = orders.partitions[0].offsets.unwrap();
    assert!(start == 0 && end >= 24, "{end} of 30 records were uploaded");
    assert_eq!(report.empty_topics().map(|topic| topic.name.as_str()).collect::<Vec<_>>(), ["local"]);

    assert_eq!(recover(&gone), 2);
    let broker = gone.world.start().unwrap();
    assert_eq!(broker.cluster_id().as_str(), gone.cluster);
    let mut client = Client::of(&broker).unwrap();
    let served = client.fetch_all("orders", 0, 0).unwrap();
    assert!(served == gone.sent[..end as usize], "{} records of {end} came back", served.len());
    // What is new lies behind what was recovered, and survives a restart as it does anywhere.
    assert_eq!(client.produce("orders", 0, b"anew").unwrap(), end);
    assert_eq!(client.fetch_all("local", 0, 0).unwrap(), Vec::<Vec<u8>>::new());
    broker.stop();
    let broker = gone.world.start().unwrap();
    let served = Client::of(&broker).unwrap().fetch_all("orders", 0, end - 1).unwrap();
    assert_eq!(served.last().unwrap(), b"anew");
    broker.stop();
}

#[test]
fn groups_go_on_where_they_were_or_where_their_partitions_end() {
    let gone = Gone::new();
    let report = gone.read(&gone.world.bucket(), STRICT).unwrap().report;
    let end = report.topics.iter().find(|topic| topic.name == "orders").unwrap().partitions[0].offsets.unwrap().1;
    assert!((24..30).contains(&end), "the last records were never uploaded: {end}");
    let RestoredSummary { groups, offsets, moved_back, dropped, .. } = report.offsets;
    assert_eq!((groups, offsets, moved_back, dropped), (2, 3, 2, 0));
    assert_eq!(recover(&gone), 2);
    for _ in 0..2 {
        let broker = gone.world.start().unwrap();
        let mut client = Client::of(&broker).unwrap();
        assert_eq!(client.committed_offset("readers", "orders", 0).unwrap(), 11);
        assert_eq!(client.committed_offset("ahead", "orders", 0).unwrap(), end);
        assert_eq!(client.committed_offset("readers", "local", 1).unwrap(), 0);
        assert_eq!(client.committed_offset("strangers", "orders", 0).unwrap(), -1);
        broker.stop();
    }
    // The recovered cluster has written what it knows: a second loss finds the same.
    SystemDisk.remove_dir_all(&gone.world.log_dir()).unwrap();
    assert_eq!(gone.read(&gone.world.bucket(), STRICT).unwrap().report.offsets.offsets, 3);
    let begun_anew = gone.read(&gone.world.bucket(), RecoveryOptions { without_offsets: true, ..STRICT }).unwrap();
    assert_eq!(begun_anew.report.offsets, RestoredSummary::default());
}

#[test]
fn a_recovery_needs_empty_directories_and_can_be_begun_again_where_it_was_cut_short() {
    let gone = Gone::new();
    SystemDisk.create_dir_all(&gone.world.log_dir().join("orders-0")).unwrap();
    let error = check_directories(&gone.world.startup(), &Env::system()).unwrap_err();
    assert!(matches!(&error, RecoveryError::NotEmpty { name, .. } if name == "orders-0"), "{error}");
    SystemDisk.remove_dir_all(&gone.world.log_dir()).unwrap();
    // Cut short behind the claim: the mark is there, and part of the metadata.
    let metadata = gone.world.log_dir().join(esker_quorum::DIRECTORY);
    SystemDisk.create_dir_all(&metadata).unwrap();
    SystemDisk.create_dir_all(&gone.world.log_dir().join("esker-tier")).unwrap();
    write(&gone.world.log_dir().join("esker-tier/recovering"), b"cluster.id=x\n");
    write(&metadata.join("quorum-state"), b"half of it");
    SystemDisk.create_dir_all(&gone.world.log_dir().join("__consumer_offsets-3")).unwrap();
    write(&gone.world.log_dir().join("__consumer_offsets-3/00000000000000000000.log"), b"half of them");
    let error = gone.world.start().unwrap_err();
    assert!(matches!(error, StartError::Identity(IdentityError::Recovering { .. })), "{error}");
    assert_eq!(recover(&gone), 2);
    assert_eq!(SystemDisk.stat(&gone.world.log_dir().join("esker-tier/recovering")).unwrap(), None);
    let broker = gone.world.start().unwrap();
    assert!(!Client::of(&broker).unwrap().fetch_all("orders", 0, 0).unwrap().is_empty());
    broker.stop();
}

/// What must become of a bucket that is spoiled.
enum Outcome {
    /// Nothing is recovered; the text says so.
    Refused(&'static str),
    /// The damage is reported with these words, and nothing is recovered without being told to.
    Reported(&'static str),
    /// What was lost beside the records is reported with these words.
    Lost(&'static str),
    /// It does not matter.
    Harmless,
}

type Spoil = fn(&Path);

fn nth(dir: &Path, part: &str, at: usize) -> std::path::PathBuf {
    files(dir, part)[at].clone()
}

fn last(dir: &Path, part: &str) -> std::path::PathBuf {
    files(dir, part).pop().unwrap()
}

#[rustfmt::skip] // one line for each way to spoil a bucket
fn spoils() -> Vec<(&'static str, Spoil, Outcome)> {
    use Outcome::*;
    vec![
        ("another bucket", |dir| files(dir, "").iter().for_each(|file| remove(file)), Refused("was never started there")),
        ("no generation", |dir| files(dir, "/generation/").iter().for_each(|file| remove(file)), Refused("was never started there")),
        ("no snapshot", |dir| files(dir, "/cluster/").iter().for_each(|file| remove(file)), Refused("there is none")),
        ("the newest snapshot has rotted", |dir| flip(&last(dir, "/cluster/"), 40), Refused("checksum")),
        ("the newest snapshot is empty", |dir| write(&last(dir, "/cluster/"), b""), Refused("snapshot")),
        ("the newest snapshot is cut short", |dir| { let path = last(dir, "/cluster/"); let bytes = read(&path); write(&path, &bytes[..bytes.len() / 2]); }, Refused("snapshot")),
        ("the newest offsets have rotted", |dir| flip(&last(dir, "/offsets/"), 40), Refused("committed offsets")),
        ("the offsets are gone", |dir| files(dir, "/offsets/").iter().for_each(|file| remove(file)), Harmless),
        ("the newest version has rotted", |dir| flip(&last(dir, "/manifest/"), 10), Reported("manifest-damaged orders-0")),
        ("the newest version is empty", |dir| write(&last(dir, "/manifest/"), b""), Reported("manifest-damaged orders-0")),
        ("all versions are gone", |dir| files(dir, "/manifest/").iter().for_each(|file| remove(file)), Reported("manifest-missing orders-0")),
        ("the first object is gone", |dir| remove(&nth(dir, "/segments/", 0)), Reported("object-missing orders-0")),
        ("an object in the middle is gone", |dir| remove(&nth(dir, "/segments/", 3)), Reported("object-missing orders-0")),
        ("the last object is gone", |dir| remove(&last(dir, "/segments/")), Reported("object-missing orders-0")),
        ("an object is cut short", |dir| { let path = nth(dir, "/segments/", 2); let bytes = read(&path); write(&path, &bytes[..100]); }, Reported("object-damaged orders-0")),
        ("an object is empty", |dir| write(&nth(dir, "/segments/", 2), b""), Reported("object-damaged orders-0")),
        ("the last object's footer has rotted", |dir| flip(&last(dir, "/segments/"), 3), Reported("object-damaged orders-0")),
        ("the last object's producers have rotted", |dir| flip(&last(dir, "/segments/"), 135), Reported("object-damaged orders-0")),
        ("an older version is gone", |dir| remove(&nth(dir, "/manifest/", 0)), Harmless),
        ("an older snapshot has rotted", |dir| { let old = files(dir, "/cluster/"); if old.len() > 1 { flip(&old[0], 40); } }, Harmless),
        ("the topic's file is gone", |dir| remove(&last(dir, "topic.json")), Harmless),
        ("somebody else's file", |dir| write(&dir.join("readme.txt"), b"hello"), Harmless),
        ("an object that nobody names", |dir| { let path = last(dir, "/segments/"); let name = path.to_string_lossy(); let other = if name.ends_with('0') { '1' } else { '0' }; write(Path::new(&format!("{}{other}", &name[..name.len() - 1])), b"x"); }, Harmless),
        ("the topic is marked as deleted", |dir| write(&last(dir, "topic.json").with_file_name("deleted"), b"{}"), Lost("orders")),
    ]
}

#[test]
fn every_way_to_spoil_a_bucket_is_refused_or_reported_by_name() {
    let gone = Gone::new();
    for (name, spoil, outcome) in spoils() {
        let copy = gone.copy();
        spoil(copy.path());
        let outcome_is = gone.read(copy.path(), STRICT);
        match (outcome, outcome_is) {
            (Outcome::Refused(text), Err(error)) => assert!(error.to_string().contains(text), "{name}: {error}"),
            (Outcome::Reported(text), Ok(recovery)) => {
                let damage = &recovery.report.damage;
                assert!(damage.iter().any(|line| line.contains(text)), "{name}: {damage:?}");
            }
            (Outcome::Lost(text), Ok(recovery)) => {
                assert_eq!(recovery.report.deletions, [text], "{name}");
                assert!(recovery.report.topics.iter().all(|topic| topic.name != text), "{name}");
            }
            (Outcome::Harmless, Ok(recovery)) => assert_eq!(recovery.report.damage, Vec::<String>::new(), "{name}"),
            (_, Ok(recovery)) => panic!("{name}: {:?}", recovery.report),
            (_, Err(error)) => panic!("{name}: {error}"),
        }
    }
}

#[test]
fn without_a_snapshot_topics_are_made_of_their_folders_and_nothing_of_them_expires() {
    let gone = Gone::new();
    let copy = gone.copy();
    files(copy.path(), "/cluster/").iter().for_each(|file| remove(file));
    let options = RecoveryOptions { without_snapshot: true, ..STRICT };
    let recovery = gone.read(copy.path(), options).unwrap();
    let topics = &recovery.report.topics;
    assert_eq!(topics.iter().map(|topic| topic.name.as_str()).collect::<Vec<_>>(), ["orders"]);
    assert!(!topics[0].from_snapshot && topics[0].partitions[0].offsets.is_some());
    let keeps = |record: &esker_metadata::Record| matches!(record, esker_metadata::Record::ConfigSet { key, value: Some(value), .. } if key == "retention.ms" && value == "-1");
    assert!(recovery.records.iter().any(keeps));
}
