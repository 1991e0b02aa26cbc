//! Vote (key 52): asks for a vote in the metadata quorum.
//! Generated from `schema/vote.schema`.

use super::prelude::*;

/// Request of Vote, versions 0-2.
#[derive(Clone, Debug, PartialEq)]
pub struct VoteRequest {
    pub cluster_id: Option<StrBytes>,
    /// Versions 1+.
    pub voter_id: i32,
    pub topics: Vec<TopicData>,
}

impl Default for VoteRequest {
    fn default() -> Self {
        Self { cluster_id: None, voter_id: -1, topics: Default::default() }
    }
}

impl Decode for VoteRequest {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it =
            Self { cluster_id: from.read()?, voter_id: if v >= 1 { from.read()? } else { -1 }, topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for VoteRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.cluster_id)?;
        to.put_if(v >= 1, &self.voter_id)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for VoteRequest {
    const NAME: &'static str = "VoteRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 2 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for VoteRequest {
    const KEY: ApiKey = ApiKey::Vote;
    type Response = VoteResponse;
}

/// Response of Vote, versions 0-2.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct VoteResponse {
    pub error_code: i16,
    pub topics: Vec<TopicResult>,
    /// Versions 1+; tag 0.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Decode for VoteResponse {
    const MIN_SIZE: usize = 4;
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

impl Encode for VoteResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.error_code)?;
        to.put(&self.topics)?;
        let set_0 = to.is_tag_set(v >= 1, self.node_endpoints.is_empty(), false, "node_endpoints")?;
        to.tag_count(&[set_0])?;
        to.tag(set_0, 0, &self.node_endpoints)
    }
}

impl Message for VoteResponse {
    const NAME: &'static str = "VoteResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 2 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for VoteResponse {
    const KEY: ApiKey = ApiKey::Vote;
}

/// `topics` of [`VoteRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicData {
    pub topic_name: StrBytes,
    pub partitions: Vec<PartitionData>,
}

impl Decode for TopicData {
    const MIN_SIZE: usize = 3;
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
    pub replica_epoch: i32,
    pub replica_id: i32,
    /// Versions 1+.
    pub replica_directory_id: Uuid,
    /// Versions 1+.
    pub voter_directory_id: Uuid,
    pub last_offset_epoch: i32,
    pub last_offset: i64,
    /// Versions 2+.
    pub pre_vote: bool,
}

impl Decode for PartitionData {
    const MIN_SIZE: usize = 25;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            partition_index: from.read()?,
            replica_epoch: from.read()?,
            replica_id: from.read()?,
            replica_directory_id: if v >= 1 { from.read()? } else { Default::default() },
            voter_directory_id: if v >= 1 { from.read()? } else { Default::default() },
            last_offset_epoch: from.read()?,
            last_offset: from.read()?,
            pre_vote: if v >= 2 { from.read()? } else { false },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.partition_index)?;
        to.put(&self.replica_epoch)?;
        to.put(&self.replica_id)?;
        to.put_if(v >= 1, &self.replica_directory_id)?;
        to.put_if(v >= 1, &self.voter_directory_id)?;
        to.put(&self.last_offset_epoch)?;
        to.put(&self.last_offset)?;
        to.put_or(v >= 2, &self.pre_vote, false, "pre_vote")?;
        to.tag_count(&[])
    }
}

/// `topics` of [`VoteResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicResult {
    pub topic_name: StrBytes,
    pub partitions: Vec<PartitionResult>,
}

impl Decode for TopicResult {
    const MIN_SIZE: usize = 3;
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
    pub vote_granted: bool,
}

impl Decode for PartitionResult {
    const MIN_SIZE: usize = 16;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: from.read()?,
            error_code: from.read()?,
            leader_id: from.read()?,
            leader_epoch: from.read()?,
            vote_granted: from.read()?,
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
        to.put(&self.vote_granted)?;
        to.tag_count(&[])
    }
}

/// `node_endpoints` of [`VoteResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct NodeEndpoint {
    pub node_id: i32,
    pub host: StrBytes,
    pub port: u16,
}

impl Decode for NodeEndpoint {
    const MIN_SIZE: usize = 8;
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
