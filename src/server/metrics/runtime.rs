//! The threads: how busy they are and what waits for them. Labels: the names of the runtimes.

use super::figure::{Emit, Figure, Kind};
use esker_env::Pool;
use tokio::runtime::{Handle, RuntimeMetrics};

/// What the figures are read from.
pub struct Threads {
    /// Each runtime and its name.
    pub runtimes: Vec<(&'static str, Handle)>,
    /// Where reads and syncs wait for a disk.
    pub disk_pool: Pool,
}

fn by_runtime(threads: &Threads, emit: &mut Emit<'_>, value: fn(&RuntimeMetrics) -> f64) {
    for (name, runtime) in &threads.runtimes {
        emit.labelled(value(&runtime.metrics()), &[("runtime", (*name).to_owned())]);
    }
}

fn busy_seconds(runtime: &RuntimeMetrics) -> f64 {
    (0..runtime.num_workers()).map(|worker| runtime.worker_total_busy_duration(worker).as_secs_f64()).sum()
}

pub(crate) const FIGURES: &[Figure<Threads>] = &[
    Figure {
        name: "esker_runtime_workers",
        kind: Kind::Gauge,
        about: "How many threads does a runtime have (network serves clients, background the tier)?",
        read: |threads, emit| by_runtime(threads, emit, |runtime| runtime.num_workers() as f64),
    },
    Figure {
        name: "esker_runtime_busy_seconds_total",
        kind: Kind::Counter,
        about: "How long were they busy, all together? A rate of the number of threads is as much as there is.",
        read: |threads, emit| by_runtime(threads, emit, busy_seconds),
    },
    Figure {
        name: "esker_runtime_tasks",
        kind: Kind::Gauge,
        about: "How many tasks are there?",
        read: |threads, emit| by_runtime(threads, emit, |runtime| runtime.num_alive_tasks() as f64),
    },
    Figure {
        name: "esker_runtime_queued_tasks",
        kind: Kind::Gauge,
        about: "How many tasks wait in the queue that a runtime's threads share?",
        read: |threads, emit| by_runtime(threads, emit, |runtime| runtime.global_queue_depth() as f64),
    },
    Figure {
        name: "esker_disk_pool_waiting",
        kind: Kind::Gauge,
        about: "How many jobs wait for a thread that may wait for the disk (esker.disk.threads)?",
        read: |threads, emit| emit.value(threads.disk_pool.waiting() as u64),
    },
];
