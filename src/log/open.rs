//! Opening a partition's log: from the listing alone after a clean stop, by scanning what lies past the recovery point otherwise.

mod leftovers;
#[cfg(test)]
mod leftovers_test;
pub(crate) mod producers;
mod quick;
mod recover;
#[cfg(test)]
mod recover_test;
pub(crate) mod scan;

use crate::bounds::Bounds;
use crate::checkpoint;
use crate::config::LogConfig;
use crate::dir::LogDir;
use crate::error::{Damage, FileError, FormatError, SmallFileError};
use crate::files::SegmentFile;
use crate::log::{Active, EPOCH_CHECKPOINT, PartitionLog, Parts, Unsynced, Writer, create_files};
use crate::producer::ProducerState;
use crate::properties;
use crate::segment::Segment;
use crate::view::LogView;
use esker_env::{Disk, DiskFile};
use esker_model::{EpochHistory, Offset, TopicId, TopicPartition};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// What the directory knows of a log before it is opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Remembered {
    /// Whether the last stop was clean.
    pub(crate) clean: bool,
    /// Everything below is durable; `None` where no checkpoint could be read: then nothing is known.
    pub(crate) recovery_point: Option<Offset>,
    pub(crate) log_start: Option<Offset>,
    pub(crate) high_watermark: Option<Offset>,
}

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Bytes that were durable are not what they were.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A small file makes no sense.
    #[error(transparent)]
    Format(#[from] FormatError),
}

impl From<SmallFileError> for OpenError {
    fn from(error: SmallFileError) -> Self {
        match error {
            SmallFileError::File(error) => Self::File(error),
            SmallFileError::Format(error) => Self::Format(error),
        }
    }
}

/// A `.log` file as the listing shows it.
#[derive(Clone, Copy, Debug)]
struct FoundSegment {
    base_offset: Offset,
    len: u64,
    modified_ms: i64,
    has_txn_index: bool,
}

/// Everything that opening works with.
struct Opening<'a> {
    dir: &'a Arc<LogDir>,
    disk: &'a dyn Disk,
    partition: &'a TopicPartition,
    path: Arc<Path>,
    config: Arc<LogConfig>,
    remembered: Remembered,
    segments: Vec<FoundSegment>,
    snapshots: Vec<Offset>,
}

/// What a log was found to be.
struct Opened {
    /// Closed segments, oldest first.
    closed: Vec<Arc<Segment>>,
    active: Active,
    producers: ProducerState,
    epochs: EpochHistory,
    log_end: Offset,
    recovery_point: Offset,
    /// Log files that hold bytes past the recovery point.
    unsynced_logs: Vec<Arc<dyn DiskFile>>,
}

/// Opens the log of `partition` in its directory `path`.
pub(crate) fn open_log(
    dir: &Arc<LogDir>,
    partition: &TopicPartition,
    path: &Path,
    config: Arc<LogConfig>,
    remembered: Remembered,
) -> Result<Arc<PartitionLog>, OpenError> {
    let disk: &dyn Disk = &*dir.shared().env.disk;
    let topic_id = properties::read_topic_id(disk, path)?;
    let mut opening = Opening {
        dir,
        disk,
        partition,
        path: path.into(),
        config,
        remembered,
        segments: Vec::new(),
        snapshots: Vec::new(),
    };
    opening.list()?;
    let opened = opening.open()?;
    opening.assemble(opened, topic_id)
}

