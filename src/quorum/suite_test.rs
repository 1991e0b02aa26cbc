//! openraft's own conformance suite against our log store and state machine.

use crate::log_store::{LogShared, LogStore};
use crate::machine::{Failure, Machine, MachineShared};
use crate::open;
use crate::testing::Ledger;
use crate::types::{Entry, LogId, Payload, StorageError, TypeConfig, Vote, log_id};
use esker_env::Pool;
use esker_env::sim::World;
use openraft::storage::{LogFlushed, RaftLogStorage};
use openraft::testing::{StoreBuilder, Suite};
use openraft::{LogState, RaftLogReader};
use std::fmt::Debug;
use std::ops::RangeBounds;
use std::path::Path;
use std::sync::Arc;

/// The store as it is, but for logs that begin at an entry other than 0, have gaps, are written over or below the purge point: the suite makes
/// such, a quorum never does.
struct Lenient(LogStore);

impl RaftLogReader<TypeConfig> for Lenient {
    async fn try_get_log_entries<R: RangeBounds<u64> + Clone + Debug + Send>(
        &mut self,
        range: R,
    ) -> Result<Vec<Entry>, StorageError> {
        self.0.try_get_log_entries(range).await
    }

    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> Result<Vec<Entry>, StorageError> {
        self.0.limited_get_log_entries(start, end).await
    }
}

impl RaftLogStorage<TypeConfig> for Lenient {
    type LogReader = LogStore;

    async fn append<I>(&mut self, entries: I, callback: LogFlushed<TypeConfig>) -> Result<(), StorageError>
    where
        I: IntoIterator<Item = Entry> + Send,
        I::IntoIter: Send,
    {
        let purged = self.0.get_log_state().await?.last_purged_log_id.map(|purged| purged.index);
        let mut entries: Vec<Entry> = entries.into_iter().filter(|entry| Some(entry.log_id.index) > purged).collect();
        if let Some(first) = entries.first().map(|first| first.log_id) {
            self.0.0.journal.begin_at(first.index);
            let next = self.0.0.journal.last().map_or(first.index, |last| last.index + 1);
            if next > first.index {
                self.0.truncate(first).await?;
            }
            let filler =
                (next..first.index).map(|index| Entry { log_id: log_id(1, 0, index), payload: Payload::Blank });
            entries = filler.chain(entries).collect();
        }
        self.0.append(entries, callback).await
    }

    async fn get_log_state(&mut self) -> Result<LogState<TypeConfig>, StorageError> {
        self.0.get_log_state().await
    }

    async fn get_log_reader(&mut self) -> LogStore {
        self.0.get_log_reader().await
    }

    async fn save_vote(&mut self, vote: &Vote) -> Result<(), StorageError> {
        self.0.save_vote(vote).await
    }

    async fn read_vote(&mut self) -> Result<Option<Vote>, StorageError> {
        self.0.read_vote().await
    }

    async fn save_committed(&mut self, committed: Option<LogId>) -> Result<(), StorageError> {
        self.0.save_committed(committed).await
    }

    async fn read_committed(&mut self) -> Result<Option<LogId>, StorageError> {
        self.0.read_committed().await
    }

    async fn truncate(&mut self, log_id: LogId) -> Result<(), StorageError> {
        self.0.truncate(log_id).await
    }

    async fn purge(&mut self, log_id: LogId) -> Result<(), StorageError> {
        self.0.purge(log_id).await
    }
}

struct Builder;

impl StoreBuilder<TypeConfig, Lenient, Machine> for Builder {
    async fn build(&self) -> Result<((), Lenient, Machine), StorageError> {
        let (env, dir) = (World::new(1).env(), Path::new("/metadata"));
        // Files so small that the suite's logs fill several.
        let opened = open::open(&env.disk, dir, 0, 100).unwrap();
        let pool = Pool::new(tokio::runtime::Handle::current(), 1, 64);
        let parts = (opened.state, opened.journal, opened.lock);
        let log = LogShared::new(env.disk, dir.to_owned(), 0, parts, pool, Failure::default());
        let machine = MachineShared::new(Arc::clone(&log), Arc::new(Ledger::default()), u64::MAX, None).unwrap();
        Ok(((), Lenient(LogStore(log)), Machine(machine)))
    }
}

#[test]
fn the_store_passes_openrafts_suite() {
    Suite::test_all(Builder).unwrap();
}
