//! DescribeQuorum (key 55): leader, voters and observers of the metadata quorum.
//! Generated from `schema/describe_quorum.schema`.

use super::prelude::*;

/// Request of DescribeQuorum, versions 0-2.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeQuorumRequest {
    pub topics: Vec<TopicData>,
}

impl Decode for DescribeQuorumRequest {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeQuorumRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeQuorumRequest {
    const NAME: &'static str = "DescribeQuorumRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 2 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for DescribeQuorumRequest {
    const KEY: ApiKey = ApiKey::DescribeQuorum;
    type Response = DescribeQuorumResponse;
}

/// Response of DescribeQuorum, versions 0-2.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeQuorumResponse {
    pub error_code: i16,
    /// Versions 2+.
    pub error_message: Option<StrBytes>,
    pub topics: Vec<TopicResult>,
    /// Versions 2+.
    pub nodes: Vec<Node>,
}

impl Default for DescribeQuorumResponse {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: Some(Default::default()),
            topics: Default::default(),
            nodes: Default::default(),
        }
    }
}

impl Decode for DescribeQuorumResponse {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            error_code: from.read()?,
            error_message: if v >= 2 { from.read()? } else { Some(Default::default()) },
            topics: from.read()?,
            nodes: if v >= 2 { from.read()? } else { Default::default() },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeQuorumResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.error_code)?;
        to.put_if(v >= 2, &self.error_message)?;
        to.put(&self.topics)?;
        to.put_or(v >= 2, &self.nodes, Default::default(), "nodes")?;
        to.tag_count(&[])
    }
}

impl Message for DescribeQuorumResponse {
    const NAME: &'static str = "DescribeQuorumResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 2 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for DescribeQuorumResponse {
    const KEY: ApiKey = ApiKey::DescribeQuorum;
}

/// `topics` of [`DescribeQuorumRequest`].
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
}

impl Decode for PartitionData {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { partition_index: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_index)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`DescribeQuorumResponse`].
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
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionResult {
    pub partition_index: i32,
    pub error_code: i16,
    /// Versions 2+.
    pub error_message: Option<StrBytes>,
    pub leader_id: i32,
    pub leader_epoch: i32,
    pub high_watermark: i64,
    pub current_voters: Vec<ReplicaState>,
    pub observers: Vec<ReplicaState>,
}

impl Default for PartitionResult {
    fn default() -> Self {
        Self {
            partition_index: 0,
            error_code: 0,
            error_message: Some(Default::default()),
            leader_id: 0,
            leader_epoch: 0,
            high_watermark: 0,
            current_voters: Default::default(),
            observers: Default::default(),
        }
    }
}

impl Decode for PartitionResult {
    const MIN_SIZE: usize = 25;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            partition_index: from.read()?,
            error_code: from.read()?,
            error_message: if v >= 2 { from.read()? } else { Some(Default::default()) },
            leader_id: from.read()?,
            leader_epoch: from.read()?,
            high_watermark: from.read()?,
            current_voters: from.read()?,
            observers: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.partition_index)?;
        to.put(&self.error_code)?;
        to.put_if(v >= 2, &self.error_message)?;
        to.put(&self.leader_id)?;
        to.put(&self.leader_epoch)?;
        to.put(&self.high_watermark)?;
        to.put(&self.current_voters)?;
        to.put(&self.observers)?;
        to.tag_count(&[])
    }
}

/// `nodes` of [`DescribeQuorumResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Node {
    pub node_id: i32,
    pub listeners: Vec<Listener>,
}

impl Decode for Node {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { node_id: from.read()?, listeners: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for Node {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.node_id)?;
        to.put(&self.listeners)?;
        to.tag_count(&[])
    }
}

/// `listeners` of [`Node`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Listener {
    pub name: StrBytes,
    pub host: StrBytes,
    pub port: u16,
}

impl Decode for Listener {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, host: from.read()?, port: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for Listener {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.host)?;
        to.put(&self.port)?;
        to.tag_count(&[])
    }
}

/// `current_voters` of [`PartitionResult`].
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaState {
    pub replica_id: i32,
    /// Versions 2+.
    pub replica_directory_id: Uuid,
    pub log_end_offset: i64,
    /// Versions 1+.
    pub last_fetch_timestamp: i64,
    /// Versions 1+.
    pub last_caught_up_timestamp: i64,
}

impl Default for ReplicaState {
    fn default() -> Self {
        Self {
            replica_id: 0,
            replica_directory_id: Default::default(),
            log_end_offset: 0,
            last_fetch_timestamp: -1,
            last_caught_up_timestamp: -1,
        }
    }
}

impl Decode for ReplicaState {
    const MIN_SIZE: usize = 13;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            replica_id: from.read()?,
            replica_directory_id: if v >= 2 { from.read()? } else { Default::default() },
            log_end_offset: from.read()?,
            last_fetch_timestamp: if v >= 1 { from.read()? } else { -1 },
            last_caught_up_timestamp: if v >= 1 { from.read()? } else { -1 },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ReplicaState {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.replica_id)?;
        to.put_or(v >= 2, &self.replica_directory_id, Default::default(), "replica_directory_id")?;
        to.put(&self.log_end_offset)?;
        to.put_if(v >= 1, &self.last_fetch_timestamp)?;
        to.put_if(v >= 1, &self.last_caught_up_timestamp)?;
        to.tag_count(&[])
    }
}
