//! ListOffsets 9 of all partitions of a topic in one request.

use crate::LoadError;
use crate::blocking::Blocking;
use crate::bytes::Reader;
use crate::messages::{finish, start};
use std::net::SocketAddr;

const LIST_OFFSETS: i16 = 2;
const VERSION: i16 = 9;

/// The offset behind the last record.
pub const LATEST: i64 = -1;
/// The first offset of either tier.
pub const EARLIEST: i64 = -2;
/// The first offset on the local disk.
pub const EARLIEST_LOCAL: i64 = -4;
/// The last offset in the remote tier.
pub const LATEST_TIERED: i64 = -5;

/// What was answered for a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub partition: i32,
    /// Kafka's error code.
    pub code: i16,
    /// Offset of the record that was asked for, -1 where there is none.
    pub offset: i64,
}

/// Asks for the offsets at `time`, a timestamp or one of the words above, of the partitions `0..partitions`.
pub fn list_offsets(address: SocketAddr, topic: &str, partitions: i32, time: i64) -> Result<Vec<Listed>, LoadError> {
    let mut connection = Blocking::connect(address)?;
    let answer = connection.ask(&request(topic, partitions, time))?;
    parse(answer).ok_or(LoadError::Malformed("ListOffsets"))
}

/// The same where every partition must have one; in the order of the partitions.
pub fn offsets(address: SocketAddr, topic: &str, partitions: i32, time: i64) -> Result<Vec<i64>, LoadError> {
    let mut listed = list_offsets(address, topic, partitions, time)?;
    listed.sort_by_key(|listed| listed.partition);
    if let Some(Listed { code, .. }) = listed.iter().find(|listed| listed.code != 0) {
        return Err(LoadError::Refused { request: "ListOffsets", code: *code });
    }
    let complete = listed.iter().map(|listed| listed.partition).eq(0..partitions);
    let offsets = listed.iter().map(|listed| listed.offset).collect();
    if complete { Ok(offsets) } else { Err(LoadError::Malformed("ListOffsets")) }
}

fn request(topic: &str, partitions: i32, time: i64) -> Vec<u8> {
    let mut out = start(LIST_OFFSETS, VERSION, 0, true);
    out.i32(-1); // a consumer
    out.i8(0);
    out.compact_len(1);
    out.compact_string(topic.as_bytes());
    out.compact_len(partitions.max(0) as usize);
    for partition in 0..partitions {
        out.i32(partition);
        out.i32(-1);
        out.i64(time);
        out.no_tags();
    }
    (0..2).for_each(|_| out.no_tags());
    finish(out)
}

fn parse(frame: &[u8]) -> Option<Vec<Listed>> {
    let mut body = Reader(frame);
    body.i32()?;
    body.skip_tags()?;
    body.i32()?;
    let mut listed = Vec::new();
    for _ in 0..body.compact_len()? {
        body.compact_bytes()?;
        for _ in 0..body.compact_len()? {
            let (partition, code) = (body.i32()?, body.i16()?);
            body.i64()?;
            let offset = body.i64()?;
            body.i32()?;
            body.skip_tags()?;
            listed.push(Listed { partition, code, offset });
        }
        body.skip_tags()?;
    }
    Some(listed)
}
