//! DescribeProducers (key 61): the producers that are active in partitions.
//! Generated from `schema/describe_producers.schema`.

use super::prelude::*;

/// Request of DescribeProducers, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeProducersRequest {
    pub topics: Vec<TopicRequest>,
}

impl Decode for DescribeProducersRequest {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeProducersRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeProducersRequest {
    const NAME: &'static str = "DescribeProducersRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for DescribeProducersRequest {
    const KEY: ApiKey = ApiKey::DescribeProducers;
    type Response = DescribeProducersResponse;
}

/// Response of DescribeProducers, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeProducersResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<TopicResponse>,
}

impl Decode for DescribeProducersResponse {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeProducersResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeProducersResponse {
    const NAME: &'static str = "DescribeProducersResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for DescribeProducersResponse {
    const KEY: ApiKey = ApiKey::DescribeProducers;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topics` of [`DescribeProducersRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicRequest {
    pub name: StrBytes,
    pub partition_indexes: Vec<i32>,
}

impl Decode for TopicRequest {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, partition_indexes: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TopicRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.partition_indexes)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`DescribeProducersResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicResponse {
    pub name: StrBytes,
    pub partitions: Vec<PartitionResponse>,
}

impl Decode for TopicResponse {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TopicResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`TopicResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionResponse {
    pub partition_index: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub active_producers: Vec<ProducerState>,
}

impl Decode for PartitionResponse {
    const MIN_SIZE: usize = 9;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: from.read()?,
            error_code: from.read()?,
            error_message: from.read()?,
            active_producers: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_index)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.active_producers)?;
        to.tag_count(&[])
    }
}

/// `active_producers` of [`PartitionResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct ProducerState {
    pub producer_id: i64,
    pub producer_epoch: i32,
    pub last_sequence: i32,
    pub last_timestamp: i64,
    pub coordinator_epoch: i32,
    pub current_txn_start_offset: i64,
}

impl Default for ProducerState {
    fn default() -> Self {
        Self {
            producer_id: 0,
            producer_epoch: 0,
            last_sequence: -1,
            last_timestamp: -1,
            coordinator_epoch: 0,
            current_txn_start_offset: -1,
        }
    }
}

impl Decode for ProducerState {
    const MIN_SIZE: usize = 37;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            producer_id: from.read()?,
            producer_epoch: from.read()?,
            last_sequence: from.read()?,
            last_timestamp: from.read()?,
            coordinator_epoch: from.read()?,
            current_txn_start_offset: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ProducerState {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.producer_id)?;
        to.put(&self.producer_epoch)?;
        to.put(&self.last_sequence)?;
        to.put(&self.last_timestamp)?;
        to.put(&self.coordinator_epoch)?;
        to.put(&self.current_txn_start_offset)?;
        to.tag_count(&[])
    }
}
