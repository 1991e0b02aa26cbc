//! One log entry as bytes, the body of a frame. Integers are big-endian.
//!
//! ```text
//!  0  1  kind: 0 blank, 1 batch, 2 membership
//!  1  8  term
//!  9  8  node that led in it
//! 17  8  index
//! 25     blank: nothing
//!        batch: u32 count of proposals, each
//!            i64 expected offset, or -1 for none; u32 count of records, each: u32 length, bytes
//!        membership: JSON, as openraft writes it
//! ```

use crate::types::{Batch, Entry, LogId, Payload, StoredProposal, log_id};
use bytes::Bytes;

const BLANK: u8 = 0;
const BATCH: u8 = 1;
const MEMBERSHIP: u8 = 2;
const HEAD_LEN: usize = 25;

/// Why bytes are not an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EntryError(pub String);

fn bad(text: &str) -> EntryError {
    EntryError(text.to_owned())
}

/// Writes `entry` behind what `into` holds.
pub fn encode_entry(entry: &Entry, into: &mut Vec<u8>) {
    let kind = match entry.payload {
        Payload::Blank => BLANK,
        Payload::Normal(_) => BATCH,
        Payload::Membership(_) => MEMBERSHIP,
    };
    into.push(kind);
    into.extend_from_slice(&entry.log_id.leader_id.term.to_be_bytes());
    into.extend_from_slice(&entry.log_id.leader_id.node_id.to_be_bytes());
    into.extend_from_slice(&entry.log_id.index.to_be_bytes());
    match &entry.payload {
        Payload::Blank => {}
        Payload::Normal(batch) => encode_batch(batch, into),
        Payload::Membership(membership) => {
            // Its keys are numbers, which JSON has as texts; nothing in it can fail to be written.
            into.extend(serde_json::to_vec(membership).unwrap_or_else(|error| unreachable!("a membership: {error}")));
        }
    }
}

/// A count or length of something in memory that was bounded when it was proposed.
fn as_u32(len: usize) -> u32 {
    u32::try_from(len).unwrap_or_else(|_| unreachable!("a proposal is bounded far below 4 GiB"))
}

fn encode_batch(batch: &Batch, into: &mut Vec<u8>) {
    into.extend_from_slice(&as_u32(batch.proposals.len()).to_be_bytes());
    for proposal in &batch.proposals {
        into.extend_from_slice(&proposal.expected.unwrap_or(-1).to_be_bytes());
        into.extend_from_slice(&as_u32(proposal.records.len()).to_be_bytes());
        for record in &proposal.records {
            into.extend_from_slice(&as_u32(record.len()).to_be_bytes());
            into.extend_from_slice(record);
        }
    }
}

/// The log id of the entry that `body` holds.
pub fn entry_id(body: &[u8]) -> Result<LogId, EntryError> {
    let number = |at: usize| body.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
    match (number(1), number(9), number(17)) {
        (Some(term), Some(node), Some(index)) => Ok(log_id(term, node, index)),
        _ => Err(bad("it is shorter than an entry's head")),
    }
}

/// The entry that `body` holds; its records are slices of it.
pub fn decode_entry(body: &Bytes) -> Result<Entry, EntryError> {
    let log_id = entry_id(body)?;
    let rest = body.slice(HEAD_LEN..);
    let payload = match body[0] {
        BLANK if rest.is_empty() => Payload::Blank,
        BLANK => return Err(bad("a blank entry holds something")),
        BATCH => Payload::Normal(decode_batch(rest)?),
        MEMBERSHIP => Payload::Membership(
            serde_json::from_slice(&rest).map_err(|error| EntryError(format!("not a membership: {error}")))?,
        ),
        kind => return Err(EntryError(format!("entry kind {kind} is unknown: a newer version of Esker wrote it"))),
    };
    Ok(Entry { log_id, payload })
}

/// Takes values off the front of a slice.
struct Reader(Bytes);

impl Reader {
    fn take(&mut self, len: usize) -> Result<Bytes, EntryError> {
        if len > self.0.len() {
            return Err(bad("it ends early"));
        }
        Ok(self.0.split_to(len))
    }

    fn offset(&mut self) -> Result<i64, EntryError> {
        let bytes: [u8; 8] = self.take(8)?.as_ref().try_into().map_err(|_| bad("it ends early"))?;
        Ok(i64::from_be_bytes(bytes))
    }

    /// A count of things that take at least `least` bytes each: never more than can be there.
    fn count(&mut self, least: usize) -> Result<usize, EntryError> {
        let count = self.length()?;
        if count > self.0.len() / least { Err(bad("a count exceeds what is there")) } else { Ok(count) }
    }

    fn length(&mut self) -> Result<usize, EntryError> {
        let bytes: [u8; 4] = self.take(4)?.as_ref().try_into().map_err(|_| bad("it ends early"))?;
        usize::try_from(u32::from_be_bytes(bytes)).map_err(|_| bad("a length exceeds this machine's memory"))
    }
}

fn decode_batch(bytes: Bytes) -> Result<Batch, EntryError> {
    let mut reader = Reader(bytes);
    let count = reader.count(12)?;
    let mut proposals = Vec::with_capacity(count);
    for _ in 0..count {
        let expected = reader.offset()?;
        let count = reader.count(4)?;
        let mut records = Vec::with_capacity(count);
        for _ in 0..count {
            let len = reader.length()?;
            records.push(reader.take(len)?);
        }
        proposals.push(StoredProposal { expected: (expected >= 0).then_some(expected), records });
    }
    if reader.0.is_empty() { Ok(Batch { proposals }) } else { Err(bad("bytes follow the last proposal")) }
}
