//! Which values a key allows, with Kafka's sentence for those it does not.

use crate::endpoint;
use crate::iso_duration::parse_iso_duration;
use crate::key::{Key, Type};
use crate::value::{Value, ValueError};

/// The values that a key allows beyond its type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Everything of its type.
    Any,
    /// A whole number from here up.
    AtLeast(i64),
    /// A whole number from the first to the second.
    Between(i64, i64),
    /// A number from 0 to here.
    Ratio(f64),
    /// A level of gzip: 1 to 9, or -1.
    GzipLevel,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// One of these texts, in upper or lower case.
    OneOfAnyCase(&'static [&'static str]),
    /// A text with something in it.
    NonEmpty,
    /// A list without empty entries.
    List {
        /// The entries that are allowed; all where empty.
        of: &'static [&'static str],
        /// Whether the list itself may be empty.
        or_empty: bool,
    },
    /// Entries `partition:broker`, or `*` alone.
    ThrottledReplicas,
    /// Entries `id@host:port`.
    Voters,
    /// Entries `host:port`.
    Servers,
    /// Where a share group begins (KIP-932).
    OffsetReset,
}

pub(crate) const fn any() -> Rule {
    Rule::Any
}
pub(crate) const fn at_least(min: i64) -> Rule {
    Rule::AtLeast(min)
}
pub(crate) const fn between(min: i64, max: i64) -> Rule {
    Rule::Between(min, max)
}
pub(crate) const fn ratio(max: f64) -> Rule {
    Rule::Ratio(max)
}
pub(crate) const fn gzip_level() -> Rule {
    Rule::GzipLevel
}
pub(crate) const fn one_of(texts: &'static [&'static str]) -> Rule {
    Rule::OneOf(texts)
}
pub(crate) const fn one_of_any_case(texts: &'static [&'static str]) -> Rule {
    Rule::OneOfAnyCase(texts)
}
pub(crate) const fn non_empty() -> Rule {
    Rule::NonEmpty
}
pub(crate) const fn list() -> Rule {
    Rule::List { of: &[], or_empty: false }
}
pub(crate) const fn list_or_empty() -> Rule {
    Rule::List { of: &[], or_empty: true }
}
pub(crate) const fn list_of(of: &'static [&'static str]) -> Rule {
    Rule::List { of, or_empty: false }
}
pub(crate) const fn list_of_or_empty(of: &'static [&'static str]) -> Rule {
    Rule::List { of, or_empty: true }
}
pub(crate) const fn throttled_replicas() -> Rule {
    Rule::ThrottledReplicas
}
pub(crate) const fn voters() -> Rule {
    Rule::Voters
}
pub(crate) const fn servers() -> Rule {
    Rule::Servers
}
pub(crate) const fn offset_reset() -> Rule {
    Rule::OffsetReset
}

impl Rule {
    /// Drops repeated entries of a list, as Kafka does before it checks one.
    pub(crate) fn normalise(&self, value: Value) -> Value {
        match (self, value) {
            (Rule::List { .. }, Value::List(entries)) => {
                let mut distinct: Vec<String> = Vec::with_capacity(entries.len());
                let mut seen = std::collections::HashSet::with_capacity(entries.len());
                distinct.extend(entries.into_iter().filter(|entry| seen.insert(entry.clone())));
                Value::List(distinct)
            }
            (_, value) => value,
        }
    }

    /// Checks a value of the key's type.
    pub(crate) fn check(&self, key: &Key, value: &Value) -> Result<(), ValueError> {
        let shown = || value.shown().unwrap_or_default();
        match self {
            Rule::Any => Ok(()),
            Rule::AtLeast(_) | Rule::Between(..) | Rule::Ratio(_) | Rule::GzipLevel => {
                self.check_number(value).map_err(|why| ValueError::invalid(key, &shown(), &why))
            }
            Rule::OneOf(_) | Rule::OneOfAnyCase(_) | Rule::NonEmpty | Rule::OffsetReset => {
                self.check_text(key, &shown()).map_err(|why| ValueError::invalid(key, &shown(), &why))
            }
            Rule::List { .. } | Rule::ThrottledReplicas | Rule::Voters | Rule::Servers => match value {
                Value::List(entries) => self.check_list(key, entries),
                _ => Ok(()),
            },
        }
    }

    fn check_number(&self, value: &Value) -> Result<(), String> {
        let (min, max) = match *self {
            Rule::AtLeast(min) => (Some(min), None),
            Rule::Between(min, max) => (Some(min), Some(max)),
            Rule::GzipLevel => {
                let level = value.as_i64().unwrap_or(-1);
                let good = level == -1 || (1..=9).contains(&level);
                return if good { Ok(()) } else { Err("Value must be between 1 and 9 or equal to -1".to_owned()) };
            }
            Rule::Ratio(max) => {
                // Like Kafka's comparisons, these let NaN pass.
                return match value {
                    Value::Double(value) if *value < 0.0 => Err("Value must be at least 0".to_owned()),
                    Value::Double(value) if *value > max => Err(format!("Value must be no more than {max}")),
                    _ => Ok(()),
                };
            }
            _ => (None, None),
        };
        match (value.as_i64(), min, max) {
            (Some(value), Some(min), _) if value < min => Err(format!("Value must be at least {min}")),
            (Some(value), _, Some(max)) if value > max => Err(format!("Value must be no more than {max}")),
            _ => Ok(()),
        }
    }

