//! How records change an image. A record that does not fit is refused: whoever wrote it saw another cluster.

use crate::image::collision_key;
use crate::{
    Acl, Broker, ClusterImage, ConfigResource, ConfigResourceKind, Partition, PartitionChange, QuotaEntity,
    REMOTE_STORAGE_ENABLE, Record, Topic, TopicDeletion,
};
use esker_model::{BrokerEpoch, BrokerId, Offset, TopicId};
use std::sync::Arc;

/// A record that does not fit the image it was applied to. The image must not be used any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the metadata record at offset {offset} does not fit: {reason}")]
pub struct ApplyError {
    /// The record's offset.
    pub offset: Offset,
    /// What does not fit.
    pub reason: String,
}

impl ClusterImage {
    /// Applies the record at `offset`, which must be the one behind the image's last.
    ///
    /// # Errors
    /// Where the record does not fit; the image is then half changed and must be thrown away.
    pub fn apply(&mut self, offset: Offset, record: &Record) -> Result<(), ApplyError> {
        let misfit = |reason: String| ApplyError { offset, reason };
        if self.offset.checked_add(1) != Some(offset) {
            return Err(misfit(format!("the record before it is at offset {}", self.offset)));
        }
        self.change(record).map_err(misfit)?;
        self.offset = offset;
        Ok(())
    }

    /// Applies a record without an offset, as restoring a snapshot does.
    pub(crate) fn change(&mut self, record: &Record) -> Result<(), String> {
        match record {
            Record::ClusterCreated { cluster_id } => match &self.cluster_id {
                Some(known) => Err(format!("cluster {known} exists, {cluster_id} cannot be created")),
                None => {
                    self.cluster_id = Some(cluster_id.clone());
                    Ok(())
                }
            },
            Record::BrokerRegistered(broker) => self.register_broker(broker),
            Record::BrokerChanged { broker, epoch, fenced, in_controlled_shutdown } => {
                self.change_broker(*broker, *epoch, *fenced, *in_controlled_shutdown)
            }
            Record::BrokerUnregistered { broker, epoch } => {
                self.registration(*broker, *epoch)?;
                self.brokers.remove(broker);
                Ok(())
            }
            Record::ConfigSet { resource, key, value } => self.set_config(resource, key, value.as_deref()),
            Record::FeatureSet { name, level } => {
                if *level > 0 {
                    self.features.insert(name.clone(), *level)
                } else {
                    self.features.remove(name)
                };
                Ok(())
            }
            Record::TopicCreated { topic_id, name, tiered } => self.create_topic(*topic_id, name, *tiered),
            Record::PartitionCreated { topic_id, partition, state } => {
                self.create_partition(*topic_id, *partition, state)
            }
            Record::PartitionChanged { topic_id, partition, change } => {
                self.change_partition(*topic_id, *partition, change)
            }
            Record::TopicDeleted(deletion) => self.delete_topic(deletion),
            Record::TopicDeletionFinished { topic_id } => match self.deletions.remove(topic_id) {
                Some(_) => Ok(()),
                None => Err(format!("topic {topic_id} is not being deleted")),
            },
            Record::ProducerIdsAllocated { next, .. } => {
                if *next <= self.next_producer_id {
                    return Err(format!("producer ids would go back from {} to {next}", self.next_producer_id));
                }
                self.next_producer_id = *next;
                Ok(())
            }
            Record::AclCreated(acl) => self.create_acl(acl),
            Record::AclRemoved(acl) if self.acls.remove(acl) => Ok(()),
            Record::AclRemoved(acl) => Err(format!("access rule {acl:?} does not exist")),
            Record::QuotaSet { entity, key, value } => self.set_quota(entity, key, *value),
            Record::ScramCredentialSet { user, mechanism, credential } => {
                self.scram.insert((Arc::clone(user), *mechanism), Arc::new(credential.clone()));
                Ok(())
            }
            Record::ScramCredentialRemoved { user, mechanism } => {
                match self.scram.remove(&(Arc::clone(user), *mechanism)) {
                    Some(_) => Ok(()),
                    None => Err(format!("user {user:?} has no credential for {mechanism:?}")),
                }
            }
        }
    }

    fn create_acl(&mut self, acl: &Acl) -> Result<(), String> {
        if acl.resource_name.is_empty() {
            return Err("an access rule names no resource".to_owned());
        }
        if self.acls.insert(acl) { Ok(()) } else { Err(format!("access rule {acl:?} exists")) }
    }

    fn set_quota(&mut self, entity: &QuotaEntity, key: &str, value: Option<f64>) -> Result<(), String> {
        let mut set = self.quotas.get(entity).map(|set| (**set).clone()).unwrap_or_default();
        match value {
            Some(value) => set.insert(key.to_owned(), value),
            None => set.remove(key),
        };
        if set.is_empty() {
            self.quotas.remove(entity)
        } else {
            self.quotas.insert(entity.clone(), Arc::new(set))
        };
        Ok(())
    }

