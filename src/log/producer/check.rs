//! Whether a producer may append a batch now. Pure: what is known, what comes, what follows.

use super::entry::{BatchMark, NO_EPOCH, ProducerEntry};
use esker_model::{ProducerEpoch, ProducerId};
use esker_record::BatchHeader;

/// Why a producer may not append.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProducerError {
    /// A newer incarnation of the producer has written already.
    #[error("epoch of producer {producer_id} is {epoch}, which is smaller than the last seen epoch {current}")]
    InvalidEpoch {
        /// The producer.
        producer_id: ProducerId,
        /// The batch's epoch.
        epoch: ProducerEpoch,
        /// The newest epoch seen.
        current: ProducerEpoch,
    },
    /// Records are missing in between, or a new epoch does not begin at 0.
    #[error(
        "out of order sequence number for producer {producer_id} in epoch {epoch}: {sequence} (incoming), {last_sequence} (last seen, in epoch {current})"
    )]
    OutOfOrderSequence {
        /// The producer.
        producer_id: ProducerId,
        /// The batch's epoch.
        epoch: ProducerEpoch,
        /// The newest epoch seen.
        current: ProducerEpoch,
        /// First sequence of the batch.
        sequence: i32,
        /// Last sequence known; -1 for none.
        last_sequence: i32,
    },
    /// A batch outside of a transaction while one is open.
    #[error("producer {producer_id} has an open transaction and sent a batch that is not part of one")]
    NotInTransaction {
        /// The producer.
        producer_id: ProducerId,
    },
    /// A batch would begin a transaction that its coordinator does not know to be open.
    #[error("producer {producer_id} sent a batch that is not part of an ongoing transaction")]
    NotVerified {
        /// The producer.
        producer_id: ProducerId,
    },
    /// A marker of a coordinator that was replaced.
    #[error("producer {producer_id}: coordinator epoch {epoch} is smaller than the last known {current}")]
    CoordinatorFenced {
        /// The producer.
        producer_id: ProducerId,
        /// The marker's coordinator epoch.
        epoch: i32,
        /// The newest coordinator epoch seen.
        current: i32,
    },
}

/// What to do with a batch that is in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is new.
    Append,
    /// It was appended before.
    Duplicate(BatchMark),
}

/// Judges a client's batch against what is known of its producer.
pub(crate) fn check_batch(known: Option<&ProducerEntry>, header: &BatchHeader) -> Result<Verdict, ProducerError> {
    let Some(known) = known else { return Ok(Verdict::Append) };
    if let Some(mark) = known.duplicate_of(header) {
        return Ok(Verdict::Duplicate(mark));
    }
    check_epoch(known, header)?;
    let producer_id = header.producer_id;
    if !sequence_fits(known, header) {
        return Err(ProducerError::OutOfOrderSequence {
            producer_id,
            epoch: header.producer_epoch,
            current: known.epoch,
            sequence: header.base_sequence,
            last_sequence: known.last_sequence(),
        });
    }
    check_membership(known, header)?;
    Ok(Verdict::Append)
}

/// Judges what a coordinator writes for a producer, such as the offsets that belong to its transaction: those have no
/// sequences.
pub(crate) fn check_coordinator_batch(
    known: Option<&ProducerEntry>,
    header: &BatchHeader,
) -> Result<Verdict, ProducerError> {
    if let Some(known) = known {
        check_epoch(known, header)?;
        check_membership(known, header)?;
    }
    Ok(Verdict::Append)
}

/// Refuses whoever a newer incarnation has followed.
pub(crate) fn check_epoch(known: &ProducerEntry, header: &BatchHeader) -> Result<(), ProducerError> {
    let (producer_id, epoch, current) = (header.producer_id, header.producer_epoch, known.epoch);
    if epoch < current { Err(ProducerError::InvalidEpoch { producer_id, epoch, current }) } else { Ok(()) }
}

fn check_membership(known: &ProducerEntry, header: &BatchHeader) -> Result<(), ProducerError> {
    let plain_inside = known.txn_first_offset.is_some() && !header.attributes.is_transactional();
    if plain_inside { Err(ProducerError::NotInTransaction { producer_id: header.producer_id }) } else { Ok(()) }
}

fn sequence_fits(known: &ProducerEntry, header: &BatchHeader) -> bool {
    // Of a producer whose batches have all been deleted, or that has only been seen in a marker's bare epoch, any start is taken.
    if known.epoch == NO_EPOCH {
        return true;
    }
    if header.producer_epoch != known.epoch {
        return header.base_sequence == 0;
    }
    // Behind i32::MAX comes 0. Where no batch of this epoch is known the last sequence is -1, so that 0 comes next.
    let next = i64::from(known.last_sequence()) + 1;
    i64::from(header.base_sequence) == next & i64::from(i32::MAX)
}

/// By which rule a transaction marker's epoch is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkerRule {
    /// The epoch must not be older than the producer's.
    NotOlder,
    /// Each transaction has its own epoch (KIP-890): the marker's must be newer. An equal one is let pass where no transaction is open,
    /// as the repetition of a marker that is there already, or where the epochs are used up.
    Newer,
}

/// Judges a transaction marker against what is known of its producer.
pub(crate) fn check_marker(
    known: Option<&ProducerEntry>,
    header: &BatchHeader,
    coordinator_epoch: i32,
    rule: MarkerRule,
) -> Result<(), ProducerError> {
    let Some(known) = known else { return Ok(()) };
    let (producer_id, epoch, current) = (header.producer_id, header.producer_epoch, known.epoch);
    let repeated = known.txn_first_offset.is_none() || epoch == ProducerEpoch::MAX;
    let valid = match rule {
        MarkerRule::NotOlder => epoch >= current,
        MarkerRule::Newer => epoch > current || (epoch == current && repeated),
    };
    if !valid {
        return Err(ProducerError::InvalidEpoch { producer_id, epoch, current });
    }
    if coordinator_epoch < known.coordinator_epoch {
        let (epoch, current) = (coordinator_epoch, known.coordinator_epoch);
        return Err(ProducerError::CoordinatorFenced { producer_id, epoch, current });
    }
    Ok(())
}
