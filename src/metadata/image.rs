//! The cluster as it is after some record of the metadata log: immutable once published, cheap to clone and to change.

use crate::{
    AclTable, Broker, ConfigResource, ConfigResourceKind, QuotaMap, ScramCredential, ScramMechanism, Topic,
    TopicDeletion,
};
use esker_model::{BrokerId, ClusterId, Offset, ProducerId, TopicId};
use imbl::OrdMap;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

/// The whole of the cluster's metadata.
///
/// A clone shares everything with its original; a change copies the few tree nodes on its path.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterImage {
    /// Offset of the last record that is in it; -1 in the empty image.
    pub(crate) offset: Offset,
    pub(crate) cluster_id: Option<ClusterId>,
    /// The same topics as in `topic_ids`, one entry each.
    pub(crate) topics: OrdMap<TopicId, Arc<Topic>>,
    pub(crate) topic_ids: OrdMap<Arc<str>, TopicId>,
    /// Topics whose name holds a `.` or `_`, under the name with every `.` made `_`.
    pub(crate) colliding: OrdMap<Arc<str>, Arc<str>>,
    /// Topics on their way out. Disjoint from `topics`.
    pub(crate) deletions: OrdMap<TopicId, Arc<TopicDeletion>>,
    /// No entry is empty.
    pub(crate) configs: OrdMap<ConfigResource, Arc<BTreeMap<String, String>>>,
    pub(crate) brokers: OrdMap<BrokerId, Arc<Broker>>,
    /// No level is 0.
    pub(crate) features: OrdMap<String, i16>,
    pub(crate) next_producer_id: ProducerId,
    pub(crate) acls: AclTable,
    /// No entry is empty.
    pub(crate) quotas: QuotaMap,
    pub(crate) scram: OrdMap<(Arc<str>, ScramMechanism), Arc<ScramCredential>>,
}

impl Default for ClusterImage {
    fn default() -> Self {
        Self {
            offset: -1,
            cluster_id: None,
            topics: OrdMap::new(),
            topic_ids: OrdMap::new(),
            colliding: OrdMap::new(),
            deletions: OrdMap::new(),
            configs: OrdMap::new(),
            brokers: OrdMap::new(),
            features: OrdMap::new(),
            next_producer_id: 0,
            acls: AclTable::default(),
            quotas: QuotaMap::new(),
            scram: OrdMap::new(),
        }
    }
}

/// A name as metrics see it, where `.` and `_` are one; `None` for a name that no other can meet in that.
pub(crate) fn collision_key(name: &str) -> Option<Arc<str>> {
    name.contains(['.', '_']).then(|| name.replace('.', "_").into())
}

impl ClusterImage {
    /// Offset of the last record in it; -1 in the empty image. Also the epoch of the finalised features.
    pub fn offset(&self) -> Offset {
        self.offset
    }

    /// The cluster's identity; `None` before its first record.
    pub fn cluster_id(&self) -> Option<&ClusterId> {
        self.cluster_id.as_ref()
    }

    /// The topic with this identity.
    pub fn topic(&self, id: TopicId) -> Option<&Arc<Topic>> {
        self.topics.get(&id)
    }

    /// The topic with this name.
    pub fn topic_named(&self, name: &str) -> Option<&Arc<Topic>> {
        self.topic_ids.get(name).and_then(|id| self.topics.get(id))
    }

    /// All topics, in the order of their names.
    pub fn topics(&self) -> impl Iterator<Item = &Arc<Topic>> {
        self.topic_ids.values().filter_map(|id| self.topics.get(id))
    }

    /// Topics whose name is not before `from`, in the order of their names.
    pub fn topics_from<'a>(&'a self, from: &str) -> impl Iterator<Item = &'a Arc<Topic>> {
        let names = (Bound::Included(from), Bound::Unbounded);
        self.topic_ids.range::<_, str>(names).filter_map(|(_, id)| self.topics.get(id))
    }

    /// How many topics there are.
    pub fn topic_count(&self) -> usize {
        self.topics.len()
    }

    /// The topic that a new one named `name` would share its metrics' name with, other than one of that very name.
    pub fn topic_colliding_with(&self, name: &str) -> Option<&Arc<str>> {
        let key = collision_key(name)?;
        self.colliding.get(&key).filter(|other| ***other != *name)
    }

    /// Topics on their way out.
    pub fn topic_deletions(&self) -> impl Iterator<Item = &Arc<TopicDeletion>> {
        self.deletions.values()
    }

    /// The deletion of the topic with this identity, where it is on its way out.
    pub fn topic_deletion(&self, id: TopicId) -> Option<&Arc<TopicDeletion>> {
        self.deletions.get(&id)
    }

    /// What is configured for `resource`; `None` where nothing is.
    pub fn configs(&self, resource: &ConfigResource) -> Option<&Arc<BTreeMap<String, String>>> {
        self.configs.get(resource)
    }

    /// One configuration of `resource`.
    pub fn config(&self, resource: &ConfigResource, key: &str) -> Option<&str> {
        self.configs.get(resource).and_then(|set| set.get(key)).map(String::as_str)
    }

    /// Everything of one kind that has a configuration.
    pub fn configured(
        &self,
        kind: ConfigResourceKind,
    ) -> impl Iterator<Item = (&ConfigResource, &BTreeMap<String, String>)> {
        let first = ConfigResource { kind, name: String::new() };
        self.configs.range(first..).take_while(move |(at, _)| at.kind == kind).map(|(at, set)| (at, &**set))
    }

    /// The broker with this id.
    pub fn broker(&self, id: BrokerId) -> Option<&Arc<Broker>> {
        self.brokers.get(&id)
    }

    /// All registered brokers, in the order of their ids.
    pub fn brokers(&self) -> impl Iterator<Item = &Arc<Broker>> {
        self.brokers.values()
    }

    /// Whether a broker is registered, unfenced and not about to stop.
    pub fn is_active(&self, id: BrokerId) -> bool {
        self.brokers.get(&id).is_some_and(|broker| broker.is_active())
    }

    /// The finalised level of a feature; 0 where it is off.
    pub fn feature(&self, name: &str) -> i16 {
        self.features.get(name).copied().unwrap_or(0)
    }

    /// All finalised features with a level above 0.
    pub fn features(&self) -> impl Iterator<Item = (&str, i16)> {
        self.features.iter().map(|(name, level)| (name.as_str(), *level))
    }

    /// The first producer id that belongs to no block.
    pub fn next_producer_id(&self) -> ProducerId {
        self.next_producer_id
    }

    /// All access rules.
    pub fn acls(&self) -> &AclTable {
        &self.acls
    }

    /// Everybody who has quotas, with them by Kafka's names.
    pub fn quotas(&self) -> &QuotaMap {
        &self.quotas
    }

    /// What is kept of a user's password.
    pub fn scram_credential(&self, user: &str, mechanism: ScramMechanism) -> Option<&Arc<ScramCredential>> {
        self.scram.get(&(Arc::from(user), mechanism))
    }

    /// What is kept of passwords, by user and mechanism.
    pub fn scram_credentials(&self) -> impl Iterator<Item = (&Arc<str>, ScramMechanism, &ScramCredential)> {
        self.scram.iter().map(|((user, mechanism), credential)| (user, *mechanism, &**credential))
    }

    /// How many credentials are kept.
    pub fn scram_credential_count(&self) -> usize {
        self.scram.len()
    }
}
