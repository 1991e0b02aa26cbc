//! What consumers put into the bytes that pass through a classic group. Read only where the coordinator has to know the topics
//! or to change the protocol; written only for classic members of a consumer group.
//!
//! ```text
//! subscription: version i16 | [topic] | user data bytes? | owned [topic | [partition i32]] (1+) | generation i32 (2+) | rack? (3+)
//! assignment:   version i16 | [topic | [partition i32]] | user data bytes?
//! ```
//! Versions above those known begin with the fields of the newest known one.

use crate::group::record::{CodecError, Reader, Writer};
use bytes::Bytes;
use std::sync::Arc;

/// Partitions by topic name.
pub(crate) type NamedPartitions = Vec<(Arc<str>, Vec<i32>)>;

/// What a consumer wants and has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub topics: Vec<Arc<str>>,
    pub owned: NamedPartitions,
    pub rack: Option<Arc<str>>,
}

/// What a consumer was given by the group's leader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub partitions: NamedPartitions,
    /// Whether the assignor left something of its own, which no other understands.
    pub has_user_data: bool,
}

/// The newest version of either.
const NEWEST: i16 = 3;

pub(crate) fn read_version(bytes: &[u8]) -> Result<i16, CodecError> {
    match Reader::begin(bytes)? {
        (version, _) if version >= 0 => Ok(version.min(NEWEST)),
        (version, _) => Err(CodecError::Version(version)),
    }
}

pub(crate) fn read_subscription(bytes: &[u8]) -> Result<Subscription, CodecError> {
    let version = read_version(bytes)?;
    let (_, mut from) = Reader::begin(bytes)?;
    let topics = from.list(|from| from.text().map(Arc::from))?;
    from.nullable_bytes()?;
    let owned = if version >= 1 { read_partitions(&mut from)? } else { Vec::new() };
    if version >= 2 {
        from.i32()?;
    }
    let rack = if version >= 3 { from.nullable_text()?.filter(|rack| !rack.is_empty()).map(Arc::from) } else { None };
    Ok(Subscription { topics, owned, rack })
}

pub(crate) fn read_assignment(bytes: &[u8]) -> Result<Assignment, CodecError> {
    read_version(bytes)?;
    let (_, mut from) = Reader::begin(bytes)?;
    let partitions = read_partitions(&mut from)?;
    let has_user_data = from.nullable_bytes()?.is_some_and(|data| !data.is_empty());
    Ok(Assignment { partitions, has_user_data })
}

fn read_partitions(from: &mut Reader<'_>) -> Result<NamedPartitions, CodecError> {
    from.list(|from| Ok((Arc::from(from.text()?), from.list(Reader::i32)?)))
}

pub(crate) fn write_assignment(version: i16, partitions: &NamedPartitions) -> Bytes {
    let mut to = Writer::new(version, false);
    to.count(partitions.len());
    for (topic, numbers) in partitions {
        to.text(topic);
        to.numbers(numbers.iter().copied());
    }
    // No user data.
    to.i32(-1);
    to.out.into()
}
