//! The one way to the store: deadlines, repetition of what is safe to repeat, the breaker, limits, the account.

use crate::store::breaker::{Breaker, BreakerState};
use crate::store::counters::Account;
use crate::store::{
    Backend, Body, ByteStream, Counters, Listed, Operation, Part, PutMode, Reason, StoreError, StoreErrorKind, body_len,
};
use bytes::{Bytes, BytesMut};
use esker_env::{Env, Instant};
use futures::StreamExt;
use parking_lot::Mutex;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Bounds of a store's use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoreLimits {
    /// Requests under way at once.
    pub(crate) requests_max: usize,
    /// How long one request may take, apart from its body.
    pub(crate) request_timeout: Duration,
    /// The slowest body that is waited for, bytes per second.
    pub(crate) bytes_per_second_min: u64,
    /// How long a request is repeated, in all.
    pub(crate) retry_timeout: Duration,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            requests_max: 128,
            request_timeout: Duration::from_secs(20),
            bytes_per_second_min: 1 << 20,
            retry_timeout: Duration::from_secs(60),
        }
    }
}

const BACKOFF_MIN: Duration = Duration::from_millis(50);
const BACKOFF_MAX: Duration = Duration::from_secs(2);
const DELETE_BATCH: usize = 1000;

/// What a create came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Created {
    /// The object is there and it is ours.
    Written,
    /// The key exists, says the store.
    Exists,
    /// Nobody knows.
    Unknown(StoreError),
    /// Certainly not.
    NotWritten(StoreError),
}

/// See the module. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    backend: Arc<dyn Backend>,
    env: Env,
    limits: StoreLimits,
    breaker: Mutex<Breaker>,
    counters: Counters,
    requests: Semaphore,
}

impl Store {
    pub(crate) fn new(backend: Arc<dyn Backend>, env: Env, limits: StoreLimits) -> Self {
        let requests = Semaphore::new(limits.requests_max.max(1));
        let breaker = Mutex::new(Breaker::new());
        Self { inner: Arc::new(Inner { backend, env, limits, breaker, counters: Counters::default(), requests }) }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.inner.counters
    }

    pub(crate) fn breaker(&self) -> BreakerState {
        self.inner.breaker.lock().state()
    }

    fn account(&self, operation: Operation, reason: Reason, key: &str) -> Account {
        self.inner.counters.account(operation, reason, key)
    }

    fn timeout_for(&self, len: u64) -> Duration {
        self.inner.limits.request_timeout + Duration::from_secs(len / self.inner.limits.bytes_per_second_min.max(1))
    }

    /// Sends one request: breaker, limit, deadline, account.
    async fn once<T>(
        &self,
        account: &Account,
        key: &str,
        timeout: Duration,
        request: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let fail = |kind, detail: &str| StoreError::new(kind, "request", key, detail);
        let admitted = self.inner.breaker.lock().admit(self.inner.env.clock.now());
        if admitted.is_err() {
            return Err(fail(StoreErrorKind::Suspended, "the store has failed too often; waiting before the next try"));
        }
        let permit = esker_env::timeout(timeout, self.inner.requests.acquire()).await;
        let Some(Ok(_permit)) = permit else {
            return Err(fail(StoreErrorKind::Throttled, "too many requests under way"));
        };
        account.sent();
        let answer = esker_env::timeout(timeout, request).await;
        let answer = answer.unwrap_or_else(|| Err(fail(StoreErrorKind::Unknown, "no answer in time")));
        self.record(account, answer.as_ref().err().map(|error| error.kind));
        answer
    }

    fn record(&self, account: &Account, error: Option<StoreErrorKind>) {
        let works = error.is_none_or(|kind| !kind.is_transient());
        self.inner.breaker.lock().record(works, self.inner.env.clock.now());
        if error.is_some() {
            account.failed();
        }
    }

    /// Repeats a request with full jitter while its errors pass, until the retry time is over.
    async fn repeat<T, F>(&self, mut request: impl FnMut() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let env = &self.inner.env;
        let begun: Instant = env.clock.now();
        let mut failures = 0u32;
        loop {
            match request().await {
                Err(error) if error.kind.is_transient() => {
                    let ceiling = (BACKOFF_MIN * (1 << failures.min(10))).min(BACKOFF_MAX);
                    let pause = Duration::from_micros(env.random.below(ceiling.as_micros() as u64));
                    if env.clock.now().since(begun) + pause >= self.inner.limits.retry_timeout {
                        return Err(error);
                    }
                    failures += 1;
                    esker_env::sleep(pause).await;
                }
                done => return done,
            }
        }
    }

