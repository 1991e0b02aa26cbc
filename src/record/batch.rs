//! Whole batches in a run of bytes.

use crate::header::{BatchHeader, HEADER_LEN, MAGIC_V2, crc_matches};

/// One whole batch inside of a larger run of bytes.
#[derive(Clone, Copy, Debug)]
pub struct BatchRef<'a> {
    /// Its header.
    pub header: BatchHeader,
    /// All its bytes, header included.
    pub bytes: &'a [u8],
    /// Where it begins in the run.
    pub position: usize,
}

impl<'a> BatchRef<'a> {
    /// Whether the checksum fits the bytes.
    pub fn crc_matches(&self) -> bool {
        crc_matches(&self.header, self.bytes)
    }

    /// The records section: what follows the header, compressed or not.
    pub fn records(&self) -> &'a [u8] {
        &self.bytes[HEADER_LEN..]
    }
}

/// Why a run of bytes does not continue with a whole batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The run ends inside of a batch: a torn tail, or a fetch cut by its byte limit.
    #[error("the batch at position {position} needs {needed} bytes and {available} are there")]
    Truncated {
        /// Where the batch begins.
        position: usize,
        /// Bytes that it needs, as far as that is known.
        needed: usize,
        /// Bytes that are there.
        available: usize,
    },
    /// The length field cannot be that of a batch.
    #[error("the batch at position {position} states the impossible length {batch_length}")]
    BadLength {
        /// Where the batch begins.
        position: usize,
        /// The length field.
        batch_length: i32,
    },
    /// The batch has another format than v2.
    #[error("the batch at position {position} has format {magic}, not 2")]
    BadMagic {
        /// Where the batch begins.
        position: usize,
        /// The format byte.
        magic: i8,
    },
}

/// Iterates over the whole batches of a run; ends after the first error.
#[derive(Clone, Debug)]
pub struct Batches<'a> {
    bytes: &'a [u8],
    position: usize,
    failed: bool,
}

impl<'a> Batches<'a> {
    /// The batches of `bytes`, which begins with a header.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0, failed: false }
    }

    /// Where the next batch begins: behind the last one returned.
    pub fn position(&self) -> usize {
        self.position
    }

    fn take(&mut self) -> Result<BatchRef<'a>, FrameError> {
        let position = self.position;
        let rest = &self.bytes[position..];
        let truncated = |needed| FrameError::Truncated { position, needed, available: rest.len() };
        let header = BatchHeader::parse(rest).ok_or(truncated(HEADER_LEN))?;
        // The format comes first: the other fields of an older batch lie elsewhere and would be misread.
        if header.magic != MAGIC_V2 {
            return Err(FrameError::BadMagic { position, magic: header.magic });
        }
        let bad_length = FrameError::BadLength { position, batch_length: header.batch_length };
        let size = header.size().ok_or(bad_length)?;
        let bytes = rest.get(..size).ok_or(truncated(size))?;
        self.position += size;
        Ok(BatchRef { header, bytes, position })
    }
}

impl<'a> Iterator for Batches<'a> {
    type Item = Result<BatchRef<'a>, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.position == self.bytes.len() {
            return None;
        }
        let taken = self.take();
        self.failed = taken.is_err();
        Some(taken)
    }
}
