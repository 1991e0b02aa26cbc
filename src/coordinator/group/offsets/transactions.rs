//! Offsets of transactions that are open.

use crate::group::offsets::StoredOffset;
use crate::group::shard::GroupShard;
use esker_model::ProducerId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What one producer has committed in its open transaction, by group, topic and partition.
pub(crate) type PendingOffsets = BTreeMap<(Arc<str>, Arc<str>, i32), StoredOffset>;

/// Which producers have an open transaction with an offset for each topic and partition of one group. No set is empty.
pub(crate) type OpenTransactions = BTreeMap<(Arc<str>, i32), BTreeSet<ProducerId>>;

/// Memory of an offset in an open transaction apart from the offset itself, about.
const PENDING_WEIGHT: usize = 128;

fn weight_of(offset: Option<&StoredOffset>) -> usize {
    offset.map_or(0, |offset| PENDING_WEIGHT + offset.weight())
}

impl GroupShard {
    pub(crate) fn put_pending(
        &mut self,
        producer: ProducerId,
        group: &Arc<str>,
        topic: &Arc<str>,
        partition: i32,
        offset: StoredOffset,
    ) {
        let open = &mut self.group_or_simple(group).open;
        open.entry((Arc::clone(topic), partition)).or_default().insert(producer);
        let now = PENDING_WEIGHT + offset.weight();
        let pending = self.pending.entry(producer).or_default();
        let before = pending.insert((Arc::clone(group), Arc::clone(topic), partition), offset);
        self.settle_pending(weight_of(before.as_ref()), now);
    }

    /// Takes away what open transactions have for a partition whose offset is deleted.
    pub(crate) fn drop_pending(&mut self, group: &Arc<str>, topic: &Arc<str>, partition: i32) {
        let Some(state) = self.groups.get_mut(group) else { return };
        let Some(producers) = state.open.remove(&(Arc::clone(topic), partition)) else { return };
        let key = (Arc::clone(group), Arc::clone(topic), partition);
        for producer in producers {
            if let Some(gone) = self.pending.get_mut(&producer).and_then(|pending| pending.remove(&key)) {
                self.settle_pending(weight_of(Some(&gone)), 0);
            }
        }
    }

    /// A transaction of the producer has ended.
    pub(crate) fn end_transaction(&mut self, producer: ProducerId, commit: bool) {
        let Some(pending) = self.pending.remove(&producer) else { return };
        let weight = pending.values().map(|offset| weight_of(Some(offset))).sum();
        self.settle_pending(weight, 0);
        for ((group, topic, partition), offset) in pending {
            let Some(state) = self.groups.get_mut(&group) else { continue };
            let key = (Arc::clone(&topic), partition);
            if let Some(producers) = state.open.get_mut(&key) {
                producers.remove(&producer);
                if producers.is_empty() {
                    state.open.remove(&key);
                }
            }
            let overtaken = state.offsets.get(&topic, partition);
            if commit && overtaken.is_none_or(|known| known.record_offset < offset.record_offset) {
                state.offsets.put(&topic, partition, offset);
            }
            self.settle(&group);
        }
    }
}
