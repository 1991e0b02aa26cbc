//! The transaction index of a segment: transactions whose abort marker lies in it. Absent until there is one.
//!
//! ```text
//!  0            2             10             18            26                    34
//!  | version=0  | producer id | first offset | last offset | last stable offset  |   big-endian, in marker order
//! ```
//! The last offset is the marker's; the last stable offset is what it was once the marker had been written.

use crate::error::{FileError, FormatError, SmallFileError};
use esker_env::{Disk, OpenMode};
use esker_model::{Offset, ProducerId};
use std::io::{self, IoSlice};
use std::path::Path;

/// Length of an entry in bytes.
pub const ENTRY_LEN: usize = 34;
const VERSION: i16 = 0;
/// Largest index that is read at once: about two million aborted transactions.
const LEN_MAX: u64 = 64 << 20;

/// A transaction that was aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AbortedTxn {
    /// Whose it was.
    pub producer_id: ProducerId,
    /// Offset of its first record.
    pub first_offset: Offset,
    /// Offset of its marker.
    pub last_offset: Offset,
    /// First offset that was not yet decided once the marker had been written.
    pub last_stable_offset: Offset,
}

impl AbortedTxn {
    /// The entry's bytes.
    pub fn to_bytes(self) -> [u8; ENTRY_LEN] {
        let mut bytes = [0; ENTRY_LEN];
        bytes[..2].copy_from_slice(&VERSION.to_be_bytes());
        let fields = [self.producer_id, self.first_offset, self.last_offset, self.last_stable_offset];
        for (at, field) in fields.into_iter().enumerate() {
            bytes[2 + 8 * at..10 + 8 * at].copy_from_slice(&field.to_be_bytes());
        }
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first_chunk()?;
        let (fields, []) = rest.as_chunks::<8>() else { return None };
        let [producer_id, first_offset, last_offset, last_stable_offset] = *fields else { return None };
        let entry = Self {
            producer_id: i64::from_be_bytes(producer_id),
            first_offset: i64::from_be_bytes(first_offset),
            last_offset: i64::from_be_bytes(last_offset),
            last_stable_offset: i64::from_be_bytes(last_stable_offset),
        };
        (i16::from_be_bytes(*version) == VERSION && entry.first_offset <= entry.last_offset).then_some(entry)
    }

    /// Whether a reader of `[from, upper)` must leave records of this transaction out.
    pub fn overlaps(&self, from: Offset, upper: Offset) -> bool {
        self.last_offset >= from && self.first_offset < upper
    }
}

/// Parses the entries of an index. Whole entries in marker order are required.
pub fn parse(bytes: &[u8]) -> Result<Vec<AbortedTxn>, String> {
    let mut entries: Vec<AbortedTxn> = Vec::with_capacity(bytes.len() / ENTRY_LEN);
    for (at, chunk) in bytes.chunks(ENTRY_LEN).enumerate() {
        let entry = AbortedTxn::parse(chunk).ok_or(format!("entry {at} makes no sense"))?;
        if entries.last().is_some_and(|last| last.last_offset >= entry.last_offset) {
            return Err(format!("entry {at} is not behind its predecessor"));
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// Reads an index; empty where there is no such file.
pub fn read(disk: &dyn Disk, path: &Path) -> Result<Vec<AbortedTxn>, SmallFileError> {
    match disk.read_small(path, LEN_MAX) {
        Ok(bytes) => Ok(parse(&bytes).map_err(|reason| FormatError::new(path, reason))?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(FileError::new(path, error).into()),
    }
}

/// Appends an entry, creating the file where it is absent.
pub fn append(disk: &dyn Disk, path: &Path, entry: AbortedTxn) -> Result<(), FileError> {
    let write = || {
        let file = disk.open(path, OpenMode::CreateOrOpen)?;
        file.write_all_at(&[IoSlice::new(&entry.to_bytes())], file.len()?)
    };
    write().map_err(|error| FileError::new(path, error))
}

/// Cuts off all entries whose marker is at or behind `offset`, durably. What follows an entry that makes no sense goes too.
pub fn truncate(disk: &dyn Disk, path: &Path, offset: Offset) -> Result<(), FileError> {
    let cut = || -> io::Result<()> {
        let bytes = disk.read_small(path, LEN_MAX)?;
        let kept = bytes.chunks(ENTRY_LEN).map_while(AbortedTxn::parse).take_while(|entry| entry.last_offset < offset);
        let len = (kept.count() * ENTRY_LEN) as u64;
        if len < bytes.len() as u64 {
            let file = disk.open(path, OpenMode::ReadWrite)?;
            file.set_len(len)?;
            file.sync_data()?;
        }
        Ok(())
    };
    match cut() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(|error| FileError::new(path, error)),
    }
}
