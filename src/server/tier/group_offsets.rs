//! Committed offsets in the bucket: with them a rebuilt cluster's groups go on where they were.
//!
//! `__consumer_offsets` is compacted and never tiered. What is in it that matters is small, and written whole at intervals.

use bytes::Bytes;
use esker_coordinator::group::{GroupCoordinator, SavedMark};
use esker_env::{Env, Instant};
use esker_model::BrokerId;
use esker_tiering::{Tier, TierState, WriterToken};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Bytes a second that are written at most, over time: a very large set of offsets is written less often.
const BYTES_PER_SECOND: u64 = 1 << 20;
/// How long the number of one's last snapshot is taken for the newest one's.
const TRUSTED: Duration = Duration::from_secs(30 * 60);
/// How long the last write may take when the broker stops.
const LAST_MAX: Duration = Duration::from_secs(5);

/// Writes the offsets of the groups that this broker coordinates while it runs.
#[derive(Debug)]
pub(crate) struct GroupOffsetsKeeper {
    pub(crate) env: Env,
    pub(crate) tier: Tier,
    pub(crate) groups: Arc<GroupCoordinator>,
    /// `esker.tier.group.offsets.interval.ms`.
    pub(crate) interval: Duration,
    pub(crate) broker: BrokerId,
    pub(crate) token: WriterToken,
    /// What there was when the broker began to stop.
    pub(crate) last: Mutex<Option<Offsets>>,
}

/// All offsets, as of a mark.
#[derive(Debug)]
pub(crate) struct Offsets {
    mark: SavedMark,
    bytes: Bytes,
}

/// What was written last.
#[derive(Debug)]
struct Written {
    mark: SavedMark,
    sequence: u64,
    bytes: usize,
    at: Instant,
}

impl GroupOffsetsKeeper {
    /// Takes what is to be written last. To be called before the coordinator gives its groups up.
    pub(crate) fn take_last(&self) {
        *self.last.lock() = self.take(None);
    }

    /// Writes what has changed at each interval until `stopping`, and then what was taken last.
    pub(crate) async fn run(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let mut written: Option<Written> = None;
        loop {
            let pause = self.pause(written.as_ref());
            if esker_env::timeout(pause, stopping.wait_for(|stopping| *stopping)).await.is_some() {
                break;
            }
            if let Some(offsets) = self.take(written.as_ref()) {
                tokio::select! {
                    biased;
                    wrote = self.write(offsets, written.as_ref()) => written = wrote.or(written),
                    _ = stopping.wait_for(|stopping| *stopping) => break,
                }
            }
        }
        let last = self.last.lock().take();
        if let Some(last) = last.filter(|last| written.as_ref().is_none_or(|written| written.mark != last.mark)) {
            let _given_up = esker_env::timeout(LAST_MAX, self.write(last, written.as_ref())).await;
        }
    }

    fn pause(&self, written: Option<&Written>) -> Duration {
        let size = written.map_or(0, |written| written.bytes as u64);
        self.interval.max(Duration::from_secs(size / BYTES_PER_SECOND))
    }

    /// All offsets, where there are others than those that were written, and all of them are known.
    fn take(&self, written: Option<&Written>) -> Option<Offsets> {
        if written.is_some_and(|written| self.groups.saved_mark().is_none_or(|mark| mark == written.mark)) {
            return None;
        }
        match self.groups.save_offsets(self.env.clock.wall_ms()) {
            Ok(saved) => saved.map(|(mark, bytes)| Offsets { mark, bytes }),
            Err(error) => {
                tracing::error!(%error, "committed offsets do not go into batches: they are not written to the bucket");
                None
            }
        }
    }

    async fn write(&self, offsets: Offsets, written: Option<&Written>) -> Option<Written> {
        if self.tier.state() != TierState::Ready {
            return None;
        }
        let now = self.env.clock.now();
        let before = written.filter(|written| now.since(written.at) < TRUSTED).map(|written| written.sequence);
        match self.tier.write_group_offsets(self.broker, self.token, &offsets.bytes, before).await {
            Ok(sequence) => Some(Written { mark: offsets.mark, sequence, bytes: offsets.bytes.len(), at: now }),
            Err(error) => {
                tracing::warn!(%error, "committed offsets are not in the bucket yet");
                None
            }
        }
    }
}
