//! A client metrics subscription (KIP-714): which clients are asked for which metrics, and how often.

use crate::key::Scope;
use crate::table;
use crate::value::Value;
use crate::values::ConfigMap;
use regex::{Regex, RegexBuilder};
use std::collections::BTreeMap;

/// Largest compiled pattern, in bytes.
const PATTERN_SIZE_MAX: usize = 1 << 20;

/// What a subscription can match clients by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClientTrait {
    /// The id of the client's process, as Kafka writes ids.
    InstanceId,
    /// Its `client.id`.
    ClientId,
    /// Name of its software.
    SoftwareName,
    /// Version of its software.
    SoftwareVersion,
    /// The address that it connects from.
    SourceAddress,
    /// The port that it connects from.
    SourcePort,
}

impl ClientTrait {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "client_instance_id" => Self::InstanceId,
            "client_id" => Self::ClientId,
            "client_software_name" => Self::SoftwareName,
            "client_software_version" => Self::SoftwareVersion,
            "client_source_address" => Self::SourceAddress,
            "client_source_port" => Self::SourcePort,
            _ => return None,
        })
    }
}

/// One subscription.
#[derive(Clone, Debug)]
pub struct ClientMetricsSubscription {
    /// Time between two pushes, in milliseconds.
    pub interval_ms: i32,
    /// Prefixes of names; `*` stands for all, none for none.
    pub metrics: Vec<String>,
    /// All must match; of two for one trait the last counts.
    patterns: BTreeMap<ClientTrait, Regex>,
}

impl ClientMetricsSubscription {
    /// What settings mean that were taken as valid. Patterns that are none leave the subscription without clients.
    pub fn of(configs: &ConfigMap) -> Option<Self> {
        let value = |name: &str| {
            let key = table::find(Scope::ClientMetrics, name)?;
            let set = configs.get(name).and_then(|text| key.parse(text).ok());
            Some(set.unwrap_or_else(|| key.default_value()))
        };
        let list = |name: &str| match value(name) {
            Some(Value::List(entries)) => entries,
            _ => Vec::new(),
        };
        let interval_ms = value("interval.ms")?.as_i64().and_then(|millis| i32::try_from(millis).ok())?;
        let patterns = list("match").iter().map(|entry| parse_match(entry)).collect::<Option<_>>()?;
        Some(Self { interval_ms, metrics: list("metrics"), patterns })
    }

    /// Whether a client is asked. `trait_of` tells what is known of it: of what is not known, no pattern matches.
    pub fn matches<'a>(&self, trait_of: impl Fn(ClientTrait) -> Option<&'a str>) -> bool {
        self.patterns.iter().all(|(which, pattern)| trait_of(*which).is_some_and(|text| pattern.is_match(text)))
    }
}

/// An entry of `match`, name=pattern. The pattern must fit the whole text.
pub(crate) fn parse_match(entry: &str) -> Option<(ClientTrait, Regex)> {
    // Java's split leaves out what is empty at the end.
    let (name, pattern) = entry.trim_end_matches('=').split_once('=')?;
    let which = ClientTrait::named(name.trim())?;
    let pattern = pattern.trim();
    if pattern.contains('=') {
        return None;
    }
    // Alone first: a group around it must not make sense of half a pattern.
    let build = |pattern: &str| RegexBuilder::new(pattern).size_limit(PATTERN_SIZE_MAX).build().ok();
    build(pattern)?;
    Some((which, build(&format!("^(?:{pattern})$"))?))
}
