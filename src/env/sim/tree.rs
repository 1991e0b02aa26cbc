//! The state of a simulated disk and the operations that change it.
//!
//! A directory is a table of names, a file is bytes; both are numbered once and for all, so that an operation means the
//! same on the disk it was done to and on any state that a crash may have left.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path};
use std::sync::Arc;

pub(super) type DirId = usize;
pub(super) type FileId = usize;

/// The root directory's number.
pub(super) const ROOT: DirId = 0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Dir(DirId),
    File(FileId),
}

/// One entry of a directory given or taken away.
#[derive(Clone, Debug)]
pub(super) struct NameEdit {
    pub(super) dir: DirId,
    pub(super) name: String,
    pub(super) node: Option<Node>,
}

/// What was done to the disk.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// Names changed together: both halves of a rename, or one creation or removal.
    Names(Vec<NameEdit>),
    Write {
        file: FileId,
        position: u64,
        bytes: Arc<[u8]>,
    },
    SetLen {
        file: FileId,
        len: u64,
    },
    SyncFile(FileId),
    /// A sync that reported an error: what was unsynced then is never known to be durable again.
    SyncFileFailed(FileId),
    SyncDir(DirId),
}

#[derive(Clone, Debug, Default)]
pub(super) struct FileState {
    pub(super) bytes: Arc<Vec<u8>>,
    /// Blocks taken, as a length: what was written or reserved, holes left out.
    pub(super) allocated: u64,
    pub(super) modified_ms: i64,
}

/// Directories and files.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) dirs: Vec<BTreeMap<String, Node>>,
    pub(super) files: Vec<FileState>,
}

impl Default for Tree {
    fn default() -> Self {
        Self { dirs: vec![BTreeMap::new()], files: Vec::new() }
    }
}

/// The names on the way to `path`; `.` and the root are no names.
pub(super) fn names_of(path: &Path) -> io::Result<Vec<&str>> {
    let mut names = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => names.push(name.to_str().ok_or(io::ErrorKind::InvalidInput)?),
            Component::ParentDir => return Err(io::ErrorKind::InvalidInput.into()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    Ok(names)
}

impl Tree {
    pub(super) fn look_up(&self, path: &Path) -> io::Result<Option<Node>> {
        let mut node = Node::Dir(ROOT);
        for name in names_of(path)? {
            let Node::Dir(dir) = node else { return Ok(None) };
            match self.dirs[dir].get(name) {
                Some(&found) => node = found,
                None => return Ok(None),
            }
        }
        Ok(Some(node))
    }

    pub(super) fn dir_at(&self, path: &Path) -> io::Result<DirId> {
        match self.look_up(path)? {
            Some(Node::Dir(dir)) => Ok(dir),
            Some(Node::File(_)) => Err(io::ErrorKind::NotADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// The directory that holds the last name of `path`, and that name.
    pub(super) fn place_of(&self, path: &Path) -> io::Result<(DirId, String)> {
        let name = path.file_name().and_then(|name| name.to_str()).ok_or(io::ErrorKind::InvalidInput)?;
        Ok((self.dir_at(path.parent().unwrap_or(Path::new("")))?, name.to_owned()))
    }

    pub(super) fn new_dir(&mut self) -> DirId {
        self.dirs.push(BTreeMap::new());
        self.dirs.len() - 1
    }

    pub(super) fn new_file(&mut self) -> FileId {
        self.files.push(FileState::default());
        self.files.len() - 1
    }

    /// Bytes that all files take.
    pub(super) fn allocated(&self) -> u64 {
        self.files.iter().map(|file| file.allocated).sum()
    }

    /// Does `op` to this state. Syncs change nothing that can be seen.
    pub(super) fn apply(&mut self, op: &Op) {
        match op {
            Op::Names(edits) => self.apply_names(edits),
            Op::Write { file, position, bytes } => self.write(*file, *position, bytes),
            Op::SetLen { file, len } => self.set_len(*file, *len),
            Op::SyncFile(_) | Op::SyncFileFailed(_) | Op::SyncDir(_) => {}
        }
    }

    fn apply_names(&mut self, edits: &[NameEdit]) {
        for edit in edits {
            let highest = edit.dir.max(if let Some(Node::Dir(dir)) = edit.node { dir } else { 0 });
            self.dirs.resize_with(self.dirs.len().max(highest + 1), BTreeMap::new);
            if let Some(Node::File(file)) = edit.node {
                self.file(file);
            }
            match edit.node {
                Some(node) => self.dirs[edit.dir].insert(edit.name.clone(), node),
                None => self.dirs[edit.dir].remove(&edit.name),
            };
        }
    }

    fn file(&mut self, file: FileId) -> &mut FileState {
        self.files.resize_with(self.files.len().max(file + 1), FileState::default);
        &mut self.files[file]
    }

    pub(super) fn write(&mut self, file: FileId, position: u64, from: &[u8]) {
        let file = self.file(file);
        let (start, end) = (position as usize, position as usize + from.len());
        let bytes = Arc::make_mut(&mut file.bytes);
        bytes.resize(bytes.len().max(end), 0);
        bytes[start..end].copy_from_slice(from);
        file.allocated = file.allocated.max(end as u64);
    }

    pub(super) fn set_len(&mut self, file: FileId, len: u64) {
        let file = self.file(file);
        Arc::make_mut(&mut file.bytes).resize(len as usize, 0);
        file.allocated = file.allocated.min(len);
    }
}
