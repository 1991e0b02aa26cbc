//! The cold read: entry, chunk table, chunks, whole batches.

use crate::chain::ChainError;
use crate::flights::Flights;
use crate::keys::PartitionHome;
use crate::local_log::TieredEndState;
use crate::manifest::{Found, Root};
use crate::object::{AbortedTransaction, CHUNK_LEN};
use crate::partition::{Known, Shared};
use crate::process::{Totals, add};
use crate::read::ahead_job::read_ahead;
use crate::read::entry_reader::EntryReader;
use crate::read::{ColdObject, FetchError, Fetcher, Urgency};
use bytes::Bytes;
use esker_env::{Env, Instant};
use esker_model::{Offset, TimestampMs};
use std::future::Future;
use std::ops::RangeInclusive;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const BUDGET_UNIT: u64 = 1 << 10;
/// A sequential reader is answered as soon as there is this much: less would cost it more answers than it gains time.
const ENOUGH_FOLLOWED: u64 = 256 << 10;

/// Whole batches out of the tier.
#[derive(Debug)]
pub struct TierRead {
    /// Their bytes, in order; a batch may continue from one piece into the next.
    pub batches: Vec<Bytes>,
    /// Bytes in all.
    pub len: u64,
    /// First offset behind them: where to go on.
    pub next_offset: Offset,
    /// Aborted transactions that overlap `[offset asked for, next_offset)`, in the order of their markers.
    pub aborted: Vec<AbortedTransaction>,
    /// The bytes' share of the memory for answers; given back with the read.
    _budget: Option<OwnedSemaphorePermit>,
}

/// A batch found by time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimestampHit {
    /// The whole batch; it holds a record with a timestamp that is late enough.
    pub batch: Bytes,
    /// First offset that readers may see; records of the batch below it do not count.
    pub log_start: Offset,
}

/// Why nothing was read. None of these means that an offset does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TierReadError {
    /// The offset is not in the tier: look at these bounds and at the local log again.
    #[error("the tier holds [{log_start}, {tiered_end})")]
    NotTiered {
        /// First offset that readers may see.
        log_start: Offset,
        /// First offset that is not tiered.
        tiered_end: Offset,
    },
    /// The store or an object failed; clients refresh and try again.
    #[error("{0}")]
    Storage(String),
    /// Nothing was ready in time; what was asked for is still on its way into the cache.
    #[error("the tier did not answer in time")]
    Deadline,
}

/// Inside of this module a missing object is told apart: the manifest is then read again, once.
pub(super) enum Failure {
    NotFound(String),
    Final(TierReadError),
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::NotFound(what) => Self::NotFound(what),
            FetchError::Storage(what) => Self::Final(TierReadError::Storage(what)),
        }
    }
}

impl From<ChainError> for Failure {
    fn from(error: ChainError) -> Self {
        FetchError::from(error).into()
    }
}

/// All cold reads of a process.
#[derive(Debug)]
pub(crate) struct ColdReads {
    env: Env,
    runtime: Handle,
    pub(crate) fetcher: Fetcher,
    answers: Arc<Semaphore>,
    /// Searches by time at once: each holds a version and a page, and one question may be about a thousand partitions.
    searches: Semaphore,
    pub(super) answer_bytes_max: u64,
    pub(super) read_ahead_bytes_max: u64,
    /// Versions being read, by number; 0 stands for the newest.
    roots: Flights<(PartitionHome, u64), Result<Arc<Root>, FetchError>>,
}

impl ColdReads {
    pub(crate) fn new(
        env: Env,
        runtime: Handle,
        fetcher: Fetcher,
        answer_bytes_max: u64,
        read_ahead_bytes_max: u64,
        searches_max: usize,
    ) -> Self {
        let permits =
            usize::try_from(answer_bytes_max / BUDGET_UNIT).unwrap_or(usize::MAX).clamp(1, Semaphore::MAX_PERMITS);
        Self {
            env,
            roots: Flights::new(runtime.clone()),
            runtime,
            // What is read ahead must fit into the cache's memory beside what is being read.
            read_ahead_bytes_max: read_ahead_bytes_max
                .min(fetcher.cache_memory_bytes() / 8 * 3)
                .min(fetcher.limits().bytes_max),
            fetcher,
            answers: Arc::new(Semaphore::new(permits)),
            searches: Semaphore::new(searches_max),
            answer_bytes_max,
        }
    }

