//! The ends of transactions in the partitions of this broker: what coordinators and tools have written there.

use crate::{ErrorCode, faults};
use async_trait::async_trait;
use esker_coordinator::group::{GroupCoordinator, OFFSETS_TOPIC, TransactionEnd};
use esker_coordinator::transaction::{Marker, MarkerFault, MarkerTarget, Outcome};
use esker_env::Env;
use esker_log::{MarkerRule, Origin};
use esker_metadata::ImageWatch;
use esker_model::TopicPartition;
use esker_record::{EndMarker, end_marker_batch};
use esker_replication::{AckTicket, Acks, Append, ReplicaManager};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// Writes markers to the partitions that this broker leads.
#[derive(Clone, Debug)]
pub struct PartitionMarkers {
    env: Env,
    image: ImageWatch,
    replicas: Arc<ReplicaManager>,
    groups: Arc<GroupCoordinator>,
}

/// A marker on its way into a partition.
enum Begun {
    /// It was appended, or refused.
    Appended(Result<AckTicket, ErrorCode>),
    /// It is the business of the coordinator of groups, whose offsets come to count with it, or do not.
    Offsets(BoxFuture<'static, Result<(), ErrorCode>>),
}

impl PartitionMarkers {
    /// Markers for the partitions of `replicas`, of which `groups` keeps those with offsets.
    pub fn new(env: Env, image: ImageWatch, replicas: Arc<ReplicaManager>, groups: Arc<GroupCoordinator>) -> Self {
        Self { env, image, replicas, groups }
    }

    /// Writes a marker to each of the partitions and waits until all in-sync replicas have it, for no longer than `limit`.
    /// The results come in the order of the partitions.
    pub(crate) async fn write_to(
        &self,
        marker: &Marker,
        partitions: &[TopicPartition],
        limit: Duration,
    ) -> Vec<Result<(), ErrorCode>> {
        let begun: Vec<Begun> = partitions.iter().map(|partition| self.begin(marker, partition)).collect();
        let ticket = |it: &Begun| match it {
            Begun::Appended(Ok(ticket)) => Some(ticket.clone()),
            Begun::Appended(Err(_)) | Begun::Offsets(_) => None,
        };
        let tickets: Vec<AckTicket> = begun.iter().filter_map(ticket).collect();
        let mut acknowledged = self.replicas.acknowledged(tickets, limit).await.into_iter();
        let mut results = Vec::with_capacity(begun.len());
        for begun in begun {
            results.push(match begun {
                Begun::Appended(Err(code)) => Err(code),
                Begun::Appended(Ok(_)) => acknowledged.next().unwrap_or(Ok(())).map_err(|fault| faults::ack(&fault)),
                Begun::Offsets(offsets) => {
                    esker_env::timeout(limit, offsets).await.unwrap_or(Err(ErrorCode::RequestTimedOut))
                }
            });
        }
        results
    }

    fn begin(&self, marker: &Marker, partition: &TopicPartition) -> Begun {
        if &*partition.topic != OFFSETS_TOPIC || self.image.current().topic_named(OFFSETS_TOPIC).is_none() {
            return Begun::Appended(self.append(marker, partition));
        }
        let end = TransactionEnd {
            producer: marker.producer.id,
            epoch: marker.producer.epoch,
            coordinator_epoch: marker.coordinator_epoch,
            commit: marker.outcome == Outcome::Commit,
        };
        let completed = self.groups.complete_transaction(partition.partition, end);
        let offsets = async move {
            completed.wait().await.map_err(|error| match ErrorCode::from(error.fault) {
                // Whoever writes markers looks for leaders, not for coordinators.
                ErrorCode::NotCoordinator
                | ErrorCode::CoordinatorNotAvailable
                | ErrorCode::CoordinatorLoadInProgress => ErrorCode::NotLeaderOrFollower,
                code => code,
            })
        };
        Begun::Offsets(offsets.boxed())
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
