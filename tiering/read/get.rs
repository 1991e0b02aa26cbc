//! Ranged requests: runs of chunks, streamed, checked and delivered one by one, hedged while the first byte is late.

use crate::object::TrailerHead;
use crate::pieces::Pieces;
use crate::read::ColdObject;
use crate::read::fetcher::{FetchError, Inner, Order, Promise, Urgency, check, lost};
use crate::store::{ByteStream, Reason, StoreError, StoreErrorKind};
use bytes::Bytes;
use futures::StreamExt;
use futures::future::{Either, select};
use std::collections::VecDeque;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

const ATTEMPTS_MAX: u32 = 3;
const RETRY_PAUSE_MS: u64 = 100;
const BUDGET_UNIT: u64 = 1 << 10;

/// Starts one request for each run of neighbouring chunks.
pub(super) fn start_runs(inner: &Arc<Inner>, object: &ColdObject, order: Order) {
    let Order { promises, mut head, urgency } = order;
    // With the head on board an object up to 16 MiB still comes in one request.
    let len_max = if head.is_some() { super::fetcher::WHOLE_LEN_MAX } else { inner.limits.get_bytes_max };
    let chunks_max = (len_max >> crate::object::CHUNK_SHIFT).max(1) as usize;
    let mut promises = VecDeque::from(promises);
    while !promises.is_empty() {
        let follows = |at: &usize| promises[at - 1].id.chunk + 1 == promises[*at].id.chunk;
        let mut rest = 1 + (1..promises.len()).take_while(follows).count();
        // Neighbours in requests of about one length, not in long ones and a short one.
        for requests in (1..=rest.div_ceil(chunks_max)).rev() {
            let len = rest.div_ceil(requests);
            rest -= len;
            let run: VecDeque<_> = promises.drain(..len).collect();
            let ends_object = run.back().is_some_and(|last| last.id.chunk + 1 == object.chunk_count());
            let head = if ends_object { head.take() } else { None };
            let (inner, object) = (Arc::clone(inner), object.clone());
            let run = Run { inner, object, promises: run, head, urgency, damaged: None, goes_on: true };
            run.inner.runtime.clone().spawn(run.deliver());
        }
    }
}

struct Run {
    inner: Arc<Inner>,
    object: ColdObject,
    /// What is still to be delivered, in order.
    promises: VecDeque<Promise>,
    head: Option<oneshot::Sender<Bytes>>,
    urgency: Urgency,
    /// The chunk whose checksum did not fit at the last try.
    damaged: Option<u32>,
    /// Whether what is behind a damaged chunk is still to be tried without it: once.
    goes_on: bool,
}

impl Run {
    async fn deliver(mut self) {
        let mut attempt = 0;
        loop {
            attempt += 1;
            self.damaged = None;
            let Err(error) = self.try_once().await else { return };
            let may_repeat = error.kind.is_transient() || error.kind == StoreErrorKind::Damaged;
            if !may_repeat || attempt >= ATTEMPTS_MAX {
                if !self.leaves_out_damaged(&error) {
                    return self.fail(&error);
                }
                attempt = 0;
            }
            let pause = self.inner.env.random.below(RETRY_PAUSE_MS << attempt);
            esker_env::sleep(Duration::from_millis(pause)).await;
        }
    }

    /// Gives the one chunk up that is damaged: who waits for those behind it is to have them.
    fn leaves_out_damaged(&mut self, error: &StoreError) -> bool {
        let damaged = self.damaged.take();
        let is_first = self.promises.front().is_some_and(|first| damaged == Some(first.id.chunk));
        if !is_first || !std::mem::take(&mut self.goes_on) {
            return false;
        }
        if let Some(promise) = self.promises.pop_front() {
            promise.settle(Err(of_store(error)));
        }
        !self.promises.is_empty()
    }

    fn fail(mut self, error: &StoreError) {
        let error = of_store(error);
        self.promises.drain(..).for_each(|promise| promise.settle(Err(error.clone())));
    }