    pub(super) async fn by<T>(&self, deadline: Instant, work: impl Future<Output = T>) -> Option<T> {
        esker_env::timeout(deadline.since(self.env.clock.now()), work).await
    }

    pub(super) async fn in_time<T>(&self, deadline: Instant, work: impl Future<Output = T>) -> Result<T, Failure> {
        self.by(deadline, work).await.ok_or(Failure::Final(TierReadError::Deadline))
    }

    /// The newest known version; asks the bucket where none is known.
    pub(crate) async fn current_root(
        &self,
        shared: &Arc<Shared>,
        deadline: Instant,
    ) -> Result<Arc<Root>, TierReadError> {
        match self.root(shared, deadline).await {
            Ok(root) => Ok(root),
            Err(Failure::NotFound(_)) => self.newest_root(shared, deadline).await.map_err(settle),
            Err(Failure::Final(error)) => Err(error),
        }
    }

    async fn root(&self, shared: &Arc<Shared>, deadline: Instant) -> Result<Arc<Root>, Failure> {
        let Some(known) = shared.known() else { return self.newest_root(shared, deadline).await };
        if let Some(root) = shared.core.meta.root(shared.home(), known.sequence) {
            return Ok(root);
        }
        let chain = shared.chain.clone();
        let key = (shared.home(), known.sequence);
        let flight = self.roots.join(key, || async move { Ok(chain.root(known.sequence).await?) });
        Ok(self.in_time(deadline, flight).await?.unwrap_or_else(|_| Err(lost()))?)
    }

    /// Looks for the newest version, once for all who ask.
    async fn newest_root(&self, shared: &Arc<Shared>, deadline: Instant) -> Result<Arc<Root>, Failure> {
        let finder = Arc::clone(shared);
        let flight = self.roots.join((shared.home(), 0), || async move {
            let after = finder.known().map_or(0, |known| known.sequence.saturating_sub(1));
            match finder.chain.find(after).await {
                Ok(Found::Version(root)) => {
                    finder.learn(Known::from(&root.summary()));
                    Ok(root)
                }
                Ok(Found::Nothing) => {
                    // Nothing is tiered yet, and the leader has not written its first version.
                    let start = finder.local.bounds().local_log_start;
                    Ok(Arc::new(Root::empty(finder.home(), start, 0)))
                }
                Ok(Found::Unreadable(reason)) => Err(FetchError::Storage(reason)),
                Err(error) => Err(FetchError::Storage(error.to_string())),
            }
        });
        Ok(self.in_time(deadline, flight).await?.unwrap_or_else(|_| Err(lost()))?)
    }

    /// See `TierPartition::read`.
    pub(crate) async fn read(
        &self,
        shared: &Arc<Shared>,
        offset: Offset,
        bytes: RangeInclusive<u64>,
        upper: Offset,
        deadline: Instant,
    ) -> Result<TierRead, TierReadError> {
        let totals = &shared.core.totals;
        add(&totals.cold_reads, 1);
        let is_followed = shared.read_aheads.follows(offset);
        let enough = if is_followed { ENOUGH_FOLLOWED.max(*bytes.start()) } else { *bytes.start() };
        let bytes_max = *bytes.end();
        let urgency = if is_followed { Urgency::Following } else { Urgency::Now };
        let ask = Ask { offset, urgency, enough: enough.min(bytes_max).max(1), bytes_max, upper, deadline };
        let read = self.read_planned(shared, &ask).await;
        match &read {
            Ok(read) => add(&totals.cold_bytes, read.len),
            Err(TierReadError::Storage(reason)) => failed(totals, shared, offset, reason),
            Err(_) => {}
        }
        read
    }

