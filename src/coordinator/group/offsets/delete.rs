//! Offsets and whole groups are deleted, and offsets of topics that are gone.

use crate::group::effects::Effects;
use crate::group::error::{GroupError, GroupFault};
use crate::group::record::{Fact, GroupRecord};
use crate::group::shard::{Group, GroupShard, Kind};
use esker_model::TopicId;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A tombstone for an offset.
pub(super) fn tombstone(group: &Arc<str>, topic: &Arc<str>, partition: i32) -> GroupRecord {
    let fact = Fact::Offset { topic: Arc::clone(topic), partition, value: None };
    GroupRecord { group: Arc::clone(group), fact }
}

impl GroupShard {
    /// Deletes offsets of topics that the group does not read; gives the fault of each partition.
    pub(crate) fn delete_offsets(
        &self,
        group: &Arc<str>,
        topics: &[(Arc<str>, Vec<i32>)],
        effects: &mut Effects,
    ) -> Result<Vec<Vec<Option<GroupFault>>>, GroupError> {
        let state = self.groups.get(group).ok_or_else(|| self.unknown_group(group))?;
        if let Kind::Classic(classic) = &state.kind {
            classic.check_delete_offsets()?;
        }
        let mut answer = Vec::with_capacity(topics.len());
        for (topic, partitions) in topics {
            let fault = state.reads(topic).then_some(GroupFault::GroupSubscribedToTopic);
            answer.push(vec![fault; partitions.len()]);
            if fault.is_none() {
                let known = partitions.iter().filter(|partition| state.has_offset(topic, **partition));
                effects.records.extend(known.map(|partition| tombstone(group, topic, *partition)));
            }
        }
        Ok(answer)
    }

    /// Deletes a group without members, and all of its offsets.
    pub(crate) fn delete_group(&self, group: &Arc<str>, effects: &mut Effects) -> Result<(), GroupError> {
        let state = self.groups.get(group).ok_or_else(|| self.unknown_group(group))?;
        if !state.is_empty() {
            return Err(GroupFault::NonEmptyGroup.into());
        }
        let all = state.all_offsets();
        effects.records.extend(all.iter().map(|(topic, partition)| tombstone(group, topic, *partition)));
        effects.records.extend(state.tombstones(group));
        Ok(())
    }

    /// The tombstones for offsets of topics that are gone.
    pub(crate) fn topics_deleted(&self, topics: &[(Arc<str>, TopicId)]) -> Vec<GroupRecord> {
        let mut records = Vec::new();
        for (group, state) in &self.groups {
            for (topic, id) in topics {
                let mut partitions: BTreeSet<i32> = BTreeSet::new();
                let of_it = |known: TopicId| known.is_zero() || known == *id;
                let known = state.offsets.of_topic(topic).iter();
                partitions.extend(known.filter(|(_, known)| of_it(known.value.topic_id)).map(|(number, _)| *number));
                partitions.extend(state.open.keys().filter(|(name, _)| name == topic).map(|(_, number)| *number));
                records.extend(partitions.into_iter().map(|partition| tombstone(group, topic, partition)));
            }
        }
        records
    }
}

impl Group {
    pub(super) fn has_offset(&self, topic: &Arc<str>, partition: i32) -> bool {
        self.offsets.get(topic, partition).is_some() || self.open.contains_key(&(Arc::clone(topic), partition))
    }

    fn all_offsets(&self) -> BTreeSet<(Arc<str>, i32)> {
        let committed = self
            .offsets
            .topics()
            .flat_map(|(topic, partitions)| partitions.iter().map(|(partition, _)| (Arc::clone(topic), *partition)));
        committed.chain(self.open.keys().cloned()).collect()
    }
}
