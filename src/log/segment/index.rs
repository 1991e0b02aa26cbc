//! Entries of the sparse indexes, big-endian.
//!
//! ```text
//! .index      | last offset of a batch - base i32 | position of that batch i32 |
//! .timeindex  | largest timestamp so far i64      | last offset of the batch that set it - base i32 |
//! ```
//! Both files begin at full length, filled with zeros, and are cut to their entries when the segment is closed.

use esker_model::{Offset, TimestampMs};

/// Length of an offset index entry.
pub(crate) const OFFSET_ENTRY_LEN: usize = 8;
/// Length of a time index entry.
pub(crate) const TIME_ENTRY_LEN: usize = 12;

/// Where a batch lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OffsetEntry {
    /// Offset of the batch's last record, relative to the segment's base.
    pub(crate) relative_offset: u32,
    /// Where the batch begins in the file.
    pub(crate) position: u32,
}

impl OffsetEntry {
    pub(crate) fn to_bytes(self) -> [u8; OFFSET_ENTRY_LEN] {
        (u64::from(self.relative_offset) << 32 | u64::from(self.position)).to_be_bytes()
    }

    pub(crate) fn parse(bytes: [u8; OFFSET_ENTRY_LEN]) -> Self {
        let both = u64::from_be_bytes(bytes);
        Self { relative_offset: (both >> 32) as u32, position: both as u32 }
    }
}

/// The largest timestamp up to an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeEntry {
    /// The timestamp.
    pub(crate) timestamp: TimestampMs,
    /// Last offset of the batch that set it, relative to the segment's base.
    pub(crate) relative_offset: u32,
}

impl TimeEntry {
    pub(crate) fn to_bytes(self) -> [u8; TIME_ENTRY_LEN] {
        let mut bytes = [0; TIME_ENTRY_LEN];
        bytes[..8].copy_from_slice(&self.timestamp.to_be_bytes());
        bytes[8..].copy_from_slice(&self.relative_offset.to_be_bytes());
        bytes
    }

    pub(crate) fn parse(bytes: [u8; TIME_ENTRY_LEN]) -> Self {
        let [timestamp @ .., a, b, c, d] = bytes;
        Self { timestamp: i64::from_be_bytes(timestamp), relative_offset: u32::from_be_bytes([a, b, c, d]) }
    }
}

/// `offset` relative to `base`, where it fits an index.
pub(crate) fn relative(base: Offset, offset: Offset) -> Option<u32> {
    let relative = offset.checked_sub(base)?;
    i32::try_from(relative).ok().and_then(|relative| u32::try_from(relative).ok())
}

/// How many entries at the start of an offset index are in order and within a log of `log_len` bytes. An index is sound where that
/// is all of them.
pub(crate) fn check_offset_entries(bytes: &[u8], log_len: u64) -> usize {
    let mut last: Option<OffsetEntry> = None;
    for (at, chunk) in bytes.as_chunks().0.iter().enumerate() {
        let entry = OffsetEntry::parse(*chunk);
        let grows =
            last.is_none_or(|last| last.relative_offset < entry.relative_offset && last.position < entry.position);
        // Zeros are what a lost page holds. No batch has such an entry: the first one of a segment gets none.
        let is_zero = entry.position == 0 && entry.relative_offset == 0;
        if !grows || is_zero || u64::from(entry.position) >= log_len || entry.relative_offset > i32::MAX as u32 {
            return at;
        }
        last = Some(entry);
    }
    bytes.len() / OFFSET_ENTRY_LEN
}

/// How many entries at the start of a time index are in order.
pub(crate) fn check_time_entries(bytes: &[u8]) -> usize {
    let mut last: Option<TimeEntry> = None;
    for (at, chunk) in bytes.as_chunks().0.iter().enumerate() {
        let entry = TimeEntry::parse(*chunk);
        let grows =
            last.is_none_or(|last| last.timestamp < entry.timestamp && last.relative_offset <= entry.relative_offset);
        if !grows || *chunk == [0; TIME_ENTRY_LEN] || entry.timestamp < 0 || entry.relative_offset > i32::MAX as u32 {
            return at;
        }
        last = Some(entry);
    }
    bytes.len() / TIME_ENTRY_LEN
}
