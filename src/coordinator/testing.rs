//! For tests: a coordinator's topic in memory, whose leadership, appends and high watermark a test commands.

use crate::{StateLog, StateLogError, StateRead};
use async_trait::async_trait;
use bytes::Bytes;
use esker_model::{LeaderEpoch, Offset};
use esker_record::{Batches, patch};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// One partition.
#[derive(Debug, Default)]
struct Partition {
    epoch: Option<LeaderEpoch>,
    batches: Vec<Bytes>,
    end: Offset,
    /// What the next append fails with.
    refuse: Option<StateLogError>,
}

/// A topic in memory.
#[derive(Debug)]
pub(crate) struct MemoryLog {
    partitions: Mutex<Vec<Partition>>,
    /// While true everything appended is committed at once.
    commits: watch::Sender<bool>,
    /// While true nothing can be read.
    unreadable: Mutex<bool>,
}

impl MemoryLog {
    /// A topic whose partitions this broker leads in epoch 0.
    pub fn new(partitions: usize) -> Arc<Self> {
        let led = || Partition { epoch: Some(0), ..Partition::default() };
        Arc::new(Self {
            partitions: Mutex::new((0..partitions).map(|_| led()).collect()),
            commits: watch::Sender::new(true),
            unreadable: Mutex::new(false),
        })
    }

    /// Moves a partition's leadership.
    pub fn lead(&self, partition: i32, epoch: Option<LeaderEpoch>) {
        self.partitions.lock()[partition as usize].epoch = epoch;
    }

    /// Lets the next append fail.
    pub fn fail_next(&self, partition: i32, error: StateLogError) {
        self.partitions.lock()[partition as usize].refuse = Some(error);
    }

    /// Lets the next append succeed after all.
    pub fn clear_failure(&self, partition: i32) {
        self.partitions.lock()[partition as usize].refuse = None;
    }

    /// Whether the replicas follow.
    pub fn set_commits(&self, commits: bool) {
        self.commits.send_replace(commits);
    }

    /// Whether reads fail.
    pub fn set_unreadable(&self, unreadable: bool) {
        *self.unreadable.lock() = unreadable;
    }

    /// All batches of a partition.
    pub fn batches(&self, partition: i32) -> Vec<Bytes> {
        self.partitions.lock()[partition as usize].batches.clone()
    }
}

#[async_trait]
impl StateLog for MemoryLog {
    fn partition_count(&self) -> Option<i32> {
        let count = self.partitions.lock().len();
        (count > 0).then_some(count as i32)
    }

    fn leadership(&self, partition: i32) -> Option<LeaderEpoch> {
        self.partitions.lock().get(partition as usize)?.epoch
    }

    fn append(&self, partition: i32, epoch: LeaderEpoch, batch: Bytes) -> Result<Offset, StateLogError> {
        let mut partitions = self.partitions.lock();
        let partition = &mut partitions[partition as usize];
        if partition.epoch != Some(epoch) {
            return Err(StateLogError::NotLeader);
        }
        if let Some(error) = partition.refuse.take() {
            return Err(error);
        }
        let mut bytes = batch.to_vec();
        patch::assign(&mut bytes, partition.end, epoch).map_err(|error| StateLogError::Storage(error.to_string()))?;
        let batch = Batches::new(&bytes).next().expect("one batch").expect("a whole batch");
        assert!(batch.crc_matches(), "what is appended must have its checksum");
        partition.end = batch.header.next_offset();
        partition.batches.push(Bytes::from(bytes));
        Ok(partition.end)
    }

    fn high_watermark(&self, partition: i32, epoch: LeaderEpoch) -> Result<Offset, StateLogError> {
        let partitions = self.partitions.lock();
        let partition = &partitions[partition as usize];
        if partition.epoch != Some(epoch) {
            return Err(StateLogError::NotLeader);
        }
        Ok(if *self.commits.borrow() { partition.end } else { 0 })
    }

    async fn committed(
        &self,
        partition: i32,
        epoch: LeaderEpoch,
        end: Offset,
        limit: Duration,
    ) -> Result<(), StateLogError> {
        let mut commits = self.commits.subscribe();
        let committed = esker_env::timeout(limit, commits.wait_for(|commits| *commits)).await;
        committed.ok_or(StateLogError::TimedOut)?.map_err(|_| StateLogError::NotLeader)?;
        if self.high_watermark(partition, epoch)? >= end { Ok(()) } else { Err(StateLogError::TimedOut) }
    }

    async fn read(&self, partition: i32, from: Offset) -> Result<StateRead, StateLogError> {
        /// Batches given at once.
        const BATCHES_MAX: usize = 3;
        if *self.unreadable.lock() {
            return Err(StateLogError::Storage("unreadable".to_owned()));
        }
        let partitions = self.partitions.lock();
        let partition = &partitions[partition as usize];
        let header = |bytes: &Bytes| Batches::new(bytes).next().expect("one batch").expect("a whole batch").header;
        let first = partition.batches.partition_point(|bytes| header(bytes).last_offset() < from);
        let batches: Vec<Bytes> = partition.batches[first..].iter().take(BATCHES_MAX).cloned().collect();
        let next = batches.last().map_or(partition.end, |last| header(last).next_offset());
        Ok(StateRead { batches, next, end: partition.end })
    }
}
