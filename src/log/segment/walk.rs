//! Walking the batches of a log file by their headers, without reading what lies between unless asked.

use esker_env::DiskFile;
use esker_record::{BatchHeader, Crc32c, HEADER_LEN, MAGIC_V2};
use std::io;

/// Where the checksum's coverage begins in a batch.
const CRC_COVERS_FROM: u64 = 21;

/// A batch and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlacedBatch {
    pub(crate) position: u64,
    pub(crate) size: u64,
    pub(crate) header: BatchHeader,
}

impl PlacedBatch {
    /// Where the next batch begins.
    pub(crate) fn end(&self) -> u64 {
        self.position + self.size
    }
}

/// Why the walk cannot go on.
#[derive(Debug)]
pub(crate) enum WalkError {
    /// The file cannot be read; `WouldBlock` where the walk may not wait for the disk.
    Io(io::Error),
    /// What lies at `position` is not a whole batch.
    Bad { position: u64, reason: String },
}

impl From<io::Error> for WalkError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Goes from batch to batch through `[position, end)` of a file.
pub(crate) struct Walk<'a> {
    file: &'a dyn DiskFile,
    position: u64,
    end: u64,
    may_block: bool,
    chunk: usize,
    buffer: Vec<u8>,
    buffer_at: u64,
}

impl<'a> Walk<'a> {
    /// A short walk, to find one place: reads little at a time.
    pub(crate) fn short(file: &'a dyn DiskFile, position: u64, end: u64, may_block: bool) -> Self {
        Self { file, position, end, may_block, chunk: 4 << 10, buffer: Vec::new(), buffer_at: 0 }
    }

    /// A long walk over a whole segment: reads much at a time.
    pub(crate) fn long(file: &'a dyn DiskFile, position: u64, end: u64) -> Self {
        Self { chunk: 128 << 10, ..Self::short(file, position, end, true) }
    }

    /// The next batch; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<PlacedBatch>, WalkError> {
        let (position, left) = (self.position, self.end.saturating_sub(self.position));
        if left == 0 {
            return Ok(None);
        }
        let bad = |reason: String| WalkError::Bad { position, reason };
        if left < HEADER_LEN as u64 {
            return Err(bad(format!("{left} bytes are less than a batch header")));
        }
        let bytes = self.bytes_at(position, HEADER_LEN)?;
        let header =
            BatchHeader::parse(bytes).ok_or_else(|| bad("the file ends inside of a batch header".to_owned()))?;
        if header.magic != MAGIC_V2 {
            return Err(bad(format!("format {} instead of 2", header.magic)));
        }
        let Some(size) = header.size() else { return Err(bad(format!("batch length {}", header.batch_length))) };
        let size = size as u64;
        if size > left {
            return Err(bad(format!("the batch needs {size} bytes and {left} are there")));
        }
        if header.last_offset_delta < 0 || header.base_offset < 0 || header.last_offset() == i64::MAX {
            let (base, delta) = (header.base_offset, header.last_offset_delta);
            return Err(bad(format!("base offset {base}, last offset delta {delta}")));
        }
        self.position += size;
        Ok(Some(PlacedBatch { position, size, header }))
    }

    /// Whether the checksum of a batch fits its bytes.
    pub(crate) fn crc_matches(&mut self, batch: &PlacedBatch) -> io::Result<bool> {
        let mut crc = Crc32c::new();
        let mut at = batch.position + CRC_COVERS_FROM;
        while at < batch.end() {
            let left = usize::try_from(batch.end() - at).unwrap_or(usize::MAX);
            let bytes = self.bytes_at(at, 1)?;
            let piece = &bytes[..bytes.len().min(left)];
            if piece.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            crc.update(piece);
            at += piece.len() as u64;
        }
        Ok(crc.value() == batch.header.crc)
    }

    /// All bytes of a batch, at most `len_max`; `None` where it is longer.
    pub(crate) fn read_batch(&self, batch: &PlacedBatch, len_max: usize) -> io::Result<Option<Vec<u8>>> {
        let Some(len) = usize::try_from(batch.size).ok().filter(|len| *len <= len_max) else { return Ok(None) };
        let mut bytes = vec![0; len];
        self.file.read_exact_at(&mut bytes, batch.position)?;
        Ok(Some(bytes))
    }

    /// What lies at `at`: at least `needed` bytes, fewer only where the file ends before.
    fn bytes_at(&mut self, at: u64, needed: usize) -> io::Result<&[u8]> {
        let buffered = self.buffer_at..self.buffer_at + self.buffer.len() as u64;
        if !buffered.contains(&at) || buffered.end - at < needed as u64 {
            self.fill(at, needed)?;
        }
        Ok(&self.buffer[(at - self.buffer_at) as usize..])
    }

    fn fill(&mut self, at: u64, needed: usize) -> io::Result<()> {
        let len = usize::try_from(self.end.saturating_sub(at)).unwrap_or(usize::MAX).min(self.chunk);
        self.buffer.resize(len, 0);
        self.buffer_at = at;
        let mut done = 0;
        while done < needed.min(len) {
            let into = &mut self.buffer[done..];
            let position = at + done as u64;
            let read = if self.may_block {
                self.file.read_at(into, position)
            } else {
                self.file.read_cached_at(into, position)
            };
            match read {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.buffer.clear();
                    return Err(error);
                }
            }
        }
        self.buffer.truncate(done);
        Ok(())
    }
}
