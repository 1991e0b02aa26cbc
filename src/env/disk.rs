//! What the broker asks of a disk, stated so that a simulated one can break every promise not made here.

use crate::Mapping;
use std::fmt::Debug;
use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::Arc;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// An existing file, for reading only.
    Read,
    /// An existing file, for reading and writing.
    ReadWrite,
    /// A new file, for reading and writing; an existing one is an error.
    CreateNew,
    /// A file for reading and writing, created empty where it is absent.
    CreateOrOpen,
    /// A file for reading and writing, emptied where it exists.
    Truncate,
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// The last component of the path.
    pub name: String,
    /// Whether it is a directory.
    pub is_dir: bool,
    /// Length in bytes; zero for directories.
    pub len: u64,
    /// Last modification, milliseconds since the Unix epoch.
    pub modified_ms: i64,
}

/// Room on the file system that holds a path, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskSpace {
    /// Size of the file system.
    pub total: u64,
    /// What an unprivileged writer may still take.
    pub available: u64,
}

/// An exclusive lock on a path, given back when dropped or when the process dies.
pub trait PathLock: Send + Sync + Debug {}

/// A file system.
///
/// Durability: a file's bytes are durable after [`DiskFile::sync_data`] returned `Ok`; a name (created, renamed
/// or removed) is durable after [`Disk::sync_dir`] of its directory. Nothing else promises anything across a power cut.
/// All calls block and belong on the disk pool, except where the page cache is known to hold the bytes.
pub trait Disk: Send + Sync + Debug + 'static {
    /// Opens a file.
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>>;

    /// Creates a directory and its missing parents. Succeeds where it exists.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;

    /// Gives a file or directory a new name in one step, replacing a file that has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Makes a second name for a file; fails with `AlreadyExists` where `to` exists.
    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file. An absent file is `NotFound`.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Removes a directory and all that it holds. An absent directory is `NotFound`.
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;

    /// The entries of a directory, in no particular order. Names that are not UTF-8 are left out. Length and time are
    /// asked only of the names that `describe` picks and are zero for the others: the question costs more than the listing.
    fn list_described(&self, path: &Path, describe: &dyn Fn(&str) -> bool) -> io::Result<Vec<DirEntry>>;

    /// The entries of a directory, each described.
    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        self.list_described(path, &|_| true)
    }

    /// The entry that a path names, or `None` where nothing has that name.
    fn stat(&self, path: &Path) -> io::Result<Option<DirEntry>>;

    /// Makes the names in a directory durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// Room on the file system that holds `path`.
    fn space(&self, path: &Path) -> io::Result<DiskSpace>;

    /// Takes an exclusive advisory lock on the file at `path`, creating it; `WouldBlock` where another process holds it.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn PathLock>>;

    /// Reads a whole small file, refusing one longer than `len_max` bytes with `InvalidData`.
    fn read_small(&self, path: &Path, len_max: u64) -> io::Result<Vec<u8>> {
        let file = self.open(path, OpenMode::Read)?;
        let len = file.len()?;
        if len > len_max {
            let text = format!("{} holds {len} bytes, more than the {len_max} allowed", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        let mut bytes = vec![0; usize::try_from(len).map_err(io::Error::other)?];
        file.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }

    /// Replaces a small file so that a crash leaves either the old or the new content: temporary file,
    /// sync, rename, sync of the directory.
    fn replace_small(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut name = path.as_os_str().to_owned();
        name.push(".tmp");
        let temporary = std::path::PathBuf::from(name);
        let file = self.open(&temporary, OpenMode::Truncate)?;
        file.write_all_at(&[IoSlice::new(bytes)], 0)?;
        file.sync_data()?;
        drop(file);
        self.rename(&temporary, path)?;
        self.sync_dir(path.parent().unwrap_or(Path::new(".")))
    }
}

/// An open file. Positions are absolute; there is no cursor, so that readers and the writer share one handle.
#[allow(clippy::len_without_is_empty)] // a file's length is a question to the disk, not a container's size
pub trait DiskFile: Send + Sync + Debug + 'static {
    /// Reads up to `into.len()` bytes; fewer only at the end of the file or by the system's whim.
    fn read_at(&self, into: &mut [u8], position: u64) -> io::Result<usize>;

    /// Reads what the page cache holds; `WouldBlock` where the first byte would have to come from the disk.
    fn read_cached_at(&self, into: &mut [u8], position: u64) -> io::Result<usize>;

    /// Writes all bytes of all slices at `position`.
    fn write_all_at(&self, slices: &[IoSlice<'_>], position: u64) -> io::Result<()>;

    /// Length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Cuts the file or extends it with zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Reserves blocks for `[position, position + len)` without changing the length, so that later writes
    /// there cannot run out of room. A file system that cannot reserve answers `Ok`.
    fn reserve(&self, position: u64, len: u64) -> io::Result<()>;

    /// Gives blocks beyond the file's length back.
    fn release_reserved(&self) -> io::Result<()>;

    /// Dates the last modification, in milliseconds since the Unix epoch: what replaces a file may be as old as it.
    fn set_modified_ms(&self, modified_ms: i64) -> io::Result<()>;

    /// Makes the file's bytes and length durable. After an error the bytes written since the last success
    /// may be gone even if a later call succeeds: never retry, take the directory offline.
    fn sync_data(&self) -> io::Result<()>;

    /// Maps the first `len` bytes, which must lie within the file.
    fn map(&self, len: usize) -> io::Result<Mapping>;

    /// The file's descriptor, for `sendfile`; `None` on a simulated disk.
    fn fd(&self) -> Option<BorrowedFd<'_>>;

    /// Fills `into` from `position` or fails with `UnexpectedEof`.
    fn read_exact_at(&self, mut into: &mut [u8], mut position: u64) -> io::Result<()> {
        while !into.is_empty() {
            match self.read_at(into, position) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => {
                    into = &mut into[n..];
                    position += n as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
