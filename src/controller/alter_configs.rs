//! Changes of configurations: of topics, brokers, the cluster's default, groups, client metrics subscriptions.

use crate::cluster::{Cluster, Decision, RECORDS_MAX, Row};
use crate::{ControllerError, ErrorKind};
use esker_config::{AlterOp, ConfigMap, Resource, apply, validate_client_metrics};
use esker_metadata::{ConfigResource, ConfigResourceKind, Record};
use esker_model::{BrokerId, validate_topic_name};
use std::collections::{BTreeSet, HashSet};

/// The longest value that a configuration may have, in bytes.
const VALUE_BYTES_MAX: usize = 32_767;

/// What happens to a resource's configurations.
#[derive(Clone, PartialEq, Eq)]
pub enum ConfigEdit {
    /// Operations on single keys (KIP-339).
    Increment(Vec<AlterOp>),
    /// These instead of all that were set.
    Replace(Vec<(String, Option<String>)>),
}

/// A change of one resource.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigChange {
    /// What is configured.
    pub resource: ConfigResource,
    /// What happens to it.
    pub edit: ConfigEdit,
}

/// Decides on each resource by itself.
///
/// # Errors
/// All together are more than one request may ask for.
pub fn decide(cluster: Cluster<'_>, changes: &[ConfigChange]) -> Result<Decision<Vec<Row<()>>>, ControllerError> {
    let mut seen = HashSet::new();
    let twice: HashSet<&ConfigResource> =
        changes.iter().map(|change| &change.resource).filter(|resource| !seen.insert(*resource)).collect();
    let mut records = Vec::new();
    let mut rows = Vec::with_capacity(changes.len());
    for change in changes {
        rows.push(if twice.contains(&change.resource) {
            Err(ControllerError::new(ErrorKind::InvalidRequest, "Duplicate resource."))
        } else {
            edit(cluster, change).map(|mut of_resource| records.append(&mut of_resource))
        });
        if records.len() > RECORDS_MAX {
            return Err(ControllerError::too_large());
        }
    }
    Ok(Decision { records, answer: rows })
}

fn edit(cluster: Cluster<'_>, change: &ConfigChange) -> Result<Vec<Record>, ControllerError> {
    let resource = &change.resource;
    let before = cluster.overrides(resource);
    let after = match &change.edit {
        ConfigEdit::Increment(ops) => apply(kind(resource), before, ops)?,
        ConfigEdit::Replace(configs) => replaced(cluster, resource, configs)?,
    };
    check_name(resource)?;
    check_sizes(&after)?;
    match resource.kind {
        ConfigResourceKind::Topic => cluster.values.validate_topic(&after, before)?,
        ConfigResourceKind::Group => cluster.values.validate_group(&after)?,
        ConfigResourceKind::ClientMetrics => validate_client_metrics(&after)?,
        ConfigResourceKind::Broker => cluster.values.validate_broker(kind(resource), &after)?,
    }
    check_exists(cluster, resource)?;
    Ok(differences(resource, before, &after))
}

fn kind(resource: &ConfigResource) -> Resource {
    match resource.kind {
        ConfigResourceKind::Topic => Resource::Topic,
        ConfigResourceKind::Group => Resource::Group,
        ConfigResourceKind::ClientMetrics => Resource::ClientMetrics,
        ConfigResourceKind::Broker if resource.is_cluster_default() => Resource::ClusterDefault,
        ConfigResourceKind::Broker => Resource::Broker,
    }
}

