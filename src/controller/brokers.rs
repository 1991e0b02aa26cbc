//! Brokers come, are fenced and unfenced, stop and go; leadership and in-sync sets follow.

use crate::cluster::{Cluster, Decision};
use crate::partition_builder::{Election, PartitionBuilder};
use crate::{ControllerError, ErrorKind};
use esker_metadata::{Broker, DirectoryId, Endpoint, Partition, Record, VersionRange};
use esker_model::{BrokerEpoch, BrokerId, ClusterId, Offset};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What a broker says of itself when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBroker {
    /// Its `node.id`.
    pub id: BrokerId,
    /// Identity of this run of its process.
    pub incarnation: Uuid,
    /// The cluster that it belongs to, where it knows.
    pub cluster_id: Option<ClusterId>,
    /// Where it is reached.
    pub endpoints: Vec<Endpoint>,
    /// Where it stands.
    pub rack: Option<String>,
    /// Its log directories that are online.
    pub log_dirs: Vec<DirectoryId>,
    /// The features that it supports.
    pub features: BTreeMap<String, VersionRange>,
    /// The registration of its last run, where that ended cleanly: all that it had was synced. Otherwise it leaves the
    /// in-sync sets until it has caught up again.
    pub previous_epoch: Option<BrokerEpoch>,
}

fn invalid(text: impl Into<String>) -> ControllerError {
    ControllerError::new(ErrorKind::InvalidRegistration, text)
}

/// Registers a broker, fenced. The answer is its epoch, the offset of its record.
///
/// `has_session` says whether a broker with this id is known to be running.
pub fn register(
    cluster: Cluster<'_>,
    new: &NewBroker,
    has_session: bool,
) -> Result<Decision<BrokerEpoch>, ControllerError> {
    check_registration(cluster, new)?;
    let known = cluster.image.broker(new.id);
    if let Some(known) = known.filter(|known| known.incarnation == new.incarnation) {
        // The same run says something else of itself: it keeps its epoch and state.
        let broker = describe(new, known.epoch, known.fenced, known.in_controlled_shutdown);
        return Ok(Decision { records: vec![Record::BrokerRegistered(broker)], answer: known.epoch });
    }
    if known.is_some() && has_session {
        return Err(ControllerError::new(
            ErrorKind::BrokerTaken,
            "Another broker is registered with that broker id. If the broker was recently restarted this should \
             self-resolve once the heartbeat manager expires the broker's session.",
        ));
    }
    let was_clean = known.is_some_and(|known| new.previous_epoch == Some(known.epoch));
    // Its earlier self is gone in any case. What that had is complete where it ended cleanly; else what it had not synced
    // may be lost, and it is no longer eligible (KIP-966).
    let lost = (!was_clean && cluster.keeps_elr()).then_some(new.id);
    let mut records = removed(cluster, new.id, lost);
    let before = Offset::try_from(records.len()).unwrap_or(Offset::MAX);
    let epoch = cluster.image.offset().saturating_add(1).saturating_add(before);
    records.push(Record::BrokerRegistered(describe(new, epoch, true, false)));
    Ok(Decision { records, answer: epoch })
}

fn describe(new: &NewBroker, epoch: BrokerEpoch, fenced: bool, in_controlled_shutdown: bool) -> Broker {
    Broker {
        id: new.id,
        incarnation: new.incarnation,
        epoch,
        endpoints: new.endpoints.clone(),
        rack: new.rack.clone(),
        log_dirs: new.log_dirs.clone(),
        features: new.features.clone(),
        fenced,
        in_controlled_shutdown,
    }
}

fn check_registration(cluster: Cluster<'_>, new: &NewBroker) -> Result<(), ControllerError> {
    let Some(cluster_id) = cluster.image.cluster_id() else {
        return Err(ControllerError::new(ErrorKind::ClusterMismatch, "the cluster has not been created"));
    };
    if let Some(claimed) = new.cluster_id.as_ref().filter(|claimed| *claimed != cluster_id) {
        return Err(ControllerError::new(
            ErrorKind::ClusterMismatch,
            format!("Expected cluster ID {cluster_id}, but got cluster ID {claimed}"),
        ));
    }
    if new.log_dirs.is_empty() {
        return Err(invalid("No directories specified in request"));
    }
    if new.log_dirs.iter().any(DirectoryId::is_nil) {
        return Err(invalid("Reserved directory ID in request"));
    }
    let dirs: BTreeSet<&DirectoryId> = new.log_dirs.iter().collect();
    if dirs.len() != new.log_dirs.len() {
        return Err(invalid("Duplicate directory ID in request"));
    }
    for other in cluster.image.brokers().filter(|other| other.id != new.id) {
        if let Some(taken) = other.log_dirs.iter().find(|dir| dirs.contains(dir)) {
            return Err(invalid(format!("Broker {} is already registered with directory {taken}", other.id)));
        }
    }
    for (name, level) in cluster.image.features() {
        let VersionRange { min, max } = new.features.get(name).copied().unwrap_or(VersionRange { min: 0, max: 0 });
        if !(min..=max).contains(&level) {
            return Err(ControllerError::new(
                ErrorKind::UnsupportedFeature,
                format!(
                    "Unable to register because the broker does not support finalized version {level} of {name}. The \
                     broker wants a version between {min} and {max}, inclusive."
                ),
            ));
        }
    }
    Ok(())
}

