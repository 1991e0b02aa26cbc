//! Produce (key 0): appends record batches to partitions.
//! Generated from `schema/produce.schema`.

use super::prelude::*;

/// Request of Produce, versions 3-13.
#[derive(Clone, Debug, PartialEq)]
pub struct ProduceRequest<R = Bytes> {
    pub transactional_id: Option<StrBytes>,
    pub acks: i16,
    pub timeout_ms: i32,
    pub topic_data: Vec<TopicProduceData<R>>,
}

impl<R> Default for ProduceRequest<R> {
    fn default() -> Self {
        Self { transactional_id: None, acks: 0, timeout_ms: 0, topic_data: Default::default() }
    }
}

impl Decode for ProduceRequest {
    const MIN_SIZE: usize = 8;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            transactional_id: from.read()?,
            acks: from.read()?,
            timeout_ms: from.read()?,
            topic_data: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl<R: RecordSource> Encode for ProduceRequest<R> {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.transactional_id)?;
        to.put(&self.acks)?;
        to.put(&self.timeout_ms)?;
        to.put(&self.topic_data)?;
        to.tag_count(&[])
    }
}

impl<R: RecordSource> Message for ProduceRequest<R> {
    const NAME: &'static str = "ProduceRequest";
    const VERSIONS: VersionRange = VersionRange { min: 3, max: 13 };
    const FLEXIBLE_SINCE: i16 = 9;
}

impl<R: RecordSource> Request for ProduceRequest<R> {
    const KEY: ApiKey = ApiKey::Produce;
    type Response = ProduceResponse;
}

/// Response of Produce, versions 3-13.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ProduceResponse {
    pub responses: Vec<TopicProduceResponse>,
    pub throttle_time_ms: i32,
    /// Versions 10+; tag 0.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Decode for ProduceResponse {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let mut it =
            Self { responses: from.read()?, throttle_time_ms: from.read()?, node_endpoints: Default::default() };
        from.tags(&[0], |from, tag| {
            match tag {
                0 if v >= 10 => it.node_endpoints = from.read()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl Encode for ProduceResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.responses)?;
        to.put(&self.throttle_time_ms)?;
        let set_0 = to.is_tag_set(v >= 10, self.node_endpoints.is_empty(), false, "node_endpoints")?;
        to.tag_count(&[set_0])?;
        to.tag(set_0, 0, &self.node_endpoints)
    }
}

impl Message for ProduceResponse {
    const NAME: &'static str = "ProduceResponse";
    const VERSIONS: VersionRange = VersionRange { min: 3, max: 13 };
    const FLEXIBLE_SINCE: i16 = 9;
}

impl Response for ProduceResponse {
    const KEY: ApiKey = ApiKey::Produce;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topic_data` of [`ProduceRequest`].
#[derive(Clone, Debug, PartialEq)]
pub struct TopicProduceData<R = Bytes> {
    /// Versions 3-12.
    pub name: StrBytes,
    /// Versions 13+.
    pub topic_id: Uuid,
    pub partition_data: Vec<PartitionProduceData<R>>,
}

impl<R> Default for TopicProduceData<R> {
    fn default() -> Self {
        Self { name: Default::default(), topic_id: Default::default(), partition_data: Default::default() }
    }
}

impl Decode for TopicProduceData {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            name: if v <= 12 { from.read()? } else { Default::default() },
            topic_id: if v >= 13 { from.read()? } else { Default::default() },
            partition_data: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl<R: RecordSource> Encode for TopicProduceData<R> {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v <= 12, &self.name)?;
        to.put_if(v >= 13, &self.topic_id)?;
        to.put(&self.partition_data)?;
        to.tag_count(&[])
    }
}

/// `partition_data` of [`TopicProduceData`].
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionProduceData<R = Bytes> {
    pub index: i32,
    pub records: Option<R>,
}

impl<R> Default for PartitionProduceData<R> {
    fn default() -> Self {
        Self { index: 0, records: None }
    }
}

impl Decode for PartitionProduceData {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { index: from.read()?, records: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl<R: RecordSource> Encode for PartitionProduceData<R> {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.index)?;
        to.records(self.records.as_ref())?;
        to.tag_count(&[])
    }
}

/// `responses` of [`ProduceResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicProduceResponse {
    /// Versions 3-12.
    pub name: StrBytes,
    /// Versions 13+.
    pub topic_id: Uuid,
    pub partition_responses: Vec<PartitionProduceResponse>,
}

impl Decode for TopicProduceResponse {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            name: if v <= 12 { from.read()? } else { Default::default() },
            topic_id: if v >= 13 { from.read()? } else { Default::default() },
            partition_responses: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TopicProduceResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v <= 12, &self.name)?;
        to.put_if(v >= 13, &self.topic_id)?;
        to.put(&self.partition_responses)?;
        to.tag_count(&[])
    }
}

