//! What an interrupted deletion or compaction left in a partition's directory, and what becomes of it.
//!
//! - `.deleted`, `.tmp`: removed. - `.cleaned`: a compaction that was not finished, removed, and with it every `.swap` of the same
//!   one. - `.swap`: a compaction that was finished but not yet put in place: it replaces the segments that it was made of.

use crate::files::{CLEANED_SUFFIX, DELETED_SUFFIX, SWAP_SUFFIX, SegmentFile, TEMPORARY_SUFFIX};
use crate::segment::{Walk, WalkError};
use esker_env::{Disk, OpenMode};
use esker_model::Offset;
use std::io;
use std::path::Path;

/// What to do with the files of a directory, in this order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Leftovers {
    pub(super) remove: Vec<String>,
    /// Finished compacted segments by base offset, ascending.
    pub(super) swapped: Vec<Offset>,
    /// Their files, which lose the suffix.
    pub(super) rename: Vec<String>,
}

/// Decides from the names alone.
pub(super) fn plan<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Leftovers {
    let mut leftovers = Leftovers::default();
    let base_of = |name: &str, suffix| name.strip_suffix(suffix).and_then(SegmentFile::parse);
    let first_cleaned = names.clone().filter_map(|name| base_of(name, CLEANED_SUFFIX)).map(|(_, base)| base).min();
    for name in names {
        if name.ends_with(DELETED_SUFFIX) || name.ends_with(TEMPORARY_SUFFIX) || name.ends_with(CLEANED_SUFFIX) {
            leftovers.remove.push(name.to_owned());
        } else if let Some((kind, base)) = base_of(name, SWAP_SUFFIX) {
            if first_cleaned.is_some_and(|first| base >= first) {
                leftovers.remove.push(name.to_owned());
            } else {
                leftovers.rename.push(name.to_owned());
                leftovers.swapped.extend((kind == SegmentFile::Log).then_some(base));
            }
        }
    }
    leftovers.swapped.sort_unstable();
    leftovers
}

/// Tidies the directory up; whether anything was done, so that the caller lists it again.
///
/// Each step is durable before the next: of a compaction that is undone no `.swap` may outlive the `.cleaned` that condemns it, and a
/// compacted log may not have its name while something that it replaces is still there.
pub(super) fn settle(disk: &dyn Disk, dir: &Path, names: &[String]) -> io::Result<bool> {
    let leftovers = plan(names.iter().map(String::as_str));
    if leftovers == Leftovers::default() {
        return Ok(false);
    }
    let (swaps, others): (Vec<_>, Vec<_>) = leftovers.remove.iter().partition(|name| name.ends_with(SWAP_SUFFIX));
    remove(disk, dir, &swaps)?;
    remove(disk, dir, &others)?;
    if let (Some(&first), Some(&last)) = (leftovers.swapped.first(), leftovers.swapped.last()) {
        let end = end_of_swap(disk, dir, last)?;
        let replaced = |name: &&String| {
            SegmentFile::parse(name).is_some_and(|(kind, base)| {
                // One without records covers no offsets and replaces its namesake all the same.
                let covered = (first <= base && base < end) || leftovers.swapped.contains(&base);
                kind != SegmentFile::Snapshot && covered
            })
        };
        remove(disk, dir, &names.iter().filter(replaced).collect::<Vec<_>>())?;
    }
    let is_log =
        |name: &&String| name.strip_suffix(SWAP_SUFFIX).is_some_and(|to| to.ends_with(SegmentFile::Log.extension()));
    let (logs, indexes): (Vec<_>, Vec<_>) = leftovers.rename.iter().partition(is_log);
    unswap(disk, dir, &logs)?;
    unswap(disk, dir, &indexes)?;
    Ok(true)
}

fn remove(disk: &dyn Disk, dir: &Path, names: &[&String]) -> io::Result<()> {
    names.iter().try_for_each(|name| disk.remove_file(&dir.join(name)))?;
    if names.is_empty() { Ok(()) } else { disk.sync_dir(dir) }
}

fn unswap(disk: &dyn Disk, dir: &Path, names: &[&String]) -> io::Result<()> {
    for name in names {
        let to = name.strip_suffix(SWAP_SUFFIX).unwrap_or(name);
        disk.rename(&dir.join(name), &dir.join(to))?;
    }
    if names.is_empty() { Ok(()) } else { disk.sync_dir(dir) }
}

/// First offset behind a compacted segment; it was synced before it got its name, so that every batch in it is whole.
fn end_of_swap(disk: &dyn Disk, dir: &Path, base: Offset) -> io::Result<Offset> {
    let path = dir.join(SegmentFile::Log.name(base) + SWAP_SUFFIX);
    let log = disk.open(&path, OpenMode::Read)?;
    let mut walk = Walk::long(&*log, 0, log.len()?);
    let mut end = base;
    loop {
        match walk.next() {
            Ok(Some(batch)) => end = batch.header.next_offset(),
            Ok(None) => return Ok(end),
            Err(WalkError::Io(error)) => return Err(error),
            Err(WalkError::Bad { position, reason }) => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("{} at byte {position}: {reason}", path.display()),
                ));
            }
        }
    }
}
