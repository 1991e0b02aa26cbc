//! The cluster as the clients of one listener are shown it.

use crate::ErrorCode;
use esker_metadata::{Broker, ClusterImage, Endpoint, Partition, Topic};
use esker_model::{BrokerId, validate_topic_name};
use std::sync::Arc;

/// An image, seen by the clients of a listener.
#[derive(Clone, Copy)]
pub(crate) struct ClusterView<'a> {
    /// The cluster.
    pub image: &'a ClusterImage,
    /// The listener's name, in upper case.
    pub listener: &'a str,
}

impl<'a> ClusterView<'a> {
    /// Where clients of the listener reach a broker, fenced or not.
    pub fn endpoint(self, id: BrokerId) -> Option<&'a Endpoint> {
        self.image.broker(id).and_then(|broker| broker.endpoint(self.listener))
    }

    /// The unfenced brokers that clients of the listener can reach.
    pub fn brokers(self) -> impl Iterator<Item = (&'a Arc<Broker>, &'a Endpoint)> {
        let unfenced = self.image.brokers().filter(|broker| !broker.fenced);
        unfenced.filter_map(move |broker| Some((broker, broker.endpoint(self.listener)?)))
    }

    /// The broker to which clients send what changes the cluster. Every broker takes that, so `own` names itself as soon
    /// as clients can reach it; -1 where nobody can be reached.
    pub fn controller(self, own: BrokerId) -> BrokerId {
        let mut ids = self.brokers().map(|(broker, _)| broker.id);
        let first = ids.next();
        if first == Some(own) || ids.any(|id| id == own) { own } else { first.unwrap_or(-1) }
    }

    /// Replicas whose broker is away or whose directory is offline.
    pub fn offline_replicas(self, partition: &Partition) -> Vec<BrokerId> {
        let replicas = partition.replicas.iter().enumerate();
        replicas.filter(|(at, id)| self.is_offline(**id, partition, *at)).map(|(_, id)| *id).collect()
    }

    fn is_offline(self, id: BrokerId, partition: &Partition, at: usize) -> bool {
        let Some(broker) = self.image.broker(id) else { return true };
        let directory = partition.directories.get(at).filter(|directory| !directory.is_nil());
        let in_offline_directory =
            directory.is_some_and(|directory| !broker.log_dirs.is_empty() && !broker.log_dirs.contains(directory));
        broker.fenced || broker.endpoint(self.listener).is_none() || in_offline_directory
    }

    /// The leader, where clients of the listener can reach it.
    pub fn leader(self, partition: &Partition) -> Option<BrokerId> {
        partition.leader.filter(|leader| self.endpoint(*leader).is_some())
    }
}

/// Whether a topic is the broker's own.
pub(crate) fn is_internal(topic: &Topic) -> bool {
    esker_model::is_internal_topic(&topic.name)
}

/// What is wrong with the name of a topic that is not there.
pub(crate) fn missing_topic(name: &str) -> ErrorCode {
    match validate_topic_name(name) {
        Ok(()) => ErrorCode::UnknownTopicOrPartition,
        Err(_) => ErrorCode::InvalidTopicException,
    }
}
