//! A file system in memory that records, fails and forgets on request.

use super::clock::SimClock;
use super::crash::CrashImages;
use super::faults::{Faults, NameFault};
use super::tree::{DirId, FileId, NameEdit, Node, Op, Tree, names_of};
use crate::mapping::SimulatedMemory;
use crate::{Clock, DirEntry, Disk, DiskFile, DiskSpace, Mapping, OpenMode, PathLock};
use parking_lot::Mutex;
use std::collections::HashSet;
use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A simulated disk; clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct SimDisk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    tree: Tree,
    journal: Option<Vec<Op>>,
    locked: HashSet<PathBuf>,
    clock: Option<Arc<SimClock>>,
    faults: Faults,
    syncs: u64,
}

impl SimDisk {
    /// An empty disk that records nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty disk that records what is done to it.
    pub fn recording() -> Self {
        let disk = Self::default();
        disk.0.lock().journal = Some(Vec::new());
        disk
    }

    pub(super) fn of_tree(tree: Tree) -> Self {
        Self(Arc::new(Mutex::new(State { tree, ..State::default() })))
    }

    /// Starts to record, from the state that the disk has now.
    ///
    /// # Panics
    /// Where the disk records already.
    pub fn record(&self) {
        let mut state = self.0.lock();
        assert!(state.journal.is_none(), "a disk records once");
        state.journal = Some(Vec::new());
    }

    /// Gives all locks back, as the end of the process that held them does.
    pub fn release_locks(&self) {
        self.0.lock().locked.clear();
    }

    pub(super) fn date_by(&self, clock: Arc<SimClock>) {
        self.0.lock().clock = Some(clock);
    }

    /// Operations recorded so far: a moment to which a promise ("was synced") can be pinned.
    pub fn op_count(&self) -> usize {
        self.0.lock().journal.as_ref().map_or(0, Vec::len)
    }

    /// Calls of `sync_data` so far, failed ones included.
    pub fn sync_count(&self) -> u64 {
        self.0.lock().syncs
    }

    /// The states in which a power cut during the recorded run could have left an empty disk.
    /// `subsets_max` limits the states tried per moment where more than six operations were not yet durable.
    pub fn crash_images(&self, seed: u64, subsets_max: usize) -> CrashImages {
        CrashImages::new(self.0.lock().journal.clone().unwrap_or_default(), seed, subsets_max)
    }

    /// Lets the `nth` sync of a file from now (1 is the next) fail with EIO; later ones succeed, which proves nothing
    /// about the bytes that the failed one was asked for.
    pub fn fail_sync(&self, nth: u64) {
        self.0.lock().faults.syncs_until_failure = Some(nth);
    }

    /// Limits the room for all files to `bytes`; writes beyond it fail with `StorageFull`. `None` lifts the limit.
    pub fn limit_space(&self, bytes: Option<u64>) {
        self.0.lock().faults.space_max = bytes;
    }

    /// Makes reads of the file at `path` fail with EIO.
    pub fn fail_reads(&self, path: &Path) {
        let mut state = self.0.lock();
        let file = state.existing_file(path);
        state.faults.unreadable.insert(file);
    }

    /// Makes writes to the file at `path` fail with EIO.
    pub fn fail_writes(&self, path: &Path) {
        let mut state = self.0.lock();
        let file = state.existing_file(path);
        state.faults.unwritable.insert(file);
    }

    /// Lets `fault` happen to every file that is opened by a name that begins with `path` from now on; `None` ends that.
    pub fn fail_named(&self, path: &Path, fault: Option<NameFault>) {
        self.0.lock().faults.fail_named(path, fault);
    }

    /// While `cold`, nothing is in the page cache.
    pub fn set_cold(&self, cold: bool) {
        self.0.lock().faults.cold = cold;
    }

    /// Turns one bit of the file at `path` over, as a rotting medium does: unseen and unrecorded.
    pub fn flip_bit(&self, path: &Path, position: u64, bit: u8) {
        let mut state = self.0.lock();
        let file = state.existing_file(path);
        Arc::make_mut(&mut state.tree.files[file].bytes)[position as usize] ^= 1 << bit;
    }
}

impl State {
    fn existing_file(&self, path: &Path) -> FileId {
        match self.tree.look_up(path) {
            Ok(Some(Node::File(file))) => file,
            other => panic!("no file at {}: {other:?}", path.display()),
        }
    }

    fn do_op(&mut self, op: Op) {
        self.tree.apply(&op);
        let now = self.clock.as_ref().map_or(0, |clock| clock.wall_ms());
        if let Op::Write { file, .. } | Op::SetLen { file, .. } = &op {
            self.tree.files[*file].modified_ms = now;
        }
        if let Some(journal) = &mut self.journal {
            journal.push(op);
        }
    }

