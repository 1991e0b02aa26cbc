//! openraft's state machine: gives offsets to records, hands them on, keeps the snapshots.

use crate::cursor::OffsetIndex;
use crate::log_store::LogShared;
use crate::quorum::{MachineError, StateMachine};
use crate::snapshot_file::{self, StoredSnapshot};
use crate::types::{
    Batch, Entry, LogId, Outcome, Outcomes, Payload, Snapshot, SnapshotData, SnapshotMeta, StorageError,
    StorageIoError, StoredMembership, TypeConfig,
};
use bytes::Bytes;
use esker_model::Offset;
use openraft::storage::RaftStateMachine;
use openraft::{AnyError, RaftSnapshotBuilder};
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;
use tokio::sync::{Notify, watch};

/// Batches above this size are applied on the disk thread, so that a network thread does not stand still for them.
const INLINE_BYTES_MAX: usize = 64 << 10;

/// Why this node cannot take part any more; the first reason counts.
#[derive(Clone, Debug)]
pub struct Failure(watch::Sender<Option<Arc<str>>>);

impl Default for Failure {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Failure {
    /// Notes a reason, unless there is one.
    pub fn set(&self, reason: &str) {
        self.0.send_if_modified(|known| {
            let first = known.is_none();
            if first {
                *known = Some(reason.into());
            }
            first
        });
    }

    /// The reason, if there is one.
    pub fn reason(&self) -> Option<Arc<str>> {
        self.0.borrow().clone()
    }

    /// Waits for a reason.
    pub async fn happened(&self) -> Arc<str> {
        let mut receiver = self.0.subscribe();
        match receiver.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            Err(_) => "the quorum is gone".into(),
        }
    }
}

/// How far the state machine is.
#[derive(Clone, Debug, Default)]
struct Applied {
    last: Option<LogId>,
    membership: StoredMembership,
    /// Offset of the next record.
    next_offset: Offset,
    /// Bytes applied since the last snapshot, an entry's fixed part estimated.
    bytes_since_snapshot: u64,
    /// Size of the last snapshot.
    snapshot_bytes: u64,
}

/// What the state machine shares with the node and its cursors.
pub struct MachineShared {
    pub log: Arc<LogShared>,
    pub machine: Arc<dyn StateMachine>,
    /// Which entries hold which offsets.
    pub offsets: Mutex<OffsetIndex>,
    /// The offset behind the last applied record.
    pub end: watch::Sender<Offset>,
    /// Told when a snapshot should be made.
    pub snapshot_due: Notify,
    /// A snapshot is due after this many bytes, or after as many as the last one had.
    pub snapshot_log_bytes: u64,
    applied: Mutex<Applied>,
}

impl MachineShared {
    /// A state machine that continues from `snapshot`.
    ///
    /// # Errors
    /// Where the state machine does not understand the snapshot.
    pub fn new(
        log: Arc<LogShared>,
        machine: Arc<dyn StateMachine>,
        snapshot_log_bytes: u64,
        snapshot: Option<&StoredSnapshot>,
    ) -> Result<Arc<Self>, MachineError> {
        let mut applied = Applied::default();
        if let Some(snapshot) = snapshot {
            machine.restore(&snapshot.data.state)?;
            machine.publish();
            applied = applied_from(snapshot);
        }
        let next = applied.next_offset;
        Ok(Arc::new(Self {
            log,
            machine,
            offsets: Mutex::new(OffsetIndex::starting_at(next)),
            end: watch::Sender::new(next),
            snapshot_due: Notify::new(),
            snapshot_log_bytes,
            applied: Mutex::new(applied),
        }))
    }

    /// The whole state and the offset behind it.
    pub fn capture(&self) -> (Offset, Box<dyn FnOnce() -> Vec<u8> + Send>) {
        let applied = self.applied.lock();
        (applied.next_offset, self.machine.capture())
    }

