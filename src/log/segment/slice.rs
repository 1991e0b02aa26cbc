//! Bytes of a log file, named but not read.

use bytes::{Bytes, BytesMut};
use esker_env::DiskFile;
use esker_record::Batches;
use std::io;
use std::sync::Arc;

/// A run of whole batches in a log file. It can be read for as long as it is held, even when the segment has been deleted meanwhile.
#[derive(Clone, Debug)]
pub struct FileSlice {
    /// The file, open.
    pub file: Arc<dyn DiskFile>,
    /// Where the run begins.
    pub position: u64,
    /// Its length in bytes.
    pub len: usize,
}

/// Why a slice has no bytes.
#[derive(Debug, thiserror::Error)]
pub enum SliceError {
    /// The file could not be read, or the log was cut underneath.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A batch's checksum does not fit: the medium has changed it.
    #[error("the batch at position {position} is damaged")]
    Damaged {
        /// Where the batch begins in the file.
        position: u64,
    },
}

impl FileSlice {
    /// The bytes, if the page cache holds them all; never waits for the disk.
    pub fn read_cached(&self) -> io::Result<Option<Bytes>> {
        let mut bytes = BytesMut::zeroed(self.len);
        let mut done = 0;
        while done < self.len {
            match self.file.read_cached_at(&mut bytes[done..], self.position + done as u64) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => done += n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(bytes.freeze()))
    }

    /// The bytes, from the disk where need be: for the disk pool.
    pub fn read(&self) -> io::Result<Bytes> {
        let mut bytes = BytesMut::zeroed(self.len);
        self.file.read_exact_at(&mut bytes, self.position)?;
        Ok(bytes.freeze())
    }

    /// As [`FileSlice::read`], and checks every batch's checksum: for what comes from the disk after a long time.
    pub fn read_verified(&self) -> Result<Bytes, SliceError> {
        let bytes = self.read()?;
        let mut batches = Batches::new(&bytes);
        loop {
            let position = self.position + batches.position() as u64;
            match batches.next() {
                None => break,
                Some(Ok(batch)) if batch.crc_matches() => {}
                Some(_) => return Err(SliceError::Damaged { position }),
            }
        }
        Ok(bytes)
    }
}
