//! From what was typed to what the broker uses: every fault is found before anything starts.

use crate::authorizer;
use crate::broker::BrokerConfig;
use crate::cross::cross_checks;
use crate::error::{ConfigError, ConfigErrors, Origin};
use crate::guard;
use crate::key::{DefaultValue, Scope, Support};
use crate::listeners::Fault;
use crate::raw::RawConfig;
use crate::table;
use crate::value::shorten;
use crate::values::{BrokerValues, ConfigMap};
use esker_model::ClusterId;

/// Most sentences of warning; more are only counted.
const WARNINGS_MAX: usize = 100;

/// A configuration that a broker can start with.
#[derive(Clone, Debug)]
pub struct Startup {
    /// The settings in their layers, for DescribeConfigs and dynamic changes.
    pub values: BrokerValues,
    /// The typed configuration.
    pub broker: BrokerConfig,
    /// What a new cluster is to be named, by the environment's `CLUSTER_ID`.
    pub cluster_id: Option<ClusterId>,
    /// What someone should look at: unknown keys, keys that were set twice.
    pub warnings: Vec<String>,
    /// Names of the keys that were set and have no effect in this build.
    pub without_effect: Vec<&'static str>,
}

impl RawConfig {
    /// Checks everything and resolves it. An address without a host is advertised as `hostname`.
    ///
    /// # Errors
    /// All faults, each with its place and key.
    pub fn resolve(&self, hostname: &str) -> Result<Startup, ConfigErrors> {
        let mut errors = Vec::new();
        let mut warnings = Warnings::default();
        self.repeated().iter().for_each(|text| warnings.push(text.clone()));
        guard::check_settings(self, &mut errors);
        let mut statics = self.check_values(&mut errors, &mut warnings);
        self.check_tier(&mut statics, &mut errors);
        fill_node_id(&mut statics);
        self.check_required(&statics, &mut errors);
        let cluster_id = self.check_cluster_id(&mut errors);
        let values = BrokerValues::new(statics);
        let broker = self.check_together(&values, hostname, &mut errors);
        match broker {
            Some(broker) if errors.is_empty() => Ok(Startup {
                without_effect: self.without_effect(),
                values,
                broker,
                cluster_id,
                warnings: warnings.finish(),
            }),
            _ => {
                errors.sort_by_key(|error| (line_of(error), error.key.clone()));
                Err(ConfigErrors(errors))
            }
        }
    }

    /// Checks each value by its key and keeps the good ones. Unknown keys are kept too: they are described as hidden.
    fn check_values(&self, errors: &mut Vec<ConfigError>, warnings: &mut Warnings) -> ConfigMap {
        let mut statics = ConfigMap::new();
        let authorized = self.settings().get(authorizer::CLASS).is_some_and(|setting| !setting.value.trim().is_empty());
        for (name, setting) in self.settings() {
            match table::find_broker(name) {
                Some(key) => {
                    if let Err(error) = key.parse(&setting.value) {
                        let (text, allowed) = (error.text, Some(error.allowed));
                        let origin = Some(setting.origin.clone());
                        errors.push(ConfigError { origin, key: name.clone(), text, allowed });
                        continue;
                    }
                }
                None if authorized && authorizer::KEYS.contains(&name.as_str()) => {}
                None => warnings.push(format!("{}: {} is unknown and has no effect", setting.origin, shorten(name))),
            }
            statics.insert(name.clone(), setting.value.trim().to_owned());
        }
        statics
    }

    /// Kafka's switch says what the URL says.
    fn check_tier(&self, statics: &mut ConfigMap, errors: &mut Vec<ConfigError>) {
        const SWITCH: &str = "remote.log.storage.system.enable";
        let on = statics.get(SWITCH).map(|text| text.eq_ignore_ascii_case("true"));
        let text = match (on, statics.contains_key("esker.tier.url")) {
            (Some(true), false) => "the tier is on exactly when esker.tier.url is set: set it, or set this to false",
            (Some(false), true) => "the tier is on exactly when esker.tier.url is set: remove one of the two",
            (_, false) => return,
            (_, true) => {
                statics.insert(SWITCH.to_owned(), "true".to_owned());
                return;
            }
        };
        let (origin, key) = (self.origin(SWITCH), SWITCH.to_owned());
        errors.push(ConfigError { origin, key, text: text.to_owned(), allowed: None });
    }

