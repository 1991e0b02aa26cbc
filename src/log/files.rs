//! Names of files and directories, as Kafka gives them.
//!
//! ```text
//! <log dir>/orders-3/                        00000000000000000000.log .index .timeindex .txnindex
//!                                            00000000000000051200.snapshot   (producers, as of that offset)
//!                                            leader-epoch-checkpoint  partition.metadata
//! <log dir>/orders-3.<32 hex digits>-delete/ a deleted partition until its files are removed
//! ```

use esker_model::{Offset, TopicPartition};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Ending of a file that is removed after `file.delete.delay.ms`.
pub const DELETED_SUFFIX: &str = ".deleted";
/// Ending of a file that compaction is writing.
pub const CLEANED_SUFFIX: &str = ".cleaned";
/// Ending of a compacted file that is about to replace its originals.
pub const SWAP_SUFFIX: &str = ".swap";
/// Ending of a small file that is about to replace its predecessor.
pub const TEMPORARY_SUFFIX: &str = ".tmp";

/// Longest file name that file systems take.
const NAME_LEN_MAX: usize = 255;

/// What one file of a segment holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SegmentFile {
    /// The batches.
    Log,
    /// Offset to position.
    OffsetIndex,
    /// Timestamp to offset.
    TimeIndex,
    /// Aborted transactions.
    TxnIndex,
    /// Producers as of the offset in the name.
    Snapshot,
}

impl SegmentFile {
    /// All kinds; the log comes last, so that a segment whose files are removed in this order never lies there without a log
    /// unnoticed.
    pub const ALL: [SegmentFile; 5] = [Self::OffsetIndex, Self::TimeIndex, Self::TxnIndex, Self::Snapshot, Self::Log];

    /// The ending, with its dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Log => ".log",
            Self::OffsetIndex => ".index",
            Self::TimeIndex => ".timeindex",
            Self::TxnIndex => ".txnindex",
            Self::Snapshot => ".snapshot",
        }
    }

    /// The file's name for a base offset.
    pub fn name(self, base_offset: Offset) -> String {
        format!("{base_offset:020}{}", self.extension())
    }

    /// The file's path in the partition directory `dir`.
    pub fn path(self, dir: &Path, base_offset: Offset) -> PathBuf {
        dir.join(self.name(base_offset))
    }

    /// The kind and base offset that a name states.
    pub fn parse(name: &str) -> Option<(SegmentFile, Offset)> {
        let (digits, _) = name.split_once('.')?;
        let extension = &name[digits.len()..];
        let kind = Self::ALL.into_iter().find(|kind| kind.extension() == extension)?;
        if digits.len() != 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some((kind, digits.parse().ok()?))
    }
}

/// The directory of a partition inside of a log directory.
pub fn partition_dir_name(partition: &TopicPartition) -> String {
    partition.to_string()
}

/// What a directory inside of a log directory is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirKind {
    /// A partition's log.
    Partition(TopicPartition),
    /// A deleted partition, waiting for its files to be removed.
    Deleted,
    /// A partition that was found here and belongs elsewhere, set aside.
    Stray,
    /// A partition's log that is being moved here from another directory.
    Future,
    /// Nothing of ours.
    Other,
}

impl DirKind {
    /// What the name says.
    pub fn of(name: &str) -> Self {
        if name.ends_with("-delete") && name.contains('.') {
            return Self::Deleted;
        }
        if name.ends_with("-stray") && name.contains('.') {
            return Self::Stray;
        }
        if name.ends_with("-future") && name.contains('.') {
            return Self::Future;
        }
        let Some((topic, partition)) = name.rsplit_once('-') else { return Self::Other };
        let plain = !partition.is_empty() && partition.bytes().all(|byte| byte.is_ascii_digit());
        match partition.parse() {
            Ok(number) if plain && esker_model::validate_topic_name(topic).is_ok() => {
                Self::Partition(TopicPartition::new(topic, number))
            }
            _ => Self::Other,
        }
    }
}

/// A name for a partition's directory that is no longer the partition's: `<topic>-<n>.<32 hex digits>-<what>`, the topic cut
/// where the whole would be too long for a file name.
pub fn retired_dir_name(partition: &TopicPartition, unique: Uuid, what: &str) -> String {
    let ending = format!("-{}.{}-{what}", partition.partition, unique.simple());
    let kept = partition.topic.len().min(NAME_LEN_MAX - ending.len());
    format!("{}{ending}", &partition.topic[..kept])
}
