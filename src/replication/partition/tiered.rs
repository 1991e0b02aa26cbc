//! What the tier does to a partition: it confirms, adopts, and where its history is another one, replaces the log.

use super::{Partition, View};
use esker_log::{AppendContext, AppendError, NewStart, Origin, parse_snapshot};
use esker_model::{LeaderEpoch, Offset, ProducerId};
use esker_record::{EndMarker, end_marker_batch};
use esker_tiering::{BreakerState, OpenTransaction, Outcome, TierState};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

impl Partition {
    /// The tiered history is the log's up to `end`: all of that is replicated.
    pub(crate) fn adopted(&self, end: Offset) {
        self.step(|state| {
            let end = end.min(self.log.log_end());
            ((), state.tiered_to(end))
        });
    }

    /// Replaces the log by what the tier holds. Transactions that were `open` at its end are ended, as they were, before anything else
    /// is appended. Whoever waits for records of before is told that the leadership is another one.
    ///
    /// Only the leader of `epoch` has its log replaced: whoever asked may have been deposed since, and what a follower has is counted on.
    pub(crate) fn start_over(
        &self,
        epoch: LeaderEpoch,
        start: NewStart,
        open: &[OpenTransaction],
    ) -> Result<(), AppendError> {
        {
            let _serving = self.serving.write();
            let mut state = self.state.lock();
            if state.term().map(|term| term.epoch) != Ok(epoch) {
                return Err(AppendError::StaleEpoch { epoch, current: state.assignment().leader_epoch });
            }
            self.lives.fetch_add(1, Ordering::AcqRel);
            let coordinators = coordinator_epochs(&start);
            self.log.start_over(start)?;
            self.log.begin_epoch(epoch)?;
            for txn in open {
                self.end_transaction(epoch, txn, coordinators.get(&txn.producer_id).copied())?;
            }
            state.log_replaced(self.log_ends(), self.now());
            if let Some(high_watermark) = state.high_watermark() {
                self.log.advance_high_watermark(high_watermark);
            }
            self.view.store(Arc::new(View::of(&state)));
        }
        if self.log.recovery_point() < self.log.log_end() {
            self.log.sync_soon();
        }
        self.changed();
        Ok(())
    }

    /// Appends the marker that ended a transaction.
    fn end_transaction(
        &self,
        epoch: LeaderEpoch,
        txn: &OpenTransaction,
        coordinator: Option<i32>,
    ) -> Result<(), AppendError> {
        let now_ms = self.wall_ms();
        let marker = match txn.outcome {
            Outcome::Committed => EndMarker::Commit,
            Outcome::Aborted => EndMarker::Abort,
        };
        let coordinator = coordinator.unwrap_or(0).max(0);
        let batch = end_marker_batch(txn.producer_id, txn.producer_epoch, marker, coordinator, now_ms)
            .map_err(|error| AppendError::Malformed(error.to_string()))?;
        let context =
            AppendContext { origin: Origin::Coordinator, transactions: true, ..AppendContext::client(epoch, now_ms) };
        self.log.append_as_leader(&batch, &context)?;
        tracing::info!(partition = %self.id, ?txn, "a transaction that was open at the tiered end is ended as it was");
        Ok(())
    }

    /// Why the store does not answer; `None` where it seems to work.
    pub(crate) fn store_trouble(&self) -> Option<String> {
        let tier = self.common.tier.as_ref()?;
        match tier.state() {
            TierState::Ready if tier.metrics().breaker == BreakerState::Closed => None,
            TierState::Ready => Some("the object store does not answer".into()),
            TierState::Suspended { reason } | TierState::Refused { reason } => Some(reason),
            TierState::Superseded { generation } => Some(format!("the bucket is used by generation {generation}")),
        }
    }

    pub(crate) fn tier_lag_max_ms(&self) -> Option<i64> {
        Some(self.tier_lag_max_ms.load(Ordering::Relaxed)).filter(|max| *max < i64::MAX)
    }

    pub(crate) fn wall_ms(&self) -> i64 {
        self.common.env.clock.wall_ms()
    }

    pub(crate) fn handle(&self) -> Weak<Partition> {
        Weak::clone(&self.me)
    }

    pub(crate) fn clock_is_trusted(&self) -> bool {
        self.common.clock_is_trusted()
    }
}

/// The newest coordinator that each producer's log has heard of. A snapshot that makes no sense counts as none, as it does for the log.
fn coordinator_epochs(start: &NewStart) -> HashMap<ProducerId, i32> {
    let producers = start.producer_snapshot.as_deref().and_then(|bytes| parse_snapshot(bytes).ok());
    producers.into_iter().flatten().map(|producer| (producer.producer_id, producer.coordinator_epoch)).collect()
}
