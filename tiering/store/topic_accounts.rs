//! The account by topic, of few enough topics that each may have its own series in a metrics store.

use crate::keys::topic_of;
use crate::store::RequestCount;
use crate::store::counters::Cells;
use esker_model::TopicId;
use parking_lot::RwLock;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Topics with an account of their own.
const TOPICS_MAX: usize = 100;

/// What belongs to no topic: the probe, generations, snapshots of the cluster.
pub(crate) const OF_CLUSTER: &str = "(cluster)";
/// Topics that came when there was no account left.
pub(crate) const OF_OTHERS: &str = "(other)";

/// What was asked for one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicRequests {
    /// The topic's name. `(cluster)` is what belongs to none; `(other)` are those that came when there was no account left.
    pub topic: Arc<str>,
    /// Requests by operation and reason.
    pub requests: Vec<RequestCount>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct TopicAccounts {
    cluster: Arc<Cells>,
    others: Arc<Cells>,
    known: RwLock<HashMap<TopicId, Named>>,
}

/// Incarnations of one name share an account, so that its counts do not fall.
#[derive(Clone, Debug)]
struct Named {
    name: Arc<str>,
    cells: Arc<Cells>,
}

impl TopicAccounts {
    /// Gives a topic an account, where there is one left.
    pub(crate) fn open(&self, id: TopicId, name: &str) {
        let mut known = self.known.write();
        if known.contains_key(&id) {
            return;
        }
        let namesake = known.values().find(|other| &*other.name == name).cloned();
        match namesake {
            Some(named) => _ = known.insert(id, named),
            None if names(&known) < TOPICS_MAX => {
                _ = known.insert(id, Named { name: name.into(), cells: Arc::default() });
            }
            None => {}
        }
    }

    /// Takes the account of a topic back that is no more.
    pub(crate) fn close(&self, id: TopicId) {
        self.known.write().remove(&id);
    }

    /// Whether a topic has an account of its own.
    pub(crate) fn name_of(&self, id: TopicId) -> Option<Arc<str>> {
        self.known.read().get(&id).map(|named| Arc::clone(&named.name))
    }

    pub(super) fn of(&self, key: &str) -> Arc<Cells> {
        match topic_of(key) {
            None => Arc::clone(&self.cluster),
            Some(id) => {
                self.known.read().get(&id).map_or_else(|| Arc::clone(&self.others), |one| Arc::clone(&one.cells))
            }
        }
    }

    /// All accounts with at least one request, by name.
    pub(crate) fn rows(&self) -> Vec<TopicRequests> {
        let mut all: BTreeMap<Arc<str>, Arc<Cells>> =
            self.known.read().values().map(|one| (Arc::clone(&one.name), Arc::clone(&one.cells))).collect();
        all.insert(OF_CLUSTER.into(), Arc::clone(&self.cluster));
        all.insert(OF_OTHERS.into(), Arc::clone(&self.others));
        let rows = all.into_iter().map(|(topic, cells)| TopicRequests { topic, requests: cells.rows() });
        rows.filter(|one| !one.requests.is_empty()).collect()
    }
}

fn names(known: &HashMap<TopicId, Named>) -> usize {
    let mut names: Vec<&str> = known.values().map(|one| &*one.name).collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}
