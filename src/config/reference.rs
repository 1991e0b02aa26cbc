//! The reference of all keys, as Markdown: `config/REFERENCE.md` is this text.

use crate::key::{DefaultValue, Key, Scope, Support, Type, Unit, UpdateMode};
use crate::table::THEMES;
use std::fmt::Write;

const INTRODUCTION: &str = "\
# Configuration reference

Every key that Esker knows, with the names, types and defaults of Apache Kafka 4.3; keys that begin with `esker.` are its
own. This page is generated from the table that the broker itself reads (`make fix` writes it again).

Broker keys come from `--config FILE` (or the built-in `server.properties`), then from the environment (`log.dirs` as
`KAFKA_LOG_DIRS`, `esker.tier.url` as `KAFKA_ESKER_TIER_URL`; `__` is an underscore, `___` a hyphen), then from
`--override key=value`; the last one wins. Unless `changes` says otherwise, a restart is needed; a key that changes *per
broker* or in the *cluster* can be set with `kafka-configs`. Keys marked *no effect* are checked and listed, so that
Kafka's files and tools work, and do nothing in this build.
";

/// The whole page.
pub fn reference() -> String {
    let mut page = INTRODUCTION.to_owned();
    for (title, keys) in THEMES {
        let broker = keys.first().is_some_and(|key| key.scope == Scope::Broker);
        let columns = if broker { "changes" } else { "default from" };
        // Writing to a string cannot fail.
        let _ = write!(page, "\n## {title}\n\n| key | type | default | allowed | {columns} | what it does |\n");
        page.push_str("|---|---|---|---|---|---|\n");
        keys.iter().for_each(|key| page.push_str(&row(key)));
    }
    page
}

fn row(key: &Key) -> String {
    let default = match key.default {
        DefaultValue::Required => "*required*".to_owned(),
        DefaultValue::Null => String::new(),
        DefaultValue::Text("") => "*empty*".to_owned(),
        DefaultValue::Text(text) => format!("`{text}`"),
    };
    let where_from = match (key.scope, key.update) {
        (Scope::Broker, UpdateMode::ReadOnly) => String::new(),
        (Scope::Broker, UpdateMode::PerBroker) => "per broker".to_owned(),
        (Scope::Broker, UpdateMode::ClusterWide) => "cluster".to_owned(),
        _ => key.from.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    };
    let no_effect = if key.support == Support::Accepted { " *No effect.*" } else { "" };
    format!(
        "| `{}` | {}{} | {default} | {} | {where_from} | {}{no_effect} |\n",
        key.name,
        kind(key.kind),
        unit(key.unit),
        cell(&key.rule.allowed(key)),
        cell(key.doc())
    )
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('*', "\\*")
}

fn kind(kind: Type) -> String {
    kind.name().to_lowercase()
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::None => "",
        Unit::Bytes => ", bytes",
        Unit::BytesPerSecond => ", bytes/s",
        Unit::Millis => ", ms",
        Unit::Seconds => ", s",
        Unit::Minutes => ", min",
        Unit::Hours => ", h",
    }
}
