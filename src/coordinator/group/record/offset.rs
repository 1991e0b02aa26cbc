//! A committed offset.
//!
//! ```text
//! version i16: 0-4, the last flexible | offset i64 | leader epoch i32 (3+) | metadata | commit time i64 | expiry i64 (1 only)
//! | tag 0: topic id (4)
//! ```

use crate::group::record::bytes::{CodecError, Reader, Writer};
use esker_model::{Offset, TimestampMs, TopicId};

/// How far a group has come in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The next offset to be read.
    pub offset: Offset,
    /// Leader epoch of the record before it; -1 where the consumer did not say.
    pub leader_epoch: i32,
    /// What the consumer keeps beside it.
    pub metadata: Box<str>,
    /// When it was committed.
    pub committed_at: TimestampMs,
    /// When it is forgotten whatever the retention; -1 where its committer did not say.
    pub expires_at: TimestampMs,
    /// The topic that was meant; zero where it was given by name alone.
    pub topic_id: TopicId,
}

const NEWEST: i16 = 4;
/// The one version that carries an expiry.
const WITH_EXPIRY: i16 = 1;

pub(super) fn write(value: &CommittedOffset) -> Vec<u8> {
    let version = if value.expires_at >= 0 { WITH_EXPIRY } else { NEWEST };
    let mut to = Writer::new(version, version >= 4);
    to.i64(value.offset);
    if version >= 3 {
        to.i32(value.leader_epoch);
    }
    to.text(&value.metadata);
    to.i64(value.committed_at);
    if version == WITH_EXPIRY {
        to.i64(value.expires_at);
    }
    if version >= 4 {
        to.tags((!value.topic_id.is_zero()).then(|| value.topic_id.0.as_bytes().as_slice()));
    }
    to.out
}

pub(super) fn read(bytes: &[u8]) -> Result<CommittedOffset, CodecError> {
    let (version, from) = Reader::begin(bytes)?;
    if !(0..=NEWEST).contains(&version) {
        return Err(CodecError::Version(version));
    }
    let mut from = from.flexible(version >= 4);
    let offset = from.i64()?;
    let leader_epoch = if version >= 3 { from.i32()? } else { -1 };
    let metadata = from.text()?.into();
    let committed_at = from.i64()?;
    let expires_at = if version == WITH_EXPIRY { from.i64()? } else { -1 };
    let tag = if version >= 4 { from.tags()? } else { None };
    let topic_id = tag.map(|mut tag| tag.id()).transpose()?.unwrap_or_default();
    Ok(CommittedOffset { offset, leader_epoch, metadata, committed_at, expires_at, topic_id })
}
