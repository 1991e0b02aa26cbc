//! One producer as the log knows it.

use esker_model::{Offset, ProducerEpoch, ProducerId, TimestampMs};
use esker_record::BatchHeader;

/// How many of a producer's last batches are remembered: as many as a client may have in flight.
pub const BATCHES_KEPT: usize = 5;

/// The epoch of a producer of which no batch is known.
pub(crate) const NO_EPOCH: ProducerEpoch = -1;
/// The sequence where none is known.
pub(crate) const NO_SEQUENCE: i32 = -1;

/// A batch that was appended, as far as it takes to answer its repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct BatchMark {
    /// Sequence of its last record.
    pub last_sequence: i32,
    /// Offset of its last record.
    pub last_offset: Offset,
    /// Its records' number less one.
    pub offset_delta: i32,
    /// Its largest timestamp.
    pub timestamp: TimestampMs,
}

impl BatchMark {
    /// The mark of a batch whose offsets are assigned.
    pub(crate) fn of(header: &BatchHeader) -> Self {
        Self {
            last_sequence: header.last_sequence(),
            last_offset: header.last_offset(),
            offset_delta: header.last_offset_delta,
            timestamp: header.max_timestamp,
        }
    }

    /// Offset of the first record.
    pub fn base_offset(&self) -> Offset {
        self.last_offset.saturating_sub(i64::from(self.offset_delta))
    }

    /// Sequence of the first record; sequences wrap from `i32::MAX` to 0.
    pub fn base_sequence(&self) -> i32 {
        ((i64::from(self.last_sequence) - i64::from(self.offset_delta)) & i64::from(i32::MAX)) as i32
    }
}

/// One producer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerEntry {
    /// Its id.
    pub producer_id: ProducerId,
    /// The newest epoch seen.
    pub epoch: ProducerEpoch,
    /// Epoch of the coordinator that ended its last transaction; -1 for none.
    pub coordinator_epoch: i32,
    /// Timestamp of what it wrote last, for expiry.
    pub last_timestamp: TimestampMs,
    /// Where its open transaction begins.
    pub txn_first_offset: Option<Offset>,
    /// Its last batches in this epoch, oldest first; the unused rest is zero.
    batches: [BatchMark; BATCHES_KEPT],
    /// How many of them are in use.
    batches_len: u8,
}

impl ProducerEntry {
    /// A producer of which nothing is known yet.
    pub(crate) fn new(producer_id: ProducerId) -> Self {
        Self {
            producer_id,
            epoch: NO_EPOCH,
            coordinator_epoch: -1,
            last_timestamp: -1,
            txn_first_offset: None,
            batches: [BatchMark::default(); BATCHES_KEPT],
            batches_len: 0,
        }
    }

    /// Its remembered batches, oldest first.
    pub fn batches(&self) -> &[BatchMark] {
        &self.batches[..usize::from(self.batches_len)]
    }

    /// Its newest batch.
    pub fn last_batch(&self) -> Option<&BatchMark> {
        self.batches().last()
    }

    /// Sequence of its last record in this epoch; -1 where none is known.
    pub(crate) fn last_sequence(&self) -> i32 {
        self.last_batch().map_or(NO_SEQUENCE, |batch| batch.last_sequence)
    }

    /// Offset of what it wrote last; -1 where only markers are known.
    pub(crate) fn last_offset(&self) -> Offset {
        self.last_batch().map_or(-1, |batch| batch.last_offset)
    }

    /// Whether a transaction of this epoch is open.
    pub(crate) fn has_open_txn(&self, epoch: ProducerEpoch) -> bool {
        self.txn_first_offset.is_some() && self.epoch == epoch
    }

    /// The remembered batch that `header` repeats.
    pub(crate) fn duplicate_of(&self, header: &BatchHeader) -> Option<BatchMark> {
        let repeats = |mark: &&BatchMark| {
            mark.base_sequence() == header.base_sequence && mark.last_sequence == header.last_sequence()
        };
        (header.producer_epoch == self.epoch).then(|| self.batches().iter().find(repeats).copied())?
    }

    /// Moves to `epoch`; batches of another epoch are forgotten.
    pub(crate) fn enter_epoch(&mut self, epoch: ProducerEpoch) {
        if self.epoch != epoch {
            self.batches_len = 0;
            self.epoch = epoch;
        }
    }

    /// Remembers a batch, forgetting the oldest where five are known.
    pub(crate) fn remember(&mut self, mark: BatchMark) {
        if usize::from(self.batches_len) == BATCHES_KEPT {
            self.batches.rotate_left(1);
            self.batches_len -= 1;
        }
        self.batches[usize::from(self.batches_len)] = mark;
        self.batches_len += 1;
        self.last_timestamp = mark.timestamp;
    }
}
