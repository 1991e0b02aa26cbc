//! Text that is a slice of the frame it arrived in.

use bytes::Bytes;
use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

/// UTF-8 text on shared bytes: cloning counts a reference and copies nothing.
///
/// A value that was decoded keeps its whole frame in memory. What outlives its request is stored as
/// [`detach`](Self::detach)ed text or as a type of its own.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct StrBytes {
    /// Always valid UTF-8: checked by every constructor, never handed out mutably.
    bytes: Bytes,
}

impl StrBytes {
    /// Text that lives as long as the program.
    pub const fn from_static(text: &'static str) -> Self {
        Self { bytes: Bytes::from_static(text.as_bytes()) }
    }

    /// The same bytes as text; `None` where they are not UTF-8.
    pub fn from_utf8(bytes: Bytes) -> Option<Self> {
        std::str::from_utf8(&bytes).is_ok().then_some(Self { bytes })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        // SAFETY: `bytes` is private, immutable, and was checked to be UTF-8 by whichever constructor made this value.
        unsafe { std::str::from_utf8_unchecked(&self.bytes) }
    }

    /// A copy that holds no other bytes in memory.
    pub fn detach(&self) -> Self {
        Self { bytes: Bytes::copy_from_slice(&self.bytes) }
    }
}

impl Deref for StrBytes {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for StrBytes {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for StrBytes {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

// As `str` hashes, so that maps keyed by `StrBytes` can be asked with a `&str`.
impl std::hash::Hash for StrBytes {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl From<String> for StrBytes {
    fn from(text: String) -> Self {
        Self { bytes: Bytes::from(text) }
    }
}

/// Copies; text that lives as long as the program is cheaper through [`StrBytes::from_static`].
impl From<&str> for StrBytes {
    fn from(text: &str) -> Self {
        Self { bytes: Bytes::copy_from_slice(text.as_bytes()) }
    }
}

impl From<StrBytes> for Bytes {
    fn from(text: StrBytes) -> Self {
        text.bytes
    }
}

impl PartialEq<str> for StrBytes {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for StrBytes {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Display for StrBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for StrBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
