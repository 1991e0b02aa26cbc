//! Compaction: of each key only the newest record stays (`cleanup.policy=compact`).
//!
//! Threads look for the log with the largest dirty share, build a map of the newest offset of each key in its dirty part, write its
//! segments anew without what is superseded, and swap them in while the log is read and written. Where a file says what a rule
//! is: `plan` which part and which log, `filter` which records, `log/swap` how it survives a crash.

mod choose;
mod config;
mod destination;
mod error;
mod filter;
#[cfg(test)]
mod filter_test;
mod group;
mod key_hash;
mod metrics;
#[cfg(test)]
mod model_test;
mod offset_map;
#[cfg(test)]
mod offset_map_test;
mod pass;
mod plan;
#[cfg(test)]
mod plan_test;
mod round;
mod source;
#[cfg(test)]
mod swap_test;
#[cfg(test)]
mod testing;
mod throttle;
mod transactions;

pub use config::CleanerConfig;
pub(crate) use destination::{Cleaned, cleaned_path};
pub(crate) use error::CleanError;
pub use metrics::{CleanerGauges, CleanerMetrics};

use crate::manager::LogManager;
use esker_env::{Thread, give_way};
use parking_lot::{Condvar, Mutex};
use pass::Shared;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Steps by which compaction stands back behind producers and consumers.
const GIVES_WAY_BY: i32 = 10;

/// The threads that compact the logs of one broker.
#[derive(Debug)]
pub struct Cleaner {
    shared: Arc<Shared>,
    threads: Mutex<Threads>,
    control: Arc<Control>,
}

#[derive(Debug, Default)]
struct Threads {
    running: Vec<(Arc<AtomicBool>, Thread)>,
    stopped: bool,
}

/// How a thread that rests is woken.
#[derive(Debug, Default)]
struct Control {
    changes: Mutex<u64>,
    changed: Condvar,
}

impl Control {
    fn wake(&self) {
        *self.changes.lock() += 1;
        self.changed.notify_all();
    }

    /// Rests for `limit`, or until something changes.
    fn rest(&self, seen: &mut u64, limit: Duration) {
        let mut changes = self.changes.lock();
        if *changes == *seen {
            self.changed.wait_for(&mut changes, limit);
        }
        *seen = *changes;
    }
}

impl Cleaner {
    /// Starts the threads that `config` asks for over the logs of `manager`. Without any, [`Cleaner::run_once`] does the work.
    pub fn start(manager: Arc<LogManager>, config: CleanerConfig) -> io::Result<Self> {
        let (shared, control) = (Arc::new(Shared::new(manager, config)), Arc::default());
        let cleaner = Self { shared, threads: Mutex::default(), control };
        cleaner.match_threads()?;
        Ok(cleaner)
    }

    /// Changes the settings. They apply from the next round on; threads are started and let go at once.
    pub fn configure(&self, config: CleanerConfig) -> io::Result<()> {
        self.shared.set_config(config);
        self.match_threads()
    }

    /// The present settings.
    pub fn config(&self) -> Arc<CleanerConfig> {
        self.shared.config()
    }

    /// Gives up what is under way and waits for the threads.
    pub fn stop(&self) {
        let threads = {
            let mut threads = self.threads.lock();
            threads.stopped = true;
            std::mem::take(&mut threads.running)
        };
        self.let_go(threads);
    }

    /// Totals since the start.
    pub fn metrics(&self) -> &CleanerMetrics {
        self.shared.metrics()
    }

    /// What holds now.
    pub fn gauges(&self) -> CleanerGauges {
        self.shared.gauges()
    }

    /// Compacts the log that most needs it, on the calling thread; false where none does.
    pub fn run_once(&self) -> bool {
        self.shared.pass(0, &AtomicBool::new(false), &|_| {})
    }

    fn match_threads(&self) -> io::Result<()> {
        let wanted = self.shared.config().threads;
        let mut threads = self.threads.lock();
        if threads.stopped {
            return Ok(());
        }
        let kept = wanted.min(threads.running.len());
        let surplus = threads.running.split_off(kept);
        while threads.running.len() < wanted {
            let number = threads.running.len();
            let stop = Arc::new(AtomicBool::new(false));
            let (shared, control, told) = (Arc::clone(&self.shared), Arc::clone(&self.control), Arc::clone(&stop));
            let thread = Thread::start(&format!("cleaner-{number}"), move || run(&shared, &control, &told, number))?;
            threads.running.push((stop, thread));
        }
        drop(threads);
        self.let_go(surplus);
        self.control.wake();
        Ok(())
    }

    fn let_go(&self, threads: Vec<(Arc<AtomicBool>, Thread)>) {
        threads.iter().for_each(|(stop, _)| stop.store(true, Ordering::Release));
        self.control.wake();
        for (_, thread) in threads {
            thread.join();
        }
    }
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Counts a thread that ends by a panic.
struct CountsDeath<'a>(&'a CleanerMetrics);

impl Drop for CountsDeath<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            CleanerMetrics::add(&self.0.dead_threads, 1);
        }
    }
}

fn run(shared: &Shared, control: &Control, stop: &AtomicBool, number: usize) {
    let _counted = CountsDeath(shared.metrics());
    // What compaction takes its time over, producers and consumers must not wait for.
    give_way(GIVES_WAY_BY);
    let mut seen = 0;
    while !stop.load(Ordering::Acquire) {
        let wait = |duration: Duration| {
            let mut changes = *control.changes.lock();
            control.rest(&mut changes, duration);
        };
        if !shared.pass(number, stop, &wait) && !stop.load(Ordering::Acquire) {
            control.rest(&mut seen, shared.config().backoff);
        }
    }
}
