//! What compaction leaves of a batch: fewer records, or none.
//!
//! Offsets, times, producer and codec stay as they were. The bytes of a record that stays are copied, not built again; only a delete
//! horizon (KIP-534) changes them: it takes the place of the base timestamp, which every record's timestamp counts from.

use crate::attributes::{Attributes, Codec, TimestampType};
use crate::builder::{BuildError, assemble, seal_batch};
use crate::header::{BatchHeader, HEADER_LEN};
use crate::record::{Body, RecordError, SliceBody, read_varlong};
use crate::records::{RecordRef, Records, RecordsError, take_body};
use crate::varint::{varlong_len, write_varint, write_varlong};
use esker_model::TimestampMs;
use std::ops::Range;

/// Which records of a batch stay.
#[derive(Clone, Debug)]
pub struct Selection<'a> {
    plain: &'a [u8],
    /// Runs of records that stay, ascending.
    runs: Vec<Range<usize>>,
    kept: i32,
    dropped: i32,
    has_tombstones: bool,
    /// Largest timestamp of those that stay; -1 where none does.
    max_timestamp: TimestampMs,
}

/// Asks `keep` about each record of a batch whose uncompressed records are `plain`.
pub fn select<'a>(
    header: &BatchHeader,
    plain: &'a [u8],
    mut keep: impl FnMut(&RecordRef<'a>) -> bool,
) -> Result<Selection<'a>, RecordsError> {
    let (runs, max_timestamp) = (Vec::new(), -1);
    let mut selection = Selection { plain, runs, kept: 0, dropped: 0, has_tombstones: false, max_timestamp };
    let mut records = Records::new(plain, header.record_count);
    let mut start = 0;
    while let Some(record) = records.next().transpose()? {
        let end = plain.len() - records.bytes_left();
        if keep(&record) {
            selection.add(start..end, &record, header.base_timestamp);
        } else {
            selection.dropped += 1;
        }
        start = end;
    }
    Ok(selection)
}

impl<'a> Selection<'a> {
    fn add(&mut self, bytes: Range<usize>, record: &RecordRef<'a>, base_timestamp: TimestampMs) {
        match self.runs.last_mut() {
            Some(last) if last.end == bytes.start => last.end = bytes.end,
            _ => self.runs.push(bytes),
        }
        self.kept += 1;
        self.has_tombstones |= record.value.is_none();
        self.max_timestamp = self.max_timestamp.max(base_timestamp.wrapping_add(record.timestamp_delta));
    }

    /// Number of records that stay.
    pub fn kept(&self) -> i32 {
        self.kept
    }

    /// Whether all do.
    pub fn is_whole(&self) -> bool {
        self.dropped == 0
    }

    /// Whether one of them has no value.
    pub fn has_tombstones(&self) -> bool {
        self.has_tombstones
    }

    /// The batch of `header` with the records that stay, in its codec. A `delete_horizon` is stamped on it in place of the base timestamp.
    pub fn write(&self, header: &BatchHeader, delete_horizon: Option<TimestampMs>) -> Result<Vec<u8>, BuildError> {
        let mut left = BatchHeader { record_count: self.kept, ..*header };
        if header.attributes.timestamp_type() == TimestampType::CreateTime {
            left.max_timestamp = self.max_timestamp;
        }
        let codec = header.attributes.codec().unwrap_or(Codec::None);
        // Without compression the records are written where they stay.
        let front = if codec == Codec::None { HEADER_LEN } else { 0 };
        let len: usize = self.runs.iter().map(Range::len).sum();
        let mut records = Vec::with_capacity(front + len);
        records.resize(front, 0);
        match delete_horizon {
            None => self.runs.iter().for_each(|run| records.extend_from_slice(&self.plain[run.clone()])),
            Some(horizon) => {
                left.attributes = left.attributes.with_delete_horizon(true);
                left.base_timestamp = horizon;
                self.write_moved(&mut records, header.base_timestamp.wrapping_sub(horizon))?;
            }
        }
        if codec == Codec::None { seal_batch(left, records) } else { assemble(left, codec, None, &records) }
    }

    /// Writes the records with timestamps that count from a base that lies `by` before the old one.
    fn write_moved(&self, out: &mut Vec<u8>, by: i64) -> Result<(), BuildError> {
        for run in &self.runs {
            let mut rest = SliceBody(&self.plain[run.clone()]);
            while rest.remaining() > 0 {
                // All of them were read when they were selected.
                move_record(out, &mut rest, by).map_err(|_| BuildError::TooLarge)?;
            }
        }
        Ok(())
    }
}

/// Copies one record with its timestamp delta changed.
fn move_record(out: &mut Vec<u8>, from: &mut SliceBody<'_>, by: i64) -> Result<(), RecordError> {
    let mut body = SliceBody(take_body(from)?);
    let attributes = body.byte()?;
    let delta = read_varlong(&mut body)?.wrapping_add(by);
    let len = 1 + varlong_len(delta) + body.remaining();
    write_varint(out, i32::try_from(len).map_err(|_| RecordError::Varint)?);
    out.push(attributes);
    write_varlong(out, delta);
    out.extend_from_slice(body.0);
    Ok(())
}

/// What stays of a batch of which only the offsets and the producer's sequence are still needed: a header without records.
pub fn empty_batch(header: &BatchHeader) -> Result<Vec<u8>, BuildError> {
    let attributes = Attributes::of(Codec::None)
        .with_timestamp_type(header.attributes.timestamp_type())
        .with_transactional(header.attributes.is_transactional())
        .with_control(header.attributes.is_control());
    seal_batch(BatchHeader { attributes, base_timestamp: -1, record_count: 0, ..*header }, vec![0; HEADER_LEN])
}
