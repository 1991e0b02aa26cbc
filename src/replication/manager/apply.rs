//! From one image of the cluster to the next: what is created, led, configured and deleted here.

use super::{Hosted, ReplicaManager};
use crate::Partition;
use crate::partition::TopicTerms;
use crate::settings::{number, terms_for};
use esker_metadata::{ClusterImage, ConfigResource, ConfigResourceKind, ImageDelta, Subscription, Topic};
use esker_model::{TopicId, TopicPartition};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// Pause where the disk pool is too busy to take the work.
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// Logs that are created at the same time.
const OPENED_AT_ONCE: usize = 16;

/// Partitions by where they are.
type HostedMap = imbl::HashMap<(TopicId, i32), Hosted>;

/// Partitions whose logs were opened just now, or why they could not be.
type Opened = HashMap<(TopicId, i32), Result<Arc<Partition>, String>>;

/// The partitions that a delta speaks of.
fn touched(delta: &ImageDelta) -> Vec<(&Arc<Topic>, i32)> {
    let created = delta.topics_created.iter().flat_map(|topic| (0..topic.partition_count()).map(move |n| (topic, n)));
    let changed = delta.topics_changed.iter().flat_map(|change| change.partitions.iter().map(|n| (&change.topic, *n)));
    created.chain(changed).collect()
}

impl ReplicaManager {
    /// Applies image after image, each from the one that was applied last.
    pub(super) async fn follow_images(self: Arc<Self>, mut subscription: Subscription) {
        let (mut applied, mut stopping) = (Arc::new(ClusterImage::default()), self.stopping());
        loop {
            let change = tokio::select! {
                change = subscription.next() => change,
                _ = stopping.wait_for(|stop| *stop) => return,
            };
            let new = change.new;
            // An image from before this broker's registration may be an old one: what is missing in it may have come since.
            if new.offset() >= self.broker_epoch {
                let is_first = applied.offset() < 0;
                let delta =
                    if Arc::ptr_eq(&applied, &change.old) { change.delta } else { ImageDelta::between(&applied, &new) };
                if !self.apply_on_pool(&new, delta, is_first).await {
                    return;
                }
                applied = Arc::clone(&new);
            }
            subscription.applied(new.offset());
        }
    }

    /// Applies on the disk pool: files are created and renamed. False where the process is about to end.
    async fn apply_on_pool(self: &Arc<Self>, new: &Arc<ClusterImage>, delta: ImageDelta, is_first: bool) -> bool {
        let delta = Arc::new(delta);
        loop {
            let (me, new, delta) = (Arc::clone(self), Arc::clone(new), Arc::clone(&delta));
            match self.disk_pool.run(move || me.apply(&new, &delta, is_first)).await {
                Ok(()) => return true,
                Err(esker_env::PoolError::Busy) => esker_env::sleep(BUSY_PAUSE).await,
                Err(error) => {
                    tracing::error!(%error, "an image of the cluster was not applied");
                    return false;
                }
            }
        }
    }

    fn apply(self: &Arc<Self>, new: &ClusterImage, delta: &ImageDelta, is_first: bool) {
        if is_first {
            self.clear_away(new);
        }
        self.drop_topics(&delta.topics_deleted);
        let mut terms = Terms { manager: self, image: new, known: HashMap::new() };
        let mut hosted = imbl::HashMap::clone(&self.hosted.load());
        let touched = touched(delta);
        let mut opened = self.open_missing(&hosted, &touched, &mut terms, !is_first);
        for (topic, number) in touched {
            self.host(&mut hosted, topic, number, opened.remove(&(topic.id, number)));
        }
        self.hosted.store(Arc::new(hosted));
        self.reconfigure(new, delta, &mut terms);
        // A new partition has not heard of anybody; a known one of those that changed.
        if !delta.brokers_changed.is_empty() || !delta.topics_created.is_empty() || !delta.topics_changed.is_empty() {
            self.tell_brokers(new);
        }
        self.start_deletions(new);
    }

    /// Opens or creates the logs of what is to be here and is not. Each waits for its syncs, so many are made at once.
    fn open_missing(
        &self,
        hosted: &HostedMap,
        touched: &[(&Arc<Topic>, i32)],
        terms: &mut Terms<'_>,
        is_young: bool,
    ) -> Opened {
        let is_missing = |(topic, number): &(&Arc<Topic>, i32)| {
            let is_here = matches!(hosted.get(&(topic.id, *number)), Some(Hosted::Online(_)));
            !is_here && topic.partition(*number).is_some_and(|one| one.replicas.contains(&self.node_id))
        };
        let missing: Vec<(&Arc<Topic>, i32)> = touched.iter().copied().filter(is_missing).collect();
        for (topic, _) in &missing {
            terms.of(topic);
        }
        let terms = &*terms;
        let open = |(topic, number): (&Arc<Topic>, i32)| {
            ((topic.id, number), self.open(topic, number, &terms.known[&topic.id], is_young))
        };
        esker_env::parallel(OPENED_AT_ONCE, missing, open).into_iter().collect()
    }

