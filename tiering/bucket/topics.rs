//! The topics of a cluster, by what their prefixes hold.

use crate::bucket::{BucketCluster, BucketPartition};
use crate::keys::{PartitionHome, topic_id_of};
use crate::store::{Reason, StoreError, StoreErrorKind};
use esker_model::{TimestampMs, TopicId};
use serde::Deserialize;
use std::sync::Arc;

/// Longest topic file that is read.
const TOPIC_FILE_LEN_MAX: usize = 64 << 10;

/// A topic in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketTopic {
    /// Its incarnation.
    pub id: TopicId,
    /// Its name; `None` where the topic's file is missing or damaged.
    pub name: Option<Arc<str>>,
    /// When it was created, as far as the file says.
    pub created_ms: Option<TimestampMs>,
    /// What is wrong with the topic's file.
    pub problem: Option<String>,
    /// Whether it is marked as deleted: its objects are on their way out.
    pub is_deleted: bool,
    /// The partitions that have a folder, in order.
    pub partitions: Vec<i32>,
    /// Names of folders that are no partition's.
    pub unknown: Vec<String>,
}

impl BucketTopic {
    /// Its name, or its id where the name is not known.
    pub fn label(&self) -> String {
        self.name.as_ref().map_or_else(|| self.id.to_string(), |name| name.to_string())
    }
}

#[derive(Deserialize)]
struct TopicFile {
    name: String,
    topic_id: TopicId,
    created_ms: Option<TimestampMs>,
}

impl BucketCluster {
    /// Folders of the cluster that are neither topics nor known otherwise.
    pub(crate) async fn unknown_folders(&self) -> Result<Vec<String>, StoreError> {
        let folders = self.bucket.store.list_dirs(Reason::Cluster, &format!("{}/", self.id)).await?;
        let is_known = |folder: &String| matches!(folder.as_str(), "generation" | "cluster" | "offsets" | "probe");
        Ok(folders.into_iter().filter(|folder| !is_known(folder) && topic_id_of(folder).is_none()).collect())
    }

    /// Every topic, by name; those without a readable name come last.
    pub async fn topics(&self) -> Result<Vec<BucketTopic>, StoreError> {
        let folders = self.bucket.store.list_dirs(Reason::Cluster, &format!("{}/", self.id)).await?;
        let mut topics = Vec::new();
        for id in folders.iter().filter_map(|folder| topic_id_of(folder)) {
            topics.push(self.topic(id).await?);
        }
        topics.sort_by(|one, other| {
            (one.name.is_none(), &one.name, one.id).cmp(&(other.name.is_none(), &other.name, other.id))
        });
        Ok(topics)
    }

    async fn topic(&self, id: TopicId) -> Result<BucketTopic, StoreError> {
        let folders = self.bucket.store.list_dirs(Reason::Cluster, &self.keys.topic(id)).await?;
        let number = |folder: &String| folder.parse::<i32>().ok().filter(|number| number.to_string() == *folder);
        let mut partitions: Vec<i32> = folders.iter().filter_map(number).collect();
        partitions.sort_unstable();
        let unknown = folders.into_iter().filter(|folder| number(folder).is_none()).collect();
        let is_deleted = self.small(&self.keys.deleted_mark(id)).await?.is_some();
        let file = match self.small(&self.keys.topic_json(id)).await? {
            None => Err("it is missing".to_owned()),
            Some(bytes) => match serde_json::from_slice::<TopicFile>(&bytes) {
                Ok(file) if file.topic_id == id => Ok(file),
                Ok(file) => Err(format!("it is that of topic {}", file.topic_id)),
                Err(error) => Err(error.to_string()),
            },
        };
        let (file, problem) = match file {
            Ok(file) => (Some(file), None),
            Err(problem) => (None, Some(problem)),
        };
        let created_ms = file.as_ref().and_then(|file| file.created_ms);
        let name = file.map(|file| file.name.into());
        Ok(BucketTopic { id, name, created_ms, problem, is_deleted, partitions, unknown })
    }

    async fn small(&self, key: &str) -> Result<Option<bytes::Bytes>, StoreError> {
        match self.bucket.store.get_small(Reason::Cluster, key, TOPIC_FILE_LEN_MAX).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind == StoreErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A partition. Whether there is anything of it in the bucket is not asked yet.
    pub fn partition(&self, topic: TopicId, label: &str, partition: i32) -> BucketPartition {
        let home = PartitionHome { topic_id: topic, partition };
        BucketPartition::new(self.bucket.clone(), self.keys.clone(), home, format!("{label}-{partition}"))
    }
}
