//! Single partitions: opened or created, assigned, given up.

use super::{Hosted, ReplicaManager};
use crate::partition::{Origins, Partition, Service, TopicTerms};
use crate::state::Assignment;
use esker_log::{CreateError, PartitionLog};
use esker_metadata::{LeaderRecovery, Topic};
use esker_model::{TopicId, TopicIdPartition, TopicPartition};
use imbl::HashMap;
use std::sync::Arc;

impl ReplicaManager {
    /// Sees that a partition is here as the image says, or is not here. `opened` is what came of opening it, where it was missing.
    pub(super) fn host(
        &self,
        hosted: &mut HashMap<(TopicId, i32), Hosted>,
        topic: &Topic,
        number: i32,
        opened: Option<Result<Arc<Partition>, String>>,
    ) {
        let Some(wanted) = topic.partition(number) else { return };
        if !wanted.replicas.contains(&self.node_id) {
            return self.release(hosted, topic.id, &topic.name, number..number + 1);
        }
        let key = (topic.id, number);
        let partition = match (hosted.get(&key), opened) {
            (Some(Hosted::Online(known)), _) => Ok(Arc::clone(known)),
            (_, Some(opened)) => opened,
            (_, None) => return,
        };
        let assignment = Assignment {
            replicas: wanted.replicas.clone(),
            isr: wanted.isr.clone(),
            leader: wanted.leader,
            leader_epoch: wanted.leader_epoch,
            partition_epoch: wanted.partition_epoch,
        };
        let is_unclean = wanted.recovery == LeaderRecovery::Recovering;
        let result = match partition {
            Ok(partition) => {
                if let Err(error) = partition.assign(assignment, is_unclean) {
                    tracing::error!(partition = %partition.id(), %error, "a decision cannot be carried out");
                }
                Hosted::Online(partition)
            }
            Err(error) => {
                tracing::error!(topic = %topic.name, partition = number, error, "partition is offline");
                Hosted::Offline(error.into())
            }
        };
        hosted.insert(key, result);
    }

    /// Opens or creates a partition's log. `is_young` says that the partition came to be while this broker was following the images: one that is
    /// older and has no log here has lost it.
    pub(super) fn open(
        &self,
        topic: &Topic,
        number: i32,
        terms: &TopicTerms,
        is_young: bool,
    ) -> Result<Arc<Partition>, String> {
        let id = TopicIdPartition::new(topic.id, Arc::clone(&topic.name), number);
        let was_there = !matches!(self.logs.get(&id.topic_partition), Err(esker_log::NoLog::Unknown));
        let created = match self.logs.get_or_create(&id, Arc::clone(&terms.log)) {
            Err(CreateError::OtherTopic(other)) => {
                tracing::warn!(partition = %id, other, "a log of an earlier topic of that name is set aside");
                let set_aside = self.logs.set_aside(std::slice::from_ref(&id.topic_partition));
                set_aside.map_err(CreateError::from).and_then(|()| self.logs.get_or_create(&id, Arc::clone(&terms.log)))
            }
            created => created,
        };
        let log: Arc<PartitionLog> = created.map_err(|error| error.to_string())?;
        let clean_dir = self.clean_dirs.iter().any(|dir| **dir == *log.dir().path());
        let is_new = !was_there && is_young && topic.partition(number).is_some_and(|one| one.leader_epoch == 0);
        let origins = Origins { is_new, closed_cleanly: was_there && clean_dir };
        let partition = Partition::new(id, log, origins, Arc::clone(&self.common));
        partition.configure(terms);
        Ok(partition)
    }

    /// Gives partitions up that are not to be here any more: nothing is served, their logs go.
    pub(super) fn release(
        &self,
        hosted: &mut HashMap<(TopicId, i32), Hosted>,
        topic_id: TopicId,
        name: &Arc<str>,
        numbers: std::ops::Range<i32>,
    ) {
        let (mut gone, mut delay_ms): (Vec<TopicPartition>, i64) = (Vec::new(), 0);
        for number in numbers {
            let partition = TopicPartition::new(Arc::clone(name), number);
            match hosted.remove(&(topic_id, number)) {
                Some(Hosted::Online(known)) => {
                    known.leave(Service::Gone);
                    delay_ms = known.log().config().file_delete_delay_ms;
                    gone.push(partition);
                }
                Some(Hosted::Offline(_)) => gone.push(partition),
                None => continue,
            }
            if let Some(tier) = &self.common.tier
                && let Err(error) = tier.forget_partition(topic_id, number)
            {
                tracing::warn!(%topic_id, number, %error, "the tier checkpoint of a partition stays");
            }
        }
        self.delete_logs(&gone, delay_ms);
    }

    pub(super) fn delete_logs(&self, partitions: &[TopicPartition], delay_ms: i64) {
        if let Err(error) = self.logs.delete(partitions, delay_ms) {
            tracing::error!(?partitions, %error, "deleted partitions stay on disk");
        }
    }
}
