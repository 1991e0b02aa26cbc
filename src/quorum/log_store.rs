//! openraft's log storage over the journal and `quorum-state`.

use crate::disk_state::{self, QuorumState};
use crate::journal::Journal;
use crate::machine::Failure;
use crate::types::{Entry, LogId, StorageError, StorageIoError, TypeConfig, Vote};
use esker_env::{Disk, PathLock, Pool, PoolError};
use openraft::storage::{LogFlushed, RaftLogStorage};
use openraft::{AnyError, LogState, RaftLogReader};
use parking_lot::Mutex;
use std::fmt::Debug;
use std::io;
use std::ops::{Bound, Range, RangeBounds};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long the committed point may be known in memory only. It is a hint: what is behind it on disk is learned again.
const COMMITTED_DELAY: Duration = Duration::from_secs(1);

/// How many bytes of entries are read at once for a peer.
const READ_BYTES_MAX: u64 = 8 << 20;

/// What log store, its readers and the node share.
#[derive(Debug)]
pub struct LogShared {
    pub disk: Arc<dyn Disk>,
    pub dir: PathBuf,
    pub node: u64,
    pub journal: Journal,
    pub pool: Pool,
    pub failure: Failure,
    /// As on disk. Locked for the length of a write, on the pool's thread only.
    state: Mutex<QuorumState>,
    /// The newest committed entry, ahead of the one in `state`.
    committed: Mutex<Option<LogId>>,
    committed_is_waiting: AtomicBool,
    /// The entries of the last append: they are applied next and need not be read back.
    recent: Mutex<Vec<Entry>>,
    /// Given back when the node stops.
    lock: Mutex<Option<Box<dyn PathLock>>>,
}

impl LogShared {
    /// What `open` found, ready for openraft.
    pub fn new(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        node: u64,
        opened: (QuorumState, Journal, Box<dyn PathLock>),
        pool: Pool,
        failure: Failure,
    ) -> Arc<Self> {
        let (state, journal, lock) = opened;
        Arc::new(Self {
            disk,
            dir,
            node,
            journal,
            pool,
            failure,
            state: Mutex::new(state),
            committed: Mutex::new(state.committed),
            committed_is_waiting: AtomicBool::new(false),
            recent: Mutex::default(),
            lock: Mutex::new(Some(lock)),
        })
    }

    /// Runs `job` on the disk thread.
    pub async fn on_disk<T: Send + 'static>(
        self: &Arc<Self>,
        job: impl FnOnce(&LogShared) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let shared = Arc::clone(self);
        let done = self.pool.run(move || job(&shared)).await;
        done.unwrap_or_else(|error: PoolError| Err(io::Error::other(error)))
    }

    /// Changes `quorum-state`; durable when it returns.
    fn change_state(&self, change: impl FnOnce(&mut QuorumState)) -> io::Result<()> {
        let mut state = self.state.lock();
        let mut new = *state;
        change(&mut new);
        new.committed = new.committed.max(*self.committed.lock());
        if new != *state {
            disk_state::write(&*self.disk, &self.dir, self.node, &new)?;
            *state = new;
        }
        Ok(())
    }

    /// Writes what is in memory only, and lets other processes in.
    pub async fn close(self: &Arc<Self>) -> io::Result<()> {
        let written = self.on_disk(|shared| shared.change_state(|_| {})).await;
        self.lock.lock().take();
        written
    }

    /// Entries of `range`, from memory where the last append holds them all.
    pub async fn read(self: &Arc<Self>, range: Range<u64>) -> io::Result<Vec<Entry>> {
        if let Some(entries) = self.read_recent(&range) {
            return Ok(entries);
        }
        self.on_disk(move |shared| shared.journal.read(range)).await
    }

    fn read_recent(&self, range: &Range<u64>) -> Option<Vec<Entry>> {
        let recent = self.recent.lock();
        let (first, last) = (recent.first()?.log_id.index, recent.last()?.log_id.index);
        let within = range.start < range.end && first <= range.start && range.end <= last + 1;
        let at = |index: u64| usize::try_from(index - first).unwrap_or(usize::MAX);
        within.then(|| recent.get(at(range.start)..at(range.end)).map(<[Entry]>::to_vec))?
    }
}

/// openraft's view of the log; clones are readers of the same.
#[derive(Clone, Debug)]
pub struct LogStore(pub Arc<LogShared>);

