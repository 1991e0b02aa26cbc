//! Control records: what the broker itself writes into a log to end a transaction (KIP-98).
//!
//! ```text
//! key:   version i16 = 0 | type i16: 0 abort, 1 commit, others belong to Kafka's metadata log
//! value: version i16 = 0 | coordinator epoch i32
//! ```

use crate::attributes::Codec;
use crate::batch::BatchRef;
use crate::builder::{BatchBuilder, BuildError, NewRecord};
use crate::records::{RecordRef, Records, RecordsError};
use esker_model::{ProducerEpoch, ProducerId, TimestampMs};

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndMarker {
    /// Its records never become visible to read-committed consumers.
    Abort,
    /// Its records become visible.
    Commit,
}

/// What a control record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlRecord {
    /// A transaction ended.
    EndTransaction {
        /// How.
        marker: EndMarker,
        /// Epoch of the transaction coordinator that said so.
        coordinator_epoch: i32,
    },
    /// A type that has no meaning in a partition's log.
    Other(i16),
}

/// Why a control record cannot be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// The batch holds no record.
    #[error("the control batch is empty")]
    Empty,
    /// The batch's records are malformed.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// The key is null, too short or of a negative version.
    #[error("the control record has a malformed key")]
    Key,
    /// The value of an end marker is null, too short or of a negative version.
    #[error("the end marker has a malformed value")]
    Value,
}

const KEY_VERSION: i16 = 0;
const VALUE_VERSION: i16 = 0;
const ABORT: i16 = 0;
const COMMIT: i16 = 1;

impl ControlRecord {
    /// Reads the one record of a control batch. Kafka never compresses those.
    pub fn of_batch(batch: &BatchRef<'_>) -> Result<Self, ControlError> {
        let mut records = Records::new(batch.records(), batch.header.record_count);
        Self::parse(&records.next().ok_or(ControlError::Empty)??)
    }

    /// Reads a record of a control batch.
    pub fn parse(record: &RecordRef<'_>) -> Result<Self, ControlError> {
        let (version, rest) = split_version(record.key).ok_or(ControlError::Key)?;
        let (kind, _) = rest.split_first_chunk().ok_or(ControlError::Key)?;
        if version < KEY_VERSION {
            return Err(ControlError::Key);
        }
        let marker = match i16::from_be_bytes(*kind) {
            ABORT => EndMarker::Abort,
            COMMIT => EndMarker::Commit,
            other => return Ok(ControlRecord::Other(other)),
        };
        let (version, rest) = split_version(record.value).ok_or(ControlError::Value)?;
        let (epoch, _) = rest.split_first_chunk().ok_or(ControlError::Value)?;
        if version < VALUE_VERSION {
            return Err(ControlError::Value);
        }
        Ok(ControlRecord::EndTransaction { marker, coordinator_epoch: i32::from_be_bytes(*epoch) })
    }
}

fn split_version(bytes: Option<&[u8]>) -> Option<(i16, &[u8])> {
    let (version, rest) = bytes?.split_first_chunk()?;
    Some((i16::from_be_bytes(*version), rest))
}

/// The batch that ends a transaction of `producer_id`; base offset and leader epoch are assigned when it is appended.
pub fn end_marker_batch(
    producer_id: ProducerId,
    producer_epoch: ProducerEpoch,
    marker: EndMarker,
    coordinator_epoch: i32,
    now: TimestampMs,
) -> Result<Vec<u8>, BuildError> {
    let kind = match marker {
        EndMarker::Abort => ABORT,
        EndMarker::Commit => COMMIT,
    };
    let key = [KEY_VERSION.to_be_bytes(), kind.to_be_bytes()].concat();
    let value = [&VALUE_VERSION.to_be_bytes()[..], &coordinator_epoch.to_be_bytes()].concat();
    // Markers have no sequence.
    let mut batch = BatchBuilder::new(Codec::None).producer(producer_id, producer_epoch, -1).transactional().control();
    batch.append(&NewRecord { timestamp: now, key: Some(&key), value: Some(&value), headers: &[] })?;
    batch.build()
}
