//! What is wrong with a configuration, and where it was written.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Where a setting was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A line of the configuration that is built in.
    Embedded {
        /// The line, from 1.
        line: u32,
    },
    /// A line of a file.
    File {
        /// The file, as it was named.
        path: Arc<PathBuf>,
        /// The line, from 1.
        line: u32,
    },
    /// An environment variable.
    Environment(String),
    /// The command line's `--override`.
    Override,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Embedded { line } => write!(f, "built-in server.properties:{line}"),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Environment(variable) => write!(f, "environment variable {variable}"),
            Origin::Override => f.write_str("--override"),
        }
    }
}

/// One fault of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Where the setting was written; `None` for one that is missing.
    pub origin: Option<Origin>,
    /// The key; empty where no single key is at fault.
    pub key: String,
    /// What is wrong. Never holds a secret.
    pub text: String,
    /// What would have been allowed, where that can be said in a phrase.
    pub allowed: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", crate::value::shorten(&self.key))?;
        }
        f.write_str(&self.text)?;
        match &self.allowed {
            Some(allowed) => write!(f, " (allowed: {allowed})"),
            None => Ok(()),
        }
    }
}

/// All faults of a configuration; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

/// Most faults that are written out.
const SHOWN_MAX: usize = 100;

impl ConfigErrors {
    /// A single fault that belongs to no key.
    pub(crate) fn single(origin: Option<Origin>, key: &str, text: String) -> Self {
        Self(vec![ConfigError { origin, key: key.to_owned(), text, allowed: None }])
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.0.iter().take(SHOWN_MAX).enumerate() {
            write!(f, "{}{error}", if at == 0 { "" } else { "\n" })?;
        }
        match self.0.len().saturating_sub(SHOWN_MAX) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for ConfigErrors {}
