//! Checks log bytes as they stream past and collects what the trailer says about them.
//!
//! Rot is never tiered: every batch's checksum is verified and its base offset and leader epoch are held against what must
//! come next. Memory does not grow with the segment but by 40 bytes for each chunk.

use crate::object::trailer::{ChunkEntry, TrailerHead};
use crate::object::{AbortedTransaction, CHUNK_LEN};
use esker_model::{EpochHistory, LeaderEpoch, Offset, TimestampMs};
use esker_record::{BatchHeader, Crc32c, HEADER_LEN, MAGIC_V2};

/// Bytes of a batch that its checksum does not cover: everything before the attributes.
const UNCOVERED_LEN: usize = 21;

/// What the bytes must turn out to be.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    /// First offset to cover: inside of the first batch.
    pub(crate) base: Offset,
    /// First offset behind the last batch.
    pub(crate) end: Offset,
    /// Length in bytes.
    pub(crate) len: u64,
    /// Leader epochs of the log; empty where none are known, then epochs only must not shrink.
    pub(crate) epochs: EpochHistory,
}

/// The local log is not what it should be: nothing of it was tiered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the batch at position {position} is damaged: {kind}")]
pub struct Damage {
    /// Where the batch begins, from the first byte of the upload.
    pub position: u64,
    /// What is wrong with it.
    pub kind: DamageKind,
}

/// What is wrong with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DamageKind {
    /// The bytes do not fit the checksum.
    #[error("its checksum does not match")]
    Checksum,
    /// The length field leaves the segment or is no batch's.
    #[error("its length is impossible")]
    Length,
    /// Another format than v2.
    #[error("its format is not 2")]
    Magic,
    /// The base offset does not continue the log.
    #[error("it has base offset {found} where {expected} must follow")]
    Offset {
        /// What must follow.
        expected: Offset,
        /// What is there.
        found: Offset,
    },
    /// The leader epoch contradicts the log's history.
    #[error("it has leader epoch {found} where the history says {expected}")]
    Epoch {
        /// What the history says.
        expected: LeaderEpoch,
        /// What is there.
        found: LeaderEpoch,
    },
}

/// Takes log bytes in, piece by piece.
#[derive(Debug)]
pub(crate) struct ObjectBuilder {
    expected: Expected,
    position: u64,
    /// Header bytes of the present batch; whole once `header_len` is [`HEADER_LEN`].
    header: [u8; HEADER_LEN],
    header_len: usize,
    batch: Batch,
    next_offset: Offset,
    last_epoch: LeaderEpoch,
    max_timestamp: TimestampMs,
    chunk_crc: Crc32c,
    chunks: Vec<Chunk>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Batch {
    start: u64,
    remaining: u64,
    crc: Crc32c,
    crc_expected: u32,
}

#[derive(Clone, Copy, Debug)]
struct Chunk {
    first: Option<(Offset, u64)>,
    max_timestamp: TimestampMs,
    crc: u32,
}

impl ObjectBuilder {
    pub(crate) fn new(expected: Expected) -> Self {
        let chunk = Chunk { first: None, max_timestamp: TimestampMs::MIN, crc: 0 };
        let count = usize::try_from(expected.len.div_ceil(CHUNK_LEN)).unwrap_or(usize::MAX);
        Self {
            next_offset: expected.base,
            expected,
            position: 0,
            header: [0; HEADER_LEN],
            header_len: 0,
            batch: Batch::default(),
            last_epoch: -1,
            max_timestamp: TimestampMs::MIN,
            chunk_crc: Crc32c::new(),
            chunks: vec![chunk; count],
        }
    }

