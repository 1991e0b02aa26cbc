//! The parts of a consumer group (KIP-848). All are of version 0, which is flexible.
//!
//! ```text
//! epoch:      epoch i32 | tag 0: metadata hash i64
//! member:     instance? | rack? | client id | host | [topic name] | regex? | rebalance timeout i32 | assignor?
//!             | tag 0: classic: session timeout i32 | [protocol | metadata bytes]
//! target:     assignment epoch i32 | tag 0: computed at i64
//! target of a member: [topic id | [partition i32]]
//! current:    epoch i32 | previous epoch i32 | state i8 | assigned | pending revocation,
//!             each [topic id | [partition i32] | tag 0: [assignment epoch i32]]
//! regex:      [topic name] | version i64 | resolved at i64
//! ```

use crate::group::record::bytes::{CodecError, Reader, Writer};
use bytes::Bytes;
use esker_model::{TimestampMs, TopicId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Partitions by topic.
pub type Partitions = BTreeMap<TopicId, BTreeSet<i32>>;

/// Partitions by topic, each with the epoch in which its member got it.
pub type EpochPartitions = BTreeMap<TopicId, BTreeMap<i32, i32>>;

/// What a member said when it joined or changed its mind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberValue {
    /// Its instance id, for a static member.
    pub instance: Option<Arc<str>>,
    /// Where it stands.
    pub rack: Option<Arc<str>>,
    /// The client's id.
    pub client_id: Arc<str>,
    /// The client's address.
    pub client_host: Arc<str>,
    /// The topics that it wants.
    pub topics: BTreeSet<Arc<str>>,
    /// The pattern of topics that it wants.
    pub regex: Option<Arc<str>>,
    /// How long it may take to give partitions back, in milliseconds; -1 where it did not say.
    pub rebalance_timeout: i32,
    /// The assignor that it prefers.
    pub assignor: Option<Arc<str>>,
    /// Set for a member that speaks the classic protocol.
    pub classic: Option<ClassicMetadata>,
}

/// What a member of a consumer group brought along that speaks the classic protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassicMetadata {
    /// How long it may be silent, in milliseconds.
    pub session_timeout: i32,
    /// The protocols that it can do, in its order.
    pub protocols: Vec<(Arc<str>, Bytes)>,
}

/// What a member has, and how far it is on the way to what it should have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CurrentValue {
    /// Its epoch.
    pub epoch: i32,
    /// The one before.
    pub previous_epoch: i32,
    /// Where it stands, as a number.
    pub state: i8,
    /// What it may read.
    pub assigned: EpochPartitions,
    /// What it must give back.
    pub revoking: EpochPartitions,
}

/// Topics that match a pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegexValue {
    /// Their names.
    pub topics: BTreeSet<Arc<str>>,
    /// The metadata in which they were looked up.
    pub version: i64,
    /// When they were looked up.
    pub resolved_at: TimestampMs,
}

pub(super) fn write_epoch(epoch: i32, hash: u64) -> Vec<u8> {
    let mut to = Writer::new(0, true);
    to.i32(epoch);
    to.tags((hash != 0).then(|| hash.to_be_bytes()).as_ref().map(|hash| hash.as_slice()));
    to.out
}

pub(super) fn read_epoch(mut from: Reader<'_>) -> Result<(i32, u64), CodecError> {
    let epoch = from.i32()?;
    let hash = from.tags()?.map(|mut tag| tag.i64()).transpose()?;
    Ok((epoch, hash.unwrap_or(0) as u64))
}

pub(super) fn write_member(value: &MemberValue) -> Vec<u8> {
    let mut to = Writer::new(0, true);
    to.nullable_text(value.instance.as_deref());
    to.nullable_text(value.rack.as_deref());
    to.text(&value.client_id);
    to.text(&value.client_host);
    to.count(value.topics.len());
    value.topics.iter().for_each(|topic| to.text(topic));
    to.nullable_text(value.regex.as_deref());
    to.i32(value.rebalance_timeout);
    to.nullable_text(value.assignor.as_deref());
    to.tags(value.classic.as_ref().map(write_classic).as_deref());
    to.out
}

/// A nullable structure in a tagged field begins with a byte that says whether it is there.
fn write_classic(classic: &ClassicMetadata) -> Vec<u8> {
    Writer::tagged(|to| {
        to.i8(1);
        to.i32(classic.session_timeout);
        to.count(classic.protocols.len());
        for (name, metadata) in &classic.protocols {
            to.text(name);
            to.bytes(metadata);
            to.tags(None);
        }
        to.tags(None);
    })
}

pub(super) fn read_member(mut from: Reader<'_>) -> Result<MemberValue, CodecError> {
    Ok(MemberValue {
        instance: from.nullable_text()?.map(Arc::from),
        rack: from.nullable_text()?.map(Arc::from),
        client_id: from.text()?.into(),
        client_host: from.text()?.into(),
        topics: from.list(|from| from.text().map(Arc::from))?.into_iter().collect(),
        regex: from.nullable_text()?.map(Arc::from),
        rebalance_timeout: from.i32()?,
        assignor: from.nullable_text()?.map(Arc::from),
        classic: from.tags()?.map(read_classic).transpose()?.flatten(),
    })
}

