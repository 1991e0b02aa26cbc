//! Appending as a follower: the leader's batches as they are, offsets and epochs included.

use super::{AppendError, PartitionLog};
use crate::segment::PlacedBatch;
use esker_model::{LeaderEpoch, Offset, TimestampMs};
use esker_record::{BatchRef, Batches, ControlRecord, FrameError};
use std::io::IoSlice;

/// What became of a leader's batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollowerAppend {
    /// The log end now.
    pub log_end: Offset,
    /// Batches that were appended.
    pub batches: usize,
    /// Batches left out because they are of a later epoch than the fetch was made in.
    pub later_epoch: usize,
}

impl PartitionLog {
    /// Appends whole batches as the leader sent them. A batch cut off at the end is left for the next fetch.
    ///
    /// From the first batch on that is of a later epoch than `leader_epoch`, the one the fetch was made in, nothing is appended: those
    /// records may have been written by a leader whose log ours has not been compared with (KAFKA-18723).
    pub fn append_as_follower(
        &self,
        bytes: &[u8],
        leader_epoch: LeaderEpoch,
        now_ms: TimestampMs,
    ) -> Result<FollowerAppend, AppendError> {
        self.check()?;
        let (batches, later_epoch) = check_run(bytes, leader_epoch)?;
        let mut writer = self.writer.lock();
        self.check()?;
        let log_end = self.view.peek(|view| view.bounds.log_end);
        let (Some(first), Some(last)) = (batches.first(), batches.last()) else {
            return Ok(FollowerAppend { log_end, batches: 0, later_epoch });
        };
        if first.header.base_offset < log_end {
            return Err(AppendError::UnexpectedOffset { base_offset: first.header.base_offset, log_end });
        }
        let config = self.config.load_full();
        let run = &bytes[first.position..last.position + last.bytes.len()];
        let (size, max) = (run.len(), usize::try_from(config.segment_bytes).unwrap_or(0));
        // All of the run goes into one segment: a single batch may be larger than segment.bytes here (KAFKA-17375).
        // Nor may it reach further than a segment's offsets do.
        let too_far = last.header.last_offset() - first.header.base_offset > i64::from(i32::MAX);
        if (size > max || too_far) && batches.len() > 1 {
            drop(writer);
            return self.append_in_parts(bytes, &batches, leader_epoch, now_ms);
        }
        let incoming = (first.header.base_offset, &last.header);
        self.roll_if_needed(&mut writer, &config, incoming, size as u64, now_ms)?;
        let start = writer.active.end;
        let written = writer.active.write(self.disk(), &config, &[IoSlice::new(run)], size as u64);
        written.map_err(|error| self.append_failed(&writer, error))?;
        for batch in &batches {
            self.assign_epoch(&mut writer, batch.header.partition_leader_epoch, batch.header.base_offset);
            let position = start + (batch.position - first.position) as u64;
            let placed = PlacedBatch { position, size: batch.bytes.len() as u64, header: batch.header };
            let control = if batch.header.attributes.is_control() { ControlRecord::of_batch(batch).ok() } else { None };
            self.take_in(&mut writer, &config, &placed, control, now_ms)?;
        }
        self.finish_append(&mut writer, &last.header, now_ms);
        Ok(FollowerAppend { log_end: last.header.next_offset(), batches: batches.len(), later_epoch })
    }

    /// A run too long for one segment, batch by batch.
    fn append_in_parts(
        &self,
        bytes: &[u8],
        batches: &[BatchRef<'_>],
        leader_epoch: LeaderEpoch,
        now_ms: TimestampMs,
    ) -> Result<FollowerAppend, AppendError> {
        let mut done = FollowerAppend { log_end: self.log_end(), batches: 0, later_epoch: 0 };
        for batch in batches {
            let one = &bytes[batch.position..batch.position + batch.bytes.len()];
            let part = self.append_as_follower(one, leader_epoch, now_ms)?;
            done = FollowerAppend { batches: done.batches + part.batches, ..part };
        }
        Ok(done)
    }
}

/// The batches that may be appended and the number of those that may not: checksums fit, offsets grow.
fn check_run(bytes: &[u8], leader_epoch: LeaderEpoch) -> Result<(Vec<BatchRef<'_>>, usize), AppendError> {
    let (mut batches, mut later_epoch): (Vec<BatchRef<'_>>, usize) = (Vec::new(), 0);
    for batch in Batches::new(bytes) {
        let batch = match batch {
            Ok(batch) => batch,
            Err(FrameError::Truncated { .. }) => break,
            Err(error) => return Err(AppendError::Malformed(error.to_string())),
        };
        let header = &batch.header;
        if !batch.crc_matches() {
            return Err(AppendError::Malformed(format!("the batch at offset {} is corrupt", header.base_offset)));
        }
        let expected = batches.last().map_or(0, |last| last.header.next_offset());
        let sane =
            header.last_offset_delta >= 0 && header.base_offset >= expected && header.last_offset() < Offset::MAX;
        if !sane {
            let (base, delta) = (header.base_offset, header.last_offset_delta);
            return Err(AppendError::Malformed(format!("offsets go back or overflow at {base} + {delta}")));
        }
        if later_epoch > 0 || header.partition_leader_epoch > leader_epoch {
            later_epoch += 1;
            continue;
        }
        batches.push(batch);
    }
    Ok((batches, later_epoch))
}