    async fn try_once(&mut self) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (self.promises.front(), self.promises.back()) else { return Ok(()) };
        let range = self.object.range_of(first.id.chunk..last.id.chunk + 1);
        let log_end = range.end;
        let range = range.start..if self.head.is_some() { self.object.head_end() } else { range.end };
        let len = range.end - range.start;
        let Some(mut permit) = self.reserve(len).await else { return Err(self.error("the tier is closing")) };
        self.inner.limits.bandwidth.pass(len).await;
        if self.head.is_none() {
            self.ask_for_head();
        }
        let pieces = Arc::clone(&self.inner.pieces);
        let mut body = Reader { stream: self.open(range.clone()).await?, rest: Bytes::new(), pieces };
        if self.head.is_some() {
            return self.take_with_head(&mut body, log_end).await;
        }
        while let Some(promise) = self.promises.front() {
            let chunk = promise.id.chunk;
            let bytes = self.take_chunk(&mut body, chunk).await?;
            let head = self.known_head().await?;
            self.settle_front(&head, bytes)?;
            release(&mut permit, crate::object::CHUNK_LEN);
        }
        Ok(())
    }

    fn error(&self, what: &str) -> StoreError {
        let key = self.object.chain.segment_key(&self.object.entry);
        StoreError::new(StoreErrorKind::Unknown, "get", &key, what)
    }

    async fn reserve(&self, len: u64) -> Option<OwnedSemaphorePermit> {
        let units = len.min(self.inner.limits.bytes_max) / BUDGET_UNIT;
        Arc::clone(&self.inner.budget).acquire_many_owned(u32::try_from(units).unwrap_or(u32::MAX)).await.ok()
    }

    /// Lets the head come while the data does.
    fn ask_for_head(&self) {
        let fetcher = super::Fetcher { inner: Arc::clone(&self.inner) };
        if self.object.chain.meta.head(self.object.entry.uuid).is_none() {
            drop(fetcher.head(&self.object));
        }
    }

    async fn known_head(&self) -> Result<Arc<TrailerHead>, StoreError> {
        self.inner.head(&self.object).await.map_err(|error| {
            let (kind, text) = match error {
                FetchError::NotFound(text) => (StoreErrorKind::NotFound, text),
                FetchError::Storage(text) => (StoreErrorKind::Unknown, text),
            };
            StoreError::new(kind, "get", &self.object.chain.segment_key(&self.object.entry), text)
        })
    }

    async fn take_chunk(&self, body: &mut Reader, chunk: u32) -> Result<Bytes, StoreError> {
        let range = self.object.range_of(chunk..chunk + 1);
        body.take((range.end - range.start) as usize).await?.ok_or_else(|| self.cut_short())
    }

    fn cut_short(&self) -> StoreError {
        let key = self.object.chain.segment_key(&self.object.entry);
        StoreError::new(StoreErrorKind::Damaged, "get", &key, "the body ended too early")
    }

    /// The head comes last: what came before waits for it, at most 16 MiB.
    async fn take_with_head(&mut self, body: &mut Reader, log_end: u64) -> Result<(), StoreError> {
        let mut chunks = Vec::with_capacity(self.promises.len());
        for at in 0..self.promises.len() {
            chunks.push(self.take_chunk(body, self.promises[at].id.chunk).await?);
        }
        let head_len = (self.object.head_end() - log_end) as usize;
        let head = body.take(head_len).await?.ok_or_else(|| self.cut_short())?;
        if let Some(sender) = self.head.take() {
            let _ = sender.send(head);
        }
        let head = self.known_head().await?;
        chunks.into_iter().try_for_each(|bytes| self.settle_front(&head, bytes))
    }

    /// Delivers the first chunk that is still owed, if its bytes are right.
    fn settle_front(&mut self, head: &TrailerHead, bytes: Bytes) -> Result<(), StoreError> {
        let Some(promise) = self.promises.front() else { return Ok(()) };
        if !check(head, &self.object, promise.id.chunk, &bytes) {
            self.inner.damaged.fetch_add(1, Ordering::Relaxed);
            self.damaged = Some(promise.id.chunk);
            let key = self.object.chain.segment_key(&self.object.entry);
            let detail = format!("chunk {} does not have the checksum of the chunk table", promise.id.chunk);
            return Err(StoreError::new(StoreErrorKind::Damaged, "get", &key, detail));
        }
        if let Some(promise) = self.promises.pop_front() {
            if let Some(cache) = self.inner.cache.opened() {
                cache.insert(promise.id, bytes.clone(), promise.is_wanted());
            }
            promise.settle(Ok(bytes));
        }
        Ok(())
    }

    /// A stream whose first bytes have come. While they are late a second request may be sent; the faster one is taken.
    async fn open(&self, range: Range<u64>) -> Result<ByteStream, StoreError> {
        let first = self.first_bytes(self.urgency.reason(), range.clone());
        self.inner.hedged(first, || self.first_bytes(Reason::Hedge, range)).await
    }

    async fn first_bytes(&self, reason: Reason, range: Range<u64>) -> Result<ByteStream, StoreError> {
        let key = self.object.chain.segment_key(&self.object.entry);
        let mut stream = self.object.chain.store.get_stream(reason, &key, range).await?;
        match stream.next().await {
            Some(Ok(first)) => Ok(futures::stream::iter([Ok(first)]).chain(stream).boxed()),
            Some(Err(error)) => Err(error),
            None => Err(self.cut_short()),
        }
    }
}

