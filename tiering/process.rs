//! What all partitions of a process share.

use crate::chain::Chain;
use crate::checkpoint::Checkpoints;
use crate::clock_guard::ClockGuard;
use crate::cluster::topic_file;
use crate::keys::{Keys, PartitionHome};
use crate::meta_cache::MetaCache;
use crate::options::TierOptions;
use crate::partition::ScrubBudget;
use crate::read::ColdReads;
use crate::store::{Created, Reason, Store};
use crate::times::Times;
use crate::upload::UploadLimits;
use esker_env::{Env, Pool};
use esker_model::TopicId;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

/// Whether the tier works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TierState {
    /// The probe has not passed yet: nothing is uploaded or deleted, what the cache holds is served.
    Suspended {
        /// Why the last probe did not pass.
        reason: String,
    },
    /// The store was probed and is good.
    Ready,
    /// The store was proven wrong: the broker must not go on with it.
    Refused {
        /// How.
        reason: String,
    },
    /// A later generation of the cluster uses the bucket; this broker stopped using it.
    Superseded {
        /// That generation.
        generation: u32,
    },
}

/// Counts of what was done, since the start.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) segments_uploaded: AtomicU64,
    pub(crate) bytes_uploaded: AtomicU64,
    pub(crate) upload_errors: AtomicU64,
    pub(crate) objects_deleted: AtomicU64,
    pub(crate) versions_written: AtomicU64,
    pub(crate) cold_reads: AtomicU64,
    pub(crate) cold_bytes: AtomicU64,
    pub(crate) cold_errors: AtomicU64,
    /// From the question to the answer of a cold read, whatever the answer.
    pub(crate) cold_times: Times,
    /// From the local sync of a segment to the store's answer, of those that were uploaded.
    pub(crate) upload_times: Times,
    pub(crate) scrubbed_objects: AtomicU64,
    pub(crate) scrubbed_bytes: AtomicU64,
    pub(crate) scrub_damaged: AtomicU64,
    pub(crate) scrub_healed: AtomicU64,
}

pub(crate) fn add(total: &AtomicU64, by: u64) {
    total.fetch_add(by, Ordering::Relaxed);
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) env: Env,
    pub(crate) options: TierOptions,
    pub(crate) runtime: Handle,
    /// For reading segments and for what blocks in the local log; few threads, so that tiering never crowds the disk.
    pub(crate) pool: Pool,
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) meta: Arc<MetaCache>,
    pub(crate) uploads: UploadLimits,
    pub(crate) scrub: ScrubBudget,
    pub(crate) reads: ColdReads,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) state: watch::Sender<TierState>,
    pub(crate) clock_guard: Mutex<ClockGuard>,
    pub(crate) totals: Totals,
    /// Whoever holds a decoded version of a partition that nobody writes to has one of these: a version may take hundreds of KiB, and after a
    /// start all partitions want theirs at once. As many as there are requests, so that nobody waits longer for it.
    pub(crate) turns: Arc<Semaphore>,
    /// Topics whose `topic.json` is known to exist.
    pub(crate) topics: Mutex<HashSet<TopicId>>,
}

impl Core {
    pub(crate) fn chain(&self, home: PartitionHome) -> Chain {
        Chain { store: self.store.clone(), keys: self.keys.clone(), home, meta: Arc::clone(&self.meta) }
    }

    pub(crate) fn is_ready(&self) -> bool {
        *self.state.borrow() == TierState::Ready
    }

    /// Sees to it that a topic's file exists before its first manifest. `false` where that could not be done now.
    pub(crate) async fn ensure_topic(&self, topic: TopicId, name: &str) -> bool {
        if self.topics.lock().contains(&topic) {
            return true;
        }
        let body = topic_file(topic, name, self.env.clock.wall_ms());
        let key = self.keys.topic_json(topic);
        let exists = match self.store.create(Reason::Cluster, &key, body).await {
            Created::Written => true,
            // Another broker's file says the same; what matters is that there is one.
            Created::Exists | Created::Unknown(_) => self.store.get_small(Reason::Cluster, &key, 1 << 16).await.is_ok(),
            Created::NotWritten(_) => false,
        };
        if exists {
            self.topics.lock().insert(topic);
        }
        exists
    }
}
