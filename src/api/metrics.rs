//! What is counted of each key: requests, errors by code, time.

use crate::keys::SERVED;
use crate::{ErrorCode, Spans};
use esker_protocol::ApiKey;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Upper bounds of the latency buckets are powers of two in microseconds, from 1 us; the last one is open.
const BUCKETS: usize = 28;

/// The counters of all keys that are served. They only grow; an exporter reads them when it is asked.
#[derive(Debug)]
pub struct ApiMetrics {
    /// In the order of [`SERVED`].
    keys: Vec<KeyMetrics>,
    /// Requests that were not understood: unknown keys and versions, damaged bytes.
    refused: AtomicU64,
    /// Where requests go that are worth a trace, if anybody wants them.
    spans: OnceLock<Arc<Spans>>,
}

/// The counters of one key.
#[derive(Debug)]
pub struct KeyMetrics {
    requests: AtomicU64,
    /// By position in [`ErrorCode::ALL`].
    errors: Vec<AtomicU64>,
    queue_nanos: AtomicU64,
    local_nanos: AtomicU64,
    send_nanos: AtomicU64,
    total_nanos: AtomicU64,
    latency: [AtomicU64; BUCKETS],
}

impl Default for ApiMetrics {
    fn default() -> Self {
        Self {
            keys: SERVED.iter().map(|_| KeyMetrics::default()).collect(),
            refused: AtomicU64::new(0),
            spans: OnceLock::new(),
        }
    }
}

impl Default for KeyMetrics {
    fn default() -> Self {
        Self {
            requests: AtomicU64::new(0),
            errors: ErrorCode::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
            queue_nanos: AtomicU64::new(0),
            local_nanos: AtomicU64::new(0),
            send_nanos: AtomicU64::new(0),
            total_nanos: AtomicU64::new(0),
            latency: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }
}

impl ApiMetrics {
    /// Every key that is served, with its counters.
    pub fn keys(&self) -> impl Iterator<Item = (ApiKey, &KeyMetrics)> {
        SERVED.iter().copied().zip(&self.keys)
    }

    /// Requests for which the connection was closed, because they were not understood.
    pub fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    /// From now on requests that are worth a trace are kept in `spans`; the first call counts.
    pub fn trace_into(&self, spans: Arc<Spans>) {
        let _ = self.spans.set(spans);
    }

    pub(crate) fn spans(&self) -> Option<&Spans> {
        self.spans.get().map(Arc::as_ref)
    }

    /// What the connection knows of one request: how long it waited whole until it was begun, and how long its answer took to
    /// be handed to the kernel. `key` as the request names it.
    pub fn count_connection(&self, key: i16, waited: Duration, sending: Duration) {
        if let Some(metrics) = ApiKey::from_number(key).and_then(|key| self.key(key)) {
            metrics.queue_nanos.fetch_add(nanos(waited), Relaxed);
            metrics.send_nanos.fetch_add(nanos(sending), Relaxed);
        }
    }

    pub(crate) fn key(&self, key: ApiKey) -> Option<&KeyMetrics> {
        let position = SERVED.iter().position(|served| *served == key)?;
        self.keys.get(position)
    }

    pub(crate) fn count_refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }
}

impl KeyMetrics {
    /// Requests that were answered.
    pub fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }

    /// Error codes in answers, each with how often it was given.
    pub fn errors(&self) -> impl Iterator<Item = (ErrorCode, u64)> {
        let counted = ErrorCode::ALL.iter().copied().zip(&self.errors);
        counted.map(|(code, count)| (code, count.load(Relaxed))).filter(|(_, count)| *count > 0)
    }

    /// Time that requests waited behind earlier ones of their connection, of all requests together.
    pub fn queue_time(&self) -> Duration {
        Duration::from_nanos(self.queue_nanos.load(Relaxed))
    }

    /// Time that answers took until the kernel had them, of all requests together.
    pub fn send_time(&self) -> Duration {
        Duration::from_nanos(self.send_nanos.load(Relaxed))
    }

    /// Time in handlers before they began to wait, of all requests together.
    pub fn local_time(&self) -> Duration {
        Duration::from_nanos(self.local_nanos.load(Relaxed))
    }

    /// Time from a request's arrival to its answer's hand-over, of all requests together.
    pub fn total_time(&self) -> Duration {
        Duration::from_nanos(self.total_nanos.load(Relaxed))
    }

    /// How many requests took how long: upper bounds, ascending, each with the requests between it and the bound before;
    /// `None` stands for no bound.
    pub fn latency(&self) -> impl Iterator<Item = (Option<Duration>, u64)> {
        self.latency.iter().enumerate().map(|(bucket, count)| {
            let bound = (bucket + 1 < BUCKETS).then(|| Duration::from_micros(1 << bucket));
            (bound, count.load(Relaxed))
        })
    }

    pub(crate) fn count(&self, local: Duration, total: Duration, errors: impl Iterator<Item = i16>) {
        self.requests.fetch_add(1, Relaxed);
        self.local_nanos.fetch_add(nanos(local), Relaxed);
        self.total_nanos.fetch_add(nanos(total), Relaxed);
        if let Some(bucket) = self.latency.get(bucket_of(total)) {
            bucket.fetch_add(1, Relaxed);
        }
        for number in errors.filter(|number| *number != 0) {
            let position = usize::try_from(i32::from(number) + 1).unwrap_or(usize::MAX);
            if let Some(count) = self.errors.get(position) {
                count.fetch_add(1, Relaxed);
            }
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The bucket of the smallest bound that is not below `time`.
fn bucket_of(time: Duration) -> usize {
    let micros = u64::try_from(time.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX);
    let bits = micros.saturating_sub(1).checked_ilog2().map_or(0, |log| log as usize + 1);
    bits.min(BUCKETS - 1)
}
