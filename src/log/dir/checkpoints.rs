//! The checkpoints of a directory: up to where its logs are durable, replicated, compacted, and from where they begin.
//!
//! | file | offset | kept for |
//! |---|---|---|
//! | `recovery-point-offset-checkpoint` | everything below is durable | every log |
//! | `replication-offset-checkpoint` | high watermark | every log |
//! | `log-start-offset-checkpoint` | log start | logs that begin elsewhere than their first segment |
//! | `cleaner-offset-checkpoint` | everything below is compacted | logs that were compacted |
//!
//! What is written is always collected under the lock, so that of two writers the later one writes the newer values. A partition that
//! is not loaded (damaged, or not yet) keeps the entry it had.

use super::LogDir;
use crate::checkpoint::{OffsetsByPartition, write_offsets};
use crate::error::{FileError, StorageError};
use crate::log::PartitionLog;
use esker_model::{Offset, TopicPartition};
use std::sync::Arc;

/// Name of the checkpoint of recovery points.
pub const RECOVERY_CHECKPOINT: &str = "recovery-point-offset-checkpoint";
/// Name of the checkpoint of log starts.
pub const LOG_START_CHECKPOINT: &str = "log-start-offset-checkpoint";
/// Name of the checkpoint of high watermarks.
pub const HIGH_WATERMARK_CHECKPOINT: &str = "replication-offset-checkpoint";
/// Name of the checkpoint of what is compacted.
pub const CLEANER_CHECKPOINT: &str = "cleaner-offset-checkpoint";

/// The checkpoints as they were last written or read.
#[derive(Debug, Default)]
pub(crate) struct Checkpoints {
    /// Recovery points; `None` where the file was absent or made no sense: then nothing is known to be durable.
    pub(crate) recovery: Option<OffsetsByPartition>,
    pub(crate) log_start: OffsetsByPartition,
    pub(crate) high_watermark: OffsetsByPartition,
    pub(crate) cleaner: OffsetsByPartition,
}

impl Checkpoints {
    fn contains(&self, partition: &TopicPartition) -> bool {
        self.recovery.as_ref().is_some_and(|recovery| recovery.contains_key(partition))
            || self.log_start.contains_key(partition)
            || self.high_watermark.contains_key(partition)
            || self.cleaner.contains_key(partition)
    }
}

impl LogDir {
    /// Writes the recovery points, where any has moved.
    pub fn checkpoint_recovery_points(&self) -> Result<(), StorageError> {
        self.check()?;
        let mut checkpoints = self.checkpoints.lock();
        let mut recovery = checkpoints.recovery.clone().unwrap_or_default();
        for log in self.logs() {
            recovery.insert(log.partition().clone(), log.recovery_point());
        }
        if checkpoints.recovery.as_ref() != Some(&recovery) {
            self.write(RECOVERY_CHECKPOINT, &recovery)?;
            checkpoints.recovery = Some(recovery);
        }
        Ok(())
    }

    /// Writes the log starts, where any has moved.
    pub fn checkpoint_log_starts(&self) -> Result<(), StorageError> {
        self.check()?;
        let mut checkpoints = self.checkpoints.lock();
        let mut starts = checkpoints.log_start.clone();
        for log in self.logs() {
            match log_start_to_keep(&log) {
                Some(start) => starts.insert(log.partition().clone(), start),
                None => starts.remove(log.partition()),
            };
        }
        if checkpoints.log_start != starts {
            self.write(LOG_START_CHECKPOINT, &starts)?;
            checkpoints.log_start = starts;
        }
        Ok(())
    }

    /// Writes the high watermarks, where any has moved.
    pub fn checkpoint_high_watermarks(&self) -> Result<(), StorageError> {
        self.check()?;
        let mut checkpoints = self.checkpoints.lock();
        let mut marks = checkpoints.high_watermark.clone();
        for log in self.logs() {
            marks.insert(log.partition().clone(), log.high_watermark());
        }
        if checkpoints.high_watermark != marks {
            self.write(HIGH_WATERMARK_CHECKPOINT, &marks)?;
            checkpoints.high_watermark = marks;
        }
        Ok(())
    }

