//! DescribeTopicPartitions (key 75): topics and their partitions, page by page.
//! Generated from `schema/describe_topic_partitions.schema`.

use super::prelude::*;

/// Request of DescribeTopicPartitions, versions 0-0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeTopicPartitionsRequest {
    pub topics: Vec<TopicRequest>,
    pub response_partition_limit: i32,
    pub cursor: Option<Cursor>,
}

impl Default for DescribeTopicPartitionsRequest {
    fn default() -> Self {
        Self { topics: Default::default(), response_partition_limit: 2000, cursor: None }
    }
}

impl Decode for DescribeTopicPartitionsRequest {
    const MIN_SIZE: usize = 7;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topics: from.read()?, response_partition_limit: from.read()?, cursor: from.nullable_struct()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeTopicPartitionsRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topics)?;
        to.put(&self.response_partition_limit)?;
        to.nullable_struct(&self.cursor)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeTopicPartitionsRequest {
    const NAME: &'static str = "DescribeTopicPartitionsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for DescribeTopicPartitionsRequest {
    const KEY: ApiKey = ApiKey::DescribeTopicPartitions;
    type Response = DescribeTopicPartitionsResponse;
}

/// Response of DescribeTopicPartitions, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeTopicPartitionsResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<DescribeTopicPartitionsResponseTopic>,
    pub next_cursor: Option<Cursor>,
}

impl Decode for DescribeTopicPartitionsResponse {
    const MIN_SIZE: usize = 7;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, topics: from.read()?, next_cursor: from.nullable_struct()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeTopicPartitionsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.topics)?;
        to.nullable_struct(&self.next_cursor)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeTopicPartitionsResponse {
    const NAME: &'static str = "DescribeTopicPartitionsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for DescribeTopicPartitionsResponse {
    const KEY: ApiKey = ApiKey::DescribeTopicPartitions;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topics` of [`DescribeTopicPartitionsRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicRequest {
    pub name: StrBytes,
}

impl Decode for TopicRequest {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TopicRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.tag_count(&[])
    }
}

/// `cursor` of [`DescribeTopicPartitionsRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Cursor {
    pub topic_name: StrBytes,
    pub partition_index: i32,
}

impl Decode for Cursor {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_name: from.read()?, partition_index: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for Cursor {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_name)?;
        to.put(&self.partition_index)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`DescribeTopicPartitionsResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeTopicPartitionsResponseTopic {
    pub error_code: i16,
    pub name: Option<StrBytes>,
    pub topic_id: Uuid,
    pub is_internal: bool,
    pub partitions: Vec<DescribeTopicPartitionsResponsePartition>,
    pub topic_authorized_operations: i32,
}

impl Default for DescribeTopicPartitionsResponseTopic {
    fn default() -> Self {
        Self {
            error_code: 0,
            name: Some(Default::default()),
            topic_id: Default::default(),
            is_internal: false,
            partitions: Default::default(),
            topic_authorized_operations: i32::MIN,
        }
    }
}

impl Decode for DescribeTopicPartitionsResponseTopic {
    const MIN_SIZE: usize = 26;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: from.read()?,
            name: from.read()?,
            topic_id: from.read()?,
            is_internal: from.read()?,
            partitions: from.read()?,
            topic_authorized_operations: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeTopicPartitionsResponseTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.error_code)?;
        to.put(&self.name)?;
        to.put(&self.topic_id)?;
        to.put(&self.is_internal)?;
        to.put(&self.partitions)?;
        to.put(&self.topic_authorized_operations)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`DescribeTopicPartitionsResponseTopic`].
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeTopicPartitionsResponsePartition {
    pub error_code: i16,
    pub partition_index: i32,
    pub leader_id: i32,
    pub leader_epoch: i32,
    pub replica_nodes: Vec<i32>,
    pub isr_nodes: Vec<i32>,
    pub eligible_leader_replicas: Option<Vec<i32>>,
    pub last_known_elr: Option<Vec<i32>>,
    pub offline_replicas: Vec<i32>,
}

impl Default for DescribeTopicPartitionsResponsePartition {
    fn default() -> Self {
        Self {
            error_code: 0,
            partition_index: 0,
            leader_id: 0,
            leader_epoch: -1,
            replica_nodes: Default::default(),
            isr_nodes: Default::default(),
            eligible_leader_replicas: None,
            last_known_elr: None,
            offline_replicas: Default::default(),
        }
    }
}

impl Decode for DescribeTopicPartitionsResponsePartition {
    const MIN_SIZE: usize = 20;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: from.read()?,
            partition_index: from.read()?,
            leader_id: from.read()?,
            leader_epoch: from.read()?,
            replica_nodes: from.read()?,
            isr_nodes: from.read()?,
            eligible_leader_replicas: from.read()?,
            last_known_elr: from.read()?,
            offline_replicas: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeTopicPartitionsResponsePartition {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.error_code)?;
        to.put(&self.partition_index)?;
        to.put(&self.leader_id)?;
        to.put(&self.leader_epoch)?;
        to.put(&self.replica_nodes)?;
        to.put(&self.isr_nodes)?;
        to.put(&self.eligible_leader_replicas)?;
        to.put(&self.last_known_elr)?;
        to.put(&self.offline_replicas)?;
        to.tag_count(&[])
    }
}
