//! What stays of each batch. Pure.
//!
//! | batch | stays |
//! |---|---|
//! | of an aborted transaction | nothing |
//! | a marker of whose transaction nothing was seen | until its delete horizon |
//! | any other marker | whole |
//! | records without a key | nothing |
//! | a record with a newer one of its key | no |
//! | a tombstone | until its batch's delete horizon |
//!
//! A horizon (KIP-534) is stamped on a batch when compaction first meets a tombstone, or a marker it could drop, in it. The last batch of each
//! active producer and the last one of the round stay at least as headers: sequences and the end of the log are not forgotten.

use super::offset_map::OffsetMap;
use super::transactions::Transactions;
use crate::producer::ProducerEntry;
use esker_model::{Offset, ProducerEpoch, ProducerId, TimestampMs};
use esker_record::{
    BatchHeader, BatchRef, BuildError, ControlError, ControlRecord, RecompressError, RecordRef, RecordsError,
    empty_batch, select,
};
use std::collections::HashMap;

/// What the records of one batch may decompress to: as much as an append accepts.
pub(crate) const DECOMPRESSED_MAX: usize = 128 << 20;

/// The last trace of a producer in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LastTrace {
    /// Offset of its last record, where one is known.
    offset: Option<Offset>,
    epoch: ProducerEpoch,
}

/// The last traces of all producers that a log remembers.
pub(crate) type LastTraces = HashMap<ProducerId, LastTrace>;

pub(crate) fn last_traces(producers: &[ProducerEntry]) -> LastTraces {
    let trace = |entry: &ProducerEntry| LastTrace {
        offset: entry.last_batch().map(|last| last.last_offset),
        epoch: entry.epoch,
    };
    producers.iter().map(|entry| (entry.producer_id, trace(entry))).collect()
}

/// Why a batch cannot be taken apart.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilterError {
    #[error(transparent)]
    Codec(#[from] RecompressError),
    #[error(transparent)]
    Records(#[from] RecordsError),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// What stays of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Remains {
    Nothing,
    /// The batch as it is, with so many records.
    Whole(i32),
    /// Another one in its place, with so many records.
    Written(Vec<u8>, i32),
}

/// The rules of one round of compaction.
#[derive(Debug)]
pub(crate) struct Filter<'a> {
    pub(crate) map: &'a OffsetMap,
    pub(crate) transactions: Transactions,
    pub(crate) producers: LastTraces,
    /// First offset behind the round's range, whose last batch stays.
    pub(crate) round_end: Offset,
    pub(crate) now_ms: TimestampMs,
    /// `delete.retention.ms`.
    pub(crate) delete_retention_ms: i64,
    /// Records without a key that were met.
    pub(crate) keyless: u64,
}

/// What is to become of a batch as a whole.
struct Verdict {
    /// None of its records stay.
    discards: bool,
    /// A header stays in any case.
    keeps_header: bool,
    /// It is a marker that may go once its horizon has passed.
    is_spent_marker: bool,
}

impl Filter<'_> {
    /// Takes the next batch of the log in; what stays of it.
    pub(crate) fn apply(&mut self, batch: &BatchRef<'_>) -> Result<Remains, FilterError> {
        let header = &batch.header;
        let verdict = self.judge(batch)?;
        if verdict.discards {
            return remains_of_discarded(header, verdict.keeps_header);
        }
        let plain = batch.decompressed(DECOMPRESSED_MAX)?;
        let is_control = header.attributes.is_control();
        let (map, now_ms) = (self.map, self.now_ms);
        let mut keyless = 0;
        let selection =
            select(header, &plain, |record| is_control || retains(map, header, record, now_ms, &mut keyless))?;
        self.keyless += keyless;
        if selection.kept() == 0 {
            return remains_of_discarded(header, verdict.keeps_header);
        }
        let due = selection.has_tombstones() || verdict.is_spent_marker;
        let horizon = header.delete_horizon();
        let stamped = if due { horizon.or(Some(now_ms.saturating_add(self.delete_retention_ms))) } else { horizon };
        if selection.is_whole() && stamped == horizon {
            return Ok(Remains::Whole(selection.kept()));
        }
        Ok(Remains::Written(selection.write(header, stamped)?, selection.kept()))
    }

    fn judge(&mut self, batch: &BatchRef<'_>) -> Result<Verdict, FilterError> {
        let header = &batch.header;
        let is_control = header.attributes.is_control();
        let discardable = if is_control {
            self.transactions.pass_marker(header, marker_of(batch)?)
        } else {
            self.transactions.pass_batch(header)
        };
        let horizon_passed = header.delete_horizon().is_some_and(|horizon| horizon <= self.now_ms);
        Ok(Verdict {
            discards: discardable && (!is_control || horizon_passed),
            keeps_header: self.is_last_of_producer(header) || header.next_offset() == self.round_end,
            is_spent_marker: discardable && is_control,
        })
    }

    fn is_last_of_producer(&self, header: &BatchHeader) -> bool {
        let trace = if header.has_producer() { self.producers.get(&header.producer_id) } else { None };
        trace.is_some_and(|last| match last.offset {
            Some(offset) => header.last_offset() == offset,
            // Only markers are left of it, and the newest has the epoch that fences.
            None => header.attributes.is_control() && header.producer_epoch == last.epoch,
        })
    }
}

fn remains_of_discarded(header: &BatchHeader, keeps_header: bool) -> Result<Remains, FilterError> {
    if !keeps_header {
        return Ok(Remains::Nothing);
    }
    // One that is empty already is as it should be.
    if header.record_count == 0 { Ok(Remains::Whole(0)) } else { Ok(Remains::Written(empty_batch(header)?, 0)) }
}

/// What a control batch says; `None` where compaction has left only its header.
pub(crate) fn marker_of(batch: &BatchRef<'_>) -> Result<Option<ControlRecord>, ControlError> {
    match ControlRecord::of_batch(batch) {
        Ok(control) => Ok(Some(control)),
        Err(ControlError::Empty) => Ok(None),
        Err(error) => Err(error),
    }
}

fn retains(
    map: &OffsetMap,
    header: &BatchHeader,
    record: &RecordRef<'_>,
    now_ms: TimestampMs,
    keyless: &mut u64,
) -> bool {
    let offset = header.base_offset.saturating_add(i64::from(record.offset_delta));
    if offset > map.latest() {
        return true;
    }
    let Some(key) = record.key else {
        *keyless += 1;
        return false;
    };
    let is_newest = map.get(key).is_none_or(|newest| offset >= newest);
    is_newest && (record.value.is_some() || header.delete_horizon().is_none_or(|horizon| now_ms < horizon))
}
