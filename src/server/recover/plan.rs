//! What the recovered cluster's metadata is to be: pure, from the snapshot and what the bucket's folders hold.

use super::RecoveryError;
use super::report::{LostTopic, RecoveredPartition, RecoveredTopic, RecoveryReport};
use esker_metadata::{ClusterImage, ConfigResource, ConfigResourceKind, Partition, Record, TopicDeletion};
use esker_model::{BrokerId, LeaderEpoch, ProducerId, TopicId};
use esker_tiering::bucket::ChainState;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Producer ids that are passed over: the snapshot and the trailers need not know the newest ones.
const PRODUCER_ID_GAP: ProducerId = 1_000_000;
/// What topics without a known configuration are given, so that nothing of their history is deleted before somebody has looked.
const CAREFUL_CONFIGS: [(&str, &str); 3] =
    [("remote.storage.enable", "true"), ("retention.bytes", "-1"), ("retention.ms", "-1")];
/// Most partitions that a topic without a snapshot is given.
const PARTITIONS_MAX: i32 = 100_000;

/// A topic's folder in the bucket.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub(super) id: TopicId,
    /// By its file; `None` where that is missing or damaged.
    pub(super) name: Option<Arc<str>>,
    pub(super) created_ms: Option<i64>,
    pub(super) is_deleted: bool,
    /// By number: the chain's state, nothing, or what is wrong with it.
    pub(super) partitions: BTreeMap<i32, Result<Option<ChainState>, String>>,
    /// The highest producer id in the trailers that were read.
    pub(super) producer_id_max: ProducerId,
}

impl Folder {
    /// Its deletion was decided: it is marked, or a partition of it has its final version.
    fn is_ending(&self) -> bool {
        let is_final = |state: &Result<Option<ChainState>, String>| matches!(state, Ok(Some(state)) if state.is_final);
        self.is_deleted || self.partitions.values().any(is_final)
    }

    fn label(&self) -> String {
        self.name.as_ref().map_or_else(|| self.id.to_string(), |name| name.to_string())
    }

    fn partition_count(&self) -> i32 {
        self.partitions.keys().next_back().map_or(0, |last| last + 1)
    }
}

/// What is to be written, and what is told of it.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) records: Vec<Record>,
    pub(super) report: RecoveryReport,
}

/// Decides. `before` is the snapshot's image, which has the cluster's identity.
pub(super) fn plan(before: &ClusterImage, folders: &[Folder], node: BrokerId) -> Result<Plan, RecoveryError> {
    let by_id: BTreeMap<TopicId, &Folder> = folders.iter().map(|folder| (folder.id, folder)).collect();
    let mut planner =
        Planner { node, by_id: &by_id, plan: Plan { records: Vec::new(), report: RecoveryReport::default() } };
    planner.take_snapshot(before);
    planner.take_folders(before, folders);
    planner.skip_producer_ids(before, folders);
    let Plan { records, report } = planner.plan;
    check(&records)?;
    Ok(Plan { records, report })
}

struct Planner<'a> {
    node: BrokerId,
    by_id: &'a BTreeMap<TopicId, &'a Folder>,
    plan: Plan,
}

