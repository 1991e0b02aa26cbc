//! The entries on disk: a row of files, written at the end of the last, cut at both ends.

use crate::entry::{decode_entry, encode_entry};
use crate::frame::{HEAD_LEN, Place, frame_body, write_frame};
use crate::types::{Entry, LogId};
use bytes::Bytes;
use esker_env::{Disk, DiskFile, OpenMode};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const SUFFIX: &str = ".log";

/// Entries of one append are synced in pieces of about this many bytes.
const GROUP_BYTES: usize = 8 << 20;

/// The name of the file whose first entry has `index`.
pub fn name(index: u64) -> String {
    format!("{index:020}{SUFFIX}")
}

/// The index in a file's name; `None` for other files.
pub fn index_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX)?;
    (digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// One file of the journal.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Index of its first entry.
    pub base: u64,
    /// The file.
    pub file: Arc<dyn DiskFile>,
    /// Length of its whole frames, which is the file's length.
    pub len: u64,
}

/// Where everything is.
#[derive(Debug, Default)]
pub struct Layout {
    /// Ascending by base; each begins where the one before ends.
    pub segments: Vec<Segment>,
    /// The entries of all segments, from the first segment's base on.
    pub places: VecDeque<Place>,
    /// Index of the first entry that is not purged; entries before it may still be there.
    pub start: u64,
    /// Index of the next entry.
    pub next: u64,
    /// The last entry, where one is there.
    pub last: Option<LogId>,
}

impl Layout {
    fn base(&self) -> u64 {
        self.segments.first().map_or(self.next, |first| first.base)
    }

    fn check(&self) {
        assert_eq!(self.base() + self.places.len() as u64, self.next, "every entry must have a place");
        assert!(self.start <= self.next, "what is purged must not be ahead of what is next");
    }

    /// The segment that holds `index`, by its position in the row.
    fn segment_of(&self, index: u64) -> Option<usize> {
        self.segments.partition_point(|segment| segment.base <= index).checked_sub(1)
    }
}

/// Entries that follow one another in one file.
struct Part {
    /// The file's base.
    base: u64,
    file: Arc<dyn DiskFile>,
    /// Index of the first entry.
    first: u64,
    places: Vec<Place>,
}

/// The journal. Reads may run beside a write; writes are one at a time.
#[derive(Debug)]
pub struct Journal {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    segment_bytes: u64,
    layout: Mutex<Layout>,
    /// Why nothing may be written any more. After a failed sync the kernel may have dropped what it was asked to
    /// keep and will not say so again: only reading the disk anew shows what is there.
    failed: Mutex<Option<Arc<str>>>,
}

impl Journal {
    /// A journal whose files are as `layout` says.
    pub fn new(disk: Arc<dyn Disk>, dir: &Path, segment_bytes: u64, layout: Layout) -> Self {
        layout.check();
        Self { disk, dir: dir.to_owned(), segment_bytes, layout: Mutex::new(layout), failed: Mutex::default() }
    }

    /// The last entry, where one is there.
    pub fn last(&self) -> Option<LogId> {
        self.layout.lock().last
    }

    /// Index of the first entry that is not purged.
    pub fn start(&self) -> u64 {
        self.layout.lock().start
    }

    /// Bytes in all files.
    #[cfg(test)]
    pub fn bytes(&self) -> u64 {
        self.layout.lock().segments.iter().map(|segment| segment.len).sum()
    }

    /// Lets an empty journal begin at `index`, as openraft's suite wants; a real one begins at 0 or behind a purge.
    #[cfg(test)]
    pub fn begin_at(&self, index: u64) {
        let mut layout = self.layout.lock();
        if layout.next == 0 {
            (layout.start, layout.next) = (index, index);
        }
    }

    /// Runs a write, and refuses all later ones once it has failed.
    fn guarded<T>(&self, write: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if let Some(reason) = &*self.failed.lock() {
            return Err(io::Error::other(format!("the metadata log failed before: {reason}")));
        }
        let result = write();
        if let Err(error) = &result {
            *self.failed.lock() = Some(error.to_string().into());
        }
        result
    }

