//! A file of equal entries that appears in memory: the storage of both indexes.
//!
//! One writer appends, readers look without a lock: an entry is written into the mapping before the count that includes it is
//! published. The file has its full length from the start and is cut only once nothing more is appended; a reader never
//! looks beyond the count, so that no access falls behind the end of the file.

use arc_swap::ArcSwapOption;
use esker_env::{Disk, Mapping, OpenMode};
use std::io::{self, IoSlice};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The count of a file that has not been looked at.
const UNKNOWN: u32 = u32::MAX;
/// Blocks are reserved in such steps before the mapping touches them: a page without a block on a full disk would be a SIGBUS.
const RESERVE_STEP: usize = 16 << 10;

/// An index file with entries of `N` bytes.
#[derive(Debug)]
pub(crate) struct EntryFile<const N: usize> {
    map: ArcSwapOption<Mapping>,
    /// Published entries. All of them lie within the mapping where there is one.
    count: AtomicU32,
}

/// The published entries at one moment.
#[derive(Debug)]
pub(crate) struct Entries<const N: usize> {
    map: Option<Arc<Mapping>>,
    count: usize,
}

impl<const N: usize> Entries<N> {
    /// Number of entries.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// The entry at `at`, which is below their number.
    pub(crate) fn get(&self, at: usize) -> [u8; N] {
        assert!(at < self.count, "entry {at} of {}", self.count);
        let mut entry = [0; N];
        if let Some(map) = &self.map {
            map.read(at * N, &mut entry);
        }
        entry
    }

    /// The newest entry.
    pub(crate) fn last(&self) -> Option<[u8; N]> {
        self.count.checked_sub(1).map(|at| self.get(at))
    }

    /// The last entry for which `below` holds, in a file where it holds for a prefix.
    pub(crate) fn last_where(&self, below: impl Fn([u8; N]) -> bool) -> Option<[u8; N]> {
        self.last_two_where(below).map(|(_, last)| last)
    }

    /// The same with the one before it.
    pub(crate) fn last_two_where(&self, below: impl Fn([u8; N]) -> bool) -> Option<(Option<[u8; N]>, [u8; N])> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if below(self.get(middle)) { low = middle + 1 } else { high = middle }
        }
        let last = low.checked_sub(1)?;
        Some((last.checked_sub(1).map(|before| self.get(before)), self.get(last)))
    }
}

impl<const N: usize> EntryFile<N> {
    /// A file of which nothing is known but its path.
    pub(crate) fn unopened() -> Self {
        Self { map: ArcSwapOption::empty(), count: AtomicU32::new(UNKNOWN) }
    }

    /// A file with `count` sound entries.
    pub(crate) fn with_count(count: u32) -> Self {
        Self { map: ArcSwapOption::empty(), count: AtomicU32::new(count) }
    }

    /// Published entries; `None` where the file has not been looked at.
    pub(crate) fn count(&self) -> Option<u32> {
        Some(self.count.load(Ordering::Acquire)).filter(|&count| count != UNKNOWN)
    }

    /// The published entries, where they can be read without opening a file.
    pub(crate) fn entries(&self) -> Option<Entries<N>> {
        let count = self.count()? as usize;
        if count == 0 {
            return Some(Entries { map: None, count: 0 });
        }
        let map = self.map.load_full()?;
        // A mapping made before the file grew shows fewer entries: those are still true.
        let count = count.min(map.len() / N);
        Some(Entries { map: Some(map), count })
    }

