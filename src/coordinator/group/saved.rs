//! Committed offsets as bytes that outlive a cluster's disks, and back.
//!
//! The bytes are Kafka's own: record batches with keys and values of `__consumer_offsets`, one behind the other.

use crate::group::coordinator::GroupCoordinator;
use crate::group::execute::ServingGroups;
use crate::group::record::{BatchOptions, CommittedOffset, Fact, GroupRecord, build_batch};
use crate::group::shard::GroupShard;
use crate::partition_of;
use bytes::Bytes;
use esker_model::{LeaderEpoch, Offset, TimestampMs, TopicId};
use esker_record::{BatchRef, Batches, BuildError, Codec, Records, decompress};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Bytes of records in a batch, about: far below what any topic takes.
const BATCH_BYTES: usize = 256 << 10;
/// Bytes of a record apart from its texts, at most.
const RECORD_BYTES: usize = 96;
/// Most bytes that a batch may have once decompressed.
const DECOMPRESSED_MAX: usize = 16 << 20;

/// What was saved: where the logs of all shards ended. At equal marks there is nothing new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedMark(Vec<(i32, LeaderEpoch, Offset)>);

impl GroupCoordinator {
    /// Where the logs of all shards end; `None` while one that is this broker's is not served: what it holds is not known.
    pub fn saved_mark(&self) -> Option<SavedMark> {
        self.of_each_shard(|_| ()).map(|(mark, _)| mark)
    }

    /// All committed offsets, and as of which mark; `None` where there is no mark.
    ///
    /// # Errors
    /// A record that fits no batch.
    pub fn save_offsets(&self, now: TimestampMs) -> Result<Option<(SavedMark, Bytes)>, BuildError> {
        // Shards are held for the copy only: their members do not wait for the compression.
        let Some((mark, records)) = self.of_each_shard(offset_records) else { return Ok(None) };
        let mut saved = Vec::new();
        for records in records {
            write_batches(&records, now, |batch| saved.extend_from_slice(&batch))?;
        }
        Ok(Some((mark, saved.into())))
    }

    fn of_each_shard<T>(&self, look: impl Fn(&GroupShard) -> T) -> Option<(SavedMark, Vec<T>)> {
        let log = self.shards.log();
        let ours = (0..log.partition_count()?).filter(|partition| log.leadership(*partition).is_some());
        let looked = ours.map(|partition| {
            let mark = |shard: &ServingGroups| (partition, shard.epoch(), shard.end());
            self.with_shard(partition, |shard, _| (mark(shard), look(&shard.machine.shard))).ok()
        });
        let (marks, looked) = looked.collect::<Option<(Vec<_>, Vec<_>)>>()?;
        Some((SavedMark(marks), looked))
    }
}

fn offset_records(shard: &GroupShard) -> Vec<GroupRecord> {
    let mut records = Vec::new();
    for (id, group) in &shard.groups {
        for (topic, partitions) in group.offsets.topics() {
            records.extend(partitions.iter().map(|(partition, stored)| {
                let (topic, value) = (Arc::clone(topic), Some(stored.value.clone()));
                GroupRecord { group: Arc::clone(id), fact: Fact::Offset { topic, partition: *partition, value } }
            }));
        }
    }
    records
}

fn size_of(record: &GroupRecord) -> usize {
    let texts = match &record.fact {
        Fact::Offset { topic, value, .. } => topic.len() + value.as_ref().map_or(0, |value| value.metadata.len()),
        _ => 0,
    };
    RECORD_BYTES + record.group.len() + texts
}

fn write_batches(records: &[GroupRecord], now: TimestampMs, mut write: impl FnMut(Bytes)) -> Result<(), BuildError> {
    let how = BatchOptions { codec: Codec::Zstd, now, producer: None };
    let (mut from, mut size) = (0, 0);
    for (at, record) in records.iter().enumerate() {
        size += size_of(record);
        if size >= BATCH_BYTES || at + 1 == records.len() {
            write(build_batch(&records[from..=at], how)?);
            (from, size) = (at + 1, 0);
        }
    }
    Ok(())
}

/// What a rebuilt cluster's `__consumer_offsets` begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestoredOffsets {
    /// The batches of each of its partitions.
    pub batches: BTreeMap<i32, Vec<Bytes>>,
    /// How much that is.
    pub summary: RestoredSummary,
}

