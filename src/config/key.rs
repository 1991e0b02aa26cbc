//! What one configuration key is: name, type, default, bounds, where it may change, and what it does here.

use crate::rule::Rule;
use crate::value::{Value, ValueError};

/// What a key configures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// A broker: `server.properties`, and dynamically a broker or the cluster's default.
    Broker,
    /// A topic.
    Topic,
    /// A group, of whatever protocol.
    Group,
    /// A client metrics subscription (KIP-714).
    ClientMetrics,
}

/// Kafka's types of configuration values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names are Kafka's and say all
pub enum Type {
    Boolean,
    String,
    Int,
    Short,
    Long,
    Double,
    List,
    Class,
    Password,
}

impl Type {
    /// Kafka's name of the type, as in `Not a number of type LONG`.
    pub fn name(self) -> &'static str {
        match self {
            Type::Boolean => "BOOLEAN",
            Type::String => "STRING",
            Type::Int => "INT",
            Type::Short => "SHORT",
            Type::Long => "LONG",
            Type::Double => "DOUBLE",
            Type::List => "LIST",
            Type::Class => "CLASS",
            Type::Password => "PASSWORD",
        }
    }
}

/// What a key reads where it is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    /// Nothing: it must be set.
    Required,
    /// No value.
    Null,
    /// This text, in the form in which DescribeConfigs shows it.
    Text(&'static str),
}

impl DefaultValue {
    /// The text, where there is one.
    pub fn text(self) -> Option<&'static str> {
        match self {
            DefaultValue::Text(text) => Some(text),
            DefaultValue::Required | DefaultValue::Null => None,
        }
    }
}

/// Kafka's grading of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names are Kafka's and say all
pub enum Importance {
    High,
    Medium,
    Low,
}

/// Where a broker key can be changed while the broker runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateMode {
    /// Nowhere: a restart reads it.
    ReadOnly,
    /// For one broker.
    PerBroker,
    /// For one broker or as the cluster's default.
    ClusterWide,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names say all
pub enum Unit {
    None,
    Bytes,
    BytesPerSecond,
    Millis,
    Seconds,
    Minutes,
    Hours,
}

impl Unit {
    /// Milliseconds in one of this unit; 1 for everything that is not minutes or hours.
    pub(crate) fn millis_factor(self) -> i64 {
        match self {
            Unit::Minutes => 60_000,
            Unit::Hours => 3_600_000,
            _ => 1,
        }
    }
}

/// Whether setting a key changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It does what its description says.
    Honoured,
    /// It is checked and listed, so that Kafka's files and tools work, and has no effect.
    Accepted,
}

/// One configuration key.
#[derive(Debug)]
pub struct Key {
    /// What it configures.
    pub scope: Scope,
    /// Its name. Unique within its scope.
    pub name: &'static str,
    /// The type of its values.
    pub kind: Type,
    /// What it reads where it is not set.
    pub default: DefaultValue,
    /// Kafka's grading.
    pub importance: Importance,
    /// Where it can be changed while the broker runs. Topic and group keys always can, and are `ReadOnly` here.
    pub update: UpdateMode,
    /// What its number counts.
    pub unit: Unit,
    /// Whether it has an effect.
    pub support: Support,
    /// Which values are allowed.
    pub rule: Rule,
    /// Described only where it is set: a test hook, or a key that exists only dynamically.
    pub internal: bool,
    /// The broker keys that a topic or group key takes its default from, the first that has a value winning.
    pub from: &'static [&'static str],
    doc: &'static str,
}

impl Key {
    #[allow(clippy::too_many_arguments)] // the columns of the table
    pub(crate) const fn new(
        scope: Scope,
        name: &'static str,
        kind: Type,
        default: DefaultValue,
        importance: Importance,
        update: UpdateMode,
        unit: Unit,
        support: Support,
        rule: Rule,
        doc: &'static str,
    ) -> Self {
        Self { scope, name, kind, default, importance, update, unit, support, rule, internal: false, from: &[], doc }
    }

    pub(crate) const fn internal(mut self) -> Self {
        self.internal = true;
        self
    }

    pub(crate) const fn from(mut self, names: &'static [&'static str]) -> Self {
        self.from = names;
        self
    }

    /// One sentence on what the key does.
    pub fn doc(&self) -> &'static str {
        self.doc.trim()
    }

    /// For a broker key, the names that mean the same setting, itself included, the one that wins first; else the broker
    /// keys that the default is taken from.
    pub fn synonyms(&self) -> Vec<&'static str> {
        match self.scope {
            Scope::Broker => crate::table::broker_synonyms(self.name, true),
            _ => self.from.to_vec(),
        }
    }

    /// Whether its value is a secret, never shown.
    pub fn sensitive(&self) -> bool {
        self.kind == Type::Password
    }

    /// Whether it is one of Esker's own keys.
    pub fn is_own(&self) -> bool {
        self.name.starts_with("esker.")
    }

    /// Reads a text as a value of this key.
    pub fn parse(&self, text: &str) -> Result<Value, ValueError> {
        let value = Value::parse(self, text)?;
        let value = self.rule.normalise(value);
        self.rule.check(self, &value)?;
        Ok(value)
    }

    /// The value where nothing is set.
    pub fn default_value(&self) -> Value {
        // A default that its own key would refuse is a defect of the table, which a test looks for.
        self.default.text().and_then(|text| Value::parse(self, text).ok()).unwrap_or(Value::Null)
    }
}
