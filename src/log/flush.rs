//! Group commit: who waits for a sync, and the threads of a directory that sync for all of them.
//!
//! A log with waiters stands in its directory's queue at most once. A thread takes it out, syncs each of its dirty files once and tells
//! everyone who was waiting by then; whoever comes meanwhile is served by the next round. Several threads sync
//! several logs at once: a file system commits concurrent syncs together.

use crate::error::StorageError;
use crate::log::PartitionLog;
use esker_env::Thread;
use esker_model::Offset;
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use tokio::sync::oneshot;

/// Somebody who waits until everything below an offset is durable.
#[derive(Debug)]
pub(crate) struct Waiter {
    offset: Offset,
    tell: oneshot::Sender<Result<(), StorageError>>,
}

impl Waiter {
    pub(crate) fn new(offset: Offset) -> (Self, FlushTicket) {
        let (tell, told) = oneshot::channel();
        (Self { offset, tell }, FlushTicket(Ticket::Waiting(told)))
    }

    pub(crate) fn offset(&self) -> Offset {
        self.offset
    }

    pub(crate) fn tell(self, result: Result<(), StorageError>) {
        // Nobody waits any more where this fails.
        let _ = self.tell.send(result);
    }
}

/// The promise of a sync: a future that is done when the records are durable, or cannot become so.
#[derive(Debug)]
pub struct FlushTicket(Ticket);

#[derive(Debug)]
enum Ticket {
    Ready(Option<Result<(), StorageError>>),
    Waiting(oneshot::Receiver<Result<(), StorageError>>),
}

impl FlushTicket {
    pub(crate) fn ready(result: Result<(), StorageError>) -> Self {
        Self(Ticket::Ready(Some(result)))
    }

    /// The result, if it is there.
    pub fn poll_now(&mut self) -> Option<Result<(), StorageError>> {
        match &mut self.0 {
            Ticket::Ready(result) => result.take(),
            Ticket::Waiting(told) => match told.try_recv() {
                Ok(result) => Some(result),
                Err(oneshot::error::TryRecvError::Closed) => Some(Err(StorageError::Closed)),
                Err(oneshot::error::TryRecvError::Empty) => None,
            },
        }
    }

    /// Waits on the calling thread, which must not be a runtime's.
    pub fn wait(self) -> Result<(), StorageError> {
        match self.0 {
            Ticket::Ready(result) => result.unwrap_or(Err(StorageError::Closed)),
            Ticket::Waiting(told) => told.blocking_recv().unwrap_or(Err(StorageError::Closed)),
        }
    }
}

impl Future for FlushTicket {
    type Output = Result<(), StorageError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Ticket::Ready(result) => Poll::Ready(result.take().unwrap_or(Err(StorageError::Closed))),
            Ticket::Waiting(told) => Pin::new(told).poll(context).map(|told| told.unwrap_or(Err(StorageError::Closed))),
        }
    }
}

/// Logs of one directory that are to be synced, and the threads that do it.
#[derive(Debug, Default)]
pub(crate) struct FlushQueue {
    state: Mutex<QueueState>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct QueueState {
    logs: VecDeque<Weak<PartitionLog>>,
    threads: Vec<Thread>,
    stopping: bool,
}

impl FlushQueue {
    /// Starts the directory's threads. Without any, [`FlushQueue::run_pending`] does the work.
    pub(crate) fn start(self: &Arc<Self>, threads: usize, dir_number: usize) -> io::Result<()> {
        for number in 0..threads {
            let queue = Arc::clone(self);
            let thread = Thread::start(&format!("sync-{dir_number}-{number}"), move || queue.run())?;
            self.state.lock().threads.push(thread);
        }
        Ok(())
    }

    pub(crate) fn push(&self, log: Weak<PartitionLog>) {
        self.state.lock().logs.push_back(log);
        self.wake.notify_one();
    }

    fn run(&self) {
        loop {
            let log = {
                let mut state = self.state.lock();
                while state.logs.is_empty() && !state.stopping {
                    self.wake.wait(&mut state);
                }
                // What was asked for before the stop is still done.
                match state.logs.pop_front() {
                    Some(log) => log,
                    None => return,
                }
            };
            sync(&log);
        }
    }

    /// Syncs, on the calling thread, all logs that are queued now; how many.
    pub(crate) fn run_pending(&self) -> usize {
        let logs = std::mem::take(&mut self.state.lock().logs);
        let count = logs.len();
        logs.iter().for_each(sync);
        count
    }

    /// Lets the threads finish what is queued and waits for them.
    pub(crate) fn stop(&self) {
        let threads = {
            let mut state = self.state.lock();
            state.stopping = true;
            std::mem::take(&mut state.threads)
        };
        self.wake.notify_all();
        for thread in threads {
            thread.join();
        }
    }
}

/// Syncs a log that is still there: one that is gone has nobody who waits for it.
fn sync(log: &Weak<PartitionLog>) {
    if let Some(log) = log.upgrade() {
        log.sync_for_waiters();
    }
}
