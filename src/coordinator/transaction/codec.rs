//! Records of `__transaction_state`, in Kafka's schema, so that its tools read them.
//!
//! ```text
//! key      version i16 = 0 | transactional id: len i16, UTF-8
//! value 0  version i16 = 0 | producer id i64 | epoch i16 | timeout i32 | state i8
//!          | topics: count i32 (-1 null) of { name: len i16, UTF-8 | partitions: count i32 of i32 }
//!          | updated i64 | started i64
//! value 1  the same with counts and lengths as unsigned varints of one more (0 null), tags behind each topic and at the end:
//!          0 previous producer id i64 | 1 next producer id i64 | 2 client's transaction version i16 | 3 next epoch i16
//! ```
//! A null value says that the id is forgotten. Unknown tags are skipped, as the schema promises.

use super::bytes::{Reader, Short, Writer};
use super::state::{TransactionVersion, TxnState};
use super::txn::{NO_PRODUCER_EPOCH, NO_PRODUCER_ID, TxnData};
use esker_model::TopicPartition;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const KEY_VERSION: i16 = 0;
const TAG_PREVIOUS_PRODUCER_ID: u32 = 0;
const TAG_NEXT_PRODUCER_ID: u32 = 1;
const TAG_CLIENT_VERSION: u32 = 2;

/// Why a record cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// It ends too early, or a length in it makes no sense.
    #[error("the record is cut short or a length in it makes no sense")]
    Short,
    /// The key is of a kind that is not known. Such records are of a newer broker and say nothing about transactions here.
    #[error("key version {0} is not known")]
    KeyVersion(i16),
    /// The value is of a version that is not known.
    #[error("value version {0} is not known")]
    ValueVersion(i16),
    /// A state that is not known or never stored.
    #[error("transaction state {0} is not known or never stored")]
    State(i8),
    /// A text is not UTF-8.
    #[error("a text is not UTF-8")]
    Text,
}

impl From<Short> for CodecError {
    fn from(_: Short) -> Self {
        CodecError::Short
    }
}

/// The key of a transactional id; `None` where the id is longer than the schema can carry.
pub fn encode_key(id: &str) -> Option<Vec<u8>> {
    let len = i16::try_from(id.len()).ok()?;
    let mut out = Writer::with_capacity(4 + id.len());
    out.i16(KEY_VERSION);
    out.i16(len);
    out.bytes(id.as_bytes());
    Some(out.into_bytes())
}

/// The transactional id of a key.
pub fn decode_key(key: &[u8]) -> Result<&str, CodecError> {
    let mut key = Reader::new(key);
    match key.i16()? {
        KEY_VERSION => {}
        version => return Err(CodecError::KeyVersion(version)),
    }
    let len = usize::try_from(key.i16()?).map_err(|_| CodecError::Short)?;
    text(key.take(len)?)
}

/// The value for `data`, flexible where the cluster's level allows it.
pub fn encode_value(data: &TxnData, level: TransactionVersion) -> Vec<u8> {
    let flexible = level >= TransactionVersion::V1;
    let mut out = Writer::with_capacity(64 + 24 * data.partitions.len());
    out.i16(i16::from(flexible));
    out.i64(data.producer_id);
    out.i16(data.epoch);
    out.i32(data.timeout_ms);
    out.i8(data.state.id());
    let topics = (data.state != TxnState::Empty).then(|| by_topic(&data.partitions));
    match flexible {
        true => write_topics_flexible(&mut out, topics.as_ref()),
        false => write_topics(&mut out, topics.as_ref()),
    }
    out.i64(data.updated_ms);
    out.i64(data.start_ms);
    if flexible {
        write_tags(&mut out, data);
    }
    out.into_bytes()
}

fn by_topic(partitions: &BTreeSet<TopicPartition>) -> BTreeMap<&str, Vec<i32>> {
    let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for TopicPartition { topic, partition } in partitions {
        topics.entry(topic).or_default().push(*partition);
    }
    topics
}

fn write_topics(out: &mut Writer, topics: Option<&BTreeMap<&str, Vec<i32>>>) {
    let Some(topics) = topics else { return out.i32(-1) };
    out.len_i32(topics.len());
    for (topic, partitions) in topics {
        // Topic names were validated when the topic was created: they are short.
        out.i16(i16::try_from(topic.len()).unwrap_or(i16::MAX));
        out.bytes(topic.as_bytes());
        out.len_i32(partitions.len());
        partitions.iter().for_each(|partition| out.i32(*partition));
    }
}

fn write_topics_flexible(out: &mut Writer, topics: Option<&BTreeMap<&str, Vec<i32>>>) {
    let Some(topics) = topics else { return out.uvarint(0) };
    out.len_compact(topics.len());
    for (topic, partitions) in topics {
        out.len_compact(topic.len());
        out.bytes(topic.as_bytes());
        out.len_compact(partitions.len());
        partitions.iter().for_each(|partition| out.i32(*partition));
        out.uvarint(0);
    }
}

