//! Opening a directory: everything is read and judged first; only then, and only if all is well, is anything changed.

use crate::disk_state::{self, QuorumState};
use crate::frame::{self, Tail};
use crate::journal::{self, Journal, Layout, Segment};
use crate::snapshot_file::{self, StoredSnapshot};
use esker_env::{Disk, OpenMode, PathLock};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a directory cannot be opened. Nothing in it has been changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process uses the directory.
    #[error("the metadata directory {0} is in use by another process")]
    InUse(PathBuf),
    /// Something in the directory is damaged or missing. Nothing was deleted.
    #[error("the metadata in {dir} cannot be used, and nothing in it was changed: {reason}")]
    Damaged {
        /// The directory.
        dir: PathBuf,
        /// What is wrong, with the file's name.
        reason: String,
    },
    /// The committed records or the snapshot mean nothing to the state machine.
    #[error("the metadata in {dir} cannot be applied: {reason}")]
    Machine {
        /// The directory.
        dir: PathBuf,
        /// What the state machine says.
        reason: String,
    },
    /// The quorum did not get going.
    #[error("the metadata quorum did not start: {0}")]
    NotStarted(String),
    /// The disk refuses.
    #[error("the metadata directory {dir}: {error}")]
    Io {
        /// The directory.
        dir: PathBuf,
        /// What the disk says.
        error: io::Error,
    },
}

/// What a directory holds.
#[derive(Debug)]
pub struct Opened {
    /// Whether the directory held nothing of a quorum.
    pub fresh: bool,
    /// Vote, purge point, committed point.
    pub state: QuorumState,
    /// The newest snapshot.
    pub snapshot: Option<StoredSnapshot>,
    /// The entries.
    pub journal: Journal,
    /// Keeps other processes out.
    pub lock: Box<dyn PathLock>,
}

/// A file's content as far as it counts.
struct Judged {
    segment: Segment,
    places: Vec<frame::Place>,
    last: Option<crate::types::LogId>,
    torn_at: Option<u64>,
}

/// Opens `dir` for `node`, creating it where it is absent.
pub fn open(disk: &Arc<dyn Disk>, dir: &Path, node: u64, segment_bytes: u64) -> Result<Opened, OpenError> {
    let io = |error| OpenError::Io { dir: dir.to_owned(), error };
    let damaged = |reason: String| OpenError::Damaged { dir: dir.to_owned(), reason };
    make_dir(&**disk, dir).map_err(io)?;
    let lock = disk.lock(&dir.join(".lock")).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => OpenError::InUse(dir.to_owned()),
        _ => io(error),
    })?;
    let names: Vec<String> = disk.list(dir).map_err(io)?.into_iter().map(|entry| entry.name).collect();
    let snapshot = newest_snapshot(&**disk, dir, &names).map_err(damaged)?;
    let state = disk_state::read(&**disk, dir, node).map_err(|error| damaged(error.to_string()))?;
    let found_something = names.iter().any(|name| journal::index_of(name).is_some()) || snapshot.is_some();
    if state.is_none() && found_something {
        return Err(damaged(format!("{} is missing beside a log or snapshot", disk_state::FILE_NAME)));
    }
    let is_new = state.is_none();
    let state = state.unwrap_or_default();
    let fresh = !found_something && state.vote.is_none();
    let judged = judge_segments(disk, dir, &names, &state).map_err(damaged)?;
    check_whole(&state, snapshot.as_ref(), &judged).map_err(damaged)?;
    if is_new {
        // From the first byte of log on there is a state beside it: a log alone is one whose state was lost.
        disk_state::write(&**disk, dir, node, &state).map_err(io)?;
    }
    let layout = settle(&**disk, dir, &names, &state, snapshot.as_ref(), judged).map_err(io)?;
    let journal = Journal::new(Arc::clone(disk), dir, segment_bytes, layout);
    Ok(Opened { fresh, state, snapshot, journal, lock })
}

/// Makes `dir` and what is missing above it, names durable.
fn make_dir(disk: &dyn Disk, dir: &Path) -> io::Result<()> {
    let mut missing = Vec::new();
    for above in dir.ancestors().filter(|above| !above.as_os_str().is_empty()) {
        if disk.stat(above)?.is_some() {
            break;
        }
        missing.push(above);
    }
    disk.create_dir_all(dir)?;
    // An existing directory may be one whose name a killed process did not get to sync.
    if missing.is_empty() {
        missing.push(dir);
    }
    missing.iter().try_for_each(|made| disk.sync_dir(made.parent().unwrap_or(Path::new("."))))
}

fn newest_snapshot(disk: &dyn Disk, dir: &Path, names: &[String]) -> Result<Option<StoredSnapshot>, String> {
    let newest = names.iter().filter_map(|name| snapshot_file::index_of(name)).max();
    newest.map(|index| snapshot_file::read(disk, dir, index)).transpose()
}