    /// Plans, and once more after a missing object: it may have been collected since the version was read.
    async fn read_planned(&self, shared: &Arc<Shared>, ask: &Ask) -> Result<TierRead, TierReadError> {
        let budget = self.reserve(ask.bytes_max, ask.deadline).await?;
        let root = self.current_root(shared, ask.deadline).await?;
        match self.read_from(shared, &root, ask).await {
            Err(Failure::NotFound(what)) => {
                tracing::info!(partition = %shared.id, what, "an object is missing; the manifest is read again");
                let root = self.newest_root(shared, ask.deadline).await.map_err(settle)?;
                self.read_from(shared, &root, ask).await.map_err(settle)
            }
            read => read.map_err(settle),
        }
        .map(|mut read| {
            read._budget = budget.map(|mut budget| {
                let units = usize::try_from(read.len / BUDGET_UNIT).unwrap_or(usize::MAX);
                let spare = budget.num_permits().saturating_sub(units);
                drop(budget.split(spare));
                budget
            });
            read
        })
    }

    async fn reserve(&self, bytes: u64, deadline: Instant) -> Result<Option<OwnedSemaphorePermit>, TierReadError> {
        let units = u32::try_from(bytes.min(self.answer_bytes_max) / BUDGET_UNIT).unwrap_or(u32::MAX);
        let permit = self.by(deadline, Arc::clone(&self.answers).acquire_many_owned(units)).await;
        permit.map(Result::ok).ok_or(TierReadError::Deadline)
    }

    async fn read_from(&self, shared: &Arc<Shared>, root: &Arc<Root>, ask: &Ask) -> Result<TierRead, Failure> {
        let (log_start, tiered_end) = (root.log_start, root.tiered_end);
        if ask.offset < log_start || ask.offset >= tiered_end {
            return Err(Failure::Final(TierReadError::NotTiered { log_start, tiered_end }));
        }
        let mut answer = Answer::new(ask.offset);
        let end = tiered_end.min(ask.upper);
        while answer.next < end && (answer.len < ask.bytes_max || answer.len == 0) {
            let part = self.read_part(shared, root, ask, &answer, end).await;
            match part {
                Ok(part) => {
                    let goes_on = part.is_whole;
                    answer.take(part);
                    if !goes_on {
                        break;
                    }
                }
                // What is there is an answer; the rest is asked for again.
                Err(_) if answer.len > 0 => break,
                Err(failure) => return Err(failure),
            }
        }
        let (request_bytes, window) = (self.fetcher.limits().get_bytes_max, self.read_ahead_bytes_max);
        let ahead = shared.read_aheads.note(ask.offset, answer.next, answer.len, window, request_bytes);
        if let Some(ahead) = ahead {
            let mut job = Box::pin(read_ahead(self.fetcher.clone(), Arc::clone(shared), Arc::clone(root), ahead));
            // Mostly it waits for nothing: then its requests are there before the reader is, who would send shorter ones.
            if futures::poll!(&mut job).is_pending() {
                self.runtime.spawn(job);
            }
        }
        Ok(answer.finish(ask.offset))
    }

    /// What one entry has to give.
    async fn read_part(
        &self,
        shared: &Arc<Shared>,
        root: &Root,
        ask: &Ask,
        answer: &Answer,
        end: Offset,
    ) -> Result<Part, Failure> {
        let from = answer.next;
        let entry = self.in_time(ask.deadline, shared.chain.entry_at(root, from)).await??;
        let Some(entry) = entry else {
            let reason = format!("the manifest names no object for offset {from}");
            return Err(Failure::Final(TierReadError::Storage(reason)));
        };
        let object = ColdObject { chain: shared.chain.clone(), entry };
        let mut reader =
            EntryReader::new(self, object, ask.deadline, ask.bytes_max.saturating_sub(answer.len), ask.urgency);
        let enough = ask.enough.saturating_sub(answer.len);
        reader.read(from, end.min(entry.next), enough, answer.len > 0).await
    }

    /// See `TierPartition::offset_for_timestamp`.
    pub(crate) async fn by_timestamp(
        &self,
        shared: &Arc<Shared>,
        timestamp: TimestampMs,
        deadline: Instant,
    ) -> Result<Option<TimestampHit>, TierReadError> {
        let _turn = self.by(deadline, self.searches.acquire()).await.ok_or(TierReadError::Deadline)?;
        let root = self.current_root(shared, deadline).await?;
        match self.find_timestamp(shared, &root, timestamp, deadline).await {
            Err(Failure::NotFound(_)) => {
                let root = self.newest_root(shared, deadline).await.map_err(settle)?;
                self.find_timestamp(shared, &root, timestamp, deadline).await
            }
            found => found,
        }
        .map_err(settle)
    }

