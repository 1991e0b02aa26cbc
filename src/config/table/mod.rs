//! The one table of configuration keys, by theme. Each key is declared here once; parsing, DescribeConfigs, dynamic
//! updates and the generated reference all read it.
//!
//! A row is: name, type = default, importance, update mode, unit, support, rule, then `internal` for what is described
//! only where it is set, or `from` with the broker keys that a topic or group key takes its default from. Its doc
//! comment is the key's description.

use crate::key::{DefaultValue, Importance, Key, Scope, Support, Type, Unit, UpdateMode};
use crate::rule::{
    any, at_least, between, gzip_level, list, list_of, list_of_or_empty, list_or_empty, non_empty, offset_reset,
    one_of, one_of_any_case, ratio, servers, throttled_replicas, voters,
};
use std::collections::HashMap;
use std::sync::LazyLock;

macro_rules! default {
    (null) => {
        DefaultValue::Null
    };
    (required) => {
        DefaultValue::Required
    };
    ($text:literal) => {
        DefaultValue::Text($text)
    };
}

macro_rules! keys {
    ($scope:ident: $(
        #[doc = $doc:literal]
        $name:literal: $kind:ident = $default:tt, $importance:ident, $update:ident, $unit:ident, $support:ident,
        $rule:expr $(, $flag:ident $(($from:expr))?)?;
    )*) => {
        pub(super) const KEYS: &[Key] = &[$(
            Key::new(
                Scope::$scope,
                $name,
                Type::$kind,
                default!($default),
                Importance::$importance,
                UpdateMode::$update,
                Unit::$unit,
                Support::$support,
                $rule,
                $doc,
            )$(.$flag($($from)?))?
        ),*];
    };
}

mod cleaner;
mod client_metrics;
mod esker;
mod group;
mod group_scope;
mod log;
mod metrics;
mod network;
mod node;
mod quota;
mod replication;
mod sasl;
mod security;
mod share;
mod ssl;
mod tier;
mod topic;
mod topics;
mod transaction;

/// The table with the title of each theme, in the order of the reference.
pub(crate) static THEMES: &[(&str, &[Key])] = &[
    ("Esker's own keys", esker::KEYS),
    ("Node and metadata quorum", node::KEYS),
    ("Listeners, connections, requests", network::KEYS),
    ("Local logs", log::KEYS),
    ("Compaction", cleaner::KEYS),
    ("Remote tier, by Kafka's names", tier::KEYS),
    ("Replication", replication::KEYS),
    ("Creating and deleting topics", topics::KEYS),
    ("Consumer groups and offsets", group::KEYS),
    ("Share groups", share::KEYS),
    ("Transactions", transaction::KEYS),
    ("Quotas", quota::KEYS),
    ("Metrics", metrics::KEYS),
    ("Authorisation and delegation tokens", security::KEYS),
    ("TLS", ssl::KEYS),
    ("SASL", sasl::KEYS),
    ("Topic keys", topic::KEYS),
    ("Group keys", group_scope::KEYS),
    ("Client metrics keys", client_metrics::KEYS),
];

static BY_NAME: LazyLock<HashMap<(Scope, &'static str), &'static Key>> =
    LazyLock::new(|| keys().map(|key| ((key.scope, key.name), key)).collect());

/// Every key, by theme.
pub fn keys() -> impl Iterator<Item = &'static Key> {
    THEMES.iter().flat_map(|(_, keys)| keys.iter())
}

/// The keys of one scope, by name.
pub(crate) fn keys_of(scope: Scope) -> impl Iterator<Item = &'static Key> {
    static SORTED: LazyLock<Vec<&'static Key>> = LazyLock::new(|| {
        let mut sorted: Vec<_> = keys().collect();
        sorted.sort_by_key(|key| key.name);
        sorted
    });
    SORTED.iter().copied().filter(move |key| key.scope == scope)
}

/// The key of this name, where there is one.
pub fn find(scope: Scope, name: &str) -> Option<&'static Key> {
    // The map's keys live for ever, and a borrowed name need not: look it up through a shorter lifetime.
    let map: &HashMap<(Scope, &str), &'static Key> = &BY_NAME;
    map.get(&(scope, name)).copied()
}

/// The broker key that a name stands for: the key of that name, or the one that `listener.name.<name>.<key>` sets for
/// one listener, or that `listener.name.<name>.<mechanism>.<key>` sets for one of its SASL mechanisms.
pub fn find_broker(name: &str) -> Option<&'static Key> {
    find(Scope::Broker, name).or_else(|| find(Scope::Broker, listener_key(name)?))
}

/// Keys that can be set for one SASL mechanism of a listener.
const MECHANISM_KEYS: [&str; 5] = [
    "sasl.jaas.config",
    "sasl.login.callback.handler.class",
    "sasl.login.class",
    "sasl.server.callback.handler.class",
    "connections.max.reauth.ms",
];

/// The key's name inside `listener.name.<name>.<key>`, without a SASL mechanism.
pub(crate) fn listener_key(name: &str) -> Option<&str> {
    let (_, base) = name.strip_prefix("listener.name.")?.split_once('.')?;
    Some(MECHANISM_KEYS.into_iter().find(|key| base.ends_with(key)).unwrap_or(base))
}

/// Names that mean the same setting as this broker key, the one that wins first. `listeners` adds the plain key behind a
/// listener's own.
pub(crate) fn broker_synonyms(name: &str, listeners: bool) -> Vec<&str> {
    match name {
        "log.roll.ms" | "log.roll.hours" => vec!["log.roll.ms", "log.roll.hours"],
        "log.roll.jitter.ms" | "log.roll.jitter.hours" => vec!["log.roll.jitter.ms", "log.roll.jitter.hours"],
        "log.flush.interval.ms" => vec!["log.flush.interval.ms", "log.flush.scheduler.interval.ms"],
        "log.retention.ms" | "log.retention.minutes" | "log.retention.hours" => {
            vec!["log.retention.ms", "log.retention.minutes", "log.retention.hours"]
        }
        _ => match listener_key(name) {
            Some(base) if listeners => vec![name, base],
            _ => vec![name],
        },
    }
}
