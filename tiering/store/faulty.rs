//! A store that fails as told: errors, lost answers, delays, slow bodies, changed bytes. It remembers every call.

use crate::store::{Backend, Body, ByteStream, Listed, Part, PutMode, StoreError, StoreErrorKind};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::stream::{self, StreamExt};
use parking_lot::Mutex;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// One call as the rule sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    pub(crate) key: String,
    pub(crate) range: Option<Range<u64>>,
}

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// It fails and has no effect.
    Fail(StoreErrorKind),
    /// It takes effect and its answer is lost.
    LoseAnswer,
    /// It takes effect and the answer is an error all the same.
    FailAfter(StoreErrorKind),
    /// It waits first.
    Delay(Duration),
    /// It is never answered.
    Hang,
    /// It waits until the gate is opened, and then takes effect.
    Gate,
    /// One bit of the body is flipped at this place.
    FlipBit(usize),
    /// The body ends after so many bytes, as if it were whole.
    CutBody(usize),
    /// The connection breaks after so many bytes of the body.
    BreakBody(usize),
    /// The body stops after so many bytes and never goes on.
    StallBody(usize),
}

type Rule = Box<dyn FnMut(&Call) -> Fault + Send>;

/// How many bodies are on their way, and how many were at most.
#[derive(Debug, Default)]
struct Bodies {
    open: AtomicUsize,
    peak: AtomicUsize,
}

/// One body that is on its way for as long as this lives.
struct OpenBody(Arc<Bodies>);

impl OpenBody {
    fn begin(bodies: &Arc<Bodies>) -> Self {
        let open = bodies.open.fetch_add(1, Ordering::Relaxed) + 1;
        bodies.peak.fetch_max(open, Ordering::Relaxed);
        Self(Arc::clone(bodies))
    }
}

impl Drop for OpenBody {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// See the module.
pub(crate) struct FaultyBackend {
    inner: Arc<dyn Backend>,
    rule: Mutex<Rule>,
    calls: Mutex<Vec<Call>>,
    /// Time to the first byte, and the speed of each body.
    slowness: Option<(Duration, u64)>,
    bodies: Arc<Bodies>,
    /// Reads that have no answer yet.
    asked: Arc<Bodies>,
    gate: tokio::sync::Semaphore,
}

impl fmt::Debug for FaultyBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyBackend").finish_non_exhaustive()
    }
}

impl FaultyBackend {
    pub(crate) fn new(inner: Arc<dyn Backend>) -> Self {
        let rule: Mutex<Rule> = Mutex::new(Box::new(|_| Fault::None));
        Self {
            inner,
            rule,
            calls: Mutex::default(),
            slowness: None,
            bodies: Arc::default(),
            asked: Arc::default(),
            gate: tokio::sync::Semaphore::new(0),
        }
    }

    /// Every answer begins after `ttfb`; every body then comes with `bytes_per_second`.
    pub(crate) fn slow(inner: Arc<dyn Backend>, ttfb: Duration, bytes_per_second: u64) -> Self {
        Self { slowness: Some((ttfb, bytes_per_second)), ..Self::new(inner) }
    }

    pub(crate) fn set_rule(&self, rule: impl FnMut(&Call) -> Fault + Send + 'static) {
        *self.rule.lock() = Box::new(rule);
    }

    pub(crate) fn heal(&self) {
        self.set_rule(|_| Fault::None);
    }

    /// Lets all go on that wait at the gate, and whoever comes later.
    pub(crate) fn open_gate(&self) {
        self.gate.add_permits(1 << 20);
    }

    /// How many bodies of a slow store were on their way at the same time, at most.
    pub(crate) fn bodies_at_once(&self) -> usize {
        self.bodies.peak.load(Ordering::Relaxed)
    }

    /// How many reads were under way at the same time, at most.
    pub(crate) fn requests_at_once(&self) -> usize {
        self.asked.peak.load(Ordering::Relaxed)
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().clone()
    }

    pub(crate) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.calls.lock())
    }

    async fn meet(&self, operation: &'static str, key: &str, range: Option<Range<u64>>) -> Result<Fault, StoreError> {
        let call = Call { operation, key: key.to_owned(), range };
        let fault = (self.rule.lock())(&call);
        self.calls.lock().push(call);
        if let Some((ttfb, _)) = self.slowness {
            esker_env::sleep(ttfb).await;
        }
        match fault {
            Fault::Fail(kind) => Err(StoreError::new(kind, operation, key, "as told")),
            Fault::Delay(pause) => {
                esker_env::sleep(pause).await;
                Ok(Fault::None)
            }
            Fault::Gate => {
                let _ = self.gate.acquire().await; // never closed
                Ok(Fault::None)
            }
            Fault::Hang => {
                std::future::pending::<()>().await;
                Ok(Fault::None)
            }
            other => Ok(other),
        }
    }

    fn answer<T>(
        fault: Fault,
        operation: &'static str,
        key: &str,
        answer: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match fault {
            Fault::LoseAnswer => {
                Err(StoreError::new(StoreErrorKind::Unknown, operation, key, "the answer was lost, as told"))
            }
            Fault::FailAfter(kind) => Err(StoreError::new(kind, operation, key, "after the fact, as told")),
            _ => answer,
        }
    }
}

