//! Counters of all logs of a process, for the server to export.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Totals since the start. Each answers one question; rates are the reader's business.
#[derive(Debug, Default)]
pub struct LogMetrics {
    /// How many batches were answered as repetitions?
    pub duplicate_batches: AtomicU64,
    /// How often was a log synced?
    pub syncs: AtomicU64,
    /// How long did that take in all, in microseconds?
    pub sync_micros: AtomicU64,
    /// How long did the slowest take, in microseconds?
    pub sync_micros_max: AtomicU64,
    /// How many callers were told that their records are durable? Many per sync is group commit at work.
    pub sync_waiters: AtomicU64,
    /// How many segments were closed?
    pub rolls: AtomicU64,
    /// How many segments were deleted by retention?
    pub segments_deleted: AtomicU64,
    /// How many segments that are in the tier were let go because a disk was nearly full?
    pub pressure_segments: AtomicU64,
    /// How many bytes did recovery cut off the ends of logs?
    pub recovery_cut_bytes: AtomicU64,
    /// How many partitions were found damaged?
    pub damaged: AtomicU64,
    /// How many directories went offline?
    pub directories_offline: AtomicU64,
}

impl LogMetrics {
    pub(crate) fn add(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Ordering::Relaxed);
    }

    pub(crate) fn synced(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        Self::add(&self.syncs, 1);
        Self::add(&self.sync_micros, micros);
        self.sync_micros_max.fetch_max(micros, Ordering::Relaxed);
    }
}
