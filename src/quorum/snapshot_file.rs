//! Snapshot files: the state after one entry of the log. Integers are big-endian.
//!
//! ```text
//!  0  4  magic "EQS1"; its last letter is the layout's version
//!  4  4  CRC-32C of all bytes from 8 on
//!  8  4  length of the head
//! 12  8  length of the state
//! 20     head: JSON {"last":{...},"membership_at":{...},"membership":{...},"next_offset":812}
//!        state: the state machine's bytes
//! ```
//! The name is the index of the last entry in it. The file is whole and durable before it has that name.

use crate::disk_state::DiskLogId;
use crate::types::{LogId, Membership, SnapshotData, SnapshotMeta, StoredMembership};
use bytes::Bytes;
use esker_env::{Disk, OpenMode};
use serde::{Deserialize, Serialize};
use std::io::{self, IoSlice};
use std::path::Path;

pub const SUFFIX: &str = ".snapshot";
const MAGIC: [u8; 4] = *b"EQS1";
const FIXED_LEN: usize = 20;
/// Larger than any state that fits into a controller's memory; keeps a damaged length from reserving more.
const LEN_MAX: u64 = 8 << 30;

#[derive(Serialize, Deserialize)]
struct Head {
    last: DiskLogId,
    membership_at: Option<DiskLogId>,
    membership: Membership,
    next_offset: i64,
}

/// A snapshot in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSnapshot {
    /// The last entry in it.
    pub last: LogId,
    /// The membership as of that entry.
    pub membership: StoredMembership,
    /// The state.
    pub data: SnapshotData,
}

impl StoredSnapshot {
    /// openraft's description of it.
    pub fn meta(&self) -> SnapshotMeta {
        let id = format!("{}-{}-{}", self.last.leader_id.term, self.last.leader_id.node_id, self.last.index);
        SnapshotMeta { last_log_id: Some(self.last), last_membership: self.membership.clone(), snapshot_id: id }
    }
}

/// The name of the snapshot after the entry with `index`.
pub fn name(index: u64) -> String {
    format!("{index:020}{SUFFIX}")
}

/// The index in a file's name; `None` for other files.
pub fn index_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX)?;
    (digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// Writes a snapshot; durable, and the newest, when it returns.
pub fn write(disk: &dyn Disk, dir: &Path, snapshot: &StoredSnapshot) -> io::Result<()> {
    let head = Head {
        last: snapshot.last.into(),
        membership_at: snapshot.membership.log_id().map(DiskLogId::from),
        membership: snapshot.membership.membership().clone(),
        next_offset: snapshot.data.next_offset,
    };
    let head = serde_json::to_vec(&head)?;
    let mut fixed = [0; FIXED_LEN];
    fixed[..4].copy_from_slice(&MAGIC);
    fixed[8..12].copy_from_slice(&u32::try_from(head.len()).map_err(io::Error::other)?.to_be_bytes());
    fixed[12..20].copy_from_slice(&(snapshot.data.state.len() as u64).to_be_bytes());
    let crc = [&fixed[8..], &head, &snapshot.data.state].iter().fold(0, |crc, part| crc32c::crc32c_append(crc, part));
    fixed[4..8].copy_from_slice(&crc.to_be_bytes());
    let path = dir.join(name(snapshot.last.index));
    let temporary = dir.join(name(snapshot.last.index) + ".tmp");
    let file = disk.open(&temporary, OpenMode::Truncate)?;
    file.write_all_at(&[IoSlice::new(&fixed), IoSlice::new(&head), IoSlice::new(&snapshot.data.state)], 0)?;
    file.sync_data()?;
    drop(file);
    disk.rename(&temporary, &path)?;
    disk.sync_dir(dir)
}

/// Reads the snapshot after the entry with `index`. The error names the file.
pub fn read(disk: &dyn Disk, dir: &Path, index: u64) -> Result<StoredSnapshot, String> {
    let path = dir.join(name(index));
    let bytes =
        disk.read_small(&path, LEN_MAX).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    parse(Bytes::from(bytes), index).map_err(|error| format!("{} is damaged: {error}", path.display()))
}

fn parse(bytes: Bytes, index: u64) -> Result<StoredSnapshot, String> {
    let number = |at: usize| bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes);
    let state_len = bytes.get(12..20).and_then(|b| b.try_into().ok()).map(u64::from_be_bytes);
    let (Some(crc), Some(head_len), Some(state_len)) = (number(4), number(8), state_len) else {
        return Err("it ends early".to_owned());
    };
    if !bytes.starts_with(&MAGIC) {
        return Err("it does not begin as a snapshot of this version does".to_owned());
    }
    let head_end = FIXED_LEN as u64 + u64::from(head_len);
    if head_end.checked_add(state_len) != Some(bytes.len() as u64) {
        return Err("its length is not what it says".to_owned());
    }
    if crc32c::crc32c(&bytes[8..]) != crc {
        return Err("its checksum differs".to_owned());
    }
    let head_end = usize::try_from(head_end).map_err(|error| error.to_string())?;
    let head: Head = serde_json::from_slice(&bytes[FIXED_LEN..head_end]).map_err(|error| error.to_string())?;
    if head.last.index != index {
        return Err(format!("it ends with entry {}, not with the one in its name", head.last.index));
    }
    let membership = StoredMembership::new(head.membership_at.map(LogId::from), head.membership);
    let data = SnapshotData { next_offset: head.next_offset, state: bytes.slice(head_end..) };
    Ok(StoredSnapshot { last: head.last.into(), membership, data })
}
