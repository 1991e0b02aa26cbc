//! TxnOffsetCommit (key 28): stores a group's positions as part of a transaction.
//! Generated from `schema/txn_offset_commit.schema`.

use super::prelude::*;

/// Request of TxnOffsetCommit, versions 0-5.
#[derive(Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitRequest {
    pub transactional_id: StrBytes,
    pub group_id: StrBytes,
    pub producer_id: i64,
    pub producer_epoch: i16,
    /// Versions 3+.
    pub generation_id: i32,
    /// Versions 3+.
    pub member_id: StrBytes,
    /// Versions 3+.
    pub group_instance_id: Option<StrBytes>,
    pub topics: Vec<TxnOffsetCommitRequestTopic>,
}

impl Default for TxnOffsetCommitRequest {
    fn default() -> Self {
        Self {
            transactional_id: Default::default(),
            group_id: Default::default(),
            producer_id: 0,
            producer_epoch: 0,
            generation_id: -1,
            member_id: Default::default(),
            group_instance_id: None,
            topics: Default::default(),
        }
    }
}

impl Decode for TxnOffsetCommitRequest {
    const MIN_SIZE: usize = 13;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            transactional_id: from.read()?,
            group_id: from.read()?,
            producer_id: from.read()?,
            producer_epoch: from.read()?,
            generation_id: if v >= 3 { from.read()? } else { -1 },
            member_id: if v >= 3 { from.read()? } else { Default::default() },
            group_instance_id: if v >= 3 { from.read()? } else { None },
            topics: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TxnOffsetCommitRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.transactional_id)?;
        to.put(&self.group_id)?;
        to.put(&self.producer_id)?;
        to.put(&self.producer_epoch)?;
        to.put_or(v >= 3, &self.generation_id, -1, "generation_id")?;
        to.put_or(v >= 3, &self.member_id, Default::default(), "member_id")?;
        to.put_or(v >= 3, &self.group_instance_id, None, "group_instance_id")?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for TxnOffsetCommitRequest {
    const NAME: &'static str = "TxnOffsetCommitRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 5 };
    const FLEXIBLE_SINCE: i16 = 3;
}

impl Request for TxnOffsetCommitRequest {
    const KEY: ApiKey = ApiKey::TxnOffsetCommit;
    type Response = TxnOffsetCommitResponse;
}

/// Response of TxnOffsetCommit, versions 0-5.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TxnOffsetCommitResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<TxnOffsetCommitResponseTopic>,
}

impl Decode for TxnOffsetCommitResponse {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TxnOffsetCommitResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for TxnOffsetCommitResponse {
    const NAME: &'static str = "TxnOffsetCommitResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 5 };
    const FLEXIBLE_SINCE: i16 = 3;
}

impl Response for TxnOffsetCommitResponse {
    const KEY: ApiKey = ApiKey::TxnOffsetCommit;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topics` of [`TxnOffsetCommitRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TxnOffsetCommitRequestTopic {
    pub name: StrBytes,
    pub partitions: Vec<TxnOffsetCommitRequestPartition>,
}

impl Decode for TxnOffsetCommitRequestTopic {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TxnOffsetCommitRequestTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`TxnOffsetCommitRequestTopic`].
#[derive(Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitRequestPartition {
    pub partition_index: i32,
    pub committed_offset: i64,
    /// Versions 2+.
    pub committed_leader_epoch: i32,
    pub committed_metadata: Option<StrBytes>,
}

impl Default for TxnOffsetCommitRequestPartition {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            committed_metadata: Some(Default::default()),
        }
    }
}

impl Decode for TxnOffsetCommitRequestPartition {
    const MIN_SIZE: usize = 13;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            partition_index: from.read()?,
            committed_offset: from.read()?,
            committed_leader_epoch: if v >= 2 { from.read()? } else { -1 },
            committed_metadata: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TxnOffsetCommitRequestPartition {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.partition_index)?;
        to.put(&self.committed_offset)?;
        to.put_if(v >= 2, &self.committed_leader_epoch)?;
        to.put(&self.committed_metadata)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`TxnOffsetCommitResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TxnOffsetCommitResponseTopic {
    pub name: StrBytes,
    pub partitions: Vec<TxnOffsetCommitResponsePartition>,
}

impl Decode for TxnOffsetCommitResponseTopic {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TxnOffsetCommitResponseTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`TxnOffsetCommitResponseTopic`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TxnOffsetCommitResponsePartition {
    pub partition_index: i32,
    pub error_code: i16,
}

impl Decode for TxnOffsetCommitResponsePartition {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { partition_index: from.read()?, error_code: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TxnOffsetCommitResponsePartition {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_index)?;
        to.put(&self.error_code)?;
        to.tag_count(&[])
    }
}
