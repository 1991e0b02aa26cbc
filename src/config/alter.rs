//! AlterConfigs' arithmetic: what a resource's settings are after a list of operations (KIP-339).

use crate::key::{Scope, Type};
use crate::rejection::Rejection;
use crate::table;
use crate::values::ConfigMap;
use std::collections::BTreeSet;

/// What a change of configuration is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// A topic.
    Topic,
    /// One broker.
    Broker,
    /// The cluster's default for brokers.
    ClusterDefault,
    /// A group.
    Group,
    /// A client metrics subscription.
    ClientMetrics,
}

impl Resource {
    fn scope(self) -> Scope {
        match self {
            Resource::Topic => Scope::Topic,
            Resource::Broker | Resource::ClusterDefault => Scope::Broker,
            Resource::Group => Scope::Group,
            Resource::ClientMetrics => Scope::ClientMetrics,
        }
    }
}

/// What is done to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlterKind {
    /// It gets a value.
    Set,
    /// It loses its value.
    Delete,
    /// Entries are added to its list.
    Append,
    /// Entries are taken from its list.
    Subtract,
}

/// One operation.
#[derive(Clone, PartialEq, Eq)]
pub struct AlterOp {
    /// The key.
    pub name: String,
    /// What is done to it.
    pub kind: AlterKind,
    /// The value or the entries; `None` only for `Delete`.
    pub value: Option<String>,
}

/// The settings after the operations. Values are not judged here: see the `validate_` functions.
///
/// # Errors
/// A key comes twice, a value is missing, or a list operation meets a key that is no list.
pub fn apply(resource: Resource, current: &ConfigMap, ops: &[AlterOp]) -> Result<ConfigMap, Rejection> {
    let mut names = BTreeSet::new();
    if !ops.iter().all(|op| names.insert(op.name.as_str())) {
        return Err(Rejection::request("Error due to duplicate config keys"));
    }
    let missing = ops.iter().filter(|op| op.kind != AlterKind::Delete && op.value.is_none());
    let missing: Vec<&str> = missing.map(|op| op.name.as_str()).collect();
    if !missing.is_empty() {
        return Err(Rejection::request(format!("Null value not supported for : {}", missing.join(", "))));
    }
    let mut changed = current.clone();
    for op in ops {
        check_min_insync_replicas(resource, op)?;
        let text = op.value.as_deref().unwrap_or_default();
        match op.kind {
            AlterKind::Set => {
                changed.insert(op.name.clone(), text.to_owned());
            }
            AlterKind::Delete => {
                changed.remove(&op.name);
            }
            AlterKind::Append | AlterKind::Subtract => {
                let value = change_list(resource, &changed, op, text)?;
                changed.insert(op.name.clone(), value);
            }
        }
    }
    Ok(changed)
}

/// The list after entries are added or taken. A list that is not set begins as its default.
fn change_list(resource: Resource, current: &ConfigMap, op: &AlterOp, text: &str) -> Result<String, Rejection> {
    let key = table::find(resource.scope(), &op.name);
    // Kafka's controller does not know the types of client metrics keys.
    let is_list = resource != Resource::ClientMetrics && key.is_some_and(|key| key.kind == Type::List);
    if !is_list {
        let name = crate::value::shorten(&op.name);
        return Err(match (resource, op.kind) {
            (Resource::Broker | Resource::ClusterDefault, kind) => Rejection::config(format!(
                "Config value {} is not allowed for config key: {name}",
                if kind == AlterKind::Append { "append" } else { "subtract" }
            )),
            (_, kind) => Rejection::config(format!(
                "Can't {} to key {name} because its type is not LIST.",
                if kind == AlterKind::Append { "APPEND" } else { "SUBTRACT" }
            )),
        });
    }
    let default = key.and_then(|key| key.default.text()).unwrap_or_default();
    let before = current.get(&op.name).map_or(default, String::as_str);
    let mut entries: Vec<&str> = before.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
    for entry in text.split(',').map(str::trim) {
        match op.kind {
            AlterKind::Append if !entries.contains(&entry) => entries.push(entry),
            AlterKind::Subtract => entries.retain(|known| *known != entry),
            _ => {}
        }
    }
    Ok(entries.join(","))
}

/// With eligible leader replicas (KIP-966) the bound belongs to the cluster or a topic, and the cluster always has one.
fn check_min_insync_replicas(resource: Resource, op: &AlterOp) -> Result<(), Rejection> {
    if op.name != "min.insync.replicas" {
        return Ok(());
    }
    match (resource, op.kind) {
        (Resource::Broker, _) => {
            Err(Rejection::config("Broker-level min.insync.replicas cannot be altered while ELR is enabled."))
        }
        (Resource::ClusterDefault, AlterKind::Delete) => {
            Err(Rejection::config("Cluster-level min.insync.replicas cannot be removed while ELR is enabled."))
        }
        _ => Ok(()),
    }
}
