//! SCRAM credentials: what the cluster keeps of a password. They are never shown and never leave for the bucket.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Most credentials that a cluster keeps.
pub const SCRAM_CREDENTIALS_MAX: usize = 100_000;

/// A SCRAM mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ScramMechanism {
    /// SCRAM-SHA-256.
    #[serde(rename = "SCRAM-SHA-256")]
    Sha256,
    /// SCRAM-SHA-512.
    #[serde(rename = "SCRAM-SHA-512")]
    Sha512,
}

/// What is kept of one user's password under one mechanism (RFC 5802).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScramCredential {
    /// How often the password was hashed.
    pub iterations: i32,
    /// What was hashed with it.
    pub salt: HiddenBytes,
    /// Against which a client's proof is checked.
    pub stored_key: HiddenBytes,
    /// With which the server proves itself.
    pub server_key: HiddenBytes,
}

/// The number of iterations only: everything else helps whoever guesses passwords.
impl fmt::Debug for ScramCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramCredential").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

/// Bytes that no log line shows; in a record they stand as hexadecimal digits.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HiddenBytes(pub Vec<u8>);

impl fmt::Debug for HiddenBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl Serialize for HiddenBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
        let text: String = self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for HiddenBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let damaged = || serde::de::Error::custom("not a row of bytes in hexadecimal digits");
        let nibble = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
        let pair = |pair: &[u8]| match *pair {
            [high, low] => Some(nibble(high)? << 4 | nibble(low)?),
            _ => None,
        };
        text.as_bytes().chunks(2).map(pair).collect::<Option<Vec<u8>>>().map(HiddenBytes).ok_or_else(damaged)
    }
}
