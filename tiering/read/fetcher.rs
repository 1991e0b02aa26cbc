//! Chunks for all who ask: from the cache, from a request under way, or by new requests.

use crate::chain::ChainError;
use crate::flights::{Flight, Flights};
use crate::object::{CHUNK_LEN, TrailerHead};
use crate::pieces::Pieces;
use crate::rate::RateLimit;
use crate::read::{CacheSettings, CacheStats, ChunkCache, ChunkId, ColdObject, Hedge, LazyCache};
use crate::store::Reason;
use bytes::Bytes;
use esker_env::Env;
use esker_record::crc32c;
use futures::{FutureExt, StreamExt};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};

/// An object up to this length comes in one request, trailer head included.
pub(crate) const WHOLE_LEN_MAX: u64 = 16 << 20;
/// For a reader that waits, the head behind more data than this would come too late: it is asked for beside.
const INLINE_HEAD_LEN_MAX: u64 = 2 * CHUNK_LEN;
const BUDGET_UNIT: u64 = 1 << 10;
/// Memory of chunks that nobody needs any more, kept for the next ones.
const SPARE_CHUNKS_MAX: usize = 8;

/// Why a chunk or a trailer head is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FetchError {
    /// The object does not exist.
    NotFound(String),
    /// Anything else; retriable.
    Storage(String),
}

impl From<ChainError> for FetchError {
    fn from(error: ChainError) -> Self {
        if error.is_not_found() { Self::NotFound(error.to_string()) } else { Self::Storage(error.to_string()) }
    }
}

/// Whether somebody waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// For it.
    Now,
    /// For the first of it, by a sequential reader, which goes on to the rest.
    Following,
    /// Nobody does yet.
    Ahead,
}

impl Urgency {
    pub(crate) fn reason(self) -> Reason {
        match self {
            Self::Now | Self::Following => Reason::ColdRead,
            Self::Ahead => Reason::ReadAhead,
        }
    }
}

type ChunkFlight = Flight<Result<Bytes, FetchError>>;
pub(crate) type HeadFlight = Flight<Result<Arc<TrailerHead>, FetchError>>;

/// A chunk for a reader.
#[derive(Clone, Debug)]
pub(crate) enum Coming {
    /// It was in memory.
    Here(Bytes),
    /// The cache's disk has it: it comes soon.
    Near(ChunkFlight),
    /// The store has it.
    Far(ChunkFlight),
}

/// Bounds of all fetching.
#[derive(Debug)]
pub(crate) struct FetcherLimits {
    /// Bytes on their way from the store.
    pub(crate) bytes_max: u64,
    /// Longest request.
    pub(crate) get_bytes_max: u64,
    pub(crate) bandwidth: RateLimit,
}

/// See the module. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) env: Env,
    pub(super) runtime: Handle,
    pub(super) cache: LazyCache,
    pub(super) pieces: Arc<Pieces>,
    chunks: Mutex<HashMap<ChunkId, UnderWay>>,
    /// Bytes of chunks on their way that nobody waits for yet.
    ahead: AtomicU64,
    heads: Flights<uuid::Uuid, Result<Arc<TrailerHead>, FetchError>>,
    pub(super) budget: Arc<Semaphore>,
    pub(super) limits: FetcherLimits,
    pub(super) hedge: Mutex<Hedge>,
    hits: AtomicU64,
    misses: AtomicU64,
    pub(super) damaged: AtomicU64,
}

/// A chunk on its way.
#[derive(Debug)]
struct UnderWay {
    flight: ChunkFlight,
    /// Somebody waits for it, or did.
    is_wanted: bool,
    /// The cache had it when it was asked for.
    is_near: bool,
}

impl UnderWay {
    fn coming(&self) -> Coming {
        let flight = self.flight.clone();
        if self.is_near { Coming::Near(flight) } else { Coming::Far(flight) }
    }
}

/// The duty to deliver one chunk. Dropped, it tells those who wait that nothing comes.
pub(super) struct Promise {
    inner: Arc<Inner>,
    pub(super) id: ChunkId,
    sender: Option<oneshot::Sender<Result<Bytes, FetchError>>>,
}

impl Promise {
    /// Delivers; whoever asks later finds the chunk in the cache.
    pub(super) fn settle(mut self, result: Result<Bytes, FetchError>) {
        self.inner.land(self.id);
        if let Some(sender) = self.sender.take() {
            let _ = sender.send(result); // those who waited may have left
        }
    }