impl Inner {
    /// Sends a second request while the first is late; the faster one is taken.
    pub(super) async fn hedged<T, E, F>(&self, first: F, second: impl FnOnce() -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let clock = &self.env.clock;
        let begun = clock.now();
        let threshold = self.hedge.lock().threshold();
        let mut first = Box::pin(first);
        let answer = match esker_env::timeout(threshold, &mut first).await {
            Some(answer) => answer,
            None if self.hedge.lock().spend() => match select(first, Box::pin(second())).await {
                // A failure waits for the other one.
                Either::Left((Err(_), other)) | Either::Right((Err(_), other)) => other.await,
                Either::Left((answer, _)) | Either::Right((answer, _)) => answer,
            },
            None => first.await,
        };
        if answer.is_ok() {
            self.hedge.lock().record(clock.now().since(begun));
        }
        answer
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // The runtime ends in the middle: nobody waits for ever.
        self.promises.drain(..).for_each(|promise| promise.settle(Err(lost())));
    }
}

fn of_store(error: &StoreError) -> FetchError {
    match error.kind {
        StoreErrorKind::NotFound => FetchError::NotFound(error.to_string()),
        _ => FetchError::Storage(error.to_string()),
    }
}

fn release(permit: &mut OwnedSemaphorePermit, bytes: u64) {
    let units = usize::try_from(bytes / BUDGET_UNIT).unwrap_or(0).min(permit.num_permits());
    drop(permit.split(units));
}

/// Takes exact lengths off a stream.
struct Reader {
    stream: ByteStream,
    rest: Bytes,
    pieces: Arc<Pieces>,
}

impl Reader {
    /// The next `len` bytes in memory of their own, so that a chunk in the cache holds nothing else; `None` where the body ends
    /// before.
    async fn take(&mut self, len: usize) -> Result<Option<Bytes>, StoreError> {
        let (mut taken, mut filled) = (self.pieces.lend(len), 0);
        while filled < len {
            if self.rest.is_empty() {
                match self.stream.next().await.transpose()? {
                    Some(piece) => self.rest = piece,
                    None => return Ok(None),
                }
            }
            let now = self.rest.split_to(self.rest.len().min(len - filled));
            taken.as_mut()[filled..filled + now.len()].copy_from_slice(&now);
            filled += now.len();
        }
        Ok(Some(Bytes::from_owner(taken)))
    }
}