fn read_classic(mut from: Reader<'_>) -> Result<Option<ClassicMetadata>, CodecError> {
    if from.i8()? < 0 {
        return Ok(None);
    }
    let session_timeout = from.i32()?;
    let protocols = from.list(|from| {
        let protocol = (Arc::from(from.text()?), from.bytes()?);
        from.tags()?;
        Ok(protocol)
    })?;
    from.tags()?;
    Ok(Some(ClassicMetadata { session_timeout, protocols }))
}

pub(super) fn write_target_epoch(epoch: i32, computed_at: TimestampMs) -> Vec<u8> {
    let mut to = Writer::new(0, true);
    to.i32(epoch);
    to.tags((computed_at != 0).then(|| computed_at.to_be_bytes()).as_ref().map(|at| at.as_slice()));
    to.out
}

pub(super) fn read_target_epoch(mut from: Reader<'_>) -> Result<(i32, TimestampMs), CodecError> {
    let epoch = from.i32()?;
    let computed_at = from.tags()?.map(|mut tag| tag.i64()).transpose()?;
    Ok((epoch, computed_at.unwrap_or(0)))
}

pub(super) fn write_target(partitions: &Partitions) -> Vec<u8> {
    let mut to = Writer::new(0, true);
    to.count(partitions.len());
    for (topic, numbers) in partitions {
        to.id(*topic);
        to.numbers(numbers.iter().copied());
        to.tags(None);
    }
    to.tags(None);
    to.out
}

pub(super) fn read_target(mut from: Reader<'_>) -> Result<Partitions, CodecError> {
    let topics = from.list(|from| {
        let topic = (from.id()?, from.list(Reader::i32)?.into_iter().collect());
        from.tags()?;
        Ok(topic)
    })?;
    from.tags()?;
    Ok(topics.into_iter().collect())
}

pub(super) fn write_current(value: &CurrentValue) -> Vec<u8> {
    let mut to = Writer::new(0, true);
    to.i32(value.epoch);
    to.i32(value.previous_epoch);
    to.i8(value.state);
    write_epoch_partitions(&mut to, &value.assigned);
    write_epoch_partitions(&mut to, &value.revoking);
    to.tags(None);
    to.out
}

fn write_epoch_partitions(to: &mut Writer, partitions: &EpochPartitions) {
    to.count(partitions.len());
    for (topic, numbers) in partitions {
        to.id(*topic);
        to.numbers(numbers.keys().copied());
        let epochs = Writer::tagged(|to| to.numbers(numbers.values().copied()));
        to.tags(Some(&epochs));
    }
}

pub(super) fn read_current(mut from: Reader<'_>) -> Result<CurrentValue, CodecError> {
    let (epoch, previous_epoch, state) = (from.i32()?, from.i32()?, from.i8()?);
    let assigned = read_epoch_partitions(&mut from, epoch)?;
    let revoking = read_epoch_partitions(&mut from, epoch)?;
    from.tags()?;
    Ok(CurrentValue { epoch, previous_epoch, state, assigned, revoking })
}

/// Partitions written before they had epochs are taken to be as old as their member's.
fn read_epoch_partitions(from: &mut Reader<'_>, epoch: i32) -> Result<EpochPartitions, CodecError> {
    let topics = from.list(|from| {
        let topic = from.id()?;
        let numbers = from.list(Reader::i32)?;
        let epochs = match from.tags()? {
            Some(mut tag) => match tag.nullable_count()? {
                Some(count) => (0..count).map(|_| tag.i32()).collect::<Result<Vec<_>, _>>()?,
                None => Vec::new(),
            },
            None => Vec::new(),
        };
        let of = |at: usize| if epochs.len() == numbers.len() { epochs[at] } else { epoch.max(0) };
        Ok((topic, numbers.iter().enumerate().map(|(at, number)| (*number, of(at))).collect()))
    })?;
    Ok(topics.into_iter().collect())
}

pub(super) fn write_regex(value: &RegexValue) -> Vec<u8> {
    let mut to = Writer::new(0, true);
    to.count(value.topics.len());
    value.topics.iter().for_each(|topic| to.text(topic));
    to.i64(value.version);
    to.i64(value.resolved_at);
    to.tags(None);
    to.out
}

pub(super) fn read_regex(mut from: Reader<'_>) -> Result<RegexValue, CodecError> {
    let topics = from.list(|from| from.text().map(Arc::from))?.into_iter().collect();
    let (version, resolved_at) = (from.i64()?, from.i64()?);
    from.tags()?;
    Ok(RegexValue { topics, version, resolved_at })
}
