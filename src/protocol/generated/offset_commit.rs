//! OffsetCommit (key 8): stores a group's positions.
//! Generated from `schema/offset_commit.schema`.

use super::prelude::*;

/// Request of OffsetCommit, versions 2-10.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetCommitRequest {
    pub group_id: StrBytes,
    pub generation_id_or_member_epoch: i32,
    pub member_id: StrBytes,
    /// Versions 7+.
    pub group_instance_id: Option<StrBytes>,
    /// Versions 2-4.
    pub retention_time_ms: i64,
    pub topics: Vec<OffsetCommitRequestTopic>,
}

impl Default for OffsetCommitRequest {
    fn default() -> Self {
        Self {
            group_id: Default::default(),
            generation_id_or_member_epoch: -1,
            member_id: Default::default(),
            group_instance_id: None,
            retention_time_ms: -1,
            topics: Default::default(),
        }
    }
}

impl Decode for OffsetCommitRequest {
    const MIN_SIZE: usize = 7;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            group_id: from.read()?,
            generation_id_or_member_epoch: from.read()?,
            member_id: from.read()?,
            group_instance_id: if v >= 7 { from.read()? } else { None },
            retention_time_ms: if v <= 4 { from.read()? } else { -1 },
            topics: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetCommitRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.group_id)?;
        to.put(&self.generation_id_or_member_epoch)?;
        to.put(&self.member_id)?;
        to.put_or(v >= 7, &self.group_instance_id, None, "group_instance_id")?;
        to.put_if(v <= 4, &self.retention_time_ms)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for OffsetCommitRequest {
    const NAME: &'static str = "OffsetCommitRequest";
    const VERSIONS: VersionRange = VersionRange { min: 2, max: 10 };
    const FLEXIBLE_SINCE: i16 = 8;
}

impl Request for OffsetCommitRequest {
    const KEY: ApiKey = ApiKey::OffsetCommit;
    type Response = OffsetCommitResponse;
}

/// Response of OffsetCommit, versions 2-10.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetCommitResponse {
    /// Versions 3+.
    pub throttle_time_ms: i32,
    pub topics: Vec<OffsetCommitResponseTopic>,
}

impl Decode for OffsetCommitResponse {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self { throttle_time_ms: if v >= 3 { from.read()? } else { 0 }, topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetCommitResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v >= 3, &self.throttle_time_ms)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for OffsetCommitResponse {
    const NAME: &'static str = "OffsetCommitResponse";
    const VERSIONS: VersionRange = VersionRange { min: 2, max: 10 };
    const FLEXIBLE_SINCE: i16 = 8;
}

impl Response for OffsetCommitResponse {
    const KEY: ApiKey = ApiKey::OffsetCommit;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topics` of [`OffsetCommitRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetCommitRequestTopic {
    /// Versions 2-9.
    pub name: StrBytes,
    /// Versions 10+.
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetCommitRequestPartition>,
}

impl Decode for OffsetCommitRequestTopic {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            name: if v <= 9 { from.read()? } else { Default::default() },
            topic_id: if v >= 10 { from.read()? } else { Default::default() },
            partitions: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetCommitRequestTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v <= 9, &self.name)?;
        to.put_if(v >= 10, &self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`OffsetCommitRequestTopic`].
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetCommitRequestPartition {
    pub partition_index: i32,
    pub committed_offset: i64,
    /// Versions 6+.
    pub committed_leader_epoch: i32,
    pub committed_metadata: Option<StrBytes>,
}

impl Default for OffsetCommitRequestPartition {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            committed_metadata: Some(Default::default()),
        }
    }
}

impl Decode for OffsetCommitRequestPartition {
    const MIN_SIZE: usize = 13;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            partition_index: from.read()?,
            committed_offset: from.read()?,
            committed_leader_epoch: if v >= 6 { from.read()? } else { -1 },
            committed_metadata: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetCommitRequestPartition {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.partition_index)?;
        to.put(&self.committed_offset)?;
        to.put_if(v >= 6, &self.committed_leader_epoch)?;
        to.put(&self.committed_metadata)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`OffsetCommitResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetCommitResponseTopic {
    /// Versions 2-9.
    pub name: StrBytes,
    /// Versions 10+.
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetCommitResponsePartition>,
}

impl Decode for OffsetCommitResponseTopic {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            name: if v <= 9 { from.read()? } else { Default::default() },
            topic_id: if v >= 10 { from.read()? } else { Default::default() },
            partitions: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetCommitResponseTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v <= 9, &self.name)?;
        to.put_if(v >= 10, &self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`OffsetCommitResponseTopic`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetCommitResponsePartition {
    pub partition_index: i32,
    pub error_code: i16,
}

impl Decode for OffsetCommitResponsePartition {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { partition_index: from.read()?, error_code: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetCommitResponsePartition {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_index)?;
        to.put(&self.error_code)?;
        to.tag_count(&[])
    }
}