/// What came back of committed offsets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestoredSummary {
    /// Groups that have offsets again.
    pub groups: usize,
    /// Their offsets.
    pub offsets: usize,
    /// Those that lay behind what came back of their partition, and are at its end now.
    pub moved_back: usize,
    /// Those of partitions that did not come back.
    pub dropped: usize,
    /// When the newest one was committed.
    pub newest: Option<TimestampMs>,
}

/// Puts together what brokers saved: of two offsets of one partition the later commit counts. `end_of` says where a partition of a topic,
/// whose id is zero where its committer gave the name alone, ends now; `None` where it is not there. Offsets count as committed `now`, so
/// that none has expired while the cluster was gone.
///
/// # Errors
/// Bytes that are not what was saved; why.
pub fn restore_offsets(
    saved: &[Bytes],
    partitions: i32,
    now: TimestampMs,
    end_of: impl Fn(&str, TopicId, i32) -> Option<Offset>,
) -> Result<RestoredOffsets, String> {
    let mut newest: BTreeMap<(Arc<str>, Arc<str>, i32), CommittedOffset> = BTreeMap::new();
    for bytes in saved {
        read_batches(bytes, |group, topic, partition, value| {
            let known = newest.entry((group, topic, partition)).or_insert_with(|| value.clone());
            if known.committed_at < value.committed_at {
                *known = value;
            }
        })?;
    }
    let mut summary = RestoredSummary::default();
    let mut by_partition: BTreeMap<i32, Vec<GroupRecord>> = BTreeMap::new();
    let mut groups = BTreeSet::new();
    for ((group, topic, partition), mut value) in newest {
        summary.newest = summary.newest.max(Some(value.committed_at));
        let Some(end) = end_of(&topic, value.topic_id, partition) else {
            summary.dropped += 1;
            continue;
        };
        if value.offset > end {
            // Nobody knows the epoch of the record before it there.
            (value.offset, value.leader_epoch) = (end, -1);
            summary.moved_back += 1;
        }
        value.committed_at = now;
        summary.offsets += 1;
        groups.insert(Arc::clone(&group));
        let fact = Fact::Offset { topic, partition, value: Some(value) };
        by_partition.entry(partition_of(&group, partitions)).or_default().push(GroupRecord { group, fact });
    }
    summary.groups = groups.len();
    let mut batches: BTreeMap<i32, Vec<Bytes>> = BTreeMap::new();
    for (partition, records) in by_partition {
        let of_partition = batches.entry(partition).or_default();
        write_batches(&records, now, |batch| of_partition.push(batch)).map_err(|error| error.to_string())?;
    }
    Ok(RestoredOffsets { batches, summary })
}

fn read_batches(bytes: &[u8], mut read: impl FnMut(Arc<str>, Arc<str>, i32, CommittedOffset)) -> Result<(), String> {
    for batch in Batches::new(bytes) {
        let batch = batch.map_err(|error| error.to_string())?;
        for (key, value) in records_of(&batch)? {
            let record = GroupRecord::decode(&key, value.as_deref()).map_err(|error| error.to_string())?;
            match record {
                Some(GroupRecord { group, fact: Fact::Offset { topic, partition, value: Some(value) } }) => {
                    read(group, topic, partition, value);
                }
                _ => return Err("a record that is no committed offset".to_owned()),
            }
        }
    }
    Ok(())
}

type KeyAndValue = (Vec<u8>, Option<Vec<u8>>);

fn records_of(batch: &BatchRef<'_>) -> Result<Vec<KeyAndValue>, String> {
    let codec = batch.header.attributes.codec().ok_or("an unknown codec")?;
    let mut plain = Vec::new();
    if codec == Codec::None {
        plain.extend_from_slice(batch.records());
    } else {
        decompress(codec, batch.records(), DECOMPRESSED_MAX, &mut plain).map_err(|error| error.to_string())?;
    }
    let records = Records::new(&plain, batch.header.record_count);
    let parts = records.map(|record| {
        let record = record.map_err(|error| error.to_string())?;
        let key = record.key.ok_or("a record without a key")?;
        Ok((key.to_vec(), record.value.map(<[u8]>::to_vec)))
    });
    parts.collect()
}
