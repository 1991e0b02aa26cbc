//! Changes of in-sync sets that leaders ask for: Kafka's rules for AlterPartition.

use crate::cluster::{Cluster, Decision, Row};
use crate::partition_builder::{Election, PartitionBuilder};
use crate::{ControllerError, ErrorKind};
use esker_metadata::{LeaderRecovery, Partition, Record};
use esker_model::{BrokerEpoch, BrokerId, LeaderEpoch, TopicId};
use std::collections::HashSet;
use std::sync::Arc;

/// What a leader wants its partition's in-sync set to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsrProposal {
    /// The new in-sync set; of each member the registration in which it was seen in sync, where that is known.
    pub isr: Vec<(BrokerId, Option<BrokerEpoch>)>,
    /// The leader's epoch.
    pub leader_epoch: LeaderEpoch,
    /// The state of the partition that it builds on.
    pub partition_epoch: i32,
    /// Whether the leader has recovered from an unclean election.
    pub recovery: LeaderRecovery,
}

/// A proposal for one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsrChange {
    /// The topic.
    pub topic_id: TopicId,
    /// The partition's number.
    pub partition: i32,
    /// What is wanted.
    pub proposal: IsrProposal,
}

fn refuse<T>(kind: ErrorKind, text: impl Into<String>) -> Result<T, ControllerError> {
    Err(ControllerError::new(kind, text))
}

/// Decides on the proposals of the leader `from`, each by itself. The answers are the partitions as they will be.
pub fn decide(
    cluster: Cluster<'_>,
    from: BrokerId,
    epoch: BrokerEpoch,
    changes: &[IsrChange],
) -> Result<Decision<Vec<Row<Arc<Partition>>>>, ControllerError> {
    cluster.check_epoch(from, epoch)?;
    let mut records = Vec::new();
    let mut seen = HashSet::new();
    let rows = changes.iter().map(|change| {
        if !seen.insert((change.topic_id, change.partition)) {
            return refuse(ErrorKind::InvalidRequest, "a partition comes twice");
        }
        let (record, row) = decide_one(cluster, from, change)?;
        records.extend(record);
        row
    });
    let rows = rows.collect();
    Ok(Decision { records, answer: rows })
}

type One = (Option<Record>, Row<Arc<Partition>>);

fn decide_one(cluster: Cluster<'_>, from: BrokerId, change: &IsrChange) -> Result<One, ControllerError> {
    let Some(topic) = cluster.image.topic(change.topic_id) else {
        return refuse(ErrorKind::TopicIdUnknown, format!("topic {} does not exist", change.topic_id));
    };
    let Some(partition) = topic.partition(change.partition) else {
        return refuse(ErrorKind::TopicUnknown, format!("{} has no partition {}", topic.name, change.partition));
    };
    check(cluster, from, partition, &change.proposal)?;
    let settings = cluster.settings(topic);
    let min_isr = settings.min_insync_replicas.min(partition.replicas.len());
    let active = |id| cluster.image.is_active(id);
    let mut builder = PartitionBuilder::new(partition, cluster, min_isr, &active);
    builder.isr = change.proposal.isr.iter().map(|(id, _)| *id).collect();
    builder.recovery = change.proposal.recovery;
    if settings.unclean_election {
        builder.election = Election::Unclean;
    }
    let Some(made) = builder.build() else { return Ok((None, Ok(Arc::clone(partition)))) };
    let after = partition.with(&made);
    let row = if after.leader == Some(from) {
        Ok(Arc::new(after))
    } else {
        // The change completed a reassignment that the leader itself was not to survive.
        refuse(ErrorKind::NewLeaderElected, format!("broker {:?} leads from now on", after.leader))
    };
    let record = Record::PartitionChanged { topic_id: topic.id, partition: change.partition, change: made };
    Ok((Some(record), row))
}

/// Kafka's checks in Kafka's order: whoever asks is told the first thing that is wrong.
fn check(
    cluster: Cluster<'_>,
    from: BrokerId,
    partition: &Partition,
    wanted: &IsrProposal,
) -> Result<(), ControllerError> {
    let (leader_epoch, partition_epoch) = (partition.leader_epoch, partition.partition_epoch);
    if wanted.leader_epoch > leader_epoch || wanted.partition_epoch > partition_epoch {
        return refuse(ErrorKind::NotController, "the leader knows a newer state than this controller");
    }
    if wanted.leader_epoch < leader_epoch {
        return refuse(ErrorKind::FencedLeaderEpoch, format!("the leader epoch is {leader_epoch}"));
    }
    if partition.leader != Some(from) {
        return refuse(ErrorKind::InvalidRequest, format!("broker {from} does not lead the partition"));
    }
    if wanted.partition_epoch < partition_epoch {
        return refuse(ErrorKind::StalePartitionEpoch, format!("the partition epoch is {partition_epoch}"));
    }
    check_members(partition, from, wanted)?;
    let ineligible: Vec<String> =
        wanted.isr.iter().filter_map(|(id, epoch)| ineligible(cluster, *id, *epoch)).collect();
    if !ineligible.is_empty() {
        return refuse(ErrorKind::IneligibleReplica, ineligible.join(", "));
    }
    Ok(())
}

fn check_members(partition: &Partition, leader: BrokerId, wanted: &IsrProposal) -> Result<(), ControllerError> {
    let invalid = |text: &str| refuse(ErrorKind::InvalidRequest, text);
    let mut seen = HashSet::new();
    if !wanted.isr.iter().all(|(id, _)| partition.replicas.contains(id) && seen.insert(*id)) {
        return invalid("the in-sync set must consist of replicas, each once");
    }
    if !seen.contains(&leader) {
        return invalid("the in-sync set must contain the leader");
    }
    match (partition.recovery, wanted.recovery) {
        (_, LeaderRecovery::Recovering) if wanted.isr.len() > 1 => {
            invalid("a leader that still recovers from an unclean election must be the only one in sync")
        }
        (LeaderRecovery::Recovered, LeaderRecovery::Recovering) => invalid("a leader that has recovered stays so"),
        _ => Ok(()),
    }
}

/// Why a replica may not be in sync (KIP-841, KIP-903).
fn ineligible(cluster: Cluster<'_>, id: BrokerId, epoch: Option<BrokerEpoch>) -> Option<String> {
    let Some(broker) = cluster.image.broker(id) else { return Some(format!("broker {id} is not registered")) };
    let why = if broker.in_controlled_shutdown {
        "is shutting down".to_owned()
    } else if broker.fenced {
        "is fenced".to_owned()
    } else if let Some(epoch) = epoch.filter(|epoch| *epoch != broker.epoch) {
        format!("was seen with epoch {epoch}, and has {}", broker.epoch)
    } else {
        return None;
    };
    Some(format!("broker {id} {why}"))
}
