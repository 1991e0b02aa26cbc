//! The upload of one segment: sync, read, verify, send. Constant memory, and nothing is sent that was not verified.

use crate::keys::{Keys, ObjectId, PartitionHome};
use crate::local_log::{SegmentBytes, UploadSource};
use crate::manifest::{Entry, EntryKind, Finished, Garbage};
use crate::object::{
    CHUNK_LEN, Damage, Expected, FOOTER_LEN, Footer, ObjectBuilder, TrailerHead, TrailerTail, encode_trailer,
};
use crate::pieces::{PIECE_LEN, Pieces};
use crate::rate::RateLimit;
use crate::store::{Body, Part, Reason, Store, StoreError};
use bytes::Bytes;
use esker_env::{Pool, PoolError};
use parking_lot::Mutex;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that one turn on the disk pool reads and checks.
const TURN_LEN: u64 = 4 << 20;
/// Bytes that are read and then checked: they are still in the processor's own cache.
const STEP_LEN: usize = 256 << 10;
/// Permits count in this unit, so that a budget fits their number.
const BUDGET_UNIT: u64 = 1 << 10;

/// Bounds and shares of all uploads of a process.
#[derive(Debug)]
pub(crate) struct UploadLimits {
    budget: Arc<Semaphore>,
    budget_bytes: u64,
    part_len: u64,
    pieces: Arc<Pieces>,
    pub(crate) bandwidth: RateLimit,
}

impl UploadLimits {
    /// At most `budget_bytes` of segments in memory, sent in pieces of at most `part_len`.
    pub(crate) fn new(budget_bytes: u64, part_len: u64, bandwidth: RateLimit) -> Self {
        const PART_LEN_MIN: u64 = 5 << 20; // S3's
        let budget_bytes = budget_bytes.max(2 * PART_LEN_MIN);
        let part_len = part_len.clamp(PART_LEN_MIN, budget_bytes);
        let permits = usize::try_from(budget_bytes / BUDGET_UNIT).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let pieces = Pieces::new(usize::try_from(budget_bytes).unwrap_or(usize::MAX) / PIECE_LEN);
        Self { budget: Arc::new(Semaphore::new(permits)), budget_bytes, part_len, pieces, bandwidth }
    }

    /// Bytes in memory now.
    pub(crate) fn bytes_in_use(&self) -> u64 {
        self.budget_bytes.saturating_sub(self.budget.available_permits() as u64 * BUDGET_UNIT)
    }

    async fn reserve(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let permits = u32::try_from(bytes.min(self.budget_bytes) / BUDGET_UNIT).unwrap_or(u32::MAX);
        Arc::clone(&self.budget).acquire_many_owned(permits).await.ok()
    }
}

/// Why a segment was not uploaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    /// The local log is not what it should be.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The local disk failed.
    #[error("reading the segment: {0}")]
    Local(#[from] io::Error),
    /// Too much to do; try again.
    #[error(transparent)]
    Busy(#[from] PoolError),
    /// The store failed; the object may exist.
    #[error("{error}")]
    Store { error: StoreError, left: Garbage },
}

/// One upload. It is not repeated under its uuid: a new attempt has a new one.
#[derive(Debug)]
pub(crate) struct SegmentUpload<'a> {
    pub(crate) store: &'a Store,
    pub(crate) keys: &'a Keys,
    pub(crate) pool: &'a Pool,
    pub(crate) limits: &'a UploadLimits,
    pub(crate) home: PartitionHome,
    pub(crate) id: ObjectId,
}

impl SegmentUpload<'_> {
    /// Uploads `source`. What the next version is to name comes back, and the trailer head for the cache.
    pub(crate) async fn run(&self, source: UploadSource) -> Result<(Finished, TrailerHead), UploadError> {
        let bytes = Arc::clone(&source.bytes);
        self.blocking(move || bytes.sync()).await?;
        let total = source.len + trailer_len(&source);
        // The trailer does not make two requests of one.
        let multipart = source.len > self.limits.part_len;
        let in_memory = if multipart { self.limits.part_len } else { total };
        let _budget = self.limits.reserve(in_memory).await.ok_or(UploadError::Busy(PoolError::Lost))?;
        let mut sender = Sender::new(self, multipart);
        let sent = self.send(source, &mut sender).await;
        if sent.is_err() {
            sender.abort().await;
        }
        sent
    }

    fn left(&self) -> Garbage {
        Garbage::Object(self.id)
    }

    fn key(&self) -> String {
        self.keys.segment(self.home, &self.id)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> io::Result<T> + Clone + Send + 'static,
    ) -> Result<T, UploadError> {
        for _ in 0..50 {
            match self.pool.run(job.clone()).await {
                Err(PoolError::Busy) => esker_env::sleep(Duration::from_millis(20)).await,
                done => return Ok(done??),
            }
        }
        Err(UploadError::Busy(PoolError::Busy))
    }

    async fn send(
        &self,
        source: UploadSource,
        sender: &mut Sender<'_>,
    ) -> Result<(Finished, TrailerHead), UploadError> {
        let UploadSource { base, end, len, bytes, epochs, producer_snapshot, aborted, open, .. } = source;
        let builder = ObjectBuilder::new(Expected { base, end, len, epochs: epochs.clone() });
        let reader = Reader { bytes, pieces: Arc::clone(&self.limits.pieces), builder: Arc::new(Mutex::new(builder)) };
        let mut position = 0;
        while position < len {
            let (turn, range) = (reader.clone(), position..len.min(position + TURN_LEN));
            position = range.end;
            for piece in self.blocking(move || turn.read(range)).await?? {
                sender.take(piece).await?;
            }
        }
        let (head, max_timestamp) = reader.builder.lock().finish(aborted)?;
        let tail = TrailerTail { producer_snapshot, open, epochs: epochs.clone() };
        let footer = Footer {
            home: self.home,
            token: self.id.token,
            uuid: self.id.uuid,
            base,
            next: end,
            log_len: len,
            head_len: 0,
            snapshot_len: 0,
            open_len: 0,
            epochs_len: 0,
            max_timestamp,
            tail_crc: 0,
        };
        let (trailer, footer) = encode_trailer(&head, &tail, footer);
        sender.add(trailer.clone());
        sender.finish().await?;
        let entry = Entry {
            kind: EntryKind::Segment,
            base,
            next: end,
            token: self.id.token,
            uuid: self.id.uuid,
            home: None,
            log_len: len,
            trailer_len: trailer.len() as u32,
            head_len: footer.head_len,
            max_timestamp,
        };
        Ok((Finished { entry, epochs }, head))
    }
}

