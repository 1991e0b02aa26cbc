//! Store errors, classified by what the caller should do.

use std::fmt;

/// What an error means for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreErrorKind {
    /// No object has the key.
    NotFound,
    /// The key exists (or, with some stores, another create of it is under way): read it before concluding anything.
    AlreadyExists,
    /// The store asks for less (429, 503). Nothing happened.
    Throttled,
    /// No answer, or one that does not say whether the request took effect: time-outs, broken connections, 5xx.
    Unknown,
    /// The request certainly did not reach the store: no connection.
    Unreachable,
    /// The credentials do not allow it or are not valid (401, 403).
    Denied,
    /// The store refuses the request as such; repeating it is pointless (other 4xx).
    Rejected,
    /// What came back is not what was stored: too short, too long, wrong checksum.
    Damaged,
    /// The breaker is open: the request was not sent.
    Suspended,
}

impl StoreErrorKind {
    /// Whether the same request may succeed later without anybody changing anything.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Throttled | Self::Unknown | Self::Unreachable | Self::Suspended)
    }

    /// Whether the request certainly had no effect.
    pub(crate) fn had_no_effect(self) -> bool {
        matches!(self, Self::Throttled | Self::Unreachable | Self::Denied | Self::Rejected | Self::Suspended)
    }
}

/// A request that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    /// What it means.
    pub kind: StoreErrorKind,
    /// What was asked.
    pub operation: &'static str,
    /// Of which key.
    pub key: String,
    /// What the store or the network said.
    pub detail: String,
}

impl StoreError {
    pub(crate) fn new(kind: StoreErrorKind, operation: &'static str, key: &str, detail: impl fmt::Display) -> Self {
        // Stores answer with whole pages at times; a log line need not hold them.
        let mut detail = detail.to_string();
        if detail.len() > 500 {
            detail = detail.chars().take(500).collect();
        }
        Self { kind, operation, key: key.to_owned(), detail }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            StoreErrorKind::NotFound => "not found",
            StoreErrorKind::AlreadyExists => "already exists",
            StoreErrorKind::Throttled => "throttled",
            StoreErrorKind::Unknown => "outcome unknown",
            StoreErrorKind::Unreachable => "unreachable",
            StoreErrorKind::Denied => "denied",
            StoreErrorKind::Rejected => "rejected",
            StoreErrorKind::Damaged => "damaged",
            StoreErrorKind::Suspended => "suspended by the breaker",
        };
        write!(f, "{} of {:?}: {kind}: {}", self.operation, self.key, self.detail)
    }
}

impl std::error::Error for StoreError {}