impl LogStore {
    /// Notes an error that stops the node.
    fn fatal(&self, error: &io::Error, make: impl FnOnce(AnyError) -> StorageIoError) -> StorageError {
        self.0.failure.set(&error.to_string());
        make(AnyError::new(error)).into()
    }
}

fn span(range: &impl RangeBounds<u64>) -> Range<u64> {
    let start = match range.start_bound() {
        Bound::Included(&at) => at,
        Bound::Excluded(&at) => at.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(&at) => at.saturating_add(1),
        Bound::Excluded(&at) => at,
        Bound::Unbounded => u64::MAX,
    };
    start..end
}

impl RaftLogReader<TypeConfig> for LogStore {
    async fn try_get_log_entries<RB: RangeBounds<u64> + Clone + Debug + Send>(
        &mut self,
        range: RB,
    ) -> Result<Vec<Entry>, StorageError> {
        self.0.read(span(&range)).await.map_err(|error| self.fatal(&error, StorageIoError::read_logs))
    }

    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> Result<Vec<Entry>, StorageError> {
        let range = self.0.journal.fitting(start..end, READ_BYTES_MAX);
        self.try_get_log_entries(range).await
    }
}

impl RaftLogStorage<TypeConfig> for LogStore {
    type LogReader = Self;

    async fn get_log_state(&mut self) -> Result<LogState<TypeConfig>, StorageError> {
        let last_purged_log_id = self.0.state.lock().purged;
        Ok(LogState { last_purged_log_id, last_log_id: self.0.journal.last() })
    }

    async fn get_log_reader(&mut self) -> Self {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> Result<(), StorageError> {
        let vote = *vote;
        let written = self.0.on_disk(move |shared| shared.change_state(|state| state.vote = Some(vote))).await;
        written.map_err(|error| self.fatal(&error, StorageIoError::write_vote))
    }

    async fn read_vote(&mut self) -> Result<Option<Vote>, StorageError> {
        Ok(self.0.state.lock().vote)
    }

    async fn save_committed(&mut self, committed: Option<LogId>) -> Result<(), StorageError> {
        *self.0.committed.lock() = committed;
        if !self.0.committed_is_waiting.swap(true, Ordering::AcqRel) {
            let shared = Arc::downgrade(&self.0);
            esker_env::spawn(async move {
                esker_env::sleep(COMMITTED_DELAY).await;
                let Some(shared) = shared.upgrade() else { return };
                shared.committed_is_waiting.store(false, Ordering::Release);
                if let Err(error) = shared.on_disk(|shared| shared.change_state(|_| {})).await {
                    tracing::warn!(%error, "the committed point of the metadata log was not written");
                }
            });
        }
        Ok(())
    }

    async fn read_committed(&mut self) -> Result<Option<LogId>, StorageError> {
        Ok(*self.0.committed.lock())
    }

    async fn append<I>(&mut self, entries: I, callback: LogFlushed<TypeConfig>) -> Result<(), StorageError>
    where
        I: IntoIterator<Item = Entry> + Send,
        I::IntoIter: Send,
    {
        let entries: Vec<Entry> = entries.into_iter().collect();
        let appended = self.0.on_disk(move |shared| {
            shared.journal.append(&entries)?;
            *shared.recent.lock() = entries;
            Ok(())
        });
        match appended.await {
            Ok(()) => {
                callback.log_io_completed(Ok(()));
                Ok(())
            }
            Err(error) => Err(self.fatal(&error, StorageIoError::write_logs)),
        }
    }

    async fn truncate(&mut self, log_id: LogId) -> Result<(), StorageError> {
        let cut = self.0.on_disk(move |shared| {
            shared.recent.lock().clear();
            let purged = shared.state.lock().purged;
            let before = match log_id.index.checked_sub(1) {
                Some(index) if purged.is_none_or(|purged| purged.index < index) => {
                    shared.journal.read(index..index + 1)?.first().map(|entry| entry.log_id)
                }
                _ => purged,
            };
            shared.journal.truncate(log_id.index, before)
        });
        cut.await.map_err(|error| self.fatal(&error, StorageIoError::write_logs))
    }

    async fn purge(&mut self, log_id: LogId) -> Result<(), StorageError> {
        let purged = self.0.on_disk(move |shared| {
            shared.recent.lock().clear();
            shared.change_state(|state| state.purged = state.purged.max(Some(log_id)))?;
            shared.journal.purge(log_id);
            Ok(())
        });
        purged.await.map_err(|error| self.fatal(&error, StorageIoError::write_logs))
    }
}
