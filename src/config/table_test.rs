//! The table of keys agrees with itself and with the code that reads it.

use crate::broker::SINGLE_KEYS;
use crate::table::{THEMES, find, find_broker, keys, listener_key};
use crate::{
    BrokerValues, CompactionConfig, DefaultValue, GroupConfig, LogConfig, MetadataLogConfig, NetworkConfig,
    QuotaConfig, S3Config, Scope, Support, TelemetryConfig, TierLimits, TierPrices, TopicCreationConfig, TopicSettings,
    Type, Unit, Value,
};
use std::collections::BTreeSet;

#[test]
fn every_key_is_declared_once() {
    let mut names = BTreeSet::new();
    for key in keys() {
        assert!(names.insert((key.scope, key.name)), "{} is declared twice", key.name);
        assert_eq!(find(key.scope, key.name).map(|found| found.name), Some(key.name));
    }
    let count = |scope| keys().filter(|key| key.scope == scope && !key.is_own()).count();
    assert_eq!(count(Scope::Broker), 365, "Kafka 4.3.1 has 360, three that are only dynamic, and 4.4 has two more");
    assert_eq!((count(Scope::Topic), count(Scope::Group), count(Scope::ClientMetrics)), (36, 17, 3));
}

#[test]
fn every_default_is_a_value_that_its_key_allows() {
    for key in keys() {
        if let DefaultValue::Text(text) = key.default {
            let value = key.parse(text).unwrap_or_else(|error| panic!("{}: {error}", key.name));
            let shown = value.shown().unwrap_or_default();
            assert_eq!(shown, text, "the default of {} is not in the form that is shown", key.name);
        }
        assert!(key.default == DefaultValue::Null || !key.sensitive(), "{} has a secret for a default", key.name);
    }
}

#[test]
fn every_key_says_what_it_does_in_one_line() {
    for key in keys() {
        let doc = key.doc();
        assert!(doc.ends_with('.') && doc.len() > 15 && doc.len() < 200, "{}: {doc:?}", key.name);
    }
    for (title, keys) in THEMES {
        assert!(!keys.is_empty() && keys.iter().all(|key| key.scope == keys[0].scope), "{title} mixes scopes");
    }
}

#[test]
fn units_agree_with_names() {
    for key in keys().filter(|key| matches!(key.kind, Type::Int | Type::Long)) {
        let by_name = match key.name.rsplit('.').next().unwrap() {
            "ms" => Unit::Millis,
            "bytes" => Unit::Bytes,
            "minutes" => Unit::Minutes,
            "hours" => Unit::Hours,
            "seconds" => Unit::Seconds,
            _ => continue,
        };
        assert_eq!(key.unit, by_name, "{}", key.name);
    }
}

#[test]
fn a_default_is_taken_from_keys_that_exist_and_fit() {
    for key in keys() {
        for name in key.from {
            let broker = find(Scope::Broker, name).unwrap_or_else(|| panic!("{} takes from {name}", key.name));
            let numbers = [Type::Int, Type::Long];
            assert!(
                key.kind == broker.kind || (numbers.contains(&key.kind) && numbers.contains(&broker.kind)),
                "{} and {name} differ in type",
                key.name
            );
        }
        if !key.from.is_empty() && !key.internal {
            let inherited = BrokerValues::default().inherited(key);
            assert_eq!(inherited, key.default_value(), "{} and its broker keys differ in their default", key.name);
        }
    }
}

#[test]
fn honoured_broker_keys_are_exactly_those_that_are_read() {
    let sections = [
        NetworkConfig::KEYS,
        LogConfig::KEYS,
        CompactionConfig::KEYS,
        TopicCreationConfig::KEYS,
        MetadataLogConfig::KEYS,
        GroupConfig::KEYS,
        QuotaConfig::KEYS,
        TelemetryConfig::KEYS,
        S3Config::KEYS,
        TierLimits::KEYS,
        TierPrices::KEYS,
    ];
    // Keys whose effect is that some values stop the start.
    let refused = ["ssl.client.auth", "sasl.enabled.mechanisms", "principal.builder.class"];
    let mut read: BTreeSet<&str> = sections.iter().flat_map(|keys| keys.iter().copied()).collect();
    read.extend(SINGLE_KEYS.iter().copied().chain(refused));
    let honoured_topic_keys = keys().filter(|key| key.scope == Scope::Topic && key.support == Support::Honoured);
    read.extend(honoured_topic_keys.flat_map(|key| key.from.iter().copied()));
    let honoured: BTreeSet<&str> = keys()
        .filter(|key| key.scope == Scope::Broker && key.support == Support::Honoured)
        .map(|key| key.name)
        .collect();
    assert_eq!(honoured.difference(&read).collect::<Vec<_>>(), Vec::<&&str>::new(), "honoured and not read");
    assert_eq!(read.difference(&honoured).collect::<Vec<_>>(), Vec::<&&str>::new(), "read and not honoured");
}

#[test]
fn every_topic_key_has_a_typed_field() {
    let declared: BTreeSet<&str> = keys().filter(|key| key.scope == Scope::Topic).map(|key| key.name).collect();
    assert_eq!(TopicSettings::KEYS.iter().copied().collect::<BTreeSet<_>>(), declared);
}

#[test]
fn every_section_reads_its_keys_in_their_types() {
    let values = BrokerValues::default();
    let read = |name: &str| values.get(name);
    NetworkConfig::read(&read);
    LogConfig::read(&read);
    CompactionConfig::read(&read);
    TopicCreationConfig::read(&read);
    MetadataLogConfig::read(&read);
    values.groups();
    QuotaConfig::read(&read);
    TelemetryConfig::read(&read);
    S3Config::read(&read);
    TierLimits::read(&read);
    TierPrices::read(&read);
    values.topic_settings(&Default::default());
}

#[test]
fn a_listeners_own_key_is_found_behind_its_prefix() {
    assert_eq!(listener_key("listener.name.plain.max.connections"), Some("max.connections"));
    assert_eq!(listener_key("listener.name.sasl.scram-sha-256.sasl.jaas.config"), Some("sasl.jaas.config"));
    assert_eq!(listener_key("listener.name.plain"), None);
    assert!(find_broker("listener.name.plain.max.connections").is_some());
    assert!(find_broker("listener.name.plain.no.such.key").is_none());
    assert!(find_broker("max.connectionz").is_none());
    assert_eq!(BrokerValues::default().get("no.such.key"), Value::Null);
}
