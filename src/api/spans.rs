//! Requests that are worth a trace: slow ones, and a share of all. Kept until somebody fetches them, in bounded number.

use crate::ErrorCode;
use esker_protocol::ApiKey;
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Requests that are kept for the next export; what comes then is dropped.
const KEPT_MAX: usize = 2048;
/// A handler that worked for so long was slow, whatever it did.
const SLOW_LOCAL: Duration = Duration::from_millis(100);
/// A request that took so long was slow, unless its client wanted to wait.
const SLOW_TOTAL: Duration = Duration::from_secs(1);
/// Longest client id that is kept.
const CLIENT_ID_MAX: usize = 256;

/// One request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestSpan {
    /// What was asked.
    pub key: ApiKey,
    /// In which version.
    pub version: i16,
    /// The client's number for it.
    pub correlation_id: i32,
    /// Who the client says it is.
    pub client_id: String,
    /// Where it is.
    pub peer: SocketAddr,
    /// Bytes of its frame.
    pub bytes: usize,
    /// When it was answered, milliseconds since the Unix epoch.
    pub ended_ms: i64,
    /// How long its handler ran before it was answered or began to wait.
    pub local: Duration,
    /// From its arrival to its answer.
    pub total: Duration,
    /// The first error code of the answer.
    pub error: Option<ErrorCode>,
    /// It is here because it was slow.
    pub slow: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Spans {
    /// One request in so many is kept; 0 keeps slow ones only.
    every: u64,
    seen: AtomicU64,
    kept: Mutex<Vec<RequestSpan>>,
    dropped: AtomicU64,
}

/// Why a request is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Slow,
    Sampled,
}

impl Spans {
    /// Keeps slow requests and one in `every`; 0 keeps slow ones only.
    pub fn new(every: u64) -> Self {
        Self { every, seen: AtomicU64::new(0), kept: Mutex::default(), dropped: AtomicU64::new(0) }
    }

    /// Whether a request is to be kept. Counts it.
    pub(crate) fn wants(&self, key: ApiKey, local: Duration, total: Duration) -> Option<Kept> {
        let number = self.seen.fetch_add(1, Relaxed);
        if local >= SLOW_LOCAL || (total >= SLOW_TOTAL && !waits_by_wish(key)) {
            return Some(Kept::Slow);
        }
        (self.every > 0 && number.is_multiple_of(self.every)).then_some(Kept::Sampled)
    }

    pub(crate) fn keep(&self, mut span: RequestSpan) {
        if span.client_id.len() > CLIENT_ID_MAX {
            span.client_id.truncate(span.client_id.floor_char_boundary(CLIENT_ID_MAX));
        }
        let mut kept = self.kept.lock();
        if kept.len() < KEPT_MAX {
            kept.push(span);
        } else {
            self.dropped.fetch_add(1, Relaxed);
        }
    }

    /// What was kept since the last time.
    pub fn take(&self) -> Vec<RequestSpan> {
        std::mem::take(&mut *self.kept.lock())
    }

    /// Requests that were to be kept and for which there was no room.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }
}

/// Requests whose clients say how long they want to wait.
fn waits_by_wish(key: ApiKey) -> bool {
    matches!(key, ApiKey::Fetch | ApiKey::JoinGroup | ApiKey::SyncGroup | ApiKey::ShareFetch)
}