    fn name(&mut self, dir: DirId, name: String, node: Option<Node>) {
        self.do_op(Op::Names(vec![NameEdit { dir, name, node }]));
    }

    fn create_file(&mut self, path: &Path) -> io::Result<FileId> {
        let (dir, name) = self.tree.place_of(path)?;
        let file = self.tree.new_file();
        self.name(dir, name, Some(Node::File(file)));
        Ok(file)
    }

    /// Removes what a directory holds, deepest first.
    fn empty_dir(&mut self, dir: DirId) {
        for (name, node) in self.tree.dirs[dir].clone() {
            if let Node::Dir(inner) = node {
                self.empty_dir(inner);
            }
            self.name(dir, name, None);
        }
    }

    fn describe(&self, name: &str, node: Node) -> DirEntry {
        let name = name.to_owned();
        match node {
            Node::Dir(_) => DirEntry { name, is_dir: true, len: 0, modified_ms: 0 },
            Node::File(file) => {
                let file = &self.tree.files[file];
                DirEntry { name, is_dir: false, len: file.bytes.len() as u64, modified_ms: file.modified_ms }
            }
        }
    }

    fn write(&mut self, file: FileId, position: u64, bytes: &[u8]) -> io::Result<()> {
        self.faults.at_write(file)?;
        let fits = self.room_for(file, position + bytes.len() as u64);
        let kept = fits.saturating_sub(position).min(bytes.len() as u64) as usize;
        if kept > 0 {
            self.do_op(Op::Write { file, position, bytes: bytes[..kept].into() });
        }
        if kept == bytes.len() { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
    }

    /// How far the file may reach, up to `end`.
    fn room_for(&self, file: FileId, end: u64) -> u64 {
        let Some(max) = self.faults.space_max else { return end };
        let own = self.tree.files[file].allocated;
        let left = max.saturating_sub(self.tree.allocated());
        end.min(own + left)
    }

    fn sync(&mut self, file: FileId) -> io::Result<()> {
        self.syncs += 1;
        if let Err(error) = self.faults.at_sync(file) {
            self.do_op(Op::SyncFileFailed(file));
            return Err(error);
        }
        self.do_op(Op::SyncFile(file));
        Ok(())
    }
}

impl Disk for SimDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.0.lock();
        let found = match state.tree.look_up(path)? {
            Some(Node::Dir(_)) => return Err(io::ErrorKind::IsADirectory.into()),
            Some(Node::File(file)) => Some(file),
            None => None,
        };
        state.faults.at_open(path, mode)?;
        let file = match (mode, found) {
            (OpenMode::CreateNew, Some(_)) => return Err(io::ErrorKind::AlreadyExists.into()),
            (OpenMode::Read | OpenMode::ReadWrite, None) => return Err(io::ErrorKind::NotFound.into()),
            (_, None) => state.create_file(path)?,
            (OpenMode::Truncate, Some(file)) => {
                state.do_op(Op::SetLen { file, len: 0 });
                file
            }
            (_, Some(file)) => file,
        };
        state.faults.opened(path, file);
        Ok(Arc::new(SimFile { disk: self.clone(), file, writable: mode != OpenMode::Read }))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        let mut dir = super::tree::ROOT;
        for name in names_of(path)? {
            dir = match state.tree.dirs[dir].get(name) {
                Some(Node::Dir(inner)) => *inner,
                Some(Node::File(_)) => return Err(io::ErrorKind::AlreadyExists.into()),
                None => {
                    let made = state.tree.new_dir();
                    state.name(dir, name.to_owned(), Some(Node::Dir(made)));
                    made
                }
            };
        }
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        let node = state.tree.look_up(from)?.ok_or(io::ErrorKind::NotFound)?;
        state.faults.at_rename(from)?;
        if let Some(Node::Dir(target)) = state.tree.look_up(to)?
            && !state.tree.dirs[target].is_empty()
        {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        let (from_dir, from_name) = state.tree.place_of(from)?;
        let (to_dir, to_name) = state.tree.place_of(to)?;
        state.do_op(Op::Names(vec![
            NameEdit { dir: from_dir, name: from_name, node: None },
            NameEdit { dir: to_dir, name: to_name, node: Some(node) },
        ]));
        Ok(())
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        let Some(Node::File(file)) = state.tree.look_up(from)? else { return Err(io::ErrorKind::NotFound.into()) };
        if state.tree.look_up(to)?.is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let (dir, name) = state.tree.place_of(to)?;
        state.name(dir, name, Some(Node::File(file)));
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        match state.tree.look_up(path)? {
            Some(Node::File(_)) => {}
            Some(Node::Dir(_)) => return Err(io::ErrorKind::IsADirectory.into()),
            None => return Err(io::ErrorKind::NotFound.into()),
        }
        let (dir, name) = state.tree.place_of(path)?;
        state.name(dir, name, None);
        Ok(())
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        let inner = state.tree.dir_at(path)?;
        state.empty_dir(inner);
        let (dir, name) = state.tree.place_of(path)?;
        state.name(dir, name, None);
        Ok(())
    }