    /// Removes everything that is remembered of partitions that are deleted or about to be created, durably: what an earlier log under
    /// the same name had must never be believed of a new one.
    pub(crate) fn forget(&self, partitions: &[TopicPartition]) -> Result<(), StorageError> {
        {
            let mut logs = self.logs.lock();
            partitions.iter().for_each(|partition| drop(logs.remove(partition)));
        }
        let mut checkpoints = self.checkpoints.lock();
        if !partitions.iter().any(|partition| checkpoints.contains(partition)) {
            return Ok(());
        }
        let without = |offsets: &OffsetsByPartition| {
            let mut kept = offsets.clone();
            for partition in partitions {
                kept.remove(partition);
            }
            kept
        };
        // What cannot be written stays known: whoever comes next, or makes a log of that name, tries again.
        // A recovery point must not outlive the log start that explains it: it goes first.
        if let Some(recovery) = checkpoints.recovery.as_ref().map(without) {
            self.write(RECOVERY_CHECKPOINT, &recovery)?;
            checkpoints.recovery = Some(recovery);
        }
        let starts = without(&checkpoints.log_start);
        self.write(LOG_START_CHECKPOINT, &starts)?;
        checkpoints.log_start = starts;
        let marks = without(&checkpoints.high_watermark);
        self.write(HIGH_WATERMARK_CHECKPOINT, &marks)?;
        checkpoints.high_watermark = marks;
        let cleaner = without(&checkpoints.cleaner);
        self.write(CLEANER_CHECKPOINT, &cleaner)?;
        checkpoints.cleaner = cleaner;
        Ok(())
    }

    /// Up to where a log was compacted, as far as anybody has said.
    pub(crate) fn cleaner_checkpoint(&self, partition: &TopicPartition) -> Option<Offset> {
        self.checkpoints.lock().cleaner.get(partition).copied()
    }

    /// States that a log is compacted up to `offset`, durably.
    pub(crate) fn set_cleaner_checkpoint(
        &self,
        partition: &TopicPartition,
        offset: Offset,
    ) -> Result<(), StorageError> {
        self.check()?;
        let mut checkpoints = self.checkpoints.lock();
        // A log that was deleted meanwhile is not remembered again.
        let is_here = self.logs.lock().get(partition).is_some_and(|log| log.strong_count() > 0);
        if is_here && checkpoints.cleaner.get(partition) != Some(&offset) {
            let mut cleaner = checkpoints.cleaner.clone();
            cleaner.insert(partition.clone(), offset);
            self.write(CLEANER_CHECKPOINT, &cleaner)?;
            checkpoints.cleaner = cleaner;
        }
        Ok(())
    }

    /// States that a log is about to be cut at `offset`: what is appended there afterwards is not compacted.
    pub(crate) fn lower_cleaner_checkpoint(
        &self,
        partition: &TopicPartition,
        offset: Offset,
    ) -> Result<(), StorageError> {
        match self.cleaner_checkpoint(partition) {
            Some(known) if known > offset => self.set_cleaner_checkpoint(partition, offset),
            _ => Ok(()),
        }
    }

    fn write(&self, name: &str, offsets: &OffsetsByPartition) -> Result<(), StorageError> {
        let written = write_offsets(&*self.shared.env.disk, &self.path.join(name), offsets);
        written
            .map_err(|error: FileError| if error.is_full() { StorageError::Full(error) } else { self.fail_with(error) })
    }
}

/// The log start where the segments alone do not tell it.
fn log_start_to_keep(log: &Arc<PartitionLog>) -> Option<Offset> {
    let first_base = log.segments().first().map_or(0, |segment| segment.base_offset);
    let log_start = log.log_start();
    let tiered = log.config().remote_storage_enable;
    (log_start > first_base || (tiered && log_start != first_base)).then_some(log_start)
}
