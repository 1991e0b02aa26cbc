//! What time asks for: transactions that are open for too long are aborted, ids that are silent for too long forgotten.

use super::coordinator::TransactionCoordinator;
use super::error::TxnError;
use super::step::{Written, batch_of};
use std::sync::Arc;
use std::time::Duration;

/// Ids that are forgotten with one batch.
const FORGOTTEN_AT_ONCE: usize = 250;

impl TransactionCoordinator {
    /// Starts the two tasks; they end with the coordinator.
    pub(super) fn look_after_time(self: &Arc<Self>) {
        let (abort, expire) = (self.settings.abort_interval, self.settings.expire_interval);
        let me = Arc::downgrade(self);
        esker_env::spawn(async move {
            loop {
                esker_env::sleep(abort).await;
                let Some(me) = me.upgrade().filter(|me| !me.is_closed()) else { return };
                me.abort_late().await;
            }
        });
        let me = Arc::downgrade(self);
        esker_env::spawn(async move {
            loop {
                esker_env::sleep(expire).await;
                let Some(me) = me.upgrade().filter(|me| !me.is_closed()) else { return };
                me.forget_silent().await;
            }
        });
    }

    /// Aborts transactions that are open for longer than their producers asked for, and fences those.
    pub(super) async fn abort_late(self: &Arc<Self>) {
        for partition in self.shards.served() {
            let now = self.now();
            let Ok(late) = self.shards.with(partition, |shard| shard.machine.book.timed_out(now)) else { continue };
            for (id, producer) in late {
                match self.time_out(&id, producer).await {
                    Ok(()) => tracing::info!(id = &*id, ?producer, "transaction aborted: its time is over"),
                    Err(TxnError::Concurrent | TxnError::Fenced | TxnError::WrongProducerId) => {}
                    Err(error) => tracing::warn!(id = &*id, ?producer, %error, "late transaction not aborted"),
                }
            }
        }
    }

    /// Forgets ids that were silent for too long.
    pub(super) async fn forget_silent(self: &Arc<Self>) {
        let expiration = i64::try_from(self.settings.id_expiration.as_millis()).unwrap_or(i64::MAX);
        for partition in self.shards.served() {
            while self.forget_some(partition, self.now().saturating_sub(expiration)).await == Ok(true) {}
        }
    }

    /// Forgets some of the ids that were silent since `before`; says whether there may be more.
    async fn forget_some(self: &Arc<Self>, partition: i32, before: i64) -> Result<bool, TxnError> {
        let now = self.now();
        let appended = self.shards.with(partition, |shard| {
            let ids = shard.machine.book.expired(before, FORGOTTEN_AT_ONCE);
            if ids.is_empty() {
                return Ok(None);
            }
            let batch = batch_of(ids.iter().map(|id| (&**id, None)), now)?;
            let end = shard.append(batch)?;
            shard.machine.book.forgetting(&ids);
            let written = Written { partition, epoch: shard.epoch(), end, committed: false };
            Ok::<_, TxnError>(Some((ids, written)))
        })??;
        let Some((ids, written)) = appended else { return Ok(false) };
        self.wait_committed(&written).await?;
        self.shards.with(partition, |shard| {
            if shard.epoch() == written.epoch {
                shard.machine.book.forgotten(&ids);
            }
        })?;
        tracing::debug!(partition, ids = ids.len(), "silent transactional ids forgotten");
        // Others get their turn between two batches.
        esker_env::sleep(Duration::from_millis(1)).await;
        Ok(ids.len() == FORGOTTEN_AT_ONCE)
    }
}