    /// Appends entries, which must follow the last one; durable when it returns.
    pub fn append(&self, entries: &[Entry]) -> io::Result<()> {
        self.guarded(|| {
            let mut rest = entries;
            while !rest.is_empty() {
                let written = self.append_group(rest)?;
                rest = &rest[written..];
            }
            Ok(())
        })
    }

    /// Writes as many entries as one write should hold, and syncs them.
    fn append_group(&self, entries: &[Entry]) -> io::Result<usize> {
        let (segment, is_new) = self.segment_to_write()?;
        let start = u32::try_from(segment.len).map_err(io::Error::other)?;
        let mut next = self.layout.lock().next;
        let mut bytes = Vec::new();
        let mut places = Vec::new();
        for entry in entries {
            if entry.log_id.index != next {
                let text = format!("entry {} cannot follow entry {}", entry.log_id.index, next.wrapping_sub(1));
                return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
            }
            let at = bytes.len();
            write_frame(&mut bytes, start, |into| encode_entry(entry, into));
            let position = u64::from(start) + at as u64;
            let position = u32::try_from(position).map_err(io::Error::other)?;
            let len = u32::try_from(bytes.len() - at - HEAD_LEN).map_err(io::Error::other)?;
            places.push(Place { position, len });
            next += 1;
            if bytes.len() >= GROUP_BYTES {
                break;
            }
        }
        segment.file.write_all_at(&[IoSlice::new(&bytes)], segment.len)?;
        segment.file.sync_data()?;
        if is_new {
            self.disk.sync_dir(&self.dir)?;
        }
        let written = places.len();
        let mut layout = self.layout.lock();
        if is_new {
            layout.segments.push(segment);
        }
        if let Some(last) = layout.segments.last_mut() {
            last.len += bytes.len() as u64;
        }
        layout.places.extend(places);
        layout.next = next;
        layout.last = entries.get(written - 1).map(|entry| entry.log_id);
        layout.check();
        Ok(written)
    }

    /// The file that takes the next write, and whether it is a new one whose name is not durable yet.
    fn segment_to_write(&self) -> io::Result<(Segment, bool)> {
        let (last, next) = {
            let layout = self.layout.lock();
            (layout.segments.last().cloned(), layout.next)
        };
        match last {
            Some(segment) if segment.len < self.segment_bytes => Ok((segment, false)),
            _ => {
                let file = self.disk.open(&self.dir.join(name(next)), OpenMode::Truncate)?;
                Ok((Segment { base: next, file, len: 0 }, true))
            }
        }
    }

