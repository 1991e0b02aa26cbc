//! What DescribeConfigs shows: each key's value, where it comes from, and what it would fall back to.

use crate::key::{Key, Scope, Type, UpdateMode};
use crate::table::{self, broker_synonyms, find_broker, keys_of};
use crate::value::Value;
use crate::values::{BrokerValues, ConfigMap};
use std::collections::BTreeSet;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// Set for the topic.
    Topic,
    /// Set dynamically for the broker.
    DynamicBroker,
    /// Set dynamically as the cluster's default.
    DynamicDefaultBroker,
    /// Set in the broker's file, environment or command line.
    StaticBroker,
    /// Not set.
    Default,
    /// Set for the client metrics subscription.
    ClientMetrics,
    /// Set for the group.
    Group,
    /// Set for a logger of the broker.
    BrokerLogger,
}

/// One place that gives a setting a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synonym {
    /// The name that is set there.
    pub name: String,
    /// Its value; `None` for secrets and unknown keys.
    pub value: Option<String>,
    /// The place.
    pub source: ConfigSource,
}

/// One key as DescribeConfigs shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedConfig {
    /// The key's name.
    pub name: String,
    /// Its value; `None` for no value, secrets and unknown keys.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Whether only a restart can change it.
    pub read_only: bool,
    /// Whether its value is a secret or may be one.
    pub sensitive: bool,
    /// The value's type; `None` for unknown keys.
    pub kind: Option<Type>,
    /// Every place that gives it a value, the one that wins first.
    pub synonyms: Vec<Synonym>,
    /// What the key does; `None` for unknown keys.
    pub documentation: Option<&'static str>,
}

impl BrokerValues {
    /// A topic's configuration, by name.
    pub fn describe_topic(&self, overrides: &ConfigMap) -> Vec<DescribedConfig> {
        listed(Scope::Topic, overrides)
            .map(|key| {
                let mut synonyms = match key.from.first() {
                    Some(broker) => self.synonyms(broker, false),
                    None => Vec::new(),
                };
                let value = self.value_of(key, overrides).shown();
                prepend_own(&mut synonyms, key, overrides, &value, ConfigSource::Topic);
                described(key, value, synonyms)
            })
            .collect()
    }

    /// A group's configuration, by name.
    pub fn describe_group(&self, overrides: &ConfigMap) -> Vec<DescribedConfig> {
        listed(Scope::Group, overrides)
            .map(|key| {
                let mut synonyms = match key.from.first() {
                    Some(broker) => self.synonyms(broker, false),
                    None => vec![default_synonym(key)],
                };
                let value = self.value_of(key, overrides).shown();
                prepend_own(&mut synonyms, key, overrides, &value, ConfigSource::Group);
                described(key, value, synonyms)
            })
            .collect()
    }

    /// This broker's configuration, by name: every known key, and every other that is set.
    pub fn describe_broker(&self) -> Vec<DescribedConfig> {
        let known = keys_of(Scope::Broker).filter(|key| !key.internal).map(|key| key.name);
        let names: BTreeSet<&str> = known.chain(self.effective.keys().map(String::as_str)).collect();
        names.into_iter().map(|name| self.describe_broker_key(name, None)).collect()
    }

    /// The cluster's dynamic defaults, by name.
    pub fn describe_cluster_default(&self) -> Vec<DescribedConfig> {
        self.cluster_default.iter().map(|(name, value)| self.describe_broker_key(name, Some(value))).collect()
    }

    /// One broker key; as the cluster's dynamic default where that is given.
    fn describe_broker_key(&self, name: &str, cluster_default: Option<&str>) -> DescribedConfig {
        let key = find_broker(name);
        let sensitive = key.is_none_or(Key::sensitive);
        let mut synonyms = self.synonyms(name, sensitive);
        if cluster_default.is_some() {
            synonyms.retain(|synonym| synonym.source == ConfigSource::DynamicDefaultBroker);
        }
        let value = match cluster_default {
            _ if sensitive => None,
            Some(text) => Some(text.to_owned()),
            None => self.get(name).shown(),
        };
        DescribedConfig {
            name: name.to_owned(),
            value,
            source: synonyms.first().map_or(ConfigSource::Default, |synonym| synonym.source),
            // A listener's own key counts as read-only even where the key behind it can change.
            read_only: table::find(Scope::Broker, name).is_none_or(|key| key.update == UpdateMode::ReadOnly),
            sensitive,
            kind: key.map(|key| key.kind),
            synonyms,
            documentation: key.map(Key::doc),
        }
    }

    /// Every place that gives a broker key a value: layer by layer, and in each layer name by name. What comes before
    /// the key's own name is another key's business.
    fn synonyms(&self, name: &str, sensitive: bool) -> Vec<Synonym> {
        let names = broker_synonyms(name, true);
        let layers = [
            (&self.per_broker, ConfigSource::DynamicBroker),
            (&self.cluster_default, ConfigSource::DynamicDefaultBroker),
            (&*self.statics, ConfigSource::StaticBroker),
        ];
        let mut found = Vec::new();
        let mut add = |name: &str, value: &str, source| {
            let value = (!sensitive).then(|| value.to_owned());
            found.push(Synonym { name: name.to_owned(), value, source });
        };
        for (layer, source) in layers {
            names
                .iter()
                .filter_map(|name| layer.get_key_value(*name))
                .for_each(|(name, value)| add(name, value, source));
        }
        for key in names.iter().filter_map(|name| table::find(Scope::Broker, name)) {
            if let Some(text) = key.default.text() {
                add(key.name, text, ConfigSource::Default);
            }
        }
        found.into_iter().skip_while(|synonym| synonym.name != name).collect()
    }
}

/// A client metrics subscription's configuration, by name.
pub fn describe_client_metrics(overrides: &ConfigMap) -> Vec<DescribedConfig> {
    listed(Scope::ClientMetrics, overrides)
        .map(|key| {
            let own = overrides.get(key.name).and_then(|text| key.parse(text).ok());
            let value = own.unwrap_or_else(|| key.default_value()).shown();
            let mut synonyms = Vec::new();
            prepend_own(&mut synonyms, key, overrides, &value, ConfigSource::ClientMetrics);
            described(key, value, synonyms)
        })
        .collect()
}

/// The keys of a scope that are shown: all but the internal ones, and those too where they are set.
fn listed(scope: Scope, overrides: &ConfigMap) -> impl Iterator<Item = &'static Key> {
    keys_of(scope).filter(move |key| !key.internal || overrides.contains_key(key.name))
}

fn prepend_own(
    synonyms: &mut Vec<Synonym>,
    key: &Key,
    overrides: &ConfigMap,
    value: &Option<String>,
    source: ConfigSource,
) {
    if overrides.contains_key(key.name) {
        synonyms.insert(0, Synonym { name: key.name.to_owned(), value: value.clone(), source });
    }
}

fn default_synonym(key: &Key) -> Synonym {
    let value = Value::shown(&key.default_value());
    Synonym { name: key.name.to_owned(), value, source: ConfigSource::Default }
}

fn described(key: &'static Key, value: Option<String>, synonyms: Vec<Synonym>) -> DescribedConfig {
    DescribedConfig {
        name: key.name.to_owned(),
        value,
        source: synonyms.first().map_or(ConfigSource::Default, |synonym| synonym.source),
        read_only: false,
        sensitive: key.sensitive(),
        kind: Some(key.kind),
        synonyms,
        documentation: Some(key.doc()),
    }
}
