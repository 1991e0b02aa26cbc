//! The log of a coordinator: the partitions of one internal topic, as this broker's replica manager has them.

use async_trait::async_trait;
use bytes::Bytes;
use esker_coordinator::{StateLog, StateLogError, StateRead};
use esker_env::Pool;
use esker_log::{Access, AppendError, PartitionLog, ProducerError, ReadError, ReadRequest, UpTo};
use esker_metadata::ImageWatch;
use esker_model::{LeaderEpoch, Offset};
use esker_record::{Batches, InspectError};
use esker_replication::{AckFault, Append, AppendFault, Partition, ReplicaManager};
use std::sync::Arc;
use std::time::Duration;

/// Bytes of log that one read returns at most, one batch apart.
const READ_MAX: usize = 1 << 20;

/// One internal topic.
#[derive(Clone, Debug)]
pub struct TopicLog {
    topic: Arc<str>,
    image: ImageWatch,
    replicas: Arc<ReplicaManager>,
    disk_pool: Pool,
}

impl TopicLog {
    /// The log of the topic named `topic`, which need not exist yet.
    pub fn new(topic: &str, image: ImageWatch, replicas: Arc<ReplicaManager>) -> Self {
        let disk_pool = replicas.disk_pool().clone();
        Self { topic: topic.into(), image, replicas, disk_pool }
    }

    fn partition(&self, number: i32) -> Result<Arc<Partition>, StateLogError> {
        let image = self.image.current();
        let topic = image.topic_named(&self.topic).ok_or(StateLogError::NotLeader)?;
        self.replicas.partition(topic.id, number).map_err(|_| StateLogError::NotLeader)
    }

    /// The partition, where this broker leads it in `epoch`.
    fn led(&self, number: i32, epoch: LeaderEpoch) -> Result<Arc<Partition>, StateLogError> {
        let partition = self.partition(number)?;
        match partition.term() {
            Ok(term) if term.epoch == epoch => Ok(partition),
            _ => Err(StateLogError::NotLeader),
        }
    }
}

#[async_trait]
impl StateLog for TopicLog {
    fn partition_count(&self) -> Option<i32> {
        self.image.current().topic_named(&self.topic).map(|topic| topic.partition_count())
    }

    fn leadership(&self, partition: i32) -> Option<LeaderEpoch> {
        self.partition(partition).ok()?.term().ok().map(|term| term.epoch)
    }

    fn append(&self, partition: i32, epoch: LeaderEpoch, batch: Bytes) -> Result<Offset, StateLogError> {
        let partition = self.led(partition, epoch)?;
        let appended = partition.append(&batch, &Append::coordinator(epoch)).map_err(append_error)?;
        Ok(appended.info.last_offset + 1)
    }

    fn high_watermark(&self, partition: i32, epoch: LeaderEpoch) -> Result<Offset, StateLogError> {
        Ok(self.led(partition, epoch)?.log().high_watermark())
    }

    async fn committed(
        &self,
        partition: i32,
        epoch: LeaderEpoch,
        end: Offset,
        limit: Duration,
    ) -> Result<(), StateLogError> {
        let ticket = self.led(partition, epoch)?.replicated_ticket(epoch, end);
        let decided = self.replicas.acknowledged(vec![ticket], limit).await;
        decided.into_iter().next().unwrap_or(Ok(())).map_err(ack_error)
    }

    async fn read(&self, partition: i32, from: Offset) -> Result<StateRead, StateLogError> {
        let log = Arc::clone(self.partition(partition)?.log());
        let read = self.disk_pool.run(move || read(&log, from)).await;
        read.map_err(|error| StateLogError::Storage(error.to_string()))?
    }
}

/// Reads a run of batches; waits for the disk.
fn read(log: &PartitionLog, from: Offset) -> Result<StateRead, StateLogError> {
    let storage = |error: &dyn ToString| StateLogError::Storage(error.to_string());
    let offset = from.max(log.log_start());
    let request =
        ReadRequest { offset, max_bytes: READ_MAX, up_to: UpTo::LogEnd, min_one_batch: true, access: Access::MayBlock };
    let found = log.read(&request).map_err(|error| match error {
        ReadError::OutOfRange(_) => StateLogError::Storage("the log ends before what was read of it".into()),
        error => storage(&error),
    })?;
    let end = found.bounds.log_end;
    let Some(slice) = found.slice else { return Ok(StateRead { batches: Vec::new(), next: end, end }) };
    // What was decided long ago is believed only if it is what was written.
    let bytes = slice.read_verified().map_err(|error| storage(&error))?;
    let last = Batches::new(&bytes).filter_map(Result::ok).last();
    let next = last.map_or(end, |batch| batch.header.next_offset());
    Ok(StateRead { batches: vec![bytes], next, end })
}

fn append_error(fault: AppendFault) -> StateLogError {
    match fault {
        AppendFault::Gone | AppendFault::Epoch(_) | AppendFault::NotLeader(_) | AppendFault::NotReady(_) => {
            StateLogError::NotLeader
        }
        AppendFault::NotEnoughReplicas(_) => StateLogError::NotEnoughReplicas,
        AppendFault::Log(error) => log_error(error),
    }
}

fn log_error(error: AppendError) -> StateLogError {
    match error {
        AppendError::LargerThanSegment { .. } | AppendError::Rejected(InspectError::TooLarge { .. }) => {
            StateLogError::TooLarge
        }
        AppendError::StaleEpoch { .. } => StateLogError::NotLeader,
        AppendError::Producer(ProducerError::InvalidEpoch { .. }) => StateLogError::ProducerFenced,
        AppendError::Producer(ProducerError::CoordinatorFenced { .. }) => StateLogError::CoordinatorFenced,
        AppendError::Producer(_) => StateLogError::TransactionState,
        error => StateLogError::Storage(error.to_string()),
    }
}

fn ack_error(fault: AckFault) -> StateLogError {
    match fault {
        AckFault::TimedOut => StateLogError::TimedOut,
        // It is in the log, and will be replicated further.
        AckFault::NotEnoughReplicas(_) => StateLogError::TimedOut,
        AckFault::NotLeader(_) | AckFault::Gone => StateLogError::NotLeader,
        AckFault::Storage(reason) => StateLogError::Storage(reason),
    }
}
