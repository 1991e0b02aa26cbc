//! What a recovery brings back, and what it cannot.

use esker_coordinator::group::{OFFSETS_TOPIC, RestoredSummary};
use esker_model::{Offset, TimestampMs, TopicId};

/// A topic that is served again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveredTopic {
    /// Its name.
    pub name: String,
    /// Its incarnation.
    pub id: TopicId,
    /// Its partitions.
    pub partitions: Vec<RecoveredPartition>,
    /// Whether the snapshot knew it; otherwise it was made of what its folder says.
    pub from_snapshot: bool,
    /// Whether its segments were ever allowed into the bucket.
    pub tiered: bool,
    /// How many replicas it had.
    pub replicas_before: usize,
}

/// A partition that is served again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveredPartition {
    /// Its number.
    pub partition: i32,
    /// What of it is in the bucket: log start, tiered end. Records behind the end are lost.
    pub offsets: Option<(Offset, Offset)>,
    /// Bytes of its objects.
    pub bytes: u64,
    /// The newest timestamp in the bucket.
    pub max_timestamp: Option<TimestampMs>,
    /// Its chain cannot be used: it is not served before a repair.
    pub damage: Option<String>,
}

/// A topic that is not served again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostTopic {
    /// Its name, or its id where nobody knows the name.
    pub name: String,
    /// Its incarnation.
    pub id: TopicId,
    /// Why.
    pub reason: String,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveryReport {
    /// The cluster.
    pub cluster: String,
    /// The generation that it had.
    pub generation_before: u32,
    /// The snapshot that was used: its number and the offset of its last record.
    pub snapshot: Option<(u64, Offset)>,
    /// Topics that are served again.
    pub topics: Vec<RecoveredTopic>,
    /// Topics that are not.
    pub lost: Vec<LostTopic>,
    /// Topics whose deletion goes on.
    pub deletions: Vec<String>,
    /// What is damaged, in the words of a check.
    pub damage: Vec<String>,
    /// Committed offsets that groups have again.
    pub offsets: RestoredSummary,
    /// The first producer id that is given out.
    pub next_producer_id: i64,
}

impl RecoveryReport {
    /// Bytes that are served again.
    pub fn bytes(&self) -> u64 {
        self.topics.iter().flat_map(|topic| &topic.partitions).map(|partition| partition.bytes).sum()
    }

    /// Names of topics that come back empty, because nothing of them was ever in the bucket.
    pub fn empty_topics(&self) -> impl Iterator<Item = &RecoveredTopic> {
        let is_empty =
            |topic: &&RecoveredTopic| topic.partitions.iter().all(|one| one.offsets.is_none() && one.damage.is_none());
        // What matters of the one that keeps groups has come another way.
        let is_lost = |topic: &&RecoveredTopic| topic.name != OFFSETS_TOPIC || self.offsets.offsets == 0;
        self.topics.iter().filter(is_empty).filter(is_lost)
    }
}
