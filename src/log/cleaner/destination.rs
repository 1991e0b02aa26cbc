//! Writing a compacted segment: its files have the ending `.cleaned` until all of them are durable.

use super::error::{CleanError, Unreadable};
use crate::files::{CLEANED_SUFFIX, SegmentFile};
use crate::log::PartitionLog;
use crate::lookup::TimestampOffset;
use crate::segment::{IndexCadence, OffsetEntry, PlacedBatch, TimeEntry};
use crate::txn_index::AbortedTxn;
use esker_env::{DiskFile, OpenMode};
use esker_model::{Offset, TimestampMs};
use esker_record::BatchHeader;
use std::io::{self, IoSlice};
use std::path::PathBuf;
use std::sync::Arc;

/// A compacted segment whose files are durable under their `.cleaned` names.
#[derive(Clone, Debug)]
pub(crate) struct Cleaned {
    pub(crate) base_offset: Offset,
    pub(crate) size: u64,
    pub(crate) modified_ms: TimestampMs,
    pub(crate) largest: TimestampOffset,
    pub(crate) has_txn_index: bool,
}

impl Cleaned {
    /// Its files; the log comes last.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = SegmentFile> + use<> {
        let has_txn_index = self.has_txn_index;
        let written = move |kind: &SegmentFile| match kind {
            SegmentFile::Log | SegmentFile::OffsetIndex | SegmentFile::TimeIndex => true,
            SegmentFile::TxnIndex => has_txn_index,
            SegmentFile::Snapshot => false,
        };
        SegmentFile::ALL.into_iter().filter(written)
    }
}

/// A compacted segment while it is written.
#[derive(Debug)]
pub(crate) struct Destination<'a> {
    log: &'a PartitionLog,
    base_offset: Offset,
    file: Arc<dyn DiskFile>,
    /// Bytes in the file; what is in the buffer follows them.
    written: u64,
    buffer: Vec<u8>,
    buffer_max: usize,
    /// `index.interval.bytes`.
    interval: u64,
    cadence: IndexCadence,
    offsets: Vec<u8>,
    times: Vec<u8>,
}

/// The path of a file of a segment that is written.
pub(crate) fn cleaned_path(log: &PartitionLog, kind: SegmentFile, base_offset: Offset) -> PathBuf {
    log.path().join(kind.name(base_offset) + CLEANED_SUFFIX)
}

impl<'a> Destination<'a> {
    /// Begins the segment at `base_offset`. What an earlier attempt left there is emptied.
    pub(crate) fn create(log: &'a PartitionLog, base_offset: Offset, buffer_max: usize) -> Result<Self, CleanError> {
        let path = cleaned_path(log, SegmentFile::Log, base_offset);
        let file = log.disk().open(&path, OpenMode::Truncate).map_err(|error| log.clean_failed(&path, error))?;
        let interval = u64::try_from(log.config().index_interval_bytes).unwrap_or(0);
        let (cadence, buffer) = (IndexCadence::new(base_offset), Vec::new());
        let (offsets, times) = (Vec::new(), Vec::new());
        Ok(Self { log, base_offset, file, written: 0, buffer, buffer_max, interval, cadence, offsets, times })
    }

    /// Adds a batch; how many bytes went to the file.
    pub(crate) fn add(&mut self, bytes: &[u8], header: &BatchHeader) -> Result<u64, CleanError> {
        let position = self.written + self.buffer.len() as u64;
        let placed = PlacedBatch { position, size: bytes.len() as u64, header: *header };
        if placed.end() > i32::MAX as u64 {
            let file = cleaned_path(self.log, SegmentFile::Log, self.base_offset);
            let reason = "the compacted segment is larger than a segment can be".to_owned();
            return Err(Unreadable { file, position, reason }.into());
        }
        let (offset, time) = self.cadence.take(&placed, self.interval);
        self.offsets.extend(offset.into_iter().flat_map(OffsetEntry::to_bytes));
        self.times.extend(time.into_iter().flat_map(TimeEntry::to_bytes));
        let mut flushed = 0;
        if self.buffer.len() + bytes.len() > self.buffer_max {
            flushed += self.flush()?;
        }
        if bytes.len() > self.buffer_max {
            return Ok(flushed + self.write(bytes)?);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(flushed)
    }

    fn flush(&mut self) -> Result<u64, CleanError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let written = self.write(&buffer);
        buffer.clear();
        self.buffer = buffer;
        written
    }

    fn write(&mut self, bytes: &[u8]) -> Result<u64, CleanError> {
        let written = self.file.write_all_at(&[IoSlice::new(bytes)], self.written);
        written.map_err(|error| self.failed(SegmentFile::Log, error))?;
        self.written += bytes.len() as u64;
        Ok(bytes.len() as u64)
    }

    fn failed(&self, kind: SegmentFile, error: io::Error) -> CleanError {
        self.log.clean_failed(&cleaned_path(self.log, kind, self.base_offset), error)
    }

    /// Writes what is left, makes all files durable and dates the log as old as what it replaces.
    pub(crate) fn finish(mut self, modified_ms: TimestampMs, aborted: &[AbortedTxn]) -> Result<Cleaned, CleanError> {
        self.flush()?;
        let largest = self.cadence.largest();
        self.times.extend(self.cadence.time_entry().into_iter().flat_map(TimeEntry::to_bytes));
        let aborted: Vec<u8> = aborted.iter().flat_map(|txn| txn.to_bytes()).collect();
        self.write_small(SegmentFile::OffsetIndex, &self.offsets)?;
        self.write_small(SegmentFile::TimeIndex, &self.times)?;
        if !aborted.is_empty() {
            self.write_small(SegmentFile::TxnIndex, &aborted)?;
        }
        let dated = self.file.set_modified_ms(modified_ms).and_then(|()| self.file.sync_data());
        dated.map_err(|error| self.failed(SegmentFile::Log, error))?;
        let (base_offset, size) = (self.base_offset, self.written);
        Ok(Cleaned { base_offset, size, modified_ms, largest, has_txn_index: !aborted.is_empty() })
    }

    fn write_small(&self, kind: SegmentFile, bytes: &[u8]) -> Result<(), CleanError> {
        let path = cleaned_path(self.log, kind, self.base_offset);
        let write = || -> io::Result<()> {
            let file = self.log.disk().open(&path, OpenMode::Truncate)?;
            file.write_all_at(&[IoSlice::new(bytes)], 0)?;
            file.sync_data()
        };
        write().map_err(|error| self.failed(kind, error))
    }
}
