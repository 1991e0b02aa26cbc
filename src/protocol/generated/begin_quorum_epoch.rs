//! BeginQuorumEpoch (key 53): announces a new leader of the metadata quorum.
//! Generated from `schema/begin_quorum_epoch.schema`.

use super::prelude::*;

/// Request of BeginQuorumEpoch, versions 0-1.
#[derive(Clone, Debug, PartialEq)]
pub struct BeginQuorumEpochRequest {
    pub cluster_id: Option<StrBytes>,
    /// Versions 1+.
    pub voter_id: i32,
    pub topics: Vec<TopicData>,
    /// Versions 1+.
    pub leader_endpoints: Vec<LeaderEndpoint>,
}

impl Default for BeginQuorumEpochRequest {
    fn default() -> Self {
        Self { cluster_id: None, voter_id: -1, topics: Default::default(), leader_endpoints: Default::default() }
    }
}

impl Decode for BeginQuorumEpochRequest {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            cluster_id: from.read()?,
            voter_id: if v >= 1 { from.read()? } else { -1 },
            topics: from.read()?,
            leader_endpoints: if v >= 1 { from.read()? } else { Default::default() },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for BeginQuorumEpochRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.cluster_id)?;
        to.put_if(v >= 1, &self.voter_id)?;
        to.put(&self.topics)?;
        to.put_if(v >= 1, &self.leader_endpoints)?;
        to.tag_count(&[])
    }
}

impl Message for BeginQuorumEpochRequest {
    const NAME: &'static str = "BeginQuorumEpochRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl Request for BeginQuorumEpochRequest {
    const KEY: ApiKey = ApiKey::BeginQuorumEpoch;
    type Response = BeginQuorumEpochResponse;
}

/// Response of BeginQuorumEpoch, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct BeginQuorumEpochResponse {
    pub error_code: i16,
    pub topics: Vec<TopicResult>,
    /// Versions 1+; tag 0.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Decode for BeginQuorumEpochResponse {
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

impl Encode for BeginQuorumEpochResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.error_code)?;
        to.put(&self.topics)?;
        let set_0 = to.is_tag_set(v >= 1, self.node_endpoints.is_empty(), false, "node_endpoints")?;
        to.tag_count(&[set_0])?;
        to.tag(set_0, 0, &self.node_endpoints)
    }
}

impl Message for BeginQuorumEpochResponse {
    const NAME: &'static str = "BeginQuorumEpochResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl Response for BeginQuorumEpochResponse {
    const KEY: ApiKey = ApiKey::BeginQuorumEpoch;
}

/// `topics` of [`BeginQuorumEpochRequest`].
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
    /// Versions 1+.
    pub voter_directory_id: Uuid,
    pub leader_id: i32,
    pub leader_epoch: i32,
}

impl Decode for PartitionData {
    const MIN_SIZE: usize = 12;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            partition_index: from.read()?,
            voter_directory_id: if v >= 1 { from.read()? } else { Default::default() },
            leader_id: from.read()?,
            leader_epoch: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.partition_index)?;
        to.put_if(v >= 1, &self.voter_directory_id)?;
        to.put(&self.leader_id)?;
        to.put(&self.leader_epoch)?;
        to.tag_count(&[])
    }
}

/// `leader_endpoints` of [`BeginQuorumEpochRequest`].
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

/// `topics` of [`BeginQuorumEpochResponse`].
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

/// `node_endpoints` of [`BeginQuorumEpochResponse`].
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