impl Opening<'_> {
    fn at(&self, path: &Path) -> impl Fn(io::Error) -> FileError + use<> {
        let path = path.to_owned();
        move |error| FileError::new(&path, error)
    }

    /// Lists the directory, after what was left over in it has been settled.
    fn list(&mut self) -> Result<(), FileError> {
        let path = Arc::clone(&self.path);
        let is_log = |name: &str| name.ends_with(SegmentFile::Log.extension());
        let list = || self.disk.list_described(&path, &is_log).map_err(self.at(&path));
        let mut entries = list()?;
        let names: Vec<String> = entries.iter().map(|entry| entry.name.clone()).collect();
        if leftovers::settle(self.disk, &path, &names).map_err(self.at(&path))? {
            entries = list()?;
        }
        let mut indexes = Vec::new();
        for entry in entries {
            match SegmentFile::parse(&entry.name) {
                Some((SegmentFile::Log, base_offset)) => {
                    let (len, modified_ms) = (entry.len, entry.modified_ms);
                    self.segments.push(FoundSegment { base_offset, len, modified_ms, has_txn_index: false });
                }
                Some((SegmentFile::Snapshot, offset)) => self.snapshots.push(offset),
                Some((kind, base_offset)) => indexes.push((base_offset, kind)),
                None => {}
            }
        }
        self.segments.sort_unstable_by_key(|segment| segment.base_offset);
        self.snapshots.sort_unstable();
        self.assign_indexes(indexes)
    }

    /// Notes which segments have a transaction index. Indexes without a log belong to nothing and go.
    fn assign_indexes(&mut self, indexes: Vec<(Offset, SegmentFile)>) -> Result<(), FileError> {
        for (base_offset, kind) in indexes {
            match self.segments.binary_search_by_key(&base_offset, |segment| segment.base_offset) {
                Ok(at) => self.segments[at].has_txn_index |= kind == SegmentFile::TxnIndex,
                Err(_) => self.remove(&kind.path(&self.path, base_offset))?,
            }
        }
        Ok(())
    }

    fn open(&mut self) -> Result<Opened, OpenError> {
        let log_start = self.remembered.log_start.unwrap_or(0);
        if self.segments.is_empty() {
            self.check_nothing_was_durable(log_start)?;
            return Ok(self.begin_at(log_start)?);
        }
        if self.remembered.clean
            && let Some(opened) = self.open_quickly()?
        {
            return Ok(opened);
        }
        self.recover()
    }

    /// A partition without a single segment is new, or has lost everything.
    fn check_nothing_was_durable(&self, log_start: Offset) -> Result<(), Damage> {
        match self.remembered.recovery_point {
            Some(durable_upto) if durable_upto > log_start => Err(Damage {
                partition: self.partition.clone(),
                file: SegmentFile::Log.path(&self.path, log_start),
                position: 0,
                reason: format!("no segment is there, and up to offset {durable_upto} the log was durable"),
            }),
            _ => Ok(()),
        }
    }

    /// An empty log at `offset`.
    fn begin_at(&self, offset: Offset) -> Result<Opened, FileError> {
        let now_ms = self.dir.shared().env.clock.wall_ms();
        let active = create_files(self.disk, &self.path, offset, &self.config, now_ms).map_err(self.at(&self.path))?;
        let mut producers = self.no_producers();
        producers.advance_end(offset);
        Ok(Opened {
            closed: Vec::new(),
            active,
            producers,
            epochs: EpochHistory::default(),
            log_end: offset,
            recovery_point: offset,
            unsynced_logs: Vec::new(),
        })
    }

    fn no_producers(&self) -> ProducerState {
        ProducerState::new(Arc::clone(&self.dir.shared().producers))
    }

    fn expiration_ms(&self) -> i64 {
        self.dir.shared().producer_expiration_ms.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// The epoch history as it was last checkpointed. A damaged one is none: the scan and the next leader begin it anew.
    fn read_epochs(&self) -> Result<EpochHistory, FileError> {
        match checkpoint::read_epochs(self.disk, &self.path.join(EPOCH_CHECKPOINT)) {
            Ok(epochs) => Ok(epochs.unwrap_or_default()),
            Err(SmallFileError::File(error)) => Err(error),
            Err(SmallFileError::Format(error)) => {
                tracing::warn!(%error, "leader epoch checkpoint is ignored");
                Ok(EpochHistory::default())
            }
        }
    }

    /// Where the log begins for everyone: what was checkpointed, and never below the first segment unless the rest is in the tier.
    fn log_start(&self, first_base: Offset) -> Offset {
        let remembered = self.remembered.log_start.unwrap_or(0);
        if self.config.remote_storage_enable { remembered } else { remembered.max(first_base) }
    }

    fn assemble(&self, mut opened: Opened, topic_id: Option<TopicId>) -> Result<Arc<PartitionLog>, OpenError> {
        let first_base = opened.closed.first().map_or(opened.active.base_offset(), |first| first.base_offset);
        let mut log_start = self.log_start(first_base);
        if log_start > opened.log_end {
            // The log start was durable before records that it lies behind: they are gone, and nobody was to see them.
            opened = self.start_over(log_start)?;
            log_start = log_start.max(opened.log_end);
        }
        let first_base = opened.closed.first().map_or(opened.active.base_offset(), |first| first.base_offset);
        let local_log_start = log_start.max(first_base);
        let high_watermark = self.remembered.high_watermark.unwrap_or(0).clamp(local_log_start, opened.log_end);
        opened.epochs.truncate_from_end(opened.log_end);
        opened.epochs.truncate_from_start(log_start);
        opened.producers.high_watermark_moved(high_watermark);
        let bounds = Bounds {
            log_start,
            local_log_start,
            high_watermark,
            log_end: opened.log_end,
            first_unstable: opened.producers.first_unstable_offset(),
            tiered_end: None,
        };
        self.remove_stray_snapshots(&opened)?;
        let mut segments = opened.closed;
        segments.push(Arc::clone(&opened.active.segment));
        let view = LogView {
            segments: Arc::new(segments),
            epochs: Arc::new(opened.epochs),
            bounds,
            end_position: opened.active.end,
            active_largest: opened.active.cadence.largest(),
        };
        let unsynced = Unsynced {
            closed_logs: opened.unsynced_logs,
            active: opened.recovery_point < opened.log_end,
            others: Vec::new(),
            closed_segment: false,
            epochs: !self.remembered.clean,
        };
        let writer = Writer {
            active: opened.active,
            producers: opened.producers,
            unsynced,
            truncations: 0,
            last_sync_ms: self.dir.shared().env.clock.wall_ms(),
        };
        let log = PartitionLog::assemble(Parts {
            partition: self.partition.clone(),
            topic_id,
            path: Arc::clone(&self.path),
            dir: Arc::clone(self.dir),
            config: Arc::clone(&self.config),
            view,
            writer,
            recovery_point: opened.recovery_point,
            names_dirty: true,
        });
        self.dir.register(&log);
        Ok(log)
    }

    /// Snapshots stay where a segment begins, for the tier and for truncation, and the newest, for the next start.
    fn remove_stray_snapshots(&self, opened: &Opened) -> Result<(), FileError> {
        let newest = self.snapshots.iter().copied().filter(|offset| *offset <= opened.log_end).max();
        let begins_segment = |offset: Offset| {
            opened.active.base_offset() == offset
                || opened.closed.binary_search_by_key(&offset, |segment| segment.base_offset).is_ok()
        };
        let stray = |offset: Offset| Some(offset) != newest && !begins_segment(offset);
        producers::remove_snapshots(self.disk, &self.path, &self.snapshots, stray).map_err(self.at(&self.path))
    }

    /// Removes all segments and begins anew at `offset`.
    fn start_over(&self, offset: Offset) -> Result<Opened, FileError> {
        tracing::warn!(partition = %self.partition, offset, "the log ends below its start; it begins anew there");
        for segment in self.segments.iter().rev() {
            for kind in SegmentFile::ALL {
                self.remove(&kind.path(&self.path, segment.base_offset))?;
            }
        }
        self.disk.sync_dir(&self.path).map_err(self.at(&self.path))?;
        self.begin_at(offset)
    }

    fn remove(&self, path: &Path) -> Result<(), FileError> {
        match self.disk.remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::new(path, error)),
            _ => Ok(()),
        }
    }
}
