//! A topic with its partitions, and a topic on its way out.

use crate::Partition;
use esker_model::TopicId;
use imbl::Vector;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Identity of this incarnation.
    pub id: TopicId,
    /// Its name.
    pub name: Arc<str>,
    /// Its partitions; the position is the partition's number.
    pub partitions: Vector<Arc<Partition>>,
    /// Whether its segments have ever been allowed to leave for the tier. Stays true when the tier is switched off
    /// for the topic: what is in the bucket must still be found when the topic is deleted.
    pub tiered: bool,
}

impl Topic {
    /// Partition number `partition`.
    pub fn partition(&self, partition: i32) -> Option<&Arc<Partition>> {
        usize::try_from(partition).ok().and_then(|at| self.partitions.get(at))
    }

    /// How many partitions it has.
    pub fn partition_count(&self) -> i32 {
        i32::try_from(self.partitions.len()).unwrap_or(i32::MAX)
    }

    /// How many replicas its first partition has.
    pub fn replication_factor(&self) -> i16 {
        let replicas = self.partitions.front().map_or(0, |first| first.replicas.len());
        i16::try_from(replicas).unwrap_or(i16::MAX)
    }
}

/// A deleted topic of which something may be left on disks or in the bucket. It stays in the image until
/// a record says that nothing is, so that the job survives every restart; its name is free at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicDeletion {
    /// The deleted incarnation.
    pub topic_id: TopicId,
    /// The name that it had.
    pub name: Arc<str>,
    /// How many partitions it had.
    pub partitions: i32,
    /// Whether the bucket may hold segments of it.
    #[serde(default)]
    pub tiered: bool,
}