    fn apply(&self, entries: Vec<Entry>) -> Result<Vec<Outcomes>, (LogId, MachineError)> {
        let mut applied = self.applied.lock();
        let mut outcomes = Vec::with_capacity(entries.len());
        for entry in entries {
            let outcome = match entry.payload {
                Payload::Blank => Ok(Outcomes::default()),
                Payload::Membership(membership) => {
                    applied.membership = StoredMembership::new(Some(entry.log_id), membership);
                    Ok(Outcomes::default())
                }
                Payload::Normal(batch) => self.apply_batch(&mut applied, entry.log_id.index, &batch),
            };
            applied.last = Some(entry.log_id);
            applied.bytes_since_snapshot += 64;
            outcomes.push(outcome.map_err(|error| (entry.log_id, error))?);
        }
        self.machine.publish();
        self.end.send_replace(applied.next_offset);
        if applied.bytes_since_snapshot >= self.snapshot_log_bytes.max(applied.snapshot_bytes) {
            self.snapshot_due.notify_one();
        }
        Ok(outcomes)
    }

    fn apply_batch(&self, applied: &mut Applied, index: u64, batch: &Batch) -> Result<Outcomes, MachineError> {
        let before = applied.next_offset;
        let mut outcomes = Vec::with_capacity(batch.proposals.len());
        for proposal in &batch.proposals {
            let next = applied.next_offset;
            if !proposal.fits(next) {
                outcomes.push(Outcome::Refused(next));
                continue;
            }
            if !proposal.records.is_empty() {
                self.machine.apply(next, &proposal.records)?;
            }
            applied.bytes_since_snapshot += proposal.records.iter().map(|record| record.len() as u64).sum::<u64>();
            applied.next_offset = next.saturating_add(proposal.len());
            outcomes.push(Outcome::Accepted(next));
        }
        if applied.next_offset > before {
            let mut offsets = self.offsets.lock();
            offsets.push(before, index);
            offsets.forget_before(self.log.journal.start());
        }
        Ok(Outcomes(outcomes))
    }

    fn install(&self, snapshot: &StoredSnapshot) -> Result<(), MachineError> {
        let mut applied = self.applied.lock();
        self.machine.restore(&snapshot.data.state)?;
        *applied = applied_from(snapshot);
        *self.offsets.lock() = OffsetIndex::starting_at(applied.next_offset);
        self.machine.publish();
        self.end.send_replace(applied.next_offset);
        Ok(())
    }
}

fn applied_from(snapshot: &StoredSnapshot) -> Applied {
    Applied {
        last: Some(snapshot.last),
        membership: snapshot.membership.clone(),
        next_offset: snapshot.data.next_offset,
        bytes_since_snapshot: 0,
        snapshot_bytes: snapshot.data.state.len() as u64,
    }
}

fn payload_bytes(entry: &Entry) -> usize {
    match &entry.payload {
        Payload::Normal(batch) => batch.proposals.iter().flat_map(|one| &one.records).map(Bytes::len).sum(),
        _ => 0,
    }
}

/// openraft's handle on the state machine; a clone of it builds snapshots beside it.
#[derive(Clone)]
pub struct Machine(pub Arc<MachineShared>);

impl Machine {
    fn fatal(&self, text: &str, make: impl FnOnce(AnyError) -> StorageIoError) -> StorageError {
        self.0.log.failure.set(text);
        make(AnyError::error(text)).into()
    }

    /// The index in the name of the newest snapshot on disk.
    async fn newest(&self) -> io::Result<Option<u64>> {
        let names = self.0.log.on_disk(|log| log.disk.list(&log.dir)).await?;
        Ok(names.iter().filter_map(|entry| snapshot_file::index_of(&entry.name)).max())
    }

    /// Makes `snapshot` the one on disk, and only then removes the ones before it.
    async fn store(&self, snapshot: StoredSnapshot) -> io::Result<()> {
        let stored = self.0.log.on_disk(move |log| {
            snapshot_file::write(&*log.disk, &log.dir, &snapshot)?;
            for entry in log.disk.list(&log.dir)? {
                if snapshot_file::index_of(&entry.name).is_some_and(|index| index < snapshot.last.index) {
                    log.disk.remove_file(&log.dir.join(&entry.name))?;
                }
            }
            Ok(())
        });
        stored.await
    }
}

