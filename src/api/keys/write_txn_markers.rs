//! WriteTxnMarkers (27): a coordinator, or an operator, ends transactions in the partitions that this broker leads.
//!
//! Versions 1-2.
//! - 2: by the rules of which transaction version the marker's epoch is judged (KIP-1228)

use crate::access::CLUSTER_NAME;
use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_coordinator::transaction::{Marker, Outcome, Producer, TransactionVersion};
use esker_metadata::{AclOperation, AclResourceType};
use esker_model::TopicPartition;
use esker_protocol::messages::write_txn_markers::{
    WritableTxnMarker, WritableTxnMarkerPartitionResult, WritableTxnMarkerResult, WritableTxnMarkerTopicResult,
};
use esker_protocol::messages::{WriteTxnMarkersRequest, WriteTxnMarkersResponse};
use futures::future::join_all;
use std::sync::Arc;

impl Respond for WriteTxnMarkersResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        let topics = self.markers.iter().flat_map(|marker| &marker.topics);
        topics.flat_map(|topic| &topic.partitions).map(|partition| partition.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: WriteTxnMarkersRequest,
) -> Answer<WriteTxnMarkersResponse> {
    let access = api.access(cx);
    // An operator may alter the cluster, a coordinator acts for it.
    let may_alter = access.sees(AclOperation::Alter, AclResourceType::Cluster, CLUSTER_NAME);
    if !may_alter && !access.cluster(AclOperation::ClusterAction) {
        let markers = request.markers.into_iter().map(denied);
        return Answer::Now(WriteTxnMarkersResponse { markers: markers.collect() });
    }
    let api = api.clone();
    Answer::settle(async move {
        let mut markers = join_all(request.markers.into_iter().map(|marker| write(&api, marker))).await;
        for marker in &mut markers {
            marker.topics.retain(|topic| !topic.partitions.is_empty());
        }
        markers.retain(|marker| !marker.topics.is_empty());
        WriteTxnMarkersResponse { markers }
    })
}

fn denied(asked: WritableTxnMarker) -> WritableTxnMarkerResult {
    let row = |partition_index: i32| WritableTxnMarkerPartitionResult {
        partition_index,
        error_code: ErrorCode::ClusterAuthorizationFailed.number(),
    };
    let topics = asked.topics.into_iter().map(|topic| WritableTxnMarkerTopicResult {
        name: topic.name,
        partitions: topic.partition_indexes.into_iter().map(row).collect(),
    });
    WritableTxnMarkerResult { producer_id: asked.producer_id, topics: topics.collect() }
}

async fn write(api: &Api, asked: WritableTxnMarker) -> WritableTxnMarkerResult {
    let marker = Marker {
        producer: Producer { id: asked.producer_id, epoch: asked.producer_epoch },
        outcome: if asked.transaction_result { Outcome::Commit } else { Outcome::Abort },
        coordinator_epoch: asked.coordinator_epoch,
        version: TransactionVersion::from_level(i16::from(asked.transaction_version)),
    };
    let named: Vec<TopicPartition> = asked
        .topics
        .iter()
        .flat_map(|topic| {
            let name: Arc<str> = topic.name.as_str().into();
            topic.partition_indexes.iter().map(move |index| TopicPartition::new(Arc::clone(&name), *index))
        })
        .collect();
    let limit = api.services.config.network.request_timeout;
    let mut results = api.services.markers.write_to(&marker, &named, limit).await.into_iter();
    let mut row = |partition_index: i32| {
        let code = results.next().and_then(Result::err).unwrap_or(ErrorCode::None);
        WritableTxnMarkerPartitionResult { partition_index, error_code: code.number() }
    };
    let topics = asked.topics.into_iter().map(|topic| WritableTxnMarkerTopicResult {
        name: topic.name.detach(),
        partitions: topic.partition_indexes.into_iter().map(&mut row).collect(),
    });
    WritableTxnMarkerResult { producer_id: asked.producer_id, topics: topics.collect() }
}
