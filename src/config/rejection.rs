//! A change of configuration that is refused, with the sentence that the client gets.

use crate::value::ValueError;

/// Which of Kafka's errors a refusal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectionKind {
    /// INVALID_CONFIG.
    InvalidConfig,
    /// INVALID_REQUEST.
    InvalidRequest,
}

/// A refused change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Rejection {
    /// Which error it is.
    pub kind: RejectionKind,
    /// Kafka's sentence. Never holds a secret.
    pub text: String,
}

impl Rejection {
    pub(crate) fn config(text: impl Into<String>) -> Self {
        Self { kind: RejectionKind::InvalidConfig, text: text.into() }
    }

    pub(crate) fn request(text: impl Into<String>) -> Self {
        Self { kind: RejectionKind::InvalidRequest, text: text.into() }
    }
}

impl From<ValueError> for Rejection {
    fn from(error: ValueError) -> Self {
        Self::config(error.text)
    }
}
