//! What all shards share: clock, randomness, configuration, the cluster, and memory.

use crate::group::budget::Budget;
use crate::group::cx::Cx;
use crate::group::settings::GroupSettings;
use crate::group::shard::GroupShard;
use crate::runtime::Shards;
use esker_config::BrokerValues;
use esker_env::Env;
use esker_metadata::ConfigStore;
use parking_lot::Mutex;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock, Weak};

/// What decisions of all shards look at.
pub(crate) struct World {
    pub env: Env,
    pub configs: Arc<ConfigStore>,
    pub budget: Budget,
    /// The newest image in which a topic came to be.
    topics_since: AtomicI64,
    /// Settings as of the configuration that they were read from.
    settings: Mutex<Option<(Arc<BrokerValues>, Arc<GroupSettings>)>>,
    /// The shards themselves, for what is done outside of them and comes back.
    pub shards: OnceLock<Weak<Shards<GroupMachine>>>,
}

/// A shard in the hands of the runtime.
#[derive(Debug)]
pub(crate) struct GroupMachine {
    pub shard: GroupShard,
    pub world: Arc<World>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("budget", &self.budget).finish_non_exhaustive()
    }
}

impl World {
    pub fn new(env: Env, configs: Arc<ConfigStore>, budget: Budget) -> Arc<Self> {
        Arc::new(Self {
            env,
            configs,
            budget,
            topics_since: AtomicI64::new(-1),
            settings: Mutex::new(None),
            shards: OnceLock::new(),
        })
    }

    /// A topic came to be in the image at `offset`.
    pub fn topics_created(&self, offset: i64) {
        self.topics_since.fetch_max(offset, Ordering::Relaxed);
    }

    /// What is configured now.
    pub fn settings(&self) -> Arc<GroupSettings> {
        self.settings_of(&self.configs.current())
    }

    fn settings_of(&self, values: &Arc<BrokerValues>) -> Arc<GroupSettings> {
        let mut known = self.settings.lock();
        match &*known {
            Some((of, settings)) if Arc::ptr_eq(of, values) => Arc::clone(settings),
            _ => {
                let settings = Arc::new(GroupSettings::of(values));
                *known = Some((Arc::clone(values), Arc::clone(&settings)));
                settings
            }
        }
    }

    /// Has something decided by the world as it is now.
    pub fn with_cx<R>(&self, decide: impl FnOnce(&Cx<'_>) -> R) -> R {
        let image = self.configs.watch().current();
        let values = self.configs.at(&image);
        let settings = self.settings_of(&values);
        decide(&Cx {
            now: self.env.clock.now(),
            wall_ms: self.env.clock.wall_ms(),
            image: &image,
            topics_since: self.topics_since.load(Ordering::Relaxed),
            settings: &settings,
            values: &values,
            random: &*self.env.random,
        })
    }
}
