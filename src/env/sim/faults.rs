//! What goes wrong on a simulated disk, and where.

use super::tree::FileId;
use crate::OpenMode;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

/// What EIO is to the standard library.
const EIO: i32 = 5;

/// What goes wrong with files of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFault {
    /// They cannot be opened for writing: EIO.
    Open,
    /// They cannot be written to: EIO.
    Write,
    /// There is no room for what is written to them.
    Full,
    /// They cannot be synced: EIO.
    Sync,
    /// They cannot be renamed: EIO.
    Rename,
    /// They cannot be read: EIO.
    Read,
}

fn eio() -> io::Error {
    io::Error::from_raw_os_error(EIO)
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) syncs_until_failure: Option<u64>,
    pub(super) space_max: Option<u64>,
    pub(super) unreadable: HashSet<FileId>,
    pub(super) unwritable: HashSet<FileId>,
    pub(super) cold: bool,
    named: Option<(PathBuf, NameFault)>,
    /// Those that were opened by a name that fails.
    named_files: HashSet<FileId>,
}

impl Faults {
    pub(super) fn fail_named(&mut self, path: &Path, fault: Option<NameFault>) {
        self.named = fault.map(|fault| (path.to_owned(), fault));
        self.named_files.clear();
    }

    fn of_name(&self, path: &Path) -> Option<NameFault> {
        let (start, fault) = self.named.as_ref()?;
        // Bytes and not whole names: what is written first has a longer name.
        let begins = path.as_os_str().as_encoded_bytes().starts_with(start.as_os_str().as_encoded_bytes());
        begins.then_some(*fault)
    }

    fn of_file(&self, file: FileId) -> Option<NameFault> {
        self.named.as_ref().filter(|_| self.named_files.contains(&file)).map(|(_, fault)| *fault)
    }

    pub(super) fn at_open(&self, path: &Path, mode: OpenMode) -> io::Result<()> {
        let fails = mode != OpenMode::Read && self.of_name(path) == Some(NameFault::Open);
        if fails { Err(eio()) } else { Ok(()) }
    }

    pub(super) fn opened(&mut self, path: &Path, file: FileId) {
        if self.of_name(path).is_some() {
            self.named_files.insert(file);
        }
    }

    pub(super) fn at_write(&self, file: FileId) -> io::Result<()> {
        match self.of_file(file) {
            Some(NameFault::Write) => Err(eio()),
            Some(NameFault::Full) => Err(io::ErrorKind::StorageFull.into()),
            _ if self.unwritable.contains(&file) => Err(eio()),
            _ => Ok(()),
        }
    }

    pub(super) fn at_sync(&mut self, file: FileId) -> io::Result<()> {
        if let Some(left) = &mut self.syncs_until_failure {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.syncs_until_failure = None;
                return Err(eio());
            }
        }
        if self.of_file(file) == Some(NameFault::Sync) { Err(eio()) } else { Ok(()) }
    }

    pub(super) fn at_rename(&self, from: &Path) -> io::Result<()> {
        if self.of_name(from) == Some(NameFault::Rename) { Err(eio()) } else { Ok(()) }
    }

    pub(super) fn at_read(&self, file: FileId) -> io::Result<()> {
        let fails = self.unreadable.contains(&file) || self.of_file(file) == Some(NameFault::Read);
        if fails { Err(eio()) } else { Ok(()) }
    }
}
