//! Prints the facts of the key table, one line each, for comparison with Kafka's own (`integration/kafka-config/check`).
//!
//! Columns: scope, name, type, default, importance, update mode, synonyms, internal, and one sign for each probe value:
//! `+` where the key allows it.

use esker_config::{DefaultValue, Key, Scope, Unit, UpdateMode, find, keys};

const PROBES: &[&str] = &[
    "",
    "x",
    "-3",
    "-2",
    "-1",
    "0",
    "1",
    "2",
    "5",
    "9",
    "10",
    "17",
    "18",
    "100",
    "1000",
    "1048576",
    "9999999999",
    "0.5",
    "1.5",
    "true",
    "TRUE",
    "a,b",
    "a,,b",
    "a,a",
    "0:1,1:2",
    "*",
    "1@h:9",
    "h:9",
    "compact,delete",
    "gzip",
    "GZIP",
    "PLAINTEXT",
    "earliest",
    "by_duration:PT1H",
    "by_duration:x",
    "read_committed",
    "required",
    "broker",
    "LogAppendTime",
];

fn main() {
    let mut lines: Vec<String> = keys().filter(|key| !key.is_own()).map(line).collect();
    lines.sort();
    println!("{}", lines.join("\n"));
}

fn line(key: &Key) -> String {
    let scope = match key.scope {
        Scope::Broker => "broker",
        Scope::Topic => "topic",
        Scope::Group => "group",
        Scope::ClientMetrics => "client-metrics",
    };
    let default = match key.default {
        DefaultValue::Required => "(required)",
        DefaultValue::Null => "(null)",
        DefaultValue::Text(text) => text,
    };
    let update = match (key.scope, key.update) {
        (Scope::Broker, UpdateMode::PerBroker) => "per-broker",
        (Scope::Broker, UpdateMode::ClusterWide) => "cluster-wide",
        _ => "-",
    };
    let probes: String = PROBES.iter().map(|probe| if key.parse(probe).is_ok() { '+' } else { '-' }).collect();
    let importance = format!("{:?}", key.importance).to_lowercase();
    let internal = if key.internal { "internal" } else { "-" };
    let kind = key.kind.name().to_lowercase();
    [scope, key.name, &kind, default, &importance, update, &synonyms(key), internal, &probes].join("\t")
}

/// The names that mean the same, and behind a topic's the factor that turns their unit into milliseconds.
fn synonyms(key: &Key) -> String {
    let factor = |name: &str| match find(Scope::Broker, name).map(|key| key.unit) {
        Some(Unit::Minutes) => 60_000,
        Some(Unit::Hours) => 3_600_000,
        _ => 1,
    };
    let names = key.synonyms().into_iter().map(|name| match key.scope {
        Scope::Topic => format!("{name}/{}", factor(name)),
        _ => name.to_owned(),
    });
    names.collect::<Vec<_>>().join(",")
}
