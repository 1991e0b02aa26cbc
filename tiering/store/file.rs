//! `file:`, a directory as a store: create-only through hard links, durable through syncs of files and directories.
//!
//! An object is written under `.tmp`, synced, given its name, and the directory of the name is synced. A name that exists is never
//! replaced by a create; the one that was first is synced before it is reported, so that whoever reads it back may rely on it.
//! Several processes may share the directory. What a crash leaves under `.tmp` is removed a day later.

use crate::store::{Backend, Body, ByteStream, Listed, Part, PutMode, StoreError, StoreErrorKind};
use async_trait::async_trait;
use bytes::Bytes;
use esker_env::{DirEntry, DiskFile, Env, OpenMode, Pool};
use futures::stream::{self, StreamExt};
use std::io::{self, IoSlice};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const TEMPORARY: &str = ".tmp";
const TEMPORARY_AGE_MAX_MS: i64 = 24 * 3600 * 1000;
const READ_LEN: u64 = 1 << 20;

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct FileBackend {
    root: PathBuf,
    env: Env,
    pool: Pool,
}

fn classify(operation: &'static str, key: &str, error: &io::Error) -> StoreError {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => StoreErrorKind::NotFound,
        io::ErrorKind::AlreadyExists => StoreErrorKind::AlreadyExists,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StoreErrorKind::Denied,
        io::ErrorKind::UnexpectedEof => StoreErrorKind::Damaged,
        _ => StoreErrorKind::Unknown,
    };
    StoreError::new(kind, operation, key, error)
}

impl FileBackend {
    /// A store in `root`, which is created where it is missing.
    pub(crate) fn open(root: PathBuf, env: Env, pool: Pool) -> io::Result<Self> {
        env.disk.create_dir_all(&root.join(TEMPORARY))?;
        env.disk.sync_dir(&root)?;
        let backend = Self { root, env, pool };
        backend.clean_temporary()?;
        Ok(backend)
    }

