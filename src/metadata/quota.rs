//! Whose use of the cluster is limited, as Kafka names them.

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Quotas by whose they are, each set by Kafka's names of what they limit.
pub type QuotaMap = OrdMap<QuotaEntity, Arc<BTreeMap<String, f64>>>;

/// Most entities that may have quotas.
pub const QUOTA_ENTITIES_MAX: usize = 100_000;

/// One part of a quota's entity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaName {
    /// Whoever has no quota of their own.
    Default,
    /// The one of this name.
    Named(Arc<str>),
}

impl QuotaName {
    /// The name as requests carry it, where the default has none.
    pub fn of(name: Option<&str>) -> Self {
        name.map_or(QuotaName::Default, |name| QuotaName::Named(name.into()))
    }

    /// The name; `None` for the default.
    pub fn name(&self) -> Option<&str> {
        match self {
            QuotaName::Default => None,
            QuotaName::Named(name) => Some(name),
        }
    }
}

/// Whom a quota limits: users, clients, both together, or addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QuotaEntity {
    /// The user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<QuotaName>,
    /// The client id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<QuotaName>,
    /// The address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<QuotaName>,
}

impl QuotaEntity {
    /// The parts that it has, each with Kafka's name of its type.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &QuotaName)> {
        let parts = [("user", &self.user), ("client-id", &self.client_id), ("ip", &self.ip)];
        parts.into_iter().filter_map(|(kind, name)| Some((kind, name.as_ref()?)))
    }
}

impl fmt::Display for QuotaEntity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (kind, name)) in self.parts().enumerate() {
            let space = if at == 0 { "" } else { " " };
            write!(f, "{space}{kind} {}", name.name().unwrap_or("<default>"))?;
        }
        Ok(())
    }
}