    /// Whether somebody waits for it, or did.
    pub(super) fn is_wanted(&self) -> bool {
        self.inner.chunks.lock().get(&self.id).is_none_or(|under_way| under_way.is_wanted)
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        if self.sender.is_some() {
            self.inner.land(self.id);
        }
    }
}

/// Chunks to deliver, and the place for the trailer head if it is to come with the last of them.
pub(super) struct Order {
    pub(super) promises: Vec<Promise>,
    pub(super) head: Option<oneshot::Sender<Bytes>>,
    pub(super) urgency: Urgency,
}

impl Fetcher {
    pub(crate) fn new(env: Env, runtime: Handle, cache: CacheSettings, limits: FetcherLimits) -> Self {
        let permits =
            usize::try_from(limits.bytes_max / BUDGET_UNIT).unwrap_or(usize::MAX).clamp(1, Semaphore::MAX_PERMITS);
        let inner = Inner {
            cache: LazyCache::new(cache, env.clone(), runtime.clone()),
            env,
            pieces: Pieces::new(SPARE_CHUNKS_MAX),
            chunks: Mutex::default(),
            ahead: AtomicU64::new(0),
            heads: Flights::new(runtime.clone()),
            runtime,
            budget: Arc::new(Semaphore::new(permits)),
            limits,
            hedge: Mutex::new(Hedge::new()),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            damaged: AtomicU64::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn limits(&self) -> &FetcherLimits {
        &self.inner.limits
    }

    pub(crate) fn cache_memory_bytes(&self) -> u64 {
        self.inner.cache.memory_bytes()
    }

    /// Bytes that may be asked for ahead of readers now: what fits into the budget, and will not drive out what others have not read.
    pub(crate) fn room_ahead(&self) -> u64 {
        self.room(|cache| cache.room_ahead())
    }

    fn room(&self, landing: impl FnOnce(&dyn ChunkCache) -> u64) -> u64 {
        let free = self.inner.budget.available_permits() as u64 * BUDGET_UNIT;
        let landing = self.inner.cache.opened().map_or(0, |cache| landing(&**cache));
        free.min(landing.saturating_sub(self.inner.ahead.load(Ordering::Relaxed)))
    }

    /// Less room than this is left to others until there is more: where many readers share little memory, each would ask for single
    /// chunks. About a sixth of all the room there is.
    pub(crate) fn worthwhile_ahead(&self) -> u64 {
        (self.cache_memory_bytes() / 16).clamp(CHUNK_LEN, WHOLE_LEN_MAX / 2)
    }

    /// Bytes that a reader who goes on may ask for at once where nothing was read ahead for it: as much as would be worth reading ahead, for as
    /// long as what nobody has read yet leaves the room that is meant for readers in the middle of their chunks.
    pub(crate) fn room_for_following(&self) -> u64 {
        self.room(|cache| cache.room_for_following()).min(self.worthwhile_ahead())
    }

    pub(crate) fn bytes_in_flight(&self) -> u64 {
        self.inner.limits.bytes_max.saturating_sub(self.inner.budget.available_permits() as u64 * BUDGET_UNIT)
    }

    pub(crate) fn stats(&self) -> CacheStats {
        let load = |value: &AtomicU64| value.load(Ordering::Relaxed);
        let cache = self.inner.cache.opened();
        let (memory_bytes, disk_written_bytes, errors) = cache.map_or((0, 0, 0), |cache| cache.usage());
        CacheStats {
            memory_bytes,
            disk_written_bytes,
            disk_is_full: cache.is_some_and(|cache| !cache.has_room()),
            errors,
            hits: load(&self.inner.hits),
            misses: load(&self.inner.misses),
            damaged: load(&self.inner.damaged),
        }
    }

    pub(crate) async fn close(&self) {
        self.inner.cache.close().await;
    }

    /// The trailer head of an object, once for all who ask.
    pub(crate) fn head(&self, object: &ColdObject) -> HeadFlight {
        let object = object.clone();
        let inner = Arc::clone(&self.inner);
        self.inner.heads.join(object.entry.uuid, || async move { inner.fetch_head(&object).await })
    }

    /// The first of `chunks`, as far as they can be had without a request: from memory, from the cache's disk, or because they are on
    /// their way already.
    pub(crate) fn at_hand(
        &self,
        object: &ColdObject,
        head: &TrailerHead,
        chunks: Range<u32>,
        urgency: Urgency,
    ) -> Vec<Coming> {
        let (inner, mut coming, mut promises) = (&self.inner, Vec::new(), Vec::new());
        let cache = inner.cache.opened();
        for chunk in chunks {
            let id = object.chunk_id(chunk);
            let bytes = cache.and_then(|cache| cache.in_memory(id, true));
            if let Some(bytes) = bytes.filter(|bytes| check(head, object, chunk, bytes)) {
                inner.hits.fetch_add(1, Ordering::Relaxed);
                coming.push(Coming::Here(bytes));
                continue;
            }
            let is_near = cache.is_some_and(|cache| cache.contains(id));
            let mut under_way = inner.chunks.lock();
            if !is_near && !under_way.contains_key(&id) {
                break;
            }
            coming.push(inner.want(
                &mut under_way,
                id,
                Want { is_now: urgency == Urgency::Now, is_near },
                &mut promises,
            ));
        }
        self.start(object, promises, urgency);
        coming
    }

    /// Asks for chunks, in order. What is under way is joined; the rest is fetched whether or not somebody goes on waiting.
    pub(crate) fn request(&self, object: &ColdObject, chunks: Range<u32>, urgency: Urgency) -> Vec<Coming> {
        let (mut promises, want) = (Vec::new(), Want { is_now: urgency == Urgency::Now, is_near: false });
        let mut under_way = self.inner.chunks.lock();
        let ids = chunks.map(|chunk| object.chunk_id(chunk));
        let coming = ids.map(|id| self.inner.want(&mut under_way, id, want, &mut promises)).collect();
        drop(under_way);
        self.start(object, promises, urgency);
        coming
    }

    /// A reader has read a chunk that it had waited for.
    pub(crate) fn was_read(&self, object: &ColdObject, chunk: u32) {
        if let Some(cache) = self.inner.cache.opened() {
            cache.in_memory(object.chunk_id(chunk), true);
        }
    }

    /// Asks for what somebody will read later and memory does not hold.
    pub(crate) fn request_ahead(&self, object: &ColdObject, chunks: Range<u32>) {
        let is_here = |chunk| {
            self.inner.cache.opened().is_some_and(|cache| cache.in_memory(object.chunk_id(chunk), false).is_some())
        };
        let mut from = chunks.start;
        for chunk in chunks.clone() {
            if is_here(chunk) {
                drop(self.request(object, from..chunk, Urgency::Ahead));
                from = chunk + 1;
            }
        }
        drop(self.request(object, from..chunks.end, Urgency::Ahead));
    }

    /// Begins to keep promises.
    fn start(&self, object: &ColdObject, promises: Vec<Promise>, urgency: Urgency) {
        if !promises.is_empty() {
            let head = self.expect_head(object, &promises, urgency);
            let order = Order { promises, head, urgency };
            let inner = Arc::clone(&self.inner);
            self.inner.runtime.spawn(supply(inner, object.clone(), order));
        }
    }

    /// Where the head is not known and the order reaches the object's last chunk, the head comes with it: one request less.
    fn expect_head(
        &self,
        object: &ColdObject,
        promises: &[Promise],
        urgency: Urgency,
    ) -> Option<oneshot::Sender<Bytes>> {
        let (first, last) = (promises.first()?.id.chunk, promises.last()?.id.chunk);
        let is_run = (last - first) as usize + 1 == promises.len() && last + 1 == object.chunk_count();
        let len = object.head_end() - object.range_of(first..last + 1).start;
        let len_max = match urgency {
            Urgency::Now | Urgency::Following => INLINE_HEAD_LEN_MAX,
            Urgency::Ahead => WHOLE_LEN_MAX,
        };
        if !is_run || len > len_max || object.chain.meta.head(object.entry.uuid).is_some() {
            return None;
        }
        let (sender, receiver) = oneshot::channel::<Bytes>();
        let (inner, object) = (Arc::clone(&self.inner), object.clone());
        let flight = self.inner.heads.join(object.entry.uuid, || async move {
            match receiver.await {
                Ok(bytes) => Ok(object.chain.keep_head(&object.entry, &bytes)?),
                Err(_) => inner.fetch_head(&object).await, // it did not come that way
            }
        });
        drop(flight);
        (!sender.is_closed()).then_some(sender) // closed: somebody asked for the head already
    }
}

/// How a chunk is wanted.
#[derive(Clone, Copy)]
struct Want {
    /// Somebody waits.
    is_now: bool,
    /// The cache has it.
    is_near: bool,
}

impl Inner {
    /// Joins a chunk that is on its way, or promises it.
    fn want(
        self: &Arc<Self>,
        under_way: &mut HashMap<ChunkId, UnderWay>,
        id: ChunkId,
        want: Want,
        promises: &mut Vec<Promise>,
    ) -> Coming {
        let chunk = under_way.entry(id).or_insert_with(|| {
            let (sender, receiver) = oneshot::channel();
            promises.push(Promise { inner: Arc::clone(self), id, sender: Some(sender) });
            self.ahead.fetch_add(CHUNK_LEN, Ordering::Relaxed);
            UnderWay { flight: receiver.shared(), is_wanted: false, is_near: want.is_near }
        });
        if want.is_now && !std::mem::replace(&mut chunk.is_wanted, true) {
            self.ahead.fetch_sub(CHUNK_LEN, Ordering::Relaxed);
        }
        chunk.coming()
    }

    /// A chunk is no longer on its way.
    fn land(&self, id: ChunkId) {
        let landed = self.chunks.lock().remove(&id);
        if landed.is_some_and(|chunk| !chunk.is_wanted) {
            self.ahead.fetch_sub(CHUNK_LEN, Ordering::Relaxed);
        }
    }

    /// Reads a trailer head, with a second request while the first is late.
    async fn fetch_head(&self, object: &ColdObject) -> Result<Arc<TrailerHead>, FetchError> {
        let read = |reason| object.chain.head(reason, &object.entry);
        Ok(self.hedged(read(Reason::Trailer), || read(Reason::Hedge)).await?)
    }

    pub(super) async fn head(self: &Arc<Self>, object: &ColdObject) -> Result<Arc<TrailerHead>, FetchError> {
        if let Some(head) = object.chain.meta.head(object.entry.uuid) {
            return Ok(head);
        }
        let fetcher = Fetcher { inner: Arc::clone(self) };
        fetcher.head(object).await.unwrap_or_else(|_| Err(lost()))
    }

    /// Takes a chunk out of the cache and checks it. The promise comes back where the cache could not keep it.
    async fn from_cache(self: &Arc<Self>, object: &ColdObject, promise: Promise) -> Option<Promise> {
        let cache = self.cache.get().await;
        let Some(bytes) = cache.get(promise.id, promise.is_wanted()).await else { return Some(promise) };
        let head = match self.head(object).await {
            Ok(head) => head,
            Err(error) => {
                promise.settle(Err(error));
                return None;
            }
        };
        if check(&head, object, promise.id.chunk, &bytes) {
            self.hits.fetch_add(1, Ordering::Relaxed);
            promise.settle(Ok(bytes));
            return None;
        }
        tracing::warn!(object = %object.chain.segment_key(&object.entry), chunk = promise.id.chunk, "a cached chunk is damaged; it is fetched again");
        self.damaged.fetch_add(1, Ordering::Relaxed);
        cache.remove(promise.id);
        Some(promise)
    }
}

pub(super) fn lost() -> FetchError {
    FetchError::Storage("the fetch was lost".into())
}

/// Whether bytes are what the chunk table says.
pub(super) fn check(head: &TrailerHead, object: &ColdObject, chunk: u32, bytes: &[u8]) -> bool {
    let range = object.range_of(chunk..chunk + 1);
    let expected = head.chunks.get(chunk as usize).map(|entry| entry.crc);
    bytes.len() as u64 == range.end - range.start && expected == Some(crc32c(bytes))
}

/// Delivers an order: what the cache holds from there, the rest by requests at the same time.
async fn supply(inner: Arc<Inner>, object: ColdObject, order: Order) {
    let cache = inner.cache.get().await;
    let Order { promises, head, urgency } = order;
    let (cached, missing): (Vec<_>, Vec<_>) = promises.into_iter().partition(|promise| cache.contains(promise.id));
    inner.misses.fetch_add(missing.len() as u64, Ordering::Relaxed);
    super::get::start_runs(&inner, &object, Order { promises: missing, head, urgency });
    let loads = futures::stream::iter(cached).map(|promise| inner.from_cache(&object, promise)).buffered(8);
    let gone: Vec<_> = loads.filter_map(|promise| async move { promise }).collect().await;
    inner.misses.fetch_add(gone.len() as u64, Ordering::Relaxed);
    super::get::start_runs(&inner, &object, Order { promises: gone, head: None, urgency });
}