    async fn find_timestamp(
        &self,
        shared: &Arc<Shared>,
        root: &Root,
        timestamp: TimestampMs,
        deadline: Instant,
    ) -> Result<Option<TimestampHit>, Failure> {
        let mut from = root.log_start;
        while from < root.tiered_end {
            let entry = self.in_time(deadline, shared.chain.entry_by_timestamp(root, timestamp, from)).await??;
            let Some(entry) = entry else { return Ok(None) };
            let object = ColdObject { chain: shared.chain.clone(), entry };
            let mut reader = EntryReader::new(self, object, deadline, CHUNK_LEN, Urgency::Now);
            if let Some(batch) = reader.find_timestamp(timestamp, root.log_start).await? {
                return Ok(Some(TimestampHit { batch, log_start: root.log_start }));
            }
            from = entry.next;
        }
        Ok(None)
    }

    /// See `TierPartition::end_state`.
    pub(crate) async fn end_state(
        &self,
        shared: &Arc<Shared>,
        deadline: Instant,
    ) -> Result<TieredEndState, TierReadError> {
        let root = self.current_root(shared, deadline).await?;
        let state = self.by(deadline, shared.chain.end_state(&root)).await.ok_or(TierReadError::Deadline)?;
        state.map_err(|error| TierReadError::Storage(error.to_string()))
    }
}

pub(super) fn lost() -> FetchError {
    FetchError::Storage("the fetch was lost".into())
}

/// A failure that is not tried again here.
fn settle(failure: Failure) -> TierReadError {
    match failure {
        Failure::NotFound(what) => TierReadError::Storage(format!("missing in the bucket: {what}")),
        Failure::Final(error) => error,
    }
}

fn failed(totals: &Totals, shared: &Shared, offset: Offset, reason: &str) {
    add(&totals.cold_errors, 1);
    tracing::debug!(partition = %shared.id, offset, reason, "a cold read failed");
}

/// What a read was asked.
#[derive(Clone, Copy, Debug)]
struct Ask {
    offset: Offset,
    urgency: Urgency,
    /// Bytes for which nothing more is waited for that must come from the store.
    enough: u64,
    bytes_max: u64,
    upper: Offset,
    deadline: Instant,
}

/// Batches of one entry.
pub(super) struct Part {
    pub(super) batches: Vec<Bytes>,
    pub(super) len: u64,
    pub(super) next: Offset,
    pub(super) aborted: Vec<AbortedTransaction>,
    /// All that the entry has for this reader: the next entry follows.
    pub(super) is_whole: bool,
}

impl Part {
    pub(super) fn nothing(next: Offset) -> Self {
        Self { batches: Vec::new(), len: 0, next, aborted: Vec::new(), is_whole: false }
    }
}

/// What the entries gave so far.
struct Answer {
    batches: Vec<Bytes>,
    len: u64,
    next: Offset,
    aborted: Vec<AbortedTransaction>,
}

impl Answer {
    fn new(offset: Offset) -> Self {
        Self { batches: Vec::new(), len: 0, next: offset, aborted: Vec::new() }
    }

    fn take(&mut self, part: Part) {
        self.batches.extend(part.batches);
        self.len += part.len;
        self.next = part.next;
        // One transaction may overlap several objects; each object lists it.
        for aborted in part.aborted {
            if !self.aborted.contains(&aborted) {
                self.aborted.push(aborted);
            }
        }
    }

    fn finish(mut self, offset: Offset) -> TierRead {
        self.aborted.retain(|aborted| aborted.last_offset >= offset && aborted.first_offset < self.next);
        self.aborted.sort_by_key(|aborted| aborted.last_offset);
        let Self { batches, len, next, aborted } = self;
        TierRead { batches, len, next_offset: next, aborted, _budget: None }
    }
}
