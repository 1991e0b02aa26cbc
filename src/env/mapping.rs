//! A memory-mapped file shared by one writer and many readers.
//!
//! Readers and the writer agree outside on which bytes are published (an index's entry count); this type only
//! guarantees that no access leaves the mapping and that no reference into it escapes.

use memmap2::MmapRaw;
use std::fmt::Debug;
use std::io;
use std::sync::Arc;

/// Bytes of a file that appear in memory.
#[derive(Debug)]
pub struct Mapping(Backing);

/// The bytes behind a mapping of a simulated file. Ranges lie within the length that was mapped.
pub(crate) trait SimulatedMemory: Send + Sync + Debug {
    /// Copies bytes out.
    fn read(&self, position: usize, into: &mut [u8]);
    /// Copies bytes in; they reach the file at once and the disk at the next sync.
    fn write(&self, position: usize, from: &[u8]);
    /// Makes the bytes durable.
    fn flush(&self) -> io::Result<()>;
}

#[derive(Debug)]
enum Backing {
    File { map: MmapRaw, writable: bool },
    Simulated { memory: Arc<dyn SimulatedMemory>, len: usize, writable: bool },
}

impl Mapping {
    pub(crate) fn of_file(map: MmapRaw, writable: bool) -> Self {
        Self(Backing::File { map, writable })
    }

    pub(crate) fn of_simulated(memory: Arc<dyn SimulatedMemory>, len: usize, writable: bool) -> Self {
        Self(Backing::Simulated { memory, len, writable })
    }

    /// Mapped length in bytes.
    pub fn len(&self) -> usize {
        match &self.0 {
            Backing::File { map, .. } => map.len(),
            Backing::Simulated { len, .. } => *len,
        }
    }

    /// Whether bytes may be written: whether the file was opened for writing.
    pub fn is_writable(&self) -> bool {
        match &self.0 {
            Backing::File { writable, .. } | Backing::Simulated { writable, .. } => *writable,
        }
    }

    /// Whether nothing is mapped.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies `into.len()` bytes from `position`.
    ///
    /// # Panics
    /// Where the range leaves the mapping.
    pub fn read(&self, position: usize, into: &mut [u8]) {
        self.check(position, into.len());
        match &self.0 {
            // SAFETY: the range was checked against the mapping's length, the mapping lives as long as
            // `self`, and `into` is an exclusive borrow of other memory. Callers publish an entry with a
            // release store before readers look at it, so no byte is written while it is copied here.
            Backing::File { map, .. } => unsafe {
                std::ptr::copy_nonoverlapping(map.as_ptr().add(position), into.as_mut_ptr(), into.len());
            },
            Backing::Simulated { memory, .. } => memory.read(position, into),
        }
    }

    /// Copies `from` to `position`. One writer at a time, at bytes that no reader has been told of.
    ///
    /// # Panics
    /// Where the range leaves the mapping or the file was opened for reading only.
    pub fn write(&self, position: usize, from: &[u8]) {
        self.check(position, from.len());
        assert!(self.is_writable(), "a file opened for reading is mapped for reading");
        match &self.0 {
            Backing::File { map, .. } => {
                // SAFETY: as in `read`; the mapping is writable and the bytes are not yet published to any reader.
                unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), map.as_mut_ptr().add(position), from.len()) };
            }
            Backing::Simulated { memory, .. } => memory.write(position, from),
        }
    }

    /// Makes the mapped bytes durable.
    pub fn flush(&self) -> io::Result<()> {
        match &self.0 {
            Backing::File { map, .. } => map.flush(),
            Backing::Simulated { memory, .. } => memory.flush(),
        }
    }

    fn check(&self, position: usize, len: usize) {
        let end = position.checked_add(len);
        assert!(end.is_some_and(|end| end <= self.len()), "access at {position} of {len} bytes leaves the mapping");
    }
}