/// What a resource has after everything was replaced.
fn replaced(
    cluster: Cluster<'_>,
    resource: &ConfigResource,
    configs: &[(String, Option<String>)],
) -> Result<ConfigMap, ControllerError> {
    let bad = |text: String| ControllerError::new(ErrorKind::InvalidRequest, text);
    let mut after = ConfigMap::new();
    let mut nulls = Vec::new();
    let mut names = BTreeSet::new();
    for (name, value) in configs {
        if !names.insert(name.as_str()) {
            return Err(bad("Error due to duplicate config keys".to_owned()));
        }
        match value {
            Some(value) => drop(after.insert(name.clone(), value.clone())),
            None => nulls.push(name.as_str()),
        }
    }
    if !nulls.is_empty() {
        return Err(bad(format!("Null value not supported for : {}", nulls.join(", "))));
    }
    // With eligible leader replicas the cluster always has a minimum, and no broker one of its own (KIP-966).
    const MIN_ISR: &str = "min.insync.replicas";
    let refused = match kind(resource) {
        Resource::Broker if after.contains_key(MIN_ISR) => {
            Some("Broker-level min.insync.replicas cannot be altered while ELR is enabled.")
        }
        Resource::ClusterDefault
            if !after.contains_key(MIN_ISR) && cluster.overrides(resource).contains_key(MIN_ISR) =>
        {
            Some("Cluster-level min.insync.replicas cannot be removed while ELR is enabled.")
        }
        _ => None,
    };
    match refused {
        Some(text) => Err(ControllerError::new(ErrorKind::InvalidConfig, text)),
        None => Ok(after),
    }
}

fn check_name(resource: &ConfigResource) -> Result<(), ControllerError> {
    let name = &resource.name;
    let bad = |text: &str| Err(ControllerError::new(ErrorKind::InvalidRequest, text));
    match resource.kind {
        ConfigResourceKind::Topic if name.is_empty() => bad("Default topic resources are not allowed."),
        ConfigResourceKind::Topic => Ok(validate_topic_name(name)?),
        ConfigResourceKind::Group if name.is_empty() => bad("Default group resources are not allowed."),
        ConfigResourceKind::ClientMetrics if name.is_empty() => bad("Subscription name can't be empty"),
        ConfigResourceKind::Broker if !name.is_empty() => match name.parse::<BrokerId>() {
            Err(_) => bad("Unable to parse broker name as a base 10 number."),
            Ok(id) if id < 0 => bad("Invalid negative broker ID."),
            Ok(_) => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Bounds each value: an image is held in memory by every node.
pub fn check_sizes(configs: &ConfigMap) -> Result<(), ControllerError> {
    match configs.values().find(|value| value.len() > VALUE_BYTES_MAX) {
        Some(_) => Err(ControllerError::new(
            ErrorKind::InvalidConfig,
            format!(
                "The configuration value cannot be added because it exceeds the maximum value size of \
                 {VALUE_BYTES_MAX} bytes."
            ),
        )),
        None => Ok(()),
    }
}

fn check_exists(cluster: Cluster<'_>, resource: &ConfigResource) -> Result<(), ControllerError> {
    let name = &resource.name;
    match resource.kind {
        ConfigResourceKind::Topic if cluster.image.topic_named(name).is_none() => {
            Err(ControllerError::new(ErrorKind::TopicUnknown, format!("The topic '{name}' does not exist.")))
        }
        ConfigResourceKind::Broker if !name.is_empty() => {
            let known = name.parse().is_ok_and(|id: BrokerId| cluster.image.broker(id).is_some());
            let unknown = || ControllerError::new(ErrorKind::BrokerUnknown, format!("No node with id {name} found."));
            if known { Ok(()) } else { Err(unknown()) }
        }
        _ => Ok(()),
    }
}

fn differences(resource: &ConfigResource, before: &ConfigMap, after: &ConfigMap) -> Vec<Record> {
    let record = |key: &String, value: Option<&String>| Record::ConfigSet {
        resource: resource.clone(),
        key: key.clone(),
        value: value.cloned(),
    };
    let set = after.iter().filter(|(key, value)| before.get(*key) != Some(value));
    let removed = before.keys().filter(|key| !after.contains_key(*key));
    set.map(|(key, value)| record(key, Some(value))).chain(removed.map(|key| record(key, None))).collect()
}