impl Planner<'_> {
    fn is_ending(&self, id: TopicId) -> bool {
        self.by_id.get(&id).is_some_and(|folder| folder.is_ending())
    }

    /// What the snapshot says, apart from topics that were deleted since.
    fn take_snapshot(&mut self, before: &ClusterImage) {
        for record in before.to_records() {
            let keeps = match &record {
                // A new generation begins without brokers, and without ids that are near those in use.
                Record::BrokerRegistered(_) | Record::ProducerIdsAllocated { .. } => false,
                Record::TopicCreated { topic_id, .. } | Record::PartitionCreated { topic_id, .. } => {
                    !self.is_ending(*topic_id)
                }
                Record::ConfigSet { resource, .. } if resource.kind == ConfigResourceKind::Topic => {
                    !before.topic_named(&resource.name).is_some_and(|topic| self.is_ending(topic.id))
                }
                _ => true,
            };
            match record {
                Record::PartitionCreated { topic_id, partition, state } if keeps => {
                    let state = self.led_anew(topic_id, partition, Some(&state));
                    self.plan.records.push(Record::PartitionCreated { topic_id, partition, state });
                }
                record if keeps => self.plan.records.push(record),
                _ => {}
            }
        }
        let mut topics: Vec<_> = before.topics().collect();
        topics.sort_by(|one, other| one.name.cmp(&other.name));
        for topic in topics {
            let (id, name, partitions) = (topic.id, Arc::clone(&topic.name), topic.partition_count());
            if self.is_ending(id) {
                self.end(TopicDeletion { topic_id: id, name, partitions, tiered: true });
                continue;
            }
            let partitions = (0..partitions).map(|number| self.partition_report(id, number)).collect();
            self.plan.report.topics.push(RecoveredTopic {
                name: name.to_string(),
                id,
                partitions,
                from_snapshot: true,
                tiered: topic.tiered,
                replicas_before: usize::try_from(topic.replication_factor()).unwrap_or(0),
            });
        }
    }

    /// Topics that came to be after the snapshot.
    fn take_folders(&mut self, before: &ClusterImage, folders: &[Folder]) {
        let mut names: BTreeSet<Arc<str>> =
            before.topics().filter(|topic| !self.is_ending(topic.id)).map(|topic| Arc::clone(&topic.name)).collect();
        let is_known = |id: TopicId| before.topic(id).is_some() || before.topic_deletion(id).is_some();
        let mut unknown: Vec<&Folder> = folders.iter().filter(|folder| !is_known(folder.id)).collect();
        // Of two with one name the younger is the one that its clients know.
        unknown.sort_by_key(|folder| std::cmp::Reverse(folder.created_ms));
        for folder in unknown {
            let (topic_id, partitions) = (folder.id, folder.partition_count());
            if folder.is_ending() {
                let name = folder.label().into();
                self.end(TopicDeletion { topic_id, name, partitions, tiered: true });
                continue;
            }
            match self.refusal(folder, &names) {
                Some(reason) => self.plan.report.lost.push(LostTopic { name: folder.label(), id: topic_id, reason }),
                None => {
                    let Some(name) = folder.name.clone() else { continue };
                    names.insert(Arc::clone(&name));
                    self.make_topic(folder, &name);
                }
            }
        }
    }

    /// Why a folder cannot become a topic.
    fn refusal(&self, folder: &Folder, names: &BTreeSet<Arc<str>>) -> Option<String> {
        let Some(name) = &folder.name else {
            return Some("neither the snapshot nor its topic.json says what it is called".to_owned());
        };
        if names.contains(name) {
            return Some("a later topic has its name".to_owned());
        }
        let count = folder.partition_count();
        if count == 0 {
            return Some("nothing of it is in the bucket but its name".to_owned());
        }
        (count > PARTITIONS_MAX).then(|| format!("a topic of {count} partitions cannot be"))
    }

    fn make_topic(&mut self, folder: &Folder, name: &Arc<str>) {
        let (topic_id, count) = (folder.id, folder.partition_count());
        self.plan.records.push(Record::TopicCreated { topic_id, name: Arc::clone(name), tiered: true });
        for partition in 0..count {
            let state = self.led_anew(topic_id, partition, None);
            self.plan.records.push(Record::PartitionCreated { topic_id, partition, state });
        }
        for (key, value) in CAREFUL_CONFIGS {
            let resource = ConfigResource::topic(&**name);
            self.plan.records.push(Record::ConfigSet { resource, key: key.to_owned(), value: Some(value.to_owned()) });
        }
        let partitions = (0..count).map(|number| self.partition_report(topic_id, number)).collect();
        self.plan.report.topics.push(RecoveredTopic {
            name: name.to_string(),
            id: topic_id,
            partitions,
            from_snapshot: false,
            tiered: true,
            replicas_before: 1,
        });
    }

    fn end(&mut self, deletion: TopicDeletion) {
        self.plan.report.deletions.push(deletion.name.to_string());
        self.plan.records.push(Record::TopicDeleted(deletion));
    }

    fn chain(&self, id: TopicId, number: i32) -> Option<&Result<Option<ChainState>, String>> {
        self.by_id.get(&id).and_then(|folder| folder.partitions.get(&number))
    }

    /// This broker alone has the partition, in an epoch above all that wrote to it.
    fn led_anew(&self, id: TopicId, number: i32, before: Option<&Partition>) -> Partition {
        let tiered = match self.chain(id, number) {
            Some(Ok(Some(state))) => state.leader_epoch,
            _ => -1,
        };
        let leader_epoch: LeaderEpoch = before.map_or(0, |state| state.leader_epoch).max(tiered).saturating_add(1);
        Partition {
            replicas: [self.node].into(),
            isr: [self.node].into(),
            leader: Some(self.node),
            leader_epoch,
            partition_epoch: before.map_or(0, |state| state.partition_epoch).saturating_add(1),
            ..Partition::default()
        }
    }

    fn partition_report(&self, id: TopicId, partition: i32) -> RecoveredPartition {
        let empty = RecoveredPartition { partition, offsets: None, bytes: 0, max_timestamp: None, damage: None };
        match self.chain(id, partition) {
            Some(Ok(Some(ChainState { log_start, tiered_end, bytes, max_timestamp, .. }))) => RecoveredPartition {
                offsets: Some((*log_start, *tiered_end)),
                bytes: *bytes,
                max_timestamp: *max_timestamp,
                ..empty
            },
            Some(Err(damage)) => RecoveredPartition { damage: Some(damage.clone()), ..empty },
            Some(Ok(None)) | None => empty,
        }
    }

    fn skip_producer_ids(&mut self, before: &ClusterImage, folders: &[Folder]) {
        let in_trailers = folders.iter().map(|folder| folder.producer_id_max.saturating_add(1)).max().unwrap_or(0);
        let next = before.next_producer_id().max(in_trailers).saturating_add(PRODUCER_ID_GAP);
        self.plan.report.next_producer_id = next;
        self.plan.records.push(Record::ProducerIdsAllocated { broker: -1, broker_epoch: -1, next });
    }
}

/// Applies the records to an empty image: what does not fit must be known before anything is written.
fn check(records: &[Record]) -> Result<(), RecoveryError> {
    let mut image = ClusterImage::default();
    for (offset, record) in (0..).zip(records) {
        image.apply(offset, record).map_err(|error| RecoveryError::Misfit(error.to_string()))?;
    }
    Ok(())
}
