//! Taking decisions of the controller and changes of configuration in.

use super::{Partition, Service, View};
use crate::local_log::TieredLog;
use crate::state::{Assigned, Assignment, Term};
use esker_log::{LogConfig, StorageError};
use esker_model::{BrokerEpoch, BrokerId};
use esker_tiering::{LocalLog, Readiness, Standing, TierPartition, TierTopicConfig, WriterToken};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What a topic's configuration means for its partitions.
#[derive(Clone, Debug)]
pub(crate) struct TopicTerms {
    /// Settings of the local logs.
    pub(crate) log: Arc<LogConfig>,
    /// Settings of the tier.
    pub(crate) tier: TierTopicConfig,
    /// Whether closed segments go to the tier.
    pub(crate) tiered: bool,
    /// Whether what is tiered goes when the topic is tiered no longer.
    pub(crate) delete_on_disable: bool,
}

impl Partition {
    /// Takes a decision of the controller in: from when this returns on it is in effect. `is_unclean` says that the leader was elected
    /// outside of the in-sync set and has not recovered.
    pub(crate) fn assign(&self, assignment: Assignment, is_unclean: bool) -> Result<(), StorageError> {
        let serving = self.serving.write();
        let is_single = *assignment.replicas == [self.common.node_id];
        let now = self.now();
        let mut state = self.state.lock();
        let assigned = state.assign(assignment, self.log_ends(), now);
        let begun = match assigned {
            Assigned::Leads { term, .. } => self.log.begin_epoch(term.epoch),
            _ => Ok(()),
        };
        if let Some(high_watermark) = state.high_watermark() {
            self.log.advance_high_watermark(high_watermark);
        }
        self.view.store(Arc::new(View::of(&state)));
        drop(state);
        match assigned {
            Assigned::Leads { term, .. } => self.lead_tier(term, is_single, is_unclean, false),
            Assigned::Follows { .. } => self.follow_tier(),
            Assigned::Nothing | Assigned::Same => {}
        }
        drop(serving);
        self.tell_replicated();
        match assigned {
            Assigned::Leads { continues: true, .. } | Assigned::Nothing | Assigned::Same => {}
            Assigned::Leads { continues: false, .. } | Assigned::Follows { .. } => self.changed(),
        }
        // What was not vouched for before a restart is, once it is durable.
        if self.log.recovery_point() < self.log.log_end() {
            self.log.sync_soon();
        }
        begun
    }

    /// The registrations of brokers have changed.
    pub(crate) fn brokers_changed(&self, active_epoch: impl Fn(BrokerId) -> Option<BrokerEpoch>) {
        let now = self.now();
        self.step(|state| ((), state.brokers_changed(now, active_epoch)));
    }

    /// Puts a topic's configuration into effect.
    pub(crate) fn configure(&self, terms: &TopicTerms) {
        let flushes_before = self.log.config().flush_messages;
        self.log.set_config(Arc::clone(&terms.log));
        let min_isr = usize::try_from(terms.log.min_insync_replicas).unwrap_or(1);
        {
            let _serving = self.serving.write();
            let now = self.now();
            self.step(|state| {
                let moved = state.set_min_isr(min_isr, now);
                self.view.store(Arc::new(View::of(state)));
                ((), moved)
            });
        }
        if flushes_before != terms.log.flush_messages
            && let Ok(term) = self.term()
        {
            // What waited for a sync under the former setting is vouched for by the new one.
            self.own_end_moved(term.since, self.log_ends().own_end);
        }
        self.configure_tier(terms);
    }

    fn configure_tier(&self, terms: &TopicTerms) {
        let lag_max_ms = terms.tier.max_lag_ms.and_then(|ms| i64::try_from(ms).ok()).unwrap_or(i64::MAX);
        self.tier_lag_max_ms.store(lag_max_ms, Ordering::Relaxed);
        match (self.tier.load_full(), &self.common.tier) {
            (Some(tier), _) if terms.tiered => tier.configure(terms.tier),
            (Some(tier), _) => {
                tier.configure(TierTopicConfig { copy_disabled: true, ..terms.tier });
                if terms.delete_on_disable {
                    self.leave_tier(&tier);
                }
            }
            (None, Some(process)) if terms.tiered => {
                let local: Arc<dyn LocalLog> = Arc::new(TieredLog::new(self));
                let tier = process.open_partition(self.id.clone(), local, terms.tier);
                self.tier.store(Some(Arc::new(tier)));
                // Switched on while it leads and serves: nothing can have gone beyond this log.
                if let Ok(term) = self.term() {
                    self.lead_tier(term, true, false, true);
                }
            }
            (None, _) => {}
        }
    }

    /// The topic is tiered no longer, and what is in the bucket goes: the partition begins where its local log does.
    fn leave_tier(&self, tier: &TierPartition) {
        let start = self.log.bounds().local_log_start;
        if let Err(error) = self.log.advance_log_start(start) {
            tracing::error!(partition = %self.id, %error, "the log start cannot be moved to the local log's");
            return;
        }
        let (tier, id) = (tier.clone(), self.id.clone());
        esker_env::spawn(async move {
            if let Err(error) = tier.raise_log_start(start).await {
                tracing::warn!(partition = %id, %error, "what is tiered is not deleted yet");
            }
        });
    }

    /// Begins to lead in the tier. `alone` says that no other replica can have led since this broker did, `serving` that this one led until now
    /// without the tier.
    fn lead_tier(&self, term: Term, alone: bool, is_unclean: bool, serving: bool) {
        let Some(tier) = self.tier.load_full() else { return };
        let (generation, broker_epoch) = (self.common.generation, self.common.broker_epoch);
        // Where it led before and was let serve, or has followed the leader since, nothing that was acknowledged can be missing.
        let served = self.led_in_tier.swap(true, Ordering::AcqRel) && tier.readiness() == Readiness::Ready;
        let standing = Standing {
            is_new: self.origins.is_new && self.log.log_end() == 0,
            log_is_whole: self.origins.closed_cleanly || serving || served,
            led_last: alone,
            is_unclean,
        };
        tier.lead(WriterToken { generation, leader_epoch: term.epoch, broker_epoch }, standing);
        let me = self.me.clone();
        esker_env::spawn(async move {
            tier.ready().await;
            if let Some(partition) = me.upgrade() {
                partition.changed();
            }
        });
    }

    fn follow_tier(&self) {
        if let Some(tier) = &*self.tier.load() {
            tier.follow();
        }
    }

    /// Nothing is served any more, for the reason given.
    pub(crate) fn leave(&self, why: Service) {
        self.service.store(why as u8, Ordering::Release);
        if let Some(tier) = &*self.tier.load() {
            tier.close();
        }
        self.changed();
    }
}
