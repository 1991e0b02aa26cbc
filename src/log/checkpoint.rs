//! Kafka's text checkpoints: a version, a count, then one line per entry.
//!
//! ```text
//! 0                       0
//! 2                       2
//! orders 0 51200          0 0          <epoch> <start offset>
//! orders 1 51190          4 51200
//! ```
//! Left: offsets per partition (`recovery-point-offset-checkpoint`, `log-start-offset-checkpoint`,
//! `replication-offset-checkpoint`). Right: `leader-epoch-checkpoint`. An empty file is a checkpoint without entries.

use crate::error::{FileError, FormatError, SmallFileError};
use esker_env::Disk;
use esker_model::{EpochEntry, EpochHistory, Offset, TopicPartition};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::path::Path;

/// Longest checkpoint that is read: a million partitions with the longest names.
const LEN_MAX: u64 = 300 << 20;

/// Offsets by partition.
pub type OffsetsByPartition = BTreeMap<TopicPartition, Offset>;

/// Reads offsets per partition; `None` where there is no such file.
pub fn read_offsets(disk: &dyn Disk, path: &Path) -> Result<Option<OffsetsByPartition>, SmallFileError> {
    let Some(text) = read_text(disk, path)? else { return Ok(None) };
    Ok(Some(parse_offsets(&text).map_err(|reason| FormatError::new(path, reason))?))
}

/// Replaces a checkpoint of offsets, durably.
pub fn write_offsets(disk: &dyn Disk, path: &Path, offsets: &OffsetsByPartition) -> Result<(), FileError> {
    let mut text = format!("0\n{}\n", offsets.len());
    for (partition, offset) in offsets {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} {} {offset}", partition.topic, partition.partition);
    }
    disk.replace_small(path, text.as_bytes()).map_err(|error| FileError::new(path, error))
}

/// Reads a leader-epoch history; `None` where there is no such file.
pub fn read_epochs(disk: &dyn Disk, path: &Path) -> Result<Option<EpochHistory>, SmallFileError> {
    let Some(text) = read_text(disk, path)? else { return Ok(None) };
    Ok(Some(parse_epochs(&text).map_err(|reason| FormatError::new(path, reason))?))
}

/// Replaces a leader-epoch history, durably.
pub fn write_epochs(disk: &dyn Disk, path: &Path, history: &EpochHistory) -> Result<(), FileError> {
    disk.replace_small(path, epochs_text(history).as_bytes()).map_err(|error| FileError::new(path, error))
}

/// The text of a leader-epoch checkpoint, as uploads carry it too.
pub fn epochs_text(history: &EpochHistory) -> String {
    let mut text = format!("0\n{}\n", history.entries().len());
    for entry in history.entries() {
        let _ = writeln!(text, "{} {}", entry.epoch, entry.start_offset);
    }
    text
}

fn read_text(disk: &dyn Disk, path: &Path) -> Result<Option<String>, SmallFileError> {
    match disk.read_small(path, LEN_MAX) {
        Ok(bytes) => Ok(Some(String::from_utf8(bytes).map_err(|_| FormatError::new(path, "is not UTF-8"))?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::new(path, error).into()),
    }
}

/// The lines behind version and count, whose number is as counted.
fn entries(text: &str) -> Result<Vec<&str>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut lines = text.lines();
    let version = lines.next().unwrap_or_default();
    if version.trim() != "0" {
        return Err(format!("states version {version:?}, not 0"));
    }
    let count = lines.next().unwrap_or_default();
    let count: usize = count.trim().parse().map_err(|_| format!("states {count:?} entries"))?;
    let entries: Vec<&str> = lines.collect();
    if entries.len() != count {
        return Err(format!("states {count} entries and holds {}", entries.len()));
    }
    Ok(entries)
}

fn parse_offsets(text: &str) -> Result<OffsetsByPartition, String> {
    let parse = |line: &str| {
        let mut words = line.split_whitespace();
        let (topic, partition, offset) = (words.next()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        words.next().is_none().then(|| (TopicPartition::new(topic, partition), offset))
    };
    entries(text)?.into_iter().map(|line| parse(line).ok_or(format!("has the line {line:?}"))).collect()
}

fn parse_epochs(text: &str) -> Result<EpochHistory, String> {
    let parse = |line: &str| {
        let (epoch, start) = line.trim().split_once(' ')?;
        Some(EpochEntry { epoch: epoch.parse().ok()?, start_offset: start.parse().ok()? })
    };
    let lines = entries(text)?;
    let entries: Result<Vec<_>, _> =
        lines.into_iter().map(|line| parse(line).ok_or(format!("has the line {line:?}"))).collect();
    EpochHistory::from_entries(entries?).ok_or_else(|| "has epochs or offsets that do not grow".to_owned())
}
