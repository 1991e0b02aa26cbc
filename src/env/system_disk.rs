//! The machine's file system, through rustix.

use crate::disk::{DirEntry, Disk, DiskFile, DiskSpace, OpenMode, PathLock};
use crate::mapping::Mapping;
use rustix::fs::{FallocateFlags, FlockOperation};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

/// The real disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDisk;

#[derive(Debug)]
struct SystemFile(File);

#[derive(Debug)]
struct SystemLock(#[allow(dead_code)] File); // held for its descriptor: closing it gives the lock back

impl PathLock for SystemLock {}

impl Disk for SystemDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true);
        match mode {
            OpenMode::Read => &mut options,
            OpenMode::ReadWrite => options.write(true),
            OpenMode::CreateNew => options.write(true).create_new(true),
            OpenMode::CreateOrOpen => options.write(true).create(true).truncate(false),
            OpenMode::Truncate => options.write(true).create(true).truncate(true),
        };
        Ok(Arc::new(SystemFile(options.open(path)?)))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        std::fs::create_dir_all(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::hard_link(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_dir_all(path)
    }

    fn list_described(&self, path: &Path, describe_name: &dyn Fn(&str) -> bool) -> io::Result<Vec<DirEntry>> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if !describe_name(&name) {
                let is_dir = entry.file_type()?.is_dir();
                entries.push(DirEntry { name, is_dir, len: 0, modified_ms: 0 });
                continue;
            }
            match entry.metadata() {
                Ok(metadata) => entries.push(describe(name, &metadata)),
                // Removed between the listing and the question: as if it had never been listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(entries)
    }

    fn stat(&self, path: &Path) -> io::Result<Option<DirEntry>> {
        match std::fs::metadata(path) {
            Ok(metadata) => {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                Ok(Some(describe(name.unwrap_or_default(), &metadata)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        File::open(path)?.sync_all()
    }

    fn space(&self, path: &Path) -> io::Result<DiskSpace> {
        let stat = rustix::fs::statvfs(path)?;
        Ok(DiskSpace {
            total: stat.f_blocks.saturating_mul(stat.f_frsize),
            available: stat.f_bavail.saturating_mul(stat.f_frsize),
        })
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn PathLock>> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Box::new(SystemLock(file)))
    }
}

fn describe(name: String, metadata: &Metadata) -> DirEntry {
    let modified = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    DirEntry {
        name,
        is_dir: metadata.is_dir(),
        len: if metadata.is_dir() { 0 } else { metadata.len() },
        modified_ms: modified.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(0),
    }
}

impl DiskFile for SystemFile {
    fn read_at(&self, into: &mut [u8], position: u64) -> io::Result<usize> {
        self.0.read_at(into, position)
    }

    fn read_cached_at(&self, into: &mut [u8], position: u64) -> io::Result<usize> {
        let mut slices = [IoSliceMut::new(into)];
        match rustix::io::preadv2(&self.0, &mut slices, position, rustix::io::ReadWriteFlags::NOWAIT) {
            Ok(n) => Ok(n),
            // A file system without the flag cannot say what is cached: let the caller take the slow way.
            Err(rustix::io::Errno::OPNOTSUPP) => Err(io::ErrorKind::WouldBlock.into()),
            Err(error) => Err(error.into()),
        }
    }

    fn write_all_at(&self, slices: &[IoSlice<'_>], mut position: u64) -> io::Result<()> {
        if let [one] = slices {
            return self.0.write_all_at(one, position);
        }
        let mut owned: Vec<IoSlice<'_>> = slices.to_vec();
        let mut rest = &mut owned[..];
        IoSlice::advance_slices(&mut rest, 0);
        while !rest.is_empty() {
            match rustix::io::pwritev(&self.0, rest, position) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => {
                    position += n as u64;
                    IoSlice::advance_slices(&mut rest, n);
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn reserve(&self, position: u64, len: u64) -> io::Result<()> {
        if len == 0 {
            return Ok(());
        }
        match rustix::fs::fallocate(&self.0, FallocateFlags::KEEP_SIZE, position, len) {
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => Ok(()),
            other => Ok(other?),
        }
    }

    fn release_reserved(&self) -> io::Result<()> {
        // Cutting a file to the length that it has frees the blocks reserved behind it.
        let len = self.0.metadata()?.len();
        self.0.set_len(len)
    }

    fn set_modified_ms(&self, modified_ms: i64) -> io::Result<()> {
        let since = std::time::Duration::from_millis(u64::try_from(modified_ms).unwrap_or(0));
        self.0.set_modified(UNIX_EPOCH + since)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn map(&self, len: usize) -> io::Result<Mapping> {
        if len as u64 > self.0.metadata()?.len() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a mapping must lie within its file"));
        }
        // A raw mapping hands out pointers, not references: bytes that change underneath break no rule of Rust.
        let options = memmap2::MmapOptions::new().len(len).clone();
        match options.map_raw(&self.0) {
            Ok(map) => {
                // What is written entry by entry needs one page at a time: reading ahead would fill the page cache with a file's empty
                // rest, 128 KiB for the first entry. A system that takes no advice works as before.
                let _refused = map.advise(memmap2::Advice::Random);
                Ok(Mapping::of_file(map, true))
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Ok(Mapping::of_file(options.map_raw_read_only(&self.0)?, false))
            }
            Err(error) => Err(error),
        }
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.0.as_fd())
    }
}
