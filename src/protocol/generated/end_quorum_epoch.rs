//! EndQuorumEpoch (key 54): announces that a leader of the metadata quorum steps down.
//! Generated from `schema/end_quorum_epoch.schema`.

use super::prelude::*;

/// Request of EndQuorumEpoch, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct EndQuorumEpochRequest {
    pub cluster_id: Option<StrBytes>,
    pub topics: Vec<TopicData>,
    /// Versions 1+.
    pub leader_endpoints: Vec<LeaderEndpoint>,
}

impl Decode for EndQuorumEpochRequest {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            cluster_id: from.read()?,
            topics: from.read()?,
            leader_endpoints: if v >= 1 { from.read()? } else { Default::default() },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for EndQuorumEpochRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.cluster_id)?;
        to.put(&self.topics)?;
        to.put_if(v >= 1, &self.leader_endpoints)?;
        to.tag_count(&[])
    }
}

impl Message for EndQuorumEpochRequest {
    const NAME: &'static str = "EndQuorumEpochRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl Request for EndQuorumEpochRequest {
    const KEY: ApiKey = ApiKey::EndQuorumEpoch;
    type Response = EndQuorumEpochResponse;
}

/// Response of EndQuorumEpoch, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct EndQuorumEpochResponse {
    pub error_code: i16,
    pub topics: Vec<TopicResult>,
    /// Versions 1+; tag 0.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Decode for EndQuorumEpochResponse {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let mut it = Self { error_code: from.read()?, topics: from.read()?, node_endpoints: Default::default() };
        from.tags(&[0], |from, tag| {
            match tag {
                0 if v >= 1 => it.node_endpoints = from.read()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl Encode for EndQuorumEpochResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.error_code)?;
        to.put(&self.topics)?;
        let set_0 = to.is_tag_set(v >= 1, self.node_endpoints.is_empty(), false, "node_endpoints")?;
        to.tag_count(&[set_0])?;
        to.tag(set_0, 0, &self.node_endpoints)
    }
}

impl Message for EndQuorumEpochResponse {
    const NAME: &'static str = "EndQuorumEpochResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl Response for EndQuorumEpochResponse {
    const KEY: ApiKey = ApiKey::EndQuorumEpoch;
}

/// `topics` of [`EndQuorumEpochRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicData {
    pub topic_name: StrBytes,
    pub partitions: Vec<PartitionData>,
}

impl Decode for TopicData {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_name: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TopicData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_name)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`TopicData`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionData {
    pub partition_index: i32,
    pub leader_id: i32,
    pub leader_epoch: i32,
    /// Versions 0.
    pub preferred_successors: Vec<i32>,
    /// Versions 1+.
    pub preferred_candidates: Vec<ReplicaInfo>,
}

impl Decode for PartitionData {
    const MIN_SIZE: usize = 12;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            partition_index: from.read()?,
            leader_id: from.read()?,
            leader_epoch: from.read()?,
            preferred_successors: if v <= 0 { from.read()? } else { Default::default() },
            preferred_candidates: if v >= 1 { from.read()? } else { Default::default() },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.partition_index)?;
        to.put(&self.leader_id)?;
        to.put(&self.leader_epoch)?;
        to.put_if(v <= 0, &self.preferred_successors)?;
        to.put_if(v >= 1, &self.preferred_candidates)?;
        to.tag_count(&[])
    }
}

/// `preferred_candidates` of [`PartitionData`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ReplicaInfo {
    pub candidate_id: i32,
    pub candidate_directory_id: Uuid,
}

impl Decode for ReplicaInfo {
    const MIN_SIZE: usize = 20;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { candidate_id: from.read()?, candidate_directory_id: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ReplicaInfo {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.candidate_id)?;
        to.put(&self.candidate_directory_id)?;
        to.tag_count(&[])
    }
}

/// `leader_endpoints` of [`EndQuorumEpochRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct LeaderEndpoint {
    pub name: StrBytes,
    pub host: StrBytes,
    pub port: u16,
}

impl Decode for LeaderEndpoint {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, host: from.read()?, port: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for LeaderEndpoint {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.host)?;
        to.put(&self.port)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`EndQuorumEpochResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicResult {
    pub topic_name: StrBytes,
    pub partitions: Vec<PartitionResult>,
}

impl Decode for TopicResult {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_name: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TopicResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_name)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`TopicResult`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionResult {
    pub partition_index: i32,
    pub error_code: i16,
    pub leader_id: i32,
    pub leader_epoch: i32,
}

impl Decode for PartitionResult {
    const MIN_SIZE: usize = 14;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: from.read()?,
            error_code: from.read()?,
            leader_id: from.read()?,
            leader_epoch: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_index)?;
        to.put(&self.error_code)?;
        to.put(&self.leader_id)?;
        to.put(&self.leader_epoch)?;
        to.tag_count(&[])
    }
}

/// `node_endpoints` of [`EndQuorumEpochResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct NodeEndpoint {
    pub node_id: i32,
    pub host: StrBytes,
    pub port: u16,
}

impl Decode for NodeEndpoint {
    const MIN_SIZE: usize = 7;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { node_id: from.read()?, host: from.read()?, port: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for NodeEndpoint {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.node_id)?;
        to.put(&self.host)?;
        to.put(&self.port)?;
        to.tag_count(&[])
    }
}