/// Reads a source from its beginning to its end, and checks what it reads.
#[derive(Clone)]
struct Reader {
    bytes: Arc<dyn SegmentBytes>,
    pieces: Arc<Pieces>,
    builder: Arc<Mutex<ObjectBuilder>>,
}

impl Reader {
    /// The bytes of `range`, which begins where the last one ended, verified. Blocks.
    fn read(&self, range: Range<u64>) -> io::Result<Result<Vec<Bytes>, Damage>> {
        let mut builder = self.builder.lock();
        let (mut position, mut pieces) = (range.start, Vec::new());
        while position < range.end {
            let mut piece = self.pieces.lend((range.end - position).min(PIECE_LEN as u64) as usize);
            for step in piece.as_mut().chunks_mut(STEP_LEN) {
                self.bytes.read_exact_at(step, position)?;
                if let Err(damage) = builder.feed(step) {
                    return Ok(Err(damage));
                }
                position += step.len() as u64;
            }
            pieces.push(Bytes::from_owner(piece));
        }
        Ok(Ok(pieces))
    }
}

fn trailer_len(source: &UploadSource) -> u64 {
    let chunks = source.len.div_ceil(CHUNK_LEN) as usize;
    let head = TrailerHead::encoded_len(chunks, source.aborted.len());
    let (snapshot, open, epochs) = (source.producer_snapshot.len(), source.open.len(), source.epochs.entries().len());
    (head + TrailerTail::encoded_len(snapshot, open, epochs) + FOOTER_LEN) as u64
}

/// Sends verified bytes: all at once, or part by part.
struct Sender<'a> {
    upload: &'a SegmentUpload<'a>,
    multipart: bool,
    pending: Body,
    pending_len: u64,
    position: u64,
    upload_id: Option<String>,
    parts: Vec<String>,
}

impl<'a> Sender<'a> {
    fn new(upload: &'a SegmentUpload<'a>, multipart: bool) -> Self {
        Self { upload, multipart, pending: Vec::new(), pending_len: 0, position: 0, upload_id: None, parts: Vec::new() }
    }

    fn failed(&self, error: StoreError) -> UploadError {
        UploadError::Store { error, left: self.upload.left() }
    }

    async fn take(&mut self, mut piece: Bytes) -> Result<(), UploadError> {
        // A part goes when more follows: the last one takes the trailer along.
        while self.multipart && self.pending_len + piece.len() as u64 > self.upload.limits.part_len {
            let room = (self.upload.limits.part_len - self.pending_len) as usize;
            self.add(piece.split_to(room));
            self.put_part().await?;
        }
        self.add(piece);
        Ok(())
    }

    fn add(&mut self, piece: Bytes) {
        self.pending_len += piece.len() as u64;
        self.pending.push(piece);
    }

    async fn put_part(&mut self) -> Result<(), UploadError> {
        let SegmentUpload { store, limits, .. } = self.upload;
        let key = self.upload.key();
        let upload_id = match &self.upload_id {
            Some(id) => id.clone(),
            None => store.begin_multipart(Reason::Segment, &key).await.map_err(|error| self.failed(error))?,
        };
        self.upload_id = Some(upload_id.clone());
        limits.bandwidth.pass(self.pending_len).await;
        let part = Part { number: self.parts.len(), position: self.position };
        let body = std::mem::take(&mut self.pending);
        let put = store.put_part(Reason::Segment, &key, &upload_id, part, &body).await;
        self.parts.push(put.map_err(|error| self.failed(error))?);
        self.position += std::mem::take(&mut self.pending_len);
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), UploadError> {
        let SegmentUpload { store, limits, .. } = self.upload;
        let key = self.upload.key();
        if !self.multipart {
            limits.bandwidth.pass(self.pending_len).await;
            let body = std::mem::take(&mut self.pending);
            return store.put(Reason::Segment, &key, &body).await.map_err(|error| self.failed(error));
        }
        if self.pending_len > 0 {
            self.put_part().await?;
        }
        let Some(upload_id) = self.upload_id.take() else { return Ok(()) };
        let parts = std::mem::take(&mut self.parts);
        store.complete_multipart(Reason::Segment, &key, &upload_id, parts).await.map_err(|error| self.failed(error))
    }

    async fn abort(&mut self) {
        if let Some(upload_id) = self.upload_id.take() {
            self.upload.store.abort_multipart(Reason::Segment, &self.upload.key(), &upload_id).await;
        }
    }
}