async fn whole(mut body: ByteStream) -> Result<Bytes, StoreError> {
    let mut bytes = BytesMut::new();
    while let Some(piece) = body.next().await {
        bytes.extend_from_slice(&piece?);
    }
    Ok(bytes.freeze())
}

fn paced(body: ByteStream, bytes_per_second: u64, open: OpenBody) -> ByteStream {
    const STEP: usize = 256 << 10;
    let pieces = body.flat_map(|piece| {
        let pieces = match piece {
            Ok(bytes) => (0..bytes.len().div_ceil(STEP))
                .map(|at| Ok(bytes.slice(at * STEP..bytes.len().min((at + 1) * STEP))))
                .collect(),
            Err(error) => vec![Err(error)],
        };
        stream::iter(pieces)
    });
    // Against the clock from the beginning, so that late timers do not add up.
    let begun = tokio::time::Instant::now();
    let mut sent = 0u64;
    let paced = pieces.then(move |piece| {
        let _on_its_way = &open;
        sent += piece.as_ref().map_or(0, |bytes: &Bytes| bytes.len() as u64);
        let due = begun + Duration::from_micros(sent * 1_000_000 / bytes_per_second);
        async move {
            tokio::time::sleep_until(due).await;
            piece
        }
    });
    paced.boxed()
}

#[async_trait]
impl Backend for FaultyBackend {
    async fn put(&self, key: &str, body: &Body, mode: PutMode) -> Result<(), StoreError> {
        let operation = if mode == PutMode::Create { "create" } else { "put" };
        let fault = self.meet(operation, key, None).await?;
        let answer = self.inner.put(key, body, mode).await;
        Self::answer(fault, operation, key, answer)
    }

    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<ByteStream, StoreError> {
        let _asked = OpenBody::begin(&self.asked);
        let fault = self.meet("get", key, range.clone()).await?;
        let mut body = Self::answer(fault, "get", key, self.inner.get(key, range).await)?;
        match fault {
            Fault::FlipBit(at) => {
                let mut bytes = whole(body).await?.to_vec();
                let at = at % bytes.len();
                bytes[at] ^= 1;
                body = stream::iter([Ok(Bytes::from(bytes))]).boxed();
            }
            Fault::CutBody(len) => {
                let bytes = whole(body).await?;
                body = stream::iter([Ok(bytes.slice(..len.min(bytes.len())))]).boxed();
            }
            Fault::BreakBody(len) => {
                let bytes = whole(body).await?;
                let broken = StoreError::new(StoreErrorKind::Unknown, "get", key, "the connection broke, as told");
                body = stream::iter([Ok(bytes.slice(..len.min(bytes.len()))), Err(broken)]).boxed();
            }
            Fault::StallBody(len) => {
                let bytes = whole(body).await?;
                let some = stream::iter([Ok(bytes.slice(..len.min(bytes.len())))]);
                body = some.chain(stream::pending()).boxed();
            }
            _ => {}
        }
        Ok(match self.slowness {
            Some((_, bytes_per_second)) => paced(body, bytes_per_second, OpenBody::begin(&self.bodies)),
            None => body,
        })
    }

    async fn list(&self, prefix: &str, after: Option<&str>, count_max: usize) -> Result<Vec<Listed>, StoreError> {
        let fault = self.meet("list", prefix, None).await?;
        Self::answer(fault, "list", prefix, self.inner.list(prefix, after, count_max).await)
    }

    async fn list_dirs(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let fault = self.meet("list dirs", prefix, None).await?;
        Self::answer(fault, "list dirs", prefix, self.inner.list_dirs(prefix).await)
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StoreError> {
        let mut fault = Fault::None;
        for key in keys {
            let met = self.meet("delete", key, None).await?;
            fault = if met == Fault::None { fault } else { met };
        }
        Self::answer(fault, "delete", "", self.inner.delete(keys).await)
    }

    async fn begin_multipart(&self, key: &str) -> Result<String, StoreError> {
        let fault = self.meet("begin multipart", key, None).await?;
        Self::answer(fault, "begin multipart", key, self.inner.begin_multipart(key).await)
    }

    async fn put_part(&self, key: &str, upload: &str, part: Part, body: &Body) -> Result<String, StoreError> {
        let fault = self.meet("put part", key, None).await?;
        Self::answer(fault, "put part", key, self.inner.put_part(key, upload, part, body).await)
    }

    async fn complete_multipart(&self, key: &str, upload: &str, parts: Vec<String>) -> Result<(), StoreError> {
        let fault = self.meet("complete multipart", key, None).await?;
        let answer = self.inner.complete_multipart(key, upload, parts).await;
        Self::answer(fault, "complete multipart", key, answer)
    }

    async fn abort_multipart(&self, key: &str, upload: &str) -> Result<(), StoreError> {
        let fault = self.meet("abort multipart", key, None).await?;
        Self::answer(fault, "abort multipart", key, self.inner.abort_multipart(key, upload).await)
    }
}
