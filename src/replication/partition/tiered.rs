//! What the tier does to a partition: it confirms, adopts, and where its history is another one, replaces the log.

use super::{Partition, View};
use esker_log::{NewStart, StorageError};
use esker_model::Offset;
use esker_tiering::{BreakerState, TierState};
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

    /// Replaces the log by what the tier holds. Whoever waits for records of before is told that the leadership is another one.
    pub(crate) fn start_over(&self, start: NewStart) -> Result<(), StorageError> {
        {
            let _serving = self.serving.write();
            let mut state = self.state.lock();
            self.lives.fetch_add(1, Ordering::AcqRel);
            self.log.start_over(start)?;
            state.log_replaced(self.log_ends(), self.now());
            if let Ok(term) = state.term() {
                self.log.begin_epoch(term.epoch)?;
            }
            self.view.store(Arc::new(View::of(&state)));
        }
        self.changed();
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
