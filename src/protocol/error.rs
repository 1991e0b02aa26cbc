//! What can be wrong with bytes that arrive, and with a message that cannot be said in a version.

use std::fmt;

/// Why bytes are not a message, and where reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason}, at byte {at}")]
pub struct DecodeError {
    /// Position in the frame.
    pub at: usize,
    /// What is wrong there.
    pub reason: DecodeReason,
}

/// What is wrong with bytes that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeReason {
    /// The message ends within a value.
    #[error("needs {needed} bytes where {remaining} remain")]
    Truncated {
        /// Bytes that the value takes.
        needed: usize,
        /// Bytes that are there.
        remaining: usize,
    },
    /// A length or count below zero that does not mean null.
    #[error("length {0} is negative")]
    NegativeLength(i32),
    /// Null where the version knows none.
    #[error("null is not allowed here")]
    UnexpectedNull,
    /// More elements than the bytes that remain could hold.
    #[error("{count} elements cannot be in the {remaining} bytes that remain")]
    CountTooLarge {
        /// Elements announced.
        count: usize,
        /// Bytes that are there.
        remaining: usize,
    },
    /// The decoded message would take more memory than one request may.
    #[error("decoding needs {needed} bytes more where the request's budget has {left} left")]
    BudgetExceeded {
        /// Bytes for the elements of the array at hand.
        needed: usize,
        /// What earlier arrays left.
        left: usize,
    },
    /// A variable-length integer with more bytes than its value needs, or with more than 32 bits.
    #[error("variable-length integer is overlong")]
    OverlongVarint,
    /// A string that is not UTF-8.
    #[error("string is not UTF-8")]
    InvalidUtf8,
    /// A string beyond Kafka's 32,767 bytes.
    #[error("string of {0} bytes is too long")]
    StringTooLong(usize),
    /// More tagged fields in one structure than any client has a reason to send.
    #[error("{0} tagged fields in one structure are too many")]
    TooManyTags(u32),
    /// A tagged field whose content does not fill its announced size.
    #[error("tagged field {0} is shorter than its size says")]
    TagSize(u32),
    /// Bytes behind the end of the message.
    #[error("{0} bytes lie behind the end of the message")]
    TrailingBytes(usize),
    /// A version that the message does not have.
    #[error("version {0} does not exist")]
    UnsupportedVersion(i16),
}

/// Why a message cannot be written in a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A version that the message does not have.
    #[error("{message} has no version {version}")]
    UnsupportedVersion {
        /// Name of the message.
        message: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A field that the version lacks has a value that must not be dropped.
    #[error("field {field} is set, and version {version} cannot carry it")]
    UnsupportedField {
        /// Name of the field.
        field: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// Null where the version knows none.
    #[error("field {field} is null, which version {version} cannot say")]
    UnexpectedNull {
        /// Name of the field.
        field: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A string beyond 32,767 bytes, or anything else beyond what 31 bits can count.
    #[error("{len} is too long for a {what}")]
    TooLong {
        /// What is too long.
        what: Countable,
        /// Its bytes or elements.
        len: usize,
    },
    /// Records that lie outside of memory were to be copied into a buffer; encode into pieces instead.
    #[error("{len} bytes of records are not in memory")]
    NotInMemory {
        /// Their length.
        len: usize,
    },
}

/// What has a length on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Countable {
    /// UTF-8 text.
    String,
    /// Opaque bytes or records.
    Bytes,
    /// Elements of an array.
    Array,
    /// A whole message with its header.
    Frame,
}

impl fmt::Display for Countable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "string",
            Self::Bytes => "byte field",
            Self::Array => "array",
            Self::Frame => "frame",
        })
    }
}
