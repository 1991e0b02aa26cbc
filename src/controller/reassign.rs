//! Partitions move to other replicas, and moves are called off (KIP-455).
//!
//! A move adds the new replicas to the old ones. Once all new ones are in sync the old ones leave: that, and the case where nothing
//! has to be waited for, is the partition builder's.

use crate::cluster::{Cluster, Decision, RECORDS_MAX, Row};
use crate::partition_builder::{Election, PartitionBuilder};
use crate::{ControllerError, ErrorKind, manual};
use esker_metadata::{Partition, PartitionChange, Record, Topic};
use esker_model::BrokerId;
use std::collections::BTreeSet;

/// What somebody wants of one partition's replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reassignment {
    /// The partition's number.
    pub partition: i32,
    /// Its replicas to be; `None` calls off the move that is under way.
    pub replicas: Option<Vec<BrokerId>>,
}

/// What befell partitions, by topic in the order of the question.
pub type ReassignmentRows = Vec<(String, Vec<(i32, Row<()>)>)>;

/// Decides on each partition by itself. Without `may_resize` a partition keeps its number of replicas (KIP-860).
///
/// # Errors
/// All together are more than one request may ask for.
pub fn decide(
    cluster: Cluster<'_>,
    topics: &[(String, Vec<Reassignment>)],
    may_resize: bool,
) -> Result<Decision<ReassignmentRows>, ControllerError> {
    let mut records = Vec::new();
    let mut done = BTreeSet::new();
    let mut answer = Vec::with_capacity(topics.len());
    for (name, wanted) in topics {
        let mut rows = Vec::with_capacity(wanted.len());
        for one in wanted {
            let outcome = decide_one(cluster, name, one, may_resize);
            let row = outcome.map(|record| {
                // A second record would be about a partition that the first has changed.
                if done.insert((name, one.partition)) {
                    records.extend(record);
                }
            });
            rows.push((one.partition, row));
        }
        answer.push((name.clone(), rows));
    }
    if records.len() > RECORDS_MAX {
        return Err(ControllerError::too_large());
    }
    Ok(Decision { records, answer })
}

fn decide_one(cluster: Cluster<'_>, name: &str, wanted: &Reassignment, may_resize: bool) -> Row<Option<Record>> {
    let unknown = |text| ControllerError::new(ErrorKind::TopicUnknown, text);
    let number = wanted.partition;
    let Some(topic) = cluster.image.topic_named(name) else {
        return Err(unknown(format!("Unable to find a topic named {name}.")));
    };
    let Some(partition) = topic.partition(number) else {
        return Err(unknown(format!("Unable to find partition {name}:{number}.")));
    };
    let change = match &wanted.replicas {
        Some(replicas) => reassign(cluster, topic, partition, replicas, may_resize)?,
        None => call_off(cluster, topic, partition, number)?,
    };
    Ok(change.map(|change| Record::PartitionChanged { topic_id: topic.id, partition: number, change }))
}

fn is_moving(partition: &Partition) -> bool {
    !partition.adding.is_empty() || !partition.removing.is_empty()
}

fn min_isr(cluster: Cluster<'_>, topic: &Topic, partition: &Partition) -> usize {
    cluster.settings(topic).min_insync_replicas.min(partition.replicas.len())
}

fn reassign(
    cluster: Cluster<'_>,
    topic: &Topic,
    partition: &Partition,
    wanted: &[BrokerId],
    may_resize: bool,
) -> Row<Option<PartitionChange>> {
    manual::check(cluster, wanted, None)?;
    let staying = partition.replicas.iter().filter(|id| !partition.removing.contains(id)).count();
    if !may_resize && staying != wanted.len() {
        return Err(ControllerError::new(
            ErrorKind::InvalidReplicationFactor,
            format!("The replication factor is changed from {staying} to {}", wanted.len()),
        ));
    }
    let without = |all: &[BrokerId], others: &[BrokerId]| {
        let rest: BTreeSet<BrokerId> = all.iter().copied().filter(|id| !others.contains(id)).collect();
        rest.into_iter().collect::<Vec<_>>()
    };
    let removing = without(&partition.replicas, wanted);
    let adding = without(wanted, &partition.replicas);
    let active = |id| cluster.image.is_active(id);
    let mut builder = PartitionBuilder::new(partition, cluster, min_isr(cluster, topic, partition), &active);
    builder.replicas = wanted.iter().chain(&removing).copied().collect();
    // A move that adds or removes nothing more leaves the one that is under way to its end.
    if !removing.is_empty() {
        builder.removing = removing;
    }
    if !adding.is_empty() {
        builder.adding = adding;
    }
    Ok(builder.build())
}

fn call_off(cluster: Cluster<'_>, topic: &Topic, partition: &Partition, number: i32) -> Row<Option<PartitionChange>> {
    if !is_moving(partition) {
        return Err(ControllerError::bare(ErrorKind::NoReassignment));
    }
    let stays = |id: &BrokerId| !partition.adding.contains(id);
    let replicas: Vec<BrokerId> = partition.replicas.iter().copied().filter(stays).collect();
    let mut isr: Vec<BrokerId> = partition.isr.iter().copied().filter(stays).collect();
    let unclean = isr.is_empty();
    let may_be_unclean = cluster.settings(topic).unclean_election;
    if unclean && !may_be_unclean {
        let text = format!(
            "Unable to revert partition assignment for {}:{number} because it would require an unclean leader election.",
            topic.name
        );
        return Err(ControllerError::new(ErrorKind::InvalidReplicaAssignment, text));
    }
    if unclean {
        isr.extend(replicas.first());
    }
    let active = |id| cluster.image.is_active(id);
    let mut builder = PartitionBuilder::new(partition, cluster, min_isr(cluster, topic, partition), &active);
    if may_be_unclean {
        builder.election = Election::Unclean;
    }
    (builder.replicas, builder.isr) = (replicas, isr);
    builder.adding.clear();
    builder.removing.clear();
    Ok(builder.build())
}
