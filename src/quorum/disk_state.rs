//! `quorum-state`: what a member must remember besides its log. Two lines of text: the CRC-32C of the second, and JSON.
//!
//! ```text
//! crc32c=1b2c3d4e
//! {"format":"esker-quorum-state","version":1,"node":1,"vote":{...},"purged":{...},"committed":{...}}
//! ```

use crate::types::{LogId, Vote, log_id};
use esker_env::Disk;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

pub const FILE_NAME: &str = "quorum-state";
const FORMAT: &str = "esker-quorum-state";
const VERSION: u32 = 1;
const LEN_MAX: u64 = 64 * 1024;

/// A log id as the disk has it: a promise of ours, whatever openraft's own form becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskLogId {
    pub term: u64,
    pub node: u64,
    pub index: u64,
}

impl From<LogId> for DiskLogId {
    fn from(id: LogId) -> Self {
        Self { term: id.leader_id.term, node: id.leader_id.node_id, index: id.index }
    }
}

impl From<DiskLogId> for LogId {
    fn from(id: DiskLogId) -> Self {
        log_id(id.term, id.node, id.index)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct DiskVote {
    term: u64,
    node: u64,
    committed: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Form {
    format: String,
    version: u32,
    node: u64,
    vote: Option<DiskVote>,
    purged: Option<DiskLogId>,
    committed: Option<DiskLogId>,
}

/// What a member must remember besides its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct QuorumState {
    /// The newest vote given. Durable before the vote is answered.
    pub vote: Option<Vote>,
    /// Entries up to this one are in a snapshot and may be gone. Durable before they go.
    pub purged: Option<LogId>,
    /// Entries up to this one are committed. Written now and then only: what is behind it is learned again.
    pub committed: Option<LogId>,
}

/// Why the file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StateError(pub String);

/// Path of the file in `dir`.
pub fn path(dir: &Path) -> PathBuf {
    dir.join(FILE_NAME)
}

/// Replaces the file; durable when it returns.
pub fn write(disk: &dyn Disk, dir: &Path, node: u64, state: &QuorumState) -> io::Result<()> {
    let vote = state.vote.map(|vote| DiskVote {
        term: vote.leader_id.term,
        node: vote.leader_id.node_id,
        committed: vote.committed,
    });
    let (purged, committed) = (state.purged.map(DiskLogId::from), state.committed.map(DiskLogId::from));
    let form = Form { format: FORMAT.to_owned(), version: VERSION, node, vote, purged, committed };
    let json = serde_json::to_string(&form)?;
    let text = format!("crc32c={:08x}\n{json}\n", crc32c::crc32c(json.as_bytes()));
    disk.replace_small(&path(dir), text.as_bytes())
}

/// Reads the file; `None` where there is none.
pub fn read(disk: &dyn Disk, dir: &Path, node: u64) -> Result<Option<QuorumState>, StateError> {
    let path = path(dir);
    let bytes = match disk.read_small(&path, LEN_MAX) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StateError(format!("{} cannot be read: {error}", path.display()))),
    };
    parse(&bytes, node).map(Some).map_err(|error| StateError(format!("{}: {error}", path.display())))
}

fn parse(bytes: &[u8], node: u64) -> Result<QuorumState, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is damaged: not a text".to_owned())?;
    let lines = text.strip_suffix('\n').and_then(|text| text.split_once('\n'));
    let Some((crc, json)) = lines else { return Err("it is damaged: it has not two lines".to_owned()) };
    if crc != format!("crc32c={:08x}", crc32c::crc32c(json.as_bytes())) {
        return Err("it is damaged: its checksum differs".to_owned());
    }
    let form: Form = serde_json::from_str(json).map_err(|error| format!("it is damaged: {error}"))?;
    if form.format != FORMAT || form.version != VERSION {
        return Err(format!(
            "it has format {:?}, version {}: not one that this version reads",
            form.format, form.version
        ));
    }
    if form.node != node {
        return Err(format!("it belongs to node {}, and this is node {node}", form.node));
    }
    let vote = form
        .vote
        .map(|vote| Vote { leader_id: openraft::LeaderId::new(vote.term, vote.node), committed: vote.committed });
    Ok(QuorumState { vote, purged: form.purged.map(LogId::from), committed: form.committed.map(LogId::from) })
}
