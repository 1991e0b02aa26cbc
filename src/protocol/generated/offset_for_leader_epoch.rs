//! OffsetForLeaderEpoch (key 23): where a leader epoch ends, for the detection of divergence.
//! Generated from `schema/offset_for_leader_epoch.schema`.

use super::prelude::*;

/// Request of OffsetForLeaderEpoch, versions 2-4.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetForLeaderEpochRequest {
    /// Versions 3+.
    pub replica_id: i32,
    pub topics: Vec<OffsetForLeaderTopic>,
}

impl Default for OffsetForLeaderEpochRequest {
    fn default() -> Self {
        Self { replica_id: -2, topics: Default::default() }
    }
}

impl Decode for OffsetForLeaderEpochRequest {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self { replica_id: if v >= 3 { from.read()? } else { -2 }, topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetForLeaderEpochRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v >= 3, &self.replica_id)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for OffsetForLeaderEpochRequest {
    const NAME: &'static str = "OffsetForLeaderEpochRequest";
    const VERSIONS: VersionRange = VersionRange { min: 2, max: 4 };
    const FLEXIBLE_SINCE: i16 = 4;
}

impl Request for OffsetForLeaderEpochRequest {
    const KEY: ApiKey = ApiKey::OffsetForLeaderEpoch;
    type Response = OffsetForLeaderEpochResponse;
}

/// Response of OffsetForLeaderEpoch, versions 2-4.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetForLeaderEpochResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<OffsetForLeaderTopicResult>,
}

impl Decode for OffsetForLeaderEpochResponse {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetForLeaderEpochResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for OffsetForLeaderEpochResponse {
    const NAME: &'static str = "OffsetForLeaderEpochResponse";
    const VERSIONS: VersionRange = VersionRange { min: 2, max: 4 };
    const FLEXIBLE_SINCE: i16 = 4;
}

impl Response for OffsetForLeaderEpochResponse {
    const KEY: ApiKey = ApiKey::OffsetForLeaderEpoch;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topics` of [`OffsetForLeaderEpochRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetForLeaderTopic {
    pub topic: StrBytes,
    pub partitions: Vec<OffsetForLeaderPartition>,
}

impl Decode for OffsetForLeaderTopic {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetForLeaderTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`OffsetForLeaderTopic`].
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetForLeaderPartition {
    pub partition: i32,
    pub current_leader_epoch: i32,
    pub leader_epoch: i32,
}

impl Default for OffsetForLeaderPartition {
    fn default() -> Self {
        Self { partition: 0, current_leader_epoch: -1, leader_epoch: 0 }
    }
}

impl Decode for OffsetForLeaderPartition {
    const MIN_SIZE: usize = 12;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { partition: from.read()?, current_leader_epoch: from.read()?, leader_epoch: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetForLeaderPartition {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition)?;
        to.put(&self.current_leader_epoch)?;
        to.put(&self.leader_epoch)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`OffsetForLeaderEpochResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetForLeaderTopicResult {
    pub topic: StrBytes,
    pub partitions: Vec<EpochEndOffset>,
}

impl Decode for OffsetForLeaderTopicResult {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetForLeaderTopicResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`OffsetForLeaderTopicResult`].
#[derive(Clone, Debug, PartialEq)]
pub struct EpochEndOffset {
    pub error_code: i16,
    pub partition: i32,
    pub leader_epoch: i32,
    pub end_offset: i64,
}

impl Default for EpochEndOffset {
    fn default() -> Self {
        Self { error_code: 0, partition: 0, leader_epoch: -1, end_offset: -1 }
    }
}

impl Decode for EpochEndOffset {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: from.read()?,
            partition: from.read()?,
            leader_epoch: from.read()?,
            end_offset: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for EpochEndOffset {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.error_code)?;
        to.put(&self.partition)?;
        to.put(&self.leader_epoch)?;
        to.put(&self.end_offset)?;
        to.tag_count(&[])
    }
}
