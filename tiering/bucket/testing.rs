//! A bucket with something in it, written by a real leader, and the means to spoil it.

use crate::bucket::{Bucket, BucketCluster, BucketPartition, VerifyDepth, VerifyOptions, VerifyProgress, VerifyReport};
use crate::keys::{Keys, PartitionHome};
use crate::manifest::{Page, PageRef, Root, decode_root, encode_page, encode_root};
use crate::options::TierOptions;
use crate::store::{Backend, Body, PutMode};
use crate::testing::MemoryLog;
use crate::tier_test_world::{NEW, World, id, tiered_to, token};
use bytes::Bytes;
use futures::TryStreamExt;
use std::sync::Arc;
use uuid::Uuid;

/// Segments of the partition, and records of each.
pub(crate) const SEGMENTS: i64 = 4;
pub(crate) const RECORDS: i64 = 300;
/// Bytes of a batch: its records section, and its header.
pub(crate) const BODY_LEN: usize = 5_000;
pub(crate) const HOME: PartitionHome =
    PartitionHome { topic_id: esker_model::TopicId(Uuid::from_u128(0xabc)), partition: 3 };

/// A bucket that a leader has written: four segments of 1.4 MiB, generation 1, one snapshot of the cluster.
pub(crate) struct Filled {
    pub(crate) world: World,
    pub(crate) cluster: BucketCluster,
    /// What the local log held.
    pub(crate) written: Bytes,
}

impl Filled {
    pub(crate) async fn new() -> Self {
        let world = World::new();
        world.ready().await;
        world.tier.claim_generation(None).await.unwrap();
        world.tier.write_cluster_snapshot(token(1), b"metadata").await.unwrap();
        let log = MemoryLog::new();
        (0..SEGMENTS).for_each(|_| log.append_segment(RECORDS as usize, 0, BODY_LEN));
        let written = log.bytes();
        let partition = world.lead(&log, token(1), NEW);
        tiered_to(&partition, SEGMENTS * RECORDS).await;
        // Nothing of this partition is written from here on.
        drop(partition);
        let cluster = open(&world);
        Self { world, cluster, written }
    }

    pub(crate) fn partition(&self) -> BucketPartition {
        // Opened anew, so that nothing is remembered of what was there before.
        open(&self.world).partition(HOME.topic_id, id().topic(), HOME.partition)
    }

    /// What a whole check finds.
    pub(crate) async fn verify(&self) -> VerifyReport {
        let (mut report, progress) = (VerifyReport::default(), VerifyProgress::default());
        let cluster = open(&self.world);
        cluster.verify_cluster(&mut report).await.unwrap();
        for topic in cluster.topics().await.unwrap() {
            cluster.verify_topic(&topic, &mut report);
            for partition in topic.partitions.iter().filter(|_| !topic.is_deleted) {
                let partition = cluster.partition(topic.id, &topic.label(), *partition);
                report.merge(partition.verify(&EVERYTHING, &progress).await.unwrap());
            }
        }
        report
    }

    pub(crate) fn keys(&self) -> Keys {
        Keys::new(self.cluster.id())
    }

    /// The only key, or the `at`th, that contains `part`.
    pub(crate) async fn key(&self, part: &str, at: usize) -> String {
        self.world.keys(part).await.get(at).unwrap_or_else(|| panic!("no {at}th key with {part:?}")).clone()
    }

    pub(crate) async fn get(&self, key: &str) -> Vec<u8> {
        let body = self.world.memory.get(key, None).await.unwrap();
        body.try_collect::<Vec<Bytes>>().await.unwrap().concat()
    }

    pub(crate) async fn put(&self, key: &str, bytes: Vec<u8>) {
        let body: Body = vec![bytes.into()];
        self.world.memory.put(key, &body, PutMode::Replace).await.unwrap();
    }

    pub(crate) async fn delete(&self, key: &str) {
        self.world.memory.delete(&[key.to_owned()]).await.unwrap();
    }

    /// Flips a bit, `at` bytes from the front, or from the back where it is negative.
    pub(crate) async fn flip(&self, key: &str, at: i64) {
        let mut bytes = self.get(key).await;
        let at = if at < 0 { bytes.len() as i64 + at } else { at };
        bytes[at as usize] ^= 1;
        self.put(key, bytes).await;
    }

    /// The newest version.
    pub(crate) async fn newest(&self) -> Root {
        let key = self.world.keys("/manifest/").await.pop().unwrap();
        let sequence = crate::keys::sequence_of(&key).unwrap();
        decode_root(&self.get(&key).await, HOME, sequence).unwrap()
    }

    /// Adds a version that differs as told.
    pub(crate) async fn add_version(&self, change: impl FnOnce(&mut Root)) {
        let mut root = self.newest().await;
        root.sequence += 1;
        change(&mut root);
        let bytes = encode_root(&root);
        self.put(&self.keys().manifest(HOME, root.sequence), bytes.to_vec()).await;
    }

    /// Seals the oldest two entries into a page, as a leader of a long partition does.
    pub(crate) async fn seal(&self) -> String {
        let mut root = self.newest().await;
        let sealed: Vec<_> = root.entries.drain(..2).collect();
        let (first, last) = (sealed[0], sealed[1]);
        let page = PageRef {
            level: 1,
            uuid: Uuid::from_u128(0x9a9e),
            base: first.base,
            next: last.next,
            entries: 2,
            bytes: sealed.iter().map(crate::manifest::Entry::object_len).sum(),
            max_timestamp: last.max_timestamp,
        };
        let key = self.keys().page(HOME, page.uuid);
        self.put(&key, encode_page(HOME, 1, &Page::Entries(sealed)).to_vec()).await;
        self.add_version(|next| {
            next.entries = root.entries;
            next.pages = vec![page];
        })
        .await;
        key
    }
}

pub(crate) const EVERYTHING: VerifyOptions = VerifyOptions { depth: VerifyDepth::Everything, parallelism: 3 };

pub(crate) fn open(world: &World) -> BucketCluster {
    let backend = Arc::clone(&world.store) as Arc<dyn Backend>;
    let options = TierOptions::new(world.dir.path());
    Bucket::with_backend(backend, &options, world.env.clone()).cluster(&"test-cluster".parse().unwrap())
}
