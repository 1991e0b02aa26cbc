//! What members send one another, as bytes. Integers are big-endian.
//!
//! ```text
//!  0  1  version, 1
//!  1  1  kind: 1 append, 2 vote, 3 snapshot
//!  2  4  length of the head
//!  6     head: JSON
//!        append: entries, each: u32 length, body as in `entry`;  vote: nothing;  snapshot: the state
//! ```
//! An answer is JSON: `{"Ok": ...}` or `{"Err": "text"}`.

use crate::entry::{decode_entry, encode_entry};
use crate::types::{Entry, LogId, SnapshotData, SnapshotMeta, TypeConfig, Vote};
use bytes::Bytes;
use openraft::raft::{AppendEntriesRequest, VoteRequest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const VERSION: u8 = 1;
const APPEND: u8 = 1;
const VOTE: u8 = 2;
const SNAPSHOT: u8 = 3;
const FIXED_LEN: usize = 6;

/// A peer's message cannot be understood or answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("metadata quorum message: {0}")]
pub struct RpcError(pub String);

/// One request from a peer.
#[derive(Clone, Debug)]
pub enum Request {
    Append(AppendEntriesRequest<TypeConfig>),
    Vote(VoteRequest<u64>),
    Snapshot { vote: Vote, meta: SnapshotMeta, data: SnapshotData },
}

#[derive(Serialize, Deserialize)]
struct AppendHead {
    vote: Vote,
    prev: Option<LogId>,
    commit: Option<LogId>,
}

#[derive(Serialize, Deserialize)]
struct SnapshotHead {
    vote: Vote,
    meta: SnapshotMeta,
    next_offset: i64,
}

impl Request {
    /// The request as bytes.
    pub fn encode(&self) -> Result<Bytes, RpcError> {
        match self {
            Request::Append(append) => {
                let (vote, prev, commit) = (append.vote, append.prev_log_id, append.leader_commit);
                let mut bytes = start(APPEND, &AppendHead { vote, prev, commit })?;
                for entry in &append.entries {
                    let at = bytes.len();
                    bytes.extend_from_slice(&[0; 4]);
                    encode_entry(entry, &mut bytes);
                    let len = u32::try_from(bytes.len() - at - 4).map_err(|error| RpcError(error.to_string()))?;
                    bytes[at..at + 4].copy_from_slice(&len.to_be_bytes());
                }
                Ok(bytes.into())
            }
            Request::Vote(vote) => Ok(start(VOTE, vote)?.into()),
            Request::Snapshot { vote, meta, data } => {
                let head = SnapshotHead { vote: *vote, meta: meta.clone(), next_offset: data.next_offset };
                let mut bytes = start(SNAPSHOT, &head)?;
                bytes.extend_from_slice(&data.state);
                Ok(bytes.into())
            }
        }
    }

    /// The request that `bytes` hold.
    pub fn decode(bytes: &Bytes) -> Result<Request, RpcError> {
        let early = || RpcError("it ends early".to_owned());
        let fixed = bytes.get(..FIXED_LEN).ok_or_else(early)?;
        if fixed[0] != VERSION {
            return Err(RpcError(format!("version {} is not known", fixed[0])));
        }
        let len = u32::from_be_bytes([fixed[2], fixed[3], fixed[4], fixed[5]]);
        let end = usize::try_from(len).ok().and_then(|len| FIXED_LEN.checked_add(len)).ok_or_else(early)?;
        let head = bytes.get(FIXED_LEN..end).ok_or_else(early)?;
        let tail = bytes.slice(end..);
        match fixed[1] {
            APPEND => {
                let AppendHead { vote, prev, commit } = from_json(head)?;
                let entries = decode_entries(tail)?;
                Ok(Request::Append(AppendEntriesRequest { vote, prev_log_id: prev, entries, leader_commit: commit }))
            }
            VOTE => Ok(Request::Vote(from_json(head)?)),
            SNAPSHOT => {
                let SnapshotHead { vote, meta, next_offset } = from_json(head)?;
                Ok(Request::Snapshot { vote, meta, data: SnapshotData { next_offset, state: tail } })
            }
            kind => Err(RpcError(format!("kind {kind} is not known"))),
        }
    }
}

fn start(kind: u8, head: &impl Serialize) -> Result<Vec<u8>, RpcError> {
    let json = serde_json::to_vec(head).map_err(|error| RpcError(error.to_string()))?;
    let len = u32::try_from(json.len()).map_err(|error| RpcError(error.to_string()))?;
    let mut bytes = vec![VERSION, kind];
    bytes.extend_from_slice(&len.to_be_bytes());
    bytes.extend_from_slice(&json);
    Ok(bytes)
}

fn decode_entries(mut tail: Bytes) -> Result<Vec<Entry>, RpcError> {
    let early = || RpcError("an entry ends early".to_owned());
    let mut entries = Vec::new();
    while !tail.is_empty() {
        let len: [u8; 4] = tail.get(..4).and_then(|len| len.try_into().ok()).ok_or_else(early)?;
        let len = usize::try_from(u32::from_be_bytes(len)).map_err(|_| early())?;
        let mut rest = tail.split_off(4);
        if len > rest.len() {
            return Err(early());
        }
        entries.push(decode_entry(&rest.split_to(len)).map_err(|error| RpcError(error.to_string()))?);
        tail = rest;
    }
    Ok(entries)
}

fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, RpcError> {
    serde_json::from_slice(bytes).map_err(|error| RpcError(error.to_string()))
}

/// An answer as bytes.
pub fn encode_answer<T: Serialize>(answer: &Result<T, String>) -> Result<Bytes, RpcError> {
    serde_json::to_vec(answer).map(Bytes::from).map_err(|error| RpcError(error.to_string()))
}

/// The answer that `bytes` hold.
pub fn decode_answer<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, RpcError> {
    from_json::<Result<T, String>>(bytes)?.map_err(RpcError)
}
