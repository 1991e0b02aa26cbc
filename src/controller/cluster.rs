//! What a decision sees: the cluster's image and the settings that hold with it.

use crate::{ControllerError, ErrorKind};
use esker_config::{BrokerValues, ConfigMap, TopicSettings};
use esker_metadata::{ClusterImage, ConfigResource, DirectoryId, Partition, Record, Topic};
use esker_model::{BrokerEpoch, BrokerId};
use std::collections::BTreeMap;

/// The most records that one request may lead to.
pub const RECORDS_MAX: usize = 10_000;

/// What a decision comes to: records, and what is answered once they are committed.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision<T> {
    /// To be committed together.
    pub records: Vec<Record>,
    /// The answer.
    pub answer: T,
}

impl<T> Decision<T> {
    /// Nothing to commit.
    pub fn nothing(answer: T) -> Self {
        Self { records: Vec::new(), answer }
    }
}

/// One row of an answer: an outcome of its own beside those of others.
pub type Row<T> = Result<T, ControllerError>;

/// The cluster at the moment of a decision.
#[derive(Clone, Copy)]
pub struct Cluster<'a> {
    /// Topics, brokers, configurations.
    pub image: &'a ClusterImage,
    /// The settings of the deciding node as of that image.
    pub values: &'a BrokerValues,
}

impl<'a> Cluster<'a> {
    /// What is set for a resource.
    pub fn overrides(self, resource: &ConfigResource) -> &'a ConfigMap {
        static NONE: ConfigMap = BTreeMap::new();
        self.image.configs(resource).map_or(&NONE, |set| &**set)
    }

    /// What a topic's configuration means.
    pub fn settings(self, topic: &Topic) -> TopicSettings {
        self.values.topic_settings(self.overrides(&ConfigResource::topic(&*topic.name)))
    }

    /// Whether eligible leader replicas are kept (KIP-966).
    pub fn keeps_elr(self) -> bool {
        self.image.feature("eligible.leader.replicas.version") > 0
    }

    /// Checks that a broker speaks for its present registration.
    pub fn check_epoch(self, id: BrokerId, epoch: BrokerEpoch) -> Result<(), ControllerError> {
        match self.image.broker(id) {
            None => Err(ControllerError::new(
                ErrorKind::StaleBrokerEpoch,
                format!("No broker registration found for broker id {id}"),
            )),
            Some(broker) if broker.epoch != epoch => Err(ControllerError::new(
                ErrorKind::StaleBrokerEpoch,
                format!("Expected broker epoch {}, but got broker epoch {epoch}", broker.epoch),
            )),
            Some(_) => Ok(()),
        }
    }

    /// The first state of a partition with these replicas, led by the first that is active; `None` where none is.
    pub fn new_partition(self, replicas: &[BrokerId]) -> Option<Partition> {
        let isr: Box<[BrokerId]> = replicas.iter().copied().filter(|id| self.image.is_active(*id)).collect();
        let leader = *isr.first()?;
        Some(Partition {
            replicas: replicas.into(),
            isr,
            directories: self.directories(replicas, &[]),
            leader: Some(leader),
            ..Partition::default()
        })
    }

    /// The directory of each replica: the known one, else the broker's only one, else the nil id until the broker has
    /// chosen. No list at all where nothing is known.
    pub fn directories(self, replicas: &[BrokerId], known: &[(BrokerId, DirectoryId)]) -> Box<[DirectoryId]> {
        let directory = |id: &BrokerId| {
            if let Some((_, directory)) = known.iter().find(|(of, _)| of == id) {
                return *directory;
            }
            match self.image.broker(*id).map(|broker| &broker.log_dirs[..]) {
                Some([only]) => *only,
                _ => DirectoryId::nil(),
            }
        };
        let directories: Box<[DirectoryId]> = replicas.iter().map(directory).collect();
        if directories.iter().all(DirectoryId::is_nil) { Box::default() } else { directories }
    }
}
