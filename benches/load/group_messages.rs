//! The requests of groups: FindCoordinator 4, JoinGroup 5, SyncGroup 3, OffsetCommit 7, OffsetFetch 5, ConsumerGroupHeartbeat 0.

use crate::bytes::{Reader, Writer};
use crate::messages::{finish, start};

const OFFSET_COMMIT: i16 = 8;
const OFFSET_FETCH: i16 = 9;
const FIND_COORDINATOR: i16 = 10;
const JOIN_GROUP: i16 = 11;
const SYNC_GROUP: i16 = 14;
const CONSUMER_GROUP_HEARTBEAT: i16 = 68;

const SESSION_TIMEOUT_MS: i32 = 60_000;
const REBALANCE_TIMEOUT_MS: i32 = 120_000;

/// Asks who coordinates a group.
pub(crate) fn find_coordinator_request(group: &str) -> Vec<u8> {
    let mut out = start(FIND_COORDINATOR, 4, 0, true);
    out.i8(0);
    out.compact_len(1);
    out.compact_string(group.as_bytes());
    out.no_tags();
    finish(out)
}

/// A member's JoinGroup, with so many bytes of subscription.
pub(crate) fn join_group_request(group: &str, member: &str, subscription: &[u8]) -> Vec<u8> {
    let mut out = start(JOIN_GROUP, 5, 0, false);
    out.string(group);
    out.i32(SESSION_TIMEOUT_MS);
    out.i32(REBALANCE_TIMEOUT_MS);
    out.string(member);
    out.null_string();
    out.string("consumer");
    out.i32(1);
    out.string("range");
    out.bytes(subscription);
    finish(out)
}

/// What a member is told when all have joined.
#[derive(Clone, Debug, Default)]
pub(crate) struct Joined {
    pub generation: i32,
    pub member: String,
    /// Everybody, told to the leader only.
    pub members: Vec<String>,
}

pub(crate) fn parse_joined(frame: &[u8]) -> Option<(i16, Joined)> {
    let mut body = Reader(frame);
    body.i32()?;
    body.i32()?;
    let code = body.i16()?;
    let generation = body.i32()?;
    body.string()?;
    body.string()?;
    let member = text(body.string()?);
    let mut members = Vec::new();
    for _ in 0..body.i32()? {
        members.push(text(body.string()?));
        body.string()?;
        body.bytes()?;
    }
    Some((code, Joined { generation, member, members }))
}

/// A member's SyncGroup; the leader's holds what everybody is assigned.
pub(crate) fn sync_group_request(group: &str, joined: &Joined, assignment: &[u8]) -> Vec<u8> {
    let mut out = start(SYNC_GROUP, 3, 0, false);
    out.string(group);
    out.i32(joined.generation);
    out.string(&joined.member);
    out.null_string();
    out.i32(joined.members.len() as i32);
    for member in &joined.members {
        out.string(member);
        out.bytes(assignment);
    }
    finish(out)
}

pub(crate) fn parse_synced(frame: &[u8]) -> Option<(i16, usize)> {
    let mut body = Reader(frame);
    body.i32()?;
    body.i32()?;
    Some((body.i16()?, body.bytes()?.len()))
}

/// Offsets of some partitions, committed by nobody's member as administrators do.
pub(crate) fn offset_commit_request(group: &str, topic: &str, partitions: i32, offset: i64) -> Vec<u8> {
    let mut out = start(OFFSET_COMMIT, 7, 0, false);
    out.string(group);
    out.i32(-1);
    out.string("");
    out.null_string();
    out.i32(1);
    out.string(topic);
    out.i32(partitions);
    for partition in 0..partitions {
        out.i32(partition);
        out.i64(offset);
        out.i32(-1);
        out.string("");
    }
    finish(out)
}

/// The first error code of any partition.
pub(crate) fn parse_committed(frame: &[u8]) -> Option<(i16, ())> {
    let mut body = Reader(frame);
    body.i32()?;
    body.i32()?;
    let mut first = 0;
    for _ in 0..body.i32()? {
        body.string()?;
        for _ in 0..body.i32()? {
            body.i32()?;
            let code = body.i16()?;
            first = if first == 0 { code } else { first };
        }
    }
    Some((first, ()))
}