/// `partition_responses` of [`TopicProduceResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionProduceResponse {
    pub index: i32,
    pub error_code: i16,
    pub base_offset: i64,
    pub log_append_time_ms: i64,
    /// Versions 5+.
    pub log_start_offset: i64,
    /// Versions 8+.
    pub record_errors: Vec<BatchIndexAndErrorMessage>,
    /// Versions 8+.
    pub error_message: Option<StrBytes>,
    /// Versions 10+; tag 0.
    pub current_leader: LeaderIdAndEpoch,
}

impl Default for PartitionProduceResponse {
    fn default() -> Self {
        Self {
            index: 0,
            error_code: 0,
            base_offset: 0,
            log_append_time_ms: -1,
            log_start_offset: -1,
            record_errors: Default::default(),
            error_message: None,
            current_leader: Default::default(),
        }
    }
}

impl Decode for PartitionProduceResponse {
    const MIN_SIZE: usize = 22;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let mut it = Self {
            index: from.read()?,
            error_code: from.read()?,
            base_offset: from.read()?,
            log_append_time_ms: from.read()?,
            log_start_offset: if v >= 5 { from.read()? } else { -1 },
            record_errors: if v >= 8 { from.read()? } else { Default::default() },
            error_message: if v >= 8 { from.read()? } else { None },
            current_leader: Default::default(),
        };
        from.tags(&[0], |from, tag| {
            match tag {
                0 if v >= 10 => it.current_leader = from.read()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl Encode for PartitionProduceResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.index)?;
        to.put(&self.error_code)?;
        to.put(&self.base_offset)?;
        to.put(&self.log_append_time_ms)?;
        to.put_if(v >= 5, &self.log_start_offset)?;
        to.put_if(v >= 8, &self.record_errors)?;
        to.put_if(v >= 8, &self.error_message)?;
        let set_0 =
            to.is_tag_set(v >= 10, self.current_leader == LeaderIdAndEpoch::default(), false, "current_leader")?;
        to.tag_count(&[set_0])?;
        to.tag(set_0, 0, &self.current_leader)
    }
}

/// `record_errors` of [`PartitionProduceResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct BatchIndexAndErrorMessage {
    pub batch_index: i32,
    pub batch_index_error_message: Option<StrBytes>,
}

impl Decode for BatchIndexAndErrorMessage {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { batch_index: from.read()?, batch_index_error_message: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for BatchIndexAndErrorMessage {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.batch_index)?;
        to.put(&self.batch_index_error_message)?;
        to.tag_count(&[])
    }
}

/// `current_leader` of [`PartitionProduceResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct LeaderIdAndEpoch {
    pub leader_id: i32,
    pub leader_epoch: i32,
}

impl Default for LeaderIdAndEpoch {
    fn default() -> Self {
        Self { leader_id: -1, leader_epoch: -1 }
    }
}

impl Decode for LeaderIdAndEpoch {
    const MIN_SIZE: usize = 8;
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

/// `node_endpoints` of [`ProduceResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct NodeEndpoint {
    pub node_id: i32,
    pub host: StrBytes,
    pub port: i32,
    pub rack: Option<StrBytes>,
}

impl Decode for NodeEndpoint {
    const MIN_SIZE: usize = 10;
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
