//! Identities: topics, partitions, clusters, with Kafka's 22-character text form.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use uuid::Uuid;

const BASE64_URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// 16 bytes as 22 characters of unpadded URL-safe base 64, Kafka's way to write a UUID.
fn to_base64(bytes: [u8; 16]) -> String {
    let bits = u128::from_be_bytes(bytes);
    // 22 characters carry 132 bits: the last one holds two bits of value and four zeros.
    (0..22)
        .map(|at| {
            let sextet = if at < 21 { bits >> (122 - 6 * at) } else { bits << 4 };
            char::from(BASE64_URL[(sextet & 63) as usize])
        })
        .collect()
}

/// An id as Kafka writes ids, in 22 characters of base 64.
pub fn id_text(id: u128) -> String {
    to_base64(id.to_be_bytes())
}

fn from_base64(text: &str) -> Option<[u8; 16]> {
    let text = text.strip_suffix("==").unwrap_or(text);
    if text.len() != 22 {
        return None;
    }
    let mut bits: u128 = 0;
    for (at, character) in text.bytes().enumerate() {
        let sextet = BASE64_URL.iter().position(|&known| known == character)? as u128;
        bits = if at < 21 { bits << 6 | sextet } else { bits << 2 | sextet >> 4 };
    }
    Some(bits.to_be_bytes())
}

/// Identity of one incarnation of a topic: a topic deleted and created again under its name has another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TopicId(pub Uuid);

impl TopicId {
    /// The id that requests carry where they mean no topic.
    pub const ZERO: TopicId = TopicId(Uuid::nil());

    /// Whether this is the id that means none.
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// 32 lower-case hexadecimal digits, as in the keys of the bucket.
    pub fn to_hex(self) -> String {
        self.0.simple().to_string()
    }
}

impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_base64(*self.0.as_bytes()))
    }
}

impl fmt::Debug for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TopicId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = from_base64(text).ok_or_else(|| format!("{text:?} is not a UUID in 22 characters of base 64"))?;
        Ok(TopicId(Uuid::from_bytes(bytes)))
    }
}

impl From<TopicId> for String {
    fn from(id: TopicId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for TopicId {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// A partition by its topic's name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: Arc<str>,
    /// The partition's number, from 0.
    pub partition: i32,
}

impl TopicPartition {
    /// Partition `partition` of the topic named `topic`.
    pub fn new(topic: impl Into<Arc<str>>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

impl fmt::Debug for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A partition by its topic's identity and name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicIdPartition {
    /// The topic's incarnation.
    pub topic_id: TopicId,
    /// Its name and the partition's number.
    pub topic_partition: TopicPartition,
}

impl TopicIdPartition {
    /// Partition `partition` of the topic `topic` with identity `topic_id`.
    pub fn new(topic_id: TopicId, topic: impl Into<Arc<str>>, partition: i32) -> Self {
        Self { topic_id, topic_partition: TopicPartition::new(topic, partition) }
    }

    /// The topic's name.
    pub fn topic(&self) -> &Arc<str> {
        &self.topic_partition.topic
    }

    /// The partition's number.
    pub fn partition(&self) -> i32 {
        self.topic_partition.partition
    }
}

impl fmt::Display for TopicIdPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.topic_id, self.topic_partition)
    }
}

impl fmt::Debug for TopicIdPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A cluster's identity as `meta.properties` and requests carry it: a short text, usually 22 characters of base 64.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ClusterId(Arc<str>);

/// A text that cannot name a cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClusterIdError(String);

impl fmt::Display for ClusterIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a cluster id: 1 to 64 of the characters A-Z, a-z, 0-9, - and _ are", self.0)
    }
}

impl std::error::Error for ClusterIdError {}

impl ClusterId {
    /// A new identity from 16 random bytes.
    pub fn from_uuid(uuid: Uuid) -> Self {
        Self(to_base64(*uuid.as_bytes()).into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ClusterId {
    type Err = ClusterIdError;
    fn from_str(text: &str) -> Result<Self, ClusterIdError> {
        // The id becomes a part of bucket keys, so it may hold nothing that means something in a path.
        let known = |byte: u8| BASE64_URL.contains(&byte);
        if text.is_empty() || text.len() > 64 || !text.bytes().all(known) {
            return Err(ClusterIdError(text.to_owned()));
        }
        Ok(Self(text.into()))
    }
}

impl From<ClusterId> for String {
    fn from(id: ClusterId) -> String {
        id.0.to_string()
    }
}

impl TryFrom<String> for ClusterId {
    type Error = ClusterIdError;
    fn try_from(text: String) -> Result<Self, ClusterIdError> {
        text.parse()
    }
}