/// Asks for all offsets of a group.
pub(crate) fn offset_fetch_request(group: &str) -> Vec<u8> {
    let mut out = start(OFFSET_FETCH, 5, 0, false);
    out.string(group);
    out.i32(-1);
    finish(out)
}

/// How many offsets there are.
pub(crate) fn parse_offsets(frame: &[u8]) -> Option<(i16, usize)> {
    let mut body = Reader(frame);
    body.i32()?;
    body.i32()?;
    let mut offsets = 0;
    for _ in 0..body.i32()? {
        body.string()?;
        for _ in 0..body.i32()? {
            body.i32()?;
            offsets += usize::from(body.i64()? >= 0);
            body.i32()?;
            body.string()?;
            body.i16()?;
        }
    }
    Some((body.i16()?, offsets))
}

/// A partition as the consumer protocol names it: the topic's id and the number.
pub(crate) type Owned = ([u8; 16], i32);

/// A member of the consumer protocol, as its next heartbeat tells of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Consumer {
    pub member: String,
    pub epoch: i32,
    pub owned: Vec<Owned>,
}

/// A heartbeat that tells everything.
pub(crate) fn heartbeat_request(group: &str, topic: &str, consumer: &Consumer) -> Vec<u8> {
    let mut out = start(CONSUMER_GROUP_HEARTBEAT, 0, 0, true);
    out.compact_string(group.as_bytes());
    out.compact_string(consumer.member.as_bytes());
    out.i32(consumer.epoch);
    out.uvarint(0); // not static
    out.uvarint(0); // no rack
    out.i32(REBALANCE_TIMEOUT_MS);
    out.compact_len(1);
    out.compact_string(topic.as_bytes());
    out.uvarint(0); // any assignor
    let mut owned = consumer.owned.clone();
    owned.sort_unstable();
    let topics: Vec<&[Owned]> = owned.chunk_by(|one, next| one.0 == next.0).collect();
    out.compact_len(topics.len());
    for partitions in topics {
        out.0.extend_from_slice(&partitions[0].0);
        out.compact_len(partitions.len());
        partitions.iter().for_each(|&(_, partition)| out.i32(partition));
        out.no_tags();
    }
    out.no_tags();
    finish(out)
}

/// What the coordinator answers to a heartbeat.
#[derive(Clone, Debug)]
pub(crate) struct Beat {
    pub member: String,
    pub epoch: i32,
    /// Only where it is news.
    pub assigned: Option<Vec<Owned>>,
}

pub(crate) fn parse_beat(frame: &[u8]) -> Option<(i16, Beat)> {
    let mut body = Reader(frame);
    body.i32()?;
    body.skip_tags()?;
    body.i32()?;
    let code = body.i16()?;
    body.compact_bytes()?;
    let member = text(body.compact_bytes()?);
    let epoch = body.i32()?;
    body.i32()?;
    let assigned = if body.i8()? < 0 { None } else { Some(parse_assigned(&mut body)?) };
    Some((code, Beat { member, epoch, assigned }))
}

fn parse_assigned(body: &mut Reader<'_>) -> Option<Vec<Owned>> {
    let mut assigned = Vec::new();
    for _ in 0..body.compact_len()? {
        let topic: [u8; 16] = body.take(16)?.try_into().ok()?;
        for _ in 0..body.compact_len()? {
            assigned.push((topic, body.i32()?));
        }
        body.skip_tags()?;
    }
    Some(assigned)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A Kafka consumer's subscription to one topic, as assignors read it, with a number of the member's own.
pub(crate) fn subscription(topic: &str, round: usize) -> Vec<u8> {
    let mut out = Writer::default();
    out.i16(0);
    out.i32(1);
    out.string(topic);
    out.bytes(&round.to_be_bytes());
    out.0
}