    /// Creates an object that must not exist. Sent once: what an unclear answer means, only the caller can find out.
    pub(crate) async fn create(&self, reason: Reason, key: &str, body: Bytes) -> Created {
        let len = body.len() as u64;
        let account = self.account(Operation::Create, reason, key);
        account.moved(len);
        let body = vec![body];
        let put = self.inner.backend.put(key, &body, PutMode::Create);
        match self.once(&account, key, self.timeout_for(len), put).await {
            Ok(()) => Created::Written,
            Err(error) if error.kind == StoreErrorKind::AlreadyExists => Created::Exists,
            Err(error) if error.kind.had_no_effect() => Created::NotWritten(error),
            Err(error) => Created::Unknown(error),
        }
    }

    /// Writes an object whose key is never used with other bytes.
    pub(crate) async fn put(&self, reason: Reason, key: &str, body: &Body) -> Result<(), StoreError> {
        let (len, account) = (body_len(body), self.account(Operation::Put, reason, key));
        self.repeat(|| {
            account.moved(len);
            let put = self.inner.backend.put(key, body, PutMode::Replace);
            self.once(&account, key, self.timeout_for(len), put)
        })
        .await
    }

    /// Reads a whole object of at most `len_max` bytes.
    pub(crate) async fn get_small(&self, reason: Reason, key: &str, len_max: usize) -> Result<Bytes, StoreError> {
        let (timeout, account) = (self.timeout_for(len_max as u64), self.account(Operation::Get, reason, key));
        let bytes = self.repeat(|| {
            let get = async { collect(key, self.inner.backend.get(key, None).await?, len_max).await };
            self.once(&account, key, timeout, get)
        });
        let bytes = bytes.await?;
        account.moved(bytes.len() as u64);
        Ok(bytes)
    }

    /// Reads a range, all of it.
    pub(crate) async fn get_range(&self, reason: Reason, key: &str, range: Range<u64>) -> Result<Bytes, StoreError> {
        let len = (range.end - range.start) as usize;
        let (timeout, account) = (self.timeout_for(len as u64), self.account(Operation::Get, reason, key));
        let bytes = self.repeat(|| {
            let get = async {
                let bytes = collect(key, self.inner.backend.get(key, Some(range.clone())).await?, len).await?;
                if bytes.len() == len { Ok(bytes) } else { Err(wrong_length(key, len, bytes.len())) }
            };
            self.once(&account, key, timeout, get)
        });
        let bytes = bytes.await?;
        account.moved(len as u64);
        Ok(bytes)
    }

    /// Begins to read a range; its bytes come as they arrive. Sent once: the reader knows what it already has.
    pub(crate) async fn get_stream(
        &self,
        reason: Reason,
        key: &str,
        range: Range<u64>,
    ) -> Result<ByteStream, StoreError> {
        let account = self.account(Operation::Get, reason, key);
        let get = self.inner.backend.get(key, Some(range));
        let stream = self.once(&account, key, self.inner.limits.request_timeout, get).await?;
        let (store, pause_max, key) = (self.clone(), self.inner.limits.request_timeout, key.to_owned());
        let guarded = futures::stream::unfold(Some(stream), move |stream| {
            let (store, key, account) = (store.clone(), key.clone(), account.clone());
            async move {
                let mut stream = stream?;
                let piece = match esker_env::timeout(pause_max, stream.next()).await {
                    None => Err(StoreError::new(StoreErrorKind::Unknown, "get", &key, "the body stopped arriving")),
                    Some(piece) => piece?,
                };
                match &piece {
                    Ok(bytes) => account.moved(bytes.len() as u64),
                    Err(error) => store.record(&account, Some(error.kind)),
                }
                let rest = piece.is_ok().then_some(stream);
                Some((piece, rest))
            }
        });
        Ok(guarded.boxed())
    }

    /// One page of a listing.
    pub(crate) async fn list(
        &self,
        reason: Reason,
        prefix: &str,
        after: Option<&str>,
        count_max: usize,
    ) -> Result<Vec<Listed>, StoreError> {
        let account = self.account(Operation::List, reason, prefix);
        self.repeat(|| {
            let list = async { behind(prefix, after, self.inner.backend.list(prefix, after, count_max).await?) };
            self.once(&account, prefix, self.inner.limits.request_timeout, list)
        })
        .await
    }

