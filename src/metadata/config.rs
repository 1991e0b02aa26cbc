//! The names under which configurations are kept.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What kind of thing is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConfigResourceKind {
    /// A broker by its id, or with an empty name the default of all brokers.
    Broker,
    /// A subscription to clients' metrics (KIP-714).
    ClientMetrics,
    /// A consumer, share or streams group.
    Group,
    /// A topic by its name.
    Topic,
}

/// One configured thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConfigResource {
    /// Its kind.
    pub kind: ConfigResourceKind,
    /// Its name among its kind.
    pub name: String,
}

impl ConfigResource {
    /// The topic named `name`.
    pub fn topic(name: impl Into<String>) -> Self {
        Self { kind: ConfigResourceKind::Topic, name: name.into() }
    }

    /// The broker with `id`.
    pub fn broker(id: esker_model::BrokerId) -> Self {
        Self { kind: ConfigResourceKind::Broker, name: id.to_string() }
    }

    /// What holds for every broker that does not say otherwise.
    pub fn cluster_default() -> Self {
        Self { kind: ConfigResourceKind::Broker, name: String::new() }
    }

    /// Whether this is what holds for every broker that does not say otherwise.
    pub fn is_cluster_default(&self) -> bool {
        self.kind == ConfigResourceKind::Broker && self.name.is_empty()
    }
}

impl fmt::Display for ConfigResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ConfigResourceKind::Broker => "broker",
            ConfigResourceKind::ClientMetrics => "client metrics subscription",
            ConfigResourceKind::Group => "group",
            ConfigResourceKind::Topic => "topic",
        };
        write!(f, "{kind} {:?}", self.name)
    }
}
