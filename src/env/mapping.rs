//! A memory-mapped file shared by one writer and many readers.
//!
//! Readers and the writer agree outside on which bytes are published (an index's entry count); this type only
//! guarantees that no access leaves the mapping and that no reference into it escapes.

use memmap2::MmapRaw;
use parking_lot::RwLock;
use std::io;
use std::sync::Arc;

/// Bytes of a file that appear in memory.
#[derive(Debug)]
pub struct Mapping(Backing);

#[derive(Debug)]
enum Backing {
    File { map: MmapRaw, writable: bool },
    Memory(Arc<RwLock<Vec<u8>>>),
}

impl Mapping {
    pub(crate) fn of_file(map: MmapRaw, writable: bool) -> Self {
        Self(Backing::File { map, writable })
    }

    /// A mapping of a simulated file: writes go to the shared bytes at once.
    pub fn of_memory(bytes: Arc<RwLock<Vec<u8>>>) -> Self {
        Self(Backing::Memory(bytes))
    }

    /// Mapped length in bytes.
    pub fn len(&self) -> usize {
        match &self.0 {
            Backing::File { map, .. } => map.len(),
            Backing::Memory(bytes) => bytes.read().len(),
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
            Backing::Memory(bytes) => into.copy_from_slice(&bytes.read()[position..position + into.len()]),
        }
    }

    /// Copies `from` to `position`. One writer at a time, at bytes that no reader has been told of.
    ///
    /// # Panics
    /// Where the range leaves the mapping or the file was opened for reading only.
    pub fn write(&self, position: usize, from: &[u8]) {
        self.check(position, from.len());
        match &self.0 {
            Backing::File { map, writable } => {
                assert!(*writable, "a file opened for reading is mapped for reading");
                // SAFETY: as in `read`; the mapping is writable and the bytes are not yet published to any reader.
                unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), map.as_mut_ptr().add(position), from.len()) };
            }
            Backing::Memory(bytes) => bytes.write()[position..position + from.len()].copy_from_slice(from),
        }
    }

    /// Makes the mapped bytes durable.
    pub fn flush(&self) -> io::Result<()> {
        match &self.0 {
            Backing::File { map, .. } => map.flush(),
            Backing::Memory(_) => Ok(()),
        }
    }

    fn check(&self, position: usize, len: usize) {
        let end = position.checked_add(len);
        assert!(end.is_some_and(|end| end <= self.len()), "access at {position} of {len} bytes leaves the mapping");
    }
}
