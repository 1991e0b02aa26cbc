//! The batches of a partition from an offset on, each checked, with constant memory.

use crate::bucket::walk::EntryWalk;
use crate::bucket::{BucketError, BucketPartition};
use crate::manifest::{Entry, Root};
use crate::object::{AbortedTransaction, CHUNK_LEN, TrailerHead};
use crate::read::{BatchCursor, CursorStep, Window};
use crate::store::{ByteStream, Reason, StoreError};
use bytes::Bytes;
use esker_model::Offset;
use esker_record::{BatchHeader, Batches};
use futures::StreamExt;
use std::sync::Arc;

/// How often reading is begun anew at one position where the connection breaks.
const TRIES: usize = 4;

/// A batch as it is in the bucket.
#[derive(Clone, Debug)]
pub struct Exported {
    /// Its header.
    pub header: BatchHeader,
    /// All its bytes.
    pub bytes: Bytes,
    /// Whether it belongs to a transaction that was aborted.
    pub is_aborted: bool,
}

/// See the module. Made by [`BucketPartition::export`].
#[derive(Debug)]
pub struct Export<'a> {
    partition: &'a BucketPartition,
    walk: EntryWalk<'a>,
    from: Offset,
    log_start: Offset,
    tiered_end: Offset,
    object: Option<OpenObject>,
}

/// An object that is read.
struct OpenObject {
    entry: Entry,
    head: Arc<TrailerHead>,
    /// Where it is being read; `None` before the first read and after a broken one.
    stream: Option<ByteStream>,
    window: Window,
    cursor: BatchCursor,
    next: Option<Offset>,
    failures: usize,
}

impl std::fmt::Debug for OpenObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenObject").field("entry", &self.entry).field("cursor", &self.cursor).finish_non_exhaustive()
    }
}

impl BucketPartition {
    /// The batches from the one that holds `from` on, or from the log start where that is higher.
    pub async fn export(&self, from: Offset) -> Result<Export<'_>, BucketError> {
        let root: Arc<Root> = self.expect_newest().await?;
        let from = from.max(root.log_start);
        let walk = EntryWalk::new(&self.chain, &root, from);
        let (log_start, tiered_end) = (root.log_start, root.tiered_end);
        Ok(Export { partition: self, walk, from, log_start, tiered_end, object: None })
    }

    async fn log_from(&self, entry: &Entry, position: u64) -> Result<ByteStream, StoreError> {
        let key = self.chain.segment_key(entry);
        self.chain.store.get_stream(Reason::ColdRead, &key, position..entry.log_len).await
    }

    async fn open_object(&self, entry: Entry, from: Offset) -> Result<OpenObject, BucketError> {
        let head = self.chain.head(Reason::Trailer, &entry).await?;
        let chunk = head.chunk_for_offset(from);
        let position = head.chunks.get(chunk).map_or(0, |chunk| chunk.first_position);
        let start = position / CHUNK_LEN * CHUNK_LEN;
        let cursor = BatchCursor { position, log_len: entry.log_len };
        let window = Window::at(start);
        Ok(OpenObject { entry, head, stream: None, window, cursor, next: None, failures: 0 })
    }
}

impl Export<'_> {
    /// First offset that readers may see.
    pub fn log_start(&self) -> Offset {
        self.log_start
    }

    /// First offset that is not in the bucket.
    pub fn tiered_end(&self) -> Offset {
        self.tiered_end
    }

    /// The next batch; `None` at the tiered end.
    pub async fn next(&mut self) -> Result<Option<Exported>, BucketError> {
        loop {
            if self.object.is_none() {
                let Some(entry) = self.walk.next().await.map_err(|(_, error)| error)? else { return Ok(None) };
                self.object = Some(self.partition.open_object(entry, self.from).await?);
            }
            let Some(object) = &mut self.object else { continue };
            match object.next(self.partition).await? {
                None => self.object = None,
                Some(batch) if batch.header.next_offset() <= self.from => {}
                Some(batch) => return Ok(Some(batch)),
            }
        }
    }
}

impl OpenObject {
    async fn next(&mut self, partition: &BucketPartition) -> Result<Option<Exported>, BucketError> {
        let key = partition.chain.segment_key(&self.entry);
        let wrong = |reason: String| BucketError::Unreadable { key: key.clone(), reason };
        loop {
            match self.cursor.peek(&self.window) {
                CursorStep::End => return Ok(None),
                CursorStep::Damaged(what) => {
                    return Err(wrong(format!("at position {}: {what}", self.cursor.position)));
                }
                CursorStep::NeedsUpTo(position) => self.fill(partition, position).await?,
                CursorStep::Batch(header, end) => {
                    self.fill(partition, end).await?;
                    let bytes = self.window.joined(self.cursor.position, end);
                    self.check(&header, &bytes).map_err(wrong)?;
                    self.cursor.position = end;
                    self.window.forget(end);
                    self.next = Some(header.next_offset());
                    let is_aborted = is_aborted(&header, &self.head.aborted);
                    return Ok(Some(Exported { header, bytes, is_aborted }));
                }
            }
        }
    }

    /// The checksum, and that the batch follows on the one before it: offsets are outside of what the checksum covers.
    fn check(&self, header: &BatchHeader, bytes: &[u8]) -> Result<(), String> {
        let position = self.cursor.position;
        let whole = Batches::new(bytes).next().and_then(Result::ok);
        if !whole.is_some_and(|batch| batch.crc_matches()) {
            return Err(format!("the checksum of the batch at position {position} does not match"));
        }
        match self.next {
            Some(next) if header.base_offset != next => {
                let found = header.base_offset;
                Err(format!("the batch at position {position} has base offset {found} where {next} must follow"))
            }
            _ => Ok(()),
        }
    }

    async fn fill(&mut self, partition: &BucketPartition, position: u64) -> Result<(), BucketError> {
        while self.window.end() < position {
            match self.piece(partition).await {
                Ok(Some(piece)) => {
                    self.failures = 0;
                    self.window.push(piece);
                }
                Err(error) if !error.kind.is_transient() || self.failures + 1 >= TRIES => return Err(error.into()),
                Err(_) => {
                    self.failures += 1;
                    self.stream = None;
                }
                Ok(None) => {
                    let (key, end) = (partition.chain.segment_key(&self.entry), self.window.end());
                    let reason = format!("its bytes end at position {end}, before {position}");
                    return Err(BucketError::Unreadable { key, reason });
                }
            }
        }
        Ok(())
    }

    /// The next bytes behind the window.
    async fn piece(&mut self, partition: &BucketPartition) -> Result<Option<Bytes>, StoreError> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => self.stream.insert(partition.log_from(&self.entry, self.window.end()).await?),
        };
        stream.next().await.transpose()
    }
}

fn is_aborted(header: &BatchHeader, aborted: &[AbortedTransaction]) -> bool {
    header.attributes.is_transactional()
        && !header.attributes.is_control()
        && aborted.iter().any(|transaction| {
            transaction.producer_id == header.producer_id
                && transaction.first_offset <= header.base_offset
                && header.base_offset < transaction.last_offset
        })
}
