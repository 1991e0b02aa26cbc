//! How much of a partition is in the bucket and how fast it grows, as far as its newest version tells.

use crate::bucket::walk::EntryWalk;
use crate::bucket::{BucketError, BucketPartition};
use crate::cost::Usage;
use crate::manifest::{Entry, Root};
use crate::options::UPLOAD_PART_BYTES;
use esker_model::{Offset, TimestampMs};
use std::time::Duration;

/// Shorter times between objects tell nothing of a month.
const PERIOD_MIN_MS: i64 = 60_000;
/// How far ahead of this machine's clock a producer's may be.
const CLOCK_SKEW_MS: i64 = 3_600_000;

/// A partition's objects and their growth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Growth {
    /// Objects of the newest version.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What was uploaded lately; `None` where the timestamps of records do not tell when that was.
    pub uploads: Option<Uploads>,
}

/// What was uploaded within a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uploads {
    /// How long that time is.
    pub period: Duration,
    /// Objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Requests that they took: themselves, or their parts, and a manifest version each.
    pub usage: Usage,
}

/// What the walk over the newest entries has met.
#[derive(Debug, Default)]
struct Met {
    first_ms: Option<TimestampMs>,
    first: Option<Entry>,
    uploads: Uploads,
    is_undated: bool,
}

impl Met {
    fn take(&mut self, entry: &Entry, since_ms: TimestampMs, now_ms: TimestampMs) {
        let at = entry.max_timestamp;
        self.is_undated |= at <= 0 || at > now_ms.saturating_add(CLOCK_SKEW_MS);
        if at < since_ms {
            return;
        }
        if self.first.is_none() {
            (self.first, self.first_ms) = (Some(*entry), Some(at));
        }
        self.uploads.add(entry);
    }
}

impl Uploads {
    fn add(&mut self, entry: &Entry) {
        self.objects += 1;
        self.bytes += entry.object_len();
        self.usage.class_a += requests_of(entry);
    }

    fn without(mut self, entry: &Entry) -> Self {
        self.objects -= 1;
        self.bytes -= entry.object_len();
        self.usage.class_a -= requests_of(entry);
        self
    }
}

/// One PUT, or a multipart upload's beginning, parts and end; and the version that names the object.
fn requests_of(entry: &Entry) -> u64 {
    let parts = entry.object_len().div_ceil(UPLOAD_PART_BYTES);
    if parts > 1 { parts + 3 } else { 2 }
}

/// The offset behind which everything lies whose records are as new as `since_ms`, and whether there is something before it.
fn begin_of(root: &Root, since_ms: TimestampMs) -> (Offset, bool) {
    let older = root.pages.iter().take_while(|page| page.max_timestamp < since_ms).last();
    (older.map_or(0, |page| page.next), older.is_some())
}

impl BucketPartition {
    /// What there is and what came since `since_ms`; `None` where there is no version.
    pub async fn growth(&self, since_ms: TimestampMs, now_ms: TimestampMs) -> Result<Option<Growth>, BucketError> {
        let Some(root) = self.newest().await? else { return Ok(None) };
        let (from, mut reaches_back) = begin_of(&root, since_ms);
        let mut walk = EntryWalk::new(&self.chain, &root, from);
        let mut met = Met::default();
        while let Some(entry) = walk.next().await.map_err(|(_, error)| error)? {
            reaches_back |= entry.max_timestamp < since_ms;
            met.take(&entry, since_ms, now_ms);
        }
        let paged: u64 = root.pages.iter().map(|page| page.entries).sum();
        let uploads = if reaches_back { over(met, since_ms, now_ms) } else { since_first(met, now_ms) };
        Ok(Some(Growth { objects: paged + root.entries.len() as u64, bytes: root.live_bytes, uploads }))
    }
}

/// There is something older: the time is the whole of what was asked for.
fn over(met: Met, since_ms: TimestampMs, now_ms: TimestampMs) -> Option<Uploads> {
    let period = period(since_ms, now_ms)?;
    (!met.is_undated).then_some(Uploads { period, ..met.uploads })
}

/// Nothing is older, or nothing older is left: the time begins with the first object, which does not count itself.
fn since_first(met: Met, now_ms: TimestampMs) -> Option<Uploads> {
    let (first, first_ms) = (met.first?, met.first_ms?);
    let uploads = Uploads { period: period(first_ms, now_ms)?, ..met.uploads.without(&first) };
    (!met.is_undated).then_some(uploads)
}

fn period(since_ms: TimestampMs, now_ms: TimestampMs) -> Option<Duration> {
    let ms = now_ms.checked_sub(since_ms).filter(|ms| *ms >= PERIOD_MIN_MS)?;
    u64::try_from(ms).ok().map(Duration::from_millis)
}
