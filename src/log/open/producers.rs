//! The producers of a log when it is opened: the newest sound snapshot, and what follows it in the log.

use crate::files::SegmentFile;
use crate::producer::{ProducerEntry, ProducerState, parse_snapshot};
use esker_env::{Disk, Env};
use esker_model::Offset;
use std::io;
use std::path::Path;

/// Largest snapshot that is read: a million producers.
const SNAPSHOT_LEN_MAX: u64 = 46 << 20;

/// The newest sound snapshot at or below `upto` and the offset it stands for; damaged ones are removed.
pub(crate) fn newest_snapshot(
    disk: &dyn Disk,
    dir: &Path,
    offsets: &[Offset],
    upto: Offset,
) -> io::Result<Option<(Offset, Vec<ProducerEntry>)>> {
    let mut candidates: Vec<Offset> = offsets.iter().copied().filter(|offset| *offset <= upto).collect();
    candidates.sort_unstable_by(|a, b| b.cmp(a));
    for offset in candidates {
        let path = SegmentFile::Snapshot.path(dir, offset);
        match disk.read_small(&path, SNAPSHOT_LEN_MAX) {
            Ok(bytes) => match parse_snapshot(&bytes) {
                Ok(producers) => return Ok(Some((offset, producers))),
                Err(error) => {
                    tracing::warn!(snapshot = %path.display(), %error, "damaged producer snapshot is removed");
                    disk.remove_file(&path)?;
                }
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidData => disk.remove_file(&path)?,
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Fills `producers` from a snapshot, or empties it as of `otherwise`; as of which offset it stands then.
pub(crate) fn restore(
    producers: &mut ProducerState,
    snapshot: Option<(Offset, Vec<ProducerEntry>)>,
    otherwise: Offset,
    env: &Env,
    expiration_ms: i64,
) -> Offset {
    let (offset, entries) = snapshot.unwrap_or((otherwise, Vec::new()));
    producers.reload(offset, entries, env.clock.wall_ms(), expiration_ms);
    offset
}

/// Offsets of the snapshots in a directory, ascending.
pub(crate) fn snapshot_offsets(disk: &dyn Disk, dir: &Path) -> io::Result<Vec<Offset>> {
    let names = disk.list_described(dir, &|_| false)?;
    let mut offsets: Vec<Offset> = names
        .iter()
        .filter_map(|entry| SegmentFile::parse(&entry.name))
        .filter_map(|(kind, offset)| (kind == SegmentFile::Snapshot).then_some(offset))
        .collect();
    offsets.sort_unstable();
    Ok(offsets)
}

/// Removes the snapshots that `stray` picks.
pub(crate) fn remove_snapshots(
    disk: &dyn Disk,
    dir: &Path,
    offsets: &[Offset],
    stray: impl Fn(Offset) -> bool,
) -> io::Result<()> {
    for &offset in offsets.iter().filter(|offset| stray(**offset)) {
        match disk.remove_file(&SegmentFile::Snapshot.path(dir, offset)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
