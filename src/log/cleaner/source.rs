//! Reading a segment from front to back in large pieces, batch by batch.

use super::error::{CleanError, Unreadable};
use esker_env::DiskFile;
use esker_record::{BatchHeader, BatchRef, HEADER_LEN, MAGIC_V2};
use std::io;
use std::path::Path;

/// The batches of a log file.
pub(crate) struct Source<'a> {
    file: &'a dyn DiskFile,
    path: &'a Path,
    /// Where the bytes that count end.
    end: u64,
    /// Bytes of the file from `buffer_at` on; kept from segment to segment.
    buffer: &'a mut Vec<u8>,
    buffer_at: u64,
    /// Where the next batch begins.
    position: u64,
    /// Bytes read at once, unless a batch is longer.
    piece: usize,
}

impl<'a> Source<'a> {
    /// The batches in `[position, end)` of `file`, read `piece` bytes at a time into `buffer`.
    pub(crate) fn new(
        file: &'a dyn DiskFile,
        path: &'a Path,
        (position, end): (u64, u64),
        buffer: &'a mut Vec<u8>,
        piece: usize,
    ) -> Self {
        buffer.clear();
        Self { file, path, end, buffer, buffer_at: position, position, piece }
    }

    /// Where the next batch begins in the file.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Whether the next batch has to be read from the file: the moment to look up and to keep to the speed limit.
    pub(crate) fn needs_read(&self) -> bool {
        let at = (self.position - self.buffer_at) as usize;
        let rest = &self.buffer[at.min(self.buffer.len())..];
        let len = BatchHeader::parse(rest).and_then(|header| header.size()).unwrap_or(usize::MAX);
        self.position < self.end && rest.len() < len
    }

    /// The next batch, whose checksum fits; `None` at the end. What is compacted gets a new checksum: damage would be sealed with it.
    pub(crate) fn next(&mut self) -> Result<Option<BatchRef<'_>>, CleanError> {
        if self.position >= self.end {
            return Ok(None);
        }
        let position = self.position;
        self.fill(HEADER_LEN)?;
        let header = BatchHeader::parse(self.rest()).filter(|header| header.magic == MAGIC_V2);
        let size = header.and_then(|header| header.size()).filter(|size| *size as u64 <= self.end - position);
        let (Some(header), Some(size)) = (header, size) else {
            return Err(self.unreadable(position, "no whole batch begins there"));
        };
        self.fill(size)?;
        self.position += size as u64;
        let at = (position - self.buffer_at) as usize;
        let batch = BatchRef { header, bytes: &self.buffer[at..at + size], position: at };
        if !batch.crc_matches() {
            return Err(unreadable(self.path, position, "the checksum of the batch does not fit"));
        }
        Ok(Some(batch))
    }

    fn rest(&self) -> &[u8] {
        &self.buffer[(self.position - self.buffer_at) as usize..]
    }

    /// Sees to it that `needed` bytes from the position on are in the buffer.
    fn fill(&mut self, needed: usize) -> Result<(), CleanError> {
        let at = (self.position - self.buffer_at) as usize;
        if self.buffer.len() - at >= needed {
            return Ok(());
        }
        self.buffer.drain(..at);
        self.buffer_at = self.position;
        let (have, left) = (self.buffer.len(), usize::try_from(self.end - self.position).unwrap_or(usize::MAX));
        let wanted = needed.max(self.piece).min(left).max(have);
        if wanted < needed {
            return Err(self.unreadable(self.position, "the file ends inside of a batch"));
        }
        self.buffer.resize(wanted, 0);
        let read = self.file.read_exact_at(&mut self.buffer[have..], self.buffer_at + have as u64);
        read.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> CleanError {
        CleanError::read(self.path, error)
    }

    fn unreadable(&self, position: u64, reason: &str) -> CleanError {
        unreadable(self.path, position, reason)
    }
}

fn unreadable(path: &Path, position: u64, reason: &str) -> CleanError {
    Unreadable { file: path.to_owned(), position, reason: reason.to_owned() }.into()
}
