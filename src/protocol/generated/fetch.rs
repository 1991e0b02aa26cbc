//! Fetch (key 1): reads record batches, for consumers and for followers.
//! Generated from `schema/fetch.schema`.

use super::prelude::*;

/// Request of Fetch, versions 4-18.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchRequest {
    /// Versions 12+; tag 0.
    pub cluster_id: Option<StrBytes>,
    /// Versions 4-14.
    pub replica_id: i32,
    /// Versions 15+; tag 1.
    pub replica_state: ReplicaState,
    pub max_wait_ms: i32,
    pub min_bytes: i32,
    pub max_bytes: i32,
    pub isolation_level: i8,
    /// Versions 7+.
    pub session_id: i32,
    /// Versions 7+.
    pub session_epoch: i32,
    pub topics: Vec<FetchTopic>,
    /// Versions 7+.
    pub forgotten_topics_data: Vec<ForgottenTopic>,
    /// Versions 11+.
    pub rack_id: StrBytes,
}

impl Default for FetchRequest {
    fn default() -> Self {
        Self {
            cluster_id: None,
            replica_id: -1,
            replica_state: Default::default(),
            max_wait_ms: 0,
            min_bytes: 0,
            max_bytes: i32::MAX,
            isolation_level: 0,
            session_id: 0,
            session_epoch: -1,
            topics: Default::default(),
            forgotten_topics_data: Default::default(),
            rack_id: Default::default(),
        }
    }
}

impl Decode for FetchRequest {
    const MIN_SIZE: usize = 14;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let mut it = Self {
            cluster_id: None,
            replica_id: if v <= 14 { from.read()? } else { -1 },
            replica_state: Default::default(),
            max_wait_ms: from.read()?,
            min_bytes: from.read()?,
            max_bytes: from.read()?,
            isolation_level: from.read()?,
            session_id: if v >= 7 { from.read()? } else { 0 },
            session_epoch: if v >= 7 { from.read()? } else { -1 },
            topics: from.read()?,
            forgotten_topics_data: if v >= 7 { from.read()? } else { Default::default() },
            rack_id: if v >= 11 { from.read()? } else { Default::default() },
        };
        from.tags(&[0, 1], |from, tag| {
            match tag {
                0 if v >= 12 => it.cluster_id = from.read()?,
                1 if v >= 15 => it.replica_state = from.read()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl Encode for FetchRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_or(v <= 14, &self.replica_id, -1, "replica_id")?;
        to.put(&self.max_wait_ms)?;
        to.put(&self.min_bytes)?;
        to.put(&self.max_bytes)?;
        to.put(&self.isolation_level)?;
        to.put_if(v >= 7, &self.session_id)?;
        to.put_if(v >= 7, &self.session_epoch)?;
        to.put(&self.topics)?;
        to.put_or(v >= 7, &self.forgotten_topics_data, Default::default(), "forgotten_topics_data")?;
        to.put_if(v >= 11, &self.rack_id)?;
        let set_0 = to.is_tag_set(v >= 12, self.cluster_id.is_none(), true, "cluster_id")?;
        let set_1 = to.is_tag_set(v >= 15, self.replica_state == ReplicaState::default(), false, "replica_state")?;
        to.tag_count(&[set_0, set_1])?;
        to.tag(set_0, 0, &self.cluster_id)?;
        to.tag(set_1, 1, &self.replica_state)
    }
}

impl Message for FetchRequest {
    const NAME: &'static str = "FetchRequest";
    const VERSIONS: VersionRange = VersionRange { min: 4, max: 18 };
    const FLEXIBLE_SINCE: i16 = 12;
}

impl Request for FetchRequest {
    const KEY: ApiKey = ApiKey::Fetch;
    type Response = FetchResponse;
}

/// Response of Fetch, versions 4-18.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchResponse<R = Bytes> {
    pub throttle_time_ms: i32,
    /// Versions 7+.
    pub error_code: i16,
    /// Versions 7+.
    pub session_id: i32,
    pub responses: Vec<FetchableTopicResponse<R>>,
    /// Versions 16+; tag 0.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl<R> Default for FetchResponse<R> {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            session_id: 0,
            responses: Default::default(),
            node_endpoints: Default::default(),
        }
    }
}

