//! The threads of a broker: one runtime for clients, a small one for what must never take their time.

use crate::metrics::Threads;
use esker_env::{Pool, give_way};
use std::io;
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};

/// Threads for the tier, its cache, cold reads and the HTTP service: a replay uses these and no more.
const BACKGROUND_THREADS: usize = 2;
/// Blocking threads of the network runtime beyond the disk pool's: name look-ups, the metadata log's disk thread.
const SPARE_THREADS: usize = 4;
/// Blocking threads of the background runtime: the tier's disk jobs and the cache's reads and writes.
const BACKGROUND_BLOCKING_THREADS: usize = 16;
/// Steps by which replays and uploads stand back behind clients of the local log where processors are few: a quarter is left to them, so
/// that uploads go on under any load.
const BACKGROUND_GIVES_WAY_BY: i32 = 5;
/// Disk jobs that may wait, for each thread that does them.
const QUEUED_PER_THREAD: usize = 512;
/// How long a blocking thread without work stays.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// How long ending a runtime waits for calls that block.
const SHUTDOWN_MAX: Duration = Duration::from_secs(5);

/// The runtimes of one broker. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct Runtimes {
    network: Option<Runtime>,
    background: Option<Runtime>,
    /// Where reads and syncs that wait for a disk are done (`esker.disk.threads`).
    pub(crate) disk_pool: Pool,
}

impl Runtimes {
    /// Starts the threads.
    pub(crate) fn start(disk_threads: usize) -> io::Result<Self> {
        let network = Builder::new_multi_thread()
            .thread_name("network")
            .max_blocking_threads(disk_threads + SPARE_THREADS)
            .thread_keep_alive(KEEP_ALIVE)
            .enable_all()
            .build()?;
        let background = Builder::new_multi_thread()
            .thread_name("background")
            .on_thread_start(|| give_way(BACKGROUND_GIVES_WAY_BY))
            .worker_threads(BACKGROUND_THREADS)
            .max_blocking_threads(BACKGROUND_BLOCKING_THREADS)
            .thread_keep_alive(KEEP_ALIVE)
            .enable_all()
            .build()?;
        let disk_pool = Pool::new(network.handle().clone(), disk_threads, disk_threads * QUEUED_PER_THREAD);
        Ok(Self { network: Some(network), background: Some(background), disk_pool })
    }

    /// The runtime of connections and of everything that answers them.
    pub(crate) fn network(&self) -> &Handle {
        handle(&self.network)
    }

    /// What is told of the threads.
    pub(crate) fn threads(&self) -> Threads {
        let runtimes = vec![("network", self.network().clone()), ("background", self.background().clone())];
        Threads { runtimes, disk_pool: self.disk_pool.clone() }
    }

    /// The runtime of the tier.
    pub(crate) fn background(&self) -> &Handle {
        handle(&self.background)
    }
}

fn handle(runtime: &Option<Runtime>) -> &Handle {
    match runtime {
        Some(runtime) => runtime.handle(),
        None => unreachable!("a runtime is taken out only when all are dropped"),
    }
}

impl Drop for Runtimes {
    fn drop(&mut self) {
        for runtime in [self.network.take(), self.background.take()].into_iter().flatten() {
            runtime.shutdown_timeout(SHUTDOWN_MAX);
        }
    }
}