    fn check_required(&self, statics: &ConfigMap, errors: &mut Vec<ConfigError>) {
        let required = table::keys_of(Scope::Broker).filter(|key| key.default == DefaultValue::Required);
        for key in required.filter(|key| !statics.contains_key(key.name) && !self.settings().contains_key(key.name)) {
            errors.push(ConfigError {
                origin: None,
                key: key.name.to_owned(),
                text: format!("Missing required configuration \"{}\" which has no default value.", key.name),
                allowed: Some(match key.name {
                    "process.roles" => "broker,controller".to_owned(),
                    _ => key.rule.allowed(key),
                }),
            });
        }
    }

    fn check_cluster_id(&self, errors: &mut Vec<ConfigError>) -> Option<ClusterId> {
        self.cluster_id()?
            .parse()
            .map_err(|error: esker_model::ClusterIdError| {
                let origin = Some(Origin::Environment("CLUSTER_ID".to_owned()));
                errors.push(ConfigError {
                    origin,
                    key: String::new(),
                    text: shorten(&error.to_string()),
                    allowed: None,
                });
            })
            .ok()
    }

    /// Checks the rules between keys. Without good values there is nothing to check them on.
    fn check_together(
        &self,
        values: &BrokerValues,
        hostname: &str,
        errors: &mut Vec<ConfigError>,
    ) -> Option<BrokerConfig> {
        if !errors.is_empty() {
            return None;
        }
        errors.extend(cross_checks(values).into_iter().map(|fault| self.error_of(fault)));
        match BrokerConfig::resolve(values, hostname) {
            Ok(broker) => {
                guard::check_listeners(self, &broker.listeners, errors);
                Some(broker)
            }
            Err(faults) => {
                errors.extend(faults.into_iter().map(|fault| self.error_of(fault)));
                None
            }
        }
    }

    fn error_of(&self, (key, text): Fault) -> ConfigError {
        ConfigError { origin: self.origin(key), key: key.to_owned(), text, allowed: None }
    }

    fn without_effect(&self) -> Vec<&'static str> {
        let known = self.settings().keys().filter_map(|name| table::find_broker(name));
        known.filter(|key| key.support == Support::Accepted).map(|key| key.name).collect()
    }
}

/// `node.id` and `broker.id` stand for one another where only one is set.
fn fill_node_id(statics: &mut ConfigMap) {
    for (from, to) in [("node.id", "broker.id"), ("broker.id", "node.id")] {
        if let (Some(id), false) = (statics.get(from).cloned(), statics.contains_key(to)) {
            statics.insert(to.to_owned(), id);
        }
    }
}

fn line_of(error: &ConfigError) -> u32 {
    match error.origin {
        Some(Origin::Embedded { line } | Origin::File { line, .. }) => line,
        _ => u32::MAX,
    }
}

#[derive(Default)]
struct Warnings {
    texts: Vec<String>,
    more: usize,
}

impl Warnings {
    fn push(&mut self, text: String) {
        if self.texts.len() < WARNINGS_MAX {
            self.texts.push(text);
        } else {
            self.more += 1;
        }
    }

    fn finish(mut self) -> Vec<String> {
        if self.more > 0 {
            self.texts.push(format!("and {} more warnings about the configuration", self.more));
        }
        self.texts
    }
}

impl BrokerConfig {
    /// Resolves a broker's settings again after a dynamic change.
    ///
    /// # Errors
    /// The settings do not fit together; [`BrokerValues::validate_broker`] refuses such a change beforehand.
    pub fn from_values(values: &BrokerValues, hostname: &str) -> Result<Self, ConfigErrors> {
        let error = |(key, text): Fault| ConfigError { origin: None, key: key.to_owned(), text, allowed: None };
        Self::resolve(values, hostname).map_err(|faults| ConfigErrors(faults.into_iter().map(error).collect()))
    }
}