impl Decode for FetchResponse {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let mut it = Self {
            throttle_time_ms: from.read()?,
            error_code: if v >= 7 { from.read()? } else { 0 },
            session_id: if v >= 7 { from.read()? } else { 0 },
            responses: from.read()?,
            node_endpoints: Default::default(),
        };
        from.tags(&[0], |from, tag| {
            match tag {
                0 if v >= 16 => it.node_endpoints = from.read()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl<R: RecordSource> Encode for FetchResponse<R> {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.throttle_time_ms)?;
        to.put_if(v >= 7, &self.error_code)?;
        to.put_or(v >= 7, &self.session_id, 0, "session_id")?;
        to.put(&self.responses)?;
        let set_0 = to.is_tag_set(v >= 16, self.node_endpoints.is_empty(), false, "node_endpoints")?;
        to.tag_count(&[set_0])?;
        to.tag(set_0, 0, &self.node_endpoints)
    }
}

impl<R: RecordSource> Message for FetchResponse<R> {
    const NAME: &'static str = "FetchResponse";
    const VERSIONS: VersionRange = VersionRange { min: 4, max: 18 };
    const FLEXIBLE_SINCE: i16 = 12;
}

impl<R: RecordSource> Response for FetchResponse<R> {
    const KEY: ApiKey = ApiKey::Fetch;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `replica_state` of [`FetchRequest`].
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaState {
    pub replica_id: i32,
    pub replica_epoch: i64,
}

impl Default for ReplicaState {
    fn default() -> Self {
        Self { replica_id: -1, replica_epoch: -1 }
    }
}

impl Decode for ReplicaState {
    const MIN_SIZE: usize = 12;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { replica_id: from.read()?, replica_epoch: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ReplicaState {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.replica_id)?;
        to.put(&self.replica_epoch)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`FetchRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct FetchTopic {
    /// Versions 4-12.
    pub topic: StrBytes,
    /// Versions 13+.
    pub topic_id: Uuid,
    pub partitions: Vec<FetchPartition>,
}

impl Decode for FetchTopic {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            topic: if v <= 12 { from.read()? } else { Default::default() },
            topic_id: if v >= 13 { from.read()? } else { Default::default() },
            partitions: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for FetchTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v <= 12, &self.topic)?;
        to.put_if(v >= 13, &self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`FetchTopic`].
#[derive(Clone, Debug, PartialEq)]
pub struct FetchPartition {
    pub partition: i32,
    /// Versions 9+.
    pub current_leader_epoch: i32,
    pub fetch_offset: i64,
    /// Versions 12+.
    pub last_fetched_epoch: i32,
    /// Versions 5+.
    pub log_start_offset: i64,
    pub partition_max_bytes: i32,
    /// Versions 17+; tag 0.
    pub replica_directory_id: Uuid,
    /// Versions 18+; tag 1.
    pub high_watermark: i64,
}

impl Default for FetchPartition {
    fn default() -> Self {
        Self {
            partition: 0,
            current_leader_epoch: -1,
            fetch_offset: 0,
            last_fetched_epoch: -1,
            log_start_offset: -1,
            partition_max_bytes: 0,
            replica_directory_id: Default::default(),
            high_watermark: i64::MAX,
        }
    }
}

impl Decode for FetchPartition {
    const MIN_SIZE: usize = 16;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let mut it = Self {
            partition: from.read()?,
            current_leader_epoch: if v >= 9 { from.read()? } else { -1 },
            fetch_offset: from.read()?,
            last_fetched_epoch: if v >= 12 { from.read()? } else { -1 },
            log_start_offset: if v >= 5 { from.read()? } else { -1 },
            partition_max_bytes: from.read()?,
            replica_directory_id: Default::default(),
            high_watermark: i64::MAX,
        };
        from.tags(&[0, 1], |from, tag| {
            match tag {
                0 if v >= 17 => it.replica_directory_id = from.read()?,
                1 if v >= 18 => it.high_watermark = from.read()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl Encode for FetchPartition {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.partition)?;
        to.put_if(v >= 9, &self.current_leader_epoch)?;
        to.put(&self.fetch_offset)?;
        to.put_or(v >= 12, &self.last_fetched_epoch, -1, "last_fetched_epoch")?;
        to.put_if(v >= 5, &self.log_start_offset)?;
        to.put(&self.partition_max_bytes)?;
        let set_0 = to.is_tag_set(v >= 17, self.replica_directory_id.is_nil(), true, "replica_directory_id")?;
        let set_1 = to.is_tag_set(v >= 18, self.high_watermark == i64::MAX, true, "high_watermark")?;
        to.tag_count(&[set_0, set_1])?;
        to.tag(set_0, 0, &self.replica_directory_id)?;
        to.tag(set_1, 1, &self.high_watermark)
    }
}

/// `forgotten_topics_data` of [`FetchRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ForgottenTopic {
    /// Versions 7-12.
    pub topic: StrBytes,
    /// Versions 13+.
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

impl Decode for ForgottenTopic {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            topic: if v <= 12 { from.read()? } else { Default::default() },
            topic_id: if v >= 13 { from.read()? } else { Default::default() },
            partitions: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ForgottenTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v <= 12, &self.topic)?;
        to.put_if(v >= 13, &self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `responses` of [`FetchResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct FetchableTopicResponse<R = Bytes> {
    /// Versions 4-12.
    pub topic: StrBytes,
    /// Versions 13+.
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData<R>>,
}

impl<R> Default for FetchableTopicResponse<R> {
    fn default() -> Self {
        Self { topic: Default::default(), topic_id: Default::default(), partitions: Default::default() }
    }
}

impl Decode for FetchableTopicResponse {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            topic: if v <= 12 { from.read()? } else { Default::default() },
            topic_id: if v >= 13 { from.read()? } else { Default::default() },
            partitions: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl<R: RecordSource> Encode for FetchableTopicResponse<R> {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v <= 12, &self.topic)?;
        to.put_if(v >= 13, &self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`FetchableTopicResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionData<R = Bytes> {
    pub partition_index: i32,
    pub error_code: i16,
    pub high_watermark: i64,
    pub last_stable_offset: i64,
    /// Versions 5+.
    pub log_start_offset: i64,
    /// Versions 12+; tag 0.
    pub diverging_epoch: EpochEndOffset,
    /// Versions 12+; tag 1.
    pub current_leader: LeaderIdAndEpoch,
    /// Versions 12+; tag 2.
    pub snapshot_id: SnapshotId,
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
    /// Versions 11+.
    pub preferred_read_replica: i32,
    pub records: Option<R>,
}

impl<R> Default for PartitionData<R> {
    fn default() -> Self {
        Self {
            partition_index: 0,
            error_code: 0,
            high_watermark: 0,
            last_stable_offset: -1,
            log_start_offset: -1,
            diverging_epoch: Default::default(),
            current_leader: Default::default(),
            snapshot_id: Default::default(),
            aborted_transactions: Some(Default::default()),
            preferred_read_replica: -1,
            records: None,
        }
    }
}

impl Decode for PartitionData {
    const MIN_SIZE: usize = 24;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let mut it = Self {
            partition_index: from.read()?,
            error_code: from.read()?,
            high_watermark: from.read()?,
            last_stable_offset: from.read()?,
            log_start_offset: if v >= 5 { from.read()? } else { -1 },
            diverging_epoch: Default::default(),
            current_leader: Default::default(),
            snapshot_id: Default::default(),
            aborted_transactions: from.read()?,
            preferred_read_replica: if v >= 11 { from.read()? } else { -1 },
            records: from.read()?,
        };
        from.tags(&[0, 1, 2], |from, tag| {
            match tag {
                0 if v >= 12 => it.diverging_epoch = from.read()?,
                1 if v >= 12 => it.current_leader = from.read()?,
                2 if v >= 12 => it.snapshot_id = from.read()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl<R: RecordSource> Encode for PartitionData<R> {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.partition_index)?;
        to.put(&self.error_code)?;
        to.put(&self.high_watermark)?;
        to.put(&self.last_stable_offset)?;
        to.put_if(v >= 5, &self.log_start_offset)?;
        to.put(&self.aborted_transactions)?;
        to.put_or(v >= 11, &self.preferred_read_replica, -1, "preferred_read_replica")?;
        to.records(self.records.as_ref())?;
        let set_0 =
            to.is_tag_set(v >= 12, self.diverging_epoch == EpochEndOffset::default(), false, "diverging_epoch")?;
        let set_1 =
            to.is_tag_set(v >= 12, self.current_leader == LeaderIdAndEpoch::default(), false, "current_leader")?;
        let set_2 = to.is_tag_set(v >= 12, self.snapshot_id == SnapshotId::default(), false, "snapshot_id")?;
        to.tag_count(&[set_0, set_1, set_2])?;
        to.tag(set_0, 0, &self.diverging_epoch)?;
        to.tag(set_1, 1, &self.current_leader)?;
        to.tag(set_2, 2, &self.snapshot_id)
    }
}

/// `diverging_epoch` of [`PartitionData`].
#[derive(Clone, Debug, PartialEq)]
pub struct EpochEndOffset {
    pub epoch: i32,
    pub end_offset: i64,
}

impl Default for EpochEndOffset {
    fn default() -> Self {
        Self { epoch: -1, end_offset: -1 }
    }
}

impl Decode for EpochEndOffset {
    const MIN_SIZE: usize = 12;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { epoch: from.read()?, end_offset: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for EpochEndOffset {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.epoch)?;
        to.put(&self.end_offset)?;
        to.tag_count(&[])
    }
}

/// `current_leader` of [`PartitionData`].
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

/// `snapshot_id` of [`PartitionData`].
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotId {
    pub end_offset: i64,
    pub epoch: i32,
}

impl Default for SnapshotId {
    fn default() -> Self {
        Self { end_offset: -1, epoch: -1 }
    }
}

impl Decode for SnapshotId {
    const MIN_SIZE: usize = 12;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { end_offset: from.read()?, epoch: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for SnapshotId {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.end_offset)?;
        to.put(&self.epoch)?;
        to.tag_count(&[])
    }
}

/// `aborted_transactions` of [`PartitionData`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AbortedTransaction {
    pub producer_id: i64,
    pub first_offset: i64,
}

impl Decode for AbortedTransaction {
    const MIN_SIZE: usize = 16;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { producer_id: from.read()?, first_offset: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AbortedTransaction {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.producer_id)?;
        to.put(&self.first_offset)?;
        to.tag_count(&[])
    }
}

/// `node_endpoints` of [`FetchResponse`].
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
