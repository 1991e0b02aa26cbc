//! Whether a broker may have these dynamic settings (KIP-226), with Kafka's sentences.

use crate::cross::{cross_checks, local_retention_fault};
use crate::guard;
use crate::key::{Key, Scope, UpdateMode};
use crate::listeners::Fault;
use crate::rejection::Rejection;
use crate::table::{self, find_broker, listener_key};
use crate::values::{BrokerValues, ConfigMap};
use crate::{BrokerConfig, Resource};

/// Pools whose size may at most double or halve at once.
const THREAD_KEYS: [&str; 10] = [
    "num.io.threads",
    "num.replica.fetchers",
    "num.recovery.threads.per.data.dir",
    "background.threads",
    "num.network.threads",
    "remote.log.reader.threads",
    "remote.log.manager.copier.thread.pool.size",
    "remote.log.manager.expiration.thread.pool.size",
    "remote.log.manager.follower.thread.pool.size",
    CLEANER_THREADS,
];

/// The pool of which Kafka speaks in a sentence of its own.
const CLEANER_THREADS: &str = "log.cleaner.threads";

/// Keys that can be set per listener and still for the whole cluster.
const CLUSTER_LISTENER_KEYS: [&str; 3] = ["max.connections", "max.connection.creation.rate", "num.network.threads"];

impl BrokerValues {
    /// Whether this broker may have `configs` as its dynamic settings, or as the cluster's default: all of that resource's
    /// settings after the change, not only those that change.
    ///
    /// # Errors
    /// A key that only a restart changes, a value that its key does not allow, or settings that do not go together.
    pub fn validate_broker(&self, resource: Resource, configs: &ConfigMap) -> Result<(), Rejection> {
        debug_assert!(matches!(resource, Resource::Broker | Resource::ClusterDefault));
        check_own(configs)?;
        refuse(configs, is_fixed, "Cannot update these configs dynamically")?;
        refuse(
            configs,
            is_security,
            "These security configs can be dynamically updated only per-listener using the listener prefix",
        )?;
        for (name, text) in configs {
            if let Some(key) = find_broker(name) {
                key.parse(text).map_err(|error| Rejection::request(error.text))?;
            }
            if let Some(text) = guard::objection(name, text) {
                return Err(Rejection::request(text));
            }
        }
        if resource == Resource::ClusterDefault {
            let text = "Cannot update these configs at default cluster level, broker id must be specified";
            refuse(configs, is_per_broker, text)?;
        }
        let changed = match resource {
            Resource::ClusterDefault => self.with_dynamic(configs, &self.per_broker),
            _ => self.with_dynamic(&self.cluster_default, configs),
        };
        self.check_change(&changed)
    }

    /// Checks the settings as a whole, and the step from the present ones.
    fn check_change(&self, changed: &BrokerValues) -> Result<(), Rejection> {
        if let Some((_, text)) = cross_checks(changed).into_iter().next() {
            return Err(Rejection::request(format!("requirement failed: {text}")));
        }
        let listeners = match BrokerConfig::resolve(changed, "localhost") {
            Ok(broker) => broker.listeners,
            Err(faults) => return Err(Rejection::request(first_fault(faults))),
        };
        if let Some(text) = guard::listener_objection(&listeners) {
            return Err(Rejection::request(text));
        }
        if let Some((key, value, why)) = local_retention_fault(changed) {
            return Err(wrapped(&format!("Invalid value {value} for configuration {key}: {why}")));
        }
        THREAD_KEYS.into_iter().try_for_each(|name| self.check_threads(name, changed))
    }

    fn check_threads(&self, name: &str, changed: &BrokerValues) -> Result<(), Rejection> {
        let count = |values: &BrokerValues| values.get(name).as_i64().unwrap_or(0);
        let (now, then) = (count(self), count(changed));
        let text = format!("Dynamic thread count update validation failed for {name}={then}, value should");
        let (halved, doubled) = match name {
            CLEANER_THREADS => (
                "Log cleaner threads cannot be reduced to less than half the current value".to_owned(),
                "Log cleaner threads cannot be increased to more than double the current value".to_owned(),
            ),
            _ => (
                format!("{text} be at least half the current value"),
                format!("{text} not be greater than double the current value"),
            ),
        };
        if then < now / 2 {
            Err(wrapped(&format!("{halved} {now}")))
        } else if then > now.saturating_mul(2) {
            Err(wrapped(&format!("{doubled} {now}")))
        } else {
            Ok(())
        }
    }
}

/// The first fault, as Kafka words it: what must hold of the controllers' listeners is a requirement there.
fn first_fault(faults: Vec<Fault>) -> String {
    match faults.into_iter().next() {
        Some(("controller.listener.names", text)) => format!("requirement failed: {text}"),
        Some((_, text)) => text,
        None => String::new(),
    }
}

/// The form in which Kafka answers what its components refuse.
fn wrapped(text: &str) -> Rejection {
    Rejection::request(format!(
        "Invalid value org.apache.kafka.common.config.ConfigException: {text} for configuration Invalid dynamic \
         configuration"
    ))
}

/// Our own keys steer where data goes and with whose credentials: they change at a restart or not at all.
fn check_own(configs: &ConfigMap) -> Result<(), Rejection> {
    let fixed = |name: &&String| {
        let key = find_broker(name);
        name.starts_with("esker.") && key.is_none_or(|key| key.update == UpdateMode::ReadOnly)
    };
    match configs.keys().find(fixed) {
        Some(name) if table::find(Scope::Broker, name).is_some() => {
            Err(Rejection::config(format!("{name} is read at the start and cannot be changed dynamically")))
        }
        Some(name) => Err(Rejection::config(format!("Unknown broker config name: {}", crate::value::shorten(name)))),
        None => Ok(()),
    }
}

fn refuse(configs: &ConfigMap, bad: fn(&str) -> bool, text: &str) -> Result<(), Rejection> {
    let names: Vec<&str> = configs.keys().map(String::as_str).filter(|name| bad(name)).collect();
    if names.is_empty() { Ok(()) } else { Err(Rejection::request(format!("{text}: [{}]", names.join(", ")))) }
}

fn update_mode(name: &str) -> Option<UpdateMode> {
    table::find(Scope::Broker, name).map(|key: &Key| key.update)
}

fn is_fixed(name: &str) -> bool {
    update_mode(name) == Some(UpdateMode::ReadOnly)
}

/// Key and trust stores belong to one listener.
fn is_security(name: &str) -> bool {
    name.starts_with("ssl.keystore.") || name.starts_with("ssl.truststore.") || name == "ssl.key.password"
}

fn is_per_broker(name: &str) -> bool {
    match listener_key(name) {
        Some(base) => !CLUSTER_LISTENER_KEYS.contains(&base),
        None => update_mode(name) == Some(UpdateMode::PerBroker),
    }
}
