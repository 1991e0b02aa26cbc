//! The indexes of a segment, each entry compared with the segment beside it.

use super::segment_reader::SegmentReader;
use super::{DumpError, DumpLog, Sound};
use esker_env::Disk;
use esker_model::{Offset, TimestampMs};
use std::io::Write;
use std::path::Path;

/// Longest index that is looked at: Kafka's default is 10 MiB.
const LEN_MAX: u64 = 1 << 30;

/// Whole entries of `N` bytes up to the zeros that an index in use has behind its last one.
fn entries<const N: usize>(disk: &dyn Disk, path: &Path) -> Result<(Vec<[u8; N]>, usize), DumpError> {
    let bytes = disk.read_small(path, LEN_MAX).map_err(|error| DumpError::file(path, error))?;
    let (entries, rest) = bytes.as_chunks::<N>();
    let used = entries.iter().rposition(|entry| *entry != [0; N]).map_or(0, |last| last + 1);
    Ok((entries[..used].to_vec(), rest.len()))
}

fn i32_at(entry: &[u8], at: usize) -> i64 {
    entry
        .get(at..at + 4)
        .and_then(|bytes| bytes.try_into().ok())
        .map_or(0, |bytes| i64::from(i32::from_be_bytes(bytes)))
}

fn i64_at(entry: &[u8], at: usize) -> i64 {
    entry.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, i64::from_be_bytes)
}

/// Shows an offset index: the last offset of a batch and where that batch begins.
pub fn dump_offsets(disk: &dyn Disk, path: &Path, base: Offset, options: &DumpLog, out: &mut dyn Write) -> Sound {
    let (entries, rest) = entries::<8>(disk, path)?;
    let mut segment = Segment::beside(disk, path)?;
    let mut mismatches = Vec::new();
    for entry in entries {
        let (offset, position) = (base.saturating_add(i32_at(&entry, 0)), i32_at(&entry, 4));
        if !options.verify_index_only {
            writeln!(out, "offset: {offset} position: {position}")?;
        }
        let found = segment.batch_at(position)?;
        if found != Some(offset) {
            mismatches.push((offset, found));
        }
    }
    if !mismatches.is_empty() {
        writeln!(out, "Mismatches in :{}", path.display())?;
    }
    for (offset, found) in &mismatches {
        let found = found.map_or_else(|| "none there".to_owned(), |found| found.to_string());
        writeln!(out, "  Index offset: {offset}, log offset: {found}")?;
    }
    Ok(tell_rest(rest, out)? && mismatches.is_empty())
}

/// Shows a time index: the largest timestamp so far and the last offset of the batch that has it.
pub fn dump_times(disk: &dyn Disk, path: &Path, base: Offset, options: &DumpLog, out: &mut dyn Write) -> Sound {
    let (entries, rest) = entries::<12>(disk, path)?;
    let mut segment = Segment::beside(disk, path)?;
    let (mut mismatches, mut disorder) = (Vec::new(), Vec::new());
    let mut last: Option<TimestampMs> = None;
    for entry in entries {
        let (timestamp, offset) = (i64_at(&entry, 0), base.saturating_add(i32_at(&entry, 8)));
        if !options.verify_index_only {
            writeln!(out, "timestamp: {timestamp} offset: {offset}")?;
        }
        if let Some(last) = last.filter(|last| *last >= timestamp) {
            disorder.push((last, timestamp));
        }
        last = Some(timestamp);
        let found = segment.timestamp_at(offset)?;
        if found != Some(timestamp) {
            mismatches.push((timestamp, found));
        }
    }
    let sound = mismatches.is_empty() && disorder.is_empty();
    if !mismatches.is_empty() {
        writeln!(out, "Found timestamp mismatch in :{}", path.display())?;
    }
    for (indexed, found) in mismatches {
        let found = found.map_or_else(|| "none there".to_owned(), |found| found.to_string());
        writeln!(out, "  Index timestamp: {indexed}, log timestamp: {found}")?;
    }
    if !disorder.is_empty() {
        writeln!(out, "Found out of order timestamp in :{}", path.display())?;
    }
    for (previous, next) in disorder {
        writeln!(out, "  Index timestamp: {next}, Previously indexed timestamp: {previous}")?;
    }
    Ok(tell_rest(rest, out)? && sound)
}

/// Shows the aborted transactions of a segment.
pub fn dump_transactions(disk: &dyn Disk, path: &Path, out: &mut dyn Write) -> Sound {
    let aborted = esker_log::read_txn_index(disk, path).map_err(|error| DumpError::file(path, error))?;
    for one in aborted {
        writeln!(
            out,
            "version: 0 producerId: {} firstOffset: {} lastOffset: {} lastStableOffset: {}",
            one.producer_id, one.first_offset, one.last_offset, one.last_stable_offset
        )?;
    }
    Ok(true)
}

fn tell_rest(rest: usize, out: &mut dyn Write) -> Sound {
    if rest > 0 {
        writeln!(out, "The index ends with {rest} bytes that are no whole entry")?;
    }
    Ok(rest == 0)
}

/// The segment that an index belongs to, walked once from front to back while entries ask for what lies further on.
struct Segment {
    reader: SegmentReader,
    position: u64,
    last_offset: Offset,
    batch_timestamp: TimestampMs,
}

impl Segment {
    fn beside(disk: &dyn Disk, index: &Path) -> Result<Self, DumpError> {
        // `x.index.deleted` lies beside `x.log.deleted`.
        let name = index.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let log = name.replacen(".timeindex", ".log", 1).replacen(".index", ".log", 1);
        let reader = SegmentReader::open(disk, &index.with_file_name(log))?;
        Ok(Self { reader, position: 0, last_offset: -1, batch_timestamp: -1 })
    }

    fn step(&mut self) -> Result<bool, DumpError> {
        let Some(batch) = self.reader.next()? else { return Ok(false) };
        self.position = batch.position;
        self.last_offset = batch.header.last_offset();
        self.batch_timestamp = batch.header.max_timestamp;
        Ok(true)
    }

    /// The last offset of the batch that begins at `position`, where one does.
    fn batch_at(&mut self, position: i64) -> Result<Option<Offset>, DumpError> {
        let Ok(position) = u64::try_from(position) else { return Ok(None) };
        while self.position < position || self.last_offset < 0 {
            if !self.step()? {
                return Ok(None);
            }
        }
        Ok((self.position == position).then_some(self.last_offset))
    }

    /// The largest timestamp of the batch that holds `offset`, where it is there.
    fn timestamp_at(&mut self, offset: Offset) -> Result<Option<TimestampMs>, DumpError> {
        while self.last_offset < offset {
            if !self.step()? {
                return Ok(None);
            }
        }
        Ok(Some(self.batch_timestamp))
    }
}