    fn list_described(&self, path: &Path, _describe: &dyn Fn(&str) -> bool) -> io::Result<Vec<DirEntry>> {
        let state = self.0.lock();
        let dir = state.tree.dir_at(path)?;
        Ok(state.tree.dirs[dir].iter().map(|(name, &node)| state.describe(name, node)).collect())
    }

    fn stat(&self, path: &Path) -> io::Result<Option<DirEntry>> {
        let state = self.0.lock();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        Ok(state.tree.look_up(path)?.map(|node| state.describe(name, node)))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        let dir = state.tree.dir_at(path)?;
        state.do_op(Op::SyncDir(dir));
        Ok(())
    }

    fn space(&self, _path: &Path) -> io::Result<DiskSpace> {
        let state = self.0.lock();
        let total = state.faults.space_max.unwrap_or(1 << 40);
        Ok(DiskSpace { total, available: total.saturating_sub(state.tree.allocated()) })
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn PathLock>> {
        let existing = self.0.lock().tree.look_up(path)?;
        if existing.is_none() {
            self.open(path, OpenMode::CreateOrOpen)?;
        }
        if !self.0.lock().locked.insert(path.to_owned()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(SimLock { disk: self.clone(), path: path.to_owned() }))
    }
}

#[derive(Debug)]
struct SimLock {
    disk: SimDisk,
    path: PathBuf,
}

impl PathLock for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        self.disk.0.lock().locked.remove(&self.path);
    }
}

#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    file: FileId,
    writable: bool,
}

impl SimFile {
    fn check_writable(&self) -> io::Result<()> {
        // What the system answers to a write through a descriptor opened for reading.
        if self.writable { Ok(()) } else { Err(io::Error::from_raw_os_error(9)) }
    }
}

impl DiskFile for SimFile {
    fn read_at(&self, into: &mut [u8], position: u64) -> io::Result<usize> {
        let state = self.disk.0.lock();
        state.faults.at_read(self.file)?;
        let bytes = &state.tree.files[self.file].bytes;
        let rest = bytes.get(position as usize..).unwrap_or_default();
        let n = rest.len().min(into.len());
        into[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }

    fn read_cached_at(&self, into: &mut [u8], position: u64) -> io::Result<usize> {
        if self.disk.0.lock().faults.cold {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.read_at(into, position)
    }

    fn write_all_at(&self, slices: &[IoSlice<'_>], position: u64) -> io::Result<()> {
        self.check_writable()?;
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        self.disk.0.lock().write(self.file, position, &bytes)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.0.lock().tree.files[self.file].bytes.len() as u64)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check_writable()?;
        self.disk.0.lock().do_op(Op::SetLen { file: self.file, len });
        Ok(())
    }

    fn reserve(&self, position: u64, len: u64) -> io::Result<()> {
        self.check_writable()?;
        let mut state = self.disk.0.lock();
        if state.room_for(self.file, position + len) < position + len {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let file = &mut state.tree.files[self.file];
        file.allocated = file.allocated.max(position + len);
        Ok(())
    }

    fn release_reserved(&self) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        let file = &mut state.tree.files[self.file];
        file.allocated = file.allocated.min(file.bytes.len() as u64);
        Ok(())
    }

    fn set_modified_ms(&self, modified_ms: i64) -> io::Result<()> {
        self.disk.0.lock().tree.files[self.file].modified_ms = modified_ms;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.0.lock().sync(self.file)
    }

    fn map(&self, len: usize) -> io::Result<Mapping> {
        if len as u64 > self.len()? {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a mapping must lie within its file"));
        }
        let memory = SimMemory { disk: self.disk.clone(), file: self.file };
        Ok(Mapping::of_simulated(Arc::new(memory), len, self.writable))
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

/// A mapped file. Touching what lies beyond the file's present end is the SIGBUS of a real mapping, and panics.
#[derive(Debug)]
struct SimMemory {
    disk: SimDisk,
    file: FileId,
}

impl SimulatedMemory for SimMemory {
    fn read(&self, position: usize, into: &mut [u8]) {
        let state = self.disk.0.lock();
        into.copy_from_slice(&state.tree.files[self.file].bytes[position..position + into.len()]);
    }

    fn write(&self, position: usize, from: &[u8]) {
        let mut state = self.disk.0.lock();
        let len = state.tree.files[self.file].bytes.len();
        assert!(position + from.len() <= len, "a write beyond the end of a mapped file");
        let write = Op::Write { file: self.file, position: position as u64, bytes: from.into() };
        state.do_op(write);
    }

    fn flush(&self) -> io::Result<()> {
        self.disk.0.lock().sync(self.file)
    }
}