    /// The published entries, mapped if need be. `check` says how many of the file's entries are sound, where that is not known yet;
    /// `None` where that is not all of them, or the file is shorter than it was.
    pub(crate) fn open(
        &self,
        disk: &dyn Disk,
        path: &Path,
        check: impl Fn(&[u8]) -> usize,
    ) -> io::Result<Option<Entries<N>>> {
        if let Some(entries) = self.entries() {
            return Ok(Some(entries));
        }
        let file = match disk.open(path, OpenMode::Read) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.count().is_none() => return Ok(None),
            Err(error) => return Err(error),
        };
        let len = usize::try_from(file.len()?).map_err(io::Error::other)?;
        let count = match self.count() {
            Some(count) => count as usize,
            None => {
                // Read, not mapped, the first time: a bad sector is an error here and would be a SIGBUS there.
                let mut bytes = vec![0; len];
                file.read_exact_at(&mut bytes, 0)?;
                let sound = check(&bytes);
                if !len.is_multiple_of(N) || sound < len / N {
                    return Ok(None);
                }
                sound
            }
        };
        if count * N > len {
            self.forget();
            return Ok(None);
        }
        if count > 0 {
            self.map.store(Some(Arc::new(file.map(len)?)));
        }
        self.count.store(count as u32, Ordering::Release);
        Ok(self.entries())
    }

    /// Gives the mapping back. Readers that hold it keep it.
    pub(crate) fn unmap(&self) {
        self.map.store(None);
    }

    /// What was known of the file is so no longer: the next open looks at all of it.
    pub(crate) fn forget(&self) {
        self.count.store(UNKNOWN, Ordering::Release);
        self.unmap();
    }

    /// Creates the file with room for `entries_max`.
    pub(crate) fn create(disk: &dyn Disk, path: &Path, entries_max: u32) -> io::Result<Self> {
        let file = disk.open(path, OpenMode::Truncate)?;
        file.set_len(u64::from(entries_max) * N as u64)?;
        Ok(Self::with_count(0))
    }

    /// Writes a whole new file that holds exactly `entries`.
    pub(crate) fn replace(disk: &dyn Disk, path: &Path, entries: &[u8]) -> io::Result<Self> {
        assert!(entries.len().is_multiple_of(N), "whole entries");
        // A new file under the old name: a reader may still have the old one mapped.
        match disk.remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = disk.open(path, OpenMode::CreateNew)?;
        file.write_all_at(&[IoSlice::new(entries)], 0)?;
        Ok(Self::with_count((entries.len() / N) as u32))
    }

    /// Appends an entry in a file with room for `entries_max`; false where it is full. The one writer calls it.
    pub(crate) fn append(&self, disk: &dyn Disk, path: &Path, entries_max: u32, entry: [u8; N]) -> io::Result<bool> {
        let count = self.count().unwrap_or(0);
        if count >= entries_max {
            return Ok(false);
        }
        let (start, end) = (count as usize * N, (count as usize + 1) * N);
        // A reader may have mapped the file for itself, shorter or read-only.
        let map = self.map.load_full().filter(|map| map.len() >= end && map.is_writable());
        let needs_blocks = start.is_multiple_of(RESERVE_STEP) || start / RESERVE_STEP != (end - 1) / RESERVE_STEP;
        let map = match map {
            Some(map) if !needs_blocks => map,
            map => self.grow(disk, path, entries_max, map, end)?,
        };
        map.write(start, &entry);
        self.count.store(count + 1, Ordering::Release);
        Ok(true)
    }

    /// Sees that the bytes up to `end` have blocks and are mapped.
    fn grow(
        &self,
        disk: &dyn Disk,
        path: &Path,
        entries_max: u32,
        map: Option<Arc<Mapping>>,
        end: usize,
    ) -> io::Result<Arc<Mapping>> {
        let file = disk.open(path, OpenMode::CreateOrOpen)?;
        let full = u64::from(entries_max) * N as u64;
        let mut len = file.len()?;
        if len < full {
            file.set_len(full)?;
            len = full;
        }
        let first = ((end - 1) / RESERVE_STEP * RESERVE_STEP) as u64;
        file.reserve(first, (RESERVE_STEP as u64).min(len - first))?;
        if let Some(map) = map {
            return Ok(map);
        }
        let map = Arc::new(file.map(usize::try_from(len).map_err(io::Error::other)?)?);
        self.map.store(Some(Arc::clone(&map)));
        Ok(map)
    }

    /// Cuts the file to its entries. Nothing is appended afterwards.
    pub(crate) fn trim(&self, disk: &dyn Disk, path: &Path) -> io::Result<()> {
        let Some(count) = self.count() else { return Ok(()) };
        let file = disk.open(path, OpenMode::CreateOrOpen)?;
        file.set_len(u64::from(count) * N as u64)
    }
}
