//! Goes through a segment batch by batch, without holding more of it than one batch.

use super::DumpError;
use esker_env::{Disk, DiskFile, OpenMode};
use esker_record::{BatchHeader, HEADER_LEN, MAGIC_V2};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Longest batch that is read as a whole: more than any broker takes.
const BATCH_LEN_MAX: u64 = 1 << 30;

/// A batch and where it lies.
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    /// Its header.
    pub header: BatchHeader,
    /// Where it begins.
    pub position: u64,
    /// Its length.
    pub size: u64,
}

/// A segment that is read from front to back.
pub struct SegmentReader {
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    len: u64,
    position: u64,
}

impl SegmentReader {
    /// Opens the segment at `path` for what it holds now.
    pub fn open(disk: &dyn Disk, path: &Path) -> Result<Self, DumpError> {
        let wrong = |error| DumpError::file(path, error);
        let file = disk.open(path, OpenMode::Read).map_err(wrong)?;
        let len = file.len().map_err(wrong)?;
        Ok(Self { path: path.to_owned(), file, len, position: 0 })
    }

    /// Bytes of the file behind the last batch that was given out.
    pub fn left(&self) -> u64 {
        self.len - self.position
    }

    /// The next whole batch; `None` at the end, and where what follows is none.
    pub fn next(&mut self) -> Result<Option<Placed>, DumpError> {
        if self.left() < HEADER_LEN as u64 {
            return Ok(None);
        }
        let mut bytes = [0; HEADER_LEN];
        self.read(&mut bytes, self.position)?;
        let batch = BatchHeader::parse(&bytes).filter(|header| header.magic == MAGIC_V2);
        let Some((header, size)) = batch.and_then(|header| Some((header, header.size()? as u64))) else {
            return Ok(None);
        };
        if size > self.left() || header.last_offset_delta < 0 || header.base_offset < 0 {
            return Ok(None);
        }
        let placed = Placed { header, position: self.position, size };
        self.position += size;
        Ok(Some(placed))
    }

    /// All bytes of a batch.
    pub fn bytes(&self, batch: &Placed) -> Result<Vec<u8>, DumpError> {
        if batch.size > BATCH_LEN_MAX {
            let text =
                format!("the batch at position {} has {} bytes, too many to look at", batch.position, batch.size);
            return Err(DumpError::file(&self.path, text));
        }
        let mut bytes = vec![0; batch.size as usize];
        self.read(&mut bytes, batch.position)?;
        Ok(bytes)
    }

    fn read(&self, into: &mut [u8], position: u64) -> Result<(), DumpError> {
        self.file.read_exact_at(into, position).map_err(|error| DumpError::file(&self.path, error))
    }
}
