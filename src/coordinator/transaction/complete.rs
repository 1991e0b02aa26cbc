//! Behind a decision: every partition gets its marker, then the record follows that says so.
//!
//! The decision is committed before the first marker is written, and the last marker is replicated before the record that
//! completes it is appended. A crash in between only leads to markers that are written twice.

use super::coordinator::TransactionCoordinator;
use super::markers::{Marker, MarkerFault};
use super::step::{Written, append};
use esker_model::{LeaderEpoch, TopicPartition};
use futures::StreamExt;
use std::sync::Arc;
use std::time::Duration;

/// First and longest pause before markers are tried again.
const BACKOFF_MIN: Duration = Duration::from_millis(20);
const BACKOFF_MAX: Duration = Duration::from_secs(1);

/// How many decisions that a predecessor left are seen through at once, per partition.
const RESUMED_AT_ONCE: usize = 16;

/// Whether a decision can be seen through here.
enum Progress {
    Done,
    /// Some partitions have no marker yet.
    Missing,
    /// This coordinator must not go on.
    Stop,
}

impl TransactionCoordinator {
    /// Sees decisions through that were found in the log.
    pub(super) fn resume(self: Arc<Self>, partition: i32, epoch: LeaderEpoch, decided: Vec<Arc<str>>) {
        if decided.is_empty() {
            return;
        }
        tracing::info!(partition, transactions = decided.len(), "markers of decided transactions are written again");
        esker_env::spawn(async move {
            let each = |id| Arc::clone(&self).complete(partition, epoch, id);
            futures::stream::iter(decided).for_each_concurrent(RESUMED_AT_ONCE, each).await;
        });
    }

    /// Sees one decision through, for as long as this broker leads the partition.
    pub(super) async fn complete(self: Arc<Self>, partition: i32, epoch: LeaderEpoch, id: Arc<str>) {
        let mut backoff = BACKOFF_MIN;
        while !self.is_closed() {
            let progress = match self.write_markers(partition, epoch, &id).await {
                Progress::Done => self.write_completion(partition, epoch, &id).await,
                other => other,
            };
            match progress {
                Progress::Done | Progress::Stop => return,
                Progress::Missing => esker_env::sleep(backoff).await,
            }
            backoff = (2 * backoff).min(BACKOFF_MAX);
        }
    }

    async fn write_markers(&self, partition: i32, epoch: LeaderEpoch, id: &Arc<str>) -> Progress {
        let decided = self
            .shards
            .with(partition, |shard| (shard.epoch() == epoch).then(|| shard.machine.book.decided(id)).flatten());
        let Ok(Some(decided)) = decided else { return Progress::Stop };
        if decided.partitions.is_empty() {
            return Progress::Done;
        }
        let marker = Marker {
            producer: decided.producer,
            outcome: decided.outcome,
            coordinator_epoch: epoch,
            version: decided.version,
        };
        let targets: Vec<TopicPartition> = decided.partitions.into_iter().collect();
        let results = self.markers.write(&marker, &targets, self.settings.write_limit).await;
        assert_eq!(results.len(), targets.len(), "every partition has a result");
        let mut progress = Progress::Done;
        let mut marked = Vec::with_capacity(targets.len());
        for (target, result) in targets.into_iter().zip(results) {
            match result {
                Ok(()) | Err(MarkerFault::Gone) => marked.push(target),
                Err(MarkerFault::Retry) if matches!(progress, Progress::Done) => progress = Progress::Missing,
                Err(MarkerFault::Retry) => {}
                Err(MarkerFault::Fenced) => {
                    tracing::warn!(id = &**id, partition = %target, ?marker, "marker refused: another coordinator has been there");
                    progress = Progress::Stop;
                }
            }
        }
        let noted = self.shards.with(partition, |shard| {
            let ours = shard.epoch() == epoch;
            if ours {
                marked.iter().for_each(|target| shard.machine.book.marked(id, target));
            }
            ours
        });
        if noted == Ok(true) { progress } else { Progress::Stop }
    }

    async fn write_completion(self: &Arc<Self>, partition: i32, epoch: LeaderEpoch, id: &Arc<str>) -> Progress {
        let (level, now) = (self.version(), self.now());
        let appended = self.shards.with(partition, |shard| {
            if shard.epoch() != epoch {
                return None;
            }
            let data = shard.machine.book.completed(id, now)?;
            let written = append(shard, id, data, level, now);
            if let Ok(Written { committed: true, .. }) = written {
                self.act_on(shard, id);
            }
            Some(written)
        });
        match appended {
            Ok(Some(Ok(Written { committed: true, .. }))) => Progress::Done,
            Ok(Some(Ok(written))) => match self.commit(id, written).await {
                Ok(()) => Progress::Done,
                Err(_) => Progress::Stop,
            },
            // Nothing was appended; or the shard is being loaded anew, and finds the decision in its log.
            Ok(Some(Err(_))) => Progress::Missing,
            Ok(None) | Err(_) => Progress::Stop,
        }
    }
}