    fn registration(&self, id: BrokerId, epoch: BrokerEpoch) -> Result<&Arc<Broker>, String> {
        match self.brokers.get(&id) {
            Some(broker) if broker.epoch == epoch => Ok(broker),
            Some(broker) => Err(format!("broker {id} is registered with epoch {}, not {epoch}", broker.epoch)),
            None => Err(format!("broker {id} is not registered")),
        }
    }

    fn register_broker(&mut self, broker: &Broker) -> Result<(), String> {
        if let Some(old) = self.brokers.get(&broker.id).filter(|old| old.epoch > broker.epoch) {
            return Err(format!("broker {} would go back from epoch {} to {}", broker.id, old.epoch, broker.epoch));
        }
        self.brokers.insert(broker.id, Arc::new(broker.clone()));
        Ok(())
    }

    fn change_broker(
        &mut self,
        id: BrokerId,
        epoch: BrokerEpoch,
        fenced: Option<bool>,
        stopping: Option<bool>,
    ) -> Result<(), String> {
        let mut broker = Broker::clone(self.registration(id, epoch)?);
        broker.fenced = fenced.unwrap_or(broker.fenced);
        broker.in_controlled_shutdown = stopping.unwrap_or(broker.in_controlled_shutdown);
        self.brokers.insert(id, Arc::new(broker));
        Ok(())
    }

    fn set_config(&mut self, resource: &ConfigResource, key: &str, value: Option<&str>) -> Result<(), String> {
        if resource.kind == ConfigResourceKind::Topic {
            let Some(id) = self.topic_ids.get(resource.name.as_str()) else {
                return Err(format!("{resource} does not exist"));
            };
            if key == REMOTE_STORAGE_ENABLE
                && value == Some("true")
                && let Some(topic) = self.topics.get_mut(id)
            {
                Arc::make_mut(topic).tiered = true;
            }
        }
        let mut set = self.configs.get(resource).map(|set| (**set).clone()).unwrap_or_default();
        match value {
            Some(value) => set.insert(key.to_owned(), value.to_owned()),
            None => set.remove(key),
        };
        if set.is_empty() {
            self.configs.remove(resource)
        } else {
            self.configs.insert(resource.clone(), Arc::new(set))
        };
        Ok(())
    }

    fn create_topic(&mut self, id: TopicId, name: &Arc<str>, tiered: bool) -> Result<(), String> {
        if self.topic_ids.contains_key(name) {
            return Err(format!("topic {name:?} exists"));
        }
        if id.is_zero() || self.topics.contains_key(&id) || self.deletions.contains_key(&id) {
            return Err(format!("topic id {id} is taken"));
        }
        let topic = Topic { id, name: Arc::clone(name), partitions: imbl::Vector::new(), tiered };
        self.topics.insert(id, Arc::new(topic));
        self.topic_ids.insert(Arc::clone(name), id);
        if let Some(key) = collision_key(name) {
            self.colliding.insert(key, Arc::clone(name));
        }
        Ok(())
    }

    fn topic_mut(&mut self, id: TopicId) -> Result<&mut Topic, String> {
        self.topics.get_mut(&id).map(Arc::make_mut).ok_or_else(|| format!("topic {id} does not exist"))
    }

    fn create_partition(&mut self, id: TopicId, partition: i32, state: &Partition) -> Result<(), String> {
        state.check().map_err(str::to_owned)?;
        let topic = self.topic_mut(id)?;
        if partition != topic.partition_count() {
            return Err(format!("partition {partition} cannot follow {} partitions", topic.partition_count()));
        }
        topic.partitions.push_back(Arc::new(state.clone()));
        Ok(())
    }

    fn change_partition(&mut self, id: TopicId, partition: i32, change: &PartitionChange) -> Result<(), String> {
        let topic = self.topic_mut(id)?;
        let at = usize::try_from(partition).map_err(|_| format!("{partition} cannot number a partition"))?;
        let Some(old) = topic.partitions.get_mut(at) else {
            return Err(format!("topic {id} has no partition {partition}"));
        };
        let new = old.with(change);
        new.check().map_err(str::to_owned)?;
        *old = Arc::new(new);
        Ok(())
    }

    /// Deletes a topic; one that does not exist is only noted, which is how a snapshot says that it is on its way out.
    fn delete_topic(&mut self, deletion: &TopicDeletion) -> Result<(), String> {
        if self.deletions.contains_key(&deletion.topic_id) {
            return Err(format!("topic {} is being deleted already", deletion.topic_id));
        }
        if let Some(topic) = self.topics.remove(&deletion.topic_id) {
            self.topic_ids.remove(&topic.name);
            self.configs.remove(&ConfigResource::topic(&*topic.name));
            if let Some(key) = collision_key(&topic.name) {
                self.colliding.remove(&key);
            }
        }
        self.deletions.insert(deletion.topic_id, Arc::new(deletion.clone()));
        Ok(())
    }
}
