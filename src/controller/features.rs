//! Features are finalised at other levels (KIP-584).

use crate::cluster::{Cluster, Decision};
use crate::{ControllerError, ErrorKind, NEW_CLUSTER_FEATURES};
use esker_config::Value;
use esker_metadata::{ConfigResource, Record, VersionRange};
use esker_model::BrokerId;

const METADATA_VERSION: &str = "metadata.version";
const KRAFT_VERSION: &str = "kraft.version";
const ELR: &str = "eligible.leader.replicas.version";
const MIN_ISR: &str = "min.insync.replicas";

/// How a level may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpgradeKind {
    /// Only upwards.
    Upgrade,
    /// Downwards, as long as nothing is lost.
    SafeDowngrade,
    /// Downwards, whatever is lost.
    UnsafeDowngrade,
    /// What nobody knows.
    Unknown,
}

/// What somebody wants of one feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureUpdate {
    /// The feature's name.
    pub name: String,
    /// Its level to be.
    pub level: i16,
    /// How it may change.
    pub kind: UpgradeKind,
}

/// Decides on all updates together: one that cannot be lets none be. Of several for one feature the last counts.
pub fn decide(
    cluster: Cluster<'_>,
    node_id: BrokerId,
    updates: &[FeatureUpdate],
) -> Result<Decision<()>, ControllerError> {
    let mut records = Vec::new();
    for (at, update) in updates.iter().enumerate() {
        if updates.iter().skip(at + 1).any(|later| later.name == update.name) {
            continue;
        }
        check(cluster, node_id, update)?;
        if cluster.image.feature(&update.name) != update.level {
            records.extend(prepare(cluster, update));
            records.push(Record::FeatureSet { name: update.name.clone(), level: update.level });
        }
    }
    Ok(Decision { records, answer: () })
}

/// What must hold with a feature: with eligible leader replicas every broker counts with the cluster's minimum.
fn prepare(cluster: Cluster<'_>, update: &FeatureUpdate) -> Option<Record> {
    let resource = ConfigResource::cluster_default();
    let set = cluster.image.config(&resource, MIN_ISR).is_some();
    (update.name == ELR && update.level > 0 && !set).then(|| Record::ConfigSet {
        resource,
        key: MIN_ISR.to_owned(),
        value: Some(Value::shown(&cluster.values.get(MIN_ISR)).unwrap_or_else(|| "1".to_owned())),
    })
}

fn check(cluster: Cluster<'_>, node_id: BrokerId, update: &FeatureUpdate) -> Result<(), ControllerError> {
    let FeatureUpdate { name, level, kind } = update;
    let invalid = |why: &str| refusal(&format!("Invalid update version {level} for feature {name}. {why}"));
    if *kind == UpgradeKind::Unknown {
        return Err(invalid("The controller does not support the given upgrade type."));
    }
    if *level < 0 {
        return Err(invalid("A feature version cannot be less than 0."));
    }
    if let Some(why) = unsupported(cluster, node_id, name, *level) {
        return Err(invalid(&why));
    }
    let now = cluster.image.feature(name);
    if *level < now && *kind == UpgradeKind::Upgrade {
        return Err(invalid(
            "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe \
             downgrade.",
        ));
    }
    if *level > now && *kind != UpgradeKind::Upgrade {
        return Err(invalid("Can't downgrade to a newer version."));
    }
    if name == METADATA_VERSION && *level < now {
        // Every level brought new fields: what they say would be lost.
        let why = match kind {
            UpgradeKind::UnsafeDowngrade => "Unsafe metadata downgrade is not supported in this version.",
            _ => "Refusing to perform the requested downgrade because it might delete metadata information.",
        };
        return Err(refusal(&format!("Unsupported metadata.version downgrade from {now} to {level}. {why}")));
    }
    if name == KRAFT_VERSION && *level > now {
        return Err(invalid("The voters of this quorum are those that controller.quorum.voters names."));
    }
    Ok(())
}

fn refusal(text: &str) -> ControllerError {
    let all = "The update failed for all features since the following feature had an error:";
    ControllerError::new(ErrorKind::InvalidUpdateVersion, format!("{all} {text}"))
}

/// Why a member of the cluster cannot work with a level, if one cannot.
fn unsupported(cluster: Cluster<'_>, node_id: BrokerId, name: &str, level: i16) -> Option<String> {
    let own = cluster.image.broker(node_id).and_then(|broker| broker.features.get(name).copied());
    let known = own.is_some() || NEW_CLUSTER_FEATURES.iter().any(|(known, _)| *known == name) || name == KRAFT_VERSION;
    if !known && level == 0 {
        return Some(format!("Feature {name} not found."));
    }
    let mut members = vec![(format!("Local controller {node_id}"), own)];
    let brokers = cluster.image.brokers().map(|broker| (format!("Broker {}", broker.id), broker.features.get(name)));
    members.extend(brokers.map(|(who, range)| (who, range.copied())));
    members.into_iter().find_map(|(who, range)| match range {
        None if level == 0 => None,
        None => Some(format!("{who} does not support this feature.")),
        Some(VersionRange { min, max }) if (min..=max).contains(&level) => None,
        Some(VersionRange { min, max }) => Some(format!("{who} only supports versions {min}-{max}")),
    })
}
