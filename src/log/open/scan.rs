//! Going through a whole segment, batch by batch: what its indexes should hold, where it ends, and whether it is whole.

use crate::producer::ProducerState;
use crate::segment::{IndexCadence, OffsetEntry, PlacedBatch, TimeEntry, Walk, WalkError};
use crate::txn_index::AbortedTxn;
use esker_env::DiskFile;
use esker_model::{Offset, TimestampMs};
use esker_record::{BatchRef, ControlRecord};
use std::io;

/// A control batch is a few dozen bytes; a longer one is none that a coordinator wrote.
const CONTROL_BATCH_MAX: usize = 64 << 10;

/// What to expect of a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScanPlan {
    pub(crate) base_offset: Offset,
    /// Length of the file.
    pub(crate) len: u64,
    /// `index.interval.bytes`.
    pub(crate) index_interval: u64,
    /// From which offset on checksums are verified: below, the bytes are known to have reached the disk.
    pub(crate) verify_from: Offset,
    /// Where to stop: before the batch that holds this offset.
    pub(crate) end_offset: Offset,
}

/// What a segment was found to hold.
#[derive(Debug)]
pub(crate) struct Scanned {
    /// Bytes of whole sound batches at the start.
    pub(crate) size: u64,
    /// First offset behind them; the base where there are none.
    pub(crate) next_offset: Offset,
    pub(crate) cadence: IndexCadence,
    /// Timestamp of the first batch.
    pub(crate) first_timestamp: Option<TimestampMs>,
    /// Entries of the offset index.
    pub(crate) offsets: Vec<u8>,
    /// Entries of the time index.
    pub(crate) times: Vec<u8>,
    /// Whether a transaction was aborted in it, as far as the visitor says.
    pub(crate) aborts: bool,
    /// What is wrong with the bytes behind them, where the file goes on.
    pub(crate) bad: Option<String>,
}

impl Scanned {
    /// A flaw behind the batch `before`. A length that is wrong makes a flaw of what follows: so that batch is believed only if its checksum
    /// fits, durable or not.
    fn ended_by(mut self, reason: String, walk: &mut Walk<'_>, before: Option<PlacedBatch>) -> io::Result<Self> {
        self.bad = Some(reason);
        if let Some(before) = before
            && !walk.crc_matches(&before)?
        {
            let base = before.header.base_offset;
            (self.size, self.next_offset) = (before.position, base);
            self.bad = Some(format!("the checksum of the batch at offset {base} does not fit"));
        }
        Ok(self)
    }
}

/// Walks a segment from its start. `visit` sees every sound batch.
pub(crate) fn scan_segment(
    log: &dyn DiskFile,
    plan: &ScanPlan,
    mut visit: impl FnMut(&PlacedBatch, &mut Walk<'_>) -> io::Result<()>,
) -> io::Result<Scanned> {
    let mut found = Scanned {
        size: 0,
        next_offset: plan.base_offset,
        cadence: IndexCadence::new(plan.base_offset),
        first_timestamp: None,
        offsets: Vec::new(),
        times: Vec::new(),
        aborts: false,
        bad: None,
    };
    let mut walk = Walk::long(log, 0, plan.len);
    let mut before: Option<PlacedBatch> = None;
    loop {
        let batch = match walk.next() {
            Ok(Some(batch)) => batch,
            Ok(None) => return Ok(found),
            Err(WalkError::Io(error)) => return Err(error),
            Err(WalkError::Bad { reason, .. }) => return found.ended_by(reason, &mut walk, before),
        };
        if batch.header.last_offset() >= plan.end_offset {
            return Ok(found);
        }
        if let Some(reason) = flaw(&mut walk, &batch, plan, found.next_offset)? {
            return found.ended_by(reason, &mut walk, before);
        }
        before = Some(batch);
        visit(&batch, &mut walk)?;
        if batch.position == 0 {
            found.first_timestamp = Some(batch.header.max_timestamp).filter(|timestamp| *timestamp >= 0);
        }
        let (offset, time) = found.cadence.take(&batch, plan.index_interval);
        found.offsets.extend(offset.into_iter().flat_map(OffsetEntry::to_bytes));
        found.times.extend(time.into_iter().flat_map(TimeEntry::to_bytes));
        found.size = batch.end();
        found.next_offset = batch.header.next_offset();
    }
}

/// What is wrong with a batch whose frame is whole.
fn flaw(walk: &mut Walk<'_>, batch: &PlacedBatch, plan: &ScanPlan, expected: Offset) -> io::Result<Option<String>> {
    let base = batch.header.base_offset;
    if base < expected {
        return Ok(Some(format!("offset {base} where {expected} or more must come")));
    }
    if batch.header.last_offset() - plan.base_offset > i64::from(i32::MAX) {
        return Ok(Some(format!("offset {base} is too far from the segment's base")));
    }
    if batch.header.last_offset() >= plan.verify_from && !walk.crc_matches(batch)? {
        return Ok(Some(format!("the checksum of the batch at offset {base} does not fit")));
    }
    Ok(None)
}

/// Takes a batch that is found in the log into the producers' state; the transaction that it aborts.
pub(crate) fn replay_batch(
    producers: &mut ProducerState,
    batch: &PlacedBatch,
    walk: &Walk<'_>,
) -> io::Result<Option<AbortedTxn>> {
    let header = &batch.header;
    let mut aborted = None;
    if header.has_producer() && header.attributes.is_control() {
        let bytes = walk.read_batch(batch, CONTROL_BATCH_MAX)?.unwrap_or_default();
        let whole = BatchRef { header: *header, bytes: &bytes, position: 0 };
        let control = if bytes.is_empty() { None } else { ControlRecord::of_batch(&whole).ok() };
        if let Some(ControlRecord::EndTransaction { marker, coordinator_epoch }) = control
            && let Some(txn) = producers.take_marker(header, marker, coordinator_epoch)
            && txn.aborted
        {
            aborted = Some(AbortedTxn {
                producer_id: txn.producer_id,
                first_offset: txn.first_offset,
                last_offset: txn.last_offset,
                last_stable_offset: producers.last_stable_offset_after(&txn),
            });
        }
    } else if header.has_producer() {
        producers.take_batch(header);
    }
    producers.advance_end(header.next_offset());
    Ok(aborted)
}
