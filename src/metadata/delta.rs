//! What differs between two images.
//!
//! A delta is derived from the images and not gathered while records are applied: it cannot disagree with them, it is
//! the same for one record, for thousands that a slow subscriber missed, and for a snapshot that replaced everything.
//! Parts that two images share are passed over without a look.

use crate::{ClusterImage, ConfigResource, Partition, QuotaEntity, ScramMechanism, Topic, TopicDeletion};
use esker_model::{BrokerId, TopicId};
use imbl::OrdMap;
use imbl::ordmap::DiffItem;
use std::sync::Arc;

/// A topic that both images hold and that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicChange {
    /// The topic as it is now.
    pub topic: Arc<Topic>,
    /// Numbers of the partitions that are new or differ, ascending.
    pub partitions: Vec<i32>,
}

/// What differs between an older and a newer image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImageDelta {
    /// Topics that only the newer image holds.
    pub topics_created: Vec<Arc<Topic>>,
    /// Topics that both hold and that differ.
    pub topics_changed: Vec<TopicChange>,
    /// Topics that only the older image holds. A topic deleted and created again under its name is here and in `topics_created`.
    pub topics_deleted: Vec<Arc<Topic>>,
    /// Deletions that began in between and are not finished.
    pub deletions_started: Vec<Arc<TopicDeletion>>,
    /// Deletions that the older image holds and that are finished.
    pub deletions_finished: Vec<TopicId>,
    /// What has another configuration, an absent one counted as empty.
    pub configs_changed: Vec<ConfigResource>,
    /// Brokers whose registration or state is new, differs or ended.
    pub brokers_changed: Vec<BrokerId>,
    /// Whether a feature was finalised at another level.
    pub features_changed: bool,
    /// Whether the cluster came to be in between.
    pub cluster_created: bool,
    /// Whether an access rule was added or removed.
    pub acls_changed: bool,
    /// Who has other quotas, none counted as empty.
    pub quotas_changed: Vec<QuotaEntity>,
    /// Users who have another password, or none any more.
    pub scram_changed: Vec<(Arc<str>, ScramMechanism)>,
}

impl ImageDelta {
    /// What differs in `new` from `old`.
    pub fn between(old: &ClusterImage, new: &ClusterImage) -> ImageDelta {
        let mut delta = ImageDelta {
            features_changed: !old.features.ptr_eq(&new.features) && old.features != new.features,
            cluster_created: old.cluster_id.is_none() && new.cluster_id.is_some(),
            configs_changed: changed_keys(&old.configs, &new.configs),
            brokers_changed: changed_keys(&old.brokers, &new.brokers),
            acls_changed: old.acls != new.acls,
            quotas_changed: changed_keys(&old.quotas, &new.quotas),
            scram_changed: changed_keys(&old.scram, &new.scram),
            ..ImageDelta::default()
        };
        for difference in old.topics.diff(&new.topics) {
            match difference {
                DiffItem::Add(_, topic) => delta.topics_created.push(Arc::clone(topic)),
                DiffItem::Remove(_, topic) => delta.topics_deleted.push(Arc::clone(topic)),
                DiffItem::Update { old: (_, before), new: (_, after) } => {
                    delta.topics_changed.extend(changed_topic(before, after));
                }
            }
        }
        for difference in old.deletions.diff(&new.deletions) {
            match difference {
                DiffItem::Add(_, deletion) => delta.deletions_started.push(Arc::clone(deletion)),
                DiffItem::Remove(id, _) => delta.deletions_finished.push(*id),
                DiffItem::Update { .. } => {} // a deletion never changes
            }
        }
        delta
    }

    /// Whether the two images hold the same.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn changed_keys<K, V>(old: &OrdMap<K, V>, new: &OrdMap<K, V>) -> Vec<K>
where
    K: Ord + Clone,
    V: PartialEq,
{
    let key = |difference: DiffItem<'_, '_, K, V>| match difference {
        DiffItem::Add(key, _) | DiffItem::Remove(key, _) => key.clone(),
        DiffItem::Update { new: (key, _), .. } => key.clone(),
    };
    old.diff(new).map(key).collect()
}

fn changed_topic(old: &Arc<Topic>, new: &Arc<Topic>) -> Option<TopicChange> {
    let same = |a: &Arc<Partition>, b: &Arc<Partition>| Arc::ptr_eq(a, b) || a == b;
    let partitions: Vec<i32> = new
        .partitions
        .iter()
        .zip(0..)
        .filter(|(after, number)| !old.partition(*number).is_some_and(|before| same(before, after)))
        .map(|(_, number)| number)
        .collect();
    let differs = !partitions.is_empty() || old.tiered != new.tiered;
    differs.then(|| TopicChange { topic: Arc::clone(new), partitions })
}
