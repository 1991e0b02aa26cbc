//! The offsets of one group. There may be a million groups with one offset each: a group's table has no slack.

use crate::group::record::CommittedOffset;
use esker_model::Offset;
use std::collections::HashMap;
use std::sync::Arc;

/// An offset, and where its record lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredOffset {
    pub value: CommittedOffset,
    /// Of two commits the one further on in the log counts.
    pub record_offset: Offset,
}

impl StoredOffset {
    pub(super) fn weight(&self) -> usize {
        104 + self.value.metadata.len()
    }
}

/// The offsets of one group, by topic and partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct OffsetTable {
    /// Each list ascends by partition and is never empty.
    topics: HashMap<Arc<str>, Vec<(i32, StoredOffset)>>,
    weight: usize,
}

impl OffsetTable {
    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    /// Memory that it takes, about.
    pub fn weight(&self) -> usize {
        self.weight
    }

    pub fn get(&self, topic: &str, partition: i32) -> Option<&StoredOffset> {
        let partitions = self.topics.get(topic)?;
        let at = partitions.binary_search_by_key(&partition, |(number, _)| *number).ok()?;
        Some(&partitions[at].1)
    }

    pub fn put(&mut self, topic: &Arc<str>, partition: i32, offset: StoredOffset) {
        let partitions = match self.topics.get_mut(topic) {
            Some(partitions) => partitions,
            None => {
                self.weight += 96 + topic.len();
                self.topics.entry(Arc::clone(topic)).or_insert_with(|| Vec::with_capacity(1))
            }
        };
        self.weight += offset.weight();
        // Mostly in order: a log that was compacted keeps the order in which a group's partitions were committed.
        if partitions.last().is_none_or(|(last, _)| *last < partition) {
            return partitions.push((partition, offset));
        }
        match partitions.binary_search_by_key(&partition, |(number, _)| *number) {
            Ok(at) => {
                let old = std::mem::replace(&mut partitions[at].1, offset);
                self.weight -= old.weight();
            }
            Err(at) => partitions.insert(at, (partition, offset)),
        }
    }

    pub fn remove(&mut self, topic: &str, partition: i32) -> bool {
        let Some(partitions) = self.topics.get_mut(topic) else { return false };
        let Ok(at) = partitions.binary_search_by_key(&partition, |(number, _)| *number) else { return false };
        let (_, old) = partitions.remove(at);
        self.weight -= old.weight();
        if partitions.is_empty() {
            self.topics.remove(topic);
            self.weight -= 96 + topic.len();
        }
        true
    }

    /// All topics with their partitions.
    pub fn topics(&self) -> impl Iterator<Item = (&Arc<str>, &[(i32, StoredOffset)])> {
        self.topics.iter().map(|(topic, partitions)| (topic, partitions.as_slice()))
    }

    /// The partitions of a topic.
    pub fn of_topic(&self, topic: &str) -> &[(i32, StoredOffset)] {
        self.topics.get(topic).map_or(&[], |partitions| partitions)
    }
}