    /// Takes the next bytes in.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<(), Damage> {
        if bytes.len() as u64 > self.expected.len - self.position {
            return self.damage(DamageKind::Length);
        }
        self.sum_chunks(bytes);
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = if self.header_len < HEADER_LEN { self.take_header(rest)? } else { self.take_body(rest)? };
            self.position += used as u64;
            rest = &rest[used..];
        }
        Ok(())
    }

    fn damage<T>(&self, kind: DamageKind) -> Result<T, Damage> {
        Err(Damage { position: self.batch.start, kind })
    }

    fn sum_chunks(&mut self, bytes: &[u8]) {
        let mut at = self.position;
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = (CHUNK_LEN - at % CHUNK_LEN) as usize;
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.chunk_crc.update(now);
            at += now.len() as u64;
            if at.is_multiple_of(CHUNK_LEN) || at == self.expected.len {
                self.chunks[((at - 1) / CHUNK_LEN) as usize].crc = self.chunk_crc.value();
                self.chunk_crc = Crc32c::new();
            }
            rest = later;
        }
    }

    fn take_header(&mut self, bytes: &[u8]) -> Result<usize, Damage> {
        if self.header_len == 0 {
            self.batch = Batch { start: self.position, ..Batch::default() };
        }
        let used = bytes.len().min(HEADER_LEN - self.header_len);
        self.header[self.header_len..self.header_len + used].copy_from_slice(&bytes[..used]);
        self.header_len += used;
        if self.header_len == HEADER_LEN {
            self.begin_batch()?;
        }
        Ok(used)
    }

    fn begin_batch(&mut self) -> Result<(), Damage> {
        let Some(header) = BatchHeader::parse(&self.header) else { return self.damage(DamageKind::Length) };
        if header.magic != MAGIC_V2 {
            return self.damage(DamageKind::Magic);
        }
        let Some(size) = header.size().filter(|&size| size as u64 <= self.expected.len - self.batch.start) else {
            return self.damage(DamageKind::Length);
        };
        self.check_sequence(&header)?;
        self.batch.remaining = (size - HEADER_LEN) as u64;
        self.batch.crc.update(&self.header[UNCOVERED_LEN..]);
        self.batch.crc_expected = header.crc;
        self.next_offset = header.next_offset();
        self.last_epoch = header.partition_leader_epoch;
        self.max_timestamp = self.max_timestamp.max(header.max_timestamp);
        let chunk = &mut self.chunks[(self.batch.start / CHUNK_LEN) as usize];
        chunk.first.get_or_insert((header.base_offset, self.batch.start));
        chunk.max_timestamp = self.max_timestamp;
        if self.batch.remaining == 0 { self.end_batch() } else { Ok(()) }
    }

    fn check_sequence(&self, header: &BatchHeader) -> Result<(), Damage> {
        let (expected, found) = (self.next_offset, header.base_offset);
        // The upload may begin inside of a batch: log start can be moved to any record.
        let continues = if self.batch.start == 0 {
            found <= expected && header.next_offset() > expected
        } else {
            found == expected
        };
        if !continues || header.last_offset_delta < 0 || header.next_offset() > self.expected.end {
            return self.damage(DamageKind::Offset { expected, found });
        }
        let found = header.partition_leader_epoch;
        let expected = self.expected.epochs.epoch_for_offset(header.base_offset).unwrap_or(found);
        if found != expected || found < self.last_epoch {
            return self.damage(DamageKind::Epoch { expected: expected.max(self.last_epoch), found });
        }
        Ok(())
    }

    fn take_body(&mut self, bytes: &[u8]) -> Result<usize, Damage> {
        let used = usize::try_from(self.batch.remaining).unwrap_or(usize::MAX).min(bytes.len());
        self.batch.crc.update(&bytes[..used]);
        self.batch.remaining -= used as u64;
        if self.batch.remaining == 0 {
            self.end_batch()?;
        }
        Ok(used)
    }

    fn end_batch(&mut self) -> Result<(), Damage> {
        if self.batch.crc.value() != self.batch.crc_expected {
            return self.damage(DamageKind::Checksum);
        }
        self.header_len = 0;
        Ok(())
    }

    /// The trailer head of what was taken in, and the largest timestamp. Fails where the last batch is not whole or does not end
    /// where it must.
    pub(crate) fn finish(&self, aborted: Vec<AbortedTransaction>) -> Result<(TrailerHead, TimestampMs), Damage> {
        if self.header_len != 0 || self.position != self.expected.len {
            return self.damage(DamageKind::Length);
        }
        if self.next_offset != self.expected.end {
            return self.damage(DamageKind::Offset { expected: self.expected.end, found: self.next_offset });
        }
        let mut chunks: Vec<ChunkEntry> = Vec::with_capacity(self.chunks.len());
        let mut before = (self.expected.base, 0, TimestampMs::MIN);
        for chunk in &self.chunks {
            let (first_offset, first_position) = chunk.first.unwrap_or((before.0, before.1));
            let max_timestamp = before.2.max(chunk.max_timestamp);
            before = (first_offset, first_position, max_timestamp);
            chunks.push(ChunkEntry { first_offset, first_position, max_timestamp, crc: chunk.crc });
        }
        Ok((TrailerHead { chunks, aborted }, self.max_timestamp))
    }
}
