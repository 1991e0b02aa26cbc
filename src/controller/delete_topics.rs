//! Topics go. One that was ever tiered stays in the image as a job until nothing of it is left in the bucket.

use crate::cluster::{Cluster, Decision, RECORDS_MAX, Row};
use crate::{ControllerError, ErrorKind};
use esker_metadata::{Record, TopicDeletion};
use esker_model::TopicId;
use std::collections::HashSet;
use std::sync::Arc;

/// Decides on each topic by itself.
///
/// # Errors
/// All together are more than one request may ask for.
pub fn decide(cluster: Cluster<'_>, topics: &[TopicId]) -> Result<Decision<Vec<Row<()>>>, ControllerError> {
    let mut records = Vec::new();
    let mut deleted = HashSet::new();
    let rows: Vec<Row<()>> = topics
        .iter()
        .map(|id| {
            let topic = cluster.image.topic(*id).filter(|_| deleted.insert(*id));
            let topic = topic.ok_or_else(|| {
                ControllerError::new(ErrorKind::TopicIdUnknown, "This server does not host this topic ID.")
            })?;
            records.push(Record::TopicDeleted(TopicDeletion {
                topic_id: topic.id,
                name: Arc::clone(&topic.name),
                partitions: topic.partition_count(),
                tiered: topic.tiered,
            }));
            if !topic.tiered {
                // Local logs go as their brokers see that the topic is gone, now or when they start: no job is needed.
                records.push(Record::TopicDeletionFinished { topic_id: topic.id });
            }
            Ok(())
        })
        .collect();
    if records.len() > RECORDS_MAX {
        return Err(ControllerError::too_large());
    }
    Ok(Decision { records, answer: rows })
}

/// Nothing of a deleted topic is left. Said twice it is as good as once.
pub fn finish(cluster: Cluster<'_>, topic_id: TopicId) -> Decision<()> {
    match cluster.image.topic_deletion(topic_id) {
        Some(_) => Decision { records: vec![Record::TopicDeletionFinished { topic_id }], answer: () },
        None => Decision::nothing(()),
    }
}