/// Reads every file that holds more than purged entries, in order.
fn judge_segments(
    disk: &Arc<dyn Disk>,
    dir: &Path,
    names: &[String],
    state: &QuorumState,
) -> Result<Vec<Judged>, String> {
    let start = state.purged.map_or(0, |purged| purged.index + 1);
    let mut bases: Vec<u64> = names.iter().filter_map(|name| journal::index_of(name)).collect();
    bases.sort_unstable();
    let dead = bases.windows(2).take_while(|pair| pair[1] <= start).count();
    let bases = &bases[dead..];
    let mut judged: Vec<Judged> = Vec::new();
    for (number, &base) in bases.iter().enumerate() {
        let path = dir.join(journal::name(base));
        let one = judge_segment(disk, &path, base)?;
        let next = base + one.places.len() as u64;
        if let Some(torn) = one.torn_at.filter(|_| number + 1 < bases.len()) {
            return Err(format!(
                "{} is damaged at position {torn}: entries in later files show that it had been synced",
                path.display()
            ));
        }
        if let Some(later) = bases.get(number + 1).filter(|later| **later != next) {
            return Err(format!(
                "{} ends before entry {next}, and the next file begins with entry {later}",
                path.display()
            ));
        }
        judged.push(one);
    }
    // Everything in the only file left may be older than an installed snapshot: then it is a leftover.
    if judged.len() == 1 && judged[0].segment.base + judged[0].places.len() as u64 <= start && state.purged.is_some() {
        judged.clear();
    }
    match judged.first() {
        Some(first) if first.segment.base > start => {
            Err(format!("the log begins with entry {}: entry {start} is missing", first.segment.base))
        }
        _ => Ok(judged),
    }
}

fn judge_segment(disk: &Arc<dyn Disk>, path: &Path, base: u64) -> Result<Judged, String> {
    let unreadable = |error: io::Error| format!("{} cannot be read: {error}", path.display());
    let file = disk.open(path, OpenMode::ReadWrite).map_err(unreadable)?;
    let len = usize::try_from(file.len().map_err(unreadable)?).map_err(|error| error.to_string())?;
    let mut bytes = vec![0; len];
    file.read_exact_at(&mut bytes, 0).map_err(unreadable)?;
    let scan = frame::scan(&bytes, base);
    let torn_at = match scan.tail {
        Tail::Clean => None,
        Tail::Torn(position) => Some(position),
        Tail::Damaged { position, reason } => {
            return Err(format!("{} is damaged at position {position}: {reason}", path.display()));
        }
    };
    let segment = Segment { base, file, len: torn_at.unwrap_or(len as u64) };
    Ok(Judged { segment, places: scan.places, last: scan.last, torn_at })
}

/// Checks that snapshot and entries together hold all that was committed.
fn check_whole(state: &QuorumState, snapshot: Option<&StoredSnapshot>, judged: &[Judged]) -> Result<(), String> {
    let covered = snapshot.map(|snapshot| snapshot.last.index);
    if let Some(purged) = state.purged
        && covered.is_none_or(|covered| covered < purged.index)
    {
        return Err(format!("entries up to {} were purged, and no snapshot holds them", purged.index));
    }
    let last = judged.iter().rev().find_map(|one| one.last).map(|last| last.index).max(covered);
    if let Some(committed) = state.committed.filter(|committed| last.is_none_or(|last| last < committed.index)) {
        let torn = judged.last().and_then(|one| one.torn_at.map(|at| (one.segment.base, at)));
        let place = torn.map_or_else(
            || "the log ends before it".to_owned(),
            |(base, at)| format!("{} is damaged at position {at}", journal::name(base)),
        );
        return Err(format!("entry {} had been committed and is missing: {place}", committed.index));
    }
    Ok(())
}

/// Cuts a torn tail and removes what is superseded. From here on the directory is known to be good.
fn settle(
    disk: &dyn Disk,
    dir: &Path,
    names: &[String],
    state: &QuorumState,
    snapshot: Option<&StoredSnapshot>,
    judged: Vec<Judged>,
) -> io::Result<Layout> {
    if let Some(last) = judged.last() {
        if let Some(at) = last.torn_at {
            let cut = last.segment.file.len()?.saturating_sub(at);
            let file = journal::name(last.segment.base);
            tracing::warn!(file, position = at, bytes = cut, "cutting the remains of a write that a crash interrupted");
            last.segment.file.set_len(at)?;
        }
        // A process that was killed leaves whole entries that are in the page cache only, and names likewise: from now on
        // they count, so they must be durable.
        last.segment.file.sync_data()?;
    }
    disk.sync_dir(dir)?;
    let kept = |name: &str| match (journal::index_of(name), snapshot_file::index_of(name)) {
        (Some(base), _) => judged.iter().any(|one| one.segment.base == base),
        (_, Some(index)) => snapshot.is_some_and(|newest| newest.last.index == index),
        _ => !name.ends_with(".tmp"),
    };
    for name in names.iter().filter(|name| !kept(name)) {
        match disk.remove_file(&dir.join(name)) {
            // Writing the first state has used up the remains of an earlier try.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
    }
    let start = state.purged.map_or(0, |purged| purged.index + 1);
    let mut layout = Layout { start, next: start, last: state.purged, ..Layout::default() };
    for one in judged {
        layout.next = one.segment.base + one.places.len() as u64;
        layout.last = one.last.or(layout.last);
        layout.places.extend(one.places);
        layout.segments.push(one.segment);
    }
    layout.start = layout.start.min(layout.next);
    Ok(layout)
}
