//! What compaction tells of itself, under Kafka's names where Kafka has one.

use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Totals since the start.
#[derive(Debug, Default)]
pub struct CleanerMetrics {
    /// How many rounds were finished?
    pub rounds: AtomicU64,
    /// How many were given up because the log was cut, deleted or closed?
    pub rounds_aborted: AtomicU64,
    /// How many failed, each of which leaves its partition alone from then on?
    pub rounds_failed: AtomicU64,
    /// How many bytes were read to find the newest offset of each key?
    pub indexed_bytes: AtomicU64,
    /// How many bytes of segments were written anew...
    pub read_bytes: AtomicU64,
    /// ...and how many were left of them?
    pub written_bytes: AtomicU64,
    /// How many records without a key were dropped?
    pub keyless_records: AtomicU64,
    /// How many threads have died of a panic (`DeadThreadCount`)?
    pub dead_threads: AtomicU64,
    pub(crate) last: Mutex<LastRounds>,
}

/// The last round of each thread, and the last look over the logs.
#[derive(Debug, Default)]
pub(crate) struct LastRounds {
    pub(crate) by_thread: Vec<LastRound>,
    pub(crate) dirtiest_ratio: f64,
    pub(crate) cleanable_partitions: usize,
    pub(crate) compaction_delay_ms: i64,
    /// Wall time of that look.
    pub(crate) looked_at_ms: i64,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LastRound {
    pub(crate) took: Duration,
    pub(crate) read_bytes: u64,
    pub(crate) written_bytes: u64,
    pub(crate) map_utilization: f64,
}

/// What holds at one moment. The names are those of Kafka's metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct CleanerGauges {
    /// `max-dirty-percent`: dirty share of the log with the largest one.
    pub max_dirty_percent: u64,
    /// `cleaner-recopy-percent`: bytes written of bytes read in the threads' last rounds.
    pub cleaner_recopy_percent: u64,
    /// `max-buffer-utilization-percent`: how full the offset map became at most in those.
    pub max_buffer_utilization_percent: u64,
    /// `max-clean-time-secs`: how long the longest of those took.
    pub max_clean_time_secs: u64,
    /// `max-compaction-delay-secs`: how long the most overdue record waits beyond `max.compaction.lag.ms`.
    pub max_compaction_delay_secs: u64,
    /// `DeadThreadCount`.
    pub dead_thread_count: u64,
    /// `time-since-last-run-ms`: since the logs were last looked over.
    pub time_since_last_run_ms: i64,
    /// Logs that were due at that time.
    pub cleanable_partitions: usize,
    /// Per directory, `uncleanable-partitions-count` and `uncleanable-bytes`.
    pub uncleanable: Vec<(PathBuf, usize, u64)>,
}

impl CleanerMetrics {
    pub(crate) fn add(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Ordering::Relaxed);
    }

    /// Notes what thread `number` has done last.
    pub(crate) fn note_round(&self, number: usize, round: LastRound) {
        let mut last = self.last.lock();
        if last.by_thread.len() <= number {
            last.by_thread.resize(number + 1, LastRound::default());
        }
        last.by_thread[number] = round;
    }

    pub(crate) fn gauges(&self, now_ms: i64, uncleanable: Vec<(PathBuf, usize, u64)>) -> CleanerGauges {
        let last = self.last.lock();
        let rounds = &last.by_thread;
        let read: u64 = rounds.iter().map(|round| round.read_bytes).sum();
        let written: u64 = rounds.iter().map(|round| round.written_bytes).sum();
        let utilization = rounds.iter().map(|round| round.map_utilization).fold(0.0, f64::max);
        let ran = last.looked_at_ms > 0;
        CleanerGauges {
            max_dirty_percent: (100.0 * last.dirtiest_ratio) as u64,
            cleaner_recopy_percent: 100 * written / read.max(1),
            max_buffer_utilization_percent: (100.0 * utilization) as u64,
            max_clean_time_secs: rounds.iter().map(|round| round.took.as_secs()).max().unwrap_or(0),
            max_compaction_delay_secs: u64::try_from(last.compaction_delay_ms / 1000).unwrap_or(0),
            dead_thread_count: self.dead_threads.load(Ordering::Relaxed),
            time_since_last_run_ms: if ran { now_ms.saturating_sub(last.looked_at_ms) } else { 0 },
            cleanable_partitions: last.cleanable_partitions,
            uncleanable,
        }
    }
}
