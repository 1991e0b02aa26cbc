//! One pass of one thread: choose a log, compact it, remember up to where; delete what retention lets go of compacted logs.

use super::choose::{Candidate, examine, is_compacted};
use super::config::CleanerConfig;
use super::error::CleanError;
use super::metrics::{CleanerGauges, CleanerMetrics, LastRound};
use super::round::{Pace, Round, RoundStats};
use super::throttle::Throttle;
use crate::error::StorageError;
use crate::log::PartitionLog;
use crate::manager::LogManager;
use arc_swap::ArcSwap;
use esker_env::Env;
use esker_model::{Offset, TopicPartition};
use parking_lot::Mutex;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// A thread that waits for the speed limit looks up this often.
const WAIT_MAX: Duration = Duration::from_millis(100);

/// What all threads share.
#[derive(Debug)]
pub(super) struct Shared {
    manager: Arc<LogManager>,
    config: ArcSwap<CleanerConfig>,
    throttle: Throttle,
    metrics: CleanerMetrics,
    /// Partitions that a thread has to do with. Held while a log is chosen.
    busy: Mutex<HashSet<TopicPartition>>,
    /// Logs that hold what compaction cannot get past, for as long as they are open.
    uncleanable: Mutex<Vec<Weak<PartitionLog>>>,
}

/// How a round keeps to the speed limit and learns that it should stop.
struct ThreadPace<'a> {
    shared: &'a Shared,
    config: &'a CleanerConfig,
    stop: &'a AtomicBool,
    log: &'a PartitionLog,
    wait: &'a dyn Fn(Duration),
}

impl Pace for ThreadPace<'_> {
    fn pass(&self, bytes: u64) -> bool {
        let clock = &self.shared.env().clock;
        let started = clock.now();
        let due = self.shared.throttle.pass(bytes, self.config.io_bytes_per_second, started);
        loop {
            if self.stop.load(Ordering::Acquire) || self.log.cleaning.is_held() {
                return false;
            }
            let left = due.saturating_sub(clock.now().since(started));
            if left.is_zero() {
                return true;
            }
            (self.wait)(left.min(WAIT_MAX));
        }
    }
}

impl Shared {
    pub(super) fn new(manager: Arc<LogManager>, config: CleanerConfig) -> Self {
        Self {
            manager,
            config: ArcSwap::from_pointee(config),
            throttle: Throttle::default(),
            metrics: CleanerMetrics::default(),
            busy: Mutex::default(),
            uncleanable: Mutex::default(),
        }
    }

    pub(super) fn config(&self) -> Arc<CleanerConfig> {
        self.config.load_full()
    }

    pub(super) fn set_config(&self, config: CleanerConfig) {
        self.config.store(Arc::new(config));
    }

    pub(super) fn metrics(&self) -> &CleanerMetrics {
        &self.metrics
    }

    fn env(&self) -> &Env {
        self.manager.env()
    }

    /// One pass of thread `number`; whether a log was compacted.
    pub(super) fn pass(&self, number: usize, stop: &AtomicBool, wait: &dyn Fn(Duration)) -> bool {
        let cleaned = match self.grab_filthiest() {
            Some(candidate) => {
                let cleaned = self.clean(&candidate, number, stop, wait);
                self.busy.lock().remove(candidate.log.partition());
                cleaned
            }
            None => false,
        };
        self.uncleanable.lock().retain(|log| log.upgrade().is_some_and(|log| is_compacted(&log)));
        if !stop.load(Ordering::Acquire) {
            self.enforce_retention(stop);
        }
        cleaned
    }

    fn is_uncleanable(&self, log: &Arc<PartitionLog>) -> bool {
        self.uncleanable.lock().iter().any(|known| std::ptr::eq(known.as_ptr(), Arc::as_ptr(log)))
    }

    fn mark_uncleanable(&self, log: &Arc<PartitionLog>, error: &CleanError) {
        CleanerMetrics::add(&self.metrics.rounds_failed, 1);
        let partition = log.partition();
        tracing::error!(%partition, %error, "partition cannot be compacted and is left alone until the next start");
        self.uncleanable.lock().push(Arc::downgrade(log));
    }

