//! ShareAcknowledge (key 79): acknowledges records of a share group (KIP-932).
//! Generated from `schema/share_acknowledge.schema`.

use super::prelude::*;

/// Request of ShareAcknowledge, versions 1-2.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareAcknowledgeRequest {
    pub group_id: Option<StrBytes>,
    pub member_id: Option<StrBytes>,
    pub share_session_epoch: i32,
    /// Versions 2+.
    pub is_renew_ack: bool,
    pub topics: Vec<AcknowledgeTopic>,
}

impl Default for ShareAcknowledgeRequest {
    fn default() -> Self {
        Self {
            group_id: None,
            member_id: Some(Default::default()),
            share_session_epoch: 0,
            is_renew_ack: false,
            topics: Default::default(),
        }
    }
}

impl Decode for ShareAcknowledgeRequest {
    const MIN_SIZE: usize = 8;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            group_id: from.read()?,
            member_id: from.read()?,
            share_session_epoch: from.read()?,
            is_renew_ack: if v >= 2 { from.read()? } else { false },
            topics: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ShareAcknowledgeRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.group_id)?;
        to.put(&self.member_id)?;
        to.put(&self.share_session_epoch)?;
        to.put_or(v >= 2, &self.is_renew_ack, false, "is_renew_ack")?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for ShareAcknowledgeRequest {
    const NAME: &'static str = "ShareAcknowledgeRequest";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 2 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl Request for ShareAcknowledgeRequest {
    const KEY: ApiKey = ApiKey::ShareAcknowledge;
    type Response = ShareAcknowledgeResponse;
}

/// Response of ShareAcknowledge, versions 1-2.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareAcknowledgeResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    /// Versions 2+.
    pub acquisition_lock_timeout_ms: i32,
    pub responses: Vec<ShareAcknowledgeTopicResponse>,
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Decode for ShareAcknowledgeResponse {
    const MIN_SIZE: usize = 10;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            throttle_time_ms: from.read()?,
            error_code: from.read()?,
            error_message: from.read()?,
            acquisition_lock_timeout_ms: if v >= 2 { from.read()? } else { 0 },
            responses: from.read()?,
            node_endpoints: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ShareAcknowledgeResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put_if(v >= 2, &self.acquisition_lock_timeout_ms)?;
        to.put(&self.responses)?;
        to.put(&self.node_endpoints)?;
        to.tag_count(&[])
    }
}

impl Message for ShareAcknowledgeResponse {
    const NAME: &'static str = "ShareAcknowledgeResponse";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 2 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl Response for ShareAcknowledgeResponse {
    const KEY: ApiKey = ApiKey::ShareAcknowledge;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topics` of [`ShareAcknowledgeRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AcknowledgeTopic {
    pub topic_id: Uuid,
    pub partitions: Vec<AcknowledgePartition>,
}

impl Decode for AcknowledgeTopic {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AcknowledgeTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`AcknowledgeTopic`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AcknowledgePartition {
    pub partition_index: i32,
    pub acknowledgement_batches: Vec<AcknowledgementBatch>,
}

impl Decode for AcknowledgePartition {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { partition_index: from.read()?, acknowledgement_batches: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AcknowledgePartition {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_index)?;
        to.put(&self.acknowledgement_batches)?;
        to.tag_count(&[])
    }
}

/// `acknowledgement_batches` of [`AcknowledgePartition`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AcknowledgementBatch {
    pub first_offset: i64,
    pub last_offset: i64,
    pub acknowledge_types: Vec<i8>,
}

impl Decode for AcknowledgementBatch {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { first_offset: from.read()?, last_offset: from.read()?, acknowledge_types: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AcknowledgementBatch {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.first_offset)?;
        to.put(&self.last_offset)?;
        to.put(&self.acknowledge_types)?;
        to.tag_count(&[])
    }
}

/// `responses` of [`ShareAcknowledgeResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareAcknowledgeTopicResponse {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

impl Decode for ShareAcknowledgeTopicResponse {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ShareAcknowledgeTopicResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`ShareAcknowledgeTopicResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionData {
    pub partition_index: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub current_leader: LeaderIdAndEpoch,
}

impl Decode for PartitionData {
    const MIN_SIZE: usize = 17;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: from.read()?,
            error_code: from.read()?,
            error_message: from.read()?,
            current_leader: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_index)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.current_leader)?;
        to.tag_count(&[])
    }
}

/// `current_leader` of [`PartitionData`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct LeaderIdAndEpoch {
    pub leader_id: i32,
    pub leader_epoch: i32,
}

impl Decode for LeaderIdAndEpoch {
    const MIN_SIZE: usize = 9;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { leader_id: from.read()?, leader_epoch: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for LeaderIdAndEpoch {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.leader_id)?;
        to.put(&self.leader_epoch)?;
        to.tag_count(&[])
    }
}

/// `node_endpoints` of [`ShareAcknowledgeResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct NodeEndpoint {
    pub node_id: i32,
    pub host: StrBytes,
    pub port: i32,
    pub rack: Option<StrBytes>,
}

impl Decode for NodeEndpoint {
    const MIN_SIZE: usize = 11;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { node_id: from.read()?, host: from.read()?, port: from.read()?, rack: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for NodeEndpoint {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.node_id)?;
        to.put(&self.host)?;
        to.put(&self.port)?;
        to.put(&self.rack)?;
        to.tag_count(&[])
    }
}
