//! From a request's topics to appends.

use super::admission::{Admitted, Refusal};
use super::rows::Rows;
use crate::access::Access;
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_config::ProduceInspection;
use esker_metadata::{AclOperation, ClusterImage, Topic};
use esker_model::{TopicId, is_internal_topic};
use esker_protocol::messages::produce::{PartitionProduceData, TopicProduceData};
use esker_record::Depth;
use esker_replication::{Acks, Append};

/// First version in which topics go by their ids.
const TOPIC_IDS_SINCE: i16 = 13;
/// First version that may use Zstandard.
const ZSTD_SINCE: i16 = 7;
/// The client id of Kafka's tools, which alone may write to the broker's own topics.
const ADMIN_CLIENT_ID: &str = "__admin_client";

/// One request on its way into logs.
pub(super) struct Producing<'a> {
    api: &'a Api,
    image: &'a ClusterImage,
    access: &'a Access,
    by_id: bool,
    internal_allowed: bool,
    /// How batches are appended; or why none is.
    how: Result<Append, ErrorCode>,
    /// Why nothing of the request is looked at.
    refused: Option<ErrorCode>,
    /// What is known of its transactions.
    admitted: &'a Admitted,
}

impl<'a> Producing<'a> {
    /// A request with these acks; `None` for a number that means nothing.
    pub fn new(
        api: &'a Api,
        cx: &RequestContext,
        image: &'a ClusterImage,
        access: &'a Access,
        acks: Option<Acks>,
        refused: Option<ErrorCode>,
        admitted: &'a Admitted,
    ) -> Self {
        let depth = match api.services.config.produce_inspection {
            ProduceInspection::Full => Depth::Records,
            ProduceInspection::Header => Depth::Header,
        };
        let version = cx.version();
        let how = acks.map(|acks| Append {
            depth,
            zstd_allowed: version >= ZSTD_SINCE,
            transactions: true,
            ..Append::client(acks)
        });
        Self {
            api,
            image,
            access,
            by_id: version >= TOPIC_IDS_SINCE,
            internal_allowed: cx.head.client_id.as_deref() == Some(ADMIN_CLIENT_ID),
            how: how.ok_or(ErrorCode::InvalidRequiredAcks),
            refused,
            admitted,
        }
    }

    /// Appends what a request holds for one topic.
    pub fn topic(&self, data: TopicProduceData, rows: &mut Rows) {
        if data.partition_data.is_empty() {
            return;
        }
        let topic = if self.by_id {
            let topic = self.image.topic(TopicId(data.topic_id)).ok_or(ErrorCode::UnknownTopicId);
            topic.and_then(|topic| self.may_write(&topic.name).map(|()| topic))
        } else {
            let topic = self.image.topic_named(&data.name).ok_or(ErrorCode::UnknownTopicOrPartition);
            self.may_write(&data.name).and(topic)
        };
        let topic = topic.map(|topic| &**topic);
        let id = topic.map_or(TopicId(data.topic_id), |topic| topic.id);
        rows.topic(
            data.name,
            if self.by_id { TopicId(data.topic_id) } else { TopicId::ZERO },
            id,
            data.partition_data.len(),
        );
        for partition in data.partition_data {
            match topic.and_then(|topic| self.may_append(topic, &partition)) {
                Ok((topic, how)) => self.append(topic, partition, how, rows),
                Err(code) => rows.failed(partition.index, code),
            }
        }
    }

    fn may_write(&self, topic: &str) -> Result<(), ErrorCode> {
        let allowed = self.access.topic(AclOperation::Write, topic);
        if allowed { Ok(()) } else { Err(ErrorCode::TopicAuthorizationFailed) }
    }

    fn may_append<'t>(
        &self,
        topic: &'t Topic,
        partition: &PartitionProduceData,
    ) -> Result<(&'t Topic, &Append), ErrorCode> {
        if let Some(code) = self.refused {
            return Err(code);
        }
        topic.partition(partition.index).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        let how = self.how.as_ref().map_err(|code| *code)?;
        if is_internal_topic(&topic.name) && !self.internal_allowed {
            return Err(ErrorCode::InvalidTopicException);
        }
        Ok((topic, how))
    }

    fn append(&self, topic: &Topic, data: PartitionProduceData, how: &Append, rows: &mut Rows) {
        let partition = match self.api.services.replicas.partition(topic.id, data.index) {
            Ok(partition) => partition,
            Err(fault) => return rows.failed(data.index, crate::faults::absent(&fault)),
        };
        let verification = match self.admitted.verification(topic.id, data.index) {
            Ok(verification) => verification,
            Err(Refusal { code, text }) => return rows.failed_with(data.index, code, text),
        };
        let how = Append { verification, ..*how };
        match partition.append(data.records.as_deref().unwrap_or_default(), &how) {
            Ok(appended) => rows.appended(data.index, appended),
            Err(fault) => rows.refused(data.index, topic, partition.log().log_start(), &fault),
        }
    }
}
