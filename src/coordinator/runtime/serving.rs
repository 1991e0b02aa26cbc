//! A shard while it is served: its machine and the end of its log.

use crate::{StateLog, StateLogError};
use bytes::Bytes;
use esker_model::{LeaderEpoch, Offset};
use std::sync::Arc;

/// A shard that is served, as one call at a time has it for itself.
#[derive(Debug)]
pub struct Serving<M> {
    /// The state.
    pub machine: M,
    log: Arc<dyn StateLog>,
    partition: i32,
    epoch: LeaderEpoch,
    /// Offset behind the last batch that is in `machine`. Only grows.
    end: Offset,
    lost: bool,
}

impl<M> Serving<M> {
    pub(crate) fn new(machine: M, log: Arc<dyn StateLog>, partition: i32, epoch: LeaderEpoch, end: Offset) -> Self {
        Self { machine, log, partition, epoch, end, lost: false }
    }

    /// The partition.
    pub fn partition(&self) -> i32 {
        self.partition
    }

    /// The epoch in which this broker leads it.
    pub fn epoch(&self) -> LeaderEpoch {
        self.epoch
    }

    /// Offset behind the last batch that was appended or loaded.
    pub fn end(&self) -> Offset {
        self.end
    }

    /// Appends one batch. The caller applies it to the machine if, and only if, this succeeds.
    ///
    /// # Errors
    /// After a failure that leaves the log in doubt the shard is given up when the call that has it returns, and loaded
    /// again where this broker still leads.
    pub fn append(&mut self, batch: Bytes) -> Result<Offset, StateLogError> {
        if self.lost {
            return Err(StateLogError::NotLeader);
        }
        match self.log.append(self.partition, self.epoch, batch) {
            Ok(end) => {
                assert!(end > self.end, "a log must grow with every append: {end} after {}", self.end);
                self.end = end;
                Ok(end)
            }
            Err(error) => {
                self.lost |= !error.is_refusal();
                Err(error)
            }
        }
    }

    /// Whether everything that the machine holds survives a change of leader, so that an answer made of it may go out.
    pub fn is_committed(&self) -> bool {
        self.log.high_watermark(self.partition, self.epoch).is_ok_and(|committed| committed >= self.end)
    }

    /// Gives the shard up when the call that has it returns, to be loaded again: the machine does not fit its log.
    pub fn give_up(&mut self) {
        self.lost = true;
    }

    /// Whether an append left the log in doubt.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }
}
