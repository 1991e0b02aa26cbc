//! A bucket that a real broker has filled, to be recovered from and spoiled.

use super::{Recovery, RecoveryError, RecoveryOptions, read_bucket};
use crate::open_bucket;
use crate::testing::{Client, World};
use esker_env::{Disk, Env, OpenMode, SystemDisk};
use esker_tiering::bucket::{BucketAccess, BucketCluster};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// Settings with which a topic's records reach the bucket soon, in small segments.
const SETTINGS: &str = "esker.tier.topics.default=true\nlog.segment.bytes=1048576\nlog.local.retention.bytes=1048576\n\
                        remote.log.manager.task.interval.ms=200\nlog.segment.delete.delay.ms=100\n\
                        offsets.topic.replication.factor=1\noffsets.topic.num.partitions=5";

/// A cluster that was, and its bucket.
pub(super) struct Gone {
    pub(super) world: World,
    pub(super) cluster: String,
    /// What was acknowledged, by offset.
    pub(super) sent: Vec<Vec<u8>>,
}

impl Gone {
    /// A broker writes a topic of one partition, which settles in the bucket but for its end; then its disk is lost.
    pub(super) fn new() -> Self {
        let mut world = World::new(SETTINGS).unwrap();
        world.set(&format!("esker.tier.url=file:{}", world.bucket().display()));
        let broker = world.start().unwrap();
        let mut client = Client::of(&broker).unwrap();
        client.create_topic("orders", 1, &[("retention.ms", "-1")]).unwrap();
        client.create_topic("local", 2, &[("remote.storage.enable", "false")]).unwrap();
        client.produce("local", 0, b"gone with the disk").unwrap();
        let mut sent = Vec::new();
        for number in 0..30 {
            let mut value = format!("{number} ").into_bytes();
            value.resize(300_000, b'-');
            client.produce("orders", 0, &value).unwrap();
            sent.push(value);
        }
        client.commit_offset("readers", "orders", 0, 11).unwrap();
        client.commit_offset("ahead", "orders", 0, 30).unwrap();
        client.commit_offset("readers", "local", 1, 5).unwrap();
        let cluster = broker.cluster_id().to_string();
        // Three records fill a segment, and the last one stays open.
        settle(&world.bucket(), 9);
        // A clean stop writes the last snapshots, of the metadata and of the offsets.
        broker.stop();
        SystemDisk.remove_dir_all(&world.log_dir()).unwrap();
        Self { world, cluster, sent }
    }

    /// Opens the bucket in `dir`, for this broker's configuration.
    pub(super) fn open(&self, dir: &Path, runtime: &tokio::runtime::Runtime) -> BucketCluster {
        let mut startup = self.world.startup();
        if let Some(tier) = &mut startup.broker.tier {
            tier.url = esker_config::TierUrl::File { path: dir.to_owned() };
        }
        let opened = open_bucket(&startup, BucketAccess::Write, &Env::system(), runtime.handle().clone());
        opened.unwrap().unwrap().cluster(&self.cluster.parse().unwrap())
    }

    pub(super) fn read(&self, dir: &Path, options: RecoveryOptions) -> Result<Recovery, RecoveryError> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let cluster = self.open(dir, &runtime);
        runtime.block_on(read_bucket(&cluster, &self.world.startup(), options, &Env::system(), |_, _| {}))
    }

    /// A copy of the bucket that may be spoiled.
    pub(super) fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_dir(&self.world.bucket(), copy.path());
        copy
    }
}

/// Waits until so many objects are in the bucket, and the newest version names all of them.
fn settle(bucket: &Path, objects: usize) {
    for _ in 0..3000 {
        let found = files(bucket, "/segments/");
        let newest = files(bucket, "/manifest/").last().map(|path| read(path)).unwrap_or_default();
        if found.len() >= objects && found.iter().all(|object| names(&newest, object)) {
            return;
        }
        pause();
    }
    panic!("nothing settles in the bucket: {:?}", files(bucket, ""));
}

/// Whether a version names an object, whose key ends with its uuid.
fn names(version: &[u8], object: &Path) -> bool {
    let name = object.to_string_lossy();
    let uuid = name.rsplit('-').next().and_then(|hex| u128::from_str_radix(hex, 16).ok());
    uuid.is_some_and(|uuid| version.windows(16).any(|bytes| bytes == uuid.to_be_bytes()))
}

fn pause() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(esker_env::sleep(Duration::from_millis(10)));
}

fn copy_dir(from: &Path, to: &Path) {
    SystemDisk.create_dir_all(to).unwrap();
    for entry in SystemDisk.list(from).unwrap() {
        let (from, to) = (from.join(&entry.name), to.join(&entry.name));
        if entry.is_dir { copy_dir(&from, &to) } else { SystemDisk.replace_small(&to, &read(&from)).unwrap() }
    }
}

/// All files beneath `dir` whose path contains `part`, in order.
pub(super) fn files(dir: &Path, part: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in SystemDisk.list(dir).unwrap_or_default() {
        let path = dir.join(&entry.name);
        if entry.is_dir {
            found.extend(files(&path, part));
        } else if path.to_string_lossy().contains(part) {
            found.push(path);
        }
    }
    found.sort();
    found
}

pub(super) fn read(path: &Path) -> Vec<u8> {
    let file = SystemDisk.open(path, OpenMode::Read).unwrap();
    let mut bytes = vec![0; file.len().unwrap() as usize];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

pub(super) fn write(path: &Path, bytes: &[u8]) {
    SystemDisk.replace_small(path, bytes).unwrap();
}

pub(super) fn remove(path: &Path) {
    SystemDisk.remove_file(path).unwrap();
}

pub(super) fn flip(path: &Path, from_end: usize) {
    let mut bytes = read(path);
    let at = bytes.len() - 1 - from_end;
    bytes[at] ^= 1;
    write(path, &bytes);
}
