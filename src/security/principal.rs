//! Who somebody is: a type and a name, as Kafka writes them.

use std::fmt;
use std::sync::Arc;

/// The type of every principal that is not something special.
const USER: &str = "User";

/// Whoever has not said who they are.
pub const ANONYMOUS: &str = "User:ANONYMOUS";

/// A principal, such as `User:alice`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Principal {
    /// Type, colon, name. The first colon divides them.
    text: Arc<str>,
}

/// A text that is no principal. Its `Display` is Kafka's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a string in format principalType:principalName but got {0}")]
pub struct PrincipalError(String);

impl Principal {
    /// Whoever has not said who they are.
    pub fn anonymous() -> Self {
        Self { text: ANONYMOUS.into() }
    }

    /// The user of this name.
    pub fn user(name: &str) -> Self {
        Self { text: format!("{USER}:{name}").into() }
    }

    /// The principal that a text names.
    pub fn parse(text: &str) -> Result<Self, PrincipalError> {
        match text.split_once(':') {
            Some(_) => Ok(Self { text: text.into() }),
            None => Err(PrincipalError(text.to_owned())),
        }
    }

    /// Type, colon, name.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The type.
    pub fn kind(&self) -> &str {
        self.text.split_once(':').map_or("", |(kind, _)| kind)
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.text.split_once(':').map_or("", |(_, name)| name)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
