//! A classic group as it was when its leader gave the assignment.
//!
//! ```text
//! version i16: 0-4, the last flexible | protocol type | generation i32 | protocol? | leader? | state since i64 (2+)
//! | members: id | instance? (3+) | client id | host | rebalance timeout i32 (1+) | session timeout i32
//!   | subscription bytes | assignment bytes
//! ```

use crate::group::record::bytes::{CodecError, Reader, Writer};
use bytes::Bytes;
use esker_model::TimestampMs;
use std::sync::Arc;

/// A classic group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassicValue {
    /// What kind of members it has, "consumer" for consumers; empty for none yet.
    pub protocol_type: Arc<str>,
    /// Its generation.
    pub generation: i32,
    /// The protocol that its members chose.
    pub protocol: Option<Arc<str>>,
    /// The member that assigns.
    pub leader: Option<Arc<str>>,
    /// When it came into its state; -1 where that is not known.
    pub state_since: TimestampMs,
    /// Its members.
    pub members: Vec<ClassicMemberValue>,
}

/// A member of a classic group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassicMemberValue {
    /// Its id.
    pub id: Arc<str>,
    /// Its instance id, for a static member.
    pub instance: Option<Arc<str>>,
    /// The client's id.
    pub client_id: Arc<str>,
    /// The client's address.
    pub client_host: Arc<str>,
    /// How long a rebalance waits for it, in milliseconds.
    pub rebalance_timeout: i32,
    /// How long it may be silent, in milliseconds.
    pub session_timeout: i32,
    /// What it sent for the chosen protocol.
    pub subscription: Bytes,
    /// What the leader gave it.
    pub assignment: Bytes,
}

/// The version that is written, as Kafka writes it.
const WRITTEN: i16 = 3;
const NEWEST: i16 = 4;

pub(super) fn write(value: &ClassicValue) -> Vec<u8> {
    let mut to = Writer::new(WRITTEN, false);
    to.text(&value.protocol_type);
    to.i32(value.generation);
    to.nullable_text(value.protocol.as_deref());
    to.nullable_text(value.leader.as_deref());
    to.i64(value.state_since);
    to.count(value.members.len());
    for member in &value.members {
        to.text(&member.id);
        to.nullable_text(member.instance.as_deref());
        to.text(&member.client_id);
        to.text(&member.client_host);
        to.i32(member.rebalance_timeout);
        to.i32(member.session_timeout);
        to.bytes(&member.subscription);
        to.bytes(&member.assignment);
    }
    to.out
}

pub(super) fn read(bytes: &[u8]) -> Result<ClassicValue, CodecError> {
    let (version, from) = Reader::begin(bytes)?;
    if !(0..=NEWEST).contains(&version) {
        return Err(CodecError::Version(version));
    }
    let mut from = from.flexible(version >= 4);
    let value = ClassicValue {
        protocol_type: from.text()?.into(),
        generation: from.i32()?,
        protocol: from.nullable_text()?.map(Arc::from),
        leader: from.nullable_text()?.map(Arc::from),
        state_since: if version >= 2 { from.i64()? } else { -1 },
        members: from.list(|from| read_member(from, version))?,
    };
    if version >= 4 {
        from.tags()?;
    }
    Ok(value)
}

fn read_member(from: &mut Reader<'_>, version: i16) -> Result<ClassicMemberValue, CodecError> {
    let id = from.text()?.into();
    let instance = if version >= 3 { from.nullable_text()?.map(Arc::from) } else { None };
    let (client_id, client_host) = (from.text()?.into(), from.text()?.into());
    let rebalance_timeout = if version >= 1 { from.i32()? } else { -1 };
    let session_timeout = from.i32()?;
    let (subscription, assignment) = (from.bytes()?, from.bytes()?);
    if version >= 4 {
        from.tags()?;
    }
    // Before version 1 one time served for both.
    let rebalance_timeout = if rebalance_timeout == -1 { session_timeout } else { rebalance_timeout };
    Ok(ClassicMemberValue {
        id,
        instance,
        client_id,
        client_host,
        rebalance_timeout,
        session_timeout,
        subscription,
        assignment,
    })
}
