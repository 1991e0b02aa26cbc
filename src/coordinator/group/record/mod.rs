//! Records of `__consumer_offsets`, in Kafka's schemas.
//!
//! ```text
//! key:   type i16 | group | more of it by type, never flexible
//! value: version i16 | fields by type and version; null is a tombstone
//!
//! type 0, 1: offset of group, topic, partition      2: classic group
//! consumer groups: 3 epoch   4 topics' metadata, until 4.0 (read as nothing)   5 member of group, id   6 target's epoch
//!                  7 target of a member   8 current assignment of a member   16 topics of a pattern
//! ```
//! Types that are not known belong to share and streams groups; they are passed over.

mod batch;
mod bytes;
mod classic;
mod consumer;
mod offset;
#[cfg(test)]
mod record_test;

pub use self::bytes::CodecError;
pub(crate) use self::bytes::{Reader, Writer};
pub(crate) use batch::{BatchOptions, build_batch};
pub use classic::{ClassicMemberValue, ClassicValue};
pub use consumer::{ClassicMetadata, CurrentValue, EpochPartitions, MemberValue, Partitions, RegexValue};
use esker_model::TimestampMs;
pub use offset::CommittedOffset;
use std::sync::Arc;

const LEGACY_OFFSET: i16 = 0;
const OFFSET: i16 = 1;
const CLASSIC: i16 = 2;
const EPOCH: i16 = 3;
const TOPICS_METADATA: i16 = 4;
const MEMBER: i16 = 5;
const TARGET_EPOCH: i16 = 6;
const TARGET: i16 = 7;
const CURRENT: i16 = 8;
const REGEX: i16 = 16;

/// One record. A value of `None` is a tombstone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRecord {
    /// The group that it belongs to.
    pub group: Arc<str>,
    /// What it says of the group.
    pub fact: Fact,
}

/// What a record says of its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// How far the group has come in a partition.
    Offset {
        /// The topic.
        topic: Arc<str>,
        /// The partition.
        partition: i32,
        /// The offset.
        value: Option<CommittedOffset>,
    },
    /// A classic group with its members.
    Classic(Option<ClassicValue>),
    /// A consumer group's epoch and the hash of its topics' metadata.
    Epoch(Option<(i32, u64)>),
    /// What Kafka kept of the topics until 4.0; only ever written as a tombstone.
    TopicsMetadata,
    /// A member of a consumer group.
    Member(Arc<str>, Option<MemberValue>),
    /// The epoch of the target assignment, and when it was computed.
    TargetEpoch(Option<(i32, TimestampMs)>),
    /// The target assignment of a member.
    Target(Arc<str>, Option<Partitions>),
    /// The current assignment of a member.
    Current(Arc<str>, Option<CurrentValue>),
    /// The topics of a pattern.
    Regex(Arc<str>, Option<RegexValue>),
}

impl GroupRecord {
    /// Key and value, as they stand in the log.
    pub fn encode(&self) -> (Vec<u8>, Option<Vec<u8>>) {
        let key = |kind: i16, more: Option<&str>| {
            let mut to = Writer::new(kind, false);
            to.text(&self.group);
            more.iter().for_each(|more| to.text(more));
            to.out
        };
        match &self.fact {
            Fact::Offset { topic, partition, value } => {
                let mut key = key(OFFSET, Some(topic));
                key.extend(partition.to_be_bytes());
                (key, value.as_ref().map(offset::write))
            }
            Fact::Classic(value) => (key(CLASSIC, None), value.as_ref().map(classic::write)),
            Fact::Epoch(value) => (key(EPOCH, None), value.map(|(epoch, hash)| consumer::write_epoch(epoch, hash))),
            Fact::TopicsMetadata => (key(TOPICS_METADATA, None), None),
            Fact::Member(id, value) => (key(MEMBER, Some(id)), value.as_ref().map(consumer::write_member)),
            Fact::TargetEpoch(value) => {
                (key(TARGET_EPOCH, None), value.map(|(epoch, at)| consumer::write_target_epoch(epoch, at)))
            }
            Fact::Target(id, value) => (key(TARGET, Some(id)), value.as_ref().map(consumer::write_target)),
            Fact::Current(id, value) => (key(CURRENT, Some(id)), value.as_ref().map(consumer::write_current)),
            Fact::Regex(regex, value) => (key(REGEX, Some(regex)), value.as_ref().map(consumer::write_regex)),
        }
    }

    /// Reads a record; `None` for types of groups that are not served here.
    pub fn decode(key: &[u8], value: Option<&[u8]>) -> Result<Option<Self>, CodecError> {
        let (kind, mut from) = Reader::begin(key)?;
        if !matches!(kind, LEGACY_OFFSET..=CURRENT | REGEX) {
            return Ok(None);
        }
        let group = Arc::from(from.text()?);
        let fact = match kind {
            LEGACY_OFFSET | OFFSET => Fact::Offset {
                topic: from.text()?.into(),
                partition: from.i32()?,
                value: value.map(offset::read).transpose()?,
            },
            CLASSIC => Fact::Classic(value.map(classic::read).transpose()?),
            EPOCH => Fact::Epoch(flexible(value, consumer::read_epoch)?),
            TOPICS_METADATA => Fact::TopicsMetadata,
            MEMBER => Fact::Member(from.text()?.into(), flexible(value, consumer::read_member)?),
            TARGET_EPOCH => Fact::TargetEpoch(flexible(value, consumer::read_target_epoch)?),
            TARGET => Fact::Target(from.text()?.into(), flexible(value, consumer::read_target)?),
            CURRENT => Fact::Current(from.text()?.into(), flexible(value, consumer::read_current)?),
            _ => Fact::Regex(from.text()?.into(), flexible(value, consumer::read_regex)?),
        };
        Ok(Some(Self { group, fact }))
    }
}

fn flexible<T>(
    value: Option<&[u8]>,
    read: impl FnOnce(Reader<'_>) -> Result<T, CodecError>,
) -> Result<Option<T>, CodecError> {
    let Some(value) = value else { return Ok(None) };
    match Reader::begin(value)? {
        (0, from) => read(from.flexible(true)).map(Some),
        (version, _) => Err(CodecError::Version(version)),
    }
}
