//! Batches from records of our own: for markers, compaction, tools and tests. What clients send is never rebuilt.

use crate::attributes::{Attributes, Codec, TimestampType};
use crate::codec::{CodecError, compress};
use crate::header::{BatchHeader, HEADER_LEN, LOG_OVERHEAD, MAGIC_V2, patch};
use crate::varint::{varint_len, varlong_len, write_varint, write_varlong};
use esker_model::{LeaderEpoch, NO_LEADER_EPOCH, NO_PRODUCER_ID, Offset, ProducerEpoch, ProducerId, TimestampMs};

/// One record to be written.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewRecord<'a> {
    /// Its time.
    pub timestamp: TimestampMs,
    /// Its key; `None` is null.
    pub key: Option<&'a [u8]>,
    /// Its value; `None` is null, a tombstone in a compacted topic.
    pub value: Option<&'a [u8]>,
    /// Its headers.
    pub headers: &'a [NewHeader<'a>],
}

/// One header to be written: key and value.
pub type NewHeader<'a> = (&'a str, Option<&'a [u8]>);

/// Why records do not make a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// Lengths are 32 bits, signed.
    #[error("a batch cannot hold 2 GiB")]
    TooLarge,
    /// Offsets grow from record to record, and deltas have 32 bits.
    #[error("offset delta {0} does not follow the last one")]
    OffsetDelta(i32),
    /// The time lies further from the batch's first than 64 bits can say.
    #[error("timestamp {0} is too far from the first one")]
    Timestamp(TimestampMs),
    /// The records do not compress.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

/// Collects records and writes them as one batch.
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    /// Header of the batch to be; count, deltas and times follow the records.
    header: BatchHeader,
    codec: Codec,
    level: Option<i32>,
    append_time: Option<TimestampMs>,
    /// Where compaction left the end, which may lie behind the last record.
    end_delta: Option<i32>,
    /// Records as they will be, uncompressed.
    records: Vec<u8>,
}

impl BatchBuilder {
    /// An empty batch as a client would send it: base offset 0, no producer, CreateTime.
    pub fn new(codec: Codec) -> Self {
        let header = BatchHeader {
            base_offset: 0,
            batch_length: 0,
            partition_leader_epoch: NO_LEADER_EPOCH,
            magic: MAGIC_V2,
            crc: 0,
            attributes: Attributes::of(codec),
            last_offset_delta: -1,
            base_timestamp: -1,
            max_timestamp: -1,
            producer_id: NO_PRODUCER_ID,
            producer_epoch: -1,
            base_sequence: -1,
            record_count: 0,
        };
        Self { header, codec, level: None, append_time: None, end_delta: None, records: Vec::new() }
    }

    /// Compresses at `level` instead of the codec's default; see [`compress`].
    pub fn level(mut self, level: i32) -> Self {
        self.level = Some(level);
        self
    }

    /// Sets the offset of the first record.
    pub fn base_offset(mut self, base_offset: Offset) -> Self {
        self.header.base_offset = base_offset;
        self
    }

    /// Sets the epoch of the leader that appends it.
    pub fn leader_epoch(mut self, leader_epoch: LeaderEpoch) -> Self {
        self.header.partition_leader_epoch = leader_epoch;
        self
    }

    /// Makes it an idempotent producer's batch.
    pub fn producer(mut self, id: ProducerId, epoch: ProducerEpoch, base_sequence: i32) -> Self {
        self.header.producer_id = id;
        self.header.producer_epoch = epoch;
        self.header.base_sequence = base_sequence;
        self
    }

    /// Makes it part of its producer's transaction.
    pub fn transactional(mut self) -> Self {
        self.header.attributes = self.header.attributes.with_transactional(true);
        self
    }

    /// Makes it a control batch.
    pub fn control(mut self) -> Self {
        self.header.attributes = self.header.attributes.with_control(true);
        self
    }

    /// Gives all records the broker's time instead of their own.
    pub fn log_append_time(mut self, now: TimestampMs) -> Self {
        self.header.attributes = self.header.attributes.with_timestamp_type(TimestampType::LogAppendTime);
        self.append_time = Some(now);
        self
    }

    /// Lets the batch end behind its last record, at `base_offset + delta`, as compaction leaves it.
    pub fn last_offset_delta(mut self, delta: i32) -> Self {
        self.end_delta = Some(delta);
        self
    }

    /// Number of records so far.
    pub fn record_count(&self) -> i32 {
        self.header.record_count
    }

    /// Length of the batch so far in bytes, uncompressed.
    pub fn uncompressed_len(&self) -> usize {
        HEADER_LEN + self.records.len()
    }

    /// Adds a record at the next offset.
    pub fn append(&mut self, record: &NewRecord<'_>) -> Result<(), BuildError> {
        let delta = self.header.last_offset_delta.checked_add(1).ok_or(BuildError::TooLarge)?;
        self.append_at(delta, record)
    }

