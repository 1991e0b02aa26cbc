//! Topic and partition as they are written on a command line.

use super::failure::Failure;
use super::place::Place;
use esker_tiering::bucket::BucketPartition;

/// A partition on a command line.
#[derive(Debug, clap::Args)]
pub struct PartitionName {
    /// The topic's name, or its id.
    topic: String,
    /// The partition's number.
    #[arg(default_value_t = 0)]
    partition: i32,
}

impl PartitionName {
    /// The topic as it was given.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The partition's number.
    pub fn number(&self) -> i32 {
        self.partition
    }

    /// Finds the partition in the bucket.
    pub async fn find(&self, place: &Place) -> Result<BucketPartition, Failure> {
        let cluster = place.cluster().await?;
        let topic = place.topic(&cluster, &self.topic).await?;
        if !topic.partitions.contains(&self.partition) {
            return Err(Failure::Bad(format!("{} has no partition {} in the bucket", topic.label(), self.partition)));
        }
        Ok(cluster.partition(topic.id, &topic.label(), self.partition))
    }
}
