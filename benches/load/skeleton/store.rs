//! The skeleton's partitions: one file each, which starts over when it is full.

use super::Settings;
use super::syncer::Syncer;
use esker_record::{BatchHeader, Batches, patch};
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

const OFFSET_OUT_OF_RANGE: i16 = 1;
const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;

/// Why a batch is not appended.
pub(super) enum Refused {
    Corrupt,
    Unknown,
    Io,
}

/// What a read found: a range of the file, and the partition's bounds.
pub(super) struct Found {
    pub code: i16,
    pub position: u64,
    pub len: usize,
    pub start_offset: i64,
    pub end_offset: i64,
}

struct Partition {
    file: Arc<File>,
    position: u64,
    end_offset: i64,
    /// Base offset and position of each batch that is still there; a full file starts over with none.
    batches: VecDeque<(i64, u64)>,
    dirty: bool,
}

pub(super) struct Store {
    partitions: Vec<Partition>,
    wrap_bytes: u64,
    recycled: bool,
    syncer: Option<Syncer>,
}

impl Store {
    pub fn create(settings: &Settings) -> io::Result<Self> {
        std::fs::create_dir_all(&settings.directory)?;
        let mut partitions = Vec::new();
        for number in 0..settings.partitions {
            let path = settings.directory.join(format!("{number}.log"));
            let file = File::options().create(true).truncate(true).read(true).write(true).open(path)?;
            if settings.recycled {
                fill(&file, settings.wrap_bytes)?;
            }
            let (file, batches) = (Arc::new(file), VecDeque::new());
            partitions.push(Partition { file, position: 0, end_offset: 0, batches, dirty: false });
        }
        let syncer = settings.sync.then(Syncer::start);
        Ok(Self { partitions, wrap_bytes: settings.wrap_bytes, recycled: settings.recycled, syncer })
    }

    fn partition(&self, number: i32) -> Option<&Partition> {
        self.partitions.get(usize::try_from(number).ok()?)
    }

    pub fn file(&self, number: i32) -> Option<&File> {
        self.partition(number).map(|partition| partition.file.as_ref())
    }

    /// Appends one batch and returns its base offset.
    pub fn append(&mut self, number: i32, batch: &mut [u8]) -> Result<i64, Refused> {
        let partition = usize::try_from(number).ok().and_then(|number| self.partitions.get_mut(number));
        let partition = partition.ok_or(Refused::Unknown)?;
        let header = checked_header(batch).ok_or(Refused::Corrupt)?;
        let base = partition.end_offset;
        patch::assign(batch, base, 0).map_err(|_| Refused::Corrupt)?;
        if partition.position + batch.len() as u64 > self.wrap_bytes {
            partition.position = 0;
            partition.batches.clear();
            if !self.recycled {
                partition.file.set_len(0).map_err(|_| Refused::Io)?;
            }
        }
        partition.file.write_all_at(batch, partition.position).map_err(|_| Refused::Io)?;
        partition.batches.push_back((base, partition.position));
        partition.position += batch.len() as u64;
        partition.end_offset = base + i64::from(header.record_count);
        partition.dirty = true;
        Ok(base)
    }

    /// Makes all appends durable, where the skeleton was asked to.
    pub fn sync(&mut self) -> io::Result<()> {
        let Some(syncer) = &self.syncer else { return Ok(()) };
        let dirty = self.partitions.iter_mut().filter(|partition| partition.dirty);
        syncer.sync(dirty.map(|partition| {
            partition.dirty = false;
            Arc::clone(&partition.file)
        }))
    }

    /// Whole batches from `offset` on, at most `max` bytes; the first one whatever its size where `at_least_one`.
    pub fn read(&self, number: i32, offset: i64, max: usize, at_least_one: bool) -> Found {
        let mut found = Found { code: 0, position: 0, len: 0, start_offset: 0, end_offset: 0 };
        let Some(partition) = self.partition(number) else {
            return Found { code: UNKNOWN_TOPIC_OR_PARTITION, ..found };
        };
        found.end_offset = partition.end_offset;
        found.start_offset = partition.batches.front().map_or(partition.end_offset, |first| first.0);
        if offset < found.start_offset || offset > found.end_offset {
            return Found { code: OFFSET_OUT_OF_RANGE, ..found };
        }
        if offset == found.end_offset {
            return found;
        }
        let first = partition.batches.partition_point(|batch| batch.0 <= offset) - 1;
        let start = partition.batches[first].1;
        let limit = start + max as u64;
        let fitting = partition.batches.partition_point(|batch| batch.1 <= limit);
        // The batch that begins at or before the limit is cut off unless it is the last and ends before it.
        let end = match partition.position <= limit {
            true => partition.position,
            false => partition.batches[fitting - 1].1,
        };
        let one = || partition.batches.get(first + 1).map_or(partition.position, |next| next.1);
        let end = if end == start && at_least_one { one() } else { end };
        Found { position: start, len: (end - start) as usize, ..found }
    }
}

fn checked_header(batch: &[u8]) -> Option<BatchHeader> {
    let found = Batches::new(batch).next()?.ok()?;
    (found.bytes.len() == batch.len() && found.crc_matches()).then_some(found.header)
}

/// Writes the whole file once, so that later writes find its blocks and pages.
fn fill(file: &File, len: u64) -> io::Result<()> {
    let zeros = vec![0; 1 << 20];
    let mut position = 0;
    while position < len {
        let piece = zeros.len().min((len - position) as usize);
        file.write_all_at(&zeros[..piece], position)?;
        position += piece as u64;
    }
    file.sync_data()
}