    /// The last object of a listing, whatever its length.
    pub(crate) async fn list_last(
        &self,
        reason: Reason,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<Option<Listed>, StoreError> {
        let mut last: Option<Listed> = None;
        loop {
            let from = last.as_ref().map(|listed| listed.key.clone());
            let mut page = self.list(reason, prefix, from.as_deref().or(after), DELETE_BATCH).await?;
            let is_full = page.len() == DELETE_BATCH;
            last = page.pop().or(last);
            if !is_full {
                return Ok(last);
            }
        }
    }

    /// The names right below a prefix.
    pub(crate) async fn list_dirs(&self, reason: Reason, prefix: &str) -> Result<Vec<String>, StoreError> {
        let account = self.account(Operation::List, reason, prefix);
        self.repeat(|| {
            let list = self.inner.backend.list_dirs(prefix);
            self.once(&account, prefix, self.inner.limits.request_timeout, list)
        })
        .await
    }

    /// Deletes objects; absent ones are no error.
    pub(crate) async fn delete(&self, reason: Reason, keys: &[String]) -> Result<(), StoreError> {
        for batch in keys.chunks(DELETE_BATCH) {
            let account = self.account(Operation::Delete, reason, &batch[0]);
            let deleted = self.repeat(|| {
                let delete = self.inner.backend.delete(batch);
                self.once(&account, &batch[0], self.inner.limits.request_timeout * 3, delete)
            });
            deleted.await?;
        }
        Ok(())
    }

    pub(crate) async fn begin_multipart(&self, reason: Reason, key: &str) -> Result<String, StoreError> {
        let account = self.account(Operation::Multipart, reason, key);
        self.repeat(|| {
            let begin = self.inner.backend.begin_multipart(key);
            self.once(&account, key, self.inner.limits.request_timeout, begin)
        })
        .await
    }

    pub(crate) async fn put_part(
        &self,
        reason: Reason,
        key: &str,
        upload: &str,
        part: Part,
        body: &Body,
    ) -> Result<String, StoreError> {
        let (len, account) = (body_len(body), self.account(Operation::PutPart, reason, key));
        self.repeat(|| {
            account.moved(len);
            let put = self.inner.backend.put_part(key, upload, part, body);
            self.once(&account, key, self.timeout_for(len), put)
        })
        .await
    }

    /// Makes a multipart object appear. An unclear answer is an error: the upload is then begun again under another key.
    pub(crate) async fn complete_multipart(
        &self,
        reason: Reason,
        key: &str,
        upload: &str,
        parts: Vec<String>,
    ) -> Result<(), StoreError> {
        let account = self.account(Operation::Multipart, reason, key);
        let complete = self.inner.backend.complete_multipart(key, upload, parts);
        self.once(&account, key, self.inner.limits.request_timeout * 3, complete).await
    }

    /// Best effort: a bucket's life-cycle rule removes what stays.
    pub(crate) async fn abort_multipart(&self, reason: Reason, key: &str, upload: &str) {
        let account = self.account(Operation::Multipart, reason, key);
        let abort = self.inner.backend.abort_multipart(key, upload);
        let aborted = self.once(&account, key, self.inner.limits.request_timeout, abort).await;
        if let Err(error) = aborted {
            tracing::debug!(%error, "a multipart upload could not be aborted");
        }
    }
}

/// A page that does not go on behind `after` is refused: whoever walks a listing would do so for ever.
fn behind(prefix: &str, after: Option<&str>, page: Vec<Listed>) -> Result<Vec<Listed>, StoreError> {
    match page.iter().find(|listed| after.is_some_and(|after| listed.key.as_str() <= after)) {
        None => Ok(page),
        Some(listed) => {
            let detail = format!("the store lists {:?} where what follows on {after:?} was asked for", listed.key);
            Err(StoreError::new(StoreErrorKind::Damaged, "list", prefix, detail))
        }
    }
}

fn wrong_length(key: &str, expected: usize, found: usize) -> StoreError {
    let detail = format!("{found} bytes where {expected} were asked for");
    StoreError::new(StoreErrorKind::Damaged, "get", key, detail)
}

/// Takes a body that must not be longer than `len_max`.
async fn collect(key: &str, mut stream: ByteStream, len_max: usize) -> Result<Bytes, StoreError> {
    let Some(first) = stream.next().await.transpose()? else { return Ok(Bytes::new()) };
    let mut whole: Option<BytesMut> = None;
    let mut len = first.len();
    while let Some(piece) = stream.next().await.transpose()? {
        len += piece.len();
        if len > len_max {
            break;
        }
        whole.get_or_insert_with(|| BytesMut::from(&first[..])).extend_from_slice(&piece);
    }
    if len > len_max {
        let detail = format!("more than the {len_max} bytes that it may have");
        return Err(StoreError::new(StoreErrorKind::Damaged, "get", key, detail));
    }
    Ok(whole.map_or(first, BytesMut::freeze))
}