    /// Settles, once, what lies in the directories and is not of this cluster as it is now: the logs of topics that are being deleted go,
    /// others are set aside. Absence alone deletes nothing.
    fn clear_away(&self, image: &ClusterImage) {
        let (mut deleted, mut strays): (BTreeMap<i64, Vec<TopicPartition>>, Vec<TopicPartition>) = Default::default();
        for log in self.logs.logs() {
            let partition = log.partition();
            let is_hosted = image.topic_named(&partition.topic).is_some_and(|topic| {
                log.topic_id().is_none_or(|id| id == topic.id)
                    && topic.partition(partition.partition).is_some_and(|one| one.replicas.contains(&self.node_id))
            });
            if is_hosted {
                continue;
            }
            let is_deleted = log.topic_id().is_some_and(|id| image.topic_deletion(id).is_some());
            if is_deleted {
                deleted.entry(log.config().file_delete_delay_ms).or_default().push(partition.clone());
            } else {
                tracing::warn!(%partition, "the cluster does not expect this partition here; it is set aside");
                strays.push(partition.clone());
            }
        }
        for (delay_ms, partitions) in deleted {
            self.delete_logs(&partitions, delay_ms);
        }
        if let Err(error) = self.logs.set_aside(&strays) {
            tracing::error!(%error, "stray partitions cannot be set aside");
        }
    }

    fn drop_topics(&self, topics: &[Arc<Topic>]) {
        let mut hosted = imbl::HashMap::clone(&self.hosted.load());
        for topic in topics {
            self.release(&mut hosted, topic.id, &topic.name, 0..topic.partition_count());
        }
        self.hosted.store(Arc::new(hosted));
    }

    /// Puts changed configurations into effect for partitions that were there before.
    fn reconfigure(&self, new: &ClusterImage, delta: &ImageDelta, terms: &mut Terms<'_>) {
        let own = ConfigResource::broker(self.node_id);
        let for_all = |resource: &ConfigResource| resource.is_cluster_default() || *resource == own;
        let affected: Vec<Arc<Topic>> = if delta.configs_changed.iter().any(for_all) {
            new.topics().cloned().collect()
        } else {
            let topics = delta.configs_changed.iter().filter(|resource| resource.kind == ConfigResourceKind::Topic);
            topics.filter_map(|resource| new.topic_named(&resource.name).cloned()).collect()
        };
        let created: std::collections::HashSet<TopicId> = delta.topics_created.iter().map(|topic| topic.id).collect();
        let hosted = self.hosted.load();
        for topic in affected.iter().filter(|topic| !created.contains(&topic.id)) {
            for number in 0..topic.partition_count() {
                if let Some(Hosted::Online(partition)) = hosted.get(&(topic.id, number)) {
                    partition.configure(terms.of(topic));
                }
            }
        }
        if delta.configs_changed.iter().any(for_all) {
            self.reconfigure_broker();
        }
    }

    /// Puts dynamic settings of the broker into effect that no topic has.
    fn reconfigure_broker(&self) {
        if let Some(ms) = number(&self.configs, "producer.id.expiration.ms") {
            self.logs.set_producer_expiration_ms(ms);
        }
        let rate = |key| number(&self.configs, key).and_then(|rate| u64::try_from(rate).ok());
        if let Some(tier) = &self.common.tier {
            rate("remote.log.manager.copy.max.bytes.per.second").into_iter().for_each(|rate| tier.set_copy_rate(rate));
            rate("remote.log.manager.fetch.max.bytes.per.second")
                .into_iter()
                .for_each(|rate| tier.set_fetch_rate(rate));
        }
    }

    /// Tells leaders which of their followers are active.
    fn tell_brokers(&self, image: &ClusterImage) {
        let active = |id| image.broker(id).filter(|broker| broker.is_active()).map(|broker| broker.epoch);
        for partition in self.partitions() {
            partition.brokers_changed(active);
        }
    }
}

/// What topics' configurations mean, worked out once for each.
struct Terms<'a> {
    manager: &'a ReplicaManager,
    image: &'a ClusterImage,
    known: HashMap<TopicId, TopicTerms>,
}

impl Terms<'_> {
    fn of(&mut self, topic: &Topic) -> &TopicTerms {
        let (manager, image) = (self.manager, self.image);
        self.known.entry(topic.id).or_insert_with(|| terms_for(&manager.configs, image, &topic.name))
    }
}
