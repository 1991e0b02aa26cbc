//! ShareFetch (key 78): acquires records for a share group, and acknowledges earlier ones (KIP-932).
//! Generated from `schema/share_fetch.schema`.

use super::prelude::*;

/// Request of ShareFetch, versions 1-2.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareFetchRequest {
    pub group_id: Option<StrBytes>,
    pub member_id: Option<StrBytes>,
    pub share_session_epoch: i32,
    pub max_wait_ms: i32,
    pub min_bytes: i32,
    pub max_bytes: i32,
    pub max_records: i32,
    pub batch_size: i32,
    /// Versions 2+.
    pub share_acquire_mode: i8,
    /// Versions 2+.
    pub is_renew_ack: bool,
    pub topics: Vec<FetchTopic>,
    pub forgotten_topics_data: Vec<ForgottenTopic>,
}

impl Default for ShareFetchRequest {
    fn default() -> Self {
        Self {
            group_id: None,
            member_id: Some(Default::default()),
            share_session_epoch: 0,
            max_wait_ms: 0,
            min_bytes: 0,
            max_bytes: i32::MAX,
            max_records: 0,
            batch_size: 0,
            share_acquire_mode: 0,
            is_renew_ack: false,
            topics: Default::default(),
            forgotten_topics_data: Default::default(),
        }
    }
}

impl Decode for ShareFetchRequest {
    const MIN_SIZE: usize = 29;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            group_id: from.read()?,
            member_id: from.read()?,
            share_session_epoch: from.read()?,
            max_wait_ms: from.read()?,
            min_bytes: from.read()?,
            max_bytes: from.read()?,
            max_records: from.read()?,
            batch_size: from.read()?,
            share_acquire_mode: if v >= 2 { from.read()? } else { 0 },
            is_renew_ack: if v >= 2 { from.read()? } else { false },
            topics: from.read()?,
            forgotten_topics_data: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ShareFetchRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.group_id)?;
        to.put(&self.member_id)?;
        to.put(&self.share_session_epoch)?;
        to.put(&self.max_wait_ms)?;
        to.put(&self.min_bytes)?;
        to.put(&self.max_bytes)?;
        to.put(&self.max_records)?;
        to.put(&self.batch_size)?;
        to.put_if(v >= 2, &self.share_acquire_mode)?;
        to.put_or(v >= 2, &self.is_renew_ack, false, "is_renew_ack")?;
        to.put(&self.topics)?;
        to.put(&self.forgotten_topics_data)?;
        to.tag_count(&[])
    }
}

impl Message for ShareFetchRequest {
    const NAME: &'static str = "ShareFetchRequest";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 2 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl Request for ShareFetchRequest {
    const KEY: ApiKey = ApiKey::ShareFetch;
    type Response = ShareFetchResponse;
}

/// Response of ShareFetch, versions 1-2.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareFetchResponse<R = Bytes> {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub acquisition_lock_timeout_ms: i32,
    pub responses: Vec<ShareFetchableTopicResponse<R>>,
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl<R> Default for ShareFetchResponse<R> {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: None,
            acquisition_lock_timeout_ms: 0,
            responses: Default::default(),
            node_endpoints: Default::default(),
        }
    }
}

impl Decode for ShareFetchResponse {
    const MIN_SIZE: usize = 14;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: from.read()?,
            error_code: from.read()?,
            error_message: from.read()?,
            acquisition_lock_timeout_ms: from.read()?,
            responses: from.read()?,
            node_endpoints: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl<R: RecordSource> Encode for ShareFetchResponse<R> {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.acquisition_lock_timeout_ms)?;
        to.put(&self.responses)?;
        to.put(&self.node_endpoints)?;
        to.tag_count(&[])
    }
}

impl<R: RecordSource> Message for ShareFetchResponse<R> {
    const NAME: &'static str = "ShareFetchResponse";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 2 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl<R: RecordSource> Response for ShareFetchResponse<R> {
    const KEY: ApiKey = ApiKey::ShareFetch;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topics` of [`ShareFetchRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct FetchTopic {
    pub topic_id: Uuid,
    pub partitions: Vec<FetchPartition>,
}

impl Decode for FetchTopic {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for FetchTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`FetchTopic`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct FetchPartition {
    pub partition_index: i32,
    pub acknowledgement_batches: Vec<AcknowledgementBatch>,
}

impl Decode for FetchPartition {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { partition_index: from.read()?, acknowledgement_batches: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for FetchPartition {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_index)?;
        to.put(&self.acknowledgement_batches)?;
        to.tag_count(&[])
    }
}

/// `acknowledgement_batches` of [`FetchPartition`].
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

/// `forgotten_topics_data` of [`ShareFetchRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ForgottenTopic {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

impl Decode for ForgottenTopic {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ForgottenTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `responses` of [`ShareFetchResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct ShareFetchableTopicResponse<R = Bytes> {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData<R>>,
}

impl<R> Default for ShareFetchableTopicResponse<R> {
    fn default() -> Self {
        Self { topic_id: Default::default(), partitions: Default::default() }
    }
}

impl Decode for ShareFetchableTopicResponse {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl<R: RecordSource> Encode for ShareFetchableTopicResponse<R> {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`ShareFetchableTopicResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionData<R = Bytes> {
    pub partition_index: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub acknowledge_error_code: i16,
    pub acknowledge_error_message: Option<StrBytes>,
    pub current_leader: LeaderIdAndEpoch,
    pub records: R,
    pub acquired_records: Vec<AcquiredRecords>,
}

impl<R: Default> Default for PartitionData<R> {
    fn default() -> Self {
        Self {
            partition_index: 0,
            error_code: 0,
            error_message: None,
            acknowledge_error_code: 0,
            acknowledge_error_message: None,
            current_leader: Default::default(),
            records: Default::default(),
            acquired_records: Default::default(),
        }
    }
}

impl Decode for PartitionData {
    const MIN_SIZE: usize = 22;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: from.read()?,
            error_code: from.read()?,
            error_message: from.read()?,
            acknowledge_error_code: from.read()?,
            acknowledge_error_message: from.read()?,
            current_leader: from.read()?,
            records: from.read()?,
            acquired_records: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl<R: RecordSource> Encode for PartitionData<R> {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_index)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.acknowledge_error_code)?;
        to.put(&self.acknowledge_error_message)?;
        to.put(&self.current_leader)?;
        to.records(Some(&self.records))?;
        to.put(&self.acquired_records)?;
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

/// `acquired_records` of [`PartitionData`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AcquiredRecords {
    pub first_offset: i64,
    pub last_offset: i64,
    pub delivery_count: i16,
}

impl Decode for AcquiredRecords {
    const MIN_SIZE: usize = 19;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { first_offset: from.read()?, last_offset: from.read()?, delivery_count: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AcquiredRecords {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.first_offset)?;
        to.put(&self.last_offset)?;
        to.put(&self.delivery_count)?;
        to.tag_count(&[])
    }
}

/// `node_endpoints` of [`ShareFetchResponse`].
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
