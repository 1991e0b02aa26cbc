//! What a decision comes to: records, and an answer.

use esker_metadata::Record;

/// Most records that one request may make, as in Kafka.
pub const RECORDS_MAX: usize = 10_000;

/// What a request would change, and what is answered once that has happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Change<T> {
    /// The records, to be committed together; none where nothing changes.
    pub records: Vec<Record>,
    /// The answer.
    pub answer: T,
}

/// What kind of refusal it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The same thing was asked for twice.
    DuplicateResource,
    /// The request says what cannot be.
    InvalidRequest,
    /// There would be too much of it.
    PolicyViolation,
    /// What it is about is not there.
    ResourceNotFound,
    /// A credential that is not good enough.
    UnacceptableCredential,
    /// A SASL mechanism that is not known.
    UnsupportedMechanism,
    /// An entity that this version does not know.
    UnsupportedVersion,
}

/// Why something was not done, in Kafka's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// What kind of refusal it is.
    pub kind: RefusalKind,
    /// The sentence for people.
    pub text: String,
}

impl Refusal {
    pub(crate) fn new(kind: RefusalKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }

    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::new(RefusalKind::InvalidRequest, text)
    }
}
