//! DescribeShareGroupOffsets (key 90): start offsets of share groups.
//! Generated from `schema/describe_share_group_offsets.schema`.

use super::prelude::*;

/// Request of DescribeShareGroupOffsets, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeShareGroupOffsetsRequest {
    pub groups: Vec<DescribeShareGroupOffsetsRequestGroup>,
}

impl Decode for DescribeShareGroupOffsetsRequest {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { groups: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeShareGroupOffsetsRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.groups)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeShareGroupOffsetsRequest {
    const NAME: &'static str = "DescribeShareGroupOffsetsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for DescribeShareGroupOffsetsRequest {
    const KEY: ApiKey = ApiKey::DescribeShareGroupOffsets;
    type Response = DescribeShareGroupOffsetsResponse;
}

/// Response of DescribeShareGroupOffsets, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeShareGroupOffsetsResponse {
    pub throttle_time_ms: i32,
    pub groups: Vec<DescribeShareGroupOffsetsResponseGroup>,
}

impl Decode for DescribeShareGroupOffsetsResponse {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, groups: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeShareGroupOffsetsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.groups)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeShareGroupOffsetsResponse {
    const NAME: &'static str = "DescribeShareGroupOffsetsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for DescribeShareGroupOffsetsResponse {
    const KEY: ApiKey = ApiKey::DescribeShareGroupOffsets;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `groups` of [`DescribeShareGroupOffsetsRequest`].
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeShareGroupOffsetsRequestGroup {
    pub group_id: StrBytes,
    pub topics: Option<Vec<DescribeShareGroupOffsetsRequestTopic>>,
}

impl Default for DescribeShareGroupOffsetsRequestGroup {
    fn default() -> Self {
        Self { group_id: Default::default(), topics: Some(Default::default()) }
    }
}

impl Decode for DescribeShareGroupOffsetsRequestGroup {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { group_id: from.read()?, topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeShareGroupOffsetsRequestGroup {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.group_id)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`DescribeShareGroupOffsetsRequestGroup`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeShareGroupOffsetsRequestTopic {
    pub topic_name: StrBytes,
    pub partitions: Vec<i32>,
}

impl Decode for DescribeShareGroupOffsetsRequestTopic {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_name: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeShareGroupOffsetsRequestTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_name)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `groups` of [`DescribeShareGroupOffsetsResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeShareGroupOffsetsResponseGroup {
    pub group_id: StrBytes,
    pub topics: Vec<DescribeShareGroupOffsetsResponseTopic>,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
}

impl Decode for DescribeShareGroupOffsetsResponseGroup {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: from.read()?,
            topics: from.read()?,
            error_code: from.read()?,
            error_message: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeShareGroupOffsetsResponseGroup {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.group_id)?;
        to.put(&self.topics)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`DescribeShareGroupOffsetsResponseGroup`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeShareGroupOffsetsResponseTopic {
    pub topic_name: StrBytes,
    pub topic_id: Uuid,
    pub partitions: Vec<DescribeShareGroupOffsetsResponsePartition>,
}

impl Decode for DescribeShareGroupOffsetsResponseTopic {
    const MIN_SIZE: usize = 19;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_name: from.read()?, topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeShareGroupOffsetsResponseTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_name)?;
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`DescribeShareGroupOffsetsResponseTopic`].
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeShareGroupOffsetsResponsePartition {
    pub partition_index: i32,
    pub start_offset: i64,
    pub leader_epoch: i32,
    /// Versions 1+.
    pub lag: i64,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
}

impl Default for DescribeShareGroupOffsetsResponsePartition {
    fn default() -> Self {
        Self { partition_index: 0, start_offset: 0, leader_epoch: 0, lag: -1, error_code: 0, error_message: None }
    }
}

impl Decode for DescribeShareGroupOffsetsResponsePartition {
    const MIN_SIZE: usize = 20;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            partition_index: from.read()?,
            start_offset: from.read()?,
            leader_epoch: from.read()?,
            lag: if v >= 1 { from.read()? } else { -1 },
            error_code: from.read()?,
            error_message: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeShareGroupOffsetsResponsePartition {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.partition_index)?;
        to.put(&self.start_offset)?;
        to.put(&self.leader_epoch)?;
        to.put_if(v >= 1, &self.lag)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.tag_count(&[])
    }
}
