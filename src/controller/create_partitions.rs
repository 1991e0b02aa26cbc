//! Topics grow: new partitions behind the last ones.

use crate::cluster::{Cluster, Decision, RECORDS_MAX, Row};
use crate::placement::Placer;
use crate::{ControllerError, ErrorKind, manual};
use esker_env::Random;
use esker_metadata::{Record, Topic};
use esker_model::BrokerId;
use std::collections::HashSet;
use std::sync::Arc;

/// How far a topic is to grow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MorePartitions {
    /// The topic.
    pub topic: Arc<str>,
    /// How many partitions it is to have.
    pub count: i32,
    /// The replicas of each new partition; `None` where the controller chooses.
    pub assignments: Option<Vec<Vec<BrokerId>>>,
}

/// Decides on each topic by itself.
///
/// # Errors
/// All together are more than one request may ask for.
pub fn decide(
    cluster: Cluster<'_>,
    topics: &[MorePartitions],
    random: &dyn Random,
) -> Result<Decision<Vec<Row<()>>>, ControllerError> {
    let mut seen = HashSet::new();
    let twice: HashSet<&Arc<str>> =
        topics.iter().map(|wanted| &wanted.topic).filter(|name| !seen.insert(*name)).collect();
    let mut records = Vec::new();
    let mut rows = Vec::with_capacity(topics.len());
    for wanted in topics {
        if twice.contains(&wanted.topic) {
            rows.push(Err(ControllerError::new(ErrorKind::InvalidRequest, "Duplicate topic name.")));
            continue;
        }
        match additional(cluster, wanted) {
            Err(error) => rows.push(Err(error)),
            // Counted before anything is placed: a count costs four bytes, a partition hundreds.
            Ok((_, additional)) if additional + records.len() > RECORDS_MAX => {
                return Err(ControllerError::too_large());
            }
            Ok((topic, additional)) => {
                let grown = grow(cluster, topic, additional, wanted, random);
                rows.push(grown.map(|mut of_topic| records.append(&mut of_topic)));
            }
        }
    }
    Ok(Decision { records, answer: rows })
}

/// The topic and by how much it is to grow.
fn additional<'a>(cluster: Cluster<'a>, wanted: &MorePartitions) -> Result<(&'a Topic, usize), ControllerError> {
    let Some(topic) = cluster.image.topic_named(&wanted.topic) else {
        return Err(ControllerError::bare(ErrorKind::TopicUnknown));
    };
    let bad = |text: String| Err(ControllerError::new(ErrorKind::InvalidPartitions, text));
    let (count, present) = (wanted.count, topic.partition_count());
    if count == present {
        return bad(format!("Topic already has {present} partition(s)."));
    }
    if count < present {
        let name = &topic.name;
        return bad(format!(
            "The topic {name} currently has {present} partition(s); {count} would not be an increase."
        ));
    }
    let additional = usize::try_from(count - present).unwrap_or(0);
    match &wanted.assignments {
        Some(assignments) if assignments.len() != additional => Err(ControllerError::new(
            ErrorKind::InvalidReplicaAssignment,
            format!(
                "Attempted to add {additional} additional partition(s), but only {} assignment(s) were specified.",
                assignments.len()
            ),
        )),
        _ => Ok((topic, additional)),
    }
}

fn grow(
    cluster: Cluster<'_>,
    topic: &Topic,
    additional: usize,
    wanted: &MorePartitions,
    random: &dyn Random,
) -> Result<Vec<Record>, ControllerError> {
    let factor = topic.replication_factor();
    let replicas = match &wanted.assignments {
        Some(assignments) => {
            let factor = usize::from(factor.unsigned_abs());
            assignments.iter().try_for_each(|replicas| manual::check(cluster, replicas, Some(factor)))?;
            assignments.clone()
        }
        None => {
            let mut placer = Placer::new(cluster.image, random);
            placer.check(factor)?;
            (0..additional).map(|_| placer.place(factor)).collect()
        }
    };
    let numbered = (topic.partition_count()..).zip(replicas);
    numbered
        .map(|(partition, replicas)| match cluster.new_partition(&replicas) {
            Some(state) => Ok(Record::PartitionCreated { topic_id: topic.id, partition, state }),
            None if wanted.assignments.is_some() => Err(manual::all_inactive(partition)),
            None => Err(ControllerError::new(
                ErrorKind::InvalidReplicationFactor,
                format!(
                    "Unable to replicate the partition {factor} time(s): All brokers are currently fenced or in \
                     controlled shutdown."
                ),
            )),
        })
        .collect()
}
