//! Changes of configurations as two keys ask for them: what this broker judges before the controller decides.

use crate::access::Access;
use crate::answer::Failure;
use crate::config_words::ResourceType;
use crate::{ErrorCode, LogLevels, Services};
use esker_controller::{ConfigChange, ConfigEdit};
use esker_metadata::{AclOperation, ConfigResource, ConfigResourceKind};
use esker_model::BrokerId;
use esker_protocol::StrBytes;
use std::collections::HashMap;

/// A change of one resource as a request has it.
pub(crate) struct AskedChange {
    /// Number of the resource's kind.
    pub resource_type: i8,
    /// The resource's name.
    pub name: StrBytes,
    /// What is to happen, or what is wrong with it.
    pub edit: Result<ConfigEdit, Failure>,
}

/// The outcome for each change, in their order.
pub(crate) async fn change(
    services: &Services,
    access: &Access,
    asked: Vec<AskedChange>,
    validate_only: bool,
    with_loggers: bool,
) -> Vec<Option<Failure>> {
    let twice = twice(&asked);
    let mut outcomes = Vec::with_capacity(asked.len());
    let mut changes = Vec::new();
    for (one, twice) in asked.into_iter().zip(twice) {
        let judged = if twice {
            invalid("Each resource must appear at most once.")
        } else {
            judge(services.node_id, access, one, with_loggers.then_some(validate_only))
        };
        match judged {
            Ok(None) => outcomes.push(Some(None)),
            Ok(Some(change)) => {
                changes.push(change);
                outcomes.push(None);
            }
            Err(failure) => outcomes.push(Some(Some(failure))),
        }
    }
    let limit = services.config.network.request_timeout;
    let decided = if changes.is_empty() {
        Vec::new()
    } else {
        services.controller.alter_configs(changes, validate_only, limit).await
    };
    let mut decided = decided.into_iter().map(|row| row.err().map(Failure::from));
    outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|| decided.next().flatten())).collect()
}

fn invalid<T>(text: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::new(ErrorCode::InvalidRequest, text))
}

/// Of each change, whether its resource comes in another one too.
fn twice(asked: &[AskedChange]) -> Vec<bool> {
    let mut counts: HashMap<(i8, &str), usize> = HashMap::new();
    for one in asked {
        *counts.entry((one.resource_type, &one.name)).or_default() += 1;
    }
    asked.iter().map(|one| counts[&(one.resource_type, one.name.as_str())] > 1).collect()
}

/// What the controller is to decide on; `None` where nothing is left to do. `loggers`: whether levels of loggers are only checked, `None` where
/// they cannot be changed.
fn judge(
    node_id: BrokerId,
    access: &Access,
    asked: AskedChange,
    loggers: Option<bool>,
) -> Result<Option<ConfigChange>, Failure> {
    let name = asked.name.as_str();
    let Some(kind) = ResourceType::from_number(asked.resource_type) else {
        return invalid(format!("Unknown resource type {}", asked.resource_type));
    };
    let edit = asked.edit?;
    let of_loggers = kind == ResourceType::BrokerLogger;
    let operation = if of_loggers { AclOperation::ClusterAction } else { AclOperation::AlterConfigs };
    kind.check(access, operation, name)?;
    let kind = match kind {
        ResourceType::Kept(kind) => kind,
        ResourceType::BrokerLogger if loggers.is_some() => {
            check_own_id(node_id, name, |name| format!("Unexpected node id. Expected {node_id}, but received {name}"))?;
            if let ConfigEdit::Increment(ops) = edit {
                LogLevels::of_process().alter(&ops, loggers == Some(true))?;
            }
            return Ok(None);
        }
        _ => return invalid(format!("Unknown resource type {}", asked.resource_type)),
    };
    if kind == ConfigResourceKind::Broker && !name.is_empty() {
        // A broker's own settings are checked against what it was started with: only it can do that.
        let text = |name: &str| format!("Unexpected broker id, expected {node_id}, but received {name}");
        check_own_id(node_id, name, text)?;
    }
    Ok(Some(ConfigChange { resource: ConfigResource { kind, name: name.to_owned() }, edit }))
}

fn check_own_id(node_id: BrokerId, name: &str, otherwise: impl Fn(&str) -> String) -> Result<(), Failure> {
    match name.parse::<BrokerId>() {
        Ok(id) if id == node_id => Ok(()),
        Ok(_) => invalid(otherwise(name)),
        Err(_) => invalid(format!("Node id must be an integer, but it is: {name}")),
    }
}
