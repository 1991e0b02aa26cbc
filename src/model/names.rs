//! Kafka's rules for topic names.

use std::fmt;

/// Longest topic name, in characters; with `-<partition>` and a suffix it still fits a file name.
pub const TOPIC_NAME_LEN_MAX: usize = 249;

/// Why a text cannot name a topic. Its `Display` is Kafka's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicNameError {
    /// The name is empty.
    Empty,
    /// The name is `.` or `..`.
    Dots(String),
    /// The name has too many characters.
    TooLong(String),
    /// The name has a character outside of letters, digits, `.`, `_` and `-`.
    BadCharacter(String),
}

impl fmt::Display for TopicNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Topic name is invalid: the empty string is not allowed"),
            Self::Dots(name) => write!(f, "Topic name is invalid: '{name}' is not allowed"),
            Self::TooLong(name) => write!(
                f,
                "Topic name is invalid: the length of '{name}' is longer than the max allowed length {TOPIC_NAME_LEN_MAX}"
            ),
            Self::BadCharacter(name) => write!(
                f,
                "Topic name is invalid: '{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
            ),
        }
    }
}

impl std::error::Error for TopicNameError {}

/// Checks a name by Kafka's rules.
pub fn validate_topic_name(name: &str) -> Result<(), TopicNameError> {
    if name.is_empty() {
        return Err(TopicNameError::Empty);
    }
    if name == "." || name == ".." {
        return Err(TopicNameError::Dots(name.to_owned()));
    }
    if name.chars().count() > TOPIC_NAME_LEN_MAX {
        return Err(TopicNameError::TooLong(name.chars().take(TOPIC_NAME_LEN_MAX + 1).collect()));
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !name.chars().all(legal) {
        return Err(TopicNameError::BadCharacter(name.to_owned()));
    }
    Ok(())
}

/// Whether two different names would become one metric name, in which `.` and `_` are the same.
pub fn topic_names_collide(one: &str, other: &str) -> bool {
    one.len() == other.len()
        && one.bytes().zip(other.bytes()).all(|(a, b)| a == b || matches!((a, b), (b'.', b'_') | (b'_', b'.')))
}

/// Whether the broker owns this topic; clients other than the admin client must not write to it.
pub fn is_internal_topic(name: &str) -> bool {
    matches!(name, "__consumer_offsets" | "__transaction_state" | "__share_group_state")
}