    /// Adds a record at `base_offset + offset_delta`, beyond the last one: compaction leaves holes.
    pub fn append_at(&mut self, offset_delta: i32, record: &NewRecord<'_>) -> Result<(), BuildError> {
        if offset_delta <= self.header.last_offset_delta {
            return Err(BuildError::OffsetDelta(offset_delta));
        }
        let first = self.header.record_count == 0;
        let base_timestamp = if first { record.timestamp } else { self.header.base_timestamp };
        let timestamp_delta = record.timestamp.checked_sub(base_timestamp);
        let timestamp_delta = timestamp_delta.ok_or(BuildError::Timestamp(record.timestamp))?;
        write_record(&mut self.records, offset_delta, timestamp_delta, record)?;
        let header = &mut self.header;
        header.base_timestamp = base_timestamp;
        header.max_timestamp = if first { record.timestamp } else { header.max_timestamp.max(record.timestamp) };
        header.last_offset_delta = offset_delta;
        header.record_count += 1;
        Ok(())
    }

    /// Writes the batch.
    pub fn build(mut self) -> Result<Vec<u8>, BuildError> {
        if let Some(now) = self.append_time {
            self.header.max_timestamp = now;
        }
        if let Some(delta) = self.end_delta {
            if delta < self.header.last_offset_delta {
                return Err(BuildError::OffsetDelta(delta));
            }
            self.header.last_offset_delta = delta;
        }
        assemble(self.header, self.codec, self.level, &self.records)
    }
}

/// One batch of `header` and `records`, whose length and checksum are computed here.
pub(crate) fn assemble(
    mut header: BatchHeader,
    codec: Codec,
    level: Option<i32>,
    records: &[u8],
) -> Result<Vec<u8>, BuildError> {
    header.attributes = header.attributes.with_codec(codec);
    let mut batch = Vec::with_capacity(HEADER_LEN + records.len());
    batch.resize(HEADER_LEN, 0);
    compress(codec, level, records, &mut batch)?;
    seal_batch(header, batch)
}

/// Writes `header` before the records of a batch that has room for it, with length and checksum as they are now.
pub(crate) fn seal_batch(mut header: BatchHeader, mut batch: Vec<u8>) -> Result<Vec<u8>, BuildError> {
    header.batch_length = i32::try_from(batch.len() - LOG_OVERHEAD).map_err(|_| BuildError::TooLarge)?;
    if let Some(front) = batch.first_chunk_mut() {
        header.write(front);
    }
    // The batch is never shorter than its header.
    patch::seal(&mut batch).map_err(|_| BuildError::TooLarge)?;
    Ok(batch)
}

fn write_record(
    out: &mut Vec<u8>,
    offset_delta: i32,
    timestamp_delta: i64,
    record: &NewRecord<'_>,
) -> Result<(), BuildError> {
    let start = out.len();
    let length = i32::try_from(body_len(offset_delta, timestamp_delta, record)).map_err(|_| BuildError::TooLarge)?;
    // The sum of all records must fit too, or the batch could not be assembled.
    i32::try_from(start + length as usize + HEADER_LEN).map_err(|_| BuildError::TooLarge)?;
    write_varint(out, length);
    let body_at = out.len();
    out.push(0);
    write_varlong(out, timestamp_delta);
    write_varint(out, offset_delta);
    write_nullable(out, record.key);
    write_nullable(out, record.value);
    write_len(out, record.headers.len());
    for (key, value) in record.headers {
        write_nullable(out, Some(key.as_bytes()));
        write_nullable(out, *value);
    }
    debug_assert_eq!(out.len() - body_at, length as usize);
    Ok(())
}

fn body_len(offset_delta: i32, timestamp_delta: i64, record: &NewRecord<'_>) -> usize {
    let headers: usize =
        record.headers.iter().map(|(key, value)| nullable_len(Some(key.as_bytes())) + nullable_len(*value)).sum();
    1 + varlong_len(timestamp_delta)
        + varint_len(offset_delta)
        + nullable_len(record.key)
        + nullable_len(record.value)
        + varlong_len(record.headers.len() as i64)
        + headers
}

fn nullable_len(bytes: Option<&[u8]>) -> usize {
    bytes.map_or(1, |bytes| varlong_len(bytes.len() as i64) + bytes.len())
}

fn write_nullable(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        None => write_varint(out, -1),
        Some(bytes) => {
            write_len(out, bytes.len());
            out.extend_from_slice(bytes);
        }
    }
}

/// Lengths were summed up to fit 32 bits before anything is written.
fn write_len(out: &mut Vec<u8>, len: usize) {
    write_varlong(out, len as i64);
}
