//! What each API key's versions are, how its headers look, and what a broker says that it speaks.

pub use crate::messages::api_key::ApiKey;
use crate::messages::api_key::CARDS;
use std::fmt;

/// Versions from `min` to `max`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionRange {
    /// The oldest.
    pub min: i16,
    /// The newest.
    pub max: i16,
}

impl VersionRange {
    /// Whether `version` lies within.
    pub const fn contains(self, version: i16) -> bool {
        self.min <= version && version <= self.max
    }

    /// Every version, oldest first.
    pub fn iter(self) -> impl Iterator<Item = i16> + Clone {
        self.min..=self.max
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.min, self.max)
    }
}

/// Who serves a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// A broker, to clients and other brokers.
    Broker,
    /// A controller, to brokers and other controllers.
    Controller,
}

/// What the schema says of one key as a whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ApiCard {
    pub key: ApiKey,
    pub name: &'static str,
    pub versions: VersionRange,
    /// First version with compact lengths and tagged fields; `i16::MAX` where none has them.
    pub flexible_since: i16,
    /// Whether the newest version may still change.
    pub latest_unstable: bool,
    pub broker: bool,
    pub controller: bool,
}

/// What generated code says of a key.
impl ApiCard {
    pub const fn new(key: ApiKey, name: &'static str, min: i16, max: i16) -> Self {
        let versions = VersionRange { min, max };
        let flexible_since = i16::MAX;
        Self { key, name, versions, flexible_since, latest_unstable: false, broker: false, controller: false }
    }

    pub const fn flexible(self, flexible_since: i16) -> Self {
        Self { flexible_since, ..self }
    }

    pub const fn latest_unstable(self) -> Self {
        Self { latest_unstable: true, ..self }
    }

    pub const fn broker(self) -> Self {
        Self { broker: true, ..self }
    }

    pub const fn controller(self) -> Self {
        Self { controller: true, ..self }
    }
}

/// Where a key's card is, by number; beyond [`CARDS`] for numbers that are no key.
const POSITIONS: [usize; CARDS[CARDS.len() - 1].key as usize + 1] = {
    let mut positions = [usize::MAX; _];
    let mut at = 0;
    while at < CARDS.len() {
        positions[CARDS[at].key as usize] = at;
        at += 1;
    }
    positions
};

impl ApiKey {
    /// Every key, by number.
    pub fn all() -> impl Iterator<Item = ApiKey> + Clone {
        CARDS.iter().map(|card| card.key)
    }

    /// The key with this number, or `None` where there is none.
    pub const fn from_number(number: i16) -> Option<ApiKey> {
        // A negative number becomes one that is far beyond the table.
        let number = number as usize;
        if number < POSITIONS.len() && POSITIONS[number] < CARDS.len() {
            Some(CARDS[POSITIONS[number]].key)
        } else {
            None
        }
    }

    /// The number that stands in a request's header.
    pub const fn number(self) -> i16 {
        self as i16
    }

    const fn card(self) -> &'static ApiCard {
        &CARDS[POSITIONS[self as usize]]
    }

    /// Kafka's name.
    pub const fn name(self) -> &'static str {
        self.card().name
    }

    /// Every version that can be encoded and decoded, an unstable one included.
    pub const fn versions(self) -> VersionRange {
        self.card().versions
    }

    /// The versions that a request may have: without the newest where that may still change.
    pub const fn stable_versions(self) -> VersionRange {
        let VersionRange { min, max } = self.card().versions;
        VersionRange { min, max: if self.card().latest_unstable { max - 1 } else { max } }
    }

    /// Whether the newest of [`versions`](Self::versions) may still change and is therefore not to be used.
    pub const fn is_latest_unstable(self) -> bool {
        self.card().latest_unstable
    }

    /// The first version with compact lengths and tagged fields (KIP-482), or `None` where no version has them.
    pub const fn flexible_since(self) -> Option<i16> {
        match self.card().flexible_since {
            i16::MAX => None,
            version => Some(version),
        }
    }

    /// Whether this listener serves the key.
    pub const fn is_served_by(self, listener: Listener) -> bool {
        match listener {
            Listener::Broker => self.card().broker,
            Listener::Controller => self.card().controller,
        }
    }

    /// Version of the header before a request. It also holds for versions that the key does not have, so that the
    /// header of an ApiVersions request from the future can be read.
    pub const fn request_header_version(self, version: i16) -> i16 {
        if version >= self.card().flexible_since { 2 } else { 1 }
    }

    /// Version of the header before a response. ApiVersions stays with 0 for ever: a client reads the answer before it
    /// knows what the broker speaks (KIP-511).
    pub const fn response_header_version(self, version: i16) -> i16 {
        if matches!(self, ApiKey::ApiVersions) || version < self.card().flexible_since { 0 } else { 1 }
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The versions that an ApiVersions response names for a key that is served.
///
/// For Produce it begins at 0, although 0 to 2 are refused: older versions of librdkafka look for an overlap with those and
/// go without compression where they find none (KAFKA-18659).
pub const fn advertised_range(key: ApiKey) -> VersionRange {
    let stable = key.stable_versions();
    VersionRange { min: if matches!(key, ApiKey::Produce) { 0 } else { stable.min }, max: stable.max }
}