    /// The due log with the largest dirty share, which no other thread takes until it is given back.
    fn grab_filthiest(&self) -> Option<Candidate> {
        let mut busy = self.busy.lock();
        let now_ms = self.env().clock.wall_ms();
        let mut candidates = Vec::new();
        for log in self.manager.logs() {
            if !is_compacted(&log) || busy.contains(log.partition()) || self.is_uncleanable(&log) {
                continue;
            }
            match examine(&log, now_ms) {
                Ok(candidate) => candidates.push(candidate),
                // It is offline or was closed.
                Err(CleanError::Aborted | CleanError::Storage(_)) => {}
                Err(error) => self.mark_uncleanable(&log, &error),
            }
        }
        let ratio = |candidate: &Candidate| candidate.range.ratio();
        let dirtiest = candidates.iter().map(ratio).fold(0.0, f64::max);
        let delay_ms = candidates.iter().map(|candidate| candidate.delay_ms).max().unwrap_or(0);
        candidates.retain(Candidate::is_due);
        {
            let mut last = self.metrics.last.lock();
            (last.dirtiest_ratio, last.compaction_delay_ms) = (dirtiest, delay_ms);
            (last.cleanable_partitions, last.looked_at_ms) = (candidates.len(), now_ms);
        }
        let filthiest = candidates.into_iter().max_by(|a, b| ratio(a).total_cmp(&ratio(b)))?;
        busy.insert(filthiest.log.partition().clone());
        Some(filthiest)
    }

    fn clean(&self, candidate: &Candidate, number: usize, stop: &AtomicBool, wait: &dyn Fn(Duration)) -> bool {
        let log = &candidate.log;
        let Some(_cleaning) = log.cleaning.begin() else { return false };
        let (config, started) = (self.config(), self.env().clock.now());
        let pace = ThreadPace { shared: self, config: &config, stop, log, wait };
        let done = log.check().map_err(CleanError::from).and_then(|()| {
            let done = Round::new(log, candidate.range, &config, &pace).run()?;
            log.dir().set_cleaner_checkpoint(log.partition(), done.0)?;
            Ok(done)
        });
        match done {
            Ok((end, stats)) => {
                self.note(candidate, number, end, &stats, self.env().clock.now().since(started));
                true
            }
            Err(CleanError::Aborted | CleanError::Storage(StorageError::Closed)) => {
                CleanerMetrics::add(&self.metrics.rounds_aborted, 1);
                tracing::info!(partition = %log.partition(), "compaction is given up");
                false
            }
            // The directory or the partition is offline and has been reported, or the disk is full for now.
            Err(CleanError::Storage(error)) => {
                CleanerMetrics::add(&self.metrics.rounds_aborted, 1);
                tracing::warn!(partition = %log.partition(), %error, "compaction is put off");
                false
            }
            Err(error) => {
                self.mark_uncleanable(log, &error);
                false
            }
        }
    }

    fn note(&self, candidate: &Candidate, number: usize, end: Offset, stats: &RoundStats, took: Duration) {
        let metrics = &self.metrics;
        CleanerMetrics::add(&metrics.rounds, 1);
        CleanerMetrics::add(&metrics.indexed_bytes, stats.indexed_bytes);
        CleanerMetrics::add(&metrics.read_bytes, stats.read_bytes);
        CleanerMetrics::add(&metrics.written_bytes, stats.written_bytes);
        CleanerMetrics::add(&metrics.keyless_records, stats.keyless_records);
        let RoundStats { read_bytes, written_bytes, map_utilization, .. } = *stats;
        metrics.note_round(number, LastRound { took, read_bytes, written_bytes, map_utilization });
        let partition = candidate.log.partition();
        let from = candidate.range.first_dirty;
        tracing::info!(%partition, from, end, ?took, ?stats, "log is compacted");
        if stats.keyless_records > 0 {
            tracing::warn!(%partition, count = stats.keyless_records, "records without a key were dropped");
        }
    }

    /// Compacted logs obey their log start, and with `compact,delete` retention, as often as compaction looks at them.
    fn enforce_retention(&self, stop: &AtomicBool) {
        let now_ms = self.env().clock.wall_ms();
        let trusted = self.manager.trusts_clock(now_ms);
        for log in self.manager.logs() {
            if stop.load(Ordering::Acquire) {
                return;
            }
            if !is_compacted(&log) || self.busy.lock().contains(log.partition()) || log.check().is_err() {
                continue;
            }
            if let Err(error) = log.delete_old_segments(now_ms, trusted) {
                tracing::error!(partition = %log.partition(), %error, "retention failed");
            }
        }
    }

    pub(super) fn gauges(&self) -> CleanerGauges {
        let now_ms = self.env().clock.wall_ms();
        let mut uncleanable: Vec<(PathBuf, usize, u64)> =
            self.manager.dirs().iter().map(|dir| (dir.path().to_owned(), 0, 0)).collect();
        let marked: Vec<Arc<PartitionLog>> = self.uncleanable.lock().iter().filter_map(Weak::upgrade).collect();
        for log in marked {
            if let Some(of_dir) = uncleanable.iter_mut().find(|(path, ..)| path == log.dir().path()) {
                of_dir.1 += 1;
                of_dir.2 += examine(&log, now_ms).map_or(0, |candidate| candidate.range.cleanable_bytes);
            }
        }
        self.metrics.gauges(now_ms, uncleanable)
    }
}
