//! The ends of transactions in the partitions of this broker: what coordinators and tools have written there.

use crate::{ErrorCode, faults};
use async_trait::async_trait;
use esker_coordinator::transaction::{Marker, MarkerFault, MarkerTarget, Outcome};
use esker_env::Env;
use esker_log::{MarkerRule, Origin};
use esker_metadata::ImageWatch;
use esker_model::TopicPartition;
use esker_record::{EndMarker, end_marker_batch};
use esker_replication::{AckTicket, Acks, Append, ReplicaManager};
use std::sync::Arc;
use std::time::Duration;

/// Writes markers to the partitions that this broker leads.
#[derive(Clone, Debug)]
pub struct PartitionMarkers {
    env: Env,
    image: ImageWatch,
    replicas: Arc<ReplicaManager>,
}

impl PartitionMarkers {
    /// Markers for the partitions of `replicas`.
    pub fn new(env: Env, image: ImageWatch, replicas: Arc<ReplicaManager>) -> Self {
        Self { env, image, replicas }
    }

    /// Writes a marker to each of the partitions and waits until all in-sync replicas have it, for no longer than `limit`.
    /// The results come in the order of the partitions.
    pub(crate) async fn write_to(
        &self,
        marker: &Marker,
        partitions: &[TopicPartition],
        limit: Duration,
    ) -> Vec<Result<(), ErrorCode>> {
        let appended: Vec<Result<AckTicket, ErrorCode>> =
            partitions.iter().map(|partition| self.append(marker, partition)).collect();
        let tickets: Vec<AckTicket> = appended.iter().filter_map(|it| it.as_ref().ok().cloned()).collect();
        let mut acknowledged = self.replicas.acknowledged(tickets, limit).await.into_iter();
        let result = |appended: Result<AckTicket, ErrorCode>| {
            appended?;
            let result = acknowledged.next().unwrap_or(Ok(()));
            result.map_err(|fault| faults::ack(&fault))
        };
        appended.into_iter().map(result).collect()
    }

    fn append(&self, marker: &Marker, partition: &TopicPartition) -> Result<AckTicket, ErrorCode> {
        let image = self.image.current();
        let topic = image.topic_named(&partition.topic).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        topic.partition(partition.partition).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        let led = self.replicas.partition(topic.id, partition.partition).map_err(|fault| faults::absent(&fault))?;
        let marker_rule = if marker.version.bumps_epoch() { MarkerRule::Newer } else { MarkerRule::NotOlder };
        let how = Append { origin: Origin::Coordinator, marker_rule, ..Append::client(Acks::All) };
        let end = match marker.outcome {
            Outcome::Commit => EndMarker::Commit,
            Outcome::Abort => EndMarker::Abort,
        };
        let (producer, now) = (marker.producer, self.env.clock.wall_ms());
        let batch = end_marker_batch(producer.id, producer.epoch, end, marker.coordinator_epoch, now);
        let batch = batch.map_err(|_| ErrorCode::InvalidRequest)?;
        let appended = led.append(&batch, &how).map_err(|fault| faults::append(&fault))?;
        Ok(appended.ticket)
    }
}

#[async_trait]
impl MarkerTarget for PartitionMarkers {
    async fn write(
        &self,
        marker: &Marker,
        partitions: &[TopicPartition],
        limit: Duration,
    ) -> Vec<Result<(), MarkerFault>> {
        let results = self.write_to(marker, partitions, limit).await;
        let image = self.image.current();
        let exists = |it: &TopicPartition| {
            image.topic_named(&it.topic).is_some_and(|topic| topic.partition(it.partition).is_some())
        };
        let fault = |(code, partition): (ErrorCode, &TopicPartition)| match code {
            ErrorCode::InvalidProducerEpoch | ErrorCode::TransactionCoordinatorFenced => MarkerFault::Fenced,
            ErrorCode::UnknownTopicOrPartition if !exists(partition) => MarkerFault::Gone,
            _ => MarkerFault::Retry,
        };
        results.into_iter().zip(partitions).map(|(result, at)| result.map_err(|code| fault((code, at)))).collect()
    }
}