    fn check_text(&self, key: &Key, text: &str) -> Result<(), String> {
        match self {
            Rule::OneOf(texts) if !texts.contains(&text) => Err(format!("String must be one of: {}", texts.join(", "))),
            Rule::OneOfAnyCase(texts) if !texts.iter().any(|known| known.eq_ignore_ascii_case(text)) => {
                Err(format!("String must be one of (case insensitive): {}", texts.join(", ")))
            }
            Rule::NonEmpty if text.is_empty() => Err("String must be non-empty".to_owned()),
            Rule::OffsetReset if !is_offset_reset(text) => Err(format!(
                "Invalid value `{}` for configuration {}. The value must be either 'earliest', 'latest' or of the \
                 format 'by_duration:<PnDTnHnMn.nS>'.",
                crate::value::shorten(text),
                key.name
            )),
            _ => Ok(()),
        }
    }

    fn check_list(&self, key: &Key, entries: &[String]) -> Result<(), ValueError> {
        let plain = |text: String| Err(ValueError::plain(key, text));
        match self {
            Rule::List { of, or_empty } => {
                if entries.is_empty() && !or_empty {
                    let valid = if of.is_empty() { "any non-empty value".to_owned() } else { bracketed(of) };
                    return plain(format!(
                        "Configuration '{}' must not be empty. Valid values include: {valid}",
                        key.name
                    ));
                }
                if entries.iter().any(String::is_empty) {
                    return plain(format!("Configuration '{}' values must not be empty.", key.name));
                }
                match entries.iter().find(|entry| !of.is_empty() && !of.contains(&entry.as_str())) {
                    Some(entry) => {
                        let why = format!("String must be one of: {}", of.join(", "));
                        Err(ValueError::invalid(key, entry, &why))
                    }
                    None => Ok(()),
                }
            }
            Rule::ThrottledReplicas if !are_throttled_replicas(entries) => {
                let why = format!(
                    "{} must be the literal '*' or a list of replicas in the following format: \
                     [partitionId]:[brokerId],[partitionId]:[brokerId],...",
                    key.name
                );
                Err(ValueError::invalid(key, &format!("[{}]", entries.join(", ")), &why))
            }
            Rule::Voters => entries.iter().try_for_each(|entry| match endpoint::parse_voter(entry) {
                Ok(_) => Ok(()),
                Err(text) => plain(text),
            }),
            Rule::Servers => entries.iter().try_for_each(|entry| match endpoint::parse_server(entry) {
                Ok(_) => Ok(()),
                Err(text) => plain(text),
            }),
            _ => Ok(()),
        }
    }

    /// What the key allows, as a phrase.
    pub fn allowed(&self, key: &Key) -> String {
        let whole = |low: i64, high: i64| match (low, high) {
            (i64::MIN, i64::MAX) => "a whole number".to_owned(),
            (low, high) => format!("a whole number from {low} to {high}"),
        };
        let (low, high) = match key.kind {
            Type::Int => (i64::from(i32::MIN), i64::from(i32::MAX)),
            Type::Short => (i64::from(i16::MIN), i64::from(i16::MAX)),
            _ => (i64::MIN, i64::MAX),
        };
        match self {
            Rule::AtLeast(min) if high == i64::MAX => format!("a whole number from {min}"),
            Rule::AtLeast(min) => whole(*min, high),
            Rule::Between(min, max) => whole(*min, *max),
            Rule::Ratio(max) => format!("a number from 0 to {max}"),
            Rule::GzipLevel => "-1 or a whole number from 1 to 9".to_owned(),
            Rule::OneOf(texts) => format!("one of {}", texts.join(", ")),
            Rule::OneOfAnyCase(texts) => format!("one of {}, in upper or lower case", texts.join(", ")),
            Rule::NonEmpty => "a text that is not empty".to_owned(),
            Rule::List { of: [], or_empty: false } => "a comma-separated list that is not empty".to_owned(),
            Rule::List { of: [], or_empty: true } => "a comma-separated list".to_owned(),
            Rule::List { of, or_empty } => {
                format!("a comma-separated list of {}{}", of.join(", "), if *or_empty { ", or empty" } else { "" })
            }
            Rule::ThrottledReplicas => "a comma-separated list of partition:broker, or *".to_owned(),
            Rule::Voters => "a comma-separated list of id@host:port".to_owned(),
            Rule::Servers => "a comma-separated list of host:port".to_owned(),
            Rule::OffsetReset => "earliest, latest or by_duration:PnDTnHnMn.nS".to_owned(),
            Rule::Any => match key.kind {
                Type::Boolean => "true or false".to_owned(),
                Type::Int | Type::Short | Type::Long => whole(low, high),
                Type::Double => "a number".to_owned(),
                Type::List => "a comma-separated list".to_owned(),
                Type::Class => match key.default.text() {
                    Some(class) => format!("{class}; Esker loads no Java classes"),
                    None => "nothing; Esker loads no Java classes".to_owned(),
                },
                Type::String | Type::Password => "a text".to_owned(),
            },
        }
    }
}

fn bracketed(texts: &[&str]) -> String {
    format!("[{}]", texts.join(", "))
}

fn are_throttled_replicas(entries: &[String]) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let replica =
        |entry: &String| entry.split_once(':').is_some_and(|(partition, broker)| number(partition) && number(broker));
    matches!(entries, [only] if only == "*") || entries.iter().all(replica)
}

fn is_offset_reset(text: &str) -> bool {
    match text.strip_prefix("by_duration:") {
        Some(duration) => parse_iso_duration(duration).is_some(),
        None => matches!(text, "earliest" | "latest"),
    }
}