    /// The entries of `range` that are here.
    pub fn read(&self, range: Range<u64>) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for Part { base, file, first, places } in self.locate(range) {
            let (Some(front), Some(back)) = (places.first(), places.last()) else { continue };
            let start = u64::from(front.position);
            let len = usize::try_from(back.end() - start).map_err(io::Error::other)?;
            let mut bytes = vec![0; len];
            file.read_exact_at(&mut bytes, start)?;
            let bytes = Bytes::from(bytes);
            for (place, index) in places.iter().zip(first..) {
                let cut = |position: u64| usize::try_from(position - start).map_err(io::Error::other);
                let frame = bytes.slice(cut(u64::from(place.position))?..cut(place.end())?);
                let entry = frame_body(&frame)
                    .ok_or_else(|| "its checksum differs".to_owned())
                    .and_then(|body| decode_entry(&frame.slice_ref(body)).map_err(|error| error.to_string()))
                    .map_err(|reason| {
                        let text = format!("{}: entry {index}: {reason}", self.dir.join(name(base)).display());
                        io::Error::new(io::ErrorKind::InvalidData, text)
                    })?;
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    /// The parts of `range`, by file.
    fn locate(&self, range: Range<u64>) -> Vec<Part> {
        let layout = self.layout.lock();
        let (mut at, end) = (range.start.max(layout.start), range.end.min(layout.next));
        let mut parts = Vec::new();
        while at < end {
            let Some(number) = layout.segment_of(at) else { break };
            let segment = &layout.segments[number];
            let segment_end = layout.segments.get(number + 1).map_or(layout.next, |next| next.base);
            let until = end.min(segment_end);
            let offset = |index: u64| usize::try_from(index - layout.base()).unwrap_or(usize::MAX);
            let places = layout.places.range(offset(at)..offset(until)).copied().collect();
            parts.push(Part { base: segment.base, file: Arc::clone(&segment.file), first: at, places });
            at = until;
        }
        parts
    }

    /// How many entries from `range.start` on fit into `bytes_max`: at least one where one is there.
    pub fn fitting(&self, range: Range<u64>, bytes_max: u64) -> Range<u64> {
        let parts = self.locate(range.clone());
        let mut bytes = 0;
        let mut end = range.start;
        for (place, index) in parts.iter().flat_map(|part| part.places.iter().zip(part.first..)) {
            bytes += u64::from(place.len);
            if bytes > bytes_max && end > range.start {
                break;
            }
            end = index + 1;
        }
        range.start..end
    }

    /// Removes the entry with index `since` and all behind it; durable when it returns. `before` is the entry in front of it.
    pub fn truncate(&self, since: u64, before: Option<LogId>) -> io::Result<()> {
        self.guarded(|| {
            // The last file first, each removal durable before the next: a crash leaves a row without a gap.
            loop {
                let last = self.layout.lock().segments.last().map(|segment| segment.base);
                match last {
                    Some(base) if base >= since => self.drop_last_segment(base)?,
                    _ => break,
                }
            }
            self.cut_last_segment(since)?;
            let mut layout = self.layout.lock();
            layout.last = before;
            layout.check();
            Ok(())
        })
    }

    fn drop_last_segment(&self, base: u64) -> io::Result<()> {
        self.disk.remove_file(&self.dir.join(name(base)))?;
        self.disk.sync_dir(&self.dir)?;
        let mut layout = self.layout.lock();
        layout.segments.pop();
        let keep = usize::try_from(base - layout.segments.first().map_or(base, |first| first.base)).unwrap_or(0);
        layout.places.truncate(keep);
        layout.next = base;
        Ok(())
    }

    fn cut_last_segment(&self, since: u64) -> io::Result<()> {
        let (file, len, keep) = {
            let layout = self.layout.lock();
            let Some(segment) = layout.segments.last().filter(|_| since < layout.next) else { return Ok(()) };
            let keep = usize::try_from(since - layout.base()).map_err(io::Error::other)?;
            let Some(place) = layout.places.get(keep) else { return Ok(()) };
            (Arc::clone(&segment.file), u64::from(place.position), keep)
        };
        file.set_len(len)?;
        file.sync_data()?;
        let mut layout = self.layout.lock();
        layout.places.truncate(keep);
        layout.next = since;
        if let Some(last) = layout.segments.last_mut() {
            last.len = len;
        }
        Ok(())
    }

    /// Forgets entries up to `upto`. The caller has made that decision durable: a file that stays does no harm, and
    /// the next start removes it.
    pub fn purge(&self, upto: LogId) {
        for base in self.forget(upto) {
            let path = self.dir.join(name(base));
            if let Err(error) = self.disk.remove_file(&path) {
                tracing::warn!(path = %path.display(), %error, "a purged part of the metadata log stays until the next start");
            }
        }
    }

    /// Takes what lies before `upto` out of the layout; the bases of the files that hold nothing else.
    fn forget(&self, upto: LogId) -> Vec<u64> {
        let mut layout = self.layout.lock();
        let start = upto.index + 1;
        layout.start = layout.start.max(start);
        let mut doomed = Vec::new();
        if start >= layout.next {
            doomed.extend(layout.segments.drain(..).map(|segment| segment.base));
            layout.places.clear();
            layout.next = start;
            layout.last = Some(upto);
        }
        while layout.segments.get(1).is_some_and(|second| second.base <= start) {
            let (gone, kept) = (layout.segments.remove(0), layout.segments[0].base);
            let entries = usize::try_from(kept - gone.base).unwrap_or(usize::MAX).min(layout.places.len());
            layout.places.drain(..entries);
            doomed.push(gone.base);
        }
        layout.check();
        doomed
    }
}