impl RaftSnapshotBuilder<TypeConfig> for Machine {
    async fn build_snapshot(&mut self) -> Result<Snapshot, StorageError> {
        let (applied, encode) = {
            let mut applied = self.0.applied.lock();
            applied.bytes_since_snapshot = 0;
            (applied.clone(), self.0.machine.capture())
        };
        let encoded = self.0.log.on_disk(move |_| Ok(Bytes::from(encode()))).await;
        let state =
            encoded.map_err(|error| self.fatal(&error.to_string(), |e| StorageIoError::write_snapshot(None, e)))?;
        self.0.applied.lock().snapshot_bytes = state.len() as u64;
        let data = SnapshotData { next_offset: applied.next_offset, state };
        let Some(last) = applied.last else {
            let meta =
                SnapshotMeta { last_log_id: None, last_membership: applied.membership, snapshot_id: "empty".into() };
            return Ok(Snapshot { meta, snapshot: Box::new(data) });
        };
        let snapshot = StoredSnapshot { last, membership: applied.membership, data };
        let written = self.store(snapshot.clone()).await;
        written.map_err(|error| self.fatal(&error.to_string(), |e| StorageIoError::write_snapshot(None, e)))?;
        Ok(Snapshot { meta: snapshot.meta(), snapshot: Box::new(snapshot.data) })
    }
}

impl RaftStateMachine<TypeConfig> for Machine {
    type SnapshotBuilder = Self;

    async fn applied_state(&mut self) -> Result<(Option<LogId>, StoredMembership), StorageError> {
        let applied = self.0.applied.lock();
        Ok((applied.last, applied.membership.clone()))
    }

    async fn apply<I>(&mut self, entries: I) -> Result<Vec<Outcomes>, StorageError>
    where
        I: IntoIterator<Item = Entry> + Send,
        I::IntoIter: Send,
    {
        let entries: Vec<Entry> = entries.into_iter().collect();
        let applied = if entries.iter().map(payload_bytes).sum::<usize>() <= INLINE_BYTES_MAX {
            self.0.apply(entries)
        } else {
            let shared = Arc::clone(&self.0);
            let done = self.0.log.on_disk(move |_| Ok(shared.apply(entries))).await;
            done.map_err(|error| self.fatal(&error.to_string(), StorageIoError::write_state_machine))?
        };
        applied.map_err(|(at, error)| self.fatal(&error.to_string(), |e| StorageIoError::apply(at, e)))
    }

    async fn get_snapshot_builder(&mut self) -> Self {
        self.clone()
    }

    async fn begin_receiving_snapshot(&mut self) -> Result<Box<SnapshotData>, StorageError> {
        Ok(Box::default())
    }

    async fn install_snapshot(&mut self, meta: &SnapshotMeta, snapshot: Box<SnapshotData>) -> Result<(), StorageError> {
        let Some(last) = meta.last_log_id else { return Ok(()) };
        let snapshot = StoredSnapshot { last, membership: meta.last_membership.clone(), data: *snapshot };
        let written = self.store(snapshot.clone()).await;
        written.map_err(|error| self.fatal(&error.to_string(), |e| StorageIoError::write_snapshot(None, e)))?;
        let installed = self.0.install(&snapshot);
        installed.map_err(|error| self.fatal(&error.to_string(), StorageIoError::write_state_machine))
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Snapshot>, StorageError> {
        let read = async {
            let Some(index) = self.newest().await? else { return Ok(None) };
            self.0
                .log
                .on_disk(move |log| {
                    snapshot_file::read(&*log.disk, &log.dir, index).map_err(io::Error::other).map(Some)
                })
                .await
        };
        let found: io::Result<Option<StoredSnapshot>> = read.await;
        let found =
            found.map_err(|error| self.fatal(&error.to_string(), |e| StorageIoError::read_snapshot(None, e)))?;
        Ok(found.map(|stored| Snapshot { meta: stored.meta(), snapshot: Box::new(stored.data) }))
    }
}
