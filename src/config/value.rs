//! Configuration values: read from text by Kafka's grammar, written back in Kafka's form.

use crate::key::{Key, Type};
use std::fmt;

/// A value that is never shown: `Debug` and `Display` say so instead.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// A configuration value.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // one per Kafka type; a class is a text
pub enum Value {
    /// Nothing.
    Null,
    Boolean(bool),
    Int(i32),
    Short(i16),
    Long(i64),
    Double(f64),
    Text(String),
    List(Vec<String>),
    Password(Secret),
}

/// A text that a key does not allow. `Display` is Kafka's sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct ValueError {
    /// Kafka's sentence, with the value unless it is a secret.
    pub text: String,
    /// What would have been allowed.
    pub allowed: String,
}

/// Longest part of a refused value that an error repeats, in characters.
const SHOWN_LEN_MAX: usize = 512;

impl ValueError {
    /// `Invalid value x for configuration y: why`.
    pub(crate) fn invalid(key: &Key, value: &str, why: &str) -> Self {
        let shown = if key.sensitive() { "[hidden]".to_owned() } else { shorten(value) };
        Self::plain(key, format!("Invalid value {shown} for configuration {}: {why}", key.name))
    }

    /// A sentence of another form.
    pub(crate) fn plain(key: &Key, text: String) -> Self {
        Self { text, allowed: key.rule.allowed(key) }
    }
}

/// The beginning of a text that may be of any length.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN_LEN_MAX) {
        Some((end, _)) => format!("{}... ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

impl Value {
    /// Reads a text by the type of `key`, without asking its rule.
    pub(crate) fn parse(key: &Key, text: &str) -> Result<Value, ValueError> {
        // Java's trim: everything up to the space is white.
        let trimmed = text.trim_matches(|c: char| c <= ' ');
        let number = || ValueError::invalid(key, text, &format!("Not a number of type {}", key.kind.name()));
        Ok(match key.kind {
            Type::Boolean if trimmed.eq_ignore_ascii_case("true") => Value::Boolean(true),
            Type::Boolean if trimmed.eq_ignore_ascii_case("false") => Value::Boolean(false),
            Type::Boolean => return Err(ValueError::invalid(key, text, "Expected value to be either true or false")),
            Type::Int => Value::Int(trimmed.parse().map_err(|_| number())?),
            Type::Short => Value::Short(trimmed.parse().map_err(|_| number())?),
            Type::Long => Value::Long(trimmed.parse().map_err(|_| number())?),
            Type::Double => Value::Double(parse_double(trimmed).ok_or_else(number)?),
            Type::List if trimmed.is_empty() => Value::List(Vec::new()),
            Type::List => Value::List(trimmed.split(',').map(|part| part.trim().to_owned()).collect()),
            Type::Password => Value::Password(Secret::new(trimmed)),
            Type::String => Value::Text(trimmed.to_owned()),
            // The classes that can be named are those whose part this process plays itself: the defaults.
            Type::Class if key.default.text() == Some(trimmed) => Value::Text(trimmed.to_owned()),
            Type::Class => {
                return Err(ValueError::invalid(key, text, &format!("Class {} could not be found.", shorten(trimmed))));
            }
        })
    }

    /// The form in which DescribeConfigs shows the value; `None` for no value and for secrets.
    pub fn shown(&self) -> Option<String> {
        Some(match self {
            Value::Null | Value::Password(_) => return None,
            Value::Boolean(value) => value.to_string(),
            Value::Int(value) => value.to_string(),
            Value::Short(value) => value.to_string(),
            Value::Long(value) => value.to_string(),
            Value::Double(value) => java_double(*value),
            Value::Text(value) => value.clone(),
            Value::List(values) => values.join(","),
        })
    }

    /// The value as a whole number, where it is one.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(value) => Some(i64::from(*value)),
            Value::Short(value) => Some(i64::from(*value)),
            Value::Long(value) => Some(*value),
            _ => None,
        }
    }
}

/// A decimal number as Java's `Double.parseDouble` takes it; hexadecimal ones are not taken.
fn parse_double(text: &str) -> Option<f64> {
    let (sign, magnitude) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    match magnitude {
        "NaN" => return Some(f64::NAN),
        "Infinity" => return Some(sign * f64::INFINITY),
        _ => {}
    }
    let digits = magnitude.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(magnitude);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    digits.parse::<f64>().ok().map(|value| sign * value)
}

/// A number as Java's `Double.toString` writes it.
fn java_double(value: f64) -> String {
    let magnitude = value.abs();
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() }
    } else if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        format!("{value:?}")
    } else {
        let text = format!("{value:E}");
        match text.split_once('E') {
            Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0E{exponent}"),
            _ => text,
        }
    }
}
