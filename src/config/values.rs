//! A broker's settings in their layers: dynamic for this broker, dynamic for the cluster, static, default.

use crate::broker::GroupConfig;
use crate::key::{Key, Scope, Type};
use crate::table::{self, broker_synonyms};
use crate::value::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Settings by name, as metadata stores them.
pub type ConfigMap = BTreeMap<String, String>;

/// A broker's settings. Immutable; a dynamic change makes a new one.
#[derive(Clone, Default)]
pub struct BrokerValues {
    /// What file, environment and command line set. Every value is one that its key allows.
    pub(crate) statics: Arc<ConfigMap>,
    /// The cluster's dynamic defaults.
    pub(crate) cluster_default: ConfigMap,
    /// This broker's dynamic settings.
    pub(crate) per_broker: ConfigMap,
    /// The layers laid over one another. A dynamic setting hides the static ones of every name that means the same.
    pub(crate) effective: ConfigMap,
}

impl BrokerValues {
    pub(crate) fn new(statics: ConfigMap) -> Self {
        let effective = statics.clone();
        Self { statics: Arc::new(statics), effective, ..Self::default() }
    }

    /// The same broker under other dynamic settings: the cluster's defaults and this broker's own.
    pub fn with_dynamic(&self, cluster_default: &ConfigMap, per_broker: &ConfigMap) -> Self {
        let mut effective = (*self.statics).clone();
        for (name, value) in cluster_default.iter().chain(per_broker) {
            for same in broker_synonyms(name, false) {
                effective.remove(same);
            }
            effective.insert(name.clone(), value.clone());
        }
        Self {
            statics: self.statics.clone(),
            cluster_default: cluster_default.clone(),
            per_broker: per_broker.clone(),
            effective,
        }
    }

    /// The value of a broker key, its default where it is not set. A dynamic value that the key does not allow (left by
    /// another version) reads as the default.
    pub fn get(&self, name: &str) -> Value {
        let Some(key) = table::find_broker(name) else { return Value::Null };
        self.set_value(key, name).unwrap_or_else(|| key.default_value())
    }

    /// The value of a broker key where it is set, in whatever layer.
    fn set_value(&self, key: &Key, name: &str) -> Option<Value> {
        key.parse(self.effective.get(name)?).ok()
    }

    /// The first of these broker keys that has a value, a default counting as one, in the unit of milliseconds where
    /// it is a time.
    pub(crate) fn first_of(&self, names: &[&str]) -> Value {
        let found = names.iter().find_map(|name| match self.get(name) {
            Value::Null => None,
            value => Some((table::find(Scope::Broker, name)?, value)),
        });
        match found {
            Some((key, value)) => match (key.unit.millis_factor(), value.as_i64()) {
                (1, _) | (_, None) => value,
                (factor, Some(number)) => Value::Long(number.saturating_mul(factor)),
            },
            None => Value::Null,
        }
    }

    /// How long segments are kept, in milliseconds; -1 for ever.
    pub(crate) fn retention_ms(&self) -> i64 {
        let names = broker_synonyms("log.retention.ms", false);
        self.first_of(&names).as_i64().unwrap_or(-1).max(-1)
    }

    /// What is configured for groups and their offsets.
    pub fn groups(&self) -> GroupConfig {
        GroupConfig::read(&|name| self.get(name))
    }

    /// Whether the tier is on.
    pub fn tier_enabled(&self) -> bool {
        self.get("remote.log.storage.system.enable") == Value::Boolean(true)
    }

    /// What a topic or group key reads where the topic or group does not set it.
    pub fn inherited(&self, key: &Key) -> Value {
        if key.name == "retention.ms" {
            return Value::Long(self.retention_ms()); // any negative time means for ever
        }
        match (self.first_of(key.from), key.kind) {
            (Value::Null, _) => key.default_value(),
            (value, Type::Long) => value.as_i64().map_or(value, Value::Long),
            (value, _) => value,
        }
    }

    /// The value of a topic or group key under these overrides. One that the key does not allow reads as not set.
    pub fn value_of(&self, key: &Key, overrides: &ConfigMap) -> Value {
        let own = overrides.get(key.name).and_then(|text| key.parse(text).ok());
        own.unwrap_or_else(|| self.inherited(key))
    }
}

/// Names and places only: values may be secrets.
impl fmt::Debug for BrokerValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerValues")
            .field("statics", &self.statics.keys())
            .field("cluster_default", &self.cluster_default.keys())
            .field("per_broker", &self.per_broker.keys())
            .finish()
    }
}