/// Fences, unfences or lets a broker stop, with what follows for the partitions.
pub fn change_state(
    cluster: Cluster<'_>,
    id: BrokerId,
    epoch: BrokerEpoch,
    fenced: Option<bool>,
    in_controlled_shutdown: Option<bool>,
) -> Result<Decision<()>, ControllerError> {
    cluster.check_epoch(id, epoch)?;
    let Some(broker) = cluster.image.broker(id) else { return Ok(Decision::nothing(())) };
    let fenced = fenced.filter(|fenced| *fenced != broker.fenced);
    let stopping = in_controlled_shutdown.filter(|stopping| *stopping != broker.in_controlled_shutdown);
    if fenced.is_none() && stopping.is_none() {
        return Ok(Decision::nothing(()));
    }
    let was_active = broker.is_active();
    let is_active = !fenced.unwrap_or(broker.fenced) && !stopping.unwrap_or(broker.in_controlled_shutdown);
    let mut records = vec![Record::BrokerChanged { broker: id, epoch, fenced, in_controlled_shutdown: stopping }];
    if was_active && !is_active {
        // Leadership goes first, so that no image shows a leader that is away.
        let mut moved = removed(cluster, id, None);
        moved.append(&mut records);
        records = moved;
    } else if !was_active && is_active {
        records.extend(elected_with(cluster, id));
    }
    Ok(Decision { records, answer: () })
}

/// Takes a broker out of the cluster, with what follows for the partitions.
pub fn unregister(cluster: Cluster<'_>, id: BrokerId) -> Result<Decision<()>, ControllerError> {
    let Some(broker) = cluster.image.broker(id) else {
        return Err(ControllerError::new(
            ErrorKind::BrokerUnknown,
            format!("Broker ID {id} is not currently registered"),
        ));
    };
    // What it had may never come back: it is not eligible any more either.
    let mut records = removed(cluster, id, cluster.keeps_elr().then_some(id));
    records.push(Record::BrokerUnregistered { broker: id, epoch: broker.epoch });
    Ok(Decision { records, answer: () })
}

/// The changes of all partitions for which `concerns` holds.
fn changes<'a>(
    cluster: Cluster<'a>,
    may_lead: &dyn Fn(BrokerId) -> bool,
    concerns: impl Fn(&Partition) -> bool + 'a,
    prepare: impl Fn(&mut PartitionBuilder<'_>),
) -> Vec<Record> {
    let mut records = Vec::new();
    for topic in cluster.image.topics().filter(|topic| topic.partitions.iter().any(|state| concerns(state))) {
        let settings = cluster.settings(topic);
        for (partition, number) in topic.partitions.iter().zip(0..).filter(|(partition, _)| concerns(partition)) {
            let min_isr = settings.min_insync_replicas.min(partition.replicas.len());
            let mut builder = PartitionBuilder::new(partition, cluster, min_isr, may_lead);
            if settings.unclean_election {
                builder.election = Election::Unclean;
            }
            prepare(&mut builder);
            if let Some(change) = builder.build() {
                records.push(Record::PartitionChanged { topic_id: topic.id, partition: number, change });
            }
        }
    }
    records
}

/// A broker leaves every in-sync set; where `lost` names it, it also counts as one that may have lost what was not synced.
fn removed(cluster: Cluster<'_>, id: BrokerId, lost: Option<BrokerId>) -> Vec<Record> {
    let may_lead = |other: BrokerId| other != id && cluster.image.is_active(other);
    let concerns = move |state: &Partition| {
        state.isr.contains(&id) || state.leader == Some(id) || (lost.is_some() && state.elr.contains(&id))
    };
    changes(cluster, &may_lead, concerns, |builder| {
        builder.isr.retain(|member| *member != id);
        builder.unclean_shutdown = lost;
    })
}

/// Partitions without a leader get one now that `id` may lead.
fn elected_with(cluster: Cluster<'_>, id: BrokerId) -> Vec<Record> {
    let may_lead = |other: BrokerId| other == id || cluster.image.is_active(other);
    changes(cluster, &may_lead, |state| state.leader.is_none(), |_| {})
}
