//! Tasks, timers and the bounded pool for calls that block.

use parking_lot::Mutex;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// A running task; dropping it lets the task run on.
pub type TaskHandle<T> = tokio::task::JoinHandle<T>;

/// Starts a task on the runtime of the caller.
pub fn spawn<F>(future: F) -> TaskHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future)
}

/// Waits for `duration`.
pub async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// A deadline that can be moved without making a new timer each time.
#[derive(Debug)]
pub struct Timer(Pin<Box<tokio::time::Sleep>>);

impl Timer {
    /// A timer that fires `after` from now.
    pub fn new(after: Duration) -> Self {
        Self(Box::pin(tokio::time::sleep(after)))
    }

    /// Fires `after` from now instead.
    pub fn reset(&mut self, after: Duration) {
        self.0.as_mut().reset(tokio::time::Instant::now() + after);
    }

    /// Fires no later than `after` from now; sooner where it was set to.
    pub fn at_latest(&mut self, after: Duration) {
        let deadline = tokio::time::Instant::now() + after;
        if deadline < self.0.deadline() {
            self.0.as_mut().reset(deadline);
        }
    }

    /// Waits until it fires. Safe to drop and call again.
    pub async fn fired(&mut self) {
        self.0.as_mut().await;
    }
}

/// Waits until `future` is done or `limit` has passed; `None` in the second case.
pub async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(limit, future).await.ok()
}

/// A named thread for work that blocks for as long as the process runs. Dropping it lets the thread run on.
#[derive(Debug)]
pub struct Thread(std::thread::JoinHandle<()>);

impl Thread {
    /// Starts `body` on a thread called `name` (the kernel shows its first 15 bytes).
    pub fn start(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        std::thread::Builder::new().name(name.to_owned()).spawn(body).map(Self)
    }

    /// Waits until the body has returned; says whether it did so without a panic.
    pub fn join(self) -> bool {
        self.0.join().is_ok()
    }
}

/// Lets other threads go first where there are fewer processors than work, from now on, by so many steps of the `nice` value (5 leaves
/// about a quarter of a processor that another thread wants too, 10 a tenth): for the thread that calls, of processor and, where the
/// disk's scheduler looks at it, of disk. Best effort: a thread that may not stand back works as before.
pub fn give_way(steps: i32) {
    // On Linux both calls mean the calling thread. The largest value is what the kernel makes of any larger one.
    if let Ok(present) = rustix::process::getpriority_process(None) {
        let _refused = rustix::process::setpriority_process(None, present.saturating_add(steps));
    }
}

/// Runs `job` on each item with up to `threads` threads at once and returns the results in the items' order.
/// For start and stop, when no runtime need be there; the caller waits.
///
/// # Panics
/// Where `job` panics.
pub fn parallel<T: Send, R: Send>(threads: usize, items: Vec<T>, job: impl Fn(T) -> R + Sync) -> Vec<R> {
    let threads = threads.clamp(1, items.len().max(1));
    if threads == 1 {
        return items.into_iter().map(job).collect();
    }
    let todo = Mutex::new(items.into_iter().enumerate());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    // Taken in its own statement, so that the lock is not held while the job runs.
                    let next = todo.lock().next();
                    let Some((at, item)) = next else { break };
                    let result = job(item);
                    done.lock().push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// A bounded number of threads for calls that block on the disk.
///
/// At most `threads` jobs run and at most `queue_max` wait; a further one is refused, so that a slow disk
/// turns into errors that clients retry and never into unbounded memory.
#[derive(Clone, Debug)]
pub struct Pool {
    runtime: Handle,
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
    threads: usize,
    queue_max: usize,
}

/// Why a job has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolError {
    /// The queue is full; the job did not run.
    Busy,
    /// The job panicked or the runtime is shutting down.
    Lost,
}

impl std::fmt::Display for PoolError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            PoolError::Busy => "the disk pool's queue is full",
            PoolError::Lost => "a disk job was lost",
        })
    }
}

impl std::error::Error for PoolError {}

impl Pool {
    /// A pool whose threads belong to `runtime`.
    pub fn new(runtime: Handle, threads: usize, queue_max: usize) -> Self {
        let threads = threads.max(1);
        Self {
            runtime,
            running: Arc::new(Semaphore::new(threads)),
            admitted: Arc::new(Semaphore::new(threads + queue_max)),
            threads,
            queue_max,
        }
    }

    /// Jobs that wait for a thread.
    pub fn waiting(&self) -> usize {
        let admitted = (self.threads + self.queue_max).saturating_sub(self.admitted.available_permits());
        admitted.saturating_sub(self.threads.saturating_sub(self.running.available_permits()))
    }

    /// Threads that have nothing to do.
    pub fn idle_threads(&self) -> usize {
        self.running.available_permits()
    }

    /// Runs `job` on one of the pool's threads.
    pub async fn run<T, F>(&self, job: F) -> Result<T, PoolError>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let Ok(admission) = Arc::clone(&self.admitted).try_acquire_owned() else { return Err(PoolError::Busy) };
        let Ok(permit) = Arc::clone(&self.running).acquire_owned().await else { return Err(PoolError::Lost) };
        // The permits travel with the job: a caller that leaves does not free a thread that is still busy.
        let done = self.runtime.spawn_blocking(move || {
            let _held = (admission, permit);
            job()
        });
        done.await.map_err(|_| PoolError::Lost)
    }
}