    /// A store in `root`, which must be there; nothing is created or removed.
    pub(crate) fn open_existing(root: PathBuf, env: Env, pool: Pool) -> io::Result<Self> {
        match env.disk.stat(&root)? {
            Some(entry) if entry.is_dir => Ok(Self { root, env, pool }),
            Some(_) => Err(io::ErrorKind::NotADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn clean_temporary(&self) -> io::Result<()> {
        let now = self.env.clock.wall_ms();
        let dir = self.root.join(TEMPORARY);
        for entry in self.env.disk.list(&dir)? {
            if now.saturating_sub(entry.modified_ms) > TEMPORARY_AGE_MAX_MS {
                match self.env.disk.remove_file(&dir.join(&entry.name)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {} // another process may clean at the same time
                }
            }
        }
        Ok(())
    }

    fn path(&self, key: &str) -> PathBuf {
        self.root.join(key)
    }

    async fn run<T: Send + 'static>(
        &self,
        operation: &'static str,
        key: &str,
        job: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let backend = self.clone();
        match self.pool.run(move || job(&backend)).await {
            Ok(done) => done.map_err(|error| classify(operation, key, &error)),
            Err(error) => Err(StoreError::new(StoreErrorKind::Throttled, operation, key, error)),
        }
    }

    /// Creates the missing directories above `path` and makes their names durable.
    fn create_parents(&self, path: &Path) -> io::Result<()> {
        let Some(parent) = path.parent() else { return Ok(()) };
        let missing = parent.ancestors().take_while(|dir| matches!(self.env.disk.stat(dir), Ok(None)));
        let missing: Vec<_> = missing.map(Path::to_path_buf).collect();
        self.env.disk.create_dir_all(parent)?;
        // Also where another process created them a moment ago: its sync may not be done.
        missing.iter().filter_map(|dir| dir.parent()).try_for_each(|dir| self.env.disk.sync_dir(dir))
    }

    fn write(&self, key: &str, body: &Body, mode: PutMode) -> io::Result<()> {
        let target = self.path(key);
        let temporary = self.root.join(TEMPORARY).join(self.env.random.uuid().simple().to_string());
        self.create_parents(&target)?;
        let written = self.write_temporary(&temporary, body).and_then(|()| self.publish(&temporary, &target, mode));
        if mode == PutMode::Create || written.is_err() {
            // Best effort: what stays is removed a day later.
            let _ = self.env.disk.remove_file(&temporary);
        }
        written
    }

    fn write_temporary(&self, path: &Path, body: &Body) -> io::Result<()> {
        let file = self.env.disk.open(path, OpenMode::CreateNew)?;
        Self::write_pieces(&*file, body, 0)?;
        file.sync_data()
    }

    /// Writes a body at `position`; where it ends comes back.
    fn write_pieces(file: &dyn DiskFile, body: &Body, mut position: u64) -> io::Result<u64> {
        for pieces in body.chunks(64) {
            let slices: Vec<_> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
            file.write_all_at(&slices, position)?;
            position += pieces.iter().map(|piece| piece.len() as u64).sum::<u64>();
        }
        Ok(position)
    }

    fn publish(&self, temporary: &Path, target: &Path, mode: PutMode) -> io::Result<()> {
        let parent = target.parent().unwrap_or(&self.root);
        let named = match mode {
            PutMode::Replace => self.env.disk.rename(temporary, target),
            PutMode::Create => self.env.disk.hard_link(temporary, target),
        };
        match named {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            named => {
                self.env.disk.sync_dir(parent)?;
                named
            }
        }
    }

    /// Collects keys in order: a directory sorts as its name and a slash, as keys do.
    fn walk(&self, dir: &str, after: Option<&str>, count_max: usize, found: &mut Vec<Listed>) -> io::Result<()> {
        let mut children: Vec<(String, DirEntry)> = match self.env.disk.list(&self.path(dir)) {
            Ok(entries) => entries
                .into_iter()
                .map(|entry| {
                    let slash = if entry.is_dir { "/" } else { "" };
                    (format!("{dir}{}{slash}", entry.name), entry)
                })
                .collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        children.sort_by(|one, other| one.0.cmp(&other.0));
        for (key, entry) in children {
            if found.len() >= count_max {
                break;
            }
            let is_before = after.is_some_and(|after| key.as_str() <= after && !after.starts_with(&key));
            if entry.is_dir && entry.name != TEMPORARY && !is_before {
                self.walk(&key, after, count_max, found)?;
            } else if !entry.is_dir && after.is_none_or(|after| key.as_str() > after) {
                found.push(Listed { key, len: entry.len, modified_ms: entry.modified_ms });
            }
        }
        Ok(())
    }

    fn parts_dir(&self, upload: &str) -> PathBuf {
        self.root.join(TEMPORARY).join(upload)
    }

    fn read(file: &Arc<dyn DiskFile>, range: Range<u64>) -> io::Result<Bytes> {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        file.read_exact_at(&mut bytes, range.start)?;
        Ok(bytes.into())
    }
}

#[async_trait]
impl Backend for FileBackend {
    async fn put(&self, key: &str, body: &Body, mode: PutMode) -> Result<(), StoreError> {
        let (name, body) = (key.to_owned(), body.clone());
        self.run("put", key, move |backend| backend.write(&name, &body, mode)).await
    }

    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<ByteStream, StoreError> {
        let path = self.path(key);
        let opened = self.run("get", key, move |backend| {
            let file = backend.env.disk.open(&path, OpenMode::Read)?;
            let len = file.len()?;
            Ok((file, len))
        });
        let (file, len) = opened.await?;
        let range = range.unwrap_or(0..len);
        if range.end > len {
            let detail = format!("range {range:?} of {len} bytes");
            return Err(StoreError::new(StoreErrorKind::Damaged, "get", key, detail));
        }
        let (backend, key) = (self.clone(), key.to_owned());
        let pieces = stream::unfold(range, move |rest| {
            let (backend, key, file) = (backend.clone(), key.clone(), Arc::clone(&file));
            async move {
                if rest.is_empty() {
                    return None;
                }
                let now = rest.start..rest.end.min(rest.start + READ_LEN);
                let later = now.end..rest.end;
                let piece = backend.run("get", &key, move |_| Self::read(&file, now)).await;
                let later = if piece.is_ok() { later } else { 0..0 };
                Some((piece, later))
            }
        });
        Ok(pieces.boxed())
    }

    async fn list(&self, prefix: &str, after: Option<&str>, count_max: usize) -> Result<Vec<Listed>, StoreError> {
        let (dir, after) = (prefix.to_owned(), after.map(str::to_owned));
        let walk = move |backend: &Self| {
            let mut found = Vec::new();
            backend.walk(&dir, after.as_deref(), count_max, &mut found)?;
            Ok(found)
        };
        self.run("list", prefix, walk).await
    }

    async fn list_dirs(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let path = self.path(prefix);
        let list = move |backend: &Self| match backend.env.disk.list(&path) {
            Ok(entries) => Ok(entries),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        };
        let entries = self.run("list", prefix, list).await?;
        let dirs = entries.into_iter().filter(|entry| entry.is_dir && entry.name != TEMPORARY);
        let mut names: Vec<_> = dirs.map(|entry| entry.name).collect();
        names.sort_unstable();
        Ok(names)
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StoreError> {
        let paths: Vec<_> = keys.iter().map(|key| self.path(key)).collect();
        let remove = move |backend: &Self| {
            paths.iter().try_for_each(|path| match backend.env.disk.remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            })
        };
        self.run("delete", keys.first().map_or("", String::as_str), remove).await
    }

    async fn begin_multipart(&self, key: &str) -> Result<String, StoreError> {
        let upload = self.env.random.uuid().simple().to_string();
        // One file in which every part has its place.
        let path = self.parts_dir(&upload);
        self.run("multipart", key, move |backend| backend.env.disk.open(&path, OpenMode::CreateNew).map(drop)).await?;
        Ok(upload)
    }

    async fn put_part(&self, key: &str, upload: &str, part: Part, body: &Body) -> Result<String, StoreError> {
        let (path, body) = (self.parts_dir(upload), body.clone());
        let append = move |backend: &Self| {
            let file = backend.env.disk.open(&path, OpenMode::ReadWrite)?;
            Self::write_pieces(&*file, &body, part.position).map(|end| end.to_string())
        };
        self.run("put part", key, append).await
    }

    async fn complete_multipart(&self, key: &str, upload: &str, parts: Vec<String>) -> Result<(), StoreError> {
        let (path, target) = (self.parts_dir(upload), self.path(key));
        let complete = move |backend: &Self| {
            let file = backend.env.disk.open(&path, OpenMode::ReadWrite)?;
            if parts.last().and_then(|end| end.parse().ok()) != Some(file.len()?) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            file.sync_data()?;
            backend.create_parents(&target)?;
            backend.publish(&path, &target, PutMode::Replace)
        };
        self.run("multipart", key, complete).await
    }

    async fn abort_multipart(&self, key: &str, upload: &str) -> Result<(), StoreError> {
        let path = self.parts_dir(upload);
        let abort = move |backend: &Self| match backend.env.disk.remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        self.run("multipart", key, abort).await
    }
}
