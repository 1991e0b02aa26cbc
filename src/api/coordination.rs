//! How the coordinators of this broker come to life: over which logs, with what they reach into, and following whom it leads.

use crate::{PartitionMarkers, TopicLog};
use async_trait::async_trait;
use esker_controller::ProducerIds;
use esker_coordinator::group::{GroupCoordinator, GroupCoordinatorOptions, OFFSETS_TOPIC};
use esker_coordinator::transaction::{
    ProducerIdSource, TRANSACTION_STATE_TOPIC, TransactionCoordinator, TransactionOptions, TransactionSettings,
    TransactionVersion,
};
use esker_env::Env;
use esker_metadata::{ConfigStore, ImageWatch};
use esker_model::ProducerId;
use esker_replication::ReplicaManager;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// The feature whose level says by which rules transactions work.
const TRANSACTION_FEATURE: &str = "transaction.version";

/// Longest time between two looks at what this broker leads; it is looked at with every image too.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What a coordinator is made of.
#[derive(Clone, Debug)]
pub struct CoordinationParts {
    /// Clock and randomness.
    pub env: Env,
    /// What is configured now.
    pub configs: Arc<ConfigStore>,
    /// The cluster as this broker knows it.
    pub image: ImageWatch,
    /// The partitions of this broker.
    pub replicas: Arc<ReplicaManager>,
    /// Identities for producers.
    pub producer_ids: Arc<ProducerIds>,
    /// Who ends transactions in partitions.
    pub markers: Arc<PartitionMarkers>,
}

/// Producer ids out of the blocks that the controller allocates.
#[derive(Debug)]
struct AllocatedIds(Arc<ProducerIds>);

#[async_trait]
impl ProducerIdSource for AllocatedIds {
    async fn next(&self, limit: Duration) -> Option<ProducerId> {
        match self.0.next(limit).await {
            Ok(id) => Some(id),
            Err(error) => {
                tracing::warn!(%error, "no producer id could be had");
                None
            }
        }
    }
}

/// Starts to coordinate the transactions whose ids fall on what this broker leads, now and later. To be called on a runtime.
pub fn start_transactions(parts: &CoordinationParts) -> Arc<TransactionCoordinator> {
    let image = parts.image.clone();
    let level = move || TransactionVersion::from_level(image.current().feature(TRANSACTION_FEATURE));
    let log = TopicLog::new(TRANSACTION_STATE_TOPIC, parts.image.clone(), Arc::clone(&parts.replicas));
    let coordinator = TransactionCoordinator::start(TransactionOptions {
        env: parts.env.clone(),
        log: Arc::new(log),
        markers: Arc::clone(&parts.markers) as _,
        producer_ids: Arc::new(AllocatedIds(Arc::clone(&parts.producer_ids))),
        version: Arc::new(level),
        settings: TransactionSettings::of(&parts.configs.current()),
    });
    esker_env::spawn(follow(parts.image.clone(), Arc::downgrade(&coordinator)));
    coordinator
}

/// Starts to coordinate the groups whose ids fall on what this broker leads, now and later. To be called on a runtime.
pub fn start_groups(
    env: Env,
    configs: Arc<ConfigStore>,
    image: ImageWatch,
    replicas: Arc<ReplicaManager>,
) -> Arc<GroupCoordinator> {
    let memory_max = configs.current().groups().memory_bytes;
    let log = Arc::new(TopicLog::new(OFFSETS_TOPIC, image.clone(), replicas));
    let coordinator = GroupCoordinator::new(GroupCoordinatorOptions { env, configs, log, memory_max });
    esker_env::spawn(follow_images(image, Arc::downgrade(&coordinator)));
    coordinator
}

/// Tells the coordinator of every image once its leaderships are in effect here. Ends with the coordinator.
async fn follow_images(image: ImageWatch, coordinator: Weak<GroupCoordinator>) {
    let mut images = image.subscribe("groups");
    loop {
        // A leader may change without an image: where its log fails.
        let change = esker_env::timeout(LOOK_AGAIN, images.next()).await;
        if let Some(change) = &change {
            let offset = change.new.offset();
            // Whoever waits for an image waits for the partitions; groups are loaded in their own time.
            images.applied(offset);
            let _ = image.applied(offset, LOOK_AGAIN).await;
        }
        let Some(coordinator) = coordinator.upgrade() else { return };
        match change {
            Some(change) => coordinator.image_changed(&change),
            None => coordinator.align(),
        }
    }
}

/// Has the coordinator look at what this broker leads whenever that may have changed. Ends with the coordinator.
async fn follow(image: ImageWatch, coordinator: Weak<TransactionCoordinator>) {
    loop {
        let seen = image.current().offset();
        // Whether all have applied it in time or not: there may be something to see.
        let _ = image.applied(seen, LOOK_AGAIN).await;
        let Some(coordinator) = coordinator.upgrade() else { return };
        coordinator.align();
        drop(coordinator);
        let _ = image.published(seen + 1, LOOK_AGAIN).await;
    }
}