/// Tagged fields that have their default value are left out.
fn write_tags(out: &mut Writer, data: &TxnData) {
    let previous = (data.previous_producer_id != NO_PRODUCER_ID).then_some(data.previous_producer_id);
    let next = (data.next_producer_id != NO_PRODUCER_ID).then_some(data.next_producer_id);
    let version = (data.client_version != TransactionVersion::V0).then_some(data.client_version);
    let count = u32::from(previous.is_some()) + u32::from(next.is_some()) + u32::from(version.is_some());
    out.uvarint(count);
    for (tag, id) in [(TAG_PREVIOUS_PRODUCER_ID, previous), (TAG_NEXT_PRODUCER_ID, next)] {
        if let Some(id) = id {
            out.uvarint(tag);
            out.uvarint(8);
            out.i64(id);
        }
    }
    if let Some(version) = version {
        out.uvarint(TAG_CLIENT_VERSION);
        out.uvarint(2);
        out.i16(version.level());
    }
}

/// What a value says.
pub fn decode_value(value: &[u8]) -> Result<TxnData, CodecError> {
    let mut value = Reader::new(value);
    let flexible = match value.i16()? {
        0 => false,
        1 => true,
        version => return Err(CodecError::ValueVersion(version)),
    };
    let (producer_id, epoch, timeout_ms, state) = (value.i64()?, value.i16()?, value.i32()?, value.i8()?);
    let state = TxnState::from_id(state)
        .filter(|state| !matches!(state, TxnState::Dead | TxnState::PrepareEpochFence))
        .ok_or(CodecError::State(state))?;
    let partitions = match flexible {
        true => read_topics_flexible(&mut value)?,
        false => read_topics(&mut value)?,
    };
    let (updated_ms, start_ms) = (value.i64()?, value.i64()?);
    let mut data = TxnData {
        producer_id,
        previous_producer_id: NO_PRODUCER_ID,
        next_producer_id: NO_PRODUCER_ID,
        epoch,
        last_epoch: NO_PRODUCER_EPOCH,
        timeout_ms,
        state,
        partitions: if state.is_at_rest() { BTreeSet::new() } else { partitions },
        start_ms,
        updated_ms,
        client_version: TransactionVersion::V0,
    };
    if flexible {
        read_tags(&mut value, &mut data)?;
    }
    Ok(data)
}

fn read_topics(value: &mut Reader<'_>) -> Result<BTreeSet<TopicPartition>, CodecError> {
    let mut all = BTreeSet::new();
    // Every topic and partition takes bytes that must be there: a count that lies ends in `Short` and reserves nothing.
    for _ in 0..value.i32()?.max(0) {
        let len = usize::try_from(value.i16()?).map_err(|_| CodecError::Short)?;
        let topic: Arc<str> = text(value.take(len)?)?.into();
        for _ in 0..value.i32()?.max(0) {
            all.insert(TopicPartition::new(Arc::clone(&topic), value.i32()?));
        }
    }
    Ok(all)
}

fn read_topics_flexible(value: &mut Reader<'_>) -> Result<BTreeSet<TopicPartition>, CodecError> {
    let mut all = BTreeSet::new();
    for _ in 0..value.len_compact()?.unwrap_or(0) {
        let len = value.len_compact()?.ok_or(CodecError::Short)?;
        let topic: Arc<str> = text(value.take(len)?)?.into();
        for _ in 0..value.len_compact()?.unwrap_or(0) {
            all.insert(TopicPartition::new(Arc::clone(&topic), value.i32()?));
        }
        for_each_tag(value, |_, _| Ok(()))?;
    }
    Ok(all)
}

fn read_tags(value: &mut Reader<'_>, data: &mut TxnData) -> Result<(), CodecError> {
    for_each_tag(value, |tag, mut field| {
        match tag {
            TAG_PREVIOUS_PRODUCER_ID => data.previous_producer_id = field.i64()?,
            TAG_NEXT_PRODUCER_ID => data.next_producer_id = field.i64()?,
            TAG_CLIENT_VERSION => data.client_version = TransactionVersion::from_level(field.i16()?),
            _ => {}
        }
        Ok(())
    })
}

fn for_each_tag<'a>(
    value: &mut Reader<'a>,
    mut take: impl FnMut(u32, Reader<'a>) -> Result<(), CodecError>,
) -> Result<(), CodecError> {
    for _ in 0..value.uvarint()? {
        let (tag, len) = (value.uvarint()?, value.uvarint()?);
        let len = usize::try_from(len).map_err(|_| CodecError::Short)?;
        take(tag, Reader::new(value.take(len)?))?;
    }
    Ok(())
}

fn text(bytes: &[u8]) -> Result<&str, CodecError> {
    std::str::from_utf8(bytes).map_err(|_| CodecError::Text)
}
